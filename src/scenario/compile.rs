//! From a file to a validated [`Scenario`]: what takes several tables together to judge.
//!
//! Patterns are compiled against the catalogue; a fault that no call can ever meet, or that begins
//! after the run has ended, is refused rather than run to no effect.

mod judging;
mod reach;
mod turning;

use std::path::Path;

use super::layers::{self, Layered, Override};
use super::prompts::Files;
use super::spec::pattern::provisioned::standing;
use super::spec::{self, FaultSpec, KindSpec, PatternSpec, ScenarioSpec};
use super::{PatternLoad, Scenario, TargetPlan};
use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::event::ArmId;
use crate::fault::FaultPlan;
use crate::patterns::batch::batch;
use crate::patterns::compile::provisioned::{arms_of, provisioned};
use crate::patterns::compile::{cross_region, fallback, gateway, prompt_cache, prompt_routing};
use crate::patterns::plan::PatternPlan;
use crate::toml::text::{self, Step};
use crate::toml::{Problem, Problems};

/// One thing wrong with a scenario file.
pub type ScenarioError = Problem;
/// Everything wrong with a scenario file.
pub type ScenarioErrors = Problems;

impl Scenario {
    /// Reads a scenario. `name` is the file's name: problems show it, and its stem is the
    /// scenario's name unless the file gives itself another.
    ///
    /// Fails with everything that is wrong, each with line, column, key and a hint.
    pub fn parse(name: &str, text: &str, catalog: &Catalog) -> Result<Self, ScenarioErrors> {
        Self::load((name, text), &[], catalog)
    }

    /// Reads a scenario with the files that it includes, looked for beside `name`, and with what the
    /// command line sets on top. A run that the command line makes shorter may have faults after its end.
    ///
    /// Fails as [`Scenario::parse`] does; a problem names the file, or the flag, that it stands in.
    pub fn load(
        (name, text): (&str, &str),
        overrides: &[Override],
        catalog: &Catalog,
    ) -> Result<Self, ScenarioErrors> {
        let layered = layers::gather(name, text, overrides)?;
        let is_cut = overrides.iter().any(|wanted| wanted.path == "duration");
        read(name, layered, (&Files::beside(name), is_cut), catalog)
    }

    /// Reads the text that a recording kept. No other file is looked for: prompts of the user's own are
    /// not there, so it shows what was run and cannot be run again without them.
    ///
    /// Fails as [`Scenario::parse`] does.
    pub fn recorded(name: &str, text: &str, catalog: &Catalog) -> Result<Self, ScenarioErrors> {
        let layered = layers::gather(name, text, &[])?;
        let files = Files {
            recorded: true,
            ..Files::default()
        };
        read(name, layered, (&files, true), catalog)
    }
}

fn read(
    name: &str,
    layered: Layered,
    (files, may_be_cut): (&Files, bool),
    catalog: &Catalog,
) -> Result<Scenario, ScenarioErrors> {
    let Layered { document, text } = layered;
    let spec = spec::read(document.root(), catalog, files);
    let scenario = compile(spec, (name, text), may_be_cut, catalog);
    document.into_result(Some(scenario))
}

