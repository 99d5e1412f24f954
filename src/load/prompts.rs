//! Prompts of the user's own, from JSON Lines: read once, drawn by weight. Never in a recording.

use std::sync::Arc;

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::event::{Exchange, PromptClass};

/// A file of prompts.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptBook {
    /// Stands for the file's content: `xxh3:` and sixteen digits.
    pub hash: String,
    prompts: Vec<OwnPrompt>,
    /// The sum of the weights up to and with each prompt.
    sums: Vec<f64>,
}

/// A prompt of the user's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnPrompt {
    /// The system prompt, if it has one of its own.
    pub system: Option<Arc<str>>,
    /// The turns before.
    pub history: Arc<[Exchange]>,
    /// The user's message.
    pub text: Arc<str>,
    /// How demanding it is.
    pub class: PromptClass,
    /// Its own limit of the answer.
    pub max_tokens: Option<u64>,
    weight: f64,
}

/// A line that is no prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPrompt {
    /// Its number, from one.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: Option<String>,
    messages: Option<Vec<Message>>,
    system: Option<Text>,
    max_tokens: Option<u64>,
    #[serde(rename = "inferenceConfig")]
    limits: Option<Limits>,
    class: Option<Class>,
    weight: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    role: Role,
    content: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    #[serde(rename = "maxTokens")]
    max_tokens: u64,
}

