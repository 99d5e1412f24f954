//! The poller: reads an account part by part, each at its own pace, all regions at once.
//!
//! Owns all reading; decides nothing. A part that fails keeps its last value with its age, and is read
//! again soon; a region that is down delays no other. Runs on the thread of its caller
//! ([`poll_once`]) or on one of its own ([`watch`]), and tells what it knows after every answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch as channel;

use super::observed::{
    AlarmSeen, BatchSeen, Identifier, JobSeen, MINUTE, Metric, Minutes, Observation, OwnProfile, QuotaSeen,
    RegionSeen, UnitsSeen,
};
use super::report::{Capacity, report};
use super::seen::{Seen, Trouble, TroubleKind};
use crate::bedrock::account::{Account, MetricAsk};
use crate::bedrock::target::Target;
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::names::Region;

/// Metrics of the calls, and of batch.
const NAMESPACE: &str = "AWS/Bedrock";
const BATCH: &str = "AWS/Bedrock/Batch";
const PENDING: &str = "NumberOfRecordsPendingProcessing";
const PROCESSED: [&str; 2] = [
    "NumberOfInputTokensProcessedPerMinute",
    "NumberOfOutputTokensProcessedPerMinute",
];
/// How far back the first reading goes, and what every later one reads again: CloudWatch may complete
/// a minute late.
const HISTORY: i64 = 3 * 3_600;
const AGAIN: i64 = 15 * 60;
/// Identifiers of a region that are read at most: each costs up to eighteen metrics a minute.
const MOST_IDS: usize = 120;
/// A read that failed is tried again after this; one that is denied, or throttled, later.
const RETRY: Duration = Duration::from_secs(8);
const RETRY_LATER: Duration = Duration::from_secs(30);

/// What is polled.
#[derive(Clone, Debug)]
pub struct PollPlan {
    /// Whose account.
    pub target: Target,
    /// Where, in the order shown.
    pub regions: Vec<Region>,
    /// Only models whose identifier or name holds this.
    pub model: Option<String>,
    /// What there is.
    pub catalog: Arc<Catalog>,
}

/// A part of a region, each read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Metrics,
    Applied,
    Alarms,
    Jobs,
    Units,
    Profiles,
    Batch,
    Defaults,
}

impl Part {
    /// The most telling first. Quotas hardly change, so they are kept for long.
    const ALL: [(Self, Duration); 8] = [
        (Self::Metrics, Duration::from_secs(60)),
        (Self::Applied, Duration::from_secs(900)),
        (Self::Alarms, Duration::from_secs(60)),
        (Self::Jobs, Duration::from_secs(60)),
        (Self::Units, Duration::from_secs(300)),
        (Self::Profiles, Duration::from_secs(300)),
        (Self::Batch, Duration::from_secs(60)),
        (Self::Defaults, Duration::from_secs(3_600)),
    ];
}

/// What a read gave.
enum Got {
    Account(Result<String, Trouble>),
    Metrics(Result<MetricsRead, Trouble>),
    Applied(Result<Vec<QuotaSeen>, Trouble>),
    Defaults(Result<Vec<QuotaSeen>, Trouble>),
    Profiles(Result<Vec<OwnProfile>, Trouble>),
    Units(Result<Vec<UnitsSeen>, Trouble>),
    Jobs(Result<Vec<JobSeen>, Trouble>),
    Alarms(Result<Vec<AlarmSeen>, Trouble>),
    Batch(Result<Vec<BatchSeen>, Trouble>),
}

/// Metrics as they were read: since when, and of how many queries.
struct MetricsRead {
    identifiers: Vec<Identifier>,
    read: u64,
}

type Reading = LocalBoxFuture<'static, (usize, Option<Part>, Got)>;

/// The poller of one account on one runtime.
pub struct Poll {
    account: Account,
    plan: PollPlan,
    clock: Clock,
    seen: Observation,
    /// When each part of each region is due; the account's identity beside them.
    due: BTreeMap<(usize, Part), Moment>,
    identity_due: Moment,
}

