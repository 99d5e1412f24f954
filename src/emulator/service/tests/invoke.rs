//! InvokeModel, family by family: the bodies of `tests/data/wire`.

use http::Method;
use serde_json::{Map, Value, json};

use super::super::fixture::*;

const FAMILIES: [(&str, &str); 8] = [
    ("claude", include_str!("../../../../tests/data/wire/claude.json")),
    ("nova", include_str!("../../../../tests/data/wire/nova.json")),
    ("llama", include_str!("../../../../tests/data/wire/llama.json")),
    (
        "mistral",
        include_str!("../../../../tests/data/wire/mistral.json"),
    ),
    ("titan", include_str!("../../../../tests/data/wire/titan.json")),
    ("cohere", include_str!("../../../../tests/data/wire/cohere.json")),
    (
        "cohere-prompt",
        include_str!("../../../../tests/data/wire/cohere-prompt.json"),
    ),
    ("openai", include_str!("../../../../tests/data/wire/openai.json")),
];

/// A document with every scalar replaced by its kind.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => {
            let shapes: Map<String, Value> = members
                .iter()
                .map(|(key, value)| (key.clone(), shape(value)))
                .collect();
            Value::Object(shapes)
        }
    }
}

struct Sample {
    region: String,
    path: String,
    request: String,
    response: Value,
    chunks: Vec<Value>,
}

fn sample(text: &str) -> Sample {
    let file: Value = serde_json::from_str(text).expect("a sample");
    Sample {
        region: file["region"].as_str().unwrap_or("us-east-1").to_owned(),
        path: format!(
            "/model/{}",
            file["model"].as_str().expect("a model").replace(':', "%3A")
        ),
        request: file["request"].to_string(),
        response: file["response"].clone(),
        chunks: file["chunks"].as_array().expect("chunks").clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn whole_answers_have_the_shape_and_headers_of_their_family() {
    for (family, text) in FAMILIES {
        let sample = sample(text);
        let path = format!("{}/invoke", sample.path);
        let mut request = request(Method::POST, &sample.region, &path, sample.request);
        // Longer than any request's limit, so that each is cut there.
        request.headers_mut().insert("x-bedrill-reply-tokens", 90.into());
        request.headers_mut().insert(
            "x-amzn-bedrock-service-tier",
            http::HeaderValue::from_static("flex"),
        );
        let read = ask(&service(), request).await;
        assert_eq!(read.status, 200, "{family}: {:?}", read.body);
        assert_eq!(shape(&read.json()), shape(&sample.response), "{family}");
        assert_eq!(read.header("x-amzn-bedrock-output-token-count"), "40", "{family}");
        let input: u64 = read
            .header("x-amzn-bedrock-input-token-count")
            .parse()
            .expect("a count");
        assert!((4..=12).contains(&input), "{family}: {input} tokens");
        let latency = FIRST_TOKEN + PER_TOKEN * 39;
        assert_eq!(
            read.header("x-amzn-bedrock-invocation-latency"),
            latency.as_millis().to_string()
        );
        assert_eq!(read.header("x-amzn-bedrock-service-tier"), "flex");
        let is_cached = ["claude", "nova"].contains(&family);
        assert_eq!(
            read.headers
                .contains_key("x-amzn-bedrock-cache-read-input-token-count"),
            is_cached
        );
        assert_eq!(
            read.headers
                .contains_key("x-amzn-bedrock-cache-write-input-token-count"),
            is_cached
        );
    }
}

#[tokio::test(start_paused = true)]
async fn streams_have_the_chunks_of_their_family_in_order() {
    for (family, text) in FAMILIES {
        let sample = sample(text);
        let path = format!("{}/invoke-with-response-stream", sample.path);
        let mut request = request(Method::POST, &sample.region, &path, sample.request);
        request.headers_mut().insert("x-bedrill-reply-tokens", 90.into());
        let read = ask(&service(), request).await;
        assert_eq!(read.status, 200, "{family}: {:?}", read.body);
        assert_eq!(read.header("x-amzn-bedrock-content-type"), "application/json");
        assert_eq!(read.header("content-type"), "application/vnd.amazon.eventstream");
        let mut kinds: Vec<Value> = Vec::new();
        let chunks = read.chunks();
        for chunk in &chunks {
            let kind = shape(chunk);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let expected: Vec<Value> = sample.chunks.iter().map(shape).collect();
        assert_eq!(kinds, expected, "{family}");
        let metrics = &chunks.last().expect("chunks")["amazon-bedrock-invocationMetrics"];
        assert_eq!(metrics["outputTokenCount"], 40, "{family}");
        assert_eq!(
            metrics["firstByteLatency"],
            FIRST_TOKEN.as_millis() as u64,
            "{family}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_break_their_schema_are_refused_in_the_services_words() {
    let service = service();
    let malformed =
        |rule: &str| format!("Malformed input request: {rule}, please reformat your input and try again.");
    let haiku = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    let cases = [
        (
            "meta.llama3-8b-instruct-v1:0",
            r#"{"max_gen_len":5}"#,
            malformed("#: required key [prompt] not found"),
        ),
        (
            "meta.llama3-8b-instruct-v1:0",
            r#"{"prompt":"x","max_gen_len":"5"}"#,
            malformed("#/max_gen_len: expected type: Integer, found: String"),
        ),
        (
            "meta.llama3-8b-instruct-v1:0",
            r#"{"prompt":"x","temperature":2}"#,
            malformed("#/temperature: 2 is not less or equal to 1"),
        ),
        (
            "mistral.mistral-7b-instruct-v0:2",
            r#"{"prompt":"x","frequency_penalty":1}"#,
            malformed("#: extraneous key [frequency_penalty] is not permitted"),
        ),
        (
            "amazon.titan-text-express-v1",
            r#"{"a":1,"b":2}"#,
            malformed("3 schema violations found"),
        ),
        (
            "amazon.titan-text-express-v1",
            r#"{"inputText":"x","textGenerationConfig":{"topP":3}}"#,
            malformed("#/textGenerationConfig/topP: 3 is not less or equal to 1"),
        ),
        (
            "amazon.nova-lite-v1:0",
            "{}",
            malformed("#: required key [messages] not found"),
        ),
        (
            "amazon.nova-lite-v1:0",
            "{",
            "Malformed input request, please reformat your input and try again.".to_owned(),
        ),
        (
            haiku,
            r#"{"max_tokens":5,"messages":[]}"#,
            "anthropic_version: Field required".to_owned(),
        ),
        (
            haiku,
            r#"{"anthropic_version":"bedrock-2023-05-31","messages":[]}"#,
            "max_tokens: Field required".to_owned(),
        ),
    ];
    for (model, body, words) in cases {
        let read = ask(&service, post(&format!("/model/{model}/invoke"), body)).await;
        assert_eq!(read.status, 400, "{model}: {body}");
        assert_eq!(
            read.error(),
            ("ValidationException".to_owned(), words),
            "{model}: {body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_chat_form_of_mistral_is_answered_in_that_form() {
    let body = r#"{"messages":[{"role":"user","content":"Hello"}],"max_tokens":20}"#;
    let read = ask(
        &service(),
        post("/model/mistral.mistral-7b-instruct-v0:2/invoke", body),
    )
    .await;
    assert_eq!(read.json()["choices"][0]["message"]["role"], "assistant");
}
