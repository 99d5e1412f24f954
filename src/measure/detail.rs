//! What a report shows beside the snapshot: every second of each way of calling, its latencies by
//! phase to the last percentile, and the shots that went worst.
//!
//! A shot stands in the second in which it was *intended*, so a fault shows from its first second
//! on, however long its victims took. The live timeline counts by the end, for it cannot wait.
//!
//! Bounded for ever: at most [`ArmDetail::MOST`] stretches of time for each arm (beyond that
//! neighbours are put together, and together again), each with at most a few hundred steps of
//! latency, three histograms for each arm, and [`Worst::KEPT`] shots of each kind for the run.

mod stretch;
mod worst;

pub use stretch::{Steps, Stretch};
pub use worst::Worst;

use super::latency::Latencies;
use crate::event::{Phase, ShotRecord};

/// What is kept of a run for its report.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// Each way of calling, by its number.
    pub arms: Vec<ArmDetail>,
    /// The shots that went worst, the warm-up's left out.
    pub worst: Worst,
}

/// The parts of a run whose latencies are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before anything was broken.
    Steady,
    /// While something was.
    Fault,
    /// After it.
    Recovery,
}

/// What is kept of one way of calling.
#[derive(Clone, Debug)]
pub struct ArmDetail {
    stretches: Vec<Stretch>,
    width: u64,
    stages: [Latencies; Stage::ALL.len()],
}

impl Stage {
    /// In the order of a run.
    pub const ALL: [Self; 3] = [Self::Steady, Self::Fault, Self::Recovery];

    /// The stage that a phase belongs to; the warm-up and the drain belong to none.
    pub const fn of(phase: Phase) -> Option<Self> {
        match phase {
            Phase::Steady => Some(Self::Steady),
            Phase::Fault => Some(Self::Fault),
            Phase::Recovery | Phase::Recovered => Some(Self::Recovery),
            Phase::WarmUp | Phase::Drain | Phase::Done => None,
        }
    }

    /// As it is shown and written.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Fault => "fault",
            Self::Recovery => "recovery",
        }
    }
}

impl Detail {
    /// Of so many ways of calling.
    pub fn new(arms: usize) -> Self {
        Self {
            arms: vec![ArmDetail::default(); arms],
            worst: Worst::default(),
        }
    }

    /// Counts a finished shot, intended in a phase.
    pub fn shot(&mut self, phase: Option<Phase>, record: &ShotRecord) {
        let Some(arm) = self.arms.get_mut(record.id.arm.index()) else {
            return;
        };
        arm.stretch(record.intended_at.as_secs()).count(record);
        if let Some(stage) = phase.and_then(Stage::of)
            && record.succeeded()
        {
            arm.stages[stage as usize].record(record.latency_from_intended());
        }
        if phase != Some(Phase::WarmUp) {
            self.worst.count(record);
        }
    }
}

impl Default for ArmDetail {
    fn default() -> Self {
        Self {
            stretches: Vec::new(),
            width: 1,
            stages: <[Latencies; Stage::ALL.len()]>::default(),
        }
    }
}

impl ArmDetail {
    /// Stretches kept at most: seconds, for a run of up to an hour and eight minutes.
    pub const MOST: usize = 4_096;

    /// Every stretch, oldest first; the first begins with the run.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// How many seconds a stretch covers: 1, or a power of two in a long run.
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// Latencies from the intended time of the shots of a stage that succeeded.
    pub const fn stage(&self, stage: Stage) -> &Latencies {
        &self.stages[stage as usize]
    }

    fn stretch(&mut self, second: u64) -> &mut Stretch {
        while second / self.width >= Self::MOST as u64 {
            self.stretches = self.stretches.chunks(2).map(Stretch::joined).collect();
            self.width *= 2;
        }
        let place = (second / self.width) as usize;
        if self.stretches.len() <= place {
            self.stretches.resize(place + 1, Stretch::default());
        }
        &mut self.stretches[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{FailureKind, ShotEnd};
    use crate::measure::fold::fixture::shot;

    #[test]
    fn a_shot_stands_where_it_was_intended_and_in_its_stage() {
        let mut detail = Detail::new(1);
        let late = shot(0, 0, 1_900, 4_000, ShotEnd::Succeeded);
        detail.shot(Some(Phase::Fault), &late);
        let arm = &detail.arms[0];
        assert_eq!(arm.stretches().len(), 2);
        assert_eq!(
            (arm.stretches()[1].intended, arm.stretches()[1].succeeded),
            (1, 1)
        );
        assert_eq!(arm.stage(Stage::Fault).count(), 1);
        assert_eq!(arm.stage(Stage::Steady).count(), 0);
    }

    #[test]
    fn a_run_of_days_keeps_its_sums_in_bounded_room() {
        let mut detail = Detail::new(1);
        for hour in 0..100 {
            let at = hour * 3_600_000;
            detail.shot(Some(Phase::Steady), &shot(0, hour, at, 50, ShotEnd::Succeeded));
        }
        let arm = &detail.arms[0];
        assert!(arm.stretches().len() <= ArmDetail::MOST && arm.width() == 128);
        let intended: u64 = arm.stretches().iter().map(|stretch| stretch.intended).sum();
        assert_eq!(intended, 100);
    }

    #[test]
    fn the_worst_are_the_slowest_and_the_lost_and_no_more_than_are_kept() {
        let mut detail = Detail::new(1);
        for index in 0..40 {
            let lost = ShotEnd::Failed(FailureKind::Unavailable);
            let end = if index % 2 == 0 { ShotEnd::Succeeded } else { lost };
            detail.shot(Some(Phase::Steady), &shot(0, index, 1_000, 100 + index, end));
        }
        detail.shot(Some(Phase::WarmUp), &shot(0, 99, 0, 9_000, ShotEnd::Succeeded));
        let slowest: Vec<u64> = detail.worst.slowest().iter().map(|shot| shot.id.index).collect();
        assert_eq!(slowest, [38, 36, 34, 32, 30, 28, 26, 24, 22, 20]);
        assert_eq!(detail.worst.lost().len(), Worst::KEPT);
        assert_eq!(detail.worst.lost()[0].id.index, 39);
    }
}
