//! Checkpoints on the wire: both APIs, both spellings, and what is refused.

use http::Method;
use serde_json::{Value, json};

use super::super::fixture::*;
use super::super::{Service, ServicePlan};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::emulator::world::plan::{CachePlan, WorldPlan};
use crate::seed::Seed;

/// On demand: a profile would spread the calls over several caches.
const CLAUDE: &str = "anthropic.claude-sonnet-4-6";
const NOVA_LITE: &str = "amazon.nova-lite-v1:0";
const LLAMA: &str = "meta.llama3-8b-instruct-v1:0";

/// A text of so many characters.
fn long(chars: usize) -> String {
    "The tide tables of the firth. "
        .chars()
        .cycle()
        .take(chars)
        .collect()
}

fn point(ttl: Option<&str>) -> Value {
    ttl.map_or(
        json!({"cachePoint": {"type": "default"}}),
        |ttl| json!({"cachePoint": {"type": "default", "ttl": ttl}}),
    )
}

async fn converse_with(service: &Service, model: &str, body: Value) -> Read {
    let path = format!("/model/{}/converse", model.replace(':', "%3A"));
    let mut body = body;
    body["inferenceConfig"] = json!({"maxTokens": 20});
    let body = body.to_string();
    ask(service, request(Method::POST, "us-east-1", &path, body)).await
}

/// Input, read, written by both spellings, which must agree.
fn counts(usage: &Value) -> [u64; 3] {
    let number = |key: &str| {
        usage[key]
            .as_u64()
            .unwrap_or_else(|| panic!("no {key} in {usage}"))
    };
    let (read, written) = (number("cacheReadInputTokens"), number("cacheWriteInputTokens"));
    assert_eq!(number("cacheReadInputTokenCount"), read);
    assert_eq!(number("cacheWriteInputTokenCount"), written);
    let input = number("inputTokens");
    assert_eq!(
        number("totalTokens"),
        input + read + written + number("outputTokens")
    );
    [input, read, written]
}

