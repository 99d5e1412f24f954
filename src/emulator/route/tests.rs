use http::{HeaderValue, Request};

use super::*;

fn parts(method: Method, path: &str) -> Parts {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(())
        .expect("a request");
    request.into_parts().0
}

fn signed(value: &str) -> HeaderMap {
    let value = HeaderValue::from_str(value).expect("a header value");
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

#[test]
fn the_scope_names_service_and_region() {
    let headers = signed(
        "AWS4-HMAC-SHA256 Credential=AKID/20260105/eu-west-3/bedrock/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=abc",
    );
    let Ok(Credentials::Signed(scope)) = credentials(&headers, "") else {
        panic!("a scope");
    };
    assert_eq!(
        (scope.access_key, scope.region, scope.service),
        ("AKID", "eu-west-3", "bedrock")
    );
}

#[test]
fn a_presigned_query_is_read_alike() {
    let query =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260105%2Fus-east-1%2Fsts%2Faws4_request";
    let headers = HeaderMap::new();
    let Ok(Credentials::Signed(scope)) = credentials(&headers, query) else {
        panic!("a scope");
    };
    assert_eq!((scope.region, scope.service), ("us-east-1", "sts"));
}

#[test]
fn bad_credentials_are_told_apart() {
    fn exception(headers: &HeaderMap) -> Result<Credentials<'_>, Exception> {
        credentials(headers, "").map_err(|error| error.exception)
    }
    assert_eq!(
        exception(&HeaderMap::new()),
        Err(Exception::MissingAuthenticationToken)
    );
    assert_eq!(exception(&signed("Bearer key")), Ok(Credentials::Bearer));
    assert_eq!(
        exception(&signed("Bearer ")),
        Err(Exception::MissingAuthenticationToken)
    );
    for broken in [
        "Basic dTpw",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=AKID/20260105/us-east-1/bedrock, SignedHeaders=host, Signature=a",
        "AWS4-HMAC-SHA256 Credential=AKID/20260105/us-east-1/bedrock/aws4_request",
        "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=host, Signature=a",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request/e, SignedHeaders=host, Signature=a",
    ] {
        assert_eq!(
            exception(&signed(broken)),
            Err(Exception::IncompleteSignature),
            "{broken}"
        );
    }
}

#[test]
fn an_access_key_leads_to_its_account() {
    // The pair is public: it is the usual example of how key identifiers carry the account.
    assert_eq!(
        account_of("ASIAQNZGKIQY56JQ7WML").as_deref(),
        Some("029608264753")
    );
    for stranger in ["local", "AKIA0000000000000000", "", "ÅKIAQNZGKIQY56JQ7WM"] {
        assert_eq!(account_of(stranger), None, "{stranger}");
    }
}

#[test]
fn identifiers_are_taken_encoded_raw_and_as_arns() {
    let target = |path: &str| match operation(&parts(Method::POST, path)) {
        Ok(Operation::Runtime(_, target)) => target,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(
        target("/model/amazon.nova-micro-v1%3A0/converse"),
        "amazon.nova-micro-v1:0"
    );
    assert_eq!(
        target("/model/amazon.nova-micro-v1:0/invoke"),
        "amazon.nova-micro-v1:0"
    );
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0";
    assert_eq!(
        target(&format!(
            "/model/{}/converse-stream",
            arn.replace(':', "%3A").replace('/', "%2F")
        )),
        arn
    );
    assert_eq!(target(&format!("/model/{arn}/count-tokens")), arn);
}

#[test]
fn what_is_not_modelled_is_named() {
    for (method, path) in [
        (Method::GET, "/model/x/converse"),
        (Method::POST, "/model/x/dream"),
        (Method::POST, "/model/converse"),
        (Method::DELETE, "/foundation-models"),
        (Method::GET, "/async-invoke"),
    ] {
        let error = operation(&parts(method, path)).expect_err("not modelled");
        assert_eq!(error.exception, Exception::UnknownOperation);
        assert!(error.message.contains(path), "{}", error.message);
    }
    let empty = operation(&parts(Method::POST, "/model//converse")).expect_err("no identifier");
    assert_eq!(empty.exception, Exception::Validation);
    let not_text = operation(&parts(Method::POST, "/model/%FF/converse")).expect_err("no text");
    assert_eq!(not_text.exception, Exception::Validation);
}

#[test]
fn the_attempt_is_read_from_the_sdk_header() {
    let mut headers = HeaderMap::new();
    assert_eq!(attempt(&headers), 1);
    headers.insert(
        "amz-sdk-request",
        HeaderValue::from_static("ttl=x; attempt=3; max=3"),
    );
    assert_eq!(attempt(&headers), 3);
    headers.insert("amz-sdk-request", HeaderValue::from_static("attempt=many"));
    assert_eq!(attempt(&headers), 1);
}
