//! A world with traffic in virtual time, and what a poller would have read of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use bedrill::capacity::{Capacity, Identifier, Metric, Observation, QuotaSeen, RegionSeen, Seen, report};
use bedrill::catalog::Catalog;
use bedrill::clock::Moment;
use bedrill::emulator::world::batch::Owner;
use bedrill::emulator::world::metrics::{MetricId, Source as _, Statistic};
use bedrill::emulator::world::plan::{HistoryPlan, WorldPlan};
use bedrill::emulator::world::{Call, Decision, Settlement, Ticket, World, units};
use bedrill::event::FailureKind;
use bedrill::fault::FaultPlan;
use bedrill::names::Region;
use bedrill::seed::{Seed, Stream};
use bedrill::units::TokenUsage;

/// 2026-01-05 09:00:00 UTC.
pub const EPOCH: i64 = 1_767_603_600;

/// What is sent: Poisson arrivals.
#[derive(Clone, Debug)]
pub struct Load {
    pub region: Region,
    pub target: String,
    /// Calls a minute at a minute of the run: level, rise a minute, and from when on.
    pub level: f64,
    pub rise: f64,
    pub rises_from: f64,
    pub input: f64,
    pub reply: f64,
    pub max_tokens: Option<u64>,
}

impl Load {
    pub fn rate(&self, minute: f64) -> f64 {
        self.level + self.rise * (minute - self.rises_from).max(0.0)
    }
}

/// What became of the calls of a minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub served: u64,
    pub throttled: u64,
    pub failed: u64,
}

/// The run of a world.
pub struct Run {
    catalog: Arc<Catalog>,
    world: World,
    chance: Stream,
    at: f64,
    key: u64,
    open: BinaryHeap<Reverse<(Moment, Ticket)>>,
    usage: BTreeMap<Ticket, TokenUsage>,
    /// By minute of the run.
    pub told: Vec<Told>,
    /// When the first call was throttled, in minutes.
    pub first_throttle: Option<f64>,
}

impl Run {
    pub fn new(plan: WorldPlan, faults: Vec<FaultPlan>, seed: u64) -> Self {
        let catalog = Catalog::builtin();
        let quiet = WorldPlan {
            history: HistoryPlan {
                lasts: Duration::ZERO,
                ..HistoryPlan::default()
            },
            ..plan
        };
        let seed = Seed::new(seed);
        let mut world =
            World::new(Arc::clone(&catalog), quiet, seed).dated(i128::from(EPOCH) * 1_000_000_000);
        for fault in faults {
            world.inject(fault);
        }
        Self {
            catalog,
            world,
            chance: seed.derive("arrivals").stream(),
            at: 0.0,
            key: 0,
            open: BinaryHeap::new(),
            usage: BTreeMap::new(),
            told: Vec::new(),
            first_throttle: None,
        }
    }

    /// Minutes passed.
    pub fn minute(&self) -> f64 {
        self.at
    }

    /// Sends a load for so many minutes.
    pub fn send(&mut self, load: &Load, minutes: f64) {
        let until = self.at + minutes;
        let account: Arc<str> = Arc::from("123456789012");
        loop {
            let next = self.at + self.chance.exponential() / load.rate(self.at).max(1e-3);
            if next > until {
                break;
            }
            self.at = next;
            let now = Moment::ZERO + Duration::from_secs_f64(next * 60.0);
            self.settle(now);
            self.key += 1;
            let reply = self.chance.log_normal(load.reply, 0.3).round().max(1.0) as u64;
            let call = Call {
                key: self.key,
                account: Arc::clone(&account),
                region: load.region.clone(),
                target: load.target.clone(),
                input_tokens: self.chance.log_normal(load.input, 0.3).round().max(1.0) as u64,
                prefix: Vec::new(),
                max_tokens: load.max_tokens,
                stream: true,
                reply_tokens: Some(reply),
                routed: false,
                through: None,
            };
            let minute = next as usize;
            self.told.resize(self.told.len().max(minute + 1), Told::default());
            let told = &mut self.told[minute];
            match self.world.decide(now, &call) {
                Decision::Serve(serving) => {
                    told.served += 1;
                    self.usage.insert(serving.ticket, serving.usage);
                    self.open
                        .push(Reverse((now + serving.finished_after(), serving.ticket)));
                }
                Decision::Refuse(refusal) if refusal.kind == FailureKind::Throttled => {
                    told.throttled += 1;
                    self.first_throttle.get_or_insert(next);
                }
                Decision::Refuse(_) | Decision::Dead(_) => told.failed += 1,
            }
        }
        self.at = until;
        self.settle(Moment::ZERO + Duration::from_secs_f64(until * 60.0));
    }

