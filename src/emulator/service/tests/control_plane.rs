//! Models, profiles, token counts, identities.

use http::{HeaderValue, Method, Request};

use super::super::fixture::*;

fn get(region: &str, path: &str) -> Request<bytes::Bytes> {
    request(Method::GET, region, path, "")
}

#[tokio::test(start_paused = true)]
async fn models_are_listed_with_their_filters() {
    let service = service();
    let list = async |query: &str| {
        let read = ask(&service, get("us-east-1", &format!("/foundation-models{query}"))).await;
        assert_eq!(read.status, 200, "{query}");
        read.json()["modelSummaries"].as_array().expect("a list").clone()
    };
    let all = list("").await;
    let anthropic = list("?byProvider=anthropic").await;
    assert!(!anthropic.is_empty() && anthropic.len() < all.len());
    assert!(
        anthropic.iter().all(|model| model["providerName"] == "Anthropic"),
        "in any case of letters"
    );
    let on_demand = list("?byInferenceType=ON_DEMAND&byOutputModality=TEXT").await;
    assert!(
        on_demand
            .iter()
            .all(|model| model["inferenceTypesSupported"][0] == "ON_DEMAND")
    );
    let embeddings = list("?byOutputModality=EMBEDDING").await;
    assert!(
        embeddings.len() > 3
            && embeddings
                .iter()
                .all(|model| model["outputModalities"][0] == "EMBEDDING")
    );
    let nova = all
        .iter()
        .find(|model| model["modelId"] == NOVA)
        .expect("Nova Micro");
    assert_eq!(
        nova["modelArn"],
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"
    );
    assert_eq!(nova["modelLifecycle"]["status"], "ACTIVE");
    assert!(
        all.iter()
            .all(|model| model["modelId"] != "amazon.nova-premier-v1:0"),
        "its life is over"
    );

    let read = ask(
        &service,
        get("us-east-1", "/foundation-models?byOutputModality=SMELL"),
    )
    .await;
    assert_eq!(
        read.error().1,
        "1 validation error detected: Value 'SMELL' at 'byOutputModality' failed to satisfy constraint: Member \
         must satisfy enum value set: [TEXT, IMAGE, EMBEDDING]"
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_is_found_by_identifier_and_by_arn() {
    let service = service();
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova-micro-v1%3A0";
    for identifier in ["amazon.nova-micro-v1%3A0", arn] {
        let read = ask(
            &service,
            get("us-east-1", &format!("/foundation-models/{identifier}")),
        )
        .await;
        assert_eq!(read.json()["modelDetails"]["modelName"], "Nova Micro");
    }
    let read = ask(&service, get("us-east-1", "/foundation-models/acme.none-v1%3A0")).await;
    assert_eq!(
        (read.status.as_u16(), read.error().0.as_str()),
        (404, "ResourceNotFoundException")
    );
    let read = ask(&service, get("us-east-1", "/foundation-models/none")).await;
    assert_eq!(
        (read.status.as_u16(), read.error().0.as_str()),
        (400, "ValidationException")
    );
}

#[tokio::test(start_paused = true)]
async fn profiles_are_paged_and_depend_on_the_region_asked() {
    let service = service();
    let mut seen = Vec::new();
    let mut query = "?maxResults=4&type=SYSTEM_DEFINED".to_owned();
    loop {
        let read = ask(&service, get("us-east-1", &format!("/inference-profiles{query}"))).await;
        let page = read.json();
        let profiles = page["inferenceProfileSummaries"]
            .as_array()
            .expect("a list")
            .clone();
        assert!(profiles.len() <= 4);
        seen.extend(profiles);
        let Some(token) = page["nextToken"].as_str() else {
            break;
        };
        query = format!("?maxResults=4&nextToken={token}");
    }
    let all = ask(&service, get("us-east-1", "/inference-profiles"))
        .await
        .json();
    assert_eq!(
        &seen,
        all["inferenceProfileSummaries"].as_array().expect("a list")
    );
    assert!(seen.len() > 8);
    assert!(seen.iter().all(|profile| {
        profile["inferenceProfileId"]
            .as_str()
            .is_some_and(|id| !id.starts_with("eu."))
    }));
    let none = ask(&service, get("us-east-1", "/inference-profiles?type=APPLICATION"))
        .await
        .json();
    assert_eq!(none["inferenceProfileSummaries"], serde_json::json!([]));

    for bad in [
        "maxResults=0",
        "maxResults=1001",
        "maxResults=x",
        "nextToken=x",
        "type=MINE",
    ] {
        let read = ask(&service, get("us-east-1", &format!("/inference-profiles?{bad}"))).await;
        assert_eq!(read.error().0, "ValidationException", "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_tells_its_destinations() {
    let service = service();
    let path = "/inference-profiles/us.amazon.nova-micro-v1%3A0";
    let profile = ask(&service, get("us-east-1", path)).await.json();
    assert_eq!(
        profile["inferenceProfileArn"],
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0"
    );
    let models = profile["models"].as_array().expect("a list");
    assert!(models.len() >= 3, "{models:?}");
    assert_eq!(
        (&profile["status"], &profile["type"]),
        (&"ACTIVE".into(), &"SYSTEM_DEFINED".into())
    );
    let arn =
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-micro-v1%3A0";
    let by_arn = ask(&service, get("us-east-1", &format!("/inference-profiles/{arn}")))
        .await
        .json();
    assert_eq!(by_arn, profile);
    let global = "/inference-profiles/global.anthropic.claude-haiku-4-5-20251001-v1%3A0";
    let global = ask(&service, get("eu-west-1", global)).await.json();
    assert_eq!(
        global["models"][1]["modelArn"],
        "arn:aws:bedrock:::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"
    );
    let read = ask(&service, get("eu-west-1", path)).await;
    assert_eq!(
        (read.status.as_u16(), read.error().0.as_str()),
        (404, "ResourceNotFoundException")
    );
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_as_they_are_billed() {
    let service = service();
    let messages = r#"{"messages":[{"role":"user","content":[{"text":"Name three rivers."}]}]}"#;
    let path = "/model/amazon.nova-micro-v1:0";
    let count = async |input: String| {
        ask(
            &service,
            post(&format!("{path}/count-tokens"), format!(r#"{{"input":{input}}}"#)),
        )
        .await
    };
    let counted = count(format!(r#"{{"converse":{messages}}}"#)).await.json();
    let billed = ask(&service, post(&format!("{path}/converse"), messages))
        .await
        .json();
    assert_eq!(counted["inputTokens"], billed["usage"]["inputTokens"]);
    // The body travels as base64.
    let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, messages);
    let counted = count(format!(r#"{{"invokeModel":{{"body":"{body}"}}}}"#))
        .await
        .json();
    assert_eq!(counted["inputTokens"], billed["usage"]["inputTokens"]);
    assert_eq!(count("{}".to_owned()).await.error().0, "ValidationException");
    assert_eq!(service.control().ledger().total().calls, 1, "counting is free");
}

#[tokio::test(start_paused = true)]
async fn the_caller_is_told_who_it_is() {
    let mut request = post("/", "Action=GetCallerIdentity&Version=2011-06-15");
    let credentials = HeaderValue::from_static(
        "AWS4-HMAC-SHA256 Credential=ASIAQNZGKIQY56JQ7WML/20260105/us-east-1/sts/aws4_request, \
         SignedHeaders=host, Signature=0",
    );
    request.headers_mut().insert("authorization", credentials);
    let read = ask(&service(), request).await;
    assert_eq!(
        (read.status.as_u16(), read.header("content-type")),
        (200, "text/xml")
    );
    assert!(String::from_utf8_lossy(&read.body).contains("<Account>029608264753</Account>"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_modelled_is_said_to_be_so() {
    let read = ask(&service(), get("us-east-1", "/async-invoke")).await;
    assert_eq!(read.status, 404);
    let (name, words) = read.error();
    assert_eq!(name, "UnknownOperationException");
    assert!(words.contains("GET /async-invoke"), "{words}");
}
