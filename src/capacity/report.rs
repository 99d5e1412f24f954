//! From what was read to what is said of it.

use super::finding::{Finding, Step, Urgency};
use super::judge::{Bench, judge, phrase};
use super::observed::{AlarmSeen, Calls, JobSeen, MINUTE, Metric, Observation, RegionSeen, UnitsSeen};
use super::pool::{PoolReport, pools};
use super::seen::{Seen, Trouble};
use crate::catalog::Catalog;
use crate::names::Region;

/// All that the page, the text and the documents show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capacity {
    /// When it was worked out, in seconds since 1970.
    pub at: i64,
    /// The account's number; shown masked.
    pub account: Option<String>,
    /// Regions, in the order asked for.
    pub regions: Vec<RegionLine>,
    /// Pools that were drawn on in the last three hours, the fullest first.
    pub pools: Vec<PoolReport>,
    /// Findings, the most urgent first.
    pub findings: Vec<Finding>,
    /// Requests that the reading took.
    pub calls: Calls,
}

/// A region: whether it answers, and its tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionLine {
    /// Which.
    pub region: Region,
    /// What is wrong with the whole region.
    pub trouble: Option<Trouble>,
    /// Whether metrics were read, and when.
    pub metrics: Seen<()>,
    /// The same of quotas.
    pub quotas: Seen<()>,
    /// Batch jobs that are not over, or failed within a day, and what waits.
    pub batch: Seen<Batch>,
    /// Metrics of batch: whether they were read.
    pub backlog: Seen<()>,
    /// Provisioned units.
    pub units: Seen<Vec<UnitsSeen>>,
    /// Alarms.
    pub alarms: Seen<Vec<AlarmSeen>>,
    /// Application profiles with the calls of the last hour.
    pub profiles: Seen<Vec<(String, f64)>>,
    /// Cache, over all pools.
    pub cache: Cache,
    /// Latency of the busiest pool.
    pub pace: Pace,
}

/// Batch in a region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Jobs that are not over, and those that failed.
    pub jobs: Vec<JobSeen>,
    /// Records that wait.
    pub pending: Option<f64>,
    /// Models whose records wait and of whose tokens none was processed for five minutes.
    pub stuck: Vec<String>,
}

/// Prompt caching in a region, over the last hour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cache {
    /// Tokens read from the cache.
    pub read: f64,
    /// Tokens written to it.
    pub written: f64,
    /// Prompt tokens outside it.
    pub uncached: f64,
}

impl Cache {
    /// The share of prompt tokens that were read from the cache; `None`: no prompt, or no cache used.
    pub fn hit_share(&self) -> Option<f64> {
        let all = self.read + self.written + self.uncached;
        (self.read + self.written > 0.0).then(|| self.read / all)
    }
}

/// How fast answers come, of the busiest pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// Which pool's.
    pub of: Option<String>,
    /// Milliseconds to the last token, median and 99th percentile.
    pub latency: Option<(f64, f64)>,
    /// Milliseconds to the first token, likewise.
    pub first_token: Option<(f64, f64)>,
    /// Tokens a second once they flow.
    pub decode: Option<f64>,
}

/// Says everything. `model` keeps only pools whose model's identifier or name holds it, in any case.
pub fn report(seen: &Observation, model: Option<&str>, catalog: &Catalog) -> Capacity {
    let mut all = Vec::new();
    let mut findings = Vec::new();
    let mut lines = Vec::new();
    for region in &seen.regions {
        let mut here = pools(region, seen.at, catalog);
        here.retain(|pool| model.is_none_or(|wanted| is_called(pool, wanted)));
        let bench = Bench { region, catalog };
        findings.extend(here.iter().flat_map(|pool| judge(pool, bench)));
        let line = line(region, &here, seen.at);
        findings.extend(of_region(&line, seen.at));
        lines.push(line);
        all.extend(here);
    }
    all.sort_by(|one, other| {
        fullness(other)
            .total_cmp(&fullness(one))
            .then(one.key.cmp(&other.key))
    });
    if findings.iter().all(|finding| finding.urgency >= Urgency::Note)
        && seen.regions.iter().any(|region| region.metrics.value.is_some())
    {
        findings.push(well(&all));
    }
    findings.sort_by(|one, other| one.urgency.cmp(&other.urgency).then(one.title.cmp(&other.title)));
    Capacity {
        at: seen.at,
        account: seen.account.value.clone(),
        regions: lines,
        pools: all,
        findings,
        calls: seen.calls.clone(),
    }
}

