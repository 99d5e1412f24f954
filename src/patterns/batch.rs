//! Batch inference: what a scenario asks of it, and its plan. The lines of its files are in [`lines`].
//!
//! The pattern has one arm, online traffic of the same prompts, so that a job and users' calls are
//! seen beside each other. The jobs themselves are run by the drill.

pub mod lines;

use std::sync::Arc;
use std::time::Duration;

use super::compile::candidates::{reached, target_in};
use super::compile::{CompileProblem, Problem};
use super::plan::{ArmPlan, CallPolicy, PatternPlan, SpecialPlan, TunePlan};
use crate::catalog::{Catalog, Lifecycle, Model, QuotaFamily};
use crate::event::ArmId;
use crate::names::{ArmKey, ModelId, ModelRef, PatternKey, Region};

/// The key of the dial that says how many jobs were asked for.
pub const JOBS: &str = "jobs";
/// Most jobs of one run.
pub const MOST_JOBS: u32 = 20;

/// What a scenario says of pattern 4.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchSpec {
    /// The model, by its bare identifier.
    pub model: ModelId,
    /// The region.
    pub region: Region,
    /// What each job is.
    pub job: JobSpec,
    /// How the online arm calls.
    pub policy: CallPolicy,
}

/// What each job of a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// Where its records come from.
    pub records: RecordSource,
    /// The form of its records.
    pub form: RecordForm,
    /// How long it may take, in hours: 24 to 168.
    pub hours: u32,
    /// Jobs asked for from the start.
    pub jobs: u32,
    /// When the first of them is submitted, from the start of the run.
    pub begins: Duration,
    /// Between two looks at a job.
    pub poll: Duration,
    /// The role the service works under.
    pub role: String,
    /// The bucket; `None`: one that the run makes and takes away again.
    pub bucket: Option<String>,
}

impl Default for JobSpec {
    fn default() -> Self {
        Self {
            records: RecordSource::Workload {
                count: 1_000,
                bad: 0,
                malformed: None,
            },
            form: RecordForm::Converse,
            hours: 24,
            jobs: 1,
            begins: Duration::from_secs(2),
            poll: Duration::from_millis(500),
            role: "arn:aws:iam::123456789012:role/bedrill-batch".to_owned(),
            bucket: None,
        }
    }
}

/// Where the records of a job come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordSource {
    /// The prompts of the pattern's workload.
    Workload {
        /// Records.
        count: u64,
        /// Of those, with a `modelInput` that the model refuses, spread evenly.
        bad: u64,
        /// The line that is broken JSON on purpose, from one.
        malformed: Option<u64>,
    },
    /// A JSON Lines file, read when a job begins.
    File(String),
}

/// The form of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordForm {
    /// Bodies of Converse, the same for every family.
    Converse,
    /// Bodies of InvokeModel, in the format of the model's family.
    InvokeModel,
}

/// What the drill needs to run the jobs.
#[derive(Clone, Debug)]
pub struct BatchPlan {
    /// The model.
    pub model: Arc<Model>,
    /// What is written as `modelId`.
    pub target: ModelRef,
    /// Which price that has.
    pub family: QuotaFamily,
    /// The region.
    pub region: Region,
    /// What each job is.
    pub job: JobSpec,
}

/// Compiles pattern 4, its arm numbered `first`.
pub fn batch(spec: &BatchSpec, catalog: &Catalog, first: ArmId) -> Result<PatternPlan, CompileProblem> {
    let at = |key| move |problem| CompileProblem { key, problem };
    let model = catalog
        .models
        .get(&spec.model)
        .ok_or_else(|| Problem::UnknownModel(spec.model.clone()))
        .and_then(|model| match model.lifecycle {
            Lifecycle::EndOfLife => Err(Problem::EndOfLife(spec.model.clone())),
            Lifecycle::Active | Lifecycle::Legacy => Ok(model),
        })
        .map_err(at("model"))?;
    if !model.offers_batch() {
        return Err(at("model")(Problem::NoBatch(spec.model.clone())));
    }
    if !catalog.regions.contains_key(&spec.region) {
        return Err(at("region")(Problem::UnknownRegion(spec.region.clone())));
    }
    let target = target_in(catalog, model, &spec.region).ok_or_else(|| {
        at("region")(Problem::NotServed {
            model: spec.model.clone(),
            region: spec.region.clone(),
        })
    })?;
    let family = catalog
        .resolve(target.as_str())
        .map_or(QuotaFamily::OnDemand, |resolved| resolved.quota_family());
    let key = PatternKey::from("batch");
    let arm = ArmPlan {
        id: first,
        pattern: key.clone(),
        key: ArmKey::from("online"),
        about: format!("{}, called in {} while jobs run", model.name, spec.region),
        chain: vec![Arc::new(reached(
            model,
            &spec.region,
            target.clone(),
            spec.region.as_str(),
        ))],
        policy: spec.policy.clone(),
    };
    let plan = BatchPlan {
        model: Arc::clone(model),
        target,
        family,
        region: spec.region.clone(),
        job: spec.job.clone(),
    };
    Ok(PatternPlan {
        tunes: vec![TunePlan {
            key: JOBS,
            label: "jobs asked for",
            unit: "",
            least: 0.0,
            most: f64::from(MOST_JOBS),
            step: 1.0,
            start: f64::from(spec.job.jobs),
        }],
        special: SpecialPlan::Batch(Box::new(plan)),
        ..PatternPlan::plain(key, vec![arm])
    })
}
