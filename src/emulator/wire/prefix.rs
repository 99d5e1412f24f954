//! The beginning of a prompt as the cache sees it: blocks with what stands for them, and checkpoints.
//!
//! Blocks come in the order in which the service goes through a prompt: tools, system, messages. Each
//! is reduced to a hash of all that was said up to its end; no text is kept.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64;

use super::error::{Exception, WireError};
use crate::catalog::{CacheTtl, Family, Model};

/// A block: where a prefix can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Stands for everything up to here.
    pub hash: u64,
    /// Characters up to here.
    pub chars: u64,
    /// Tokens of what is no text, up to here.
    pub media_tokens: u64,
    /// Whether a checkpoint stands behind it.
    pub point: Option<CacheTtl>,
}

/// The blocks of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// In the order of the prompt.
    pub marks: Vec<Mark>,
    points: u64,
    /// Whether a checkpoint stands in the tools.
    in_tools: Option<usize>,
    hours: bool,
    short: bool,
    /// Where a checkpoint of an hour follows one of five minutes.
    disorder: Option<String>,
}

/// Two numbers in one, in this order.
pub fn mix(before: u64, what: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&before.to_le_bytes());
    bytes[8..].copy_from_slice(&what.to_le_bytes());
    xxh3_64(&bytes)
}

impl Prefix {
    /// A block of a section (`tools`, `system`, or a message's role) has ended, at so many characters
    /// and tokens of media.
    pub fn add(&mut self, section: &str, what: u64, (chars, media_tokens): (u64, u64)) {
        let before = self.marks.last().map_or(0, |mark| mark.hash);
        self.marks.push(Mark {
            hash: mix(mix(before, xxh3_64(section.as_bytes())), what),
            chars,
            media_tokens,
            point: None,
        });
    }

    /// A checkpoint stands behind the newest block. One with nothing before it covers nothing.
    pub fn point(&mut self, ttl: CacheTtl, path: fmt::Arguments<'_>) {
        self.points += 1;
        match ttl {
            CacheTtl::FiveMinutes => self.short = true,
            CacheTtl::OneHour => {
                self.hours = true;
                if self.short && self.disorder.is_none() {
                    self.disorder = Some(path.to_string());
                }
            }
        }
        if let Some(mark) = self.marks.last_mut() {
            mark.point = Some(ttl);
        }
    }

    /// The checkpoint that was noted last stands among the tools, at this place.
    pub fn point_in_tools(&mut self, place: usize) {
        self.in_tools.get_or_insert(place);
    }

    /// Refuses checkpoints that the model does not take. The words for too many, for the order and for
    /// models without a cache are those that users report; the other two are assumptions.
    pub fn check(&self, model: &Model) -> Result<(), WireError> {
        if self.points == 0 {
            return Ok(());
        }
        let Some(rule) = &model.cache else {
            return Err(WireError::new(
                Exception::AccessDenied,
                "You invoked an unsupported model or your request did not allow prompt caching. See the \
                 documentation for more information.",
            ));
        };
        if let Some(place) = self.in_tools.filter(|_| !rule.tools) {
            return Err(WireError::validation(format!(
                "Malformed input request: #/toolConfig/tools/{place}: extraneous key [cachePoint] is not \
                 permitted, please reformat your input and try again."
            )));
        }
        if self.points > rule.max_checkpoints {
            let most = rule.max_checkpoints;
            let found = self.points;
            return Err(WireError::validation(if model.family == Family::Claude {
                format!(
                    "The model returned the following errors: A maximum of {most} blocks with cache_control \
                     may be provided. Found {found}."
                )
            } else {
                format!("A maximum of {most} cache points may be provided. Found {found}.")
            }));
        }
        if self.hours && !rule.one_hour {
            return Err(WireError::validation(
                "The ttl value 1h is not supported for prompt caching with this model.",
            ));
        }
        match &self.disorder {
            Some(path) => Err(WireError::validation(format!(
                "The model returned the following errors: {path}.cache_control.ttl: a ttl='1h' cache_control \
                 block must not come after a ttl='5m' cache_control block. Note that blocks are processed in \
                 the following order: `tools`, `system`, `messages`."
            ))),
            None => Ok(()),
        }
    }
}
