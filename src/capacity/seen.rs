//! A figure with its freshness, or with the reason why there is none.

use serde::Serialize;

use crate::bedrock::account::{self, ReadProblem};

/// Why something could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// A policy denies the action.
    Denied,
    /// The credentials are over, or there are none.
    Credentials,
    /// The machine's clock is off.
    ClockSkew,
    /// The service takes no more requests now.
    Throttled,
    /// The endpoint's name does not resolve.
    Name,
    /// Nothing answers.
    Unreachable,
    /// Anything else.
    Other,
}

/// What went wrong with a read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// What sort it is.
    pub kind: TroubleKind,
    /// The IAM action that the read needs, `cloudwatch:GetMetricData`.
    pub action: String,
    /// What is wrong and what to do, in a sentence.
    pub words: String,
}

impl Trouble {
    /// A line for a person: what is wrong and what to do.
    pub fn line(&self) -> String {
        match self.kind {
            TroubleKind::Denied => self.words.clone(),
            _ => format!("{} ({})", self.words, self.action),
        }
    }

    /// Whether the whole region is dark rather than one read refused.
    pub const fn is_of_region(&self) -> bool {
        matches!(
            self.kind,
            TroubleKind::Credentials | TroubleKind::ClockSkew | TroubleKind::Name | TroubleKind::Unreachable
        )
    }
}

impl From<ReadProblem> for Trouble {
    fn from(problem: ReadProblem) -> Self {
        use account::Trouble as Of;
        // A service that finds a signature's date wrong says so only in its words.
        let is_skew = ["Signature expired", "Signature not yet current"]
            .iter()
            .any(|words| problem.message.starts_with(words));
        let trouble = if is_skew { Of::ClockSkew } else { problem.trouble };
        let kind = match &trouble {
            Of::Denied(_) => TroubleKind::Denied,
            Of::Expired | Of::Unknown | Of::NoCredentials => TroubleKind::Credentials,
            Of::ClockSkew => TroubleKind::ClockSkew,
            Of::Throttled => TroubleKind::Throttled,
            Of::NoSuchHost => TroubleKind::Name,
            Of::Unreachable | Of::Late => TroubleKind::Unreachable,
            Of::HeldBack | Of::Service(_) | Of::Other => TroubleKind::Other,
        };
        let words = match (&trouble, problem.message.as_str()) {
            (Of::Service(_) | Of::Other, message) if !message.is_empty() => format!("{trouble}: {message}"),
            _ => trouble.to_string(),
        };
        Self {
            kind,
            action: problem.action.to_owned(),
            words,
        }
    }
}

/// Something that is read again and again: its last value, when that was read, and what is wrong now.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<T> {
    /// The last value that was read.
    pub value: Option<T>,
    /// When, in seconds since 1970.
    pub as_of: Option<i64>,
    /// Why the last read failed; `None`: it did not.
    pub trouble: Option<Trouble>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self {
            value: None,
            as_of: None,
            trouble: None,
        }
    }
}

impl<T> Seen<T> {
    /// A value read at a moment.
    pub const fn at(value: T, as_of: i64) -> Self {
        Self {
            value: Some(value),
            as_of: Some(as_of),
            trouble: None,
        }
    }

    /// Takes what a read gave. A failed one leaves the old value, with its age.
    pub fn take(&mut self, read: Result<T, Trouble>, at: i64) {
        match read {
            Ok(value) => *self = Self::at(value, at),
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    /// Seconds since it was read.
    pub fn age(&self, now: i64) -> Option<i64> {
        self.as_of.map(|as_of| (now - as_of).max(0))
    }
}