impl Poll {
    /// A poller that has read nothing. To be made on the runtime that it is used on.
    pub fn new(plan: PollPlan, clock: Clock) -> Self {
        let regions = plan.regions.iter().cloned().map(RegionSeen::unseen).collect();
        let parts = (0..plan.regions.len())
            .flat_map(|region| Part::ALL.map(|(part, _)| ((region, part), Moment::ZERO)));
        Self {
            account: Account::read_only(plan.target.clone(), clock.clone()),
            due: parts.collect(),
            identity_due: Moment::ZERO,
            seen: Observation {
                regions,
                ..Observation::default()
            },
            plan,
            clock,
        }
    }

    /// Reads every part that is due, all at once, and tells after each answer.
    pub async fn round(&mut self, mut tell: impl FnMut(Capacity)) {
        let mut readings: FuturesUnordered<Reading> = FuturesUnordered::new();
        let now = self.clock.now();
        if self.identity_due <= now
            && let Some(home) = self.plan.regions.first().cloned()
        {
            let account = self.account.clone();
            readings.push(Box::pin(async move {
                let who = account.identity(&home).await;
                (
                    0,
                    None,
                    Got::Account(who.map(|who| who.account).map_err(Trouble::from)),
                )
            }));
        }
        // Part by part over all regions, so that no region waits for another's lesser parts.
        for (part, _) in Part::ALL {
            for (place, region) in self.plan.regions.iter().enumerate() {
                if self.due.get(&(place, part)).is_some_and(|due| *due <= now) {
                    readings.push(self.reading(place, part, region.clone()));
                }
            }
        }
        while let Some((place, part, got)) = readings.next().await {
            self.take(place, part, got);
            tell(self.report());
        }
    }

    /// When the next part is due.
    pub fn next_due(&self) -> Moment {
        let parts = self.due.values().copied().min().unwrap_or(Moment::FAR);
        parts.min(self.identity_due)
    }

    /// What is known now.
    pub fn report(&mut self) -> Capacity {
        self.seen.at = self.wall();
        self.seen.calls.by_action = self.account.asked();
        report(&self.seen, self.plan.model.as_deref(), &self.plan.catalog)
    }

    fn wall(&self) -> i64 {
        self.clock.wall(self.clock.now()).as_second()
    }

    fn reading(&self, place: usize, part: Part, region: Region) -> Reading {
        let account = self.account.clone();
        let now = self.wall();
        let is_first = self.seen.regions[place].metrics.value.is_none();
        let from = now - if is_first { HISTORY } else { AGAIN };
        let span = (from - from.rem_euclid(MINUTE), now);
        Box::pin(async move {
            let got = match part {
                Part::Metrics => Got::Metrics(metrics(&account, &region, span).await),
                Part::Batch => Got::Batch(batch(&account, &region, span).await),
                Part::Applied => Got::Applied(account.applied_quotas(&region).await.map_err(Trouble::from)),
                Part::Defaults => Got::Defaults(account.default_quotas(&region).await.map_err(Trouble::from)),
                Part::Profiles => Got::Profiles(account.own_profiles(&region).await.map_err(Trouble::from)),
                Part::Units => Got::Units(account.provisioned_units(&region).await.map_err(Trouble::from)),
                Part::Jobs => Got::Jobs(account.newest_jobs(&region).await.map_err(Trouble::from)),
                Part::Alarms => Got::Alarms(account.alarms(&region).await.map_err(Trouble::from)),
            };
            (place, Some(part), got)
        })
    }

