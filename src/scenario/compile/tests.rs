use std::time::Duration;

use super::*;
use crate::catalog::QuotaFamily;
use crate::emulator::world::plan::LatencyPlan;
use crate::event::{Phase, Turn};
use crate::fault::{Cut, FaultKind, FaultShape, Outage};
use crate::load::plan::{CapPlan, Course, Spacing, WorkloadPlan};
use crate::measure::figure::{LatencyClock, Metric};
use crate::measure::pairing::PairMetric;
use crate::names::Region;
use crate::patterns::plan::{CallPolicy, RetrySpec};
use crate::scenario::judging::{Bound, RecoveryPlan};
use crate::scenario::{TurnPlan, library};
use crate::units::{Share, Usd};

const SEC: Duration = Duration::from_secs(1);

/// Every key that a scenario may have, but for those that exclude each other.
const EVERYTHING: &str = r#"
name = "all"
description = "Every key."
seed = 11
duration = "10m"
drain = "5s"
budget = "$2.50"

[world]
default_region = "eu-west-1"
denied_models = ["amazon.nova-pro-v1:0"]
latency = { first_token = "5ms", per_token = "1ms" }
background = { mean = "40%", swing = 0.1, period = "5m" }
replies = { median_tokens = 30, sigma = 0 }

[[world.quota]]
model = "anthropic.claude-sonnet-4-6"
family = "on-demand"
region = "us-east-1"
requests_per_minute = "none"
tokens_per_minute = 60_000

[load]
in_flight = 64
queue = 8

[[pattern]]
kind = "cross-region"
model = "anthropic.claude-sonnet-4-6"
region = "us-east-1"
arms = ["global profile", "on-demand"]
spacing = "constant"
stages = [
    { hold = "5/s", lasts = "30s" },
    { ramp = { from = "5/s", to = "600/min" }, lasts = "1m" },
    { pulse = { high = "20/s", low = "1/s", on = "2s", off = "8s" }, lasts = "2m" },
]
bursts = [{ at = "10s", shots = 40, every = "1m" }]

[pattern.workload]
system = "Be brief."
complex = 0.5
prompt_tokens = 1_200
prompt_sigma = 0
max_tokens = "unset"
stream = "25%"

[pattern.policy]
deadline = "20s"
attempt_timeout = "2s"
idle_timeout = "3s"
sdk_attempts = 1
retry_spec = "2.1"
rounds = 4
backoff = { initial = "50ms", max = "1s" }
breaker = { window = 20, failure_share = "30%", min_calls = 4, open_for = "2s", probes = 1 }
retry_budget = { per_shot = 0.2, burst = 5 }

[[pattern]]
kind = "fallback"
on = false
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
chains = ["other providers", "other regions"]
other_regions = ["us-west-2"]
other_providers = ["openai.gpt-oss-20b-1:0"]
rate = "15/s"
policy = { breaker = false, retry_budget = false }

[[turn]]
at = "90s"
dial = "rate"
pattern = "fallback"
value = "90/min"

[[turn]]
at = "80s"
dial = "concurrency"
value = 32

[[fault]]
kind = "cut-stream"
after_tokens = 3
how = "reset"
at = "client"
scope = { pattern = "cross-region", target = "global.anthropic.claude-sonnet-4-6" }
share = "10%"
shape = { on = "5s", off = "10s" }
begins = "1m"
lasts = "90s"

[[fault]]
kind = "endpoint-outage"
outage = "silent"
scope = { region = "us-west-2", provider = "Amazon", model = "amazon.nova-micro-v1:0" }
shape = "ramp"
begins = "3m"
lasts = "10s"

[[expect]]
pattern = "cross-region"
metric = "latency"
percentile = 90
clock = "sent"
phase = "fault"
at_most = "1.5s"

[[expect]]
arm = "other regions"
metric = "throttle_share"
per = "shot"
at_most = "1%"

[[expect]]
metric = "time_to_recover"
at_most = "10s"

[steady]
warm_up = "20s"
availability = "99%"
p90 = "2s"

[recovery]
availability = "95%"
holds = "5s"
within = "1m"
ends_run = true

[stop]
arm = "on-demand"
availability = "20%"
burn_rate = 14.4
objective = "99.9%"
over = "30s"
spend = "$2"

[[compare]]
first = "fallback/other providers"
second = "fallback/other regions"
metric = "first_token"
phase = "recovery"
"#;

