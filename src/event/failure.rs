//! The kinds of failure, in one table that feeds labels, colours, policies and verdicts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a kind of failure is to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// The service asked to slow down.
    Strained,
    /// Something is broken.
    Broken,
    /// The request itself is wrong: no retry and no other region helps.
    Caller,
}

/// One row of the failure table.
#[derive(Clone, Copy, Debug)]
pub struct FailureRow {
    /// The kind.
    pub kind: FailureKind,
    /// Its key in scenarios, JSON and reports.
    pub key: &'static str,
    /// At most eleven characters for a log line.
    pub label: &'static str,
    /// How it is coloured.
    pub severity: Severity,
    /// Whether another attempt, now or elsewhere, can help.
    pub transient: bool,
}

/// Defines the kinds and their table in one place.
macro_rules! failures {
    ($($(#[$doc:meta])* $kind:ident, $key:literal, $label:literal, $severity:ident, $transient:literal;)*) => {
        /// What kind of failure an attempt or a shot met.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum FailureKind {
            $($(#[$doc])* $kind,)*
        }

        impl FailureKind {
            /// Every kind, in the order of the enum.
            pub const TABLE: &'static [FailureRow] = &[
                $(FailureRow {
                    kind: Self::$kind,
                    key: $key,
                    label: $label,
                    severity: Severity::$severity,
                    transient: $transient,
                },)*
            ];
        }
    };
}

failures! {
    /// 429 `ThrottlingException`: a quota or the shared pool.
    Throttled, "throttled", "429", Strained, true;
    /// 429 `ModelNotReadyException`: the model is cold.
    NotReady, "not-ready", "not ready", Strained, true;
    /// 503 `ServiceUnavailableException`: not a quota.
    Unavailable, "unavailable", "503", Broken, true;
    /// 500 `InternalServerException`.
    Internal, "internal", "500", Broken, true;
    /// 408 `ModelTimeoutException`.
    ModelTimeout, "model-timeout", "408", Broken, true;
    /// 424 `ModelErrorException` or `ModelStreamErrorException`.
    ModelError, "model-error", "424", Broken, true;
    /// The connection was refused, reset or could not be made.
    Connection, "connection", "refused", Broken, true;
    /// No answer within the attempt's time.
    Timeout, "timeout", "timeout", Broken, true;
    /// The stream ended without `messageStop`, or broke off.
    StreamCut, "stream-cut", "cut stream", Broken, true;
    /// The stream fell silent for longer than the idle timeout.
    StreamIdle, "stream-idle", "idle stream", Broken, true;
    /// The shot's deadline came before an answer.
    Deadline, "deadline", "deadline", Broken, false;
    /// Every hop's breaker was open: nothing was sent.
    BreakerOpen, "breaker-open", "breaker", Broken, true;
    /// The retry budget was empty.
    BudgetEmpty, "budget-empty", "no budget", Broken, false;
    /// The spend cap leaves no room for another call: nothing was sent.
    SpendCap, "spend-cap", "spend cap", Caller, false;
    /// 400 `ValidationException`.
    Validation, "validation", "400", Caller, false;
    /// 403 `AccessDeniedException`, or credentials the service does not take.
    Denied, "denied", "403", Caller, false;
    /// 404 `ResourceNotFoundException`.
    NotFound, "not-found", "404", Caller, false;
    /// 400 `ServiceQuotaExceededException`.
    QuotaExceeded, "quota-exceeded", "quota", Caller, false;
    /// An answer the table does not know.
    Other, "other", "other", Broken, false;
}

impl FailureKind {
    /// The kind's row.
    pub fn row(self) -> &'static FailureRow {
        // The macro writes the rows in the order of the enum; a test holds it.
        &Self::TABLE[self as usize]
    }

    /// The kind with this key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.key == key).map(|row| row.kind)
    }

    /// The key in scenarios, JSON and reports.
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// A word for a log line.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// Whether another attempt, now or elsewhere, can help.
    pub fn is_transient(self) -> bool {
        self.row().transient
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// A failure with the service's own words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The service's error code, where there was one.
    pub code: Option<String>,
    /// The service's message, or the transport's.
    pub message: String,
}

impl Failure {
    /// A failure that has no answer of the service behind it.
    pub fn local(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_finds_its_own_row() {
        for row in FailureKind::TABLE {
            assert_eq!(row.kind.row().key, row.key);
            assert!(row.label.len() <= 11, "{} is too wide for the log", row.label);
            let json = serde_json::to_string(&row.kind).expect("a key");
            assert_eq!(json, format!("\"{}\"", row.key), "serde and the table agree");
        }
    }
}
