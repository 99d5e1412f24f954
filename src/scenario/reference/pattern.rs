//! `[[pattern]]` and the tables within it that every kind may have.

use super::Form::{Either, False, Flag, Noun, Number, Rate, Share, Span, Table, Tables, Text, Whole, Words};
use super::Usual::{Is, Needed, Words as Say};
use super::{Key, Section, key, section};

const MOST_RATE: f64 = 100_000.0;

/// What a pattern's own traffic and `[traffic]` have in common.
const STAGES: Key = key(
    "stages",
    Tables("pattern.stages"),
    Say("this or `rate`"),
    "the course of the rate; after the last stage its last rate stays",
);
const SPACING: Key = key(
    "spacing",
    Words(&["constant", "poisson"]),
    Is("\"poisson\""),
    "independent of each other, or evenly spaced",
);
const BURSTS: Key = key("bursts", Tables("pattern.bursts"), Say("none"), "shots on top");
const WORKLOAD: Key = key("workload", Table("pattern.workload"), Say(""), "what is asked");

pub(super) const SECTIONS: &[Section] = &[
    section(
        "traffic",
        &[
            key(
                "rate",
                Rate(MOST_RATE),
                Say("this or `stages`"),
                "shots of each way of calling",
            ),
            STAGES,
            SPACING,
            BURSTS,
            WORKLOAD,
        ],
    ),
    section(
        "pattern",
        &[
            key(
                "kind",
                Words(&[
                    "cross-region",
                    "prompt-routing",
                    "provisioned",
                    "batch",
                    "prompt-cache",
                    "gateway",
                    "fallback",
                ]),
                Needed,
                "the pattern",
            ),
            key("on", Flag, Is("true"), "whether it fires from the start"),
            key(
                "model",
                Noun("model"),
                Needed,
                "the (preferred) model, by its bare identifier",
            ),
            key(
                "region",
                Noun("region"),
                Needed,
                "the (preferred) region, whose endpoint is called",
            ),
            key(
                "rate",
                Rate(MOST_RATE),
                Say("this or `stages`, or none with `[traffic]`"),
                "shots over all ways of calling; each gets an equal part",
            ),
            STAGES,
            SPACING,
            BURSTS,
            WORKLOAD,
            key("policy", Table("pattern.policy"), Say(""), "how it is called"),
        ],
    ),
    section(
        "pattern.stages",
        &[
            key(
                "lasts",
                Span("1ms", "24h"),
                Needed,
                "how long the stage is; it has one of the three courses",
            ),
            key(
                "hold",
                Rate(MOST_RATE),
                Say("one of the three"),
                "the rate stays: `{ hold = \"5/s\", lasts = \"30s\" }`",
            ),
            key(
                "ramp",
                Table("pattern.stages.ramp"),
                Say("one of the three"),
                "it moves in a straight line: `{ ramp = { from = \"5/s\", to = \"20/s\" }, lasts = \"1m\" }`",
            ),
            key(
                "pulse",
                Table("pattern.stages.pulse"),
                Say("one of the three"),
                "high and low in turn, high first",
            ),
        ],
    ),
    section(
        "pattern.stages.ramp",
        &[
            key("from", Rate(MOST_RATE), Needed, "at the stage's start"),
            key("to", Rate(MOST_RATE), Needed, "at its end"),
        ],
    ),
    section(
        "pattern.stages.pulse",
        &[
            key("high", Rate(MOST_RATE), Needed, "the high rate"),
            key("low", Rate(MOST_RATE), Needed, "the low rate"),
            key("on", Span("1ms", "24h"), Needed, "how long it is high"),
            key("off", Span("1ms", "24h"), Needed, "how long it is low"),
        ],
    ),
    section(
        "pattern.bursts",
        &[
            key("at", Span("0s", "24h"), Needed, "when"),
            key(
                "shots",
                Whole(1, 100_000),
                Needed,
                "how many, over all ways of calling",
            ),
            key("every", Span("100ms", "24h"), Say("once"), "how often again"),
        ],
    ),
    section(
        "pattern.workload",
        &[
            key("system", Text, Say("none"), "the system prompt"),
            key("complex", Share, Is("\"30%\""), "the share of complex prompts"),
            key(
                "prompt_tokens",
                Number(1.0, 1_000_000.0),
                Is("60"),
                "median length of the user's message, in tokens of about four characters; none is longer than 200,000",
            ),
            key(
                "prompt_sigma",
                Number(0.0, 3.0),
                Is("0.4"),
                "sigma of its logarithm; 0: always the median",
            ),
            key(
                "max_tokens",
                Either(&[Whole(1, 1_000_000), Words(&["unset"])]),
                Is("256"),
                "the longest answer, no more than any model of the pattern gives; `\"unset\"`: the service reserves the model's maximum, which is how quotas burn without use",
            ),
            key(
                "stream",
                Share,
                Is("\"100%\""),
                "the share of shots that are streamed",
            ),
            key(
                "prompts_file",
                Noun("path"),
                Say("made-up prompts"),
                "prompts of your own, relative to the scenario file, see \"Prompts of your own\"",
            ),
            key(
                "prompts_hash",
                Noun("hash"),
                Say("any content"),
                "the file must be this one; bedrill notes it in what it records",
            ),
            key(
                "sessions",
                Table("pattern.workload.sessions"),
                Say("single questions"),
                "conversations of several turns",
            ),
            key(
                "shared_prefix_tokens",
                Whole(1, 200_000),
                Say("none"),
                "every prompt begins with a shared text of so many tokens; not for `prompt-cache`, whose document is one",
            ),
            key(
                "shared_prefixes",
                Whole(1, 1_000),
                Say("1, beside `shared_prefix_tokens`"),
                "how many different shared texts there are, drawn evenly; of at most 5,000,000 tokens together",
            ),
        ],
    ),
    section(
        "pattern.workload.sessions",
        &[
            key(
                "turns",
                Whole(1, 100),
                Is("4"),
                "turns of each; every turn carries the turns before",
            ),
            key(
                "concurrent",
                Whole(1, 100_000),
                Is("10"),
                "conversations of each way of calling that go on beside each other: so many shots lie between two turns",
            ),
            key(
                "reply_tokens",
                Number(1.0, 1_000_000.0),
                Is("60"),
                "median length of the answers that earlier turns carry: shots wait for nobody, so made-up answers stand for the real ones",
            ),
        ],
    ),
    section(
        "pattern.policy",
        &[
            key(
                "deadline",
                Span("1ms", "10m"),
                Is("\"30s\""),
                "the whole shot must be over by then, from its send",
            ),
            key(
                "attempt_timeout",
                Span("1ms", "10m"),
                Say("`\"10s\"`; `\"4s\"` for `fallback`, `\"15s\"` for `gateway`"),
                "one attempt must have its headers by then; at most `deadline`",
            ),
            key(
                "idle_timeout",
                Span("1ms", "10m"),
                Is("\"10s\""),
                "a stream may be silent for so long",
            ),
            key(
                "sdk_attempts",
                Whole(1, 10),
                Say("3; 1 for `fallback`, `provisioned` and `gateway`"),
                "attempts of the SDK's own standard retries at one hop; 1: none",
            ),
            key(
                "retry_spec",
                Words(&["2.0", "2.1"]),
                Is("\"2.0\""),
                "version of those retries; 2.1 is the SDKs' default since 2026-11-10",
            ),
            key(
                "rounds",
                Whole(1, 100),
                Say("1; 2 for `fallback`"),
                "how often the chain is gone through",
            ),
            key(
                "backoff",
                Table("pattern.policy.backoff"),
                Say(""),
                "between rounds, exponential with full jitter",
            ),
            key(
                "breaker",
                Either(&[Table("pattern.policy.breaker"), False]),
                Say("none; one of the defaults below for `fallback`"),
                "a circuit breaker for each route",
            ),
            key(
                "retry_budget",
                Either(&[Table("pattern.policy.retry_budget"), False]),
                Say("none; one of the defaults below for `fallback`"),
                "a budget for attempts beyond the first, shared by the shots of one way of calling",
            ),
        ],
    ),
    section(
        "pattern.policy.backoff",
        &[
            key(
                "initial",
                Span("0s", "1m"),
                Is("\"100ms\""),
                "the first wait is drawn from zero up to this",
            ),
            key("max", Span("0s", "1m"), Is("\"5s\""), "no wait is longer"),
        ],
    ),
    section(
        "pattern.policy.breaker",
        &[
            key(
                "window",
                Whole(1, 10_000),
                Is("10"),
                "the newest so many calls are judged",
            ),
            key(
                "failure_share",
                Share,
                Is("\"50%\""),
                "it opens when this share of them failed",
            ),
            key("min_calls", Whole(1, 10_000), Is("5"), "fewer calls say nothing"),
            key(
                "open_for",
                Span("1ms", "24h"),
                Is("\"5s\""),
                "how long it stays open before it lets probes pass",
            ),
            key(
                "probes",
                Whole(1, 1_000),
                Is("2"),
                "probes at once while half-open; as many successes close it",
            ),
        ],
    ),
    section(
        "pattern.policy.retry_budget",
        &[
            key(
                "per_shot",
                Number(0.0, 100.0),
                Is("0.5"),
                "retries allowed for each shot, on average",
            ),
            key(
                "burst",
                Number(0.0, 1_000_000.0),
                Is("100"),
                "retries that may be saved up",
            ),
        ],
    ),
];