fn parse(text: &str) -> Scenario {
    Scenario::parse("dir/some.toml", text, &Catalog::builtin())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_key_reaches_its_place() {
    let all = parse(EVERYTHING);
    assert_eq!((all.name.as_str(), all.seed.number()), ("all", 11));
    assert_eq!((all.duration, all.drain), (Some(600 * SEC), 5 * SEC));
    assert_eq!(all.budget, Some(Usd::from_dollars(2.5)));
    assert_eq!(
        all.cap,
        CapPlan {
            in_flight: 64,
            queue: 8
        }
    );
    let quota = &all.world.quotas[0];
    assert_eq!(quota.family, Some(QuotaFamily::OnDemand));
    assert_eq!(quota.requests_per_minute, Some(None));
    assert_eq!(quota.tokens_per_minute, Some(60_000));
    let fixed = LatencyPlan::Fixed {
        first_token: Duration::from_millis(5),
        per_token: Duration::from_millis(1),
    };
    assert_eq!(all.world.latency, fixed);
    assert_eq!(all.world.default_region, "eu-west-1");
    assert!((all.world.background.mean - 0.4).abs() < 1e-9);

    let cross = &all.patterns[0];
    assert_eq!(cross.load.spacing, Spacing::Constant);
    let last = Course::Pulse {
        high: 20.0,
        low: 1.0,
        on: 2 * SEC,
        off: 8 * SEC,
    };
    assert_eq!(cross.load.stages[1].course, Course::Ramp { from: 5.0, to: 10.0 });
    assert_eq!(cross.load.stages[2].course, last);
    assert_eq!(cross.load.bursts[0].every, Some(60 * SEC));
    assert_eq!(cross.workload.max_tokens, None);
    assert_eq!(cross.workload.stream, Share::clamped(0.25));
    let policy = &cross.plan.arms[0].policy;
    assert_eq!((policy.retry_spec, policy.rounds), (RetrySpec::V2_1, 4));
    assert_eq!(policy.breaker.map(|breaker| breaker.min_calls), Some(4));

    let fallback = &all.patterns[1];
    assert!(!fallback.on);
    let policy = &fallback.plan.arms[0].policy;
    assert!(policy.breaker.is_none() && policy.retry_budget.is_none());
    assert_eq!(policy.attempt_timeout, CallPolicy::fallback().attempt_timeout);

    let turn = |at, turn| TurnPlan {
        at: Moment::from_secs(at),
        turn,
    };
    let rate = Turn::Rate {
        pattern: Some("fallback".into()),
        rate: 1.5,
    };
    assert_eq!(all.turns, [turn(80, Turn::Concurrency(32)), turn(90, rate)]);
    let [cut, outage] = &all.faults[..] else {
        panic!("two faults")
    };
    let wanted = FaultKind::CutStream {
        after_tokens: 3,
        how: Cut::Reset,
    };
    assert_eq!((cut.kind, cut.at_client), (wanted, true));
    assert_eq!(
        cut.shape,
        FaultShape::Pulse {
            on: 5 * SEC,
            off: 10 * SEC
        }
    );
    assert_eq!(outage.kind, FaultKind::EndpointOutage(Outage::Silent));
    assert_eq!((outage.id.0, outage.ends_at()), (2, Moment::from_secs(190)));
}

#[test]
fn what_is_judged_reaches_its_place() {
    let judging = parse(EVERYTHING).judging;
    let asked: Vec<(u16, Option<Phase>, Metric, Bound)> = judging
        .expectations
        .iter()
        .map(|expect| {
            let figure = expect.figure;
            (figure.arm.0, figure.phase, figure.metric, expect.bound)
        })
        .collect();
    let p90 = Metric::Latency {
        clock: LatencyClock::Sent,
        percentile: 90.0,
    };
    let fault = Some(Phase::Fault);
    assert_eq!(
        asked,
        [
            // Both arms of the pattern; one by its key, though its pattern is off; all that are on.
            (0, fault, p90, Bound::AtMost(1.5)),
            (1, fault, p90, Bound::AtMost(1.5)),
            (3, None, Metric::ThrottledShots, Bound::AtMost(0.01)),
            (0, None, Metric::Recover, Bound::AtMost(10.0)),
            (1, None, Metric::Recover, Bound::AtMost(10.0)),
        ]
    );
    assert_eq!(judging.steady.warm_up, 20 * SEC);
    let hypothesis = judging.steady.hypothesis.iter();
    let hypothesis: Vec<(&str, Bound)> = hypothesis
        .map(|expect| (expect.of.as_str(), expect.bound))
        .collect();
    assert_eq!(
        hypothesis,
        [
            ("cross-region/global profile", Bound::AtLeast(0.99)),
            ("cross-region/global profile", Bound::AtMost(2.0)),
            ("cross-region/on-demand", Bound::AtLeast(0.99)),
            ("cross-region/on-demand", Bound::AtMost(2.0)),
        ]
    );
    let wanted = RecoveryPlan {
        availability: Share::clamped(0.95),
        holds: 5 * SEC,
        within: 60 * SEC,
        ends_run: true,
    };
    assert_eq!(judging.recovery, Some(wanted));
    let stop = &judging.stop;
    assert_eq!(
        (&stop.arms[..], stop.of.as_str()),
        (&[ArmId(1)][..], "cross-region/on-demand")
    );
    assert_eq!((stop.availability, stop.over), (Some(Share::clamped(0.2)), 30));
    assert_eq!(stop.spend, Some(Usd::from_dollars(2.0)));
    assert!(
        stop.burn
            .is_some_and(|burn| (burn.objective - 0.999).abs() < 1e-9)
    );
    let pair = judging.comparisons[0].pair;
    assert_eq!((pair.first, pair.second), (ArmId(2), ArmId(3)));
    assert_eq!(
        (pair.metric, pair.phase),
        (PairMetric::FirstToken, Some(Phase::Recovery))
    );
    assert_eq!(judging.evidence().figures.len(), 9);
}

const SHARED: &str = r#"
description = "Two patterns on one stream."
duration = "60s"

[traffic]
stages = [{ ramp = { from = "2/s", to = "6/s" }, lasts = "30s" }]
workload = { max_tokens = 64 }

[[pattern]]
kind = "cross-region"
model = "anthropic.claude-sonnet-4-6"
region = "us-east-1"
arms = ["on-demand", "geo profile", "global profile"]

[[pattern]]
kind = "fallback"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
chains = ["other models"]

[[compare]]
first = "cross-region/geo profile"
second = "fallback/other models"
metric = "availability"
"#;

#[test]
fn patterns_without_arrivals_of_their_own_share_those_of_the_file() {
    let shared = parse(SHARED);
    let [cross, fallback] = &shared.patterns[..] else {
        panic!("two patterns")
    };
    assert!(cross.stream.is_some() && cross.stream == fallback.stream);
    assert_eq!(cross.workload, fallback.workload);
    assert_eq!(cross.workload.max_tokens, Some(64));
    // Each way of calling gets the whole stream.
    let course = |load: &crate::load::plan::LoadPlan| load.stages[0].course;
    assert_eq!(course(&cross.load), Course::Ramp { from: 6.0, to: 18.0 });
    assert_eq!(course(&fallback.load), Course::Ramp { from: 2.0, to: 6.0 });
    let pair = shared.judging.comparisons[0].pair;
    assert_eq!((pair.first, pair.second), (ArmId(1), ArmId(3)));
}

#[test]
fn arms_are_numbered_through_the_whole_scenario_in_the_order_written() {
    let all = parse(EVERYTHING);
    let arms: Vec<(u16, &str)> = all
        .patterns
        .iter()
        .flat_map(|pattern| &pattern.plan.arms)
        .map(|arm| (arm.id.0, arm.key.as_str()))
        .collect();
    assert_eq!(
        arms,
        [
            (0, "global profile"),
            (1, "on-demand"),
            (2, "other providers"),
            (3, "other regions")
        ]
    );
}

#[test]
fn what_is_left_out_is_as_usual() {
    let text = "description = 'least'\n[[pattern]]\nkind = 'fallback'\nmodel = 'amazon.nova-micro-v1:0'\n\
                region = 'us-east-1'\nother_regions = ['us-east-2']\nrate = '1/s'\n";
    let least = parse(text);
    assert_eq!((least.name.as_str(), least.seed.number()), ("some", 7));
    assert_eq!((least.duration, least.budget), (None, None));
    assert_eq!(least.cap, CapPlan::default());
    assert_eq!(least.patterns[0].workload, WorkloadPlan::default());
    assert_eq!(least.patterns[0].plan.arms[0].policy, CallPolicy::fallback());
    assert!(least.patterns[0].on && least.faults.is_empty());
}

#[test]
fn a_destination_can_lose_its_capacity_where_its_endpoint_is_never_called() {
    let scenario = |kind: &str| {
        let text = format!(
            "description = 'x'\n[[pattern]]\nkind = 'cross-region'\nmodel = 'anthropic.claude-sonnet-4-6'\n\
             region = 'us-east-1'\nrate = '1/s'\n[[fault]]\nkind = '{kind}'\n\
             scope = {{ region = 'us-west-2' }}\nbegins = '1s'\nlasts = '1s'\n"
        );
        Scenario::parse("x", &text, &Catalog::builtin())
    };
    assert!(scenario("capacity-outage").is_ok());
    let refused = scenario("endpoint-outage").expect_err("nobody calls us-west-2");
    assert_eq!(
        refused.to_string(),
        "x:9:1: fault[0].scope: no call of this scenario can meet this fault; \
         by its `region`: calls go to us-east-1"
    );
}

#[test]
fn the_shipped_outages_strike_us_east_1_after_a_minute_of_steady_state() {
    for name in ["region-outage", "capacity-outage"] {
        let scenario = parse(library::text(name).expect("shipped"));
        let [fault] = &scenario.faults[..] else {
            panic!("{name}: one fault")
        };
        assert_eq!(fault.begins_at, Moment::from_secs(60), "{name}");
        assert_eq!(fault.lasts, 30 * SEC, "{name}");
        assert_eq!(fault.scope.region, Some(Region::from("us-east-1")), "{name}");
        let fallback = &scenario.patterns[1].plan;
        let slowest = fallback.arms.iter().map(|arm| arm.policy.attempt_timeout).max();
        assert!(
            slowest < Some(Duration::from_millis(1_500)),
            "{name}: {slowest:?}"
        );
    }
}
