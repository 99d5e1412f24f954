//! Every operation of the table is refused where no policy allows it.

use http::{Method, Request};

use super::super::fixture::*;
use crate::clock::Clock;
use crate::emulator::api::{Op, ServiceName};
use crate::emulator::world::plan::{AccessPlan, WorldPlan};

/// A request for an operation, as far as the gate looks at it.
fn request_for(op: Op) -> Request<bytes::Bytes> {
    let (signing, method, path) = match (op.service(), op.path()) {
        (ServiceName::Bedrock, Some((method, template))) => ("bedrock", method, template.replace("{}", NOVA)),
        (ServiceName::ServiceQuotas, _) => ("servicequotas", Method::POST, "/".to_owned()),
        (ServiceName::CloudTrail, _) => ("cloudtrail", Method::POST, "/".to_owned()),
        (ServiceName::CloudWatch, _) => ("monitoring", Method::POST, "/".to_owned()),
        (ServiceName::Sts, _) => ("sts", Method::POST, "/".to_owned()),
        (service, _) => unreachable!("{service:?} is not called by name"),
    };
    let scope = format!("AKID/20260105/us-east-1/{signing}/aws4_request");
    let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", signed);
    if op.service() == ServiceName::Sts {
        return request
            .body(format!("Action={}", op.name()).into())
            .expect("a request");
    }
    let target = format!("Any.{}", op.name());
    request
        .header("x-amz-target", target)
        .body("{}".into())
        .expect("a request")
}

#[tokio::test(start_paused = true)]
async fn outside_an_allow_list_everything_is_refused_and_named() {
    let plan = WorldPlan {
        access: AccessPlan {
            allowed_actions: Some(vec!["bedrock:ListGuardrails".to_owned()]),
            ..AccessPlan::default()
        },
        ..plan(FIRST_TOKEN, PER_TOKEN)
    };
    let service = serving(plan, Clock::virtual_time());
    for op in Op::ALL.iter().filter(|op| op.service() != ServiceName::S3) {
        let read = ask(&service, request_for(*op)).await;
        let told = String::from_utf8_lossy(&read.body);
        let words = format!("is not authorized to perform: {}", op.action());
        let is_refused = told.contains(&words) && told.contains("arn:aws:iam::123456789012:user/bedrill");
        let is_allowed = matches!(op, Op::ListGuardrails | Op::GetCallerIdentity);
        assert_eq!(is_refused, !is_allowed, "{op:?}: {told}");
        assert!(is_allowed || read.status.is_client_error(), "{op:?}");
    }
    assert_eq!(
        service.control().ledger().total().calls,
        0,
        "no call reached the world"
    );
}
