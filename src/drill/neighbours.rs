//! Whether a drill starves others on the account. The rule stands in `docs/safety.md`.
//!
//! Two signs end a run. CloudWatch tells of more throttles than the drill met itself: somebody else
//! meets them. Or the drill is throttled while it takes little: somebody else takes the rest. The
//! deciding is pure; one task asks CloudWatch once a minute, on a target that is not embedded.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::permit::{Pass, Watched};
use crate::bedrock::Account;
use crate::bedrock::account::MetricAsk;
use crate::clock::{Clock, Moment};
use crate::event::{Event, Fact, FailureKind};
use crate::names::Region;

/// Throttles that may be another's by an accident of counting.
const SLACK: f64 = 5.0;
/// Beyond that, this share of all that CloudWatch tells of must be another's.
const SHARE: f64 = 0.1;
/// A drill that takes less than this share of a quota takes little.
const LITTLE: f64 = 0.25;
/// Minutes that are kept.
const KEPT: i64 = 10;
/// CloudWatch has a minute this much after its end; an assumption.
const LATE: Duration = Duration::from_secs(75);
const MINUTE: Duration = Duration::from_secs(60);

/// One minute of one thing that is called.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Minute {
    /// Attempts of ours that ended in it.
    pub attempts: u64,
    /// Those of them that were throttled by the service, and not by a fault of ours.
    pub throttled: u64,
    /// The same, the minutes before and after with it: clocks and minutes do not meet exactly.
    pub throttled_around: u64,
    /// Throttles that CloudWatch tells of; `None`: not yet.
    pub told: Option<f64>,
}

/// Why a drill must end for the others' sake; `None`: it goes on.
pub fn starved(of: &Watched, minute: &Minute) -> Option<String> {
    let place = format!("{} in {}", of.id, of.region);
    if let Some(told) = minute.told {
        let others = told - minute.throttled_around as f64;
        if others > SLACK && others > SHARE * told {
            return Some(format!(
                "others on the account are throttled: CloudWatch tells of {told:.0} throttles of {place} in a \
                 minute, and at most {} were ours",
                minute.throttled_around
            ));
        }
    }
    let share = of.share_of(minute.attempts)?;
    (minute.throttled as f64 > SLACK && share < LITTLE).then(|| {
        format!(
            "the quota of {place} is used up by others: {} of our calls were throttled in a minute in which we \
             took {:.0}% of it",
            minute.throttled,
            share * 100.0
        )
    })
}

/// What CloudWatch told, by what is watched and minute since 1970.
type Told = BTreeMap<(usize, i64), f64>;

/// Keeps count of our throttles and of what CloudWatch tells.
#[derive(Debug)]
pub struct Neighbours {
    pass: Pass,
    clock: Clock,
    /// Attempts and throttles, by what is watched and minute since 1970; bounded to [`KEPT`] minutes.
    ours: BTreeMap<(usize, i64), (u64, u64)>,
    told: watch::Receiver<Result<Told, String>>,
    teller: Option<watch::Sender<Result<Told, String>>>,
    task: Option<AbortHandle>,
}

impl Neighbours {
    /// Nobody has been looked at yet.
    pub fn new(pass: &Pass, clock: &Clock) -> Self {
        let (teller, told) = watch::channel(Ok(Told::new()));
        Self {
            pass: pass.clone(),
            clock: clock.clone(),
            ours: BTreeMap::new(),
            told,
            teller: Some(teller),
            task: None,
        }
    }

    /// Begins to ask CloudWatch, on the runtime of the caller.
    pub fn begin(&mut self) {
        let Some(teller) = self.teller.take() else { return };
        if self.pass.watched().is_empty() {
            return;
        }
        let account = Account::read_only(self.pass.target().clone(), self.clock.clone());
        let asking = ask(account, self.pass.watched().to_vec(), self.clock.clone(), teller);
        self.task = Some(tokio::spawn(asking).abort_handle());
    }

    /// Takes note of our own attempts.
    pub fn note(&mut self, event: &Event) {
        let Fact::ShotEnded(record) = &event.fact else {
            return;
        };
        for attempt in &record.attempts {
            let is_it = |watched: &Watched| {
                watched.region == attempt.route.region && attempt.route.target == *watched.id.as_str()
            };
            let Some(place) = self.pass.watched().iter().position(is_it) else {
                continue;
            };
            if attempt.injected {
                continue;
            }
            let throttled = attempt
                .failure()
                .is_some_and(|failure| failure.kind == FailureKind::Throttled);
            let of = self
                .ours
                .entry((place, self.minute(attempt.ended_at)))
                .or_default();
            of.0 += 1;
            of.1 += u64::from(throttled);
        }
        let oldest = self.minute(event.at) - KEPT;
        self.ours.retain(|(_, minute), _| *minute >= oldest);
    }