/// The text with the hash of each file of prompts beside its path.
fn with_hashes(text: String, specs: &[PatternSpec<'_>]) -> String {
    specs.iter().enumerate().fold(text, |text, (index, spec)| {
        let Some(book) = &spec.workload.prompts else {
            return text;
        };
        let key = |key: &str| Step::Key(key.to_owned());
        let path = [
            key("pattern"),
            Step::Index(index),
            key("workload"),
            key("prompts_hash"),
        ];
        text::set(&text, &path, &format!("\"{}\"", book.hash)).unwrap_or(text)
    })
}

/// The text without what a recording or report must not tell: a gateway's key, the words of a system
/// prompt (as many letters stay) and the account of a role.
fn withheld(text: &str) -> String {
    text::map_strings(text, &["key", "system", "role"], |key, value| match key {
        "system" => "x".repeat(value.chars().count()),
        "role" => value
            .split(':')
            .map(without_account)
            .collect::<Vec<_>>()
            .join(":"),
        _ => "withheld".to_owned(),
    })
}

fn without_account(part: &str) -> &str {
    const NOBODY: &str = "000000000000";
    let is_account = part.len() == NOBODY.len() && part.bytes().all(|digit| digit.is_ascii_digit());
    if is_account { NOBODY } else { part }
}

fn compile(
    mut spec: ScenarioSpec<'_>,
    (file, text): (&str, String),
    may_be_cut: bool,
    catalog: &Catalog,
) -> Scenario {
    let text = withheld(&with_hashes(text, &spec.patterns));
    if spec.target != TargetPlan::Local {
        check_outside(&spec);
    }
    provide_units(&mut spec, catalog);
    let patterns = compile_patterns(spec.patterns, catalog);
    // With a pattern missing, nobody can say that a fault meets no call.
    let is_whole = patterns.len() == spec.written && spec.written > 0;
    for fault in &spec.faults {
        let duration = spec.duration.filter(|_| !may_be_cut);
        check_time(fault, duration.map(|span| Moment::ZERO + span));
        if check_place(fault) && is_whole {
            reach::check(fault, &patterns, catalog);
        }
    }
    let turns = turning::compile(&spec.turns, &patterns, (is_whole, spec.duration));
    let first_fault = spec.faults.iter().map(|fault| fault.plan.begins_at).min();
    if let Some(table) = &spec.judging.steady_table {
        let first_fault = first_fault.map(Moment::since_start);
        judging::check_warm_up(table, spec.judging.steady.warm_up, first_fault);
    }
    // With a pattern missing, nobody can say that a name is wrong.
    let known: &[PatternLoad] = if is_whole { &patterns } else { &[] };
    let judging = judging::compile(&spec.judging, known, first_fault.is_some());
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str());
    Scenario {
        name: spec.name.or(stem).unwrap_or(file).to_owned(),
        description: spec.description.to_owned(),
        source: text.into(),
        target: spec.target,
        seed: spec.seed,
        repeats: spec.repeats,
        duration: spec.duration,
        drain: spec.drain,
        world: spec.world,
        cap: spec.cap,
        patterns,
        faults: spec.faults.into_iter().map(|fault| fault.plan).collect(),
        turns,
        budget: spec.budget,
        judging,
    }
}

/// The units that a pattern calls stand in the world from the start.
fn provide_units(spec: &mut ScenarioSpec<'_>, catalog: &Catalog) {
    for pattern in &mut spec.patterns {
        if let KindSpec::Provisioned(units) = &mut pattern.kind {
            units.time_scale = spec.world.time_scale;
            let arms = arms_of(units, catalog);
            spec.world.units.standing.extend(standing(units, &arms));
        }
    }
}

fn compile_patterns(specs: Vec<PatternSpec<'_>>, catalog: &Catalog) -> Vec<PatternLoad> {
    let mut patterns: Vec<PatternLoad> = Vec::new();
    let mut next_arm = 0;
    for spec in specs {
        let Some(plan) = compile_pattern(&spec, ArmId(next_arm), catalog) else {
            continue;
        };
        if patterns.iter().any(|other| other.plan.key == plan.key) {
            let problem = format!("\"{}\" stands twice", plan.key);
            let hint = "a run has each pattern once; its arms are the comparison".to_owned();
            spec.table.reject_key("kind", problem, Some(hint));
            continue;
        }
        check_max_tokens(&spec, &plan, catalog);
        check_document(&spec, &plan, catalog);
        next_arm += u16::try_from(plan.arms.len()).unwrap_or(u16::MAX);
        let (load, stream) = if spec.shares {
            (spec.load.times(plan.arms.len()), Some(spec.load))
        } else {
            (spec.load, None)
        };
        patterns.push(PatternLoad {
            plan,
            load,
            stream,
            workload: spec.workload,
            on: spec.on,
        });
    }
    patterns
}

fn compile_pattern(spec: &PatternSpec<'_>, first: ArmId, catalog: &Catalog) -> Option<PatternPlan> {
    let compiled = match &spec.kind {
        KindSpec::Batch(spec) => batch(spec, catalog, first),
        KindSpec::CrossRegion(spec) => cross_region(spec, catalog, first),
        KindSpec::PromptCache(spec) => prompt_cache(spec, catalog, first),
        KindSpec::Fallback(spec) => fallback(spec, catalog, first),
        KindSpec::Gateway(spec) => gateway(spec, catalog, first),
        KindSpec::PromptRouting(spec) => prompt_routing(spec, catalog, first),
        KindSpec::Provisioned(spec) => provisioned(spec, catalog, first),
    };
    match compiled {
        Ok(plan) => Some(plan),
        Err(wrong) => {
            spec.table.reject_key(wrong.key, wrong.problem, None);
            None
        }
    }
}

