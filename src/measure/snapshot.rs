//! What there is to see at one moment. Everything the screen, the headless run, the report and
//! the verdict show comes from here; none of them looks behind it.
//!
//! A snapshot is cheap to share (`Arc` within) and never changes once published.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::event::{ArmId, BreakerState, FailureKind, FaultId, Route, ShotId, ShotRecord};
use crate::fault::FaultPlan;
use crate::names::{ArmKey, PatternKey, Region};
use crate::units::{TokenUsage, Usd};

pub use super::evidence::{Evidence, PhaseCounts, PhaseLag};
pub use super::special::SpecialView;

/// All there is to see at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Moment,
    /// The same, as a date.
    pub wall: Timestamp,
    /// What the run is.
    pub run: Arc<RunInfo>,
    /// The phase's name: a key of [`crate::event::Phase`].
    pub phase: String,
    /// Whether arrivals are stopped by request.
    pub paused: bool,
    /// Whether the run is over.
    pub finished: bool,
    /// Shots a second asked for, over all arms that are on.
    pub asked_rate: f64,
    /// Shots a second that were sent and ended in the last ten seconds.
    pub achieved_rate: f64,
    /// Shots in flight.
    pub in_flight: u64,
    /// Shots waiting before the concurrency cap.
    pub queued: u64,
    /// The cap on shots in flight.
    pub concurrency_cap: u64,
    /// Whether the run is recorded.
    pub recording: Recording,
    /// Money.
    pub spend: Spend,
    /// Whether the figures may be believed.
    pub honesty: Honesty,
    /// Patterns in the order of the run, each with its arms.
    pub patterns: Vec<PatternSnapshot>,
    /// Faults in force or to come, in the order of their numbers.
    pub faults: Vec<FaultStatus>,
    /// Vertical lines for every time chart, oldest first; bounded.
    pub markers: Arc<Vec<Marker>>,
    /// The event log, oldest first; bounded.
    pub log: Arc<Vec<LogEntry>>,
    /// Which way of calling survives which fault.
    pub survival: Arc<SurvivalMatrix>,
    /// Marks of the newest fault, per arm.
    pub scorecard: Option<Arc<Scorecard>>,
    /// What a verdict is made from; brought up to date once a second.
    pub evidence: Arc<Evidence>,
}

/// Whether a run is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recording {
    /// Nobody asked for it, or it could not be begun.
    #[default]
    Off,
    /// Everything so far.
    On,
    /// It goes on, and some of the run is missing: the recorder could not keep up.
    Incomplete,
    /// It has ended before the run; the log says why.
    Stopped,
}

/// What stays the same for the whole run.
#[derive(Clone, Debug, Serialize)]
pub struct RunInfo {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about, in a sentence or two.
    pub description: String,
    /// The target, never hidden: `local emulator`, `aws 1234…`.
    pub target: String,
    /// The seed.
    pub seed: u64,
    /// Whether time is virtual.
    pub virtual_time: bool,
    /// How long it runs; `None`: until it is stopped.
    pub duration: Option<Duration>,
    /// Assumptions of the catalogue and the emulator that the figures stand on, a line each.
    pub assumptions: Vec<String>,
}

/// Money spent and allowed.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spend {
    /// Spent so far, at catalogue prices; on the emulator: what it would have cost on AWS.
    pub spent: Usd,
    /// Held back for calls under way, at their worst case; zero without a cap.
    pub reserved: Usd,
    /// The most that may be spent.
    pub cap: Option<Usd>,
}

/// Whether the generator kept its schedule and nothing was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Honesty {
    /// Schedule lag over the last ten seconds, median.
    pub lag_p50: Duration,
    /// Schedule lag over the last ten seconds, 99th percentile.
    pub lag_p99: Duration,
    /// Events lost because the fold could not keep up, over the whole run.
    pub lost_events: u64,
    /// Whether the schedule is kept: lag p99 within the limit `docs/measurement.md` states.
    pub on_time: bool,
}

/// A pattern.
#[derive(Clone, Debug, Serialize)]
pub struct PatternSnapshot {
    /// Its key, `cross-region`.
    pub key: PatternKey,
    /// Whether its traffic is on.
    pub on: bool,
    /// Its ways of calling, in the order of the panel.
    pub arms: Vec<ArmSnapshot>,
    /// Dials of its own, in the order of the panel.
    pub tunes: Vec<TuneView>,
    /// What only this pattern shows.
    pub special: Option<Arc<SpecialView>>,
}

