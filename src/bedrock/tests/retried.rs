//! The SDK's own retries, as the attempts tell them.

use super::*;

fn unavailable() -> Reply {
    Reply::error(
        503,
        "ServiceUnavailableException",
        "Bedrock is unable to process your request.",
    )
}

fn throttled() -> Reply {
    Reply::error(
        429,
        "ThrottlingException",
        "Too many requests, please wait before trying again.",
    )
}

/// The back-offs of one call that always fails, in milliseconds.
async fn backoffs(reply: Reply, spec: RetrySpec, seed: u64) -> Vec<u128> {
    let outcome = Bench::always(reply).seeded(plan(4, spec), false, seed).await;
    let numbers: Vec<u8> = outcome.attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    outcome.attempts[1..]
        .iter()
        .map(|attempt| attempt.backoff.as_millis())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn both_versions_back_off_within_their_bounds() {
    for seed in 0..20 {
        for (reply, spec, first) in [
            (unavailable(), RetrySpec::V2_0, 1_000),
            (throttled(), RetrySpec::V2_0, 1_000),
            (unavailable(), RetrySpec::V2_1, 50),
            (throttled(), RetrySpec::V2_1, 1_000),
        ] {
            let waited = backoffs(reply, spec, seed).await;
            for (retry, wait) in waited.iter().enumerate() {
                // Timers are exact to a millisecond.
                assert!(*wait <= (first << retry) + 1, "{spec:?} waited {waited:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_jitter_repeats_by_seed_whether_debug_logging_is_on_or_not() {
    let quiet = backoffs(unavailable(), RetrySpec::V2_0, 7).await;
    assert_eq!(backoffs(unavailable(), RetrySpec::V2_0, 7).await, quiet);
    assert_ne!(backoffs(unavailable(), RetrySpec::V2_0, 8).await, quiet);
    let loud = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::sink)
        .finish();
    let _logging = tracing::subscriber::set_default(loud);
    assert!(tracing::enabled!(target: "aws_smithy_runtime", tracing::Level::TRACE));
    assert_eq!(backoffs(unavailable(), RetrySpec::V2_0, 7).await, quiet);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_succeeds_leaves_both_attempts() {
    let bench = Bench::new(|seen| {
        if seen.at == Moment::ZERO {
            unavailable()
        } else {
            Reply::answer(3, 2)
        }
    });
    let outcome = bench.call(plan(3, RetrySpec::V2_1), false).await;
    assert!(outcome.end.is_ok());
    let kinds: Vec<_> = outcome
        .attempts
        .iter()
        .map(|attempt| {
            (
                attempt.failure().map(|failure| failure.kind),
                attempt.usage.is_some(),
            )
        })
        .collect();
    assert_eq!(kinds, [(Some(FailureKind::Unavailable), false), (None, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_cut_stream_is_not_retried_by_the_sdk() {
    let bench = Bench::always(Reply::Stream(vec![
        start(),
        delta("four"),
        exception("throttlingException", "no"),
    ]));
    assert_eq!(bench.call(plan(3, RetrySpec::V2_1), true).await.attempts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_retry_quota_costs_what_the_version_says_and_is_the_targets_own() {
    // A quota of 500: retries of 5 (2.0; 10 for what counts as a time-out), or of 14 (2.1; 5 for
    // throttles).
    for (reply, spec, retries) in [
        (throttled(), RetrySpec::V2_0, 100),
        (throttled(), RetrySpec::V2_1, 100),
        (unavailable(), RetrySpec::V2_0, 50),
        (unavailable(), RetrySpec::V2_1, 35),
    ] {
        let bench = Bench::always(reply);
        let hop = bench.clients.hop(plan(2, spec));
        let mut attempts = 0;
        for seed in 0..120 {
            attempts += bench.over(&hop, false, seed).await.attempts.len();
        }
        assert_eq!(attempts, 120 + retries, "{spec:?}");
        // Another target has a quota of its own; another runtime shares this one.
        let mut elsewhere = plan(2, spec);
        elsewhere.route = Arc::new(Route {
            region: Region::from("us-east-2"),
            ..(*elsewhere.route).clone()
        });
        assert_eq!(bench.call(elsewhere, false).await.attempts.len(), 2);
        let lane = Bench {
            clients: Clients::new(bench.plan.clone()),
            ..bench
        };
        assert_eq!(lane.call(plan(2, spec), false).await.attempts.len(), 1);
    }
}