/// The service refuses a call that asks for more than the model gives: nobody means that.
fn check_max_tokens(spec: &PatternSpec<'_>, plan: &PatternPlan, catalog: &Catalog) {
    let Some(asked) = spec.workload.max_tokens else {
        return;
    };
    let routes = plan.arms.iter().flat_map(|arm| &arm.chain);
    let models = routes.filter_map(|route| catalog.models.get(&route.model));
    if let Some(model) = models.min_by_key(|model| model.max_output)
        && asked > model.max_output
    {
        let problem = format!("{asked} is more than {} gives, {}", model.name, model.max_output);
        let workload = spec.table.take("workload").and_then(|item| item.table());
        let workload = workload.as_ref().unwrap_or(&spec.table);
        workload.reject_key("max_tokens", problem, None);
    }
}

/// A document that no prompt can hold is refused here, and not by every call.
fn check_document(spec: &PatternSpec<'_>, plan: &PatternPlan, catalog: &Catalog) {
    let Some(document) = &spec.workload.document else {
        return;
    };
    let chars = document.text.chars().count() as f64;
    let routes = plan.arms.iter().flat_map(|arm| &arm.chain);
    let models = routes.filter_map(|route| catalog.models.get(&route.model));
    let over = models.filter(|model| chars / model.chars_per_token > 0.95 * model.context_window as f64);
    if let Some(model) = over.min_by_key(|model| model.context_window) {
        let tokens = (chars / model.chars_per_token).ceil();
        let window = model.context_window;
        let problem = format!(
            "about {tokens} tokens are too many for {}, whose window is {window}",
            model.name
        );
        let hint = "cut it with `document_tokens`, or choose a model with a larger window".to_owned();
        spec.table.reject_key("document", problem, Some(hint));
    }
}

fn check_time(fault: &FaultSpec<'_>, run_ends: Option<Moment>) {
    if let Some(ends) = run_ends
        && fault.plan.begins_at >= ends
    {
        let problem = format!("begins after the run has ended, at {:?}", ends.since_start());
        fault.table.reject_key("begins", problem, None);
    }
}

/// What only the embedded emulator can do is refused on every other target, and not silently left out: a
/// drill that breaks less than its file says would flatter.
fn check_outside(spec: &ScenarioSpec<'_>) {
    let target = &spec.target;
    if spec.has_world {
        let problem =
            format!("target \"{target}\" has no world that a scenario could bend: only the emulator has");
        let hint = "take [world] out, or keep it in a file that only local runs include".to_owned();
        spec.table.reject_key("world", problem, Some(hint));
    }
    for pattern in &spec.patterns {
        if matches!(pattern.kind, KindSpec::Provisioned(_)) {
            let problem =
                format!("bedrill never buys model units on target \"{target}\", and this pattern needs them");
            let hint = "drill provisioned throughput on target = \"local\"".to_owned();
            pattern.table.reject_key("kind", problem, Some(hint));
        }
    }
    for fault in &spec.faults {
        let kind = fault.plan.kind;
        if !kind.client_can() {
            let problem = format!(
                "{} cannot be caused on target \"{target}\": a client can refuse and delay its own calls, not take \
                 capacity or quota away behind the endpoint",
                kind.key()
            );
            let hint =
                "use endpoint-outage, throttle or unavailable, or run it on target = \"local\"".to_owned();
            fault.table.reject_key("kind", problem, Some(hint));
        }
    }
}

/// Whether a fault is injected where it can be.
fn check_place(fault: &FaultSpec<'_>) -> bool {
    let FaultPlan {
        kind,
        scope,
        at_client,
        ..
    } = &fault.plan;
    if *at_client && !kind.client_can() {
        let problem = format!("a client cannot cause {}: only the emulator can", kind.key());
        fault.table.reject_key("at", problem, None);
        return false;
    }
    if !*at_client && scope.pattern.is_some() {
        let problem = "only a client can tell patterns apart";
        let hint = "add at = \"client\", or take `pattern` out of the scope".to_owned();
        fault.table.reject_key("scope", problem, Some(hint));
        return false;
    }
    // Capacity and quotas are of a region and a model, whatever name a caller gives them.
    if !kind.client_can() && scope.target.is_some() {
        let problem = format!("{} knows no `target`", kind.key());
        let hint = "give `region`, `model` or `provider`".to_owned();
        fault.table.reject_key("scope", problem, Some(hint));
        return false;
    }
    true
}

#[cfg(test)]
mod tests;
