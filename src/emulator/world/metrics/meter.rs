//! The metrics that Bedrock publishes of its calls: namespace `AWS/Bedrock`, dimension `ModelId`.
//!
//! Which call counts where (`docs/emulator.md` has the sources):
//! - a throttled call (429) only in `InvocationThrottles`, every attempt of a client by itself;
//! - another refused call in `InvocationClientErrors` (4xx) or `InvocationServerErrors` (5xx);
//! - a call that was served in `Invocations`, with its tokens and latencies, in the minute it ended;
//! - a call that met a dead endpoint, or a fault of the client's own making, nowhere.
//!
//! `ModelId` is the identifier that was called, so a model appears under as many as it has. An ARN of
//! a model or system profile counts under its identifier, one of provisioned units or of an application
//! profile under itself (assumptions).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::samples::Samples;
use super::series::{Kept, Series};
use crate::emulator::world::index::{RegionNo, TargetNo};
use crate::emulator::world::quota::AccountNo;
use crate::units::TokenUsage;

/// The namespace.
pub const NAMESPACE: &str = "AWS/Bedrock";
/// The dimension.
pub const DIMENSION: &str = "ModelId";

/// What was called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Called {
    /// A model or a profile of the catalogue.
    Target(TargetNo),
    /// Provisioned units or an application profile, by their ARN.
    Arn(Arc<str>),
}

/// Whose call, where, of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeterKey {
    /// The account.
    pub account: AccountNo,
    /// The region called: a profile's calls count in their source region.
    pub region: RegionNo,
    /// What was called.
    pub called: Called,
}

/// A call that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// 429.
    Throttled,
    /// Another 4xx.
    ClientError,
    /// 5xx.
    ServerError,
}

/// A call that was served and is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Served {
    /// What it used.
    pub usage: TokenUsage,
    /// What it was charged against the tokens-per-minute quota.
    pub charged: u64,
    /// From its arrival to its last token, in milliseconds.
    pub latency_ms: f64,
    /// From its arrival to its first token, of a stream that ended well.
    pub first_token_ms: Option<f64>,
}

/// A minute of calls of one identifier.
#[derive(Clone, Debug, Default)]
pub struct Row {
    invocations: u64,
    throttles: u64,
    client_errors: u64,
    server_errors: u64,
    charged: u64,
    latency: Samples,
    first_token: Samples,
    input: Samples,
    output: Samples,
    cache_read: Samples,
    cache_write: Samples,
}

impl Kept for Row {
    fn absorb(&mut self, other: Self) {
        self.invocations += other.invocations;
        self.throttles += other.throttles;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        self.charged += other.charged;
        for (samples, others) in [
            (&mut self.latency, &other.latency),
            (&mut self.first_token, &other.first_token),
            (&mut self.input, &other.input),
            (&mut self.output, &other.output),
            (&mut self.cache_read, &other.cache_read),
            (&mut self.cache_write, &other.cache_write),
        ] {
            samples.merge(others);
        }
    }
}

/// A metric of Bedrock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Published {
    /// Calls served.
    Invocations,
    /// From request to last token.
    InvocationLatency,
    /// 4xx but for throttles.
    InvocationClientErrors,
    /// 5xx.
    InvocationServerErrors,
    /// 429.
    InvocationThrottles,
    /// Prompt tokens that no cache held.
    InputTokenCount,
    /// Generated tokens.
    OutputTokenCount,
    /// Prompt tokens read from the cache.
    CacheReadInputTokenCount,
    /// Prompt tokens written to the cache.
    CacheWriteInputTokenCount,
    /// From request to first token.
    TimeToFirstToken,
    /// Tokens a minute after burndown; the reservation at a call's start is not in it.
    EstimatedTpmQuotaUsage,
}

impl Published {
    /// Every metric, with its name and unit.
    pub const TABLE: [(Self, &'static str, &'static str); 11] = [
        (
            Self::CacheReadInputTokenCount,
            "CacheReadInputTokenCount",
            "Count",
        ),
        (
            Self::CacheWriteInputTokenCount,
            "CacheWriteInputTokenCount",
            "Count",
        ),
        (Self::EstimatedTpmQuotaUsage, "EstimatedTPMQuotaUsage", "Count"),
        (Self::InputTokenCount, "InputTokenCount", "Count"),
        (Self::InvocationClientErrors, "InvocationClientErrors", "Count"),
        (Self::InvocationLatency, "InvocationLatency", "Milliseconds"),
        (Self::InvocationServerErrors, "InvocationServerErrors", "Count"),
        (Self::InvocationThrottles, "InvocationThrottles", "Count"),
        (Self::Invocations, "Invocations", "Count"),
        (Self::OutputTokenCount, "OutputTokenCount", "Count"),
        (Self::TimeToFirstToken, "TimeToFirstToken", "Milliseconds"),
    ];

