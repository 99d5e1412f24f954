//! The prompt cache: which beginnings of prompts are kept where, and until when.
//!
//! An entry is a prefix that ended at a checkpoint. It belongs to one account, one serving region and
//! one model, lives for its lifetime after it was written or last hit, and can be read once the call
//! that wrote it has begun to answer: calls that come before then write it again, and pay for it.
//!
//! Claude finds the longest kept prefix up to `LOOK_BACK` blocks before a checkpoint; other families
//! only one that ends at a checkpoint. A hit renews the entry by its own lifetime. What is assumed:
//! that prefixes are compared block by block, and that implicit caching keeps every block's end and
//! never misses (the service calls it best effort).
//!
//! Memory is bounded: at [`PromptCache::MOST`] entries the one next to expire goes.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{ModelNo, RegionNo};
use super::quota::AccountNo;
use crate::catalog::{CacheTtl, Family, Model};
use crate::clock::Moment;
use crate::units::TokenUsage;

/// Content blocks before a checkpoint in which a Claude model looks for a kept prefix ("about 20").
const LOOK_BACK: usize = 20;

/// Tokens at the end of a Claude prompt that no checkpoint covers: seen in recorded exchanges, whose
/// `inputTokens` is 3 where the checkpoint stands last.
const CLAUDE_TAIL: u64 = 3;

/// A prompt's beginning up to the end of a block, tools before system before messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixBlock {
    /// Stands for all that was said up to here.
    pub hash: u64,
    /// Tokens up to here.
    pub tokens: u64,
    /// Whether a checkpoint stands behind it, and what lifetime it asks for.
    pub point: Option<CacheTtl>,
}

/// Whose entries, where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shelf {
    /// The account that calls.
    pub account: AccountNo,
    /// The region that serves.
    pub region: RegionNo,
    /// The model.
    pub model: ModelNo,
}

/// An entry's key: its shelf and the hash of its prefix.
type Key = (Shelf, u64);

/// What the cache does for one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Tokens read.
    pub read: u64,
    /// Tokens written and charged as such.
    pub write: u64,
    /// Of those, for an hour.
    pub write_1h: u64,
    /// The block at whose end the prefix that was read ends.
    hit: Option<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing is looked for or kept.
    #[default]
    Off,
    /// By checkpoints.
    Explicit,
    /// Without them, free of charge.
    Implicit,
}

impl Found {
    /// The usage of a call of so many prompt tokens and so long an answer.
    pub const fn usage(&self, input: u64, output: u64) -> TokenUsage {
        TokenUsage {
            input: input.saturating_sub(self.read + self.write),
            output,
            cache_read: self.read,
            cache_write: self.write,
            cache_write_1h: self.write_1h,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    tokens: u64,
    ttl: CacheTtl,
    ready_at: Moment,
    expires_at: Moment,
}

/// A call's prompt, as the cache sees it.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// Where its entries would be.
    pub shelf: Shelf,
    /// The model, for its rule.
    pub model: &'a Model,
    /// The prompt's blocks.
    pub blocks: &'a [PrefixBlock],
}

impl Prompt<'_> {
    const fn key(&self, block: usize) -> Key {
        (self.shelf, self.blocks[block].hash)
    }

    /// The tokens of a prefix, the tail of the whole prompt left out.
    fn tokens(&self, block: usize) -> u64 {
        let tail = if self.model.family == Family::Claude {
            CLAUDE_TAIL
        } else {
            0
        };
        let whole = self.blocks.last().map_or(0, |last| last.tokens);
        self.blocks[block].tokens.min(whole.saturating_sub(tail))
    }

    /// Whether a prefix is long enough, and not too long, to be kept.
    fn is_kept(&self, block: usize) -> bool {
        let tokens = self.tokens(block);
        self.model.cache.as_ref().is_some_and(|rule| {
            tokens >= rule.min_tokens && rule.max_tokens.is_none_or(|most| tokens <= most)
        })
    }

    /// The blocks that end at a checkpoint whose prefix can be kept, in order.
    fn points(&self) -> impl DoubleEndedIterator<Item = (usize, CacheTtl)> + '_ {
        let marked = self.blocks.iter().enumerate();
        marked
            .filter_map(|(place, block)| Some((place, block.point?)))
            .filter(|(place, _)| self.is_kept(*place))
    }
}

/// All entries of all accounts.
#[derive(Debug)]
pub struct PromptCache {
    implicit: bool,
    entries: BTreeMap<Key, Entry>,
    deadlines: BTreeSet<(Moment, Key)>,
}

impl PromptCache {
    /// The most entries that are kept.
    pub const MOST: usize = 50_000;

    /// An empty cache; `implicit`: Claude and Nova prompts are kept without checkpoints too.
    pub fn new(implicit: bool) -> Self {
        Self {
            implicit,
            entries: BTreeMap::new(),
            deadlines: BTreeSet::new(),
        }
    }

