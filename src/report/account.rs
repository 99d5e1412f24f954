//! What is told of a run, whatever the form.

use std::sync::Arc;

use jiff::Timestamp;

use crate::drill::{Verdict, verdict};
use crate::event::{ArmId, Phase};
use crate::measure::Snapshot;
use crate::measure::detail::{ArmDetail, Detail, Stage};
use crate::measure::snapshot::{ArmSnapshot, Marker, MarkerKind, PatternSnapshot, Scorecard};
use crate::scenario::{JudgePlan, library};

/// Where the facts of a run came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The recording's name, by which it can be asked for again.
    pub run: String,
    /// The scenario, as it was read.
    pub scenario_text: String,
    /// The version of bedrill that ran it.
    pub version: String,
    /// The hash of the catalogue it ran with, in hexadecimal.
    pub catalog_hash: String,
    /// The date of the run's first moment.
    pub began: Timestamp,
    /// Why the recording ends before the run did; `None`: it is whole.
    pub broken_off: Option<String>,
}

/// A run, whole: what every form of the report is made from.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where it came from.
    pub source: Source,
    /// The last thing there was to see.
    pub last: Arc<Snapshot>,
    /// How it was judged.
    pub verdict: Verdict,
    /// The marks of every fault, oldest first.
    pub cards: Vec<Arc<Scorecard>>,
    /// Seconds, percentiles and the worst shots.
    pub detail: Detail,
}

/// How to run the same again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// What must be done first: the scenario written to a file. A shipped one is at hand by its
    /// name, as long as it is still the same and nobody turned a dial in the run.
    pub first: Option<String>,
    /// The command.
    pub command: String,
}

/// One way of calling, with all that is known of it.
#[derive(Clone, Copy, Debug)]
pub struct ArmAccount<'a> {
    /// Its place among all ways of calling: its colour.
    pub place: usize,
    /// Its pattern.
    pub pattern: &'a PatternSnapshot,
    /// Its totals.
    pub snapshot: &'a ArmSnapshot,
    /// Its seconds.
    pub detail: &'a ArmDetail,
}

impl Account {
    /// A run that ended with this snapshot, judged by its scenario's plan.
    pub fn new(
        source: Source,
        last: Arc<Snapshot>,
        plan: &JudgePlan,
        (cards, detail): (Vec<Arc<Scorecard>>, Detail),
    ) -> Self {
        let mut verdict = verdict::judge(plan, &last);
        if let Some(why) = &source.broken_off {
            verdict.break_off(why);
        }
        Self {
            source,
            last,
            verdict,
            cards,
            detail,
        }
    }

    /// Every way of calling, in the order of the run.
    pub fn arms(&self) -> impl Iterator<Item = ArmAccount<'_>> {
        let arms = self.last.patterns.iter().flat_map(|pattern| {
            let arms = pattern.arms.iter();
            arms.map(move |snapshot| (pattern, snapshot))
        });
        let arms = arms.zip(&self.detail.arms).enumerate();
        arms.map(|(place, ((pattern, snapshot), detail))| ArmAccount {
            place,
            pattern,
            snapshot,
            detail,
        })
    }

    /// One of them.
    pub fn arm(&self, id: ArmId) -> Option<ArmAccount<'_>> {
        self.arms().find(|arm| arm.snapshot.id == id)
    }

    /// `cross-region/geo profile`; a dash for one that is not there.
    pub fn arm_name(&self, id: ArmId) -> String {
        self.arm(id).map_or_else(|| "-".to_owned(), |arm| arm.name())
    }

    /// Lines for the charts: all but the phases, which are areas.
    pub fn markers(&self) -> impl Iterator<Item = &Marker> {
        let markers = self.last.markers.iter();
        markers.filter(|marker| marker.kind != MarkerKind::Phase)
    }

    /// Phases with the seconds in which they began and ended.
    pub fn phases(&self) -> Vec<(Phase, f64, f64)> {
        let course = &self.last.evidence.course;
        let ends = course.iter().skip(1).map(|(at, _)| at.as_secs_f64());
        let ends = ends.chain([self.seconds()]);
        course
            .iter()
            .zip(ends)
            .map(|((at, phase), end)| (*phase, at.as_secs_f64(), end))
            .filter(|(_, begins, ends)| ends > begins)
            .collect()
    }

    /// How long the run was.
    pub fn seconds(&self) -> f64 {
        self.last.at.as_secs_f64().max(1.0)
    }

    /// Whether any of the failures were injected at the client.
    pub fn is_client_injected(&self) -> bool {
        self.last.evidence.injected > 0
    }

    /// Whether the schedule was kept in every phase and nothing was lost.
    pub fn is_honest(&self) -> bool {
        verdict::doubts(&self.last).is_empty()
    }

    /// The stages in which any way of calling had an answer.
    pub fn stages(&self) -> Vec<Stage> {
        let seen = |stage: &Stage| self.detail.arms.iter().any(|arm| arm.stage(*stage).count() > 0);
        Stage::ALL.into_iter().filter(seen).collect()
    }

    /// How to run the same again.
    pub fn repeat(&self) -> Repeat {
        let run = &self.last.run;
        let is_shipped = library::text(&run.scenario) == Some(self.source.scenario_text.as_str());
        let by_hand = |marker: &Marker| marker.kind == MarkerKind::DialTurned;
        let is_at_hand = is_shipped && !self.last.markers.iter().any(by_hand);
        let file = format!("{}.toml", run.scenario.trim_end_matches(".toml"));
        let first = format!(
            "bedrill report {} --as-scenario > {}",
            self.source.run,
            quoted(&file)
        );
        let name = quoted(if is_at_hand { &run.scenario } else { &file });
        let time = if run.virtual_time { " --virtual" } else { "" };
        Repeat {
            first: (!is_at_hand).then_some(first),
            command: format!("bedrill run {name} --seed {}{time}", run.seed),
        }
    }
}

impl ArmAccount<'_> {
    /// `cross-region/geo profile`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.pattern.key, self.snapshot.key)
    }
}

/// For a shell, where it needs quotes.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
