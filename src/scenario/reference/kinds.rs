//! What only one kind of `[[pattern]]` has.

use super::Form::{Flag, List, Money, Noun, Number, Span, Table, Text, Whole, Words};
use super::Usual::{Is, Needed, Words as Say};
use super::{Section, key, only, section};

const TERMS: &[&str] = &["none", "one month", "six months"];

pub(super) const SECTIONS: &[Section] = &[
    only(
        "pattern",
        "kind",
        "batch",
        &[key(
            "job",
            Table("pattern.job"),
            Say(""),
            "what each job is, see below",
        )],
    ),
    section(
        "pattern.job",
        &[
            key(
                "records",
                Whole(1, 100_000),
                Is("1000"),
                "records of each job, made from the workload's prompts",
            ),
            key(
                "bad",
                Whole(0, 100_000),
                Is("0"),
                "of those, with a `modelInput` the model refuses, spread evenly; at most `records`",
            ),
            key(
                "malformed_line",
                Whole(1, 100_000),
                Say("none"),
                "the line that is broken JSON on purpose; at most `records`",
            ),
            key(
                "file",
                Noun("path"),
                Say("none"),
                "a JSON Lines file of your own instead of the three above, as seen from where bedrill runs",
            ),
            key(
                "form",
                Words(&["converse", "invoke-model"]),
                Is("\"converse\""),
                "the form of made records, and of those in your file",
            ),
            key(
                "timeout",
                Span("24h", "168h"),
                Is("\"24h\""),
                "how long a job may take in life, in whole hours",
            ),
            key(
                "jobs",
                Whole(0, 20),
                Is("1"),
                "jobs asked for from the start; the dial `jobs asked for` changes it",
            ),
            key(
                "begins",
                Span("0s", "24h"),
                Is("\"2s\""),
                "when the first is submitted",
            ),
            key(
                "poll",
                Span("100ms", "10m"),
                Is("\"500ms\""),
                "between two looks at a job",
            ),
            key(
                "role",
                Noun("ARN"),
                Say("a role of the emulator's account"),
                "the role the service works under",
            ),
            key(
                "bucket",
                Text,
                Say("one that the run makes and takes away again"),
                "the bucket for records and answers",
            ),
        ],
    ),
    only(
        "pattern",
        "kind",
        "cross-region",
        &[key(
            "arms",
            List(&Words(&["on-demand", "geo profile", "global profile"])),
            Is("[\"on-demand\", \"geo profile\", \"global profile\"]"),
            "the ways of calling that are compared",
        )],
    ),
    only(
        "pattern",
        "kind",
        "prompt-routing",
        &[
            key(
                "partner",
                Noun("model"),
                Say("the one of the family furthest in price"),
                "the other of the router's two models; `model` may be either",
            ),
            key(
                "fallback",
                Words(&["small", "large"]),
                Is("\"small\""),
                "which of the two is the fallback model",
            ),
            key(
                "quality_difference",
                Number(0.0, 100.0),
                Is("10"),
                "where the dial of the threshold stands at the start, in points of 100",
            ),
            key(
                "arms",
                List(&Words(&[
                    "router",
                    "profile router",
                    "always large",
                    "always small",
                ])),
                Say("all that the region has"),
                "the ways of calling that are compared; a profile router is one over two geographic profiles",
            ),
        ],
    ),
    only(
        "pattern",
        "kind",
        "provisioned",
        &[
            key(
                "arms",
                List(&Words(&["provisioned", "provisioned only", "on-demand"])),
                Say("all three; the last alone for a model that no units are sold of"),
                "units that spill over to on demand, units alone, on demand alone",
            ),
            key(
                "units",
                Whole(1, 1_000),
                Is("1"),
                "model units of each way of calling that has some",
            ),
            key(
                "commitment",
                Words(TERMS),
                Is("\"none\""),
                "the term they were bought for",
            ),
            key(
                "buys",
                Table("pattern.buys"),
                Say("nothing"),
                "units that are bought, waited for and deleted while it runs, each step noted; on the embedded emulator alone, within `units.quota` of the world",
            ),
        ],
    ),
    section(
        "pattern.buys",
        &[
            key("at", Span("0s", "24h"), Needed, "when"),
            key("units", Whole(1, 1_000), Is("1"), "how many"),
            key("commitment", Words(TERMS), Is("\"none\""), "the term"),
        ],
    ),
    only(
        "pattern",
        "kind",
        "fallback",
        &[
            key(
                "chains",
                List(&Words(&["other regions", "other models", "other providers"])),
                Is("[\"other regions\", \"other models\", \"other providers\"]"),
                "the chains that are compared",
            ),
            key(
                "other_regions",
                List(&Noun("region")),
                Say("two more of the same geography"),
                "the same model at these endpoints; through its geographic profile where it is not on demand",
            ),
            key(
                "other_models",
                List(&Noun("model")),
                Say("the two nearest in price"),
                "models of the same maker, same region",
            ),
            key(
                "other_providers",
                List(&Noun("model")),
                Say("one of each of two makers"),
                "models of other makers, same region",
            ),
        ],
    ),
    only(
        "pattern",
        "kind",
        "prompt-cache",
        &[
            key(
                "arms",
                List(&Words(&["cached", "uncached", "cached geo", "cached fallback"])),
                Say("all that the model offers and that differ"),
                "the ways of calling that are compared; `geo` through the geographic profile, `fallback` with other regions to go on to",
            ),
            key(
                "other_regions",
                List(&Noun("region")),
                Say("two more of the same geography"),
                "where `cached fallback` goes on",
            ),
            key(
                "ttl",
                Words(&["5m", "1h"]),
                Is("\"5m\""),
                "the lifetime that checkpoints ask for; what the model offers",
            ),
            key(
                "document",
                Noun("`\"handbook\"`, or a path"),
                Is("\"handbook\""),
                "what is asked about: our handbook, or a text, Markdown or PDF file of at most 20 MB, as seen from where bedrill runs",
            ),
            key(
                "document_tokens",
                Whole(1, 2_000_000),
                Say("all of it"),
                "only its beginning, in tokens of about four characters",
            ),
            key(
                "questions",
                List(&Text),
                Say("the handbook's own, or ten that fit any text"),
                "what is asked; 1 to 10,000",
            ),
        ],
    ),
    only(
        "pattern",
        "kind",
        "gateway",
        &[
            key(
                "other_regions",
                List(&Noun("region")),
                Say("one more of the same geography"),
                "the same model at these endpoints",
            ),
            key(
                "other_models",
                List(&Noun("model")),
                Say("none"),
                "other models, same region",
            ),
            key(
                "foreign",
                List(&Noun("simulated model")),
                Say("all"),
                "models of the simulated other providers, of those under `[offers.foreign]` in the catalogue",
            ),
            key(
                "strategies",
                List(&Words(&["ordered", "weighted", "least-latency"])),
                Is("[\"ordered\", \"weighted\", \"least-latency\"]"),
                "groups of the embedded gateway; each is a way of calling",
            ),
            key(
                "weights",
                List(&Whole(0, 1_000)),
                Say("falling by one to 1"),
                "shares under `weighted`, one for each deployment",
            ),
            key(
                "retries",
                Whole(0, 10),
                Is("0"),
                "times a deployment is asked again before the next",
            ),
            key(
                "cooldown",
                Table("pattern.cooldown"),
                Say(""),
                "when a deployment is left out",
            ),
            key(
                "gateway_budget",
                Money(1_000_000.0),
                Say("none"),
                "the most that each group may spend, as the gateway reckons",
            ),
            key(
                "timeout",
                Span("1ms", "10m"),
                Is("\"4s\""),
                "an upstream's first token, or whole answer, must be there by then",
            ),
            key(
                "url",
                Noun("URL"),
                Say("the embedded gateway"),
                "a gateway that runs already, such as LiteLLM: `\"http://127.0.0.1:4000\"`; in real time only",
            ),
            key("key", Text, Say("`\"none\"`"), "its bearer key"),
            key(
                "alias",
                Text,
                Say("needed with `url`"),
                "the `model` that is asked for",
            ),
            key(
                "ids",
                List(&Text),
                Say("none"),
                "what it calls each deployment in `x-litellm-model-id`, in the order above",
            ),
            key(
                "seen_as",
                Text,
                Say("`\"litellm\"`"),
                "the product in its user agent: so the emulator's books know it",
            ),
            key(
                "may_spend",
                Flag,
                Say("false"),
                "must be true for a `url` beyond this machine: such a gateway spends real money, and nothing here bounds it yet",
            ),
        ],
    ),
    section(
        "pattern.cooldown",
        &[
            key(
                "allowed_fails",
                Whole(0, 1_000),
                Is("0"),
                "a deployment that fails more often than this within `lasts`",
            ),
            key(
                "lasts",
                Span("1ms", "24h"),
                Is("\"5s\""),
                "is left out for as long",
            ),
        ],
    ),
];
