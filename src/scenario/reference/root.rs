//! The file itself and `[load]`.

use super::Form::{Either, List, ListOrOne, Money, Noun, Span, Table, Tables, Text, Whole, Words};
use super::Usual::{Is, Needed, Words as Say};
use super::{Section, key, section};

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
                "what it is sent to: the embedded emulator, Amazon Bedrock, or an endpoint that speaks its protocol. All but `local` may cost money and are asked about first (docs/safety.md), and take no `[world]`; `--target` overrides it",
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
                "the most that may be spent: what could pass it is not sent, and the run is broken off; `--max-spend` lowers it",
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
                "traffic",
                Table("traffic"),
                Say("none"),
                "arrivals and prompts that several patterns share, see below",
            ),
            key(
                "pattern",
                Tables("pattern"),
                Say("needed, unless [outside] stands there"),
                "what is called and how, see below; at least one, each `kind` once",
            ),
            key(
                "outside",
                Table("outside"),
                Say("none"),
                "traffic of a program of yours, in the place of patterns, see below",
            ),
            key("fault", Tables("fault"), Say("none"), "what breaks, see below"),
            key(
                "turn",
                Tables("turn"),
                Say("none"),
                "dials turned on the time line, see below",
            ),
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
        "outside",
        &[
            key(
                "model",
                Noun("model"),
                Needed,
                "the model that the program prefers",
            ),
            key("region", Noun("region"), Needed, "the region that it prefers"),
            key(
                "other_regions",
                List(&Noun("region")),
                Say("none"),
                "where else it is expected to call that model; others are found all the same",
            ),
            key(
                "other_models",
                List(&Noun("model")),
                Say("none"),
                "what else it is expected to call in that region; others are found all the same",
            ),
            key(
                "retry_window",
                Span("100ms", "10m"),
                Is("\"10s\""),
                "how long after a failure an equal request of the same caller is taken for its repeat; longer than the program's longest back-off",
            ),
            key(
                "caller",
                Tables("outside.caller"),
                Say("all callers together, as `all`"),
                "callers told apart, each a way of calling; the rest is `others`",
            ),
        ],
    ),
    section(
        "outside.caller",
        &[
            key("name", Text, Needed, "its name in expectations and on screens"),
            key("access_key", Text, Say("any"), "the identifier of its access key"),
            key(
                "user_agent",
                Text,
                Say("any"),
                "what its user agent holds, such as `app/checkout`",
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
