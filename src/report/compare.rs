//! Two runs held against each other: what got worse, by how much, and how sure that is. Pure.
//!
//! Ways of calling are matched by pattern and name. Every difference is the second run's less the
//! first's and has a 95 percent interval by the block bootstrap over seconds (the warm-up's left
//! out). Two runs of one seed with the same arrivals in every second are *paired*: a resample takes
//! the same seconds of both, so that what both met falls out of the difference.

mod cells;
mod document;
mod figure;
mod words;

use crate::measure::figure::Unit;
use crate::measure::interval::Interval;

pub use document::document;
pub use figure::{Figure, Threshold, ThresholdFlag, Thresholds};
pub use words::summary;

use self::cells::Cells;
use super::account::Account;
use crate::measure::resample;
use crate::seed::Seed;

/// Two runs, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What stands on each side: the run's name, scenario and seed.
    pub sides: [Side; 2],
    /// Whether seconds were paired.
    pub is_paired: bool,
    /// Every way of calling that both have, in the order of the first run.
    pub arms: Vec<ArmComparison>,
    /// Ways of calling that only one has.
    pub unmatched: Vec<String>,
    /// Why the figures of either cannot be believed; empty: they can.
    pub doubts: Vec<String>,
}

/// A run, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its recording's name.
    pub run: String,
    /// Its scenario.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
}

/// One way of calling.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmComparison {
    /// `cross-region/geo profile`.
    pub name: String,
    /// Seconds that count, of the first and of the second run.
    pub seconds: [u64; 2],
    /// Every figure that either run has.
    pub differences: Vec<Difference>,
}

/// One figure on both sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Which.
    pub figure: Figure,
    /// The first run's.
    pub first: Option<f64>,
    /// The second's.
    pub second: Option<f64>,
    /// The second less the first.
    pub difference: Option<f64>,
    /// Where that lies with 95 percent.
    pub interval: Interval,
    /// How much worse it may be, in its unit.
    pub limit: f64,
    /// What became of it.
    pub change: Change,
}

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Better by more than the limit, and not by chance.
    Better,
    /// Not worse than the limit allows.
    Kept,
    /// Nobody can say: it may be worse than the limit allows.
    Unsure,
    /// Worse by more than the limit, and not by chance.
    Regressed,
}

impl Comparison {
    /// The worst that became of any figure; doubts about the runs make everything unsure.
    pub fn change(&self) -> Change {
        if !self.doubts.is_empty() {
            return Change::Unsure;
        }
        let changes = self.arms.iter().flat_map(|arm| &arm.differences);
        changes
            .map(|difference| difference.change)
            .max()
            .unwrap_or(Change::Unsure)
    }
}

/// Resamples of each pair of arms.
const RESAMPLES: usize = 1_000;

/// Holds the second run against the first.
pub fn compare(first: &Account, second: &Account, thresholds: &Thresholds) -> Comparison {
    let runs = [first, second];
    let mut arms = Vec::new();
    let mut unmatched = Vec::new();
    let matched: Vec<(String, [Cells; 2])> = first
        .arms()
        .filter_map(|arm| {
            let name = arm.name();
            let Some(other) = second.arms().find(|other| other.name() == name) else {
                unmatched.push(format!("{name} (in the first alone)"));
                return None;
            };
            let cells = cells::aligned([(first, arm.detail), (second, other.detail)]);
            Some((name, cells))
        })
        .collect();
    let known = |name: &str| matched.iter().any(|(known, _)| known == name);
    let others = second.arms().map(|arm| arm.name()).filter(|name| !known(name));
    unmatched.extend(others.map(|name| format!("{name} (in the second alone)")));
    let is_paired = first.last.run.seed == second.last.run.seed
        && matched.iter().all(|(_, [one, other])| one.arrives_like(other));
    let seed = Seed::new(first.last.run.seed).derive("compare");
    for (place, (name, cells)) in matched.into_iter().enumerate() {
        let seed = seed.keyed(place as u64);
        arms.push(ArmComparison {
            name,
            seconds: [cells[0].seconds, cells[1].seconds],
            differences: differences(&cells, is_paired, seed, thresholds),
        });
    }
    Comparison {
        sides: runs.map(Side::of),
        is_paired,
        arms,
        unmatched,
        doubts: ["first", "second"]
            .into_iter()
            .zip(runs)
            .flat_map(doubts)
            .collect(),
    }
}

