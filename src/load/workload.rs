//! What is asked. (The generators are written next.)

use std::sync::Arc;

/// How demanding a prompt is; routers and readers of results tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptClass {
    /// A lookup or a rewording.
    Simple,
    /// Reasoning over several steps.
    Complex,
}

/// One request's content and limits.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The system prompt.
    pub system: Option<Arc<str>>,
    /// The user's message. Unlike every other shot's, so that replies are drawn per request.
    pub text: String,
    /// How demanding it is.
    pub class: PromptClass,
    /// `maxTokens`; `None` leaves it to the service (the model's maximum).
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
}
