//! Amazon Titan Text: `inputText` and `textGenerationConfig`.

use serde::Serialize;

use super::schema::{Field, Takes, check, object};
use super::written;
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker, Stop};
use crate::emulator::wire::ask::Ask;
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;

/// What the service takes for `maxTokenCount` when it is absent (user guide, Titan parameters).
const USUAL_MOST: u64 = 512;

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let fields = [
        Field::must("inputText", Takes::Text),
        Field::may("textGenerationConfig", Takes::Object),
    ];
    let mut body = check(object(body)?, &fields, "#")?;
    let most = i64::try_from(model.max_output).unwrap_or(i64::MAX);
    let fields = [
        Field::may("maxTokenCount", Takes::Integer(0, most)),
        Field::may("temperature", Takes::Number(0.0, 1.0)),
        Field::may("topP", Takes::Number(0.0, 1.0)),
        Field::may("stopSequences", Takes::Texts),
    ];
    let config = body.take_object("textGenerationConfig").unwrap_or_default();
    let config = check(config, &fields, "#/textGenerationConfig")?;
    Ok(Ask {
        chars: body.chars("inputText"),
        max_tokens: Some(config.count("maxTokenCount").unwrap_or(USUAL_MOST).max(1)),
        stop_sequences: config.texts("stopSequences"),
        ..Ask::default()
    })
}

/// Writes an answer.
pub fn body(text: &str, ending: &Ending) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        input_text_token_count: u64,
        results: [Piece<'a>; 1],
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Piece<'a> {
        token_count: u64,
        output_text: &'a str,
        completion_reason: &'static str,
    }
    written(&Answer {
        input_text_token_count: ending.usage.input,
        results: [Piece {
            token_count: ending.usage.output,
            output_text: text,
            completion_reason: reason(&ending.stop),
        }],
    })
}

const fn reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::EndTurn | Stop::ToolUse => "FINISH",
        Stop::MaxTokens => "LENGTH",
        Stop::Guardrail => "CONTENT_FILTERED",
        Stop::Sequence(_) => "STOP_CRITERIA_MET",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    output_text: &'a str,
    index: u32,
    total_output_text_token_count: Option<u64>,
    completion_reason: Option<&'static str>,
    input_text_token_count: Option<u64>,
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<InvocationMetrics>,
}

/// Says a stream: counts and reason come with the last chunk.
pub struct TitanNarrator {
    speaker: Speaker,
    begun: bool,
}

impl TitanNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            begun: false,
        }
    }
}

impl Narrator for TitanNarrator {
    fn open(&mut self, _frames: &mut Frames) {}

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        frames.chunk(&Chunk {
            output_text: text,
            index: 0,
            total_output_text_token_count: None,
            completion_reason: None,
            input_text_token_count: (!self.begun).then_some(self.speaker.input_tokens),
            metrics: None,
        });
        self.begun = true;
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        frames.chunk(&Chunk {
            output_text: "",
            index: 0,
            total_output_text_token_count: Some(ending.usage.output),
            completion_reason: Some(reason(&ending.stop)),
            input_text_token_count: Some(ending.usage.input),
            metrics: Some(InvocationMetrics::of(ending, &self.speaker.model)),
        });
    }
}
