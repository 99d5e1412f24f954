//! The seam as a whole, in virtual time, over scripted wire bytes.

use std::sync::Arc;
use std::time::Duration;

use super::fixture::{Chunk, Reply, Script, delta, exception, metadata, start, stop};
use super::{Ask, ClientPlan, Clients, HopCall, HopClient, HopOutcome, HopPlan, RetrySpec, Target, classify};
use crate::clock::{Clock, Moment};
use crate::event::{FailureKind, Route};
use crate::fault::Outage;
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::seed::Seed;
use crate::units::TokenUsage;

mod faulted;
mod retried;
mod socket;

const MODEL: &str = "amazon.nova-2-lite-v1:0";

/// Clients over a script, and a hop of them.
struct Bench {
    clock: Clock,
    script: Script,
    plan: ClientPlan,
    clients: Clients,
}

impl Bench {
    fn new(answer: impl Fn(&super::fixture::Seen) -> Reply + Send + Sync + 'static) -> Self {
        let clock = Clock::virtual_time();
        let script = Script::new(&clock);
        let plan = ClientPlan::new(Target::InProcess(script.handler(answer)), clock.clone());
        Self {
            clients: Clients::new(plan.clone()),
            clock,
            script,
            plan,
        }
    }

    fn always(reply: Reply) -> Self {
        Self::new(move |_| reply.clone())
    }

    async fn call(&self, plan: HopPlan, stream: bool) -> HopOutcome {
        self.seeded(plan, stream, 1).await
    }

    async fn seeded(&self, plan: HopPlan, stream: bool, seed: u64) -> HopOutcome {
        self.over(&self.clients.hop(plan), stream, seed).await
    }

    async fn over(&self, hop: &HopClient, stream: bool, seed: u64) -> HopOutcome {
        let call = HopCall {
            round: 0,
            hop: 0,
            seed: Seed::new(seed),
            backoff: Duration::ZERO,
            deadline: self.clock.now() + Duration::from_secs(30),
        };
        let ask = Ask {
            document: None,
            history: Vec::new(),
            system: None,
            text: "How are you today?".to_owned(),
            max_tokens: Some(100),
            stream,
        };
        hop.converse(call, &ask).await
    }
}

fn plan(sdk_attempts: u32, retry_spec: RetrySpec) -> HopPlan {
    HopPlan {
        pattern: PatternKey::from("fallback"),
        route: Arc::new(Route {
            region: Region::from("us-east-1"),
            target: ModelRef::from(MODEL),
            model: ModelId::from(MODEL),
            provider: Provider::from("Amazon"),
            label: "us-east-1".into(),
        }),
        sdk_attempts,
        retry_spec,
        attempt_timeout: Duration::from_secs(2),
        idle_timeout: Duration::from_secs(3),
        chars_per_token: 4.0,
    }
}

fn once() -> HopPlan {
    plan(1, RetrySpec::V2_0)
}

/// The failure of one attempt at a reply.
async fn failure(reply: Reply, stream: bool) -> crate::event::Failure {
    let outcome = Bench::always(reply).call(once(), stream).await;
    let failure = outcome.end.expect_err("a failure");
    assert_eq!(outcome.attempts.len(), 1);
    assert_eq!(
        outcome.attempts[0].failure(),
        Some(&failure),
        "the attempt tells the same"
    );
    assert!(!outcome.attempts[0].injected);
    failure
}

