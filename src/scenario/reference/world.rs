//! `[world]`.

use super::Form::{Either, Flag, List, Noun, Number, Share, Span, Table, Tables, Text, Whole, Words};
use super::Usual::{Is, Needed, Words as Say};
use super::{Section, key, section};

const PER_MINUTE: u64 = 100_000_000_000;

pub(super) const SECTIONS: &[Section] = &[
    section(
        "world",
        &[
            key(
                "default_region",
                Noun("region"),
                Is("\"us-east-1\""),
                "the region of a call that names none (bearer keys)",
            ),
            key(
                "denied_models",
                List(&Noun("model")),
                Say("none"),
                "models the account has no access to: 403",
            ),
            key(
                "latency",
                Table("world.latency"),
                Is("{ scale = 1.0 }"),
                "how long answers take",
            ),
            key(
                "background",
                Table("world.background"),
                Say(""),
                "other tenants of the regions: an assumption, the service publishes nothing of it",
            ),
            key(
                "replies",
                Table("world.replies"),
                Say(""),
                "length of the answers",
            ),
            key(
                "port",
                Whole(0, 65_535),
                Is("0"),
                "the loopback port it listens on in real time; 0: any free one. For a gateway that must know it beforehand",
            ),
            key(
                "batch",
                Table("world.batch"),
                Say(""),
                "how long the steps of a batch job take in life: assumptions, all of them",
            ),
            key(
                "implicit_cache",
                Flag,
                Is("false"),
                "prompts of Claude and Nova are cached without checkpoints too, free of charge",
            ),
            key(
                "quota",
                Tables("world.quota"),
                Say("the catalogue's"),
                "quotas that differ from the catalogue's",
            ),
            key(
                "time_scale",
                Number(1.0, 100_000.0),
                Is("1"),
                "how many times faster than in life batch jobs, provisioning and requests for more of a quota go on; never latencies, quotas, cache lifetimes or hours paid",
            ),
            key("units", Table("world.units"), Say(""), "provisioned throughput"),
            key(
                "metrics_delay",
                Span("0s", "1h"),
                Is("\"1m\""),
                "how long after its end CloudWatch shows a minute: an assumption, the service publishes none",
            ),
            key(
                "history",
                Table("world.history"),
                Say(""),
                "what the account did before the run, as CloudWatch shows it: an assumption",
            ),
            key(
                "denied_actions",
                List(&Noun("IAM action")),
                Say("none"),
                "refused to everybody; `*` and `?` as in IAM: `\"bedrock:List*\"`",
            ),
            key(
                "allowed_actions",
                List(&Noun("IAM action")),
                Say("all"),
                "if given, everything else is refused",
            ),
            key(
                "expired_credentials",
                Flag,
                Is("false"),
                "every signed call is told that its credentials are over",
            ),
            key(
                "clock_skew",
                Span("0s", "24h"),
                Say("not looked at"),
                "how far the service's clock is ahead; a signature more than 5 minutes off is refused",
            ),
            key(
                "control_requests_per_second",
                Number(0.0, 100_000.0),
                Say("no limit"),
                "what each service takes beside inference, for each account and region; 0 throttles everything",
            ),
            key(
                "unreachable_regions",
                List(&Noun("region")),
                Say("none"),
                "no service answers there",
            ),
            key(
                "unreachable",
                Words(&["refused", "silent"]),
                Is("\"refused\""),
                "how they do not",
            ),
            key(
                "guardrail_words",
                List(&Text),
                Is("[\"forbidden-word\"]"),
                "words that the guardrail bedrill0guard blocks in prompts and answers, in any case of letters",
            ),
            key(
                "trail_delay",
                Span("0s", "24h"),
                Is("\"5m\""),
                "how late CloudTrail shows an event",
            ),
            key(
                "quota_increases",
                Table("world.quota_increases"),
                Say(""),
                "how requests for more of a quota go",
            ),
        ],
    ),
    section(
        "world.latency",
        &[
            key(
                "scale",
                Number(0.001, 1_000.0),
                Say("1, unless one of the others stands there"),
                "modelled from the catalogue, times this",
            ),
            key(
                "first_token",
                Span("0s", "10m"),
                Say("`\"0s\"` beside `per_token`"),
                "instead of `scale`: the same for every call, to the first token",
            ),
            key(
                "per_token",
                Span("0s", "1s"),
                Say("`\"0s\"` beside `first_token`"),
                "and between tokens",
            ),
        ],
    ),
    section(
        "world.background",
        &[
            key(
                "mean",
                Share,
                Is("\"55%\""),
                "mean load of others, as a share of capacity",
            ),
            key("swing", Share, Is("\"15%\""), "how far it swells and ebbs"),
            key(
                "period",
                Span("1s", "24h"),
                Is("\"10m\""),
                "how long a swell and an ebb take together",
            ),
        ],
    ),
    section(
        "world.replies",
        &[
            key(
                "median_tokens",
                Number(1.0, 1_000_000.0),
                Is("60"),
                "median length, in tokens; never above `max_tokens`",
            ),
            key(
                "sigma",
                Number(0.0, 3.0),
                Is("0.5"),
                "sigma of its logarithm; 0: always the median",
            ),
        ],
    ),
    section(
        "world.batch",
        &[
            key(
                "submitted",
                Span("0s", "168h"),
                Is("\"1m\""),
                "from the submission until the input is read",
            ),
            key(
                "validating",
                Span("0s", "168h"),
                Is("\"5m\""),
                "reading and judging it",
            ),
            key(
                "scheduled",
                Span("0s", "168h"),
                Is("\"10m\""),
                "waiting for capacity",
            ),
            key(
                "records_per_minute",
                Number(0.001, 1_000_000.0),
                Is("120"),
                "records processed in a minute",
            ),
            key(
                "stopping",
                Span("0s", "168h"),
                Is("\"1m\""),
                "from a stop until the job has stopped",
            ),
        ],
    ),
    section(
        "world.quota",
        &[
            key("model", Noun("model"), Needed, "the model"),
            key(
                "family",
                Words(&["on-demand", "cross-region", "global"]),
                Say("all three"),
                "which of its quotas",
            ),
            key("region", Noun("region"), Say("everywhere"), "where"),
            key(
                "requests_per_minute",
                Either(&[Whole(0, PER_MINUTE), Words(&["none"])]),
                Say("as it is"),
                "`\"none\"`: there is no such quota",
            ),
            key(
                "tokens_per_minute",
                Whole(0, PER_MINUTE),
                Say("as it is"),
                "tokens, as the service counts them",
            ),
            key(
                "tokens_per_day",
                Whole(0, 1_440 * PER_MINUTE),
                Say("as it is"),
                "of the bare model; a cross-region pool has twice as many. One of the three is needed",
            ),
        ],
    ),
    section(
        "world.history",
        &[
            key(
                "lasts",
                Span("0s", "24h"),
                Is("\"3h\""),
                "how far it reaches back; 0s: the account did nothing",
            ),
            key(
                "peak",
                Share,
                Is("\"45%\""),
                "share of its quota that the busiest identifier takes in a usual minute",
            ),
            key(
                "regions",
                List(&Noun("region")),
                Say("the default region"),
                "where the account was busy",
            ),
        ],
    ),
    section(
        "world.quota_increases",
        &[
            key(
                "pending",
                Span("0s", "168h"),
                Is("\"10m\""),
                "until a case is opened; `time_scale` divides it",
            ),
            key(
                "review",
                Span("0s", "168h"),
                Is("\"24h\""),
                "from then until it is answered; `time_scale` divides it",
            ),
            key(
                "answer",
                Words(&["approved", "denied", "none"]),
                Is("\"approved\""),
                "the answer: assumptions, all three",
            ),
        ],
    ),
    section(
        "world.units",
        &[
            key(
                "quota",
                Whole(0, 100_000),
                Is("0"),
                "model units the account may buy in a region, beside those in service from the start",
            ),
            key(
                "provisioning",
                Span("0s", "24h"),
                Is("\"10m\""),
                "until units that were bought are in service; `time_scale` divides it",
            ),
            key(
                "fails",
                Flag,
                Is("false"),
                "whether units that are bought end as `Failed`",
            ),
        ],
    ),
];
