//! Errors: their names, statuses and words, and endpoints that are out.

use std::time::Duration;

use super::super::Answer;
use super::super::fixture::*;
use crate::fault::{FaultKind, Outage, Scope};

#[tokio::test(start_paused = true)]
async fn every_fault_is_answered_with_its_own_exception() {
    let cases = [
        (FaultKind::Throttle, 429, "ThrottlingException"),
        (FaultKind::NotReady, 429, "ModelNotReadyException"),
        (FaultKind::Unavailable, 503, "ServiceUnavailableException"),
        (FaultKind::Internal, 500, "InternalServerException"),
        (FaultKind::ModelTimeout, 408, "ModelTimeoutException"),
        (FaultKind::Denied, 403, "AccessDeniedException"),
        (FaultKind::InvalidModel, 400, "ValidationException"),
    ];
    for (kind, status, name) in cases {
        let service = service();
        service.control().inject(fault(1, kind, Scope::default()));
        for request in [converse(NOVA, "Hello"), converse_stream(NOVA, "Hello")] {
            let read = ask(&service, request).await;
            assert_eq!((read.status.as_u16(), read.error().0.as_str()), (status, name));
            let header = format!("{name}:http://internal.amazon.com/coral/com.amazon.bedrock/");
            assert_eq!(read.header("x-amzn-errortype"), header);
            assert!(
                !read.headers.contains_key("retry-after"),
                "the service sends none"
            );
        }
        assert!(service.control().lift(crate::event::FaultId(1)));
        assert_eq!(ask(&service, converse(NOVA, "Hello")).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_endpoint_answers_nothing_at_all() {
    let service = service();
    let outage = FaultKind::EndpointOutage(Outage::Refused);
    let scope = Scope {
        region: Some("us-east-1".into()),
        ..Scope::default()
    };
    service.control().inject(fault(1, outage, scope));
    for request in [
        converse(NOVA, "Hello"),
        converse_stream(NOVA, "Hello"),
        post("/model/amazon.nova-micro-v1:0/converse", "no JSON"),
        post("/model/amazon.nova-micro-v1:0/count-tokens", "{}"),
    ] {
        let answer = service.handle(request).await;
        assert!(matches!(answer, Answer::Dead(Outage::Refused)), "{answer:?}");
    }
    let elsewhere = request_in("us-east-2");
    assert_eq!(
        ask(&service, elsewhere).await.status,
        200,
        "the next region lives"
    );
    assert!(service.control().has(crate::event::FaultId(1)));
    service.control().lift_all();
    assert!(!service.control().has(crate::event::FaultId(1)));
    assert_eq!(ask(&service, converse(NOVA, "Hello")).await.status, 200);
}

fn request_in(region: &str) -> http::Request<bytes::Bytes> {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}"#;
    request(
        http::Method::POST,
        region,
        "/model/us.amazon.nova-micro-v1:0/converse",
        body,
    )
}

#[tokio::test(start_paused = true)]
async fn the_worlds_refusals_keep_their_words() {
    let service = service();
    let cases = [
        (
            "does-not-exist",
            "",
            400,
            "The provided model identifier is invalid.",
        ),
        (
            "anthropic.claude-haiku-4-5-20251001-v1:0",
            "",
            400,
            "Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn’t \
             supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
        ),
        (
            "amazon.nova-micro-v1:0",
            r#","inferenceConfig":{"maxTokens":999999}"#,
            400,
            "The maximum tokens you requested exceed the model limit of 5000. Try again with a maximum tokens \
             value lower than 5000.",
        ),
        (
            "us.amazon.nova-premier-v1:0",
            "",
            404,
            "This model version has reached the end of its life.",
        ),
    ];
    for (model, more, status, words) in cases {
        let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"Hello"}}]}}]{more}}}"#);
        let read = ask(&service, post(&format!("/model/{model}/converse"), body)).await;
        assert_eq!((read.status.as_u16(), read.error().1.as_str()), (status, words));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_ends_by_itself() {
    let service = service();
    let mut plan = fault(1, FaultKind::Unavailable, Scope::default());
    plan.lasts = Duration::from_secs(2);
    service.control().inject(plan);
    assert_eq!(ask(&service, converse(NOVA, "Hello")).await.status, 503);
    service.clock().sleep(Duration::from_secs(2)).await;
    assert!(!service.control().has(crate::event::FaultId(1)));
    assert_eq!(ask(&service, converse(NOVA, "Hello")).await.status, 200);
}
