//! From a run to its recording and back: what to write at its head, and what to measure it with when
//! it is read.

use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::rig::Rig;
use super::{DrillError, measured};
use crate::catalog::{Catalog, CatalogErrors};
use crate::clock::{Clock, Moment};
use crate::measure::Fold;
use crate::recording::{Header, Place, Plan, Recorder, Recording, RecordingError};
use crate::scenario::{Scenario, ScenarioErrors};
use crate::seed::Seed;

/// Why a recording cannot be shown or measured.
#[derive(Debug, Error)]
pub enum RecordedError {
    /// It cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Its scenario means nothing to this bedrill.
    #[error("the scenario in the recording, written by bedrill {bedrill}, is not understood: {source}")]
    Scenario {
        /// Who wrote it.
        bedrill: String,
        /// What is wrong with it.
        source: ScenarioErrors,
    },
    /// Its catalogue overlay means nothing to this bedrill.
    #[error(
        "the catalogue overlay in the recording, written by bedrill {bedrill}, is not understood: {source}"
    )]
    Overlay {
        /// Who wrote it.
        bedrill: String,
        /// What is wrong with it.
        source: CatalogErrors,
    },
}

/// A recording and what its run was.
#[derive(Debug)]
pub struct Recorded {
    /// The recording.
    pub recording: Recording,
    /// The scenario as it ran, with the seed and the duration of its command line.
    pub scenario: Scenario,
    /// The catalogue it ran with, as far as this bedrill has it.
    pub catalog: Arc<Catalog>,
}

impl Recorded {
    /// Opens a recording and reads its scenario.
    pub fn open(path: &Path) -> Result<Self, RecordedError> {
        Self::of(Recording::open(path)?)
    }

    /// Reads the scenario of a recording.
    pub fn of(recording: Recording) -> Result<Self, RecordedError> {
        let header = recording.header();
        let catalog = match &header.overlay {
            None => Catalog::builtin(),
            Some(text) => {
                let read = Catalog::with_overlay("the recorded overlay", text);
                Arc::new(read.map_err(|source| RecordedError::Overlay {
                    bedrill: header.bedrill.clone(),
                    source,
                })?)
            }
        };
        let read = Scenario::recorded(&header.scenario, &header.source, &catalog);
        let mut scenario = read.map_err(|source| RecordedError::Scenario {
            bedrill: header.bedrill.clone(),
            source,
        })?;
        scenario.seed = Seed::new(header.seed);
        scenario.duration = header.duration;
        Ok(Self {
            recording,
            scenario,
            catalog,
        })
    }

    /// A fold to which the recording's steps can be done again: its snapshots are those of the run.
    pub fn fold(&self) -> Fold {
        let header = self.recording.header();
        let mut plan = measured::fold_plan(&self.scenario, &self.catalog, header.virtual_time);
        plan.run.target.clone_from(&header.target);
        Fold::new(plan)
    }

    /// What makes the figures other than they were, in a sentence; `None`: nothing.
    ///
    /// Prices of attempts that did not count are looked up when a recording is folded.
    pub fn caveat(&self) -> Option<String> {
        let header = self.recording.header();
        (header.catalog != self.catalog.fingerprint).then(|| {
            format!(
                "recorded with the catalogue of bedrill {}, which was another one: extra cost and \
                 assumptions are those of today's",
                header.bedrill
            )
        })
    }
}

/// Begins the recording of a run. One that nobody named may fail: then there is a remark instead,
/// and the run goes on.
pub(super) fn begin(
    plan: Option<&Plan>,
    rig: &Rig,
) -> Result<(Option<Recorder>, Option<String>), DrillError> {
    let Some(plan) = plan else {
        return Ok((None, None));
    };
    let scenario = &rig.scenario;
    let run = measured::fold_plan(scenario, &rig.catalog, rig.clock.is_virtual()).run;
    let header = Header {
        scenario: scenario.name.clone(),
        source: scenario.source.to_string(),
        seed: scenario.seed.number(),
        duration: scenario.duration,
        virtual_time: run.virtual_time,
        target: run.target,
        bedrill: env!("CARGO_PKG_VERSION").to_owned(),
        catalog: rig.catalog.fingerprint,
        overlay: plan.overlay.clone(),
        started: Clock::real().wall(Moment::ZERO),
        epoch: rig.clock.wall(Moment::ZERO),
    };
    match Recorder::begin(plan, header) {
        Ok(recorder) => Ok((Some(recorder), None)),
        Err(problem) if plan.place == Place::Runs => {
            Ok((None, Some(format!("this run is not recorded: {problem}"))))
        }
        Err(problem) => Err(problem.into()),
    }
}
