//! The shapes of a Converse request, reduced to what the emulator needs of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::catalog::CacheTtl;
use crate::emulator::wire::ask::{Ask, Echo, IMAGE_TOKENS, Latency, MEDIA_TOKENS, Tier};
use crate::emulator::wire::error::{Exception, WireError};
use crate::emulator::wire::prefix::mix;
use crate::emulator::wire::weight::{Anything, Document, Structure, Text};

/// The body of Converse and ConverseStream.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request<'a> {
    #[serde(borrow)]
    pub(in crate::emulator::wire) messages: Option<Vec<Structure<Message<'a>>>>,
    #[serde(borrow)]
    pub(in crate::emulator::wire) system: Option<Vec<Structure<Block<'a>>>>,
    pub(in crate::emulator::wire) inference_config: Option<Structure<InferenceConfig>>,
    #[serde(borrow)]
    pub(in crate::emulator::wire) tool_config: Option<Structure<ToolConfig<'a>>>,
    pub(in crate::emulator::wire) additional_model_request_fields: Option<Anything>,
    pub(in crate::emulator::wire) additional_model_response_field_paths: Option<Vec<String>>,
    pub(in crate::emulator::wire) output_config: Option<Anything>,
    pub(in crate::emulator::wire) guardrail_config: Option<Anything>,
    #[serde(borrow)]
    pub(in crate::emulator::wire) request_metadata: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    pub(in crate::emulator::wire) performance_config: Option<Structure<PerformanceConfig<'a>>>,
    #[serde(borrow)]
    pub(in crate::emulator::wire) service_tier: Option<Structure<ServiceTier<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::emulator::wire) struct Message<'a> {
    #[serde(borrow, default)]
    pub role: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub content: Option<Vec<Structure<Block<'a>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::emulator::wire) struct InferenceConfig {
    pub max_tokens: Option<i64>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub stop_sequences: Option<Vec<String>>,
}

/// A block of a message's content or of the system prompt: a union, one member of which is set.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::emulator::wire) struct Block<'a> {
    pub text: Option<Text>,
    #[serde(borrow)]
    pub image: Option<Image<'a>>,
    #[serde(borrow)]
    pub document: Option<Attachment<'a>>,
    pub video: Option<Document>,
    pub audio: Option<Document>,
    pub tool_use: Option<ToolUse>,
    #[serde(borrow)]
    pub tool_result: Option<ToolResult<'a>>,
    pub guard_content: Option<Document>,
    #[serde(borrow)]
    pub cache_point: Option<CachePoint<'a>>,
    pub reasoning_content: Option<Document>,
    pub citations_content: Option<Document>,
    pub search_result: Option<Document>,
    pub json: Option<Document>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::emulator::wire) struct Image<'a> {
    #[serde(borrow)]
    pub format: Option<Cow<'a, str>>,
    pub source: Option<Document>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::emulator::wire) struct Attachment<'a> {
    #[serde(borrow)]
    pub format: Option<Cow<'a, str>>,
    pub name: Option<Text>,
    pub source: Option<AttachmentSource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::emulator::wire) struct AttachmentSource {
    pub bytes: Option<Text>,
    pub text: Option<Text>,
    pub content: Option<Document>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::emulator::wire) struct ToolUse {
    pub tool_use_id: Option<Text>,
    pub name: Option<Text>,
    pub input: Option<Document>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::emulator::wire) struct ToolResult<'a> {
    pub tool_use_id: Option<Text>,
    #[serde(borrow)]
    pub content: Option<Vec<Structure<Block<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::emulator::wire) struct CachePoint<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub ttl: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::emulator::wire) struct ToolConfig<'a> {
    #[serde(borrow)]
    pub tools: Option<Vec<Structure<Tool<'a>>>>,
    pub tool_choice: Option<Document>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::emulator::wire) struct Tool<'a> {
    pub tool_spec: Option<Document>,
    pub system_tool: Option<Document>,
    #[serde(borrow)]
    pub cache_point: Option<CachePoint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::emulator::wire) struct PerformanceConfig<'a> {
    #[serde(borrow)]
    pub latency: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::emulator::wire) struct ServiceTier<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
}

/// Reads the JSON; what it says is not yet checked. An empty body is an empty structure.
pub fn parse(body: &[u8]) -> Result<Request<'_>, WireError> {
    if body.is_empty() {
        return Ok(Request::default());
    }
    let Structure(request) = serde_json::from_slice(body).map_err(|problem| unreadable(&problem))?;
    Ok(request)
}

/// The refusal of a body that is no JSON or has a member of the wrong type.
pub fn unreadable(problem: &serde_json::Error) -> WireError {
    WireError::new(Exception::Serialization, problem.to_string())
}