    /// A metric by its name, with its unit.
    pub fn named(name: &str) -> Option<(Self, &'static str)> {
        let row = Self::TABLE.iter().find(|(_, known, _)| *known == name);
        row.map(|(metric, _, unit)| (*metric, *unit))
    }

    /// Whether a row has any of it.
    pub fn is_in(self, row: &Row) -> bool {
        match self {
            Self::Invocations => row.invocations > 0,
            Self::InvocationThrottles => row.throttles > 0,
            Self::InvocationClientErrors => row.client_errors > 0,
            Self::InvocationServerErrors => row.server_errors > 0,
            Self::InvocationLatency => !row.latency.is_empty(),
            Self::TimeToFirstToken => !row.first_token.is_empty(),
            Self::InputTokenCount => !row.input.is_empty(),
            Self::OutputTokenCount => !row.output.is_empty(),
            Self::CacheReadInputTokenCount => !row.cache_read.is_empty(),
            Self::CacheWriteInputTokenCount => !row.cache_write.is_empty(),
            Self::EstimatedTpmQuotaUsage => row.charged > 0,
        }
    }

    /// Its samples in a row. One call is one sample; the quota's use is one sample a minute, so that
    /// both its sum and its maximum over a minute are the tokens of that minute.
    pub fn of(self, row: &Row) -> Samples {
        let counted = |count: u64| Samples::repeated(1.0, count as f64);
        match self {
            Self::Invocations => counted(row.invocations),
            Self::InvocationThrottles => counted(row.throttles),
            Self::InvocationClientErrors => counted(row.client_errors),
            Self::InvocationServerErrors => counted(row.server_errors),
            Self::InvocationLatency => row.latency.clone(),
            Self::TimeToFirstToken => row.first_token.clone(),
            Self::InputTokenCount => row.input.clone(),
            Self::OutputTokenCount => row.output.clone(),
            Self::CacheReadInputTokenCount => row.cache_read.clone(),
            Self::CacheWriteInputTokenCount => row.cache_write.clone(),
            Self::EstimatedTpmQuotaUsage if row.charged == 0 => Samples::default(),
            Self::EstimatedTpmQuotaUsage => Samples::repeated(row.charged as f64, 1.0),
        }
    }
}

/// All calls, by identifier and minute.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    rows: BTreeMap<MeterKey, Series<Row>>,
}

impl Meter {
    /// Identifiers that are told apart; calls of later ones are not metered. The catalogue has far
    /// fewer in one region.
    const MOST: usize = 10_000;

    /// A call was refused at a moment.
    pub fn refuse(&mut self, key: MeterKey, at: i64, turned: Turned) {
        if let Some(row) = self.row(key, at) {
            *match turned {
                Turned::Throttled => &mut row.throttles,
                Turned::ClientError => &mut row.client_errors,
                Turned::ServerError => &mut row.server_errors,
            } += 1;
        }
    }

    /// A call that was served ended at a moment.
    pub fn serve(&mut self, key: MeterKey, at: i64, served: &Served) {
        let Some(row) = self.row(key, at) else { return };
        row.invocations += 1;
        row.charged += served.charged;
        row.latency.add(served.latency_ms, 1.0);
        if let Some(first_token) = served.first_token_ms {
            row.first_token.add(first_token, 1.0);
        }
        let usage = served.usage;
        row.input.add(usage.input as f64, 1.0);
        row.output.add(usage.output as f64, 1.0);
        for (samples, tokens) in [
            (&mut row.cache_read, usage.cache_read),
            (&mut row.cache_write, usage.cache_write),
        ] {
            if tokens > 0 {
                samples.add(tokens as f64, 1.0);
            }
        }
    }

    /// What was called of an account in a region.
    pub fn called(
        &self,
        account: AccountNo,
        region: RegionNo,
    ) -> impl Iterator<Item = (&Called, &Series<Row>)> {
        let is_here = move |key: &&MeterKey| key.account == account && key.region == region;
        let keys = self.rows.keys().filter(is_here);
        keys.filter_map(|key| Some((&key.called, self.rows.get(key)?)))
    }

    /// The calls of one identifier.
    pub fn series(&self, key: &MeterKey) -> Option<&Series<Row>> {
        self.rows.get(key)
    }

    fn row(&mut self, key: MeterKey, at: i64) -> Option<&mut Row> {
        if self.rows.len() >= Self::MOST && !self.rows.contains_key(&key) {
            return None;
        }
        Some(self.rows.entry(key).or_default().at(at))
    }
}
