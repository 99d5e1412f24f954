//! The world as CloudWatch sees it: what is metered, and what can be read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::alarm::AlarmBook;
use super::batch::{self, Jobs};
use super::history::Past;
use super::meter::{Called, DIMENSION, Meter, MeterKey, NAMESPACE, Published, Served, Turned};
use super::shelf::{Datum, Shelf};
use super::{MINUTE, MetricId, Reading, Source, period_start};
use crate::clock::Moment;
use crate::emulator::world::admission::Arrival;
use crate::emulator::world::batch::{Job, Owner};
use crate::emulator::world::index::{RegionNo, Target, TargetNo};
use crate::emulator::world::quota::Limits;
use crate::emulator::world::{Call, Open, Settlement, World};
use crate::event::{FailureKind, Severity};
use crate::seed::Seed;

/// What CloudWatch holds.
#[derive(Debug)]
pub struct Metrics {
    /// The run's first moment, in nanoseconds since 1970.
    epoch: i128,
    history: Seed,
    meter: Meter,
    owners: BTreeMap<Owner, Owned>,
}

/// What users of one account put in one region.
#[derive(Clone, Debug, Default)]
struct Owned {
    shelf: Shelf,
    alarms: AlarmBook,
}

/// When a call that is served arrived, and when its first token is due.
#[derive(Clone, Copy, Debug, Default)]
pub struct Begun {
    /// Its arrival.
    pub arrived: Moment,
    /// From there to its first token.
    pub first_token: Duration,
    /// Whether it is streamed.
    pub streams: bool,
}

impl Metrics {
    /// Accounts times regions whose users' metrics are kept; of later ones nothing is.
    const MOST_OWNERS: usize = 256;

    /// Nothing was called yet.
    pub fn new(history: Seed) -> Self {
        Self {
            epoch: 0,
            history,
            meter: Meter::default(),
            owners: BTreeMap::new(),
        }
    }

    fn secs(&self, at: Moment) -> i64 {
        let nanos = self.epoch + i128::from(at.as_nanos());
        i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or(i64::MAX)
    }
}

impl World {
    /// Says when the run began, in nanoseconds since 1970: metrics have dates.
    #[must_use]
    pub fn dated(mut self, epoch: i128) -> Self {
        self.metrics.epoch = epoch;
        self
    }

    /// A call whose body broke a rule never became a call of the world; CloudWatch counts it.
    pub fn note_invalid(&mut self, now: Moment, call: &Call) {
        let arrival = self.receive(now, call);
        self.meter_refused(&arrival, FailureKind::Validation);
    }

    /// CloudWatch for one owner; `jobs` are that owner's batch jobs.
    pub fn watch(&mut self, now: Moment, owner: Owner, jobs: Vec<Job>) -> Watch<'_> {
        let now = self.metrics.secs(now);
        let mut watch = Watch {
            world: self,
            owner,
            jobs,
            now,
        };
        watch.catch_up();
        watch
    }

    pub(in super::super) fn meter_refused(&mut self, arrival: &Arrival<'_>, kind: FailureKind) {
        let Some(region) = arrival.region else { return };
        let unit = arrival.unit.and_then(|unit| self.units.get(unit));
        let called = match (&arrival.call.through, unit, arrival.target) {
            (Some(profile), ..) => Called::Arn(profile.clone()),
            (None, Some(unit), _) => Called::Arn(unit.arn.clone()),
            (None, None, Some(target)) => Called::Target(target),
            (None, None, None) => return,
        };
        let key = MeterKey {
            account: self.quotas.account(&arrival.call.account),
            region,
            called,
        };
        let turned = match kind {
            FailureKind::Throttled | FailureKind::NotReady => Turned::Throttled,
            // 408 and 424 are of the service's making, and their status is a client's all the same.
            FailureKind::ModelTimeout | FailureKind::ModelError => Turned::ClientError,
            kind if kind.row().severity == Severity::Caller => Turned::ClientError,
            _ => Turned::ServerError,
        };
        let at = self.metrics.secs(arrival.now);
        self.metrics.meter.refuse(key, at, turned);
    }

    pub(in super::super) fn meter_served(&mut self, open: &Open, end: Settlement, charged: u64) {
        let profile = open.through.and_then(|number| self.ledger.through_arn(number));
        let called = match open.unit.map(|unit| self.units.get(unit)) {
            None => profile.map_or(Called::Target(open.line.target), Called::Arn),
            Some(Some(unit)) => Called::Arn(unit.arn.clone()),
            // Deleted meanwhile.
            Some(None) => return,
        };
        let key = MeterKey {
            account: open.pool.account,
            region: open.line.region,
            called,
        };
        let millis = |span: Duration| span.as_secs_f64() * 1e3;
        let begun = open.begun;
        let served = Served {
            usage: end.usage,
            charged,
            latency_ms: millis(end.at.since(begun.arrived)),
            first_token_ms: (begun.streams && end.completed).then(|| millis(begun.first_token)),
        };
        let at = self.metrics.secs(end.at);
        self.metrics.meter.serve(key, at, &served);
    }
}

