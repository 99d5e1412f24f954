//! The AWS SDKs for Rust against the service in process.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_bedrock::error::ProvideErrorMetadata;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, InferenceConfiguration, Message};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_servicequotas::types::RequestStatus;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use bedrill::catalog::QuotaFamily;
use bedrill::clock::Clock;
use bedrill::emulator::service::{Answer, Service};
use bedrill::emulator::world::plan::{AccessPlan, QuotaOverride, WorldPlan};
use bedrill::names::{ModelId, Region as Place};
use bytes::Bytes;
use http_body_util::BodyExt as _;

use super::{exact, service};

const NOVA: &str = "amazon.nova-micro-v1:0";
/// Tokens per minute across regions of Nova Pro.
const CODE: &str = "L-C0326783";

/// The service as the SDK's transport.
#[derive(Clone, Debug)]
struct InProcess(Service);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        let request = request.try_into_http1x().expect("a request");
        HttpConnectorFuture::new(async move {
            let (head, body) = request.into_parts();
            let body = Bytes::copy_from_slice(body.bytes().expect("a body in memory"));
            match service.handle(http::Request::from_parts(head, body)).await {
                Answer::Response(response) => {
                    let (head, body) = response.into_parts();
                    let body = body.collect().await.expect("a whole body").to_bytes();
                    let response = http::Response::from_parts(head, SdkBody::from(body));
                    Ok(HttpResponse::try_from(response).expect("a response"))
                }
                Answer::Dead(_) => Err(ConnectorError::io("refused".into())),
            }
        })
    }
}

