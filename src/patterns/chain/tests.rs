//! Chains over scripted wire bytes, in virtual time, through the real SDK.

use std::cell::Cell;
use std::time::Duration;

use super::*;
use crate::bedrock::fixture::{Chunk, Reply, Script, Seen, delta, start};
use crate::bedrock::{ClientFaults, ClientPlan, Target};
use crate::event::{ArmId, AttemptEnd};
use crate::fault::Outage;
use crate::load::workload::{Prompt, PromptClass};
use crate::names::{ModelId, Region};
use crate::patterns::compile::{self, FallbackChain, FallbackSpec};
use crate::patterns::fixture::{LITE, catalog};
use crate::patterns::plan::{BreakerPlan, CallPolicy, RetryBudgetPlan};

mod breakers;

const SEC: Duration = Duration::from_secs(1);

/// A chain over a script.
struct Bench {
    clock: Clock,
    script: Script,
    chain: Chain,
    shared: Arc<ArmShared>,
    events: EventSink,
    fired: Cell<u64>,
    max_tokens: u64,
}

impl Bench {
    /// Other regions' endpoints: us-east-1, us-east-2, us-west-2.
    fn regions(policy: CallPolicy, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::new(FallbackChain::OtherRegions(Vec::new()), policy, answer)
    }

    fn new(
        chain: FallbackChain,
        policy: CallPolicy,
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let catalog = catalog();
        let spec = FallbackSpec {
            chains: vec![chain],
            policy,
            ..FallbackSpec::new(ModelId::from(LITE), Region::from("us-east-1"))
        };
        let plan = compile::fallback(&spec, &catalog, ArmId(3)).expect("a plan");
        let arm = Arc::new(plan.arms[0].clone());
        let clock = Clock::virtual_time();
        let script = Script::new(&clock);
        let target = Target::InProcess(script.handler(answer));
        let shared = Arc::new(ArmShared::new(&arm));
        let events = EventSink::default();
        let chain = Chain::new(ChainPlan {
            arm,
            shared: Arc::clone(&shared),
            clients: Clients::new(ClientPlan {
                faults: ClientFaults::default(),
                ..ClientPlan::new(target, clock.clone())
            }),
            catalog,
            clock: clock.clone(),
            seed: Seed::new(1),
            events: events.clone(),
        });
        Self {
            clock,
            script,
            chain,
            shared,
            events,
            fired: Cell::new(0),
            max_tokens: 100,
        }
    }

    fn shot(&self) -> Shot {
        let index = self.fired.replace(self.fired.get() + 1);
        Shot {
            id: ShotId { arm: ArmId(3), index },
            intended_at: self.clock.now(),
            sent_at: self.clock.now(),
            prompt: Prompt {
                document: None,
                history: Vec::new(),
                system: None,
                text: "How are you today?".to_owned(),
                class: PromptClass::Simple,
                max_tokens: Some(self.max_tokens),
                stream: true,
            },
        }
    }

    async fn fire(&self) -> Fired {
        self.chain.fire(self.shot()).await
    }

    /// The regions called so far.
    fn called(&self) -> Vec<String> {
        self.script.seen().into_iter().map(|seen| seen.region).collect()
    }

    /// What was told since the last time, a line each.
    fn told(&self) -> Vec<String> {
        let line = |event: Event| match event.fact {
            Fact::FailedOver(it) => format!(
                "{:.1} {} > {}: {} after {:.1} s",
                event.at.as_secs_f64(),
                it.from.label,
                it.to.label,
                it.cause.key(),
                it.took.as_secs_f64()
            ),
            Fact::BreakerMoved(it) => format!(
                "{:.1} {} {:?}: {}",
                event.at.as_secs_f64(),
                it.route.label,
                it.to,
                it.reason
            ),
            other => format!("{other:?}"),
        };
        self.events.drain().into_iter().map(line).collect()
    }
}

/// The fallback policy without breaker and budget, one round.
fn plain() -> CallPolicy {
    CallPolicy {
        attempt_timeout: Duration::from_millis(1_500),
        rounds: 1,
        breaker: None,
        retry_budget: None,
        ..CallPolicy::fallback()
    }
}

fn whole() -> Reply {
    Reply::stream(Duration::from_millis(100), 20)
}

fn unavailable() -> Reply {
    Reply::error(
        503,
        "ServiceUnavailableException",
        "Bedrock is unable to process your request.",
    )
}

