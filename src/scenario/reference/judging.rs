//! `[[fault]]`, `[[turn]]`, `[[expect]]`, `[steady]`, `[recovery]`, `[stop]` and `[[compare]]`.

use super::Form::{Either, Flag, Money, Noun, Number, Share, Span, Table, Text, Whole, Words};
use super::Usual::{Is, Needed, Words as Say};
use super::{Form, Section, key, only, section};

const PHASES: Form = Words(&["whole", "steady", "fault", "recovery", "recovered"]);
/// A bound has the form of its metric.
const BOUND: Form = Either(&[
    Share,
    Span("0s", "24h"),
    Whole(0, 1_000_000_000_000),
    Number(0.0, 1_000_000.0),
    Money(1_000_000.0),
]);

pub(super) const SECTIONS: &[Section] = &[
    section(
        "fault",
        &[
            key(
                "kind",
                Words(&[
                    "throttle",
                    "lowered-quota",
                    "unavailable",
                    "internal",
                    "model-timeout",
                    "not-ready",
                    "latency",
                    "slow-stream",
                    "cut-stream",
                    "endpoint-outage",
                    "capacity-outage",
                    "denied",
                    "invalid-model",
                    "poisoned",
                ]),
                Needed,
                "what breaks",
            ),
            key(
                "begins",
                Span("0s", "24h"),
                Needed,
                "when, from the run's start; before its end",
            ),
            key("lasts", Span("1ms", "24h"), Needed, "every fault ends by itself"),
            key(
                "share",
                Share,
                Is("\"100%\""),
                "of the calls in scope; of the capacity or quota that is lost",
            ),
            key(
                "shape",
                Either(&[Words(&["step", "ramp"]), Table("fault.shape")]),
                Is("\"step\""),
                "full from the first millisecond; growing over its whole life; or on and off in turn",
            ),
            key(
                "scope",
                Table("fault.scope"),
                Say("everything"),
                "where; every key that is given must match",
            ),
            key(
                "at",
                Words(&["emulator", "client"]),
                Is("\"emulator\""),
                "the side that causes it; the client works on any target",
            ),
        ],
    ),
    only(
        "fault",
        "kind",
        "latency",
        &[
            key(
                "added",
                Span("1ms", "24h"),
                Is("\"800ms\""),
                "how much later answers come",
            ),
            key(
                "sigma",
                Number(0.0, 3.0),
                Is("0.3"),
                "sigma of its logarithm; 0: fixed",
            ),
        ],
    ),
    only(
        "fault",
        "kind",
        "slow-stream",
        &[key(
            "factor",
            Number(1.0, 1_000.0),
            Is("5"),
            "how many times slower tokens come",
        )],
    ),
    only(
        "fault",
        "kind",
        "cut-stream",
        &[
            key(
                "after_tokens",
                Whole(0, 1_000_000),
                Is("10"),
                "where streams break off",
            ),
            key(
                "how",
                Words(&["exception", "reset"]),
                Is("\"exception\""),
                "by an error event, or by the connection",
            ),
        ],
    ),
    only(
        "fault",
        "kind",
        "endpoint-outage",
        &[key(
            "outage",
            Words(&["refused", "silent"]),
            Is("\"refused\""),
            "connections are refused, or nothing ever answers",
        )],
    ),
    section(
        "fault.shape",
        &[
            key("on", Span("1ms", "24h"), Needed, "how long it is on"),
            key("off", Span("1ms", "24h"), Needed, "how long it is off"),
        ],
    ),
    section(
        "fault.scope",
        &[
            key(
                "region",
                Noun("region"),
                Say("every one"),
                "of the endpoint called; for `capacity-outage`, of the side that serves",
            ),
            key(
                "model",
                Noun("model"),
                Say("every one"),
                "the model behind the call",
            ),
            key(
                "target",
                Noun("model or profile"),
                Say("every one"),
                "the identifier as the caller writes it: one profile and not another",
            ),
            key(
                "provider",
                Noun("provider"),
                Say("every one"),
                "the model's maker, as the catalogue spells it",
            ),
            key(
                "pattern",
                Words(&[
                    "cross-region",
                    "prompt-routing",
                    "provisioned",
                    "batch",
                    "prompt-cache",
                    "gateway",
                    "fallback",
                ]),
                Say("every one"),
                "only with `at = \"client\"`: nobody else can tell",
            ),
        ],
    ),
    section(
        "turn",
        &[
            key(
                "at",
                Span("0s", "24h"),
                Needed,
                "when, from the run's start; before its end",
            ),
            key("dial", Noun("dial"), Needed, "which, see below"),
            key(
                "pattern",
                Noun("pattern's `kind`"),
                Say("as the dial needs it"),
                "whose; one of this run",
            ),
            key(
                "value",
                Either(&[Text, Number(0.0, 100_000.0), Flag]),
                Needed,
                "its new setting, see below",
            ),
        ],
    ),
    section(
        "expect",
        &[
            key(
                "metric",
                Words(&[
                    "availability",
                    "throttle_share",
                    "cache_hit_ratio",
                    "latency",
                    "first_token",
                    "time_to_detect",
                    "time_to_fail_over",
                    "time_to_recover",
                    "time_to_fail_back",
                    "flaps",
                    "breaker_reopenings",
                    "lost",
                    "served_twice",
                    "amplification",
                    "cost",
                    "cost_per_shot",
                    "extra_cost",
                    "extra_cost_share",
                    "wasted_tokens",
                ]),
                Needed,
                "what is measured; `docs/measurement.md` has the definitions",
            ),
            key(
                "pattern",
                Noun("pattern's `kind`"),
                Say("every one that is on"),
                "whose",
            ),
            key(
                "arm",
                Text,
                Say("every one"),
                "which way of calling: one expectation for each",
            ),
            key(
                "phase",
                PHASES,
                Is("\"whole\""),
                "when; `whole` is all but the warm-up. Times to detect, fail over, recover and fail back, flaps and re-openings have none",
            ),
            key(
                "at_least",
                BOUND,
                Say("this or `at_most`"),
                "the figure must not lie below; in the metric's form",
            ),
            key(
                "at_most",
                BOUND,
                Say("this or `at_least`"),
                "the figure must not lie above; in the metric's form",
            ),
        ],
    ),
    only(
        "expect",
        "metric",
        "latency",
        &[
            key("percentile", Number(0.1, 99.99), Is("99"), "which percentile"),
            key(
                "clock",
                Words(&["intended", "sent"]),
                Is("\"intended\""),
                "from when it is counted",
            ),
        ],
    ),
    only(
        "expect",
        "metric",
        "first_token",
        &[key(
            "percentile",
            Number(0.1, 99.99),
            Is("99"),
            "which percentile",
        )],
    ),
    only(
        "expect",
        "metric",
        "throttle_share",
        &[key(
            "per",
            Words(&["attempt", "shot"]),
            Is("\"attempt\""),
            "what is counted",
        )],
    ),
    only(
        "expect",
        "metric",
        "amplification",
        &[key(
            "layer",
            Words(&["all", "sdk", "chain", "gateway"]),
            Is("\"all\""),
            "whose calls beyond the first: all, the SDK's retries, the chain's hops, or a gateway's own upstream calls",
        )],
    ),
    section(
        "steady",
        &[
            key(
                "warm_up",
                Span("0s", "24h"),
                Is("\"0s\""),
                "how long the warm-up takes; it ends before the first fault",
            ),
            key(
                "availability",
                Share,
                Say("none"),
                "each way of calling that is on must have at least this",
            ),
            key("throttle_share", Share, Say("none"), "at most this, per attempt"),
            key(
                "p50",
                Span("0s", "24h"),
                Say("none"),
                "at most this, from the intended time",
            ),
            key(
                "p90",
                Span("0s", "24h"),
                Say("none"),
                "at most this, from the intended time",
            ),
            key(
                "p99",
                Span("0s", "24h"),
                Say("none"),
                "at most this, from the intended time",
            ),
        ],
    ),
    section(
        "recovery",
        &[
            key(
                "availability",
                Share,
                Needed,
                "each way of calling that is on must have it again",
            ),
            key(
                "holds",
                Span("1s", "10m"),
                Is("\"10s\""),
                "for so many whole seconds of the recovery",
            ),
            key(
                "within",
                Span("1s", "24h"),
                Needed,
                "by then, or the verdict is fail; at least `holds`",
            ),
            key(
                "ends_run",
                Flag,
                Is("false"),
                "whether the run ends with the recovery, if no fault is to come",
            ),
        ],
    ),
    section(
        "stop",
        &[
            key(
                "pattern",
                Noun("pattern's `kind`"),
                Say("all traffic together"),
                "whose availability and burn rate",
            ),
            key("arm", Text, Say("all traffic together"), "which way of calling"),
            key("availability", Share, Say("none"), "the floor"),
            key(
                "burn_rate",
                Number(1.0, 1_000_000.0),
                Say("none"),
                "failures as a multiple of what the `objective` allows",
            ),
            key(
                "objective",
                Share,
                Say("with `burn_rate`"),
                "such as `\"99.9%\"`; below 100%",
            ),
            key(
                "over",
                Span("1s", "1h"),
                Is("\"10s\""),
                "how far floor and burn rate look back, in whole seconds",
            ),
            key("spend", Money(1_000_000.0), Say("none"), "no more than this"),
        ],
    ),
    section(
        "compare",
        &[
            key(
                "first",
                Noun("`\"kind/way of calling\"`"),
                Needed,
                "such as `\"fallback/other regions\"`; the difference is the first less the second",
            ),
            key(
                "second",
                Noun("`\"kind/way of calling\"`"),
                Needed,
                "the other, of the same pattern or of one that shares `[traffic]` with it",
            ),
            key(
                "metric",
                Words(&["availability", "cost", "first_token", "latency"]),
                Needed,
                "what is compared, shot against shot; latencies are means, `latency` from the intended time",
            ),
            key("phase", PHASES, Is("\"whole\""), "when, as in `[[expect]]`"),
        ],
    ),
];