fn config(service: &Service, keys: Option<Credentials>) -> SdkConfig {
    let keys = keys.unwrap_or_else(|| Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url("http://in-process.invalid")
        .http_client(InProcess(service.clone()))
        .retry_config(RetryConfig::disabled())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .stalled_stream_protection(
            aws_config::stalled_stream_protection::StalledStreamProtectionConfig::disabled(),
        )
        .build()
}

async fn converse(config: &SdkConfig, model: &str, max_tokens: i32) -> Result<(), String> {
    let text = ContentBlock::Text("Name three rivers.".to_owned());
    let message = Message::builder()
        .role(ConversationRole::User)
        .content(text)
        .build();
    aws_sdk_bedrockruntime::Client::new(config)
        .converse()
        .model_id(model)
        .messages(message.expect("a message"))
        .inference_config(InferenceConfiguration::builder().max_tokens(max_tokens).build())
        .send()
        .await
        .map(drop)
        .map_err(|error| error.code().unwrap_or_default().to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_approved_increase_ends_the_throttling_when_it_is_approved_and_not_before() {
    let clock = Clock::virtual_time();
    let narrow = QuotaOverride {
        model: ModelId::from("amazon.nova-pro-v1:0"),
        family: Some(QuotaFamily::CrossRegion),
        region: None,
        requests_per_minute: None,
        tokens_per_minute: Some(1_000),
        tokens_per_day: None,
    };
    let plan = WorldPlan {
        quotas: vec![narrow],
        ..exact()
    };
    let service = service(plan, clock.clone());
    let config = config(&service, None);
    let quotas = aws_sdk_servicequotas::Client::new(&config);
    let call = async || converse(&config, "us.amazon.nova-pro-v1:0", 2_000).await;
    assert_eq!(call().await, Err("ThrottlingException".to_owned()));
    let applied = async || {
        let got = quotas
            .get_service_quota()
            .service_code("bedrock")
            .quota_code(CODE)
            .send()
            .await;
        got.expect("a quota").quota.and_then(|quota| quota.value)
    };
    assert_eq!(applied().await, Some(1_000.0));
    let asked = quotas
        .request_service_quota_increase()
        .service_code("bedrock")
        .quota_code(CODE)
        .desired_value(1_000_000.0)
        .send()
        .await;
    let id = asked
        .expect("a request")
        .requested_quota
        .and_then(|made| made.id)
        .expect("an id");
    let status = async || {
        let got = quotas
            .get_requested_service_quota_change()
            .request_id(&id)
            .send()
            .await;
        got.expect("a request")
            .requested_quota
            .and_then(|made| made.status)
    };
    assert_eq!(status().await, Some(RequestStatus::Pending));
    clock.sleep(Duration::from_secs(10 * 60)).await;
    assert_eq!(status().await, Some(RequestStatus::CaseOpened));
    assert_eq!(call().await, Err("ThrottlingException".to_owned()));
    clock.sleep(Duration::from_secs(24 * 3_600)).await;
    assert_eq!(status().await, Some(RequestStatus::Approved));
    assert_eq!(applied().await, Some(1_000_000.0));
    // The bucket fills at the new rate: a minute later there is room.
    clock.sleep(Duration::from_secs(60)).await;
    assert_eq!(call().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_daily_quota_throttles_where_the_minute_has_room() {
    let clock = Clock::virtual_time();
    let daily = QuotaOverride {
        model: ModelId::from(NOVA),
        family: Some(QuotaFamily::OnDemand),
        region: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        tokens_per_day: Some(0),
    };
    let plan = WorldPlan {
        quotas: vec![daily],
        ..exact()
    };
    let service = service(plan, clock);
    let config = config(&service, None);
    assert_eq!(
        converse(&config, NOVA, 10).await,
        Err("ThrottlingException".to_owned())
    );
    assert_eq!(converse(&config, "us.amazon.nova-micro-v1:0", 10).await, Ok(()));
    let listed = aws_sdk_servicequotas::Client::new(&config)
        .list_service_quotas()
        .service_code("bedrock")
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .expect("a list");
    let name = "Model invocation max tokens per day for Amazon Nova Micro (doubled for cross-region calls)";
    let row = listed.iter().find(|quota| quota.quota_name() == Some(name));
    assert_eq!(row.and_then(|quota| quota.value), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_its_role_until_it_ends() {
    let clock = Clock::virtual_time();
    let service = service(exact(), clock.clone());
    let assumed = aws_sdk_sts::Client::new(&config(&service, None))
        .assume_role()
        .role_arn("arn:aws:iam::210987654321:role/Ops")
        .role_session_name("night")
        .duration_seconds(900)
        .send()
        .await
        .expect("credentials");
    let keys = assumed.credentials.expect("credentials");
    let (id, secret, token) = (keys.access_key_id, keys.secret_access_key, keys.session_token);
    let config = config(
        &service,
        Some(Credentials::new(id, secret, Some(token), None, "test")),
    );
    let me = aws_sdk_sts::Client::new(&config)
        .get_caller_identity()
        .send()
        .await
        .expect("an identity");
    assert_eq!(me.account(), Some("210987654321"));
    assert_eq!(me.arn(), Some("arn:aws:sts::210987654321:assumed-role/Ops/night"));
    assert_eq!(converse(&config, NOVA, 10).await, Ok(()));
    clock.sleep(Duration::from_secs(900)).await;
    assert_eq!(
        converse(&config, NOVA, 10).await,
        Err("ExpiredTokenException".to_owned())
    );
    let late = aws_sdk_servicequotas::Client::new(&config)
        .list_services()
        .send()
        .await;
    assert_eq!(
        late.expect_err("it is over").code(),
        Some("ExpiredTokenException")
    );
}

#[tokio::test(start_paused = true)]
async fn the_trail_tells_where_a_profile_was_served_five_minutes_late() {
    let clock = Clock::virtual_time();
    let service = service(exact(), clock.clone());
    let config = config(&service, None);
    let trail = aws_sdk_cloudtrail::Client::new(&config);
    converse(&config, "us.amazon.nova-micro-v1:0", 10)
        .await
        .expect("an answer");
    converse(&config, NOVA, 10).await.expect("an answer");
    let named = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventName)
        .attribute_value("Converse")
        .build()
        .expect("an attribute");
    let events = async || {
        let found = trail
            .lookup_events()
            .lookup_attributes(named.clone())
            .send()
            .await;
        found.expect("events").events.unwrap_or_default()
    };
    assert!(events().await.is_empty());
    clock.sleep(Duration::from_secs(5 * 60)).await;
    let events = events().await;
    let records: Vec<serde_json::Value> = (events.iter())
        .map(|event| serde_json::from_str(event.cloud_trail_event().expect("a record")).expect("JSON"))
        .collect();
    let [bare, profile] = records.as_slice() else {
        panic!("{records:?}");
    };
    assert!(bare.get("additionalEventData").is_none());
    let served = profile["additionalEventData"]["inferenceRegion"]
        .as_str()
        .expect("a region");
    assert!(served.starts_with("us-"), "{served}");
}

#[tokio::test(start_paused = true)]
async fn what_is_called_through_a_profile_of_ones_own_is_counted_under_it_and_once() {
    let service = service(exact(), Clock::virtual_time());
    let config = config(&service, None);
    let source = aws_sdk_bedrock::types::InferenceProfileModelSource::CopyFrom(format!(
        "arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"
    ));
    let made = aws_sdk_bedrock::Client::new(&config)
        .create_inference_profile()
        .inference_profile_name("shop")
        .model_source(source)
        .send()
        .await
        .expect("a profile");
    converse(&config, made.inference_profile_arn(), 10)
        .await
        .expect("an answer");
    converse(&config, NOVA, 10).await.expect("an answer");
    let ledger = service.control().ledger();
    let through: Vec<_> = ledger
        .through()
        .map(|(arn, tally)| (arn.to_owned(), tally.served))
        .collect();
    assert_eq!(through, [(made.inference_profile_arn().to_owned(), 1)]);
    assert_eq!(ledger.total().served, 2);
}

#[tokio::test]
async fn each_trouble_of_an_account_has_its_own_error_and_ends_when_it_is_lifted() {
    let service = service(exact(), Clock::real());
    let config = config(&service, None);
    let bedrock = aws_sdk_bedrock::Client::new(&config);
    let quotas = aws_sdk_servicequotas::Client::new(&config);
    let trouble = |change: fn(&mut AccessPlan)| {
        let mut access = AccessPlan::default();
        change(&mut access);
        access
    };
    for (access, of_bedrock, of_quotas) in [
        (
            trouble(|access| access.clock_skew = Some(Duration::from_secs(600))),
            "InvalidSignatureException",
            "InvalidSignatureException",
        ),
        (
            trouble(|access| access.expired_credentials = true),
            "ExpiredTokenException",
            "ExpiredTokenException",
        ),
        (
            trouble(|access| access.control_requests_per_second = Some(0.0)),
            "ThrottlingException",
            "TooManyRequestsException",
        ),
        (
            trouble(|access| access.denied_actions = vec!["*:List*".to_owned()]),
            "AccessDeniedException",
            "AccessDeniedException",
        ),
        (
            trouble(|access| access.unreachable_regions = vec![Place::from("us-east-1")]),
            "",
            "",
        ),
    ] {
        service.control().set_access(access.clone());
        let models = bedrock
            .list_foundation_models()
            .send()
            .await
            .expect_err("trouble");
        let listed = quotas.list_services().send().await.expect_err("trouble");
        let codes = (
            models.code().unwrap_or_default(),
            listed.code().unwrap_or_default(),
        );
        assert_eq!(codes, (of_bedrock, of_quotas), "{access:?}: {models:?}");
        service.control().set_access(AccessPlan::default());
        bedrock.list_foundation_models().send().await.expect("it is over");
    }
}