fn kinds(fired: &Fired) -> Vec<Option<FailureKind>> {
    fired
        .attempts
        .iter()
        .map(|attempt| attempt.failure().map(|failure| failure.kind))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_preferred_route_is_all_that_is_called() {
    let bench = Bench::regions(CallPolicy::fallback(), |_| whole());
    let fired = bench.fire().await;
    assert_eq!(fired.end, ShotEnd::Succeeded);
    assert_eq!(bench.called(), ["us-east-1"]);
    assert_eq!(bench.told(), [""; 0]);
    // 7 of input at 0.10, 20 of output at 0.40, 3 read and 2 written at the input price.
    assert_eq!(fired.cost, Usd::from_picos(12 * 100_000 + 20 * 400_000));
    assert_eq!(fired.usage.output, 20);
}

#[tokio::test(start_paused = true)]
async fn the_chain_is_gone_down_in_order_and_each_failover_is_told() {
    let bench = Bench::regions(plain(), |seen| match &*seen.region {
        "us-east-1" => Reply::Dead(Outage::Silent),
        "us-east-2" => Reply::error(429, "ThrottlingException", "Too many tokens."),
        _ => whole(),
    });
    let fired = bench.fire().await;
    assert_eq!(fired.end, ShotEnd::Succeeded);
    assert_eq!(bench.called(), ["us-east-1", "us-east-2", "us-west-2"]);
    assert_eq!(
        kinds(&fired),
        [Some(FailureKind::Timeout), Some(FailureKind::Throttled), None]
    );
    let hops: Vec<u8> = fired.attempts.iter().map(|attempt| attempt.hop).collect();
    assert_eq!(hops, [0, 1, 2]);
    assert_eq!(
        bench.told(),
        [
            "1.5 us-east-1 > us-east-2: timeout after 1.5 s",
            "1.5 us-east-2 > us-west-2: throttled after 1.5 s",
        ]
    );
    assert_eq!(fired.first_token_at, Some(Moment::from_millis(1_600)));
}

#[tokio::test(start_paused = true)]
async fn a_cut_stream_starts_over_on_the_next_route_and_is_paid_for() {
    let bench = Bench::regions(plain(), |seen| match &*seen.region {
        "us-east-1" => Reply::Stream(vec![start(), delta("sixteen letters!"), Chunk::Reset]),
        _ => whole(),
    });
    let fired = bench.fire().await;
    assert_eq!(fired.end, ShotEnd::Succeeded);
    assert_eq!(kinds(&fired), [Some(FailureKind::StreamCut), None]);
    assert_eq!(fired.attempts[0].usage.expect("an estimate").output, 4);
    assert_eq!(fired.usage.output, 20, "only the answer that counted");
    let wasted = Usd::from_picos(5 * 100_000 + 4 * 400_000);
    assert_eq!(fired.cost, wasted + Usd::from_picos(12 * 100_000 + 20 * 400_000));
    assert_eq!(fired.first_token_at, Some(Moment::from_millis(100)));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_request_is_not_carried_elsewhere_but_missing_access_is() {
    for (status, code, message, routes) in [
        (
            400,
            "ValidationException",
            "The maximum tokens you requested exceed the limit.",
            1,
        ),
        (
            400,
            "ValidationException",
            "The provided model identifier is invalid.",
            3,
        ),
        (
            403,
            "AccessDeniedException",
            "You don't have access to the model.",
            3,
        ),
        (
            404,
            "ResourceNotFoundException",
            "This model version has reached the end of its life.",
            3,
        ),
    ] {
        let bench = Bench::regions(plain(), move |_| Reply::error(status, code, message));
        let fired = bench.fire().await;
        assert!(matches!(fired.end, ShotEnd::Failed(_)));
        assert_eq!(bench.called().len(), routes, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_deadline_spans_all_hops() {
    let policy = CallPolicy {
        deadline: 2 * SEC,
        ..plain()
    };
    let bench = Bench::regions(policy, |_| Reply::Dead(Outage::Silent));
    let fired = bench.fire().await;
    assert_eq!(fired.end, ShotEnd::Failed(FailureKind::Deadline));
    assert_eq!(bench.clock.now(), Moment::from_secs(2));
    assert_eq!(
        kinds(&fired),
        [Some(FailureKind::Timeout), Some(FailureKind::Deadline)]
    );
}

#[tokio::test(start_paused = true)]
async fn rounds_are_parted_by_a_backoff_that_repeats() {
    let policy = CallPolicy { rounds: 3, ..plain() };
    let run = || async {
        let bench = Bench::regions(policy.clone(), |_| unavailable());
        let fired = bench.fire().await;
        assert_eq!(fired.end, ShotEnd::Failed(FailureKind::Unavailable));
        assert_eq!(fired.attempts.len(), 9);
        let waits: Vec<u128> = fired
            .attempts
            .iter()
            .map(|attempt| attempt.backoff.as_millis())
            .collect();
        let back = &bench.told()[2];
        assert!(back.contains("us-west-2 > us-east-1: unavailable"), "{back}");
        waits
    };
    let waits = run().await;
    assert_eq!(run().await, waits);
    for (attempt, wait) in waits.iter().enumerate() {
        let ceiling = match attempt {
            3 => 101,
            6 => 201,
            _ => 0,
        };
        assert!(*wait <= ceiling, "attempt {attempt} backed off for {wait} ms");
    }
    assert!(waits[3] > 0 && waits[6] > 0);
}

#[tokio::test(start_paused = true)]
async fn a_backoff_that_would_outlast_the_deadline_is_not_begun() {
    let mut policy = CallPolicy {
        rounds: 2,
        deadline: Duration::from_millis(1),
        ..plain()
    };
    policy.backoff.initial = 1_000 * SEC;
    policy.backoff.max = 1_000 * SEC;
    let bench = Bench::regions(policy, |_| unavailable());
    let fired = bench.fire().await;
    assert_eq!(fired.end, ShotEnd::Failed(FailureKind::Deadline));
    assert_eq!((fired.attempts.len(), bench.clock.now()), (3, Moment::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_ends_the_shot_until_others_have_earned() {
    let policy = CallPolicy {
        retry_budget: Some(RetryBudgetPlan {
            per_shot: 0.25,
            burst: 2.0,
        }),
        ..plain()
    };
    let bench = Bench::regions(policy, |seen| match &*seen.region {
        "us-east-1" => unavailable(),
        _ => whole(),
    });
    let mut saved = Vec::new();
    for _ in 0..9 {
        let fired = bench.fire().await;
        if fired.end != ShotEnd::Succeeded {
            assert_eq!(fired.end, ShotEnd::Failed(FailureKind::BudgetEmpty));
            assert_eq!(
                kinds(&fired),
                [Some(FailureKind::Unavailable)],
                "the failure before it stays told"
            );
        }
        saved.push(fired.end == ShotEnd::Succeeded);
    }
    // Two were saved up; of the shots after the first, which found the budget full, four earn one.
    assert_eq!(saved, [true, true, false, false, true, false, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_stand_in_is_not_asked_for_more_than_it_can_give() {
    let mut bench = Bench::new(FallbackChain::OtherModels(Vec::new()), plain(), |seen| {
        if seen.target == LITE {
            unavailable()
        } else {
            whole()
        }
    });
    bench.max_tokens = 9_000;
    assert_eq!(bench.fire().await.end, ShotEnd::Succeeded);
    let limits: Vec<_> = bench.script.seen().iter().map(|seen| seen.max_tokens).collect();
    assert_eq!(limits, [Some(9_000), Some(5_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_one_with_the_sdks_retries_is_an_arm_like_any_other() {
    let catalog = catalog();
    let spec = compile::CrossRegionSpec::new(ModelId::from(LITE), Region::from("us-east-1"));
    let arms = compile::cross_region(&spec, &catalog, ArmId(0))
        .expect("a plan")
        .arms;
    let clock = Clock::virtual_time();
    let script = Script::new(&clock);
    let target = Target::InProcess(script.handler(|_| unavailable()));
    let bench = Bench::regions(plain(), |_| whole());
    let chain = Chain::new(ChainPlan {
        shared: Arc::new(ArmShared::new(&arms[1])),
        arm: Arc::new(arms[1].clone()),
        clients: Clients::new(ClientPlan::new(target, clock.clone())),
        catalog,
        clock,
        seed: Seed::new(1),
        events: bench.events.clone(),
    });
    let fired = chain.fire(bench.shot()).await;
    assert_eq!(fired.end, ShotEnd::Failed(FailureKind::Unavailable));
    let numbers: Vec<(u8, u8)> = fired.attempts.iter().map(|it| (it.hop, it.number)).collect();
    assert_eq!(numbers, [(0, 1), (0, 2), (0, 3)]);
    assert!(fired.attempts[1].backoff > Duration::ZERO);
    assert!(
        script
            .seen()
            .iter()
            .all(|seen| seen.target == format!("us.{LITE}"))
    );
    assert_eq!(bench.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_fires_the_same_shot() {
    let policy = CallPolicy {
        rounds: 4,
        sdk_attempts: 2,
        ..plain()
    };
    let run = |shots: u64| {
        let policy = policy.clone();
        async move {
            let bench = Bench::regions(policy, |_| unavailable());
            bench.fired.set(shots);
            let fired = bench.fire().await;
            let told: Vec<_> = fired
                .attempts
                .iter()
                .map(|it| (it.sent_at, it.ended_at, it.backoff))
                .collect();
            assert!(fired.attempts.iter().all(|it| it.end != AttemptEnd::Served));
            told
        }
    };
    assert_eq!(run(5).await, run(5).await);
    assert_ne!(run(5).await, run(6).await, "another shot has other luck");
}

#[tokio::test(start_paused = true)]
async fn a_shot_under_way_takes_little_memory() {
    // Ten thousand streams at once are wanted. The SDK's own future is most of it.
    let bench = Bench::regions(plain(), |_| whole());
    let size = size_of_val(&bench.chain.fire(bench.shot()));
    assert!(size < 12 * 1024, "{size} bytes");
}
