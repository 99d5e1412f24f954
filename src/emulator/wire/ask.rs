//! What a request for inference asks, whatever its body looked like.

use super::guardrail::GuardAsk;
use super::prefix::Prefix;
use super::script::Script;

/// Tokens an image counts for. An assumption: the service scales with the size of the picture
/// (Claude: width times height over 750), and the emulator does not decode pictures.
pub const IMAGE_TOKENS: u64 = 1_500;

/// Tokens an audio or video block counts for. An assumption, for want of a published rule.
pub const MEDIA_TOKENS: u64 = 5_000;

/// A request, as far as the world and the answer care.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// Characters of the prompt: messages, system prompt, tools.
    pub chars: u64,
    /// Tokens of what is no text, by the stated assumptions.
    pub media_tokens: u64,
    /// The most tokens to generate, if the caller said so.
    pub max_tokens: Option<u64>,
    /// Where generation stops.
    pub stop_sequences: Vec<String>,
    /// Whether the prompt holds a cache checkpoint: then usage tells of the cache.
    pub caches: bool,
    /// The prompt's blocks and checkpoints; empty for families without a cache.
    pub prefix: Prefix,
    /// What the answer consists of.
    pub script: Script,
    /// `additionalModelResponseFieldPaths`: JSON pointers.
    pub response_fields: Vec<String>,
    /// The guardrail that looks at it.
    pub guard: Option<GuardAsk>,
    /// What is sent back as it came.
    pub echo: Echo,
}

/// What an answer repeats of its request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    /// `performanceConfig.latency`.
    pub latency: Option<Latency>,
    /// `serviceTier.type`.
    pub tier: Option<Tier>,
    /// The prompt, where the family's answer repeats it.
    pub prompt: Option<String>,
    /// Whether the body was in the family's chat form, where it has two forms.
    pub chat: bool,
}

/// Defines an enumeration of the service with the words it has on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The words, as the service lists them in its refusals.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// What a word stands for.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// The word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// How much speed is bought.
    Latency {
        /// The usual.
        Standard = "standard",
        /// Latency-optimised inference.
        Optimized = "optimized",
    }
}

words! {
    /// Who is served first.
    Tier {
        /// Before others, at a surcharge.
        Priority = "priority",
        /// The usual.
        Default = "default",
        /// After others, at a discount.
        Flex = "flex",
        /// Capacity bought beforehand.
        Reserved = "reserved",
    }
}
