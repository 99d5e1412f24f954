//! Which phase a moment belongs to.

use crate::clock::Moment;
use crate::event::Phase;

/// Edges kept. A fault by hand makes two; a run that has seen more of them than this forgets when
/// its oldest were, and what is told so late belongs to the oldest known.
const EDGES: usize = 512;

/// When each phase began.
#[derive(Debug, Default)]
pub(super) struct PhaseLine {
    edges: Vec<(Moment, Phase)>,
}

impl PhaseLine {
    pub(super) fn began(&mut self, at: Moment, phase: Phase) {
        if self.edges.len() >= EDGES {
            self.edges.remove(0);
        }
        self.edges.push((at, phase));
    }

    /// The phase at a moment. What lies before the first edge belongs to the first phase, for the
    /// first shots are wanted at the very start; `None` before any was told.
    pub(super) fn phase_at(&self, at: Moment) -> Option<Phase> {
        let newest_first = self.edges.iter().rev();
        newest_first
            .clone()
            .find(|(began_at, _)| *began_at <= at)
            .or_else(|| self.edges.first())
            .map(|(_, phase)| *phase)
    }

    pub(super) fn edges(&self) -> &[(Moment, Phase)] {
        &self.edges
    }
}