/// A dial of a pattern's own, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuneView {
    /// Its key in commands.
    pub key: Cow<'static, str>,
    /// Its name, `quality difference`.
    pub label: Cow<'static, str>,
    /// The unit shown behind the value, `%`; empty for a plain number.
    pub unit: Cow<'static, str>,
    /// The least it can be set to.
    pub least: f64,
    /// The most it can be set to.
    pub most: f64,
    /// One press of a key.
    pub step: f64,
    /// Where it stands.
    pub value: f64,
}

/// One way of calling.
#[derive(Clone, Debug, Serialize)]
pub struct ArmSnapshot {
    /// Its number in the run.
    pub id: ArmId,
    /// Its key, `geo profile`.
    pub key: ArmKey,
    /// What it calls, in words: `us.amazon.nova-micro-v1:0 at us-east-1`.
    pub about: String,
    /// Its chain of routes, the preferred first.
    pub chain: Vec<HopSnapshot>,
    /// Shots a second asked for.
    pub asked_rate: f64,
    /// Shots in flight.
    pub in_flight: u64,
    /// Since the run began.
    pub total: Counts,
    /// Over the last ten seconds.
    pub recent: Counts,
    /// Latency over the last ten seconds.
    pub window: LatencyView,
    /// Latency of the steady state before the newest fault, for the histogram's outline.
    pub baseline: Option<Arc<Histogram>>,
    /// Latency since the run began.
    pub overall: LatencyView,
    /// Mean split of the last ten seconds' latency, successes only.
    pub split: SplitView,
    /// Where calls were served in the last ten seconds, by region, in calls. Empty where the
    /// service does not tell.
    pub served_in: BTreeMap<Region, u64>,
    /// The regions that [`Point::served`] counts by, in the order of their first answer; at most
    /// [`Point::REGIONS`], those after them are counted in `served_in` alone.
    pub regions: Arc<Vec<Region>>,
    /// One point a second, oldest first; bounded. The last point is the newest whole second.
    pub timeline: Timeline,
}

/// Counts of shots and attempts over some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Shots whose end fell in this time, shed ones included.
    pub intended: u64,
    /// Shots answered in full.
    pub succeeded: u64,
    /// Shots given up.
    pub failed: u64,
    /// Shots never sent because the cap and its queue were full.
    pub shed: u64,
    /// Wire calls.
    pub attempts: u64,
    /// Wire calls answered with a throttle.
    pub throttled_attempts: u64,
    /// Shots that met at least one throttle.
    pub throttled_shots: u64,
    /// Failovers.
    pub failovers: u64,
    /// Failed shots by kind.
    pub failures: BTreeMap<FailureKind, u64>,
    /// Tokens.
    pub usage: TokenUsage,
    /// Money.
    pub cost: Usd,
}

impl Counts {
    /// Successes over intended shots, shed ones counted against it; `None` without shots.
    pub fn availability(&self) -> Option<f64> {
        (self.intended > 0).then(|| self.succeeded as f64 / self.intended as f64)
    }

    /// Throttled attempts over attempts.
    pub fn throttle_share(&self) -> Option<f64> {
        (self.attempts > 0).then(|| self.throttled_attempts as f64 / self.attempts as f64)
    }

    /// Wire calls for each shot that was sent.
    pub fn amplification(&self) -> Option<f64> {
        let sent = self.intended - self.shed;
        (sent > 0).then(|| self.attempts as f64 / sent as f64)
    }
}

/// Latency on three clocks, successes only.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LatencyView {
    /// From the intended time, with the histogram to draw.
    pub intended: Arc<Histogram>,
    /// From the send.
    pub sent: Percentiles,
    /// Time to first token, streams only.
    pub first_token: Percentiles,
}

/// Percentiles of a histogram; all `None` when nothing was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Recorded values.
    pub count: u64,
    /// Median.
    pub p50: Option<Duration>,
    /// 90th percentile.
    pub p90: Option<Duration>,
    /// 99th percentile.
    pub p99: Option<Duration>,
    /// 99.9th percentile.
    pub p999: Option<Duration>,
    /// Largest.
    pub max: Option<Duration>,
}