/// CloudWatch for one owner at one moment.
#[derive(Debug)]
pub struct Watch<'a> {
    world: &'a mut World,
    owner: Owner,
    jobs: Vec<Job>,
    now: i64,
}

impl Watch<'_> {
    /// Now, in seconds since 1970.
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Whose metrics these are.
    pub const fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Puts samples in.
    pub fn put(&mut self, data: Vec<Datum>) {
        if let Some(owned) = self.owned() {
            for datum in data {
                owned.shelf.put(datum);
            }
        }
    }

    /// The alarms; `None`: so many owners have some that this one cannot.
    pub fn alarms(&mut self) -> Option<&mut AlarmBook> {
        self.owned().map(|owned| &mut owned.alarms)
    }

    /// Every metric, with the beginning of the last minute in which it had a sample.
    pub fn list(&self) -> Vec<(MetricId, i64)> {
        self.reader().all()
    }

    /// What queries read.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            world: self.world,
            owner: &self.owner,
            jobs: &self.jobs,
            now: self.now,
        }
    }

    fn catch_up(&mut self) {
        let Some(owned) = self.world.metrics.owners.get_mut(&self.owner) else {
            return;
        };
        let mut alarms = std::mem::take(&mut owned.alarms);
        let lag = delay(self.world);
        alarms.catch_up(self.now, lag, &self.reader());
        if let Some(owned) = self.world.metrics.owners.get_mut(&self.owner) {
            owned.alarms = alarms;
        }
    }

    fn owned(&mut self) -> Option<&mut Owned> {
        let owners = &mut self.world.metrics.owners;
        if owners.len() >= Metrics::MOST_OWNERS && !owners.contains_key(&self.owner) {
            return None;
        }
        Some(owners.entry(self.owner.clone()).or_default())
    }
}

fn delay(world: &World) -> i64 {
    i64::try_from(world.plan.metrics_delay.as_secs()).unwrap_or(i64::MAX / 2)
}

/// What queries and alarms of one owner read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    world: &'a World,
    owner: &'a Owner,
    jobs: &'a [Job],
    now: i64,
}

