//! Prompt caching as the field offers it: the lifetimes of an entry.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a cache entry lives after it was written or last hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CacheTtl {
    /// Five minutes: what a checkpoint gets that says nothing.
    #[default]
    #[serde(rename = "5m")]
    FiveMinutes,
    /// An hour, where offered, at a higher price for writing.
    #[serde(rename = "1h")]
    OneHour,
}

impl CacheTtl {
    /// Both, the shorter first.
    pub const ALL: [Self; 2] = [Self::FiveMinutes, Self::OneHour];

    /// Its word on the wire and in scenarios.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::OneHour => "1h",
        }
    }

    /// What a word stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ttl| ttl.word() == word)
    }

    /// The time itself.
    pub const fn lasts(self) -> Duration {
        match self {
            Self::FiveMinutes => Duration::from_secs(300),
            Self::OneHour => Duration::from_secs(3600),
        }
    }
}