/// A histogram with logarithmic bars, made from an HdrHistogram.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Histogram {
    /// Percentiles of the same values.
    pub percentiles: Percentiles,
    /// Counts in bars of equal width on a logarithmic axis: bar `i` covers
    /// `1 ms * 10^(i/20)` up to the next; the first bar holds everything below too. Trailing
    /// zero bars are left out.
    pub bars: Vec<u64>,
}

impl Histogram {
    /// Bars in a factor of ten.
    pub const BARS_PER_DECADE: usize = 20;
    /// The left edge of the first bar.
    pub const ORIGIN: Duration = Duration::from_millis(1);
}

/// The mean split of latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SplitView {
    /// Schedule lag.
    pub lag: Duration,
    /// Queue before the concurrency cap.
    pub queue: Duration,
    /// Failed attempts.
    pub attempts: Duration,
    /// Back-off.
    pub backoff: Duration,
    /// Last attempt up to its first token.
    pub first_token: Duration,
    /// Last attempt after its first token.
    pub stream: Duration,
}

/// One route of an arm's chain.
#[derive(Clone, Debug, Serialize)]
pub struct HopSnapshot {
    /// Where it goes.
    pub route: Arc<Route>,
    /// Attempts in the last ten seconds.
    pub attempts: u64,
    /// Of those, served.
    pub served: u64,
    /// Of those, failed.
    pub failed: u64,
    /// The most frequent failure among them.
    pub main_failure: Option<FailureKind>,
    /// Its breaker, where it has one.
    pub breaker: Option<BreakerView>,
}

/// A breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BreakerView {
    /// Its state.
    pub state: BreakerState,
    /// Since when.
    pub since: Moment,
}

/// One second of one arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// The second it covers, from the start of the run.
    pub second: u64,
    /// Shots that ended.
    pub intended: u32,
    /// Of those, answered in full.
    pub succeeded: u32,
    /// Of those, shed.
    pub shed: u32,
    /// Throttled attempts.
    pub throttled: u32,
    /// Attempts.
    pub attempts: u32,
    /// Failovers.
    pub failovers: u32,
    /// Median latency from the intended time, milliseconds; NaN is never stored.
    pub p50_ms: Option<f32>,
    /// 99th percentile.
    pub p99_ms: Option<f32>,
    /// Median time to first token.
    pub first_token_ms: Option<f32>,
    /// Prompt tokens read from the cache.
    pub cache_read: u32,
    /// Prompt tokens written to the cache.
    pub cache_write: u32,
    /// Prompt tokens in all.
    pub prompt: u32,
    /// Calls served, by the place of the serving region in [`ArmSnapshot::regions`]; saturates.
    pub served: [u16; Point::REGIONS],
}

impl Point {
    /// Regions of one arm that are counted second by second.
    pub const REGIONS: usize = 12;
}

/// Seconds, oldest first, in shared chunks, so that a clone is cheap for ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// Full chunks.
    pub chunks: Vec<Arc<Vec<Point>>>,
    /// The chunk that still grows.
    pub open: Arc<Vec<Point>>,
}

impl Timeline {
    /// The points, oldest first.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = &Point> {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.iter())
            .chain(self.open.iter())
    }
}

/// What a vertical line on the charts stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MarkerKind {
    /// ▼
    FaultBegan,
    /// ▲
    FaultEnded,
    /// ⇄, the first of a run of failovers
    FailedOver,
    /// ●
    BreakerOpened,
    /// ◐
    BreakerHalfOpened,
    /// ○
    BreakerClosed,
    /// ↕
    DialTurned,
    /// A phase began.
    Phase,
}

/// A vertical line on every time chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Marker {
    /// When.
    pub at: Moment,
    /// What.
    pub kind: MarkerKind,
    /// The arm it belongs to; `None`: all.
    pub arm: Option<ArmId>,
    /// Its name, short.
    pub label: String,
}