impl<'a> Reader<'a> {
    fn jobs(&self) -> Jobs<'a> {
        Jobs {
            jobs: self.jobs,
            epoch: self.world.metrics.epoch,
        }
    }

    /// Every metric, in order, with the beginning of the last minute in which it had a sample.
    fn all(&self) -> Vec<(MetricId, i64)> {
        let mut all = self.jobs().metrics(self.published_until());
        all.extend(self.bedrock());
        if let Some(owned) = self.world.metrics.owners.get(self.owner) {
            all.extend(owned.shelf.metrics().map(|(metric, last)| (metric.clone(), last)));
        }
        all.sort();
        all
    }

    fn region(&self) -> Option<RegionNo> {
        self.world.index.region_number(&self.owner.region)
    }

    /// The minute in which the run began; the history ends there.
    fn opening(&self) -> i64 {
        period_start(self.world.metrics.secs(Moment::ZERO), MINUTE)
    }

    /// The minutes that the history covers.
    fn past(&self) -> Range<i64> {
        let lasts = i64::try_from(self.world.plan.history.lasts.as_secs()).unwrap_or(0);
        let opening = self.opening();
        opening - period_start(lasts, MINUTE)..opening
    }

    /// What was called of an identifier before the run.
    fn past_of(&self, number: TargetNo, region: RegionNo) -> Option<Past> {
        let plan = &self.world.plan;
        let history = &plan.history;
        let regions = &history.regions;
        let is_here = if regions.is_empty() {
            self.owner.region == plan.default_region
        } else {
            regions.contains(&self.owner.region)
        };
        let target = self.world.index.target(number);
        if !is_here || target.destinations(region).is_empty() || !self.world.has_access[target.model.0] {
            return None;
        }
        let model = self.world.index.model(target.model);
        let limits = Limits::of(
            &self.world.catalog.offers.quota_book,
            model,
            target.family,
            &self.owner.region,
            &plan.quotas,
        );
        let seed = self
            .world
            .metrics
            .history
            .hashed(self.owner.region.as_str().as_bytes());
        Past::of(seed.hashed(target.id.as_bytes()), model, limits, history.peak)
    }

    /// Every metric of Bedrock's that has a sample, with the last minute of one.
    fn bedrock(&self) -> Vec<(MetricId, i64)> {
        let mut last = BTreeMap::<(String, &'static str), i64>::new();
        let Some(region) = self.region() else {
            return Vec::new();
        };
        let past = self.past();
        let minutes = ((past.end - past.start) / MINUTE).unsigned_abs();
        for (number, target) in (0..).map(TargetNo).zip(self.world.index.targets()) {
            let Some(before) = self.past_of(number, region).filter(|_| minutes > 0) else {
                continue;
            };
            for (metric, name, _) in Published::TABLE {
                if let Some(ago) = before.last(metric, minutes) {
                    last.insert(
                        (target.id.to_string(), name),
                        past.end - MINUTE * ago.cast_signed(),
                    );
                }
            }
        }
        let account = self.world.quotas.known_account(&self.owner.account);
        let until = self.published_until();
        for (called, series) in account
            .into_iter()
            .flat_map(|account| self.world.metrics.meter.called(account, region))
        {
            let id = match called {
                Called::Target(target) => self.world.index.target(*target).id.to_string(),
                Called::Arn(arn) => arn.to_string(),
            };
            for (minute, row) in series.within(0..until) {
                for (metric, name, _) in Published::TABLE {
                    if metric.is_in(row) {
                        last.insert((id.clone(), name), minute);
                    }
                }
            }
        }
        let found = last.into_iter().map(|((id, name), minute)| {
            let dimensions = vec![(DIMENSION.to_owned(), id)];
            (MetricId::new(NAMESPACE, name, dimensions), minute)
        });
        found.collect()
    }

    fn read_bedrock(&self, metric: &MetricId, span: &Range<i64>) -> Reading {
        let named = Published::named(&metric.name);
        let id = metric
            .dimension(DIMENSION)
            .filter(|_| metric.dimensions.len() == 1);
        let (Some((published, unit)), Some(id), Some(region)) = (named, id, self.region()) else {
            return Reading::default();
        };
        let known = self.world.index.find(id, &self.owner.region);
        let target = known.filter(|number| {
            let target: &Target = self.world.index.target(*number);
            &*target.id == id
        });
        let mut samples = Vec::new();
        if let Some(past) = target.and_then(|target| self.past_of(target, region)) {
            let covered = self.past();
            let first = covered.start.max(period_start(span.start + MINUTE - 1, MINUTE));
            let last = covered.end.min(span.end).max(first);
            samples.extend((first..last).step_by(MINUTE as usize).map(|minute| {
                let ago = ((covered.end - minute) / MINUTE).unsigned_abs();
                (minute, past.samples(published, ago))
            }));
        }
        let until = span.end.min(self.published_until());
        if let Some(account) = self.world.quotas.known_account(&self.owner.account) {
            let key = MeterKey {
                account,
                region,
                called: target.map_or_else(|| Called::Arn(id.into()), Called::Target),
            };
            let series = self.world.metrics.meter.series(&key).into_iter();
            let rows = series.flat_map(|series| series.within(span.start..until));
            samples.extend(rows.map(|(minute, row)| (minute, published.of(row))));
        }
        samples.retain(|(_, samples)| !samples.is_empty());
        Reading {
            unit: unit.to_owned(),
            samples,
        }
    }
}

impl Source for Reader<'_> {
    fn read(&self, metric: &MetricId, span: Range<i64>) -> Reading {
        match metric.namespace.as_str() {
            NAMESPACE => self.read_bedrock(metric, &span),
            batch::NAMESPACE => {
                let until = span.end.min(self.published_until());
                self.jobs().read(metric, span.start..until)
            }
            _ => match self.world.metrics.owners.get(self.owner) {
                Some(owned) => owned.shelf.read(metric, span),
                None => Reading::default(),
            },
        }
    }

    fn metrics(&self) -> Vec<MetricId> {
        self.all().into_iter().map(|(metric, _)| metric).collect()
    }

    fn published_until(&self) -> i64 {
        period_start(self.now - delay(self.world), MINUTE)
    }
}
