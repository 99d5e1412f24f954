//! Where a call of a profile is served.
//!
//! The profile's destinations for the region called are weighed by their free capacity. The source
//! itself weighs as much as all others together, so at equal load it serves half. A region without
//! capacity gets nothing. How the service really chooses is not published: this is an assumption,
//! as is that it knows every region's load at once.

use super::index::RegionNo;

/// A destination and its load over its capacity (infinite: it has none).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// The region.
    pub region: RegionNo,
    /// Load over capacity.
    pub utilisation: f64,
}

/// The offer that takes a call made in `source`, for a `draw` in `0.0..1.0`. `None`: no region has
/// any capacity.
pub fn choose(source: RegionNo, offers: &[Offer], draw: f64) -> Option<Offer> {
    let weigh = weighing(source, offers)?;
    let total: f64 = offers.iter().map(&weigh).sum();
    let mut rest = draw * total;
    let mut last = None;
    for offer in offers {
        let weight = weigh(offer);
        if weight <= 0.0 {
            continue;
        }
        last = Some(*offer);
        rest -= weight;
        if rest < 0.0 {
            break;
        }
    }
    last
}

/// How offers are weighed: by free capacity; where all are full, the less loaded the more.
fn weighing(source: RegionNo, offers: &[Offer]) -> Option<impl Fn(&Offer) -> f64> {
    let some_free = offers.iter().any(|offer| offer.utilisation < 1.0);
    let some_left = offers.iter().any(|offer| offer.utilisation.is_finite());
    let home = offers.len().saturating_sub(1).max(1) as f64;
    some_left.then_some(move |offer: &Offer| {
        let load = offer.utilisation;
        let room = if some_free {
            (1.0 - load).max(0.0)
        } else {
            1.0 / load
        };
        if offer.region == source { home * room } else { room }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The share of draws that each offer takes.
    fn shares(source: usize, loads: &[f64]) -> Vec<f64> {
        const DRAWS: usize = 2_000;
        let offers: Vec<Offer> = (loads.iter().enumerate())
            .map(|(number, load)| Offer {
                region: RegionNo(number),
                utilisation: *load,
            })
            .collect();
        let mut counts = vec![0.0; loads.len()];
        for draw in 0..DRAWS {
            if let Some(taken) = choose(RegionNo(source), &offers, draw as f64 / DRAWS as f64) {
                counts[taken.region.0] += 1.0 / DRAWS as f64;
            }
        }
        counts
    }

    #[test]
    fn at_equal_load_the_source_serves_half() {
        let shares = shares(0, &[0.5, 0.5, 0.5]);
        for (share, expected) in shares.iter().zip([0.5, 0.25, 0.25]) {
            assert!((share - expected).abs() < 0.002, "{shares:?}");
        }
    }

    #[test]
    fn where_all_are_full_the_less_loaded_takes_more() {
        let shares = shares(9, &[1.0, 2.0]);
        assert!((shares[0] - 2.0 / 3.0).abs() < 0.002, "{shares:?}");
    }

    #[test]
    fn without_any_capacity_nobody_takes_it() {
        assert_eq!(shares(0, &[f64::INFINITY; 3]), [0.0; 3]);
    }

    proptest! {
        #[test]
        fn shares_sum_to_one_and_a_region_without_capacity_gets_none(
            loads in prop::collection::vec(prop_oneof![0.0..3.0_f64, Just(f64::INFINITY)], 1..8),
            source in 0_usize..8,
        ) {
            let shares = shares(source, &loads);
            let some_left = loads.iter().any(|load| load.is_finite());
            let total: f64 = shares.iter().sum();
            prop_assert!((total - f64::from(u8::from(some_left))).abs() < 1e-9, "{shares:?}");
            for (share, load) in shares.iter().zip(&loads) {
                prop_assert!(load.is_finite() || *share == 0.0, "{shares:?}");
            }
        }
    }
}
