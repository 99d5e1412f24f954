//! Whether the figures of a run may be believed.

use crate::measure::{Fold, Snapshot};

/// Why not; empty: they may.
///
/// The generator missed its schedule if in any judged phase the 99th percentile of schedule lag is
/// beyond [`Fold::ON_TIME`]: by phase, so that a calm minute cannot hide a late one.
pub fn doubts(last: &Snapshot) -> Vec<String> {
    let mut doubts = Vec::new();
    for late in &last.evidence.lags {
        if late.p99 > Fold::ON_TIME {
            doubts.push(format!(
                "the generator missed its schedule in {}: one shot in a hundred was more than {:.1?} late \
                 ({} shots; the limit is {:?})",
                late.phase.key(),
                late.p99,
                late.shots,
                Fold::ON_TIME
            ));
        }
    }
    let events = last.honesty.lost_events;
    if events > 0 {
        doubts.push(format!("{events} events were lost, so the counts are too low"));
    }
    let unverified = last.evidence.unverified;
    if unverified > 0 {
        doubts.push(format!(
            "{unverified} faults could not be verified to be lifted when they ended"
        ));
    }
    doubts
}
