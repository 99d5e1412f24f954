//! What a prompt router reads of a request, whatever the shape of its body.
//!
//! Walks the JSON and reads every text that stands under a key for prompts. Keeps nothing of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::emulator::world::prompt_router::PromptTraits;

/// Keys whose texts are prompt: Converse's and Nova's `text`, the OpenAI style's and Claude's
/// `content`, Llama's `prompt`, and the system prompt of the latter two.
const KEYS: [&str; 4] = ["content", "prompt", "system", "text"];

/// The traits of a body's prompt. A body that is no JSON has none: it is refused later.
pub fn of_prompt(body: &[u8]) -> PromptTraits {
    let mut traits = PromptTraits::default();
    let mut document = serde_json::Deserializer::from_slice(body);
    let walk = Walk {
        traits: &mut traits,
        is_prompt: false,
    };
    match walk.deserialize(&mut document) {
        Ok(()) => traits,
        Err(_) => PromptTraits::default(),
    }
}

/// Walks one value.
struct Walk<'t> {
    traits: &'t mut PromptTraits,
    /// Whether it stands under a key for prompts.
    is_prompt: bool,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.is_prompt {
            self.traits.read(text);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items
            .next_element_seed(Walk {
                traits: self.traits,
                is_prompt: self.is_prompt,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        // A structure within a prompt (a block, a message) says by its own keys what of it is text.
        while let Some(key) = members.next_key::<Cow<'de, str>>()? {
            members.next_value_seed(Walk {
                traits: self.traits,
                is_prompt: KEYS.contains(&&*key),
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_body_has_the_same_traits() {
        let mut expected = PromptTraits::default();
        expected.read("Be brief.");
        expected.read("Compare the two, step by step.");
        for body in [
            r#"{"system":[{"text":"Be brief."}],"messages":[{"role":"user","content":[{"text":"Compare the two, step by step."}]}]}"#,
            r#"{"system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"Compare the two, step by step."}]}]}"#,
            r#"{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Compare the two, step by step."}]}"#,
        ] {
            assert_eq!(of_prompt(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn what_is_no_prompt_is_not_read() {
        let body = r#"{"modelId":"why","toolConfig":{"tools":[{"toolSpec":{"name":"compare"}}]},"inferenceConfig":{"maxTokens":7}}"#;
        assert_eq!(of_prompt(body.as_bytes()), PromptTraits::default());
        assert_eq!(of_prompt(b"{\"text\":\"why\""), PromptTraits::default());
    }
}