/// A line of the event log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogEntry {
    /// Its number, from zero, never used twice.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// What sort of line.
    pub kind: LogKind,
    /// The pattern it belongs to; `None`: the run.
    pub pattern: Option<PatternKey>,
    /// The line.
    pub text: String,
    /// The shot whose attempt tree can be opened from it.
    pub shot: Option<ShotId>,
    /// That tree, where the shot is over.
    pub record: Option<Arc<ShotRecord>>,
    /// How many alike happened and were folded into this line.
    pub times: u64,
}

/// Sorts of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum LogKind {
    /// A marker's fact.
    Marker(MarkerKind),
    /// A shot failed.
    ShotFailed(FailureKind),
    /// Shots were shed.
    Shed,
    /// Anything else.
    Note,
}

/// A fault in force or to come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultStatus {
    /// What was asked for.
    pub plan: FaultPlan,
    /// In a few words.
    pub label: String,
    /// How long it still lasts (or, before it begins, all of its time).
    pub remaining: Duration,
    /// Its strength now, `0.0..=1.0`.
    pub strength: f64,
    /// Whether it has begun.
    pub active: bool,
}

impl FaultStatus {
    /// Its number.
    pub fn id(&self) -> FaultId {
        self.plan.id
    }
}

/// Ways of calling against kinds of fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SurvivalMatrix {
    /// Fault kinds that were tried, in the order of their first try.
    pub faults: Vec<String>,
    /// A row for each arm of the run.
    pub rows: Vec<SurvivalRow>,
}

/// One way of calling.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurvivalRow {
    /// The pattern.
    pub pattern: PatternKey,
    /// The arm.
    pub arm: ArmKey,
    /// Its number.
    pub id: ArmId,
    /// One cell for each fault kind.
    pub cells: Vec<SurvivalCell>,
}

/// Shots intended while a kind of fault was in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SurvivalCell {
    /// Shots that are over.
    pub intended: u64,
    /// Of those, answered in full.
    pub succeeded: u64,
}

impl SurvivalCell {
    /// The share that was answered in full.
    pub fn share(&self) -> Option<f64> {
        (self.intended > 0).then(|| self.succeeded as f64 / self.intended as f64)
    }
}

/// How each arm came through the newest fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scorecard {
    /// The fault.
    pub fault: FaultId,
    /// Its label.
    pub label: String,
    /// When it began.
    pub began_at: Moment,
    /// Whether it is still in force.
    pub active: bool,
    /// One row for each arm.
    pub rows: Vec<Score>,
}

/// How one arm came through a fault. Definitions stand in `docs/measurement.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// The arm.
    pub arm: ArmId,
    /// From the fault's first millisecond to the first attempt that failed.
    pub detect: Option<Duration>,
    /// From that failure to the first attempt on another route.
    pub switch: Option<Duration>,
    /// From the fault's first millisecond until shots succeeded again, lastingly.
    pub recover: Option<Duration>,
    /// Shots intended since it began that were lost.
    pub lost: u64,
    /// Shots intended since it began that are over.
    pub intended: u64,
    /// Tokens that were generated and thrown away.
    pub wasted_tokens: u64,
    /// Cost beyond the answers that counted.
    pub extra_cost: Usd,
    /// The same as a part of all that those shots cost.
    pub extra_share: Option<f64>,
    /// Wire calls for each shot sent.
    pub amplification: Option<f64>,
    /// Wire calls for each call of a hop: the SDK's retries.
    pub sdk_amplification: Option<f64>,
    /// Calls of hops for each shot sent: the chain's.
    pub chain_amplification: Option<f64>,
    /// Upstream calls for each answer of a gateway while the fault was in force, as it claims them.
    pub gateway_amplification: Option<f64>,
    /// Shots of which more than one attempt was, or may have been, served or billed.
    pub served_twice: u64,
    /// Whether most answers of any second came by another route than the preferred one.
    pub went_away: bool,
    /// From the fault's end until most answers came by the preferred route again.
    pub fail_back: Option<Duration>,
    /// Changes of the route beyond the first away and the first back.
    pub flaps: u64,
    /// Openings of breakers that had opened before.
    pub reopenings: u64,
    /// Prompt tokens read from a cache over all of them, before the fault; `None`: nothing was cached.
    pub cache_before: Option<f64>,
    /// The same of the shots that count for it.
    pub cache_since: Option<f64>,
}