impl Side {
    fn of(account: &Account) -> Self {
        Self {
            run: account.source.run.clone(),
            scenario: account.last.run.scenario.clone(),
            seed: account.last.run.seed,
        }
    }
}

fn doubts((which, account): (&str, &Account)) -> Vec<String> {
    let doubts = crate::drill::verdict::doubts(&account.last);
    let broken = account.source.broken_off.clone();
    let all = doubts.into_iter().chain(broken);
    all.map(|doubt| format!("{which} run: {doubt}")).collect()
}

fn differences(cells: &[Cells; 2], is_paired: bool, seed: Seed, thresholds: &Thresholds) -> Vec<Difference> {
    let [one, other] = cells;
    let whole = [one, other].map(|cells| cells.figures(&vec![1; cells.len()]));
    let mut draws = seed.stream();
    let mut resampled: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); Figure::ALL.len()];
    for _ in 0..RESAMPLES {
        let times = resample::resample(one.len(), &mut draws);
        let again = if is_paired {
            other.figures(&times)
        } else {
            other.figures(&resample::resample(other.len(), &mut draws))
        };
        for ((kept, a), b) in resampled.iter_mut().zip(one.figures(&times)).zip(again) {
            kept.extend(a.zip(b).map(|(a, b)| b - a));
        }
    }
    let fewer = one.len().min(other.len());
    let rows = Figure::ALL.into_iter().zip(resampled).enumerate();
    rows.filter_map(|(place, (figure, resampled))| {
        let (first, second) = (whole[0][place], whole[1][place]);
        if first.is_none() && second.is_none() {
            return None;
        }
        let difference = first.zip(second).map(|(first, second)| second - first);
        let interval = match difference {
            Some(_) if is_paired && one.is_same(other, figure) => Interval::exact(0.0),
            Some(difference) => {
                let found = resample::interval(difference, resampled, fewer);
                match figure.unit() {
                    Unit::Share => found.or_wider(cells::shares_apart(one, other, figure)),
                    _ => found,
                }
            }
            None => Interval::default(),
        };
        let limit = thresholds.limit(figure, first);
        Some(Difference {
            figure,
            first,
            second,
            difference,
            interval,
            limit,
            change: judge(figure, difference, interval, limit),
        })
    })
    .collect()
}

/// A difference against the most by which it may be worse. An end that is missing keeps nothing.
fn judge(figure: Figure, difference: Option<f64>, interval: Interval, limit: f64) -> Change {
    let (Some(difference), Some(low), Some(high)) = (difference, interval.low, interval.high) else {
        return Change::Unsure;
    };
    let (worse, least, most) = if figure.is_better_high() {
        (-difference, -high, -low)
    } else {
        (difference, low, high)
    };
    if least > 0.0 && worse > limit {
        Change::Regressed
    } else if most > limit {
        Change::Unsure
    } else if most < 0.0 && -worse > limit {
        Change::Better
    } else {
        Change::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_regresses_only_beyond_chance_and_beyond_its_limit() {
        let judged = |difference, low, high, limit| {
            judge(
                Figure::LatencyP50,
                Some(difference),
                Interval::between(low, high),
                limit,
            )
        };
        assert_eq!(judged(0.05, 0.04, 0.06, 0.01), Change::Regressed);
        assert_eq!(
            judged(0.05, -0.01, 0.11, 0.01),
            Change::Unsure,
            "it may be chance"
        );
        assert_eq!(judged(0.005, 0.004, 0.006, 0.01), Change::Kept, "small");
        assert_eq!(
            judged(0.008, 0.004, 0.012, 0.01),
            Change::Unsure,
            "it may be beyond"
        );
        assert_eq!(judged(-0.05, -0.06, -0.04, 0.01), Change::Better);
        assert_eq!(judged(0.0, 0.0, 0.0, 0.0), Change::Kept, "a run against itself");
        let unknown = judge(Figure::LatencyP50, Some(0.0), Interval::default(), 0.01);
        assert_eq!(unknown, Change::Unsure);
        let fewer = judge(
            Figure::Availability,
            Some(-0.1),
            Interval::between(-0.12, -0.08),
            0.005,
        );
        assert_eq!(fewer, Change::Regressed, "less availability is worse");
    }
}
