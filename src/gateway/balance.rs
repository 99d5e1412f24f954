//! Whom to ask first. Pure.

use super::plan::Strategy;
use crate::seed::Stream;

/// A deployment that may be asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its place in the group.
    pub place: usize,
    /// Its weight.
    pub weight: u32,
    /// How long its answers took of late, in seconds; `None`: nobody knows.
    pub latency: Option<f64>,
}

/// The candidate to ask; `None` if there is none.
///
/// Under least latency one that nobody knows is asked before any that is known: else it would never
/// be known. Weights of zero leave a candidate out unless all have it.
pub fn pick(strategy: Strategy, candidates: &[Candidate], luck: &mut Stream) -> Option<usize> {
    match strategy {
        Strategy::Ordered => candidates.iter().map(|candidate| candidate.place).min(),
        Strategy::Weighted => by_weight(candidates, luck.unit()),
        Strategy::LeastLatency => {
            let known = |candidate: &&Candidate| candidate.latency.unwrap_or(0.0);
            let least = candidates
                .iter()
                .min_by(|a, b| known(a).total_cmp(&known(b)).then(a.place.cmp(&b.place)));
            least.map(|candidate| candidate.place)
        }
    }
}

fn by_weight(candidates: &[Candidate], draw: f64) -> Option<usize> {
    let total: u64 = candidates
        .iter()
        .map(|candidate| u64::from(candidate.weight))
        .sum();
    if total == 0 {
        let at = (draw * candidates.len() as f64) as usize;
        return candidates.get(at).map(|candidate| candidate.place);
    }
    let mut rest = draw * total as f64;
    for candidate in candidates {
        rest -= f64::from(candidate.weight);
        if rest < 0.0 {
            return Some(candidate.place);
        }
    }
    // A draw of almost one, rounded.
    let weighed = candidates.iter().rev().find(|candidate| candidate.weight > 0);
    weighed.map(|candidate| candidate.place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Candidate, Strategy, by_weight, pick};
    use crate::seed::Seed;

    fn candidates(weights: &[u32], latencies: &[Option<f64>]) -> Vec<Candidate> {
        (weights.iter().zip(latencies).enumerate())
            .map(|(place, (weight, latency))| Candidate {
                place,
                weight: *weight,
                latency: *latency,
            })
            .collect()
    }

    proptest! {
        #[test]
        fn whoever_is_picked_is_a_candidate(
            weights in prop::collection::vec(0_u32..10, 0..6), seed: u64, gone in 0_usize..6,
        ) {
            let latencies: Vec<Option<f64>> =
                weights.iter().map(|weight| (*weight > 3).then_some(f64::from(*weight))).collect();
            let mut left = candidates(&weights, &latencies);
            if gone < left.len() {
                left.remove(gone);
            }
            let mut luck = Seed::new(seed).stream();
            for strategy in Strategy::ALL {
                let picked = pick(strategy, &left, &mut luck);
                prop_assert_eq!(picked.is_some(), !left.is_empty());
                prop_assert!(picked.is_none_or(|place| left.iter().any(|it| it.place == place)));
            }
        }

        #[test]
        fn shares_follow_the_weights(weights in prop::collection::vec(0_u32..10, 2..5)) {
            let total: u32 = weights.iter().sum();
            prop_assume!(total > 0);
            let all = candidates(&weights, &vec![None; weights.len()]);
            let draws = 2_000;
            let mut counts = vec![0_u32; weights.len()];
            for draw in 0..draws {
                counts[by_weight(&all, f64::from(draw) / f64::from(draws)).expect("one")] += 1;
            }
            for (count, weight) in counts.iter().zip(&weights) {
                let wanted = f64::from(*weight) / f64::from(total);
                let share = f64::from(*count) / f64::from(draws);
                prop_assert!((share - wanted).abs() < 0.002, "{counts:?} of {weights:?}");
            }
        }

        #[test]
        fn least_latency_asks_the_unknown_and_then_the_fastest(
            latencies in prop::collection::vec(prop::option::of(0.001..9.0_f64), 1..6),
        ) {
            let all = candidates(&vec![1; latencies.len()], &latencies);
            let place = pick(Strategy::LeastLatency, &all, &mut Seed::new(1).stream()).expect("one");
            let picked = latencies[place].unwrap_or(0.0);
            prop_assert!(latencies.iter().all(|latency| latency.unwrap_or(0.0) >= picked));
        }
    }
}
