//! The file itself and `[load]`.

use super::Form::{Either, ListOrOne, Money, Noun, Span, Table, Tables, Text, Whole, Words};
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
                Needed,
                "what is called and how, see below; at least one, each `kind` once",
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
