//! What a region can serve of a model, shared with other tenants.
//!
//! All of it is an assumption: the service publishes neither its capacity nor its load. Each model
//! has [`PLACES`] in each region. Other tenants take a share that swells and ebbs; the calls in
//! service here come on top. Near the top of its capacity a region turns calls away.

use std::f64::consts::TAU;

use super::index::{Index, ModelNo, RegionNo};
use super::plan::BackgroundPlan;
use super::refused::Refused;
use crate::clock::Moment;
use crate::names::ModelId;
use crate::seed::{Seed, Stream};

/// Calls of one model that one region serves at once.
pub const PLACES: f64 = 10_000.0;

/// Beyond this share of its capacity a region turns away what it cannot hold.
const FULL: f64 = 0.9;

/// The share of calls lost at full load for no visible reason. It falls with the eighth power of
/// the load: one call in six hundred thousand on a usual day.
const STRAY: f64 = 2e-4;

/// Of the calls turned away, those told that the model is overloaded; the others get a 503.
const OVERLOADED: f64 = 0.2;

/// How often the background is looked at anew, in nanoseconds.
const TICK: u64 = 250_000_000;

/// The load on every model in every region.
#[derive(Debug)]
pub struct Capacity {
    plan: BackgroundPlan,
    regions: usize,
    cells: Vec<Cell>,
}

/// The load on one model in one region.
#[derive(Clone, Copy, Debug)]
struct Cell {
    phase: f64,
    tick: u64,
    background: f64,
    in_service: u32,
}

impl Capacity {
    /// Idle but for the other tenants; where each region stands in its swell comes from the seed.
    pub fn new(index: &Index, plan: BackgroundPlan, seed: Seed) -> Self {
        let mut cells = Vec::with_capacity(index.models().len() * index.regions().len());
        for model in index.models() {
            let of_model = seed.derive(model.id.as_str());
            for region in index.regions() {
                cells.push(Cell {
                    phase: of_model.derive(region.as_str()).stream().unit(),
                    tick: u64::MAX,
                    background: 0.0,
                    in_service: 0,
                });
            }
        }
        Self {
            plan,
            regions: index.regions().len(),
            cells,
        }
    }

    /// Load over capacity, where `left` is the share of the capacity that a fault has left.
    /// Infinite where nothing is left.
    pub fn utilisation(&mut self, now: Moment, model: ModelNo, region: RegionNo, left: f64) -> f64 {
        if left <= 0.0 {
            return f64::INFINITY;
        }
        let plan = self.plan;
        let cell = self.cell(model, region);
        let tick = now.as_nanos() / TICK;
        if cell.tick != tick {
            cell.tick = tick;
            cell.background = background(plan, cell.phase, Moment::from_nanos(tick * TICK));
        }
        (cell.background + f64::from(cell.in_service) / PLACES) / left
    }

    /// A call is served here from now on.
    pub fn begin(&mut self, model: ModelNo, region: RegionNo) {
        let cell = self.cell(model, region);
        cell.in_service = cell.in_service.saturating_add(1);
    }

    /// A call is over.
    pub fn end(&mut self, model: ModelNo, region: RegionNo) {
        let cell = self.cell(model, region);
        cell.in_service = cell.in_service.saturating_sub(1);
    }

    fn cell(&mut self, model: ModelNo, region: RegionNo) -> &mut Cell {
        &mut self.cells[model.0 * self.regions + region.0]
    }
}

/// Lets a call in, or turns it away, at a load.
pub fn admit(utilisation: f64, model: &ModelId, luck: &mut Stream) -> Result<(), Refused> {
    if !luck.chance(turned_away(utilisation)) {
        return Ok(());
    }
    Err(if luck.chance(OVERLOADED) {
        Refused::overloaded(model)
    } else {
        Refused::unavailable(luck.below(3))
    })
}

/// The share of calls turned away at a load: a trace of them on a usual day, and beyond
/// nine tenths of the capacity what exceeds it (half of them at twice as much, all without any).
pub fn turned_away(utilisation: f64) -> f64 {
    let stray = STRAY * utilisation.clamp(0.0, 1.0).powi(8);
    let excess = if utilisation > FULL {
        1.0 - FULL / utilisation
    } else {
        0.0
    };
    stray.max(excess)
}

/// What other tenants take: a slow swell with a quicker ripple on it, within `mean ± swing`.
fn background(plan: BackgroundPlan, phase: f64, at: Moment) -> f64 {
    let period = plan.period.as_secs_f64();
    let turns = if period > 0.0 {
        at.as_secs_f64() / period
    } else {
        0.0
    };
    let swell = (TAU * (turns + phase)).sin();
    let ripple = (TAU * (turns * 4.3 + phase * 7.0)).sin();
    (plan.mean + plan.swing * (0.8 * swell + 0.2 * ripple)).max(0.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_background_stays_within_its_swing_and_uses_it() {
        let plan = BackgroundPlan::default();
        let loads: Vec<f64> = (0..600)
            .map(|secs| background(plan, 0.3, Moment::from_secs(secs)))
            .collect();
        let (low, high) = loads.iter().fold((f64::MAX, f64::MIN), |(low, high), load| {
            (low.min(*load), high.max(*load))
        });
        assert!(
            low >= plan.mean - plan.swing && low < plan.mean - 0.7 * plan.swing,
            "{low}"
        );
        assert!(
            high <= plan.mean + plan.swing && high > plan.mean + 0.7 * plan.swing,
            "{high}"
        );
    }

    #[test]
    fn regions_swell_and_ebb_each_in_their_own_time() {
        let catalog = crate::emulator::world::fixture::catalog();
        let index = Index::new(&catalog);
        let plan = BackgroundPlan::default();
        let mut capacity = Capacity::new(&index, plan, Seed::new(3));
        let mut load =
            |secs, region| capacity.utilisation(Moment::from_secs(secs), ModelNo(0), RegionNo(region), 1.0);
        let (here, there) = (load(0, 0), load(0, 1));
        assert!((here - there).abs() > 0.001, "both at {here}");
        assert!((here - load(100, 0)).abs() > 0.01, "still at {here}");
        assert!(
            (here - load(0, 0)).abs() < 1e-12,
            "the same moment, the same load"
        );
    }

    #[test]
    fn what_a_fault_left_divides_the_load() {
        let catalog = crate::emulator::world::fixture::catalog();
        let mut capacity = Capacity::new(&Index::new(&catalog), BackgroundPlan::default(), Seed::new(3));
        let mut load = |left| capacity.utilisation(Moment::ZERO, ModelNo(0), RegionNo(0), left);
        assert!((load(0.5) - 2.0 * load(1.0)).abs() < 1e-12);
        assert!(load(0.0).is_infinite());
    }

    #[test]
    fn a_background_without_a_period_stands_still() {
        let plan = BackgroundPlan {
            period: Duration::ZERO,
            ..BackgroundPlan::default()
        };
        let at = |secs| background(plan, 0.3, Moment::from_secs(secs));
        assert!((at(0) - at(500)).abs() < 1e-12);
    }

    #[test]
    fn more_load_never_turns_fewer_away() {
        let shares: Vec<f64> = (0..300)
            .map(|percent| turned_away(f64::from(percent) / 100.0))
            .collect();
        assert!(shares.is_sorted(), "{shares:?}");
        assert!(turned_away(0.7) < 1e-4, "a usual day looks healthy");
        assert!(
            (turned_away(1.8) - 0.5).abs() < 1e-9,
            "half at twice what it holds"
        );
        assert!(
            (turned_away(f64::INFINITY) - 1.0).abs() < 1e-9,
            "all without capacity"
        );
    }
}
