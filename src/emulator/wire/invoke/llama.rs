//! Meta Llama: `prompt` and `max_gen_len`.

use serde::Serialize;

use super::schema::{Field, Takes, check, object};
use super::written;
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker};
use crate::emulator::wire::ask::{Ask, IMAGE_TOKENS};
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;

/// What the service takes for `max_gen_len` when it is absent (user guide, Llama parameters).
const USUAL_MOST: u64 = 512;

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let most = i64::try_from(model.max_output).unwrap_or(i64::MAX);
    let fields = [
        Field::must("prompt", Takes::Text),
        Field::may("temperature", Takes::Number(0.0, 1.0)),
        Field::may("top_p", Takes::Number(0.0, 1.0)),
        Field::may("max_gen_len", Takes::Integer(1, most)),
        Field::may("images", Takes::Array),
    ];
    let body = check(object(body)?, &fields, "#")?;
    Ok(Ask {
        chars: body.chars("prompt"),
        media_tokens: if body.written("images") > 0 {
            IMAGE_TOKENS
        } else {
            0
        },
        max_tokens: Some(body.count("max_gen_len").unwrap_or(USUAL_MOST)),
        ..Ask::default()
    })
}

/// Writes an answer.
pub fn body(text: &str, ending: &Ending) -> Vec<u8> {
    written(&Generation {
        generation: text,
        prompt_token_count: Some(ending.usage.input),
        generation_token_count: ending.usage.output,
        stop_reason: Some(ending.stop.finish()),
        metrics: None,
    })
}

#[derive(Serialize)]
struct Generation<'a> {
    generation: &'a str,
    prompt_token_count: Option<u64>,
    generation_token_count: u64,
    stop_reason: Option<&'static str>,
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<InvocationMetrics>,
}

/// Says a stream: the first chunk counts the prompt, the last one says why it stopped.
pub struct LlamaNarrator {
    speaker: Speaker,
    begun: bool,
}

impl LlamaNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            begun: false,
        }
    }
}

impl Narrator for LlamaNarrator {
    fn open(&mut self, _frames: &mut Frames) {}

    fn text(&mut self, text: &str, so_far: u64, frames: &mut Frames) {
        frames.chunk(&Generation {
            generation: text,
            prompt_token_count: (!self.begun).then_some(self.speaker.input_tokens),
            generation_token_count: so_far,
            stop_reason: None,
            metrics: None,
        });
        self.begun = true;
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        frames.chunk(&Generation {
            generation: "",
            prompt_token_count: None,
            generation_token_count: ending.usage.output,
            stop_reason: Some(ending.stop.finish()),
            metrics: Some(InvocationMetrics::of(ending, &self.speaker.model)),
        });
    }
}