    /// What was found out anew and does not end the run: that CloudWatch cannot be asked.
    pub fn news(&mut self) -> Option<String> {
        if !self.told.has_changed().unwrap_or(false) {
            return None;
        }
        let told = self.told.borrow_and_update();
        let why = told.as_ref().err()?;
        Some(format!(
            "whether others are throttled cannot be seen ({why}); only our own throttles are looked at"
        ))
    }

    /// Why the run must end now, by the minutes that are over.
    pub fn starved(&self, now: Moment) -> Option<String> {
        let present = self.minute(now);
        let told = self.told.borrow();
        let told = told.as_ref().ok();
        for (place, watched) in self.pass.watched().iter().enumerate() {
            for minute in (present - KEPT)..present {
                let ours = |minute: i64| self.ours.get(&(place, minute)).copied().unwrap_or_default();
                let seen = Minute {
                    attempts: ours(minute).0,
                    throttled: ours(minute).1,
                    throttled_around: (minute - 1..=minute + 1).map(|minute| ours(minute).1).sum(),
                    told: told.and_then(|told| told.get(&(place, minute)).copied()),
                };
                if let Some(why) = starved(watched, &seen) {
                    return Some(why);
                }
            }
        }
        None
    }

    fn minute(&self, at: Moment) -> i64 {
        self.clock.wall(at).as_second().div_euclid(60)
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Asks once a minute for the minutes that should be there, from the first whole one of the run on.
async fn ask(
    account: Account,
    watched: Vec<Watched>,
    clock: Clock,
    teller: watch::Sender<Result<Told, String>>,
) {
    let second = |at: Moment| clock.wall(at).as_second();
    // The minute in which the run begins is the others' as well.
    let first = (second(clock.now()).div_euclid(60) + 1) * 60;
    loop {
        clock.sleep(MINUTE).await;
        let to = second(clock.now() - LATE).div_euclid(60) * 60;
        let from = first.max(to - KEPT * 60);
        if to <= from {
            continue;
        }
        let told = look(&account, &watched, (from, to)).await;
        if teller.send(told).is_err() {
            return;
        }
    }
}

async fn look(account: &Account, watched: &[Watched], span: (i64, i64)) -> Result<Told, String> {
    let mut by_region: BTreeMap<&Region, Vec<usize>> = BTreeMap::new();
    for (place, of) in watched.iter().enumerate() {
        by_region.entry(&of.region).or_default().push(place);
    }
    let mut told = Told::new();
    for (region, places) in by_region {
        let asked: Vec<MetricAsk> = places
            .iter()
            .map(|place| MetricAsk {
                namespace: "AWS/Bedrock",
                name: "InvocationThrottles",
                id: watched[*place].id.clone(),
                statistic: "Sum",
                period: 60,
            })
            .collect();
        let values = account.metric_data(region, &asked, span).await;
        for (place, values) in places.iter().zip(values.map_err(|problem| problem.to_string())?) {
            told.extend(
                values
                    .into_iter()
                    .map(|(at, value)| ((*place, at.div_euclid(60)), value)),
            );
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Watched {
        Watched {
            region: "us-east-1".into(),
            id: "amazon.nova-micro-v1:0".to_owned(),
            requests: Some(1_000.0),
            tokens: Some(100_000.0),
            tokens_each: 200.0,
        }
    }

    #[test]
    fn throttles_that_are_not_ours_end_a_drill_and_our_own_do_not() {
        let minute = |told: Option<f64>, around: u64| Minute {
            attempts: 600,
            throttled: around,
            throttled_around: around,
            told,
        };
        for (told, ours, ends) in [
            (None, 300, false),
            (Some(0.0), 0, false),
            (Some(300.0), 300, false),
            (Some(305.0), 300, false),
            (Some(330.0), 300, false),
            (Some(340.0), 300, true),
            (Some(6.0), 0, true),
            (Some(5.0), 0, false),
        ] {
            let why = starved(&watched(), &minute(told, ours));
            assert_eq!(why.is_some(), ends, "{told:?} {ours}: {why:?}");
        }
    }

    #[test]
    fn throttles_at_low_use_of_our_own_end_a_drill() {
        let minute = |attempts: u64, throttled: u64| Minute {
            attempts,
            throttled,
            throttled_around: throttled,
            told: None,
        };
        // 200 tokens each of 100,000: 100 attempts are 20 percent of the tokens, 10 of the requests.
        for (attempts, throttled, ends) in [
            (100, 20, true),
            (100, 5, false),
            (130, 20, false),
            (900, 500, false),
        ] {
            let why = starved(&watched(), &minute(attempts, throttled));
            assert_eq!(why.is_some(), ends, "{attempts} {throttled}: {why:?}");
        }
        let unknown = Watched {
            requests: None,
            tokens: None,
            ..watched()
        };
        assert_eq!(
            starved(&unknown, &minute(100, 20)),
            None,
            "of an unknown quota nobody can say what is little"
        );
    }
}
