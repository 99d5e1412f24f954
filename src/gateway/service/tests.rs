//! The gateway in front of the emulator, both in this process and in virtual time.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::*;
use crate::bedrock::Target;
use crate::bedrock::in_process::Handler;
use crate::catalog::{Catalog, QuotaFamily};
use crate::emulator::service::{Answer, Service, ServicePlan};
use crate::emulator::world::plan::{BackgroundPlan, LatencyPlan, ReplyPlan, WorldPlan};
use crate::event::FaultId;
use crate::fault::{Cut, FaultKind, FaultPlan, FaultShape, Scope};
use crate::gateway::plan::CooldownPlan;
use crate::gateway::{DeploymentPlan, Strategy, Way};
use crate::units::{Share, Usd};

const KEY: &str = "sk-test";
const NOVA: &str = "amazon.nova-micro-v1:0";

struct House {
    gateway: Gateway,
    service: Service,
}

/// Nova Micro in two regions and a foreign model, in this order.
fn house(change: impl Fn(&mut GroupPlan)) -> House {
    let clock = Clock::virtual_time();
    let catalog = Catalog::builtin();
    let service = Service::new(ServicePlan {
        catalog: Arc::clone(&catalog),
        plan: WorldPlan {
            latency: LatencyPlan::Fixed {
                first_token: Duration::from_millis(100),
                per_token: Duration::from_millis(10),
            },
            background: BackgroundPlan {
                mean: 0.0,
                swing: 0.0,
                ..BackgroundPlan::default()
            },
            replies: ReplyPlan {
                median_tokens: 20.0,
                sigma: 0.0,
            },
            ..WorldPlan::default()
        },
        seed: Seed::new(7),
        clock: clock.clone(),
    });
    let handler = {
        let service = service.clone();
        Handler::new(move |request| {
            let service = service.clone();
            async move {
                match service.handle(request).await {
                    Answer::Response(response) => Ok(response),
                    Answer::Dead(outage) => Err(outage),
                }
            }
        })
    };
    let bedrock = |region: &str, target: &str, family| DeploymentPlan {
        id: region.into(),
        way: Way::Bedrock {
            region: region.into(),
            target: target.into(),
            model: Arc::clone(&catalog.models[NOVA]),
            family,
        },
        weight: 1,
    };
    let foreign = DeploymentPlan {
        id: "other".into(),
        way: Way::Foreign(Arc::clone(&catalog.offers.foreign["gpt-4o-mini"])),
        weight: 1,
    };
    let mut group = GroupPlan {
        name: "nova".into(),
        strategy: Strategy::Ordered,
        deployments: vec![
            bedrock("us-east-1", NOVA, QuotaFamily::OnDemand),
            bedrock("us-west-2", "us.amazon.nova-micro-v1:0", QuotaFamily::CrossRegion),
            foreign,
        ],
        retries: 0,
        max_fallbacks: 5,
        cooldown: CooldownPlan::default(),
        budget: None,
        timeout: Duration::from_secs(5),
    };
    change(&mut group);
    let plan = GatewayPlan {
        key: KEY.into(),
        groups: vec![Arc::new(group)],
    };
    let upstreams = Upstreams {
        bedrock: ClientPlan::new(Target::InProcess(handler.clone()), clock),
        foreign: Some(HttpCaller::in_process(handler, "/v1").with_key("any")),
    };
    House {
        gateway: Gateway::new(plan, upstreams, Seed::new(7)),
        service,
    }
}

struct Told {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

impl House {
    fn fault(&self, id: u32, kind: FaultKind, scope: Scope) {
        self.service.control().inject(FaultPlan {
            id: FaultId(id),
            kind,
            scope,
            share: Share::ALL,
            shape: FaultShape::Step,
            begins_at: Moment::ZERO,
            lasts: Duration::from_secs(3_600),
            at_client: false,
        });
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: Value) -> Told {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .body(Bytes::from(body.to_string()))
            .expect("a request");
        let (head, body) = self.gateway.handle(request).await.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Told {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).expect("text"),
        }
    }

    async fn ask(&self, prompt: &str, stream: bool) -> Told {
        let body = json!({
            "model": "nova", "max_tokens": 50, "stream": stream,
            "stream_options": {"include_usage": true},
            "messages": [{"role": "user", "content": prompt}],
        });
        self.send(Method::POST, "/v1/chat/completions", KEY, body).await
    }

    /// Upstream calls that the emulator saw, by place.
    fn seen(&self) -> Vec<(String, u64)> {
        let lines = self.service.control().callers();
        let ours = lines.iter().filter(|line| &*line.caller == "gateway/nova");
        ours.map(|line| (line.place.to_string(), line.tally.calls))
            .collect()
    }
}

fn region(name: &str) -> Scope {
    Scope {
        region: Some(name.into()),
        ..Scope::default()
    }
}

fn everything_of_bedrock(house: &House) {
    let model = Scope {
        model: Some(NOVA.into()),
        ..Scope::default()
    };
    house.fault(1, FaultKind::CapacityOutage, model);
}

