//! Prompt routers on the wire: made, listed, called and taken away.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::emulator::service::Service;
use crate::emulator::service::fixture::{self, Read, ask, post, request};

const ROUTER: &str = "arn:aws:bedrock:us-east-1:123456789012:prompt-router/bedrill0nova";
const DEFAULT: &str = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/amazon.nova:1";
const LITE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
const PRO: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0";
const SIMPLE: &str = "Name three rivers.";
const COMPLEX: &str = "Compare both plans, weigh their risks step by step, and choose one with reasons.";

async fn get(service: &Service, path: &str) -> Read {
    ask(service, request(Method::GET, "us-east-1", path, "")).await
}

fn encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

async fn invoked(service: &Service, router: &str, prompt: &str) -> Value {
    let read = ask(service, fixture::converse(&encoded(router), prompt)).await;
    assert_eq!(read.status, StatusCode::OK, "{:?}", read.body);
    read.json()["trace"]["promptRouter"]["invokedModelId"].clone()
}

#[tokio::test(start_paused = true)]
async fn both_forms_of_arn_are_called_and_the_trace_names_the_model() {
    let service = fixture::service();
    for router in [ROUTER, DEFAULT] {
        assert_eq!(invoked(&service, router, SIMPLE).await, LITE, "{router}");
        assert_eq!(invoked(&service, router, COMPLEX).await, PRO, "{router}");
    }
    let stream = ask(&service, fixture::converse_stream(ROUTER, COMPLEX)).await;
    let (kind, metadata) = stream.events().pop().expect("events");
    assert_eq!(kind, "metadata");
    assert_eq!(metadata["trace"]["promptRouter"]["invokedModelId"], PRO);
    let plain = ask(&service, fixture::converse("amazon.nova-pro-v1:0", COMPLEX)).await;
    assert_eq!(plain.json().get("trace"), None);
}

#[tokio::test(start_paused = true)]
async fn a_routed_call_is_one_of_the_model_that_was_chosen() {
    let service = fixture::service();
    let direct = ask(&service, fixture::converse("amazon.nova-lite-v1:0", SIMPLE)).await;
    let routed = ask(&service, fixture::converse(&encoded(ROUTER), SIMPLE)).await;
    // Equal requests of the same model have equal luck: routers can be compared shot by shot.
    assert_eq!(direct.json()["usage"], routed.json()["usage"]);
    assert_eq!(direct.json()["output"], routed.json()["output"]);
    assert_eq!(routed.header("x-bedrill-served-region"), "us-east-1");
    let ledger = service.control().ledger();
    let lines: Vec<_> = ledger.lines().filter(|line| line.tally.served == 1).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].tally.cost, lines[1].tally.cost);
    assert_eq!(
        lines.iter().map(|line| line.routed).collect::<Vec<_>>(),
        [false, true]
    );
    let body = json!({"messages": [{"role": "user", "content": [{"text": SIMPLE}]}]}).to_string();
    let invoke = ask(
        &service,
        post(&format!("/model/{}/invoke", encoded(ROUTER)), body),
    )
    .await;
    assert_eq!(invoke.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_router_is_made_found_called_and_taken_away() {
    let service = fixture::service();
    let profile =
        |model: &str| format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{model}");
    let (lite, pro) = (profile("amazon.nova-lite-v1:0"), profile("amazon.nova-pro-v1:0"));
    let wish = json!({
        "clientRequestToken": "one",
        "promptRouterName": "over-profiles",
        "description": "Two profiles: patterns 1 and 2",
        "models": [{"modelArn": lite}, {"modelArn": pro}],
        "fallbackModel": {"modelArn": lite},
        "routingCriteria": {"responseQualityDifference": 20.5},
        "tags": [{"key": "team", "value": "blue"}],
    });
    let made = ask(&service, post("/prompt-routers", wish.to_string())).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
    let arn = made.json()["promptRouterArn"]
        .as_str()
        .expect("an ARN")
        .to_owned();
    let again = ask(&service, post("/prompt-routers", wish.to_string())).await;
    assert_eq!(again.json(), made.json());

    let found = get(&service, &format!("/prompt-routers/{}", encoded(&arn)))
        .await
        .json();
    assert_eq!(found["status"], "AVAILABLE");
    assert_eq!(found["type"], "custom");
    assert_eq!(found["models"], json!([{"modelArn": lite}, {"modelArn": pro}]));
    assert_eq!(found["fallbackModel"], json!({"modelArn": lite}));
    assert_eq!(
        found["routingCriteria"],
        json!({"responseQualityDifference": 20.5})
    );
    assert_eq!(found["createdAt"], "2026-01-05T09:00:00Z");
    let listed = get(&service, "/prompt-routers?type=custom").await.json();
    assert_eq!(listed["promptRouterSummaries"][1], found);

    assert_eq!(invoked(&service, &arn, COMPLEX).await, json!(pro));
    let gone = request(
        Method::DELETE,
        "us-east-1",
        &format!("/prompt-routers/{}", encoded(&arn)),
        "",
    );
    assert_eq!(ask(&service, gone).await.json(), json!({}));
    let lost = ask(&service, fixture::converse(&encoded(&arn), SIMPLE)).await;
    let words = "The provided model identifier is invalid.".to_owned();
    assert_eq!(lost.error(), ("ValidationException".to_owned(), words));
    let missing = get(&service, &format!("/prompt-routers/{}", encoded(&arn))).await;
    assert_eq!(
        (missing.status, missing.error().0.as_str()),
        (StatusCode::NOT_FOUND, "ResourceNotFoundException")
    );
}

#[tokio::test(start_paused = true)]
async fn listings_come_in_pages_and_by_type() {
    let service = fixture::service();
    let names = |page: &Value| {
        let routers = page["promptRouterSummaries"].as_array().expect("a list").clone();
        let names = routers
            .iter()
            .map(|router| router["promptRouterName"].as_str().expect("a name").to_owned());
        names.collect::<Vec<_>>()
    };
    let all = get(&service, "/prompt-routers").await.json();
    assert_eq!(
        names(&all),
        ["Meta Prompt Router", "Nova Prompt Router", "bedrill-nova"]
    );
    let first = get(&service, "/prompt-routers?maxResults=2").await.json();
    let token = first["nextToken"].as_str().expect("more");
    let second = get(
        &service,
        &format!("/prompt-routers?maxResults=2&nextToken={token}"),
    )
    .await
    .json();
    assert_eq!([names(&first), names(&second)].concat(), names(&all));
    let defaults = get(&service, "/prompt-routers?type=default").await.json();
    assert_eq!(names(&defaults).len(), 2);
    let wrong = get(&service, "/prompt-routers?type=mine").await;
    assert!(
        wrong.error().1.contains("enum value set: [custom, default]"),
        "{wrong:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn broken_constraints_are_told_together() {
    let service = fixture::service();
    let wish = json!({
        "promptRouterName": "two  blanks",
        "models": [],
        "routingCriteria": {"responseQualityDifference": 101.0},
    });
    let (name, words) = ask(&service, post("/prompt-routers", wish.to_string()))
        .await
        .error();
    assert_eq!(name, "ValidationException");
    assert!(words.starts_with("4 validation errors detected: "), "{words}");
    assert!(
        words.contains("Value '101.0' at 'routingCriteria.responseQualityDifference'"),
        "{words}"
    );
    let (name, _) = ask(&service, post("/prompt-routers", "{")).await.error();
    assert_eq!(name, "SerializationException");
}
