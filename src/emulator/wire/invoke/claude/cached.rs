//! What a Claude body weighs, block by block, and where `cache_control` stands in it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{Block, Content};
use crate::catalog::CacheTtl;
use crate::emulator::wire::ask::{Ask, IMAGE_TOKENS, MEDIA_TOKENS};
use crate::emulator::wire::prefix::mix;
use crate::emulator::wire::weight::{Document, Structure, Text};

/// `{"type": "ephemeral", "ttl": "1h"}`: a checkpoint behind the block that holds it.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
pub(super) struct CacheControl {
    #[serde(default)]
    ttl: CacheTtl,
}

/// A tool's definition: any document, with a checkpoint or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    says: Document,
    control: Option<CacheControl>,
}

impl<'de> Deserialize<'de> for Tool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Weigh;
        impl<'de> Visitor<'de> for Weigh {
            type Value = Tool;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tool")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tool, A::Error> {
                const CONTROL: &str = "cache_control";
                let control_hash = xxhash_rust::xxh3::xxh3_64(CONTROL.as_bytes());
                let mut tool = Tool {
                    says: Document::EMPTY,
                    control: None,
                };
                while let Some(key) = members.next_key::<Text>()? {
                    if key.hash == control_hash {
                        tool.control = members.next_value()?;
                    } else {
                        tool.says = tool.says.with(key, members.next_value()?);
                    }
                }
                Ok(tool)
            }
        }
        deserializer.deserialize_map(Weigh)
    }
}

impl Tool {
    pub(super) fn weigh(&self, place: usize, ask: &mut Ask) {
        ask.chars += self.says.chars;
        ask.prefix
            .add("tools", self.says.hash, (ask.chars, ask.media_tokens));
        point(ask, self.control, format_args!("tools.{place}"));
    }
}

impl Content<'_> {
    /// Weighs the content of a section and notes its blocks and checkpoints in the prompt's prefix.
    pub(super) fn mark(&self, ask: &mut Ask, section: &str, path: fmt::Arguments<'_>) {
        match self {
            Self::Text(text) => {
                ask.chars += text.chars;
                ask.prefix.add(section, text.hash, (ask.chars, ask.media_tokens));
            }
            Self::Blocks(blocks) => {
                for (place, Structure(block)) in blocks.iter().enumerate() {
                    block.weigh(ask);
                    ask.prefix
                        .add(section, block.hash(), (ask.chars, ask.media_tokens));
                    for control in block.controls() {
                        point(ask, control, format_args!("{path}.{place}"));
                    }
                }
            }
        }
    }

    fn blocks(&self) -> &[Structure<Block<'_>>] {
        match self {
            Self::Text(_) => &[],
            Self::Blocks(blocks) => blocks,
        }
    }
}

fn point(ask: &mut Ask, control: Option<CacheControl>, path: fmt::Arguments<'_>) {
    if let Some(CacheControl { ttl }) = control {
        ask.caches = true;
        ask.prefix.point(ttl, path);
    }
}

impl Block<'_> {
    fn weigh(&self, ask: &mut Ask) {
        ask.chars += self.text.map_or(0, |text| text.chars) + self.input.map_or(0, |input| input.chars);
        match self.kind.as_deref() {
            Some("image") => ask.media_tokens += IMAGE_TOKENS,
            Some("document") => ask.media_tokens += MEDIA_TOKENS,
            _ => {}
        }
        match self.content.as_deref() {
            Some(Content::Text(text)) => ask.chars += text.chars,
            Some(Content::Blocks(blocks)) => {
                for block in blocks {
                    block.weigh(ask);
                }
            }
            None => {}
        }
    }

    /// The block's own checkpoint, after those within it (a tool's result has blocks of its own).
    fn controls(&self) -> impl Iterator<Item = Option<CacheControl>> {
        let within = self.content.iter().flat_map(|content| content.blocks());
        within
            .map(|block| block.cache_control)
            .chain([self.cache_control])
    }

    fn hash(&self) -> u64 {
        let text = self.text.map_or(0, |text| text.hash);
        let said = [self.input, self.source];
        let said = said.map(|document| document.map_or(0, |document| document.hash));
        let said = said.into_iter().fold(text, mix);
        match self.content.as_deref() {
            Some(Content::Text(text)) => mix(said, text.hash),
            Some(Content::Blocks(blocks)) => blocks
                .iter()
                .fold(said, |before, block| mix(before, block.hash())),
            None => said,
        }
    }
}