#[tokio::test(start_paused = true)]
async fn an_answer_names_who_gave_it_and_what_it_cost() {
    let house = house(|_| {});
    let told = house.ask("Say hi", false).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let body = told.json();
    assert_eq!(body["model"], NOVA);
    assert_eq!(body["usage"]["completion_tokens"], 20);
    assert!(
        body["choices"][0]["message"]["content"]
            .as_str()
            .is_some_and(|text| text.starts_with("This is an emulated answer"))
    );
    assert_eq!(told.header("x-litellm-model-id"), "us-east-1");
    assert_eq!(told.header("x-litellm-attempted-fallbacks"), "0");
    assert_eq!(told.header("llm_provider-x-bedrill-served-region"), "us-east-1");
    let cost: f64 = told.header("x-litellm-response-cost").parse().expect("a cost");
    let ledger = house.service.control().ledger().total();
    assert!((cost - ledger.cost.dollars()).abs() < 1e-12, "{cost}");
    assert_eq!(house.seen(), [("us-east-1".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_passed_on_piece_by_piece_and_ends_with_done() {
    let house = house(|_| {});
    let told = house.ask("Say hi", true).await;
    assert!(told.body.ends_with("data: [DONE]\n\n"), "{}", told.body);
    assert!(told.body.matches("data: ").count() > 4, "{}", told.body);
    assert!(told.body.contains("\"completion_tokens\":20"));
    assert_eq!(
        house.gateway.view()[0].spent,
        house.service.control().ledger().total().cost
    );
}

#[tokio::test(start_paused = true)]
async fn three_targets_are_asked_and_one_fallback_is_claimed() {
    for stream in [false, true] {
        let house = house(|_| {});
        everything_of_bedrock(&house);
        let told = house.ask("Say hi", stream).await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!(told.header("x-litellm-model-id"), "other");
        assert_eq!(told.header("x-litellm-attempted-fallbacks"), "1");
        assert_eq!(told.header("x-litellm-attempted-retries"), "0");
        let calls: u64 = house.seen().iter().map(|(_, calls)| calls).sum();
        assert_eq!(calls, 3, "the emulator saw them all");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_multiply_by_the_number_of_targets() {
    // LiteLLM measured: two retries with two fallbacks are nine calls for one that fails.
    let house = house(|group| group.retries = 2);
    everything_of_bedrock(&house);
    let provider = Scope {
        provider: Some("Provider B".into()),
        ..Scope::default()
    };
    house.fault(2, FaultKind::Throttle, provider);
    let told = house.ask("Say hi", false).await;
    assert_eq!(told.status, 429, "{}", told.body);
    let body = told.json();
    let words = body["error"]["message"].as_str().expect("words");
    assert!(
        words.contains("Fallback to us-west-2, other also failed"),
        "{words}"
    );
    assert!(words.contains("LiteLLM Retried: 2 times"), "{words}");
    let calls: u64 = house.seen().iter().map(|(_, calls)| calls).sum();
    assert_eq!(calls, 9);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_left_out_until_its_cooldown_is_over() {
    let house = house(|_| {});
    house.fault(1, FaultKind::CapacityOutage, region("us-east-1"));
    for _ in 0..3 {
        house.ask("Say hi", false).await;
    }
    let asked_first = |house: &House| house.seen()[0].1;
    assert_eq!(asked_first(&house), 1, "one failure put it out");
    assert!(house.gateway.view()[0].out_until[0].is_some());
    house.gateway.clock().sleep(Duration::from_secs(6)).await;
    assert!(house.gateway.view()[0].out_until[0].is_none());
    house.ask("Say hi", false).await;
    assert_eq!(asked_first(&house), 2, "a user's request is the probe");
}

#[tokio::test(start_paused = true)]
async fn after_the_first_token_nobody_else_is_asked_and_the_stream_ends_without_done() {
    let house = house(|_| {});
    let cut = FaultKind::CutStream {
        after_tokens: 5,
        how: Cut::Reset,
    };
    house.fault(1, cut, region("us-east-1"));
    let told = house.ask("Say hi", true).await;
    assert_eq!(told.status, 200);
    assert!(told.body.contains("\"error\""), "{}", told.body);
    assert!(!told.body.contains("[DONE]"), "{}", told.body);
    assert_eq!(house.seen(), [("us-east-1".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_poison_request_visits_every_target_and_puts_none_out() {
    let house = house(|_| {});
    house.fault(1, FaultKind::InvalidModel, Scope::default());
    let told = house.ask("Say hi", false).await;
    assert_eq!(told.status, 400, "{}", told.body);
    assert_eq!(house.seen().len(), 3);
    assert!(house.gateway.view()[0].out_until.iter().all(Option::is_none));
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_refuses_and_asks_nobody() {
    let house = house(|group| group.budget = Some(Usd::from_dollars(0.000_001)));
    assert_eq!(house.ask("Say hi", false).await.status, 200);
    let told = house.ask("Say hi again", false).await;
    assert_eq!(told.status, 400, "{}", told.body);
    assert_eq!(told.json()["error"]["type"], "budget_exceeded");
    assert_eq!(house.seen(), [("us-east-1".to_owned(), 1)]);
    assert_eq!(house.gateway.view()[0].refused, 1);
}

#[tokio::test(start_paused = true)]
async fn what_can_be_asked_of_it_without_spending() {
    let house = house(|_| {});
    let get = async |path: &str, key: &str| house.send(Method::GET, path, key, Value::Null).await;
    assert_eq!(get("/health/liveliness", "").await.body, "\"I'm alive!\"");
    assert_eq!(get("/health/readiness", "").await.json()["status"], "healthy");
    assert_eq!(get("/v1/models", "wrong").await.status, 401);
    assert_eq!(get("/v1/models", KEY).await.json()["data"][0]["id"], "nova");
    let info = get("/model/info", KEY).await.json();
    assert_eq!(info["data"][2]["litellm_params"]["model"], "openai/gpt-4o-mini");
    assert_eq!(info["data"][2]["model_info"]["input_cost_per_token"], 0.15e-6);
    assert_eq!(get("/health", KEY).await.status, 404);
    let unknown = json!({"model": "x", "messages": [{"role": "user", "content": "y"}]});
    let told = house
        .send(Method::POST, "/v1/chat/completions", KEY, unknown)
        .await;
    assert!(told.body.contains("Invalid model name"), "{}", told.body);
    assert_eq!(house.seen(), [], "nothing was spent");
}
