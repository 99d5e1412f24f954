//! Which phase a run is in. Pure: what is seen goes in, the phase comes out.

use crate::clock::Moment;
use crate::event::Phase;

/// What the phase depends on, at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sight {
    /// Arrivals end early.
    pub stopping: bool,
    /// A fault is in force.
    pub fault_active: bool,
    /// The recovery's end condition holds.
    pub recovered: bool,
}

/// The course of a run through its phases.
#[derive(Clone, Copy, Debug)]
pub struct PhaseCourse {
    warm_up_until: Moment,
    until: Moment,
    phase: Option<Phase>,
    since: Moment,
}

impl PhaseCourse {
    /// A run whose warm-up lasts until the one moment and whose arrivals last until the other.
    pub const fn new(warm_up_until: Moment, until: Moment) -> Self {
        Self {
            warm_up_until,
            until,
            phase: None,
            since: Moment::ZERO,
        }
    }

    /// The phase; `None` before the run begins.
    pub const fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// Since when it is in this phase.
    pub const fn since(&self) -> Moment {
        self.since
    }

    /// Goes on to a moment; gives the phase if it is a new one.
    pub fn advance(&mut self, now: Moment, sight: Sight) -> Option<Phase> {
        let phase = self.at(now, sight);
        let is_new = self.phase != Some(phase);
        if is_new {
            self.phase = Some(phase);
            self.since = now;
        }
        is_new.then_some(phase)
    }

    /// When the next edge comes that depends on time alone.
    pub fn next_edge(&self, now: Moment) -> Option<Moment> {
        [self.warm_up_until, self.until]
            .into_iter()
            .find(|edge| *edge > now)
    }

    fn at(&self, now: Moment, sight: Sight) -> Phase {
        if sight.stopping || now >= self.until {
            return Phase::Drain;
        }
        if sight.fault_active {
            return Phase::Fault;
        }
        match self.phase {
            Some(Phase::Recovery) if sight.recovered => Phase::Recovered,
            Some(Phase::Recovered) => Phase::Recovered,
            Some(Phase::Fault | Phase::Recovery) => Phase::Recovery,
            _ if now < self.warm_up_until => Phase::WarmUp,
            _ => Phase::Steady,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_goes_through_its_phases_in_order() {
        let mut course = PhaseCourse::new(Moment::from_secs(10), Moment::from_secs(100));
        let calm = Sight::default();
        let broken = Sight {
            fault_active: true,
            ..calm
        };
        let better = Sight {
            recovered: true,
            ..calm
        };
        let steps = [
            (0, calm, Some(Phase::WarmUp)),
            // Healthy before anything broke is no recovery.
            (9, better, None),
            (10, better, Some(Phase::Steady)),
            (20, broken, Some(Phase::Fault)),
            // While the fault lasts, nothing has recovered.
            (
                21,
                Sight {
                    recovered: true,
                    ..broken
                },
                None,
            ),
            (30, calm, Some(Phase::Recovery)),
            (31, calm, None),
            (40, better, Some(Phase::Recovered)),
            (41, calm, None),
            (50, broken, Some(Phase::Fault)),
            (60, calm, Some(Phase::Recovery)),
            (100, calm, Some(Phase::Drain)),
            (101, broken, None),
        ];
        for (secs, sight, wanted) in steps {
            assert_eq!(
                course.advance(Moment::from_secs(secs), sight),
                wanted,
                "at {secs}s"
            );
        }
    }

    #[test]
    fn arrivals_that_end_early_lead_to_the_drain_from_anywhere() {
        let mut course = PhaseCourse::new(Moment::ZERO, Moment::FAR);
        assert_eq!(
            course.advance(Moment::ZERO, Sight::default()),
            Some(Phase::Steady)
        );
        let stopping = Sight {
            stopping: true,
            ..Sight::default()
        };
        assert_eq!(course.advance(Moment::from_secs(1), stopping), Some(Phase::Drain));
    }
}