#[tokio::test(start_paused = true)]
async fn a_conversation_writes_reads_and_extends() {
    let service = service();
    let said = |role: &str, text: &str| json!({"role": role, "content": [{"text": text}]});
    let mut messages = vec![said("user", &long(7_000))];
    let mut last = 0;
    for turn in 0..3 {
        let mut asked = messages.clone();
        let content = asked.last_mut().expect("a message")["content"].as_array_mut();
        content.expect("blocks").push(point(None));
        let read = converse_with(&service, CLAUDE, json!({"messages": asked})).await;
        let body = read.json();
        let [input, hit, written] = counts(&body["usage"]);
        assert_eq!(input, 3, "the tail that no checkpoint covers");
        assert_eq!(hit, last, "turn {turn} reads what the last one wrote");
        assert_eq!(
            body["usage"]["cacheDetails"],
            json!([{"inputTokens": written, "ttl": "5m"}])
        );
        last += written;
        messages.push(said("assistant", &format!("It is high water, {turn}.")));
        messages.push(said(
            "user",
            &format!("And the next day? That is question {turn}."),
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_stands_before_five_minutes_in_details() {
    let service = service();
    let body = json!({
        "system": [{"text": long(8_000)}, point(Some("1h")), {"text": long(4_000)}, point(None)],
        "messages": [{"role": "user", "content": [{"text": "When is high water?"}]}],
    });
    let first = converse_with(&service, CLAUDE, body.clone()).await.json();
    let details = first["usage"]["cacheDetails"]
        .as_array()
        .expect("details")
        .clone();
    assert_eq!(
        (details[0]["ttl"].as_str(), details[1]["ttl"].as_str()),
        (Some("1h"), Some("5m"))
    );
    let written: u64 = details.iter().filter_map(|it| it["inputTokens"].as_u64()).sum();
    assert_eq!(counts(&first["usage"])[2], written);
    let second = converse_with(&service, CLAUDE, body).await.json();
    assert_eq!(counts(&second["usage"])[1..], [written, 0]);
    assert_eq!(second["usage"]["cacheDetails"], json!([]), "nothing was written");
}

#[tokio::test(start_paused = true)]
async fn tools_come_before_the_system_prompt_and_a_change_there_voids_the_rest() {
    let service = service();
    let body = |name: &str| {
        json!({
            "toolConfig": {"tools": [{"toolSpec": {
                "name": name, "description": long(200), "inputSchema": {"json": {"type": "object"}},
            }}]},
            "system": [{"text": long(8_000)}, point(None)],
            "messages": [{"role": "user", "content": [{"text": "When is high water?"}]}],
        })
    };
    for (name, hits) in [("tides", false), ("tides", true), ("winds", false)] {
        let read = converse_with(&service, CLAUDE, body(name)).await.json();
        assert_eq!(counts(&read["usage"])[1] > 0, hits, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn claude_bodies_hold_cache_control_and_answer_in_headers_and_usage() {
    let service = service();
    let body = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 20,
        "tools": [{"name": "tides", "input_schema": {"type": "object"}}],
        "system": [{"type": "text", "text": long(8_000), "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "When is high water?"}],
    });
    let path = format!("/model/{}/invoke", CLAUDE.replace(':', "%3A"));
    let mut last = 0;
    for turn in 0..2 {
        let read = ask(
            &service,
            request(Method::POST, "us-east-1", &path, body.to_string()),
        )
        .await;
        let usage = read.json()["usage"].clone();
        let number = |key: &str| usage[key].as_u64().expect("a count");
        let (hit, written) = (
            number("cache_read_input_tokens"),
            number("cache_creation_input_tokens"),
        );
        assert_eq!((hit, written > 0), (last, turn == 0));
        for (header, tokens) in [
            ("x-amzn-bedrock-cache-read-input-token-count", hit),
            ("x-amzn-bedrock-cache-write-input-token-count", written),
            ("x-amzn-bedrock-input-token-count", number("input_tokens")),
        ] {
            assert_eq!(read.header(header), tokens.to_string(), "{header}");
        }
        last += written;
    }
}

#[tokio::test(start_paused = true)]
async fn checkpoints_that_a_model_does_not_take_are_refused_in_the_services_words() {
    let service = service();
    let system = |points: &[Option<&str>]| {
        let blocks = points.iter().flat_map(|ttl| [json!({"text": "A"}), point(*ttl)]);
        json!({
            "system": blocks.collect::<Vec<_>>(),
            "messages": [{"role": "user", "content": [{"text": "B"}]}],
        })
    };
    let in_tools = json!({
        "toolConfig": {"tools": [
            {"toolSpec": {"name": "t", "inputSchema": {"json": {}}}}, point(None),
        ]},
        "messages": [{"role": "user", "content": [{"text": "B"}]}],
    });
    let cases = [
        (CLAUDE, system(&[None; 4]), 200, ""),
        (
            CLAUDE,
            system(&[None; 5]),
            400,
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            CLAUDE,
            system(&[None, Some("1h")]),
            400,
            "system.3.cache_control.ttl: a ttl='1h' cache_control block",
        ),
        (CLAUDE, system(&[Some("1h"), None]), 200, ""),
        (CLAUDE, in_tools.clone(), 200, ""),
        (
            NOVA_LITE,
            in_tools,
            400,
            "extraneous key [cachePoint] is not permitted",
        ),
        (
            NOVA_LITE,
            system(&[Some("1h")]),
            400,
            "The ttl value 1h is not supported",
        ),
        (NOVA_LITE, system(&[None; 4]), 200, ""),
        (
            LLAMA,
            system(&[None]),
            403,
            "You invoked an unsupported model or your request did not allow",
        ),
        (CLAUDE, system(&[Some("2h")]), 400, "cachePoint.ttl"),
    ];
    for (model, body, status, words) in cases {
        let read = converse_with(&service, model, body).await;
        let told = String::from_utf8_lossy(&read.body);
        assert_eq!(read.status, status, "{model}: {told}");
        assert!(told.contains(words), "{model}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn implicit_hits_come_without_checkpoints_where_the_world_has_them() {
    let body = json!({
        "system": [{"text": long(8_000)}],
        "messages": [{"role": "user", "content": [{"text": "When is high water?"}]}],
    });
    for implicit in [false, true] {
        let service = Service::new(ServicePlan {
            catalog: Catalog::builtin(),
            plan: WorldPlan {
                cache: CachePlan { implicit },
                ..plan(FIRST_TOKEN, PER_TOKEN)
            },
            seed: Seed::new(7),
            clock: Clock::virtual_time(),
        });
        converse_with(&service, NOVA_LITE, body.clone()).await;
        let usage = converse_with(&service, NOVA_LITE, body.clone()).await.json()["usage"].clone();
        let read = usage["cacheReadInputTokens"].as_u64();
        assert_eq!(read.is_some_and(|tokens| tokens > 1_000), implicit, "{usage}");
    }
}