/// A string, or blocks of text as Converse has them.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a string, or blocks of the form {\"text\": ...}")]
enum Text {
    Plain(String),
    Blocks(Vec<Block>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Class {
    Simple,
    Complex,
}

impl PromptBook {
    /// Prompts of one file, at most.
    pub const MOST_PROMPTS: usize = 100_000;
    /// Bytes of one line, at most.
    pub const MOST_LINE: usize = 2_000_000;
    /// Bad lines that are told; more are counted.
    const MOST_TOLD: usize = 20;
    /// The largest `max_tokens`.
    const MOST_TOKENS: u64 = 1_000_000;

    /// Reads a file: a prompt on each line, blank lines left out.
    ///
    /// Fails with the lines that are none, the first twenty of them.
    pub fn parse(file: &[u8]) -> Result<Self, Vec<BadPrompt>> {
        let mut bad = Vec::new();
        let mut prompts = Vec::new();
        for (text, line) in file.split(|byte| *byte == b'\n').zip(1..) {
            if text.trim_ascii().is_empty() {
                continue;
            }
            match own(text) {
                Ok(_) if prompts.len() == Self::MOST_PROMPTS => {
                    let problem = format!("there are more than {} prompts", Self::MOST_PROMPTS);
                    bad.push(BadPrompt { line, problem });
                    break;
                }
                Ok(prompt) => prompts.push(prompt),
                Err(problem) => bad.push(BadPrompt { line, problem }),
            }
            if bad.len() == Self::MOST_TOLD {
                break;
            }
        }
        let mut sum = 0.0;
        let sums: Vec<f64> = prompts
            .iter()
            .map(|prompt| {
                sum += prompt.weight;
                sum
            })
            .collect();
        if bad.is_empty() && sum <= 0.0 {
            let problem = "there is no prompt in it that has a weight".to_owned();
            bad.push(BadPrompt { line: 1, problem });
        }
        if bad.is_empty() {
            Ok(Self {
                hash: hash_of(file),
                prompts,
                sums,
            })
        } else {
            Err(bad)
        }
    }

    /// The book of a file that is not here: for looking at a recording. Nothing can be drawn from it.
    pub fn absent(hash: &str) -> Self {
        Self {
            hash: hash.to_owned(),
            prompts: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// The prompt that a draw in `0.0..1.0` leads to, by weight; `None` if there is none at all.
    pub fn draw(&self, draw: f64) -> Option<&OwnPrompt> {
        let wanted = draw * self.sums.last()?;
        let place = self.sums.partition_point(|sum| *sum <= wanted);
        self.prompts.get(place.min(self.prompts.len() - 1))
    }

    /// All prompts, in the order of the file.
    pub fn prompts(&self) -> &[OwnPrompt] {
        &self.prompts
    }
}

fn hash_of(file: &[u8]) -> String {
    format!("xxh3:{:016x}", xxh3_64(file))
}

fn own(line: &[u8]) -> Result<OwnPrompt, String> {
    if line.len() > PromptBook::MOST_LINE {
        return Err(format!("is longer than {} bytes", PromptBook::MOST_LINE));
    }
    let line: Line = serde_json::from_slice(line).map_err(|problem| {
        // Each line is parsed alone: its own number would always be 1.
        problem.to_string().replace(" at line 1 column", " at column")
    })?;
    let (history, text) = match (line.prompt, line.messages) {
        (Some(prompt), None) => (Vec::new(), prompt),
        (None, Some(messages)) => spoken(messages)?,
        _ => return Err("needs `prompt`, or `messages` as Converse has them".to_owned()),
    };
    if text.trim().is_empty() {
        return Err("the prompt is empty".to_owned());
    }
    let weight = line.weight.unwrap_or(1.0);
    if !(0.0..=1_000_000.0).contains(&weight) {
        return Err(format!("weight {weight} is out of range: 0 to 1000000"));
    }
    let max_tokens = line.max_tokens.or(line.limits.map(|limits| limits.max_tokens));
    if max_tokens.is_some_and(|most| !(1..=PromptBook::MOST_TOKENS).contains(&most)) {
        return Err(format!(
            "max_tokens is out of range: 1 to {}",
            PromptBook::MOST_TOKENS
        ));
    }
    Ok(OwnPrompt {
        system: line.system.map(|text| joined(text).into()),
        history: history.into(),
        text: text.into(),
        class: match line.class {
            Some(Class::Complex) => PromptClass::Complex,
            Some(Class::Simple) | None => PromptClass::Simple,
        },
        max_tokens,
        weight,
    })
}

/// User and assistant in turn, the user first and last, as Converse wants it.
fn spoken(messages: Vec<Message>) -> Result<(Vec<Exchange>, String), String> {
    let mut history = Vec::new();
    let mut asked: Option<String> = None;
    for message in messages {
        let text = joined(message.content);
        asked = match (asked, message.role) {
            (None, Role::User) => Some(text),
            (Some(user), Role::Assistant) => {
                history.push(Exchange {
                    user,
                    assistant: text,
                });
                None
            }
            _ => {
                return Err(
                    "messages must be the user's and the assistant's in turn, the user's first".to_owned(),
                );
            }
        };
    }
    let asked = asked.ok_or_else(|| "the last message must be the user's".to_owned())?;
    Ok((history, asked))
}

fn joined(text: Text) -> String {
    match text {
        Text::Plain(text) => text,
        Text::Blocks(blocks) => {
            let texts: Vec<String> = blocks.into_iter().map(|block| block.text).collect();
            texts.join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"prompt": "What is due today?", "max_tokens": 40, "weight": 3}

{"messages": [{"role": "user", "content": [{"text": "Hello"}]}, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Plan my week"}], "class": "complex", "system": [{"text": "Be brief."}], "inferenceConfig": {"maxTokens": 90}}
"#;

    #[test]
    fn prompts_and_converse_bodies_are_read_and_drawn_by_weight() {
        let book = PromptBook::parse(FILE.as_bytes()).expect("two prompts");
        let [first, second] = book.prompts() else {
            panic!("{:?}", book.prompts());
        };
        assert_eq!((first.max_tokens, second.max_tokens), (Some(40), Some(90)));
        assert_eq!(second.history.len(), 1);
        assert_eq!(
            (second.class, second.system.as_deref()),
            (PromptClass::Complex, Some("Be brief."))
        );
        let drawn = (0..1_000).filter(|draw| book.draw(f64::from(*draw) / 1_000.0) == Some(first));
        assert_eq!(drawn.count(), 750);
    }

    #[test]
    fn bad_lines_are_named_by_number() {
        let file = "{\"prompt\": \"x\"}\n{\"promt\": \"x\"}\nno json\n{\"prompt\": \" \"}\n\
                    {\"messages\": [{\"role\": \"assistant\", \"content\": \"x\"}]}\n{\"prompt\": \"x\", \"weight\": -1}\n";
        let bad = PromptBook::parse(file.as_bytes()).expect_err("five bad lines");
        let lines: Vec<usize> = bad.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6]);
        assert!(
            bad[0].problem.contains("unknown field `promt`"),
            "{}",
            bad[0].problem
        );
        assert!(PromptBook::parse(b"\n").is_err());
    }
}
