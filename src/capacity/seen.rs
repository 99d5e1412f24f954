//! A figure with its freshness, or with the reason why there is none.

use serde::Serialize;

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
    /// The service's or the transport's own words, shortened.
    pub words: String,
}

impl Trouble {
    /// A line for a person: what is wrong and what to do.
    pub fn line(&self) -> String {
        let action = &self.action;
        match self.kind {
            TroubleKind::Denied => format!("not allowed: grant {action}"),
            TroubleKind::Credentials => format!("credentials are expired or missing: sign in again ({action})"),
            TroubleKind::ClockSkew => {
                format!("this machine's clock is off by more than five minutes: set it ({action} was refused)")
            }
            TroubleKind::Throttled => format!("the control plane throttles {action}: asked again more slowly"),
            TroubleKind::Name => {
                format!("DNS: the endpoint's name does not resolve, check DNS, VPN and region ({action})")
            }
            TroubleKind::Unreachable => {
                format!("unreachable: no answer from the endpoint, check network and proxy ({action})")
            }
            TroubleKind::Other => format!("{action} failed: {}", self.words),
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
