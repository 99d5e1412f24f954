//! What Converse refuses, in the service's words.
//!
//! First the constraints of the shape, all at once, as the service's framework reports them
//! (`1 validation error detected: Value '0' at 'inferenceConfig.maxTokens' ...`; ranges from
//! botocore's model); then the rules of a conversation, the first that is broken.

use std::fmt::Arguments;

use super::request::{Block, CachePoint, InferenceConfig, Message, Request};
use crate::catalog::Model;
use crate::emulator::wire::ask::{Latency, Tier};
use crate::emulator::wire::error::{Violations, WireError};
use crate::emulator::wire::weight::Structure;

const ROLES: &[&str] = &["user", "assistant", "system"];
const IMAGE_FORMATS: &[&str] = &["png", "jpeg", "gif", "webp"];
const DOCUMENT_FORMATS: &[&str] = &["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];
const TTLS: &[&str] = &["5m", "1h"];

/// Refuses what breaks a rule.
pub(super) fn check(request: &Request<'_>, model: Option<&Model>) -> Result<(), WireError> {
    let mut violations = Violations::default();
    shape(request, &mut violations);
    violations.into_result()?;
    conversation(request)?;
    model.map_or(Ok(()), |model| abilities(request, model))
}

fn shape(request: &Request<'_>, violations: &mut Violations) {
    match request.messages.as_deref() {
        None | Some([]) => violations.missing("messages"),
        Some(messages) => {
            for (place, message) in messages.iter().enumerate() {
                message_shape(
                    message,
                    &format_args!("messages.{}.member", place + 1),
                    violations,
                );
            }
        }
    }
    for (place, block) in request.system.iter().flatten().enumerate() {
        let path = format_args!("system.{}.member", place + 1);
        if block.text.is_some_and(|text| text.chars == 0) {
            violations.add("''", format_args!("{path}.text"), at_least_long(1));
        }
        cache_point_shape(block.cache_point.as_ref(), &path, violations);
    }
    let tools = request
        .tool_config
        .iter()
        .flat_map(|config| config.tools.iter().flatten());
    for (place, tool) in tools.enumerate() {
        let path = format_args!("toolConfig.tools.{}.member", place + 1);
        cache_point_shape(tool.cache_point.as_ref(), &path, violations);
    }
    if let Some(config) = &request.inference_config {
        inference_shape(config, violations);
    }
    if let Some(config) = &request.tool_config
        && config.tools.as_ref().is_none_or(Vec::is_empty)
    {
        violations.missing("toolConfig.tools");
    }
    options_shape(request, violations);
}

fn message_shape(message: &Message<'_>, path: &Arguments<'_>, violations: &mut Violations) {
    match message.role.as_deref() {
        None => violations.missing(format_args!("{path}.role")),
        Some(role) => violations.unless_among(ROLES, role, format_args!("{path}.role")),
    }
    let Some(content) = &message.content else {
        return violations.missing(format_args!("{path}.content"));
    };
    for (place, block) in content.iter().enumerate() {
        if block.image.is_none() && block.document.is_none() && block.cache_point.is_none() {
            continue;
        }
        let path = format_args!("{path}.content.{}.member", place + 1);
        if let Some(image) = &block.image {
            match image.format.as_deref() {
                None => violations.missing(format_args!("{path}.image.format")),
                Some(format) => {
                    violations.unless_among(IMAGE_FORMATS, format, format_args!("{path}.image.format"));
                }
            }
            if image.source.is_none() {
                violations.missing(format_args!("{path}.image.source"));
            }
        }
        if let Some(document) = &block.document {
            if let Some(format) = document.format.as_deref() {
                violations.unless_among(DOCUMENT_FORMATS, format, format_args!("{path}.document.format"));
            }
            if document.name.is_none() {
                violations.missing(format_args!("{path}.document.name"));
            }
            if document.source.is_none() {
                violations.missing(format_args!("{path}.document.source"));
            }
        }
        cache_point_shape(block.cache_point.as_ref(), &path, violations);
    }
}

fn cache_point_shape(point: Option<&CachePoint<'_>>, path: &Arguments<'_>, violations: &mut Violations) {
    let Some(point) = point else { return };
    match point.kind.as_deref() {
        None => violations.missing(format_args!("{path}.cachePoint.type")),
        Some(kind) => violations.unless_among(&["default"], kind, format_args!("{path}.cachePoint.type")),
    }
    if let Some(ttl) = point.ttl.as_deref() {
        violations.unless_among(TTLS, ttl, format_args!("{path}.cachePoint.ttl"));
    }
}

fn inference_shape(config: &InferenceConfig, violations: &mut Violations) {
    const MOST_SEQUENCES: usize = 2500;
    if let Some(most) = config.max_tokens.filter(|most| *most < 1) {
        violations.add(
            format_args!("'{most}'"),
            "inferenceConfig.maxTokens",
            "Member must have value greater than or equal to 1",
        );
    }
    unit_range(config.temperature, "inferenceConfig.temperature", violations);
    unit_range(config.top_p, "inferenceConfig.topP", violations);
    let sequences = config.stop_sequences.as_deref().unwrap_or_default();
    if sequences.len() > MOST_SEQUENCES {
        violations.add(
            format_args!("'[{} members]'", sequences.len()),
            "inferenceConfig.stopSequences",
            format_args!("Member must have length less than or equal to {MOST_SEQUENCES}"),
        );
    }
    if sequences.iter().any(String::is_empty) {
        violations.add(
            "'[...]'",
            "inferenceConfig.stopSequences",
            "Member must satisfy constraint: [Member must have length greater than or equal to 1]",
        );
    }
}

/// The service shows the value as the float it stored.
fn unit_range(value: Option<f64>, path: &str, violations: &mut Violations) {
    let Some(value) = value else { return };
    let shown = format!("'{:?}'", value as f32);
    if value < 0.0 {
        violations.add(&shown, path, "Member must have value greater than or equal to 0");
    } else if value > 1.0 {
        violations.add(&shown, path, "Member must have value less than or equal to 1");
    }
}

fn options_shape(request: &Request<'_>, violations: &mut Violations) {
    if let Some(latency) = request
        .performance_config
        .as_ref()
        .and_then(|config| config.latency.as_deref())
    {
        violations.unless_among(Latency::WORDS, latency, "performanceConfig.latency");
    }
    if let Some(tier) = &request.service_tier {
        match tier.kind.as_deref() {
            None => violations.missing("serviceTier.type"),
            Some(kind) => violations.unless_among(Tier::WORDS, kind, "serviceTier.type"),
        }
    }
    if let Some(metadata) = &request.request_metadata {
        if metadata.is_empty() {
            violations.add("'{}'", "requestMetadata", at_least_long(1));
        }
        if metadata.len() > 16 {
            violations.add(
                format_args!("'{{{} entries}}'", metadata.len()),
                "requestMetadata",
                "Member must have length less than or equal to 16",
            );
        }
        let sound = metadata
            .iter()
            .all(|(key, value)| (1..=256).contains(&key.len()) && metadata_text(key) && metadata_text(value));
        if !sound {
            violations.add(
                "'{...}'",
                "requestMetadata",
                "Map keys and values must satisfy regular expression pattern: [a-zA-Z0-9\\s:_@$#=/+,-.]{0,256}",
            );
        }
    }
    if let Some(paths) = &request.additional_model_response_field_paths
        && paths.len() > 10
    {
        violations.add(
            format_args!("'[{} members]'", paths.len()),
            "additionalModelResponseFieldPaths",
            "Member must have length less than or equal to 10",
        );
    }
}

fn metadata_text(text: &str) -> bool {
    text.len() <= 256
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c.is_whitespace() || ":_@$#=/+,-.".contains(c))
}

