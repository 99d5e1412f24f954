//! What is said beside prose: tools, reasoning, JSON for a schema, guardrails, vectors; and what is not there.

use http::Method;
use serde_json::{Value, json};

use super::super::fixture::*;
use crate::emulator::api::coverage::ABSENT;

const SONNET: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn call(operation: &str, model: &str, body: &Value) -> http::Request<bytes::Bytes> {
    post(&format!("/model/{model}/{operation}"), body.to_string())
}

fn asked(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": [{"text": text}]}]})
}

fn with_tool(text: &str) -> Value {
    let mut body = asked(text);
    body["toolConfig"] = json!({"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {
        "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}}}}]});
    body
}

#[tokio::test(start_paused = true)]
async fn a_tools_use_is_the_same_plain_and_streamed_and_has_the_recorded_members() {
    let body = with_tool("What is the weather in Oslo for 3 days?");
    let plain = ask(&service(), call("converse", SONNET, &body)).await.json();
    assert_eq!(plain["stopReason"], "tool_use");
    let used = &plain["output"]["message"]["content"][0]["toolUse"];
    assert_eq!(used["input"], json!({"city": "Oslo", "days": 3}));
    assert_eq!(used["type"], "tool_use");
    let members: Vec<&String> = used.as_object().expect("members").keys().collect();
    assert_eq!(members, ["input", "name", "toolUseId", "type"]);

    let events = ask(&service(), call("converse-stream", SONNET, &body))
        .await
        .events();
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds[..2], ["messageStart", "contentBlockStart"]);
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["contentBlockStop", "messageStop", "metadata"]
    );
    let start = &events[1].1["start"]["toolUse"];
    assert!(
        start["toolUseId"]
            .as_str()
            .is_some_and(|id| id.starts_with("tooluse_"))
    );
    assert_eq!(start.get("input"), None);
    let written: String = events
        .iter()
        .filter_map(|(_, payload)| payload["delta"]["toolUse"]["input"].as_str())
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&written).expect("JSON"),
        used["input"]
    );
    assert!(
        events.iter().all(|(_, payload)| payload["p"].is_string()),
        "every event is padded"
    );
    assert_eq!(
        plain["usage"]["outputTokens"],
        events.last().expect("metadata").1["usage"]["outputTokens"]
    );
    let nova = ask(&service(), call("converse", NOVA, &body)).await.json();
    let used = &nova["output"]["message"]["content"][0]["toolUse"];
    assert_eq!(used.get("type"), None, "Claude's alone say what they are");
}

#[tokio::test(start_paused = true)]
async fn arguments_that_max_tokens_cuts_are_empty_in_the_plain_form() {
    let mut body = with_tool("What is the weather in Oslo?");
    body["inferenceConfig"] = json!({"maxTokens": 3});
    let cut = ask(&service(), call("converse", SONNET, &body)).await.json();
    assert_eq!(cut["stopReason"], "max_tokens");
    assert_eq!(cut["usage"]["outputTokens"], 3);
    assert_eq!(
        cut["output"]["message"]["content"][0]["toolUse"]["input"],
        json!({})
    );
}

#[tokio::test(start_paused = true)]
async fn reasoning_is_a_block_of_its_own_without_a_start_and_signed_at_its_end() {
    let mut body = asked("Why?");
    body["additionalModelRequestFields"] = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let plain = ask(&service(), call("converse", SONNET, &body)).await.json();
    let content = plain["output"]["message"]["content"].as_array().expect("blocks");
    let thought = &content[0]["reasoningContent"]["reasoningText"];
    assert!(thought["signature"].is_string() && content[1]["text"].is_string());

    let events = ask(&service(), call("converse-stream", SONNET, &body))
        .await
        .events();
    assert!(events.iter().all(|(kind, _)| kind != "contentBlockStart"));
    let of = |index: u64, pointer: &str| -> String {
        let here = events
            .iter()
            .filter(|(_, payload)| payload["contentBlockIndex"] == index);
        here.filter_map(|(_, payload)| payload.pointer(pointer)?.as_str())
            .collect()
    };
    // Another operation is another request, with luck of its own.
    assert!(of(0, "/delta/reasoningContent/text").starts_with("This is an emulated answer"));
    assert!(!of(0, "/delta/reasoningContent/signature").is_empty());
    assert!(!of(1, "/delta/text").is_empty());
    let stops = events
        .iter()
        .filter(|(kind, _)| kind == "contentBlockStop")
        .count();
    assert_eq!(stops, 2);
}

#[tokio::test(start_paused = true)]
async fn claudes_own_stream_has_thinking_signature_and_partial_json() {
    let body = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Weather in Oslo?"}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    });
    let chunks = ask(&service(), call("invoke-with-response-stream", SONNET, &body))
        .await
        .chunks();
    let deltas: Vec<&str> = chunks
        .iter()
        .filter_map(|chunk| chunk["delta"]["type"].as_str())
        .collect();
    let mut kinds = deltas.clone();
    kinds.dedup();
    assert_eq!(kinds, ["thinking_delta", "signature_delta", "input_json_delta"]);
    let starts: Vec<&Value> = chunks
        .iter()
        .filter(|chunk| chunk["type"] == "content_block_start")
        .map(|chunk| &chunk["content_block"])
        .collect();
    assert_eq!(
        starts[0],
        &json!({"type": "thinking", "thinking": "", "signature": ""})
    );
    assert_eq!(
        (&starts[1]["type"], &starts[1]["input"]),
        (&json!("tool_use"), &json!({}))
    );
    let last = chunks
        .iter()
        .find(|chunk| chunk["type"] == "message_delta")
        .expect("an end");
    assert_eq!(last["delta"]["stop_reason"], "tool_use");
}

