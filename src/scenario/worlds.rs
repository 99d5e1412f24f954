//! A world alone: a file with a `[world]` (and a seed) and nothing that is run.

use super::ScenarioErrors;
use super::layers::{self, Override};
use super::prompts::Files;
use super::spec::{self, NameBook};
use crate::catalog::Catalog;
use crate::emulator::world::plan::WorldPlan;
use crate::seed::Seed;
use crate::toml::Document;

pub use super::spec::{MOST_TIME_SCALE, USUAL_SEED};

/// Whether a text is a world alone: it names no traffic.
pub fn is_world_alone(text: &str) -> bool {
    let document = Document::parse("", text);
    document.is_ok_and(|document| {
        let root = document.root();
        !["pattern", "outside", "include"].iter().any(|key| root.has(key))
    })
}

/// Reads it. Fails with everything that is wrong.
pub fn read(
    name: &str,
    text: &str,
    overrides: &[Override],
    catalog: &Catalog,
) -> Result<(WorldPlan, Seed), ScenarioErrors> {
    let layered = layers::gather(name, text, overrides)?;
    let document = layered.document;
    let files = Files::beside(name);
    let read = spec::read_world_alone(&document.root(), NameBook::new(catalog, &files));
    document.into_result(Some(read))
}
