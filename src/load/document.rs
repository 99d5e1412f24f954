//! A long text that stands in front of every prompt, and what is asked about it.

use std::sync::Arc;

use crate::event::PromptClass;

/// The text and its questions, shared by all prompts: cloned cheaply, never copied.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it is called.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// What is asked; never empty.
    pub questions: Arc<[Question]>,
}

/// A question about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: Arc<str>,
    /// Whether it is a look-up or puts several facts together.
    pub class: PromptClass,
}

impl Document {
    /// A question of a class, for a draw in `0.0..1.0`; of any class where there is none of that one.
    pub fn question(&self, class: PromptClass, draw: f64) -> &Question {
        let of_class = || self.questions.iter().filter(|question| question.class == class);
        let count = of_class().count();
        let place = |among: usize| ((draw * among as f64) as usize).min(among.saturating_sub(1));
        of_class()
            .nth(place(count))
            .unwrap_or(&self.questions[place(self.questions.len())])
    }

    /// The same document, of so many characters at most, cut at the end of a line or a word.
    #[must_use]
    pub fn cut_to(self, chars: usize) -> Self {
        let Some((end, _)) = self.text.char_indices().nth(chars) else {
            return self;
        };
        let kept = &self.text[..end];
        let end = kept.rfind('\n').or_else(|| kept.rfind(' ')).unwrap_or(end);
        Self {
            text: self.text[..end].into(),
            ..self
        }
    }
}