#[tokio::test(start_paused = true)]
async fn fields_of_the_models_own_answer_come_where_they_are_asked_for() {
    let mut body = asked("Hello");
    body["inferenceConfig"] = json!({"stopSequences": ["emulated"]});
    body["additionalModelResponseFieldPaths"] = json!(["/stop_sequence", "/usage/output_tokens", "/nothing"]);
    let plain = ask(&service(), call("converse", SONNET, &body)).await.json();
    let tokens = plain["usage"]["outputTokens"].clone();
    let expected = json!({"stop_sequence": "emulated", "usage": {"output_tokens": tokens}});
    assert_eq!(plain["additionalModelResponseFields"], expected);
    let events = ask(&service(), call("converse-stream", SONNET, &body))
        .await
        .events();
    let stop = events
        .iter()
        .find(|(kind, _)| kind == "messageStop")
        .expect("a stop");
    assert_eq!(stop.1["additionalModelResponseFields"], expected);
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_stops_prompts_before_and_answers_after_the_model() {
    let guard = |body: &mut Value, mode: Option<&str>| {
        body["guardrailConfig"] =
            json!({"guardrailIdentifier": "bedrill0guard", "guardrailVersion": "1", "trace": "enabled"});
        if let Some(mode) = mode {
            body["guardrailConfig"]["streamProcessingMode"] = json!(mode);
        }
    };
    let service = service();
    let mut body = asked("Tell me the forbidden-word.");
    guard(&mut body, None);
    let stopped = ask(&service, call("converse", NOVA, &body)).await.json();
    assert_eq!(stopped["stopReason"], "guardrail_intervened");
    assert_eq!(stopped["usage"]["totalTokens"], 0);
    let found =
        &stopped["trace"]["guardrail"]["inputAssessment"]["bedrill0guard"]["wordPolicy"]["customWords"];
    assert_eq!(
        found[0],
        json!({"match": "forbidden-word", "action": "BLOCKED", "detected": true})
    );
    assert_eq!(service.control().ledger().total().calls, 0, "no model was asked");

    let mut plan = plan(FIRST_TOKEN, PER_TOKEN);
    plan.guardrails[0].words = vec!["no model was".to_owned()];
    let strict = serving(plan, service.clock().clone());
    let mut body = asked("Hello");
    guard(&mut body, Some("sync"));
    let text = |events: &[(String, Value)]| -> String {
        events
            .iter()
            .filter_map(|(_, payload)| payload["delta"]["text"].as_str())
            .collect()
    };
    let held = ask(&strict, call("converse-stream", NOVA, &body)).await.events();
    assert_eq!(text(&held), "Sorry, the model cannot answer this question.");
    guard(&mut body, Some("async"));
    let late = ask(&strict, call("converse-stream", NOVA, &body)).await.events();
    assert_eq!(text(&late), "This is an emulated answer: no model was");
    for events in [held, late] {
        let stop = events
            .iter()
            .find(|(kind, _)| kind == "messageStop")
            .expect("a stop");
        assert_eq!(stop.1["stopReason"], "guardrail_intervened");
        let (_, metadata) = events.last().expect("metadata");
        assert!(metadata["trace"]["guardrail"]["outputAssessments"].is_object());
    }
    body["guardrailConfig"]["guardrailIdentifier"] = json!("another");
    let (name, _) = ask(&strict, call("converse", NOVA, &body)).await.error();
    assert_eq!(name, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn apply_guardrail_masks_and_blocks() {
    let apply = |text: &str| {
        let body = json!({"source": "OUTPUT", "content": [{"text": {"text": text}}]});
        post("/guardrail/bedrill0guard/version/DRAFT/apply", body.to_string())
    };
    let masked = ask(&service(), apply("Write to ann@example.com.")).await.json();
    assert_eq!(masked["action"], "GUARDRAIL_INTERVENED");
    assert_eq!(masked["outputs"][0]["text"], "Write to {EMAIL}.");
    let nothing = ask(&service(), apply("Write to Ann.")).await.json();
    assert_eq!(
        (&nothing["action"], &nothing["outputs"]),
        (&json!("NONE"), &json!([]))
    );
}

#[tokio::test(start_paused = true)]
async fn vectors_come_with_their_token_count_and_draw_on_a_quota() {
    let body = json!({"inputText": "a river"});
    let service = service();
    let read = ask(&service, call("invoke", "amazon.titan-embed-text-v2:0", &body)).await;
    assert_eq!(read.header("x-amzn-bedrock-input-token-count"), "2");
    assert_eq!(read.json()["embedding"].as_array().map(Vec::len), Some(1024));
    let streamed = call(
        "invoke-with-response-stream",
        "amazon.titan-embed-text-v2:0",
        &body,
    );
    assert_eq!(ask(&service, streamed).await.status, 400);
    let long = json!({"inputText": "a".repeat(30_000)});
    let mut refused = 0;
    for _ in 0..60 {
        let read = ask(&service, call("invoke", "amazon.titan-embed-text-v2:0", &long)).await;
        refused += u32::from(read.status == 429);
    }
    assert!(
        refused > 0,
        "7,500 tokens sixty times are more than 300,000 a minute"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_modelled_says_so_by_name() {
    for (name, method, path) in ABSENT {
        let path = path.replace("{}", "x");
        let body = if *method == Method::GET { "" } else { "{}" };
        let read = ask(&service(), request(method.clone(), "us-east-1", &path, body)).await;
        let (error, message) = read.error();
        assert_eq!(read.status, 404, "{name}");
        assert_eq!(error, "UnknownOperationException", "{name}");
        assert!(message.contains(&path), "{name}: {message}");
    }
}
