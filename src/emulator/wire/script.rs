//! What an answer consists of where it is not plain prose: reasoning, a tool's use, JSON for a schema.
//!
//! The policy of the emulated models (an assumption, stated in docs/emulator.md): a tool is used where
//! the request forces one, or where the last user turn is a text that shares a word with a tool's name
//! or description and is no tool's result. Arguments and structured answers are the smallest documents
//! that keep to the schema, with names and numbers taken from the prompt where they fit.

mod instance;
mod read;

use std::sync::Arc;

use serde_json::Value;

pub use read::{of_claude, of_converse};

/// What is said beside, or instead of, prose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// Whether reasoning comes first.
    pub thinks: bool,
    /// What follows it.
    pub says: Says,
}

/// The body of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Says {
    /// Prose drawn from the seed.
    #[default]
    Prose,
    /// These words: a JSON document for a schema, or what a guardrail says.
    Words(String),
    /// The use of a tool.
    Tool {
        /// Its name.
        name: Arc<str>,
        /// Its arguments: a JSON object.
        input: String,
    },
}

impl Script {
    /// Tokens that reasoning takes before something of fixed length.
    pub const THOUGHT_TOKENS: u64 = 24;

    /// How long the answer is, in tokens of `width` characters; `None`: as long as is drawn.
    pub fn tokens(&self, width: f64) -> Option<u64> {
        let said = match &self.says {
            Says::Prose => return None,
            Says::Words(words) => words,
            Says::Tool { input, .. } => input,
        };
        let thought = if self.thinks { Self::THOUGHT_TOKENS } else { 0 };
        let chars = said.chars().count() as f64;
        Some(thought + ((chars / width.max(1.0)).ceil() as u64).max(1))
    }
}

/// Where the parts of an answer's text meet: reasoning, then a text or a tool's arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of reasoning at the beginning.
    pub reasoning: usize,
    /// The tool whose arguments the rest is.
    pub tool: Option<Arc<str>>,
}

impl Shape {
    /// The reasoning and the rest of a whole text.
    pub fn split<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        text.split_at(text.floor_char_boundary(self.reasoning))
    }

    /// The reasoning and the rest of a chunk that begins `before` bytes into the text.
    pub fn split_at<'t>(&self, before: usize, chunk: &'t str) -> (&'t str, &'t str) {
        let within = self.reasoning.saturating_sub(before);
        chunk.split_at(chunk.floor_char_boundary(within))
    }

    /// The arguments of a tool as a document; of arguments that were cut short, an empty one.
    pub fn arguments(rest: &str) -> Value {
        serde_json::from_str(rest).unwrap_or_else(|_| Value::Object(serde_json::Map::new()))
    }
}

/// What stands for a signature of reasoning: any text, in base64 like the service's.
pub fn signature(identifier: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("bedrill emulated reasoning {identifier}"))
}
