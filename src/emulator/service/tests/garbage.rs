//! Ten thousand bad requests: none panics, none hangs, each is answered with a 4xx.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use super::super::fixture::*;
use crate::clock::Clock;
use crate::seed::{Seed, Stream};

const CONVERSE: &str = r#"{"messages":[{"role":"user","content":[{"text":"Hello"},{"image":{"format":"png","source":{"bytes":"aGk="}}}]}],"system":[{"text":"Be brief."}],"inferenceConfig":{"maxTokens":5,"temperature":0.5,"stopSequences":["x"]},"toolConfig":{"tools":[{"toolSpec":{"name":"t","inputSchema":{"json":{}}}}]},"requestMetadata":{"a":"b"},"serviceTier":{"type":"flex"}}"#;
const CLAUDE: &str = r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]}"#;
const TITAN: &str = r#"{"inputText":"Hello","textGenerationConfig":{"maxTokenCount":5}}"#;
const COUNT: &str = r#"{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}}}"#;

const DOORS: [(&str, &str); 8] = [
    ("/model/amazon.nova-lite-v1:0/converse", CONVERSE),
    ("/model/us.amazon.nova-lite-v1:0/converse-stream", CONVERSE),
    (
        "/model/us.anthropic.claude-haiku-4-5-20251001-v1:0/invoke",
        CLAUDE,
    ),
    (
        "/model/amazon.titan-text-express-v1/invoke-with-response-stream",
        TITAN,
    ),
    (
        "/model/meta.llama3-8b-instruct-v1:0/invoke",
        r#"{"prompt":"Hello","max_gen_len":5}"#,
    ),
    (
        "/model/openai.gpt-oss-20b-1:0/invoke",
        r#"{"messages":[{"role":"user","content":"Hello"}]}"#,
    ),
    ("/model/amazon.nova-lite-v1:0/count-tokens", COUNT),
    ("/model/amazon.nova-lite-v1:0/invoke", CONVERSE),
];

/// A body that no door takes: noise, a truncated body, or one with a member of the wrong type.
fn bad_body(draws: &mut Stream, sound: &str) -> Bytes {
    match draws.below(4) {
        0 => {
            let length = draws.below(200);
            let noise: Vec<u8> = (0..length).map(|_| draws.bits() as u8).collect();
            // Noise may by chance be empty or blank, which is an empty request, and as wrong.
            noise.into()
        }
        1 => Bytes::copy_from_slice(&sound.as_bytes()[..draws.below(sound.len())]),
        2 => {
            // Cut in the middle and sewn to itself: brackets no longer match.
            let cut = 1 + draws.below(sound.len() - 1);
            [&sound.as_bytes()[..cut], sound.as_bytes()].concat().into()
        }
        _ => {
            let depth = 1 + draws.below(400);
            format!("{}{}{}", r#"{"messages":"#, "[".repeat(depth), "]".repeat(depth)).into()
        }
    }
}

/// Credentials, paths and methods from nowhere.
fn hostile_head(draws: &mut Stream, request: &mut Request<Bytes>) {
    let noise = |draws: &mut Stream| -> Vec<u8> {
        (0..draws.below(120))
            .map(|_| 0x20 + (draws.bits() % 0x5f) as u8)
            .collect()
    };
    match draws.below(5) {
        0 => {
            request.headers_mut().remove("authorization");
        }
        1 => {
            let text = noise(draws);
            let value = HeaderValue::from_bytes(&text).expect("printable");
            request.headers_mut().insert("authorization", value);
        }
        2 => {
            // Not text at all, which HTTP allows in a header.
            let bytes: Vec<u8> = (0..60).map(|_| 0x80 | draws.bits() as u8).collect();
            let value = HeaderValue::from_bytes(&bytes).expect("obs-text");
            request.headers_mut().insert("authorization", value);
        }
        3 => {
            let text = percent_encode(&noise(draws), NON_ALPHANUMERIC).to_string();
            *request.uri_mut() = format!("/model/%FF{text}/converse").parse().expect("a path");
        }
        _ => {
            *request.method_mut() = Method::from_bytes(b"PURGE").expect("a method");
            for number in 0..40 {
                let name = HeaderName::try_from(format!("amz-sdk-{number}")).expect("a name");
                let value = HeaderValue::from_bytes(&noise(draws)).expect("printable");
                request.headers_mut().append(name, value);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_bad_requests_are_each_answered_with_a_4xx() {
    let service = serving(plan(Duration::ZERO, Duration::ZERO), Clock::virtual_time());
    let mut draws = Seed::new(20_260_105).stream();
    for number in 0..10_000 {
        let (path, sound) = DOORS[draws.below(DOORS.len())];
        let is_hostile = draws.chance(0.3);
        let mut request = if is_hostile {
            let mut request = post(path, sound);
            hostile_head(&mut draws, &mut request);
            request
        } else {
            post(path, bad_body(&mut draws, sound))
        };
        request
            .headers_mut()
            .insert("amz-sdk-request", HeaderValue::from_static("attempt=;;=1"));
        let shown = format!("{number}: {request:?}");
        let read = ask(&service, request).await;
        assert!(
            read.status.is_client_error(),
            "{shown}\n{} {:?}",
            read.status,
            read.body
        );
        let (name, words) = read.error();
        assert!(
            name.ends_with("Exception") && !words.is_empty(),
            "{shown}\n{name}: {words}"
        );
    }
    assert_eq!(service.control().ledger().total().admitted, 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_doors_take_sound_bodies() {
    let service = serving(plan(Duration::ZERO, Duration::ZERO), Clock::virtual_time());
    for (path, sound) in DOORS.iter().take(7) {
        let region = if path.contains("gpt-oss") {
            "us-west-2"
        } else {
            "us-east-1"
        };
        let read = ask(&service, request(Method::POST, region, path, *sound)).await;
        assert_eq!(read.status, 200, "{path}: {:?}", read.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_refused() {
    let service = service();
    let body = vec![b' '; 25_000_001];
    let read = ask(&service, post("/model/amazon.nova-lite-v1:0/invoke", body)).await;
    assert_eq!(read.status, 400);
    assert!(read.error().1.contains("less than or equal to 25000000"));
}