fn at_least_long(least: usize) -> String {
    format!("Member must have length greater than or equal to {least}")
}

fn conversation(request: &Request<'_>) -> Result<(), WireError> {
    let messages = request.messages.as_deref().unwrap_or_default();
    let first = messages
        .iter()
        .find(|message| message.role.as_deref() != Some("system"));
    if first.is_none_or(|message| message.role.as_deref() != Some("user")) {
        return Err(WireError::validation(
            "A conversation must start with a user message. Try again with a conversation that starts \
             with a user message.",
        ));
    }
    for (place, message) in messages.iter().enumerate() {
        let content = message.content.as_deref().unwrap_or_default();
        if content.is_empty() {
            return Err(WireError::validation(format!(
                "The content field in the Message object at messages.{place} is empty. Add a ContentBlock \
                 object to the content field and try again."
            )));
        }
        for (nth, block) in content.iter().enumerate() {
            block_rules(block, place, nth)?;
        }
        let has_document = content.iter().any(|block| block.document.is_some());
        if has_document && !content.iter().any(|block| block.text.is_some()) {
            return Err(WireError::validation(
                "A text block must be included when using documents.",
            ));
        }
        let uses_tools =
            |block: &Structure<Block<'_>>| block.tool_use.is_some() || block.tool_result.is_some();
        if request.tool_config.is_none() && content.iter().any(uses_tools) {
            return Err(WireError::validation(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
            ));
        }
    }
    Ok(())
}

fn block_rules(block: &Block<'_>, message: usize, place: usize) -> Result<(), WireError> {
    if block.text.is_some_and(|text| text.blank) {
        return Err(WireError::validation(format!(
            "The text field in the ContentBlock object at messages.{message}.content.{place} is blank. Add \
             text to the text field, and try again."
        )));
    }
    if block.members() != 1 {
        return Err(WireError::validation(format!(
            "The ContentBlock object at messages.{message}.content.{place} must set one of the following keys: \
             text, image, document, video, audio, toolUse, toolResult, guardContent, cachePoint, \
             reasoningContent, citationsContent, searchResult."
        )));
    }
    Ok(())
}

fn abilities(request: &Request<'_>, model: &Model) -> Result<(), WireError> {
    let has_image = request
        .messages
        .iter()
        .flatten()
        .flat_map(|message| message.content.iter().flatten())
        .any(|block| block.image.is_some());
    if has_image && !model.image_input {
        return Err(WireError::validation(
            "This model doesn't support the image field. Remove image and try again.",
        ));
    }
    Ok(())
}
