//! The table `[traffic]`: one stream of arrivals and prompts for several patterns.

use super::{NameBook, load, workload};
use crate::load::plan::{LoadPlan, WorkloadPlan};
use crate::toml::{Item, Table};

/// What every pattern without arrivals of its own fires.
#[derive(Debug)]
pub struct SharedTraffic {
    /// The arrivals of each way of calling, where they could be read.
    load: Option<LoadPlan>,
    /// What is asked, where that could be read.
    workload: Option<WorkloadPlan>,
}

/// A pattern's arrivals and what it asks.
#[derive(Debug)]
pub struct Traffic {
    pub load: Option<LoadPlan>,
    pub workload: Option<WorkloadPlan>,
    /// Whether both are those of `[traffic]`.
    pub shares: bool,
}

/// Reads `[traffic]`.
pub fn read(item: &Item<'_>, names: NameBook<'_>) -> Option<SharedTraffic> {
    let table = item.table()?;
    let load = load::read_load(&table);
    let workload = read_workload(&table, names);
    table.finish();
    Some(SharedTraffic { load, workload })
}

/// Reads what one pattern fires: its own, or the stream that is shared if it names no arrivals.
pub fn of_pattern(
    table: &Table<'_>,
    kind: &str,
    names: NameBook<'_>,
    shared: Option<&SharedTraffic>,
) -> Traffic {
    let own = table.take("rate").is_some() || table.take("stages").is_some();
    let Some(shared) = shared.filter(|_| !own) else {
        let workload = read_workload(table, names);
        if kind == "prompt-cache" && workload.as_ref().is_some_and(|plan| plan.prefixes.is_some()) {
            let hint = "the document is the shared text here; take it out".to_owned();
            table.reject_key(
                "workload",
                "`shared_prefix_tokens` stands beside a document",
                Some(hint),
            );
        }
        return Traffic {
            load: load::read_load(table),
            workload,
            shares: false,
        };
    };
    if kind == "prompt-cache" {
        let hint = "give it a `rate` of its own: its ways of calling are compared with each other".to_owned();
        table.reject_key(
            "kind",
            "asks about a document, which no other pattern does",
            Some(hint),
        );
    }
    for key in ["spacing", "bursts", "workload"] {
        if let Some(item) = table.take(key) {
            let hint = "take it out, or give the pattern a `rate` and a stream of its own".to_owned();
            item.reject("is that of [traffic], like the arrivals", Some(hint));
        }
    }
    Traffic {
        load: shared.load.clone(),
        workload: shared.workload.clone(),
        shares: true,
    }
}

fn read_workload(table: &Table<'_>, names: NameBook<'_>) -> Option<WorkloadPlan> {
    table.take("workload").map_or_else(
        || Some(WorkloadPlan::default()),
        |item| workload::read(&item, names),
    )
}
