//! The seconds of one way of calling, put into so few cells that they can be drawn again and again.

use std::collections::BTreeMap;

use super::figure::{Clock, Figure, Origin};
use crate::event::Phase;
use crate::measure::detail::{ArmDetail, Stretch};
use crate::measure::interval::{self, Interval};
use crate::report::account::Account;

/// Cells at most: enough for a bootstrap, and few enough for a thousand resamples in a breath.
const MOST: usize = 240;

/// Stretches of time that count, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    /// Seconds that are in them.
    pub(super) seconds: u64,
    stretches: Vec<Stretch>,
    clocks: [Ladder; Clock::ALL.len()],
}

/// The latencies of all cells by one clock: each step once, and for each cell how often it is there.
#[derive(Clone, Debug)]
struct Ladder {
    micros: Vec<u32>,
    cells: Vec<Vec<(usize, u64)>>,
}

/// The cells of the same way of calling in two runs: as many seconds in each cell of both.
pub(super) fn aligned(two: [(&Account, &ArmDetail); 2]) -> [Cells; 2] {
    let width = two
        .map(|(_, detail)| detail.width())
        .into_iter()
        .max()
        .unwrap_or(1);
    let counted = two.map(|(account, detail)| counted(account, detail, width));
    let longest = counted.iter().map(Vec::len).max().unwrap_or(0);
    let each = longest.div_ceil(MOST).max(1);
    counted.map(|stretches| Cells::new(&stretches, each, width))
}

/// Every stretch that counts, at a width that is a multiple of the arm's own: the warm-up is left
/// out, and so is what has no shots.
fn counted(account: &Account, detail: &ArmDetail, width: u64) -> Vec<Stretch> {
    let warm = account.phases();
    let warm = warm.iter().filter(|(phase, ..)| *phase == Phase::WarmUp);
    let warm_until = warm.map(|(.., ends)| *ends).fold(0.0, f64::max);
    let together = (width / detail.width()).max(1) as usize;
    let chunks = detail.stretches().chunks(together).enumerate();
    chunks
        .filter(|(place, _)| (*place as u64 * width) as f64 >= warm_until)
        .map(|(_, chunk)| Stretch::joined(chunk))
        .filter(|stretch| stretch.intended > 0)
        .collect()
}

impl Cells {
    fn new(counted: &[Stretch], each: usize, width: u64) -> Self {
        let stretches: Vec<Stretch> = counted.chunks(each).map(Stretch::joined).collect();
        Self {
            seconds: counted.len() as u64 * width,
            clocks: Clock::ALL.map(|clock| Ladder::new(&stretches, clock)),
            stretches,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.stretches.len()
    }

    /// Whether as many shots were intended in every cell.
    pub(super) fn arrives_like(&self, other: &Self) -> bool {
        let arrivals =
            |cells: &Self| -> Vec<u64> { cells.stretches.iter().map(|cell| cell.intended).collect() };
        self.len() > 0 && arrivals(self) == arrivals(other)
    }

    /// Whether all that a figure is made from is the same in every cell.
    pub(super) fn is_same(&self, other: &Self, figure: Figure) -> bool {
        let mut pairs = self.stretches.iter().zip(&other.stretches);
        self.len() == other.len()
            && pairs.all(|(one, other)| match figure.origin() {
                Origin::Ratio(over, under) => {
                    over(one).to_bits() == over(other).to_bits()
                        && under(one).to_bits() == under(other).to_bits()
                }
                Origin::Quantile(clock, _) => clock.of(one) == clock.of(other),
            })
    }

    /// Every figure, where each cell is there so many times.
    pub(super) fn figures(&self, times: &[u32]) -> Vec<Option<f64>> {
        let heights: Vec<Vec<u64>> = self.clocks.iter().map(|ladder| ladder.heights(times)).collect();
        let figure = |figure: Figure| match figure.origin() {
            Origin::Ratio(over, under) => {
                let cells = self.stretches.iter().zip(times);
                let (over, under) = cells.fold((0.0, 0.0), |sum, (cell, times)| {
                    let times = f64::from(*times);
                    (sum.0 + times * over(cell), sum.1 + times * under(cell))
                });
                (under > 0.0).then(|| over / under)
            }
            Origin::Quantile(clock, share) => {
                let place = clock as usize;
                self.clocks[place].quantile(&heights[place], share)
            }
        };
        Figure::ALL.map(figure).to_vec()
    }

    /// Both counts of a share over all cells.
    fn counts(&self, figure: Figure) -> (u64, u64) {
        let Origin::Ratio(over, under) = figure.origin() else {
            return (0, 0);
        };
        let sum = |count: fn(&Stretch) -> f64| self.stretches.iter().map(count).sum::<f64>() as u64;
        (sum(over), sum(under))
    }
}

/// What the counts of a share allow for its difference, were all samples independent: the bootstrap
/// sees no spread where hardly anything was lost.
pub(super) fn shares_apart(first: &Cells, second: &Cells, figure: Figure) -> Interval {
    interval::shares_apart(first.counts(figure), second.counts(figure))
}

impl Ladder {
    fn new(stretches: &[Stretch], clock: Clock) -> Self {
        let mut places = BTreeMap::new();
        for (micros, _) in stretches.iter().flat_map(|stretch| clock.of(stretch).iter()) {
            places.insert(micros, 0);
        }
        for (place, known) in places.values_mut().enumerate() {
            *known = place;
        }
        let cell = |stretch: &Stretch| {
            let steps = clock.of(stretch).iter();
            steps.map(|(micros, count)| (places[&micros], count)).collect()
        };
        Self {
            cells: stretches.iter().map(cell).collect(),
            micros: places.into_keys().collect(),
        }
    }

    /// How often each step is there.
    fn heights(&self, times: &[u32]) -> Vec<u64> {
        let mut heights = vec![0; self.micros.len()];
        for (cell, times) in self.cells.iter().zip(times).filter(|(_, times)| **times > 0) {
            for (place, count) in cell {
                heights[*place] += count * u64::from(*times);
            }
        }
        heights
    }

    /// In seconds.
    fn quantile(&self, heights: &[u64], share: f64) -> Option<f64> {
        let all: u64 = heights.iter().sum();
        let rank = (share * all as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let place = heights.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(f64::from(self.micros[place]) / 1e6)
    }
}
