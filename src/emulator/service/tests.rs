//! The service as its callers see it, in virtual time.

mod access;
mod batch;
mod caching;
mod control_plane;
mod faults;
mod garbage;
mod invoke;
mod monitoring;
mod routers;
mod says;
mod streams;

use std::time::Duration;

use http::Method;

use super::fixture::*;
use crate::clock::Moment;

#[tokio::test(start_paused = true)]
async fn a_converse_answer_has_the_members_of_the_recorded_ones_in_their_order() {
    let service = service();
    let read = ask(&service, converse(NOVA, "Name three rivers.")).await;
    assert_eq!(read.status, 200);
    let body = read.json();
    let output = body["usage"]["outputTokens"].as_u64().expect("a count");
    let took = FIRST_TOKEN + PER_TOKEN * u32::try_from(output - 1).expect("few tokens");
    assert_eq!(
        service.clock().now(),
        Moment::ZERO + took,
        "it comes with its last token"
    );
    assert_eq!(body["metrics"]["latencyMs"], took.as_millis() as u64);
    let text = body["output"]["message"]["content"][0]["text"].to_string();
    let input = "Name three rivers.".len().div_ceil(4); // 4.4 characters a token: 18 are 5
    assert_eq!(
        String::from_utf8_lossy(&read.body),
        format!(
            r#"{{"metrics":{{"latencyMs":{}}},"output":{{"message":{{"content":[{{"text":{text}}}],"role":"assistant"}}}},"stopReason":"end_turn","usage":{{"inputTokens":{input},"outputTokens":{output},"serverToolUsage":{{}},"totalTokens":{}}}}}"#,
            took.as_millis(),
            input as u64 + output,
        )
    );
    assert_eq!(read.header("content-type"), "application/json");
    assert_eq!(read.header("date"), "Mon, 05 Jan 2026 09:00:00 GMT");
    assert_eq!(read.header("x-amzn-requestid").len(), 36);
    assert_eq!(read.header("x-bedrill-served-region"), "us-east-1");
}

#[tokio::test(start_paused = true)]
async fn options_come_back_as_they_went() {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hello"}]}],
        "system":[{"text":"Be brief."},{"cachePoint":{"type":"default"}}],
        "performanceConfig":{"latency":"optimized"},"serviceTier":{"type":"flex"},
        "requestMetadata":{"team":"a b"},"additionalModelRequestFields":{"top_k":5}}"#;
    let read = ask(&service(), post("/model/amazon.nova-lite-v1:0/converse", body)).await;
    let body = read.json();
    assert_eq!(body["performanceConfig"]["latency"], "optimized");
    assert_eq!(body["serviceTier"]["type"], "flex");
    for name in [
        "cacheReadInputTokens",
        "cacheReadInputTokenCount",
        "cacheWriteInputTokens",
        "cacheWriteInputTokenCount",
    ] {
        assert_eq!(
            body["usage"][name], 0,
            "both spellings where the prompt has a checkpoint"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn generation_stops_before_a_stop_sequence_and_at_max_tokens() {
    let service = service();
    let body = |config: &str| {
        let messages = r#""messages":[{"role":"user","content":[{"text":"Hello"}]}]"#;
        format!(r#"{{{messages},"inferenceConfig":{config}}}"#)
    };
    let stopped = body(r#"{"stopSequences":["never said","emulated answer"]}"#);
    let read = ask(&service, post("/model/amazon.nova-micro-v1:0/converse", stopped))
        .await
        .json();
    assert_eq!(read["stopReason"], "stop_sequence");
    assert_eq!(read["output"]["message"]["content"][0]["text"], "This is an ");
    let tokens = read["usage"]["outputTokens"].as_u64().expect("a count");
    assert!((6..=8).contains(&tokens), "{tokens} for 26 characters");

    let short = body(r#"{"maxTokens":5}"#);
    let read = ask(&service, post("/model/amazon.nova-micro-v1:0/converse", short))
        .await
        .json();
    assert_eq!(read["stopReason"], "max_tokens");
    assert_eq!(read["usage"]["outputTokens"], 5);
}

#[tokio::test(start_paused = true)]
async fn equal_requests_have_equal_answers_and_another_attempt_has_another() {
    let said = async |attempt: &'static str| {
        let mut request = converse(NOVA, "Hello");
        let header = http::HeaderValue::from_static(attempt);
        request.headers_mut().insert("amz-sdk-request", header);
        request
            .headers_mut()
            .insert("amz-sdk-invocation-id", http::HeaderValue::from_static(attempt));
        ask(&service(), request).await.json()
    };
    assert_eq!(said("attempt=1").await, said("attempt=1; max=3").await);
    assert_ne!(said("attempt=1").await, said("attempt=2; max=3").await);
}

#[tokio::test(start_paused = true)]
async fn the_region_comes_from_the_credentials_and_without_one_it_is_the_default() {
    let service = service();
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}"#;
    let path = "/model/amazon.nova-micro-v1:0/converse";
    let read = ask(&service, request(Method::POST, "eu-west-2", path, body)).await;
    assert_eq!(read.header("x-bedrill-served-region"), "eu-west-2");

    let mut bearer = post(path, body);
    let key = http::HeaderValue::from_static("Bearer bedrock-api-key-x");
    bearer.headers_mut().insert("authorization", key);
    let read = ask(&service, bearer).await;
    assert_eq!(read.header("x-bedrill-served-region"), "us-east-1");

    let read = ask(&service, request(Method::POST, "mars-east-1", path, body)).await;
    assert_eq!(read.status, 403);
    assert_eq!(read.error().0, "InvalidSignatureException");

    let mut nobody = post(path, body);
    nobody.headers_mut().remove("authorization");
    let read = ask(&service, nobody).await;
    assert_eq!(read.status, 403);
    assert_eq!(
        read.error(),
        (
            "MissingAuthenticationTokenException".into(),
            "Missing Authentication Token".into()
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_pays_for_what_was_generated() {
    let service = service();
    let hung_up_after = FIRST_TOKEN + PER_TOKEN * 4 + Duration::from_millis(5);
    let clock = service.clock().clone();
    let request = converse(NOVA, "Hello");
    let ended = clock
        .until(clock.now() + hung_up_after, service.handle(request))
        .await;
    assert!(ended.is_none(), "the answer takes longer");
    let total = service.control().ledger().total();
    assert_eq!((total.served, total.broken_off), (0, 1));
    assert_eq!(total.usage.output, 5, "one at the first token, four after it");
    assert_eq!(total.in_service(), 0);
}

#[test]
fn the_service_and_its_bodies_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<super::Service>();
    shared::<super::ReplyBody>();
    shared::<super::WorldControl>();
}