    fn take(&mut self, place: usize, part: Option<Part>, got: Got) {
        let at = self.wall();
        let seen = &mut self.seen.regions[place];
        let trouble = match got {
            Got::Account(read) => kept(&mut self.seen.account, read, at),
            Got::Metrics(read) => {
                let read = read.map(|read| {
                    self.seen.calls.metrics_read += read.read;
                    merged(seen.metrics.value.take(), read.identifiers, at - HISTORY)
                });
                kept(&mut seen.metrics, read, at)
            }
            Got::Applied(read) => kept(&mut seen.applied, read, at),
            Got::Defaults(read) => kept(&mut seen.defaults, read, at),
            Got::Profiles(read) => kept(&mut seen.profiles, read, at),
            Got::Units(read) => kept(&mut seen.units, read, at),
            Got::Jobs(read) => kept(&mut seen.jobs, read, at),
            Got::Alarms(read) => kept(&mut seen.alarms, read, at),
            Got::Batch(read) => {
                let asked = read.as_ref().map_or(0, |read| 3 * read.len() as u64);
                self.seen.calls.metrics_read += asked;
                kept(&mut seen.batch, read, at)
            }
        };
        let again = match trouble {
            None => part.map_or(Duration::from_secs(3_600), |part| {
                let row = Part::ALL.iter().find(|(known, _)| *known == part);
                row.map_or(RETRY_LATER, |(_, every)| *every)
            }),
            Some(TroubleKind::Denied | TroubleKind::Throttled) => RETRY_LATER,
            Some(_) => RETRY,
        };
        if let Some(part) = part.filter(|_| trouble.is_none()) {
            self.look_again(place, part);
        }
        let due = self.clock.now() + again;
        match part {
            Some(part) => {
                self.due.insert((place, part), due);
            }
            None => self.identity_due = due,
        }
    }
    /// A region that answers again is read whole at once: what was dark need not wait for its turn.
    fn look_again(&mut self, place: usize, answered: Part) {
        let seen = &self.seen.regions[place];
        let troubles = [
            (Part::Metrics, &seen.metrics.trouble),
            (Part::Applied, &seen.applied.trouble),
            (Part::Alarms, &seen.alarms.trouble),
            (Part::Jobs, &seen.jobs.trouble),
            (Part::Units, &seen.units.trouble),
            (Part::Profiles, &seen.profiles.trouble),
            (Part::Batch, &seen.batch.trouble),
            (Part::Defaults, &seen.defaults.trouble),
        ];
        let now = self.clock.now();
        for (part, trouble) in troubles {
            let was_dark = trouble.as_ref().is_some_and(Trouble::is_of_region);
            if was_dark && part != answered {
                self.due.insert((place, part), now);
            }
        }
    }
}

/// Takes a read in and gives the kind of its trouble.
fn kept<T>(seen: &mut Seen<T>, read: Result<T, Trouble>, at: i64) -> Option<TroubleKind> {
    let kind = read.as_ref().err().map(|trouble| trouble.kind);
    seen.take(read, at);
    kind
}

/// Old and new minutes of each identifier together; what is older than `from` goes.
fn merged(old: Option<Vec<Identifier>>, new: Vec<Identifier>, from: i64) -> Vec<Identifier> {
    let mut all: BTreeMap<String, Identifier> = old
        .into_iter()
        .flatten()
        .map(|identifier| (identifier.id.clone(), identifier))
        .collect();
    for identifier in new {
        let kept = all.entry(identifier.id.clone()).or_insert_with(|| Identifier {
            id: identifier.id.clone(),
            ..Identifier::default()
        });
        kept.day = identifier.day.or(kept.day);
        for (metric, minutes) in identifier.series {
            kept.series.entry(metric).or_default().extend(minutes);
        }
    }
    for series in all
        .values_mut()
        .flat_map(|identifier| identifier.series.values_mut())
    {
        *series = series.split_off(&from);
    }
    all.retain(|_, identifier| identifier.series.values().any(|minutes| !minutes.is_empty()));
    all.into_values().collect()
}

async fn metrics(account: &Account, region: &Region, span: (i64, i64)) -> Result<MetricsRead, Trouble> {
    let active = account.active_metrics(region, NAMESPACE).await?;
    let mut ids: Vec<&str> = active.iter().map(|(_, id)| id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(MOST_IDS);
    // A metric takes a while to be listed: only what can wait is left out until it is.
    let is_listed = |name: &str, id: &str| active.iter().any(|(known, of)| known == name && of == id);
    let always = [
        Metric::Invocations,
        Metric::Throttles,
        Metric::ServerErrors,
        Metric::QuotaUse,
    ];
    let mut asked = Vec::new();
    let mut slots: Vec<(usize, Option<Metric>)> = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        for (metric, name, statistic) in Metric::TABLE {
            if always.contains(&metric) || is_listed(name, id) {
                asked.push(ask(name, id, statistic, 60));
                slots.push((place, Some(metric)));
            }
        }
    }
    let mut read = account.metric_data(region, &asked, span).await?;
    // The day's tokens, in hours.
    let days: Vec<MetricAsk> = ids
        .iter()
        .map(|id| ask("EstimatedTPMQuotaUsage", id, "Sum", 3_600))
        .collect();
    let to = span.1;
    let from = to - 86_400;
    let day = account
        .metric_data(region, &days, (from - from.rem_euclid(3_600), to))
        .await?;
    slots.extend((0..ids.len()).map(|place| (place, None)));
    read.extend(day);
    let mut identifiers: Vec<Identifier> = (ids.iter())
        .map(|id| Identifier {
            id: (*id).to_owned(),
            ..Identifier::default()
        })
        .collect();
    for ((place, metric), minutes) in slots.into_iter().zip(read) {
        let identifier = &mut identifiers[place];
        match metric {
            None => identifier.day = Some(minutes.values().sum()),
            Some(metric) => identifier.series.entry(metric).or_default().extend(minutes),
        }
    }
    Ok(MetricsRead {
        read: (asked.len() + days.len()) as u64,
        identifiers,
    })
}