#[tokio::test(start_paused = true)]
async fn a_plain_answer_tells_usage_and_serving_region() {
    let bench = Bench::always(Reply::After(
        Duration::from_millis(250),
        Box::new(Reply::answer(11, 5)),
    ));
    let outcome = bench.call(once(), false).await;
    let answer = outcome.end.unwrap();
    assert_eq!((answer.usage.input, answer.usage.output), (11, 5));
    let [attempt] = &outcome.attempts[..] else {
        panic!("one attempt")
    };
    assert_eq!(attempt.served_in, Some(Region::from("us-west-2")));
    assert_eq!(
        (attempt.sent_at, attempt.ended_at),
        (Moment::ZERO, Moment::from_millis(250))
    );
    let seen = &bench.script.seen()[0];
    assert_eq!(
        (&*seen.region, &*seen.target, seen.stream),
        ("us-east-1", MODEL, false)
    );
    assert_eq!(seen.max_tokens, Some(100));
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_its_first_token_and_its_end() {
    let bench = Bench::always(Reply::stream(Duration::from_millis(400), 6));
    let outcome = bench.call(once(), true).await;
    let answer = outcome.end.unwrap();
    let usage = TokenUsage {
        input: 7,
        output: 6,
        cache_read: 3,
        cache_write: 2,
        ..TokenUsage::default()
    };
    assert_eq!(answer.usage, usage);
    assert_eq!(answer.first_token_at, Some(Moment::from_millis(400)));
    let attempt = &outcome.attempts[0];
    assert_eq!(attempt.first_token_at, answer.first_token_at);
    assert_eq!(attempt.ended_at, Moment::from_millis(450));
    assert_eq!(attempt.usage, Some(usage));
}

#[tokio::test(start_paused = true)]
async fn every_row_of_the_table_is_read_from_header_and_from_body() {
    for row in classify::TABLE {
        let in_body = serde_json::json!({"__type": format!("com.amazon#{}", row.code), "message": "so"});
        for stream in [false, true] {
            for reply in [
                Reply::error(row.status, row.code, "so"),
                Reply::error(row.status, &format!("{}:http://internal/", row.code), "so"),
                Reply::Plain(row.status, Vec::new(), in_body.to_string()),
            ] {
                let failure = failure(reply, stream).await;
                assert_eq!(failure.kind, row.kind, "{}", row.code);
                assert_eq!(failure.status, Some(row.status), "{}", row.code);
                assert_eq!(failure.code.as_deref(), Some(row.code));
                assert_eq!(failure.message, "so", "{}", row.code);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_code_is_read_by_its_status() {
    for (status, kind) in [
        (400, FailureKind::Validation),
        (403, FailureKind::Denied),
        (404, FailureKind::NotFound),
        (408, FailureKind::ModelTimeout),
        (424, FailureKind::ModelError),
        (429, FailureKind::Throttled),
        (500, FailureKind::Internal),
        (502, FailureKind::Unavailable),
        (503, FailureKind::Unavailable),
        (504, FailureKind::Unavailable),
        (418, FailureKind::Other),
    ] {
        for body in ["", "<html>Bad Gateway</html>"] {
            let failure = failure(Reply::Plain(status, Vec::new(), body.to_owned()), false).await;
            assert_eq!(
                (failure.kind, failure.status),
                (kind, Some(status)),
                "{status} {body:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn exceptions_within_a_stream_are_told_by_their_variant() {
    for (name, kind) in [
        ("internalServerException", FailureKind::Internal),
        ("modelStreamErrorException", FailureKind::ModelError),
        ("validationException", FailureKind::Validation),
        ("throttlingException", FailureKind::Throttled),
        ("serviceUnavailableException", FailureKind::Unavailable),
        ("neverHeardOfException", FailureKind::StreamCut),
    ] {
        let chunks = vec![start(), delta("four"), exception(name, "in the middle")];
        let failure = failure(Reply::Stream(chunks), true).await;
        assert_eq!(failure.kind, kind, "{name}");
        assert_eq!(failure.message, "in the middle", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_whole_is_cut() {
    let Chunk::Bytes(whole) = delta("four") else {
        unreachable!("a delta is bytes")
    };
    let half = Chunk::Bytes(whole.slice(..whole.len() / 2));
    let mut damaged = whole.to_vec();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    for (tail, words) in [
        (vec![], "the stream ended without messageStop"),
        (vec![metadata(7, 1)], "the stream ended without messageStop"),
        (vec![stop()], "the stream ended without metadata"),
        (vec![half], "unexpected end of stream"),
        (vec![Chunk::Bytes(damaged.into())], "message checksum"),
        (vec![Chunk::Reset], "connection reset"),
    ] {
        let mut chunks = vec![start(), delta("four")];
        chunks.extend(tail);
        let failure = failure(Reply::Stream(chunks), true).await;
        assert_eq!(failure.kind, FailureKind::StreamCut, "{words}");
        assert!(failure.message.contains(words), "{words}: {}", failure.message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_stream_is_charged_for_what_came() {
    let chunks = vec![start(), delta("eight ch"), delta("and nine."), Chunk::Reset];
    let outcome = Bench::always(Reply::Stream(chunks)).call(once(), true).await;
    let usage = outcome.attempts[0].usage.unwrap();
    // "How are you today?" has 18 characters, the deltas 17; a token stands for four.
    assert_eq!((usage.input, usage.output), (5, 5));
    let nothing = Bench::always(Reply::Stream(vec![start(), Chunk::Reset]))
        .call(once(), true)
        .await;
    assert_eq!(nothing.attempts[0].usage, None);
}

#[tokio::test(start_paused = true)]
async fn what_the_transport_meets_has_kinds_of_its_own() {
    for stream in [false, true] {
        let refused = failure(Reply::Dead(Outage::Refused), stream).await;
        assert_eq!(
            (refused.kind, &*refused.message),
            (FailureKind::Connection, "connection refused")
        );

        let bench = Bench::always(Reply::Dead(Outage::Silent));
        let outcome = bench.call(once(), stream).await;
        assert_eq!(outcome.end.unwrap_err().kind, FailureKind::Timeout);
        assert_eq!(
            outcome.attempts[0].ended_at,
            Moment::from_secs(2),
            "the attempt timeout"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_given_up_after_the_idle_timeout() {
    let pause = |secs| Chunk::Pause(Duration::from_secs(secs));
    let silent = vec![start(), delta("four"), pause(2), delta("more"), pause(60)];
    let outcome = Bench::always(Reply::Stream(silent)).call(once(), true).await;
    assert_eq!(outcome.end.unwrap_err().kind, FailureKind::StreamIdle);
    assert_eq!(outcome.attempts[0].ended_at, Moment::from_secs(5));
    // After all has come, a connection that lingers is no failure.
    let lingering = vec![start(), delta("four"), stop(), metadata(7, 1), pause(60)];
    let bench = Bench::always(Reply::Stream(lingering));
    let outcome = bench.call(once(), true).await;
    assert!(outcome.end.is_ok());
    assert_eq!(outcome.attempts[0].ended_at, Moment::ZERO);
    assert!(bench.clock.now() < Moment::from_millis(100), "nor waited for");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_an_attempt_a_stream_and_a_backoff() {
    let slow_stream: Vec<Chunk> = (0..60)
        .flat_map(|_| [delta("four"), Chunk::Pause(Duration::from_secs(1))])
        .collect();
    for (reply, stream, attempts) in [
        (Reply::Stream(slow_stream), true, 1),
        (Reply::Dead(Outage::Silent), false, 1),
        (Reply::error(503, "ServiceUnavailableException", "no"), false, 10),
    ] {
        let bench = Bench::always(reply);
        let mut plan = plan(40, RetrySpec::V2_0);
        plan.attempt_timeout = Duration::from_secs(3600);
        let outcome = bench.call(plan, stream).await;
        assert_eq!(outcome.end.unwrap_err().kind, FailureKind::Deadline);
        assert_eq!(bench.clock.now(), Moment::from_secs(30));
        assert!(outcome.attempts.len() <= attempts);
    }
}