    /// What a call at `now` would read and write. Changes nothing but for entries that are over.
    pub fn look(&mut self, now: Moment, prompt: Prompt<'_>) -> Found {
        if prompt.blocks.is_empty() || prompt.model.cache.is_none() {
            return Found::default();
        }
        self.expire(now);
        if prompt.blocks.iter().all(|block| block.point.is_none()) {
            return self.look_unasked(now, prompt);
        }
        let reach = if prompt.model.family == Family::Claude {
            LOOK_BACK
        } else {
            0
        };
        let within = |(point, _): (usize, CacheTtl)| (point.saturating_sub(reach)..=point).rev();
        let hit = (prompt.points().rev().flat_map(within))
            .find_map(|block| Some((block, self.ready(now, prompt, block)?)));
        let read = hit.map_or(0, |(_, tokens)| tokens);
        let up_to = |found: Option<(usize, CacheTtl)>| found.map_or(0, |(block, _)| prompt.tokens(block));
        let whole = up_to(prompt.points().next_back());
        let hours = up_to(prompt.points().rfind(|(_, ttl)| *ttl == CacheTtl::OneHour));
        Found {
            read,
            write: whole.saturating_sub(read),
            write_1h: hours.saturating_sub(read),
            hit: hit.map(|(block, _)| block),
            kind: Kind::Explicit,
        }
    }

    fn look_unasked(&self, now: Moment, prompt: Prompt<'_>) -> Found {
        if !self.implicit || !matches!(prompt.model.family, Family::Claude | Family::Nova) {
            return Found::default();
        }
        let hit = (0..prompt.blocks.len())
            .rev()
            .find_map(|block| Some((block, self.ready(now, prompt, block)?)));
        Found {
            read: hit.map_or(0, |(_, tokens)| tokens),
            hit: hit.map(|(block, _)| block),
            kind: Kind::Implicit,
            ..Found::default()
        }
    }

    /// Renews what a call at `now` hit and keeps what it wrote; that can be read from `ready_at` on.
    pub fn keep(&mut self, now: Moment, ready_at: Moment, prompt: Prompt<'_>, found: &Found) {
        let fresh = found.hit.map_or(0, |hit| hit + 1);
        if let Some(hit) = found.hit {
            self.renew(now, prompt, hit);
        }
        match found.kind {
            Kind::Off => {}
            Kind::Explicit => {
                for (point, ttl) in prompt.points() {
                    if point < fresh {
                        self.renew(now, prompt, point);
                    } else {
                        self.write(now, ready_at, prompt, (point, ttl));
                    }
                }
            }
            Kind::Implicit => {
                let oldest = prompt.blocks.len().saturating_sub(LOOK_BACK);
                for block in fresh.max(oldest)..prompt.blocks.len() {
                    if prompt.is_kept(block) {
                        self.write(now, ready_at, prompt, (block, CacheTtl::FiveMinutes));
                    }
                }
            }
        }
    }

    /// The tokens of a prefix that can be read now.
    fn ready(&self, now: Moment, prompt: Prompt<'_>, block: usize) -> Option<u64> {
        let entry = self.entries.get(&prompt.key(block))?;
        (entry.ready_at <= now).then(|| entry.tokens.min(prompt.blocks[block].tokens))
    }

    fn renew(&mut self, now: Moment, prompt: Prompt<'_>, block: usize) {
        let key = prompt.key(block);
        if let Some(entry) = self.entries.get_mut(&key) {
            self.deadlines.remove(&(entry.expires_at, key));
            entry.expires_at = now + entry.ttl.lasts();
            self.deadlines.insert((entry.expires_at, key));
        }
    }

    fn write(&mut self, now: Moment, ready_at: Moment, prompt: Prompt<'_>, (block, ttl): (usize, CacheTtl)) {
        let key = prompt.key(block);
        let mut entry = Entry {
            tokens: prompt.tokens(block),
            ttl,
            ready_at,
            expires_at: now + ttl.lasts(),
        };
        if let Some(other) = self.entries.get(&key) {
            // Another call is writing the same: whichever answers first makes it readable.
            entry.ready_at = entry.ready_at.min(other.ready_at);
            entry.ttl = entry.ttl.max(other.ttl);
            entry.expires_at = entry.expires_at.max(other.expires_at);
            self.deadlines.remove(&(other.expires_at, key));
        } else if self.entries.len() >= Self::MOST {
            self.drop_next();
        }
        self.deadlines.insert((entry.expires_at, key));
        self.entries.insert(key, entry);
    }

    /// An entry lives through the whole of its lifetime: at its very end it can still be hit.
    fn expire(&mut self, now: Moment) {
        while self.deadlines.first().is_some_and(|(at, _)| *at < now) {
            self.drop_next();
        }
    }

    fn drop_next(&mut self) {
        if let Some((_, key)) = self.deadlines.pop_first() {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
