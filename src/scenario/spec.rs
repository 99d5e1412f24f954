//! A scenario file as written: every key read, every value within its range, every name known.
//!
//! What one table can be judged by is judged here; what takes several together (a pattern against
//! the catalogue, a fault against the patterns) is [`super::compile`]'s. All keys, with units,
//! ranges and defaults, stand in `docs/scenarios.md`; a test compares the two.

mod expect;
mod fault;
mod load;
mod name;
pub mod pattern;
mod policy;
mod traffic;
mod turn;
mod workload;
mod world;

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::catalog::Catalog;
use crate::emulator::world::plan::WorldPlan;
use crate::fault::FaultPlan;
use crate::load::plan::{CapPlan, LoadPlan, WorkloadPlan};
use crate::patterns::batch::BatchSpec;
use crate::patterns::compile::provisioned::ProvisionedSpec;
use crate::patterns::compile::{CrossRegionSpec, FallbackSpec, GatewaySpec, PromptCacheSpec, RoutingSpec};
use crate::scenario::judging::RecoveryPlan;
use crate::scenario::prompts::Files;
use crate::scenario::target::TargetPlan;
use crate::seed::Seed;
use crate::toml::{Item, Table};
use crate::units::Usd;

pub use expect::{CompareSpec, ExpectSpec, SteadySpec, StopSpec};
pub use name::NameBook;
pub use traffic::SharedTraffic;
pub use turn::TurnSpec;

/// A second, for ranges.
const SEC: Duration = Duration::from_secs(1);
/// Nothing in a run is longer than a day.
const DAY: Duration = Duration::from_secs(86_400);
/// The seed of a scenario that gives none.
const USUAL_SEED: u64 = 7;
/// What may still end after the last arrival has this long, unless the scenario says otherwise.
const USUAL_DRAIN: Duration = Duration::from_secs(15);
/// No run may spend more, in dollars.
const MOST_DOLLARS: f64 = 1_000_000.0;
/// Runs of one scenario after another.
const MOST_REPEATS: u64 = 1_000;

/// A whole file.
#[derive(Debug)]
pub struct ScenarioSpec<'d> {
    /// The name it gives itself; else the file's stem is its name.
    pub name: Option<&'d str>,
    /// What it is about.
    pub description: &'d str,
    /// What it is sent to.
    pub target: TargetPlan,
    /// Its seed.
    pub seed: Seed,
    /// How often it is run, each time with another seed.
    pub repeats: u32,
    /// How long arrivals go on; `None`: until stopped.
    pub duration: Option<Duration>,
    /// What may still end after the last arrival has this long.
    pub drain: Duration,
    /// The most that may be spent.
    pub budget: Option<Usd>,
    /// Whether it bends the emulator's world.
    pub has_world: bool,
    /// The emulator's world.
    pub world: WorldPlan,
    /// The cap on shots in flight.
    pub cap: CapPlan,
    /// How many patterns are written, right or wrong.
    pub written: usize,
    /// The patterns that could be read.
    pub patterns: Vec<PatternSpec<'d>>,
    /// The faults that could be read.
    pub faults: Vec<FaultSpec<'d>>,
    /// The dials turned by schedule that could be read.
    pub turns: Vec<TurnSpec<'d>>,
    /// What is expected.
    pub judging: JudgeSpec<'d>,
    /// The whole file, to note problems with it.
    pub table: Table<'d>,
}

/// What is expected of the run, and when it is broken off.
#[derive(Debug)]
pub struct JudgeSpec<'d> {
    /// The expectations that could be read.
    pub expectations: Vec<ExpectSpec<'d>>,
    /// Warm-up and steady state.
    pub steady: SteadySpec,
    /// The table of it, to note problems with it.
    pub steady_table: Option<Table<'d>>,
    /// The recovery's end condition.
    pub recovery: Option<RecoveryPlan>,
    /// Stop conditions.
    pub stop: Option<StopSpec<'d>>,
    /// The comparisons that could be read.
    pub comparisons: Vec<CompareSpec<'d>>,
}

/// A pattern and its traffic.
#[derive(Debug)]
pub struct PatternSpec<'d> {
    /// Which pattern, with its own options.
    pub kind: KindSpec,
    /// Its arrivals; of a shared stream, those of each of its ways of calling.
    pub load: LoadPlan,
    /// Whether they are those of `[traffic]`.
    pub shares: bool,
    /// What it asks.
    pub workload: WorkloadPlan,
    /// Whether it fires from the start.
    pub on: bool,
    /// Its table, to note problems with it.
    pub table: Table<'d>,
}

/// Which pattern.
#[derive(Debug)]
pub enum KindSpec {
    /// Batch inference.
    Batch(BatchSpec),
    /// Cross-region inference.
    CrossRegion(CrossRegionSpec),
    /// Prompt caching.
    PromptCache(PromptCacheSpec),
    /// Manual fallback.
    Fallback(FallbackSpec),
    /// Multi-provider gateway.
    Gateway(GatewaySpec),
    /// Intelligent prompt routing.
    PromptRouting(RoutingSpec),
    /// Provisioned throughput.
    Provisioned(ProvisionedSpec),
}

