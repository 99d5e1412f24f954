use std::sync::Mutex;

use bytes::Bytes;

use super::*;
use crate::bedrock::in_process::Handler;

/// A service that takes everything and notes what came.
fn taking() -> (Account, Arc<Mutex<Vec<String>>>) {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let handler = Handler::new(move |request: http::Request<Bytes>| {
        let line = format!("{} {}", request.method(), request.uri().path());
        noted.lock().expect("no panic holds it").push(line);
        async move {
            Ok(http::Response::new(http_body_util::Full::new(
                Bytes::from_static(b"{}"),
            )))
        }
    });
    let account = Account::read_only(Target::InProcess(handler), Clock::virtual_time());
    (account, seen)
}

#[tokio::test(start_paused = true)]
async fn what_changes_or_pays_is_refused_by_name_before_it_is_sent() {
    let (account, seen) = taking();
    let region = Region::from("us-east-1");
    let refused = [
        account
            .bedrock(&region)
            .delete_prompt_router()
            .prompt_router_arn("r")
            .send()
            .await
            .map_err(|problem| account.problem("GetPromptRouter", &region, &problem))
            .err(),
        account
            .bedrock(&region)
            .delete_model_invocation_logging_configuration()
            .send()
            .await
            .map_err(|problem| account.problem("GetPromptRouter", &region, &problem))
            .err(),
        account
            .cloudwatch(&region)
            .delete_alarms()
            .alarm_names("a")
            .send()
            .await
            .map_err(|problem| account.problem("DescribeAlarms", &region, &problem))
            .err(),
        account
            .service_quotas(&region)
            .request_service_quota_increase()
            .service_code("bedrock")
            .quota_code("L-1")
            .desired_value(1.0)
            .send()
            .await
            .map_err(|problem| account.problem("GetServiceQuota", &region, &problem))
            .err(),
        account
            .sts(&region)
            .get_session_token()
            .send()
            .await
            .map_err(|problem| account.problem("GetCallerIdentity", &region, &problem))
            .err(),
        account
            .s3(&region)
            .delete_bucket()
            .bucket("b")
            .send()
            .await
            .map_err(|problem| account.problem("HeadBucket", &region, &problem))
            .err(),
    ];
    for problem in refused {
        let problem = problem.expect("a refusal");
        assert_eq!(problem.trouble, Trouble::HeldBack, "{problem}");
        assert!(problem.message.starts_with("not sent: "), "{problem}");
    }
    assert_eq!(*seen.lock().expect("no panic holds it"), Vec::<String>::new());
    assert!(account.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_only_reads_goes_and_is_counted() {
    let (account, seen) = taking();
    let region = Region::from("us-east-1");
    let listed = account.bedrock(&region).list_foundation_models().send().await;
    assert!(listed.is_ok(), "{listed:?}");
    assert_eq!(
        *seen.lock().expect("no panic holds it"),
        ["GET /foundation-models"]
    );
    assert_eq!(account.asked(), BTreeMap::from([("ListFoundationModels", 1)]));
}

#[test]
fn an_account_is_shown_by_its_last_four_digits() {
    let identity = Identity {
        account: "123456789012".to_owned(),
        arn: "arn:aws:sts::123456789012:assumed-role/drills/anna".to_owned(),
    };
    assert_eq!(identity.masked(), "********9012");
    assert_eq!(identity.principal(), "assumed-role/drills/anna");
    assert!(!format!("{identity:?}").contains("123456789012"));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let seen: Arc<Mutex<u32>> = Arc::default();
    let noted = Arc::clone(&seen);
    let handler = Handler::new(move |_: http::Request<Bytes>| {
        *noted.lock().expect("no panic holds it") += 1;
        async move {
            let moved = http::Response::builder()
                .status(307)
                .header("location", "https://elsewhere.example.com/");
            Ok(moved
                .body(http_body_util::Full::new(Bytes::new()))
                .expect("a response"))
        }
    });
    let account = Account::read_only(Target::InProcess(handler), Clock::virtual_time());
    let answered = account.identity(&Region::from("us-east-1")).await;
    let problem = answered.expect_err("a redirect is no answer");
    assert_eq!(*seen.lock().expect("no panic holds it"), 1, "{problem}");
}