impl Request<'_> {
    /// Whether it asks for more than prose: the body must be read again to say what.
    pub(in crate::emulator::wire) const fn is_scripted(&self) -> bool {
        self.tool_config.is_some()
            || self.output_config.is_some()
            || self.additional_model_request_fields.is_some()
    }

    /// What it asks. Call it on a checked request.
    pub(in crate::emulator::wire) fn ask(&self) -> Ask {
        let mut ask = Ask::default();
        // In the order in which the service's cache goes through a prompt.
        let tools = self
            .tool_config
            .iter()
            .flat_map(|config| config.tools.iter().flatten());
        for (place, tool) in tools.enumerate() {
            for spec in tool.tool_spec.iter().chain(&tool.system_tool) {
                ask.chars += spec.chars;
                ask.prefix.add("tools", spec.hash, (ask.chars, ask.media_tokens));
            }
            if let Some(point) = &tool.cache_point {
                ask.caches = true;
                ask.prefix.point(point.lifetime(), format_args!("tools.{place}"));
                ask.prefix.point_in_tools(place);
            }
        }
        for (place, block) in self.system.iter().flatten().enumerate() {
            block.weigh(&mut ask);
            block.mark(&mut ask, "system", format_args!("system.{place}"));
        }
        for (nth, message) in self.messages.iter().flatten().enumerate() {
            let role = message.role.as_deref().unwrap_or_default();
            for (place, block) in message.content.iter().flatten().enumerate() {
                block.weigh(&mut ask);
                block.mark(&mut ask, role, format_args!("messages.{nth}.content.{place}"));
            }
        }
        if let Some(config) = &self.inference_config {
            ask.max_tokens = config.max_tokens.and_then(|most| u64::try_from(most).ok());
            ask.stop_sequences = config.stop_sequences.clone().unwrap_or_default();
        }
        let paths = self.additional_model_response_field_paths.clone();
        ask.response_fields = paths.unwrap_or_default();
        ask.echo = Echo {
            latency: self
                .performance_config
                .as_ref()
                .and_then(|config| Latency::of(config.latency.as_deref()?)),
            tier: self
                .service_tier
                .as_ref()
                .and_then(|tier| Tier::of(tier.kind.as_deref()?)),
            ..Echo::default()
        };
        ask
    }
}

impl Block<'_> {
    /// How many members of the union are set: one, if it is sound.
    pub fn members(&self) -> usize {
        [
            self.text.is_some(),
            self.image.is_some(),
            self.document.is_some(),
            self.video.is_some(),
            self.audio.is_some(),
            self.tool_use.is_some(),
            self.tool_result.is_some(),
            self.guard_content.is_some(),
            self.cache_point.is_some(),
            self.reasoning_content.is_some(),
            self.citations_content.is_some(),
            self.search_result.is_some(),
            self.json.is_some(),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }

    fn weigh(&self, ask: &mut Ask) {
        if let Some(text) = self.text {
            ask.chars += text.chars;
        }
        let documents = [
            self.guard_content,
            self.reasoning_content,
            self.citations_content,
            self.search_result,
            self.json,
            self.tool_use.as_ref().and_then(|tool| tool.input),
        ];
        ask.chars += documents
            .iter()
            .flatten()
            .map(|document| document.chars)
            .sum::<u64>();
        if let Some(name) = self.tool_use.as_ref().and_then(|tool| tool.name) {
            ask.chars += name.chars;
        }
        if let Some(attachment) = &self.document {
            ask.chars += attachment.chars();
        }
        ask.media_tokens += u64::from(self.image.is_some()) * IMAGE_TOKENS;
        ask.media_tokens += u64::from(self.video.is_some()) * MEDIA_TOKENS;
        ask.media_tokens += u64::from(self.audio.is_some()) * MEDIA_TOKENS;
        ask.caches |= self.cache_point.is_some();
        for block in self
            .tool_result
            .iter()
            .flat_map(|result| result.content.iter().flatten())
        {
            block.weigh(ask);
        }
    }

    /// Notes the block, or the checkpoint that it is, in the prompt's prefix.
    fn mark(&self, ask: &mut Ask, section: &str, path: fmt::Arguments<'_>) {
        match &self.cache_point {
            Some(point) => ask.prefix.point(point.lifetime(), path),
            None => ask
                .prefix
                .add(section, self.hash(), (ask.chars, ask.media_tokens)),
        }
        // A checkpoint within a tool's result stands behind the whole of it.
        let results = self
            .tool_result
            .iter()
            .flat_map(|result| result.content.iter().flatten());
        for point in results.filter_map(|block| block.cache_point.as_ref()) {
            ask.prefix.point(point.lifetime(), path);
        }
    }

    /// Stands for what the block says, whichever member holds it.
    fn hash(&self) -> u64 {
        let documents = [
            self.image.as_ref().and_then(|image| image.source),
            self.video,
            self.audio,
            self.guard_content,
            self.reasoning_content,
            self.citations_content,
            self.search_result,
            self.json,
            self.tool_use.as_ref().and_then(|tool| tool.input),
        ];
        let source = self
            .document
            .as_ref()
            .and_then(|document| document.source.as_ref());
        let texts = [
            self.text,
            self.tool_use.as_ref().and_then(|tool| tool.name),
            source.and_then(|source| source.bytes),
            source.and_then(|source| source.text),
        ];
        let documents = documents
            .into_iter()
            .chain([source.and_then(|source| source.content)]);
        let said = (texts.into_iter().map(|text| text.map_or(0, |text| text.hash)))
            .chain(documents.map(|document| document.map_or(0, |document| document.hash)));
        // A text alone is the rule.
        let said = match self.text {
            Some(text) if self.members() == 1 => return text.hash,
            _ => said.fold(1, mix),
        };
        let results = self
            .tool_result
            .iter()
            .flat_map(|result| result.content.iter().flatten());
        results.fold(said, |before, block| mix(before, block.hash()))
    }
}

impl CachePoint<'_> {
    /// The lifetime it asks for. Call it on a checked request.
    fn lifetime(&self) -> CacheTtl {
        self.ttl.as_deref().and_then(CacheTtl::of).unwrap_or_default()
    }
}

impl Attachment<'_> {
    /// Characters of the text within. An assumption where the format is no plain text: one
    /// character for every four bytes of the file.
    fn chars(&self) -> u64 {
        let Some(source) = &self.source else { return 0 };
        let plain = matches!(self.format.as_deref(), Some("txt" | "md" | "csv" | "html") | None);
        // Bytes travel as base64: four characters for three bytes.
        let encoded = source.bytes.map_or(0, |text| text.bytes) * 3 / 4;
        let within = if plain { encoded } else { encoded / 4 };
        within + source.text.map_or(0, |text| text.chars) + source.content.map_or(0, |content| content.chars)
    }
}