impl Capacity {
    /// The fullest quota: its share now.
    pub fn fullest(&self) -> Option<f64> {
        self.pools.first().map(fullness)
    }

    /// The account with all but its last four digits hidden.
    pub fn masked_account(&self) -> String {
        self.account.as_deref().map_or_else(
            || "account unknown".to_owned(),
            |account| {
                let shown = account.get(account.len().saturating_sub(4)..).unwrap_or_default();
                format!("account ********{shown}")
            },
        )
    }

    /// Whether every region was tried: read, or in trouble.
    pub fn is_whole(&self) -> bool {
        let tried = |line: &RegionLine| {
            let all = [&line.metrics, &line.quotas];
            all.iter()
                .all(|seen| seen.value.is_some() || seen.trouble.is_some())
        };
        !self.regions.is_empty() && self.regions.iter().all(tried)
    }
}

/// The share of a pool's fullest quota.
pub fn fullness(pool: &PoolReport) -> f64 {
    let shares = pool.uses.iter().filter_map(super::pool::Use::share);
    shares.fold(0.0, f64::max)
}

fn is_called(pool: &PoolReport, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let ids = pool.ids.iter().map(|(id, _)| id.as_str());
    let mut names = ids.chain([pool.model.name.as_str(), pool.model.id.as_str()]);
    names.any(|name| name.to_lowercase().contains(&wanted))
}

fn well(pools: &[PoolReport]) -> Finding {
    let nearest = pools.first().and_then(|pool| {
        let used = pool.uses.iter().max_by(|one, other| {
            one.share()
                .unwrap_or(0.0)
                .total_cmp(&other.share().unwrap_or(0.0))
        })?;
        Some(format!("no call is throttled; nearest is {}", phrase(pool, used)))
    });
    let title = nearest.unwrap_or_else(|| "no call was made in the last three hours".to_owned());
    Finding::new(Urgency::Well, title)
}

fn line(region: &RegionSeen, pools: &[PoolReport], now: i64) -> RegionLine {
    let parts = [
        region.metrics.trouble.as_ref(),
        region.applied.trouble.as_ref(),
        region.jobs.trouble.as_ref(),
        region.alarms.trouble.as_ref(),
    ];
    let dark = parts.into_iter().flatten().find(|trouble| trouble.is_of_region());
    RegionLine {
        region: region.region.clone(),
        trouble: dark.cloned(),
        metrics: bare(&region.metrics),
        quotas: bare(&region.applied),
        batch: Seen {
            value: region.jobs.value.as_ref().map(|jobs| batch(region, jobs, now)),
            as_of: region.jobs.as_of,
            trouble: region.jobs.trouble.clone(),
        },
        backlog: bare(&region.batch),
        units: region.units.clone(),
        alarms: region.alarms.clone(),
        profiles: Seen {
            value: region.profiles.value.as_ref().map(|own| {
                let calls = |arn: &str| {
                    let ids = pools.iter().flat_map(|pool| &pool.ids);
                    ids.filter(|(id, _)| id == arn).map(|(_, calls)| calls).sum()
                };
                own.iter()
                    .map(|profile| (profile.name.clone(), calls(&profile.arn)))
                    .collect()
            }),
            as_of: region.profiles.as_of,
            trouble: region.profiles.trouble.clone(),
        },
        cache: cache(pools),
        pace: pace(pools),
    }
}

fn bare<T>(seen: &Seen<T>) -> Seen<()> {
    Seen {
        value: seen.value.as_ref().map(|_| ()),
        as_of: seen.as_of,
        trouble: seen.trouble.clone(),
    }
}

const OVER: [&str; 4] = ["Completed", "Stopped", "PartiallyCompleted", "Expired"];

fn batch(region: &RegionSeen, jobs: &[JobSeen], now: i64) -> Batch {
    let recent = |job: &&JobSeen| {
        let changed = job.changed.unwrap_or(job.submitted);
        !OVER.contains(&job.status.as_str()) && (job.status != "Failed" || now - changed < 86_400)
    };
    let metrics = region.batch.value.as_deref().unwrap_or_default();
    let newest = |minutes: &super::Minutes| {
        let from = now - 10 * MINUTE;
        minutes.range(from..).next_back().map(|(_, value)| *value)
    };
    let pending: Vec<f64> = metrics.iter().filter_map(|of| newest(&of.pending)).collect();
    let stuck = metrics.iter().filter(|of| {
        let last = of.pending.keys().next_back().copied().unwrap_or(0);
        let waits = (0..5).all(|back| {
            of.pending
                .get(&(last - back * MINUTE))
                .is_some_and(|count| *count > 0.0)
        });
        let idle = of
            .processed
            .range(last - 4 * MINUTE..)
            .all(|(_, tokens)| *tokens <= 0.0);
        now - last <= 10 * MINUTE && waits && idle
    });
    Batch {
        jobs: jobs.iter().filter(recent).cloned().collect(),
        pending: (!pending.is_empty()).then(|| pending.iter().sum()),
        stuck: stuck.map(|of| of.id.clone()).collect(),
    }
}

