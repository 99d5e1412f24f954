//! The file itself, `[world]` and `[load]`.

use super::Form::{
    Either, Flag, List, ListOrOne, Money, Noun, Number, Share, Span, Table, Tables, Text, Whole, Words,
};
use super::Usual::{Is, Needed, Words as Say};
use super::{Section, key, section};

const PER_MINUTE: u64 = 100_000_000_000;

pub(super) const SECTIONS: &[Section] = &[
    section(
        "",
        &[
            key(
                "include",
                ListOrOne(&Noun("path")),
                Say("none"),
                "files that this one lies upon, see \"Includes\"",
            ),
            key("name", Text, Say("the file's stem"), "what the run is called"),
            key("description", Text, Needed, "a sentence or two"),
            key(
                "target",
                Either(&[Words(&["local", "aws"]), Noun("URL")]),
                Is("\"local\""),
                "what it is sent to: the embedded emulator, Amazon Bedrock, or an endpoint that speaks its protocol. This version drives `local` alone; `--target` overrides it",
            ),
            key(
                "seed",
                Whole(0, i64::MAX.cast_unsigned()),
                Is("7"),
                "decides every draw; `--seed` overrides it",
            ),
            key(
                "repeats",
                Whole(1, 1_000),
                Is("1"),
                "`bedrill run` runs it so many times, each time with another seed; `--repeats` overrides it",
            ),
            key(
                "duration",
                Span("1s", "24h"),
                Say("until stopped"),
                "how long arrivals go on; `--duration` overrides it",
            ),
            key(
                "drain",
                Span("0s", "10m"),
                Is("\"15s\""),
                "what may still end after the last arrival has this long",
            ),
            key(
                "budget",
                Money(1_000_000.0),
                Say("no cap"),
                "the run is broken off when so much is spent",
            ),
            key(
                "world",
                Table("world"),
                Say(""),
                "the embedded emulator, see below",
            ),
            key(
                "load",
                Table("load"),
                Say(""),
                "the cap on what is in flight, see below",
            ),
            key(
                "pattern",
                Tables("pattern"),
                Needed,
                "what is called and how, see below; at least one, each `kind` once",
            ),
            key("fault", Tables("fault"), Say("none"), "what breaks, see below"),
            key(
                "expect",
                Tables("expect"),
                Say("none"),
                "what must hold for the run to pass, see below",
            ),
            key(
                "steady",
                Table("steady"),
                Say(""),
                "warm-up and steady state, see below",
            ),
            key(
                "recovery",
                Table("recovery"),
                Say(""),
                "when the recovery is over, see below",
            ),
            key(
                "stop",
                Table("stop"),
                Say(""),
                "when the run is broken off, see below",
            ),
            key(
                "compare",
                Tables("compare"),
                Say("none"),
                "ways of calling held against each other, see below",
            ),
        ],
    ),
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
                "how many times faster than in life batch jobs and provisioning go on; never latencies, quotas, cache lifetimes or hours paid",
            ),
            key("units", Table("world.units"), Say(""), "provisioned throughput"),
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
                "one of the two is needed",
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
    section(
        "load",
        &[
            key(
                "in_flight",
                Whole(1, 1_000_000),
                Is("256"),
                "shots in flight at once, over all patterns",
            ),
            key(
                "queue",
                Whole(0, 1_000_000),
                Is("256"),
                "shots that may wait for a place; beyond them a shot is shed",
            ),
        ],
    ),
];