fn ask(name: &'static str, id: &str, statistic: &'static str, period: i32) -> MetricAsk {
    MetricAsk {
        namespace: NAMESPACE,
        name,
        id: id.to_owned(),
        statistic,
        period,
    }
}

async fn batch(account: &Account, region: &Region, span: (i64, i64)) -> Result<Vec<BatchSeen>, Trouble> {
    let active = account.active_metrics(region, BATCH).await?;
    let waits = active.iter().filter(|(name, _)| name == PENDING);
    let ids: Vec<&str> = waits.map(|(_, id)| id.as_str()).collect();
    let names = [PENDING, PROCESSED[0], PROCESSED[1]];
    let asked: Vec<MetricAsk> = (ids.iter())
        .flat_map(|id| {
            names.map(|name| MetricAsk {
                namespace: BATCH,
                statistic: "Maximum",
                ..ask(name, id, "Maximum", 60)
            })
        })
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let read = account.metric_data(region, &asked, span).await?;
    let made = ids.iter().zip(read.chunks(names.len())).map(|(id, series)| {
        let mut processed = Minutes::new();
        for (minute, tokens) in series[1..].iter().flatten() {
            *processed.entry(*minute).or_default() += tokens;
        }
        BatchSeen {
            id: (*id).to_owned(),
            pending: series[0].clone(),
            processed,
        }
    });
    Ok(made.collect())
}

/// Reads everything once. Anything that is not answered by the deadline is left out.
pub async fn poll_once(plan: PollPlan, clock: Clock, within: Duration) -> Capacity {
    let mut poll = Poll::new(plan, clock.clone());
    let deadline = clock.now() + within;
    // What is told on the way is in the poller too.
    let _ = clock.until(deadline, poll.round(|_| {})).await;
    poll.report()
}

/// A poller on a thread of its own. Ends when dropped.
#[derive(Debug)]
pub struct Watching {
    /// What is known; holds the last report, so a slow reader misses only older ones.
    pub reports: channel::Receiver<Arc<Capacity>>,
    stop: channel::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Polls on a thread of its own until the handle is dropped.
///
/// # Errors
///
/// The thread could not be started.
pub fn watch(plan: PollPlan, clock: Clock) -> std::io::Result<Watching> {
    // Each holds one value, the newest.
    let (tell, reports) = channel::channel(Arc::new(Capacity::default()));
    let (stop, stopping) = channel::channel(false);
    let thread = thread::Builder::new()
        .name("bedrill-capacity".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(follow(plan, clock, &tell, stopping)),
                Err(problem) => tracing::error!(%problem, "capacity: no runtime for the poller"),
            }
        })?;
    Ok(Watching {
        reports,
        stop,
        thread: Some(thread),
    })
}

async fn follow(
    plan: PollPlan,
    clock: Clock,
    tell: &channel::Sender<Arc<Capacity>>,
    mut stopping: channel::Receiver<bool>,
) {
    let mut poll = Poll::new(plan, clock.clone());
    let work = async {
        loop {
            poll.round(|report| {
                tell.send_replace(Arc::new(report));
            })
            .await;
            let next = poll.next_due().max(clock.now() + Duration::from_millis(500));
            // Ages grow while nothing is read: tell at least every five seconds.
            clock
                .sleep_until(next.min(clock.now() + Duration::from_secs(5)))
                .await;
            tell.send_replace(Arc::new(poll.report()));
        }
    };
    tokio::select! {
        biased;
        _ = stopping.changed() => {}
        () = work => {}
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A poller that panicked has told so by then.
            let _ = thread.join();
        }
    }
}