fn cache(pools: &[PoolReport]) -> Cache {
    let sum = |metric| {
        pools
            .iter()
            .map(|pool| pool.recent(metric, 60).iter().sum::<f64>())
            .sum()
    };
    Cache {
        read: sum(Metric::CacheRead),
        written: sum(Metric::CacheWrite),
        uncached: sum(Metric::Input),
    }
}

fn pace(pools: &[PoolReport]) -> Pace {
    let calls = |pool: &PoolReport| pool.recent(Metric::Invocations, 10).iter().sum::<f64>();
    let busiest = pools
        .iter()
        .max_by(|one, other| calls(one).total_cmp(&calls(other)));
    let Some(pool) = busiest else {
        return Pace::default();
    };
    let pair = |one, other| pool.newest(one).zip(pool.newest(other));
    let latency = pair(Metric::LatencyP50, Metric::LatencyP99);
    let first_token = pair(Metric::FirstTokenP50, Metric::FirstTokenP99);
    let decode = latency.zip(first_token).and_then(|(latency, first)| {
        let flowing = latency.0 - first.0;
        (flowing > 0.0).then(|| {
            pool.newest(Metric::OutputP50)
                .map(|tokens| tokens / flowing * 1_000.0)
        })?
    });
    Pace {
        of: Some(pool.title()),
        latency,
        first_token,
        decode,
    }
}

/// What is to be said of a region as such: what cannot be seen, jobs, units, alarms.
fn of_region(line: &RegionLine, now: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |urgency, title: String, steps: Vec<Step>| {
        let mut finding = Finding::new(urgency, title);
        finding.region = Some(line.region.clone());
        finding.steps = steps;
        findings.push(finding);
    };
    let region = &line.region;
    if let Some(trouble) = &line.trouble {
        let last = line.metrics.age(now).map_or_else(
            || "nothing was read yet".to_owned(),
            |age| format!("figures are {} old", minutes(age)),
        );
        let steps = vec![Step::Look {
            at: "bedrill goes on asking and recovers by itself".to_owned(),
        }];
        say(
            Urgency::Blind,
            format!("{region}: {}; {last}", trouble.line()),
            steps,
        );
    } else {
        for trouble in [&line.metrics.trouble, &line.quotas.trouble]
            .into_iter()
            .flatten()
        {
            let steps = Vec::new();
            say(Urgency::Blind, format!("{region}: {}", trouble.line()), steps);
        }
    }
    for alarm in line
        .alarms
        .value
        .iter()
        .flatten()
        .filter(|alarm| alarm.state == "ALARM")
    {
        say(
            Urgency::Strained,
            format!("{region}: alarm {} ({})", alarm.name, alarm.metric),
            Vec::new(),
        );
    }
    if let Some(batch) = &line.batch.value {
        for model in &batch.stuck {
            let steps = vec![Step::Look {
                at: "look at the job's state; a job that has not begun within its hours expires".to_owned(),
            }];
            let title =
                format!("{region}: batch of {model} is stuck: records wait, none was processed for 5 min");
            say(Urgency::Strained, title, steps);
        }
        for job in batch.jobs.iter().filter(|job| job.status == "Failed") {
            let why = job
                .message
                .clone()
                .unwrap_or_else(|| "no reason given".to_owned());
            say(
                Urgency::Note,
                format!("{region}: batch job {} failed: {why}", job.name),
                Vec::new(),
            );
        }
    }
    for units in line
        .units
        .value
        .iter()
        .flatten()
        .filter(|units| units.status != "InService")
    {
        let title = format!("{region}: provisioned units {} are {}", units.name, units.status);
        say(Urgency::Note, title, Vec::new());
    }
    findings
}

/// `40s`, `3 min`.
pub fn minutes(age: i64) -> String {
    if age < 120 {
        format!("{age}s")
    } else {
        format!("{} min", age / 60)
    }
}
