use super::read;
use crate::catalog::Catalog;
use crate::emulator::wire::error::Exception;

fn with(more: &str) -> String {
    format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"Hello"}}]}}]{more}}}"#)
}

fn words(body: &str) -> String {
    let error = read(body.as_bytes(), None).expect_err(body);
    assert_eq!(
        error.exception,
        Exception::Validation,
        "{body}: {}",
        error.message
    );
    error.message.into_owned()
}

#[test]
fn broken_constraints_are_told_as_the_service_tells_them() {
    let least = "Member must have value greater than or equal to";
    let most = "Member must have value less than or equal to";
    for (config, told) in [
        (
            r#"{"maxTokens":0}"#,
            format!("'0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: {least} 1"),
        ),
        (
            r#"{"temperature":99}"#,
            format!("'99.0' at 'inferenceConfig.temperature' failed to satisfy constraint: {most} 1"),
        ),
        (
            r#"{"topP":-0.5}"#,
            format!("'-0.5' at 'inferenceConfig.topP' failed to satisfy constraint: {least} 0"),
        ),
    ] {
        let body = with(&format!(r#","inferenceConfig":{config}"#));
        assert_eq!(words(&body), format!("1 validation error detected: Value {told}"));
    }
    let two = words(&with(r#","inferenceConfig":{"temperature":2,"topP":2}"#));
    assert!(
        two.starts_with("2 validation errors detected: Value '2.0' at"),
        "{two}"
    );
    for (more, path) in [
        (r#","serviceTier":{"type":"fast"}"#, "serviceTier.type"),
        (
            r#","performanceConfig":{"latency":"fast"}"#,
            "performanceConfig.latency",
        ),
        (r#","requestMetadata":{}"#, "requestMetadata"),
        (r#","requestMetadata":{"a":"<"}"#, "requestMetadata"),
        (r#","toolConfig":{"tools":[]}"#, "toolConfig.tools"),
        (r#","system":[{"text":""}]"#, "system.1.member.text"),
    ] {
        assert!(
            words(&with(more)).contains(&format!("at '{path}'")),
            "{more}: {}",
            words(&with(more))
        );
    }
}

#[test]
fn a_conversation_has_rules_of_its_own() {
    let message =
        |role: &str, content: &str| format!(r#"{{"messages":[{{"role":"{role}","content":{content}}}]}}"#);
    assert!(words("{}").contains("at 'messages'"));
    assert!(
        words(&message("assistant", r#"[{"text":"Hi"}]"#))
            .starts_with("A conversation must start with a user message.")
    );
    assert!(
        words(&message("villain", r#"[{"text":"Hi"}]"#))
            .contains("enum value set: [user, assistant, system]")
    );
    assert!(words(&message("user", "[]")).contains("messages.0 is empty"));
    assert!(words(&message("user", r#"[{"text":" "}]"#)).contains("messages.0.content.0 is blank"));
    assert!(words(&message("user", r#"[{"dream":1}]"#)).contains("must set one of the following keys"));
    let document = r#"[{"document":{"format":"txt","name":"a","source":{"bytes":"aGk="}}}]"#;
    assert_eq!(
        words(&message("user", document)),
        "A text block must be included when using documents."
    );
    let result = r#"[{"toolResult":{"toolUseId":"1","content":[{"text":"7"}]}}]"#;
    assert!(words(&message("user", result)).starts_with("The toolConfig field must be defined"));
}

#[test]
fn members_of_the_wrong_type_are_a_serialization_error() {
    for body in [
        "[]",
        "nonsense",
        r#"{"messages":{}}"#,
        r#"{"messages":[{"role":7}]}"#,
        r#"{"messages":[["user",[{"text":"Hi"}]]]}"#,
        r#"[[{"role":"user","content":[{"text":"Hi"}]}]]"#,
        "\"text\"",
    ] {
        let error = read(body.as_bytes(), None).expect_err(body);
        assert_eq!(error.exception, Exception::Serialization, "{body}");
    }
}

#[test]
fn everything_in_a_prompt_counts() {
    let ask = read(with("").as_bytes(), None).expect("a request");
    assert_eq!((ask.chars, ask.media_tokens), (5, 0));
    let heavy = with(
        r#","system":[{"text":"Be brief."},{"cachePoint":{"type":"default","ttl":"1h"}}],
        "inferenceConfig":{"maxTokens":9,"stopSequences":["|"]},
        "toolConfig":{"tools":[{"toolSpec":{"name":"weather","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"auto":{}}}"#,
    );
    let ask = read(heavy.as_bytes(), None).expect("a request");
    assert!(ask.chars > 14 + 40, "{} characters", ask.chars);
    assert!(ask.caches);
    assert_eq!(
        (ask.max_tokens, ask.stop_sequences.as_slice()),
        (Some(9), ["|".to_owned()].as_slice())
    );
}

#[test]
fn pictures_count_and_need_a_model_that_sees() {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"What is this?"},{"image":{"format":"png","source":{"bytes":"aGk="}}}]}]}"#;
    let catalog = Catalog::builtin();
    let ask = read(body.as_bytes(), Some(&catalog.models["amazon.nova-lite-v1:0"])).expect("it sees");
    assert!(ask.media_tokens > 0);
    let blind =
        read(body.as_bytes(), Some(&catalog.models["amazon.nova-micro-v1:0"])).expect_err("it does not");
    assert_eq!(
        blind.message,
        "This model doesn't support the image field. Remove image and try again."
    );
}