    fn settle(&mut self, now: Moment) {
        while let Some(Reverse((at, ticket))) = self.open.peek().copied() {
            if at > now {
                break;
            }
            self.open.pop();
            let usage = self.usage.remove(&ticket).unwrap_or_default();
            let end = Settlement {
                usage,
                at,
                completed: true,
            };
            self.world.settle(ticket, end);
        }
    }

    /// Quotas of a region as Service Quotas lists them: applied and default.
    pub fn quotas(&mut self, region: &Region) -> (Vec<QuotaSeen>, Vec<QuotaSeen>) {
        let account: Arc<str> = Arc::from("123456789012");
        let lines = self.world.quota_lines(units::Owner {
            account: &account,
            region,
        });
        let of = |applied: bool| {
            let rows = lines.iter().map(|line| QuotaSeen {
                code: line.code.clone(),
                name: line.name.clone(),
                value: if applied { line.applied } else { line.default } as f64,
                adjustable: line.adjustable,
            });
            rows.collect()
        };
        (of(true), of(false))
    }

    /// What is said now of these regions.
    pub fn look(&mut self, regions: &[Region]) -> Capacity {
        let now = EPOCH + (self.at * 60.0) as i64;
        let mut seen = Observation {
            at: now,
            ..Observation::default()
        };
        for region in regions {
            let (applied, defaults) = self.quotas(region);
            let mut of_region = RegionSeen::unseen(region.clone());
            of_region.metrics = Seen::at(self.metrics(region, now), now);
            of_region.applied = Seen::at(applied, now);
            of_region.defaults = Seen::at(defaults, now);
            seen.regions.push(of_region);
        }
        report(&seen, None, &self.catalog)
    }

    fn metrics(&mut self, region: &Region, now: i64) -> Vec<Identifier> {
        let owner = Owner {
            account: Arc::from("123456789012"),
            region: region.clone(),
        };
        let moment = Moment::ZERO + Duration::from_secs_f64(self.at * 60.0);
        let watch = self.world.watch(moment, owner, Vec::new());
        let reader = watch.reader();
        let mut found: BTreeMap<String, Identifier> = BTreeMap::new();
        for (metric, _) in watch.list() {
            let Some(id) = metric.dimension("ModelId") else {
                continue;
            };
            let identifier = found.entry(id.to_owned()).or_insert_with(|| Identifier {
                id: id.to_owned(),
                ..Identifier::default()
            });
            let span = now - 3 * 3_600..now;
            for (wanted, name, statistic) in Metric::TABLE {
                if name != metric.name {
                    continue;
                }
                let statistic = Statistic::parse(statistic).expect("a statistic");
                let reading = reader.read(&metric, span.clone());
                let points = reading.samples.iter();
                let points = points.filter_map(|(at, samples)| Some((*at, samples.statistic(statistic)?)));
                identifier.series.entry(wanted).or_default().extend(points);
            }
        }
        for identifier in found.values_mut() {
            let used = MetricId::new(
                "AWS/Bedrock",
                "EstimatedTPMQuotaUsage",
                vec![("ModelId".to_owned(), identifier.id.clone())],
            );
            let day = reader.read(&used, now - 24 * 3_600..now);
            identifier.day = Some(day.samples.iter().map(|(_, samples)| samples.sum()).sum());
        }
        found.into_values().collect()
    }
}
