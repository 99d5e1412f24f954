//! Mistral: `prompt` and `max_tokens`; the newer models take `messages` in the OpenAI style too.

use serde::Serialize;

use super::schema::{Field, Takes, check, object};
use super::{openai, written};
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker};
use crate::emulator::wire::ask::Ask;
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;

/// What the service takes for `max_tokens` when it is absent (user guide, Mistral parameters).
const USUAL_MOST: u64 = 512;

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let members = object(body)?;
    if members.contains_key("messages") {
        return openai::read(body, model);
    }
    let most = i64::try_from(model.max_output).unwrap_or(i64::MAX);
    let fields = [
        Field::must("prompt", Takes::Text),
        Field::may("max_tokens", Takes::Integer(1, most)),
        Field::may("stop", Takes::Texts),
        Field::may("temperature", Takes::Number(0.0, 1.0)),
        Field::may("top_p", Takes::Number(0.0, 1.0)),
        Field::may("top_k", Takes::Integer(0, 200)),
    ];
    let body = check(members, &fields, "#")?;
    Ok(Ask {
        chars: body.chars("prompt"),
        max_tokens: Some(body.count("max_tokens").unwrap_or(USUAL_MOST)),
        stop_sequences: body.texts("stop"),
        ..Ask::default()
    })
}

/// Writes an answer, in the form of the request.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    if speaker.echo.chat {
        return openai::body(speaker, text, ending);
    }
    let stop_reason = Some(ending.stop.finish());
    written(&Outputs {
        outputs: [Output { text, stop_reason }],
        metrics: None,
    })
}

/// The narrator of a stream, in the form of the request.
pub fn narrator(speaker: Speaker) -> Box<dyn Narrator> {
    if speaker.echo.chat {
        Box::new(openai::OpenAiNarrator::new(speaker))
    } else {
        Box::new(MistralNarrator { speaker })
    }
}

#[derive(Serialize)]
struct Outputs<'a> {
    outputs: [Output<'a>; 1],
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<InvocationMetrics>,
}

#[derive(Serialize)]
struct Output<'a> {
    text: &'a str,
    stop_reason: Option<&'static str>,
}

struct MistralNarrator {
    speaker: Speaker,
}

impl Narrator for MistralNarrator {
    fn open(&mut self, _frames: &mut Frames) {}

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        frames.chunk(&Outputs {
            outputs: [Output {
                text,
                stop_reason: None,
            }],
            metrics: None,
        });
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        let last = Output {
            text: "",
            stop_reason: Some(ending.stop.finish()),
        };
        frames.chunk(&Outputs {
            outputs: [last],
            metrics: Some(InvocationMetrics::of(ending, &self.speaker.model)),
        });
    }
}
