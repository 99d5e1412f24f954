//! Which way of calling survives which fault.
//!
//! A shot is counted under a kind of fault when it was intended while one of that kind was in force
//! (a pulsing fault's pauses included), however long it then took to end; once, even if two faults
//! of the kind overlap.

use std::sync::Arc;
use std::time::Duration;

use super::snapshot::{SurvivalCell, SurvivalMatrix, SurvivalRow};
use crate::clock::Moment;
use crate::event::{ArmId, FaultId, ShotRecord};

/// Faults that shots are held against; the oldest is forgotten for a newer one.
const SPANS: usize = 64;
/// How long after a fault's end a shot intended before it may still be told.
const LINGER: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(super) struct Survival {
    matrix: Arc<SurvivalMatrix>,
    spans: Vec<Span>,
}

/// When a fault was in force.
#[derive(Debug)]
struct Span {
    id: FaultId,
    column: usize,
    began_at: Moment,
    ends_at: Moment,
}

impl Survival {
    /// An empty matrix with a row for each arm, in the order of their numbers.
    pub(super) fn new(rows: Vec<SurvivalRow>) -> Self {
        Self {
            matrix: Arc::new(SurvivalMatrix {
                faults: Vec::new(),
                rows,
            }),
            spans: Vec::new(),
        }
    }

    pub(super) fn began(&mut self, id: FaultId, kind: &str, at: Moment, ends_at: Moment) {
        let matrix = Arc::make_mut(&mut self.matrix);
        let column = matrix.faults.iter().position(|known| known == kind);
        let column = column.unwrap_or_else(|| {
            matrix.faults.push(kind.to_owned());
            for row in &mut matrix.rows {
                row.cells.push(SurvivalCell::default());
            }
            matrix.faults.len() - 1
        });
        self.spans.retain(|span| span.ends_at + LINGER > at);
        if self.spans.len() >= SPANS {
            self.spans.remove(0);
        }
        self.spans.push(Span {
            id,
            column,
            began_at: at,
            ends_at,
        });
    }

    pub(super) fn ended(&mut self, id: FaultId, at: Moment) {
        for span in self.spans.iter_mut().filter(|span| span.id == id) {
            span.ends_at = span.ends_at.min(at);
        }
    }

    /// Counts a finished shot.
    pub(super) fn shot(&mut self, record: &ShotRecord) {
        let intended = record.intended_at;
        let in_force = |span: &&Span| span.began_at <= intended && intended < span.ends_at;
        let mut counted: u64 = 0;
        for span in self.spans.iter().filter(in_force) {
            let column = 1_u64 << (span.column % 64);
            if counted & column != 0 {
                continue;
            }
            counted |= column;
            let row = Arc::make_mut(&mut self.matrix)
                .rows
                .get_mut(record.id.arm.index());
            if let Some(cell) = row.and_then(|row| row.cells.get_mut(span.column)) {
                cell.intended += 1;
                cell.succeeded += u64::from(record.succeeded());
            }
        }
    }

    /// Whether a fault was in force at some time between two moments.
    pub(super) fn touches(&self, from: Moment, to: Moment) -> bool {
        self.spans
            .iter()
            .any(|span| span.began_at < to && from < span.ends_at)
    }

    pub(super) fn matrix(&self) -> Arc<SurvivalMatrix> {
        Arc::clone(&self.matrix)
    }
}

/// A row without cells.
pub(super) fn row(pattern: &crate::names::PatternKey, arm: &crate::names::ArmKey, id: ArmId) -> SurvivalRow {
    SurvivalRow {
        pattern: pattern.clone(),
        arm: arm.clone(),
        id,
        cells: Vec::new(),
    }
}