/// A fault by schedule.
#[derive(Debug)]
pub struct FaultSpec<'d> {
    /// The fault.
    pub plan: FaultPlan,
    /// Its table, to note problems with it.
    pub table: Table<'d>,
}

/// Reads a whole file. What is wrong is noted with the document; the spec holds what was right.
pub fn read<'d>(root: Table<'d>, catalog: &Catalog, files: &Files) -> ScenarioSpec<'d> {
    let names = NameBook::new(catalog, files);
    // Taken out with what it names before this; asked for so that it is known.
    root.take("include");
    let name = root.take("name").and_then(|item| item.name());
    let description = root.need("description").and_then(|item| item.name());
    let seed = root
        .take("seed")
        .and_then(|item| item.integer(0..=i64::MAX as u64));
    let target = root.take("target").and_then(|item| read_target(&item));
    let repeats = root
        .take("repeats")
        .and_then(|item| item.integer(1..=MOST_REPEATS));
    let duration = duration_of(&root, "duration", SEC..=DAY);
    let drain = duration_of(&root, "drain", Duration::ZERO..=600 * SEC);
    let budget = root.take("budget").and_then(|item| item.money(MOST_DOLLARS));
    let world = root.take("world").and_then(|item| item.table());
    let cap = root.take("load").and_then(|item| item.table());
    let traffic = root.take("traffic").and_then(|item| traffic::read(&item, names));
    let patterns = root.need("pattern").map(|item| rows(&item)).unwrap_or_default();
    let written = patterns.len();
    let faults = root.take("fault").map(|item| rows(&item)).unwrap_or_default();
    let turns = root.take("turn").map(|item| rows(&item)).unwrap_or_default();
    let judging = read_judging(&root);
    root.finish();
    let patterns: Vec<PatternSpec<'d>> = patterns
        .into_iter()
        .filter_map(|table| pattern::read(table, names, traffic.as_ref()))
        .collect();
    if traffic.is_some() && patterns.len() == written && !patterns.iter().any(|pattern| pattern.shares) {
        let hint = "take `rate` and `stages` out of the patterns that are to share it".to_owned();
        root.reject_key("traffic", "every pattern has arrivals of its own", Some(hint));
    }
    ScenarioSpec {
        name,
        description: description.unwrap_or_default(),
        target: target.unwrap_or_default(),
        seed: Seed::new(seed.unwrap_or(USUAL_SEED)),
        repeats: repeats.and_then(|number| u32::try_from(number).ok()).unwrap_or(1),
        duration,
        drain: drain.unwrap_or(USUAL_DRAIN),
        budget,
        has_world: world.is_some(),
        world: world.map_or_else(WorldPlan::default, |table| world::read(&table, names)),
        cap: cap.map_or_else(CapPlan::default, |table| load::read_cap(&table)),
        written,
        patterns,
        faults: (1..)
            .zip(faults)
            .filter_map(|(number, table)| fault::read(table, number, names))
            .collect(),
        turns: turns.into_iter().filter_map(turn::read).collect(),
        judging,
        table: root,
    }
}

fn read_target(item: &Item<'_>) -> Option<TargetPlan> {
    match TargetPlan::parse(item.name()?) {
        Ok(target) => Some(target),
        Err(problem) => {
            let hint = "\"local\", \"aws\" or a URL such as \"http://127.0.0.1:4566\"".to_owned();
            item.reject(problem, Some(hint));
            None
        }
    }
}

fn read_judging<'d>(root: &Table<'d>) -> JudgeSpec<'d> {
    let table = |key| root.take(key).and_then(|item| item.table());
    let (steady, recovery, stop) = (table("steady"), table("recovery"), table("stop"));
    let expectations = root.take("expect").map(|item| rows(&item));
    let comparisons = root.take("compare").map(|item| rows(&item));
    JudgeSpec {
        expectations: expectations
            .into_iter()
            .flatten()
            .filter_map(expect::read_expect)
            .collect(),
        steady: steady
            .as_ref()
            .map_or_else(SteadySpec::default, expect::read_steady),
        steady_table: steady,
        recovery: recovery.and_then(|table| expect::read_recovery(&table)),
        stop: stop.map(expect::read_stop),
        comparisons: comparisons
            .into_iter()
            .flatten()
            .filter_map(expect::read_compare)
            .collect(),
    }
}

/// The tables of an array of tables, `[[pattern]]`.
fn rows<'d>(item: &Item<'d>) -> Vec<Table<'d>> {
    if item.is_table() {
        let hint = format!("write [[{0}]] with two brackets", item.path());
        item.reject("must be an array of tables, is one table", Some(hint));
        return Vec::new();
    }
    let items = item.list().unwrap_or_default();
    if items.is_empty() {
        item.reject("at least one is needed", None);
    }
    items.iter().filter_map(Item::table).collect()
}

/// The duration of a key that may be left out.
fn duration_of(table: &Table<'_>, key: &'static str, range: RangeInclusive<Duration>) -> Option<Duration> {
    table.take(key)?.duration(range)
}
