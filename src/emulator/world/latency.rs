//! How long an answer takes.
//!
//! Time to first token and tokens a second are log-normal around the catalogue's medians; the
//! first grows with the uncached prompt. Both worsen with the region's load as waiting before many
//! servers does: hardly at first, steeply near the top. The catalogue's figures are taken to hold
//! at a usual load, [`USUAL_LOAD`] (an assumption). A call served away from the region that was
//! called also travels there and back.

use std::time::Duration;

use super::plan::LatencyPlan;
use crate::catalog::{LatencyModel, RegionEntry};
use crate::seed::Stream;

/// The load at which the catalogue's figures hold.
pub const USUAL_LOAD: f64 = 0.55;

/// Waiting grows no further beyond this load: what exceeds it is turned away.
const TOP_LOAD: f64 = 0.95;

/// Kilometres of glass that light passes in a second.
const LIGHT_IN_GLASS: f64 = 200_000.0;

/// Cables are this many times longer than the way of a bird (an assumption: us-east-1 to us-west-2
/// comes to 53 ms there and back).
const DETOUR: f64 = 1.5;

/// No answer is scheduled later than this.
const LONGEST: f64 = 86_400.0;

/// What one answer's pace hangs on besides its model.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Prompt tokens that no cache holds.
    pub uncached: u64,
    /// The load of the region that serves.
    pub load: f64,
    /// There and back between the region called and the one that serves.
    pub travel: Duration,
}

/// The pace of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From arrival to the first token.
    pub first_token: Duration,
    /// Between one token and the next.
    pub per_token: Duration,
}

impl Pace {
    /// The pace of an answer, `scale` times what the model's figures say.
    pub fn draw(model: &LatencyModel, scale: f64, met: Circumstances, luck: &mut Stream) -> Self {
        let slower = waiting(met.load);
        let median_ms = model.first_token_ms + model.per_thousand_input_ms * met.uncached as f64 / 1_000.0;
        let first = luck.log_normal(median_ms / 1_000.0, model.first_token_sigma) * slower;
        let speed = luck.log_normal(model.tokens_per_second, model.tokens_per_second_sigma);
        Self {
            first_token: span((first + met.travel.as_secs_f64()) * scale),
            // A fuller batch slows each token less than it lengthens the queue.
            per_token: span(slower.sqrt() / speed * scale),
        }
    }

    /// The same pace after a fault: later by `delay`, each token `slowdown` times slower.
    #[must_use]
    pub fn worsened(self, delay: Duration, slowdown: Option<f64>) -> Self {
        Self {
            first_token: self.first_token.saturating_add(delay),
            per_token: slowdown.map_or(self.per_token, |factor| {
                span(self.per_token.as_secs_f64() * factor)
            }),
        }
    }
}

/// How long an error takes: 5 to 40 ms, mostly around 12 (an assumption: the front door answers).
/// In a world of fixed latency it is that latency, but no more than 10 ms.
pub fn of_error(plan: LatencyPlan, luck: impl FnOnce() -> Stream) -> Duration {
    match plan {
        LatencyPlan::Fixed { first_token, .. } => first_token.min(Duration::from_millis(10)),
        LatencyPlan::Modelled { scale } => {
            let secs = luck().log_normal(0.012, 0.45).clamp(0.005, 0.040);
            span(secs * scale)
        }
    }
}

/// How many times longer one waits at a load than at the usual one.
pub fn waiting(load: f64) -> f64 {
    let queue = |load: f64| {
        let load = load.clamp(0.0, TOP_LOAD);
        1.0 + load.powi(6) / (1.0 - load)
    };
    queue(load) / queue(USUAL_LOAD)
}

/// There and back between two regions, by the length of the way.
pub fn round_trip(from: &RegionEntry, to: &RegionEntry) -> Duration {
    const EARTH_RADIUS_KM: f64 = 6_371.0;
    let (north, further_north) = (from.latitude.to_radians(), to.latitude.to_radians());
    let half_lat = (further_north - north) / 2.0;
    let half_lon = (to.longitude - from.longitude).to_radians() / 2.0;
    // The haversine formula.
    let bulge = half_lat.sin().powi(2) + north.cos() * further_north.cos() * half_lon.sin().powi(2);
    let km = 2.0 * EARTH_RADIUS_KM * bulge.clamp(0.0, 1.0).sqrt().asin();
    span(2.0 * km * DETOUR / LIGHT_IN_GLASS)
}

/// Seconds as a span; what is no number or out of range becomes the nearest that is.
fn span(secs: f64) -> Duration {
    if secs.is_nan() {
        return Duration::ZERO;
    }
    Duration::from_secs_f64(secs.clamp(0.0, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::fixture;
    use crate::seed::Seed;

    fn median_ms(uncached: u64, load: f64) -> f64 {
        let model = fixture::model("acme.swift-v1:0");
        let mut luck = Seed::new(5).stream();
        let met = Circumstances {
            uncached,
            load,
            travel: Duration::ZERO,
        };
        let mut drawn: Vec<f64> = (0..4_001)
            .map(|_| Pace::draw(&model.latency, 1.0, met, &mut luck))
            .map(|pace| pace.first_token.as_secs_f64() * 1_000.0)
            .collect();
        drawn.sort_by(f64::total_cmp);
        drawn[2_000]
    }

    #[test]
    fn the_first_token_comes_later_with_a_longer_prompt() {
        // The fixture: 250 ms, and 60 ms for a thousand tokens.
        assert!((median_ms(0, USUAL_LOAD) - 250.0).abs() < 8.0);
        assert!((median_ms(10_000, USUAL_LOAD) - 850.0).abs() < 25.0);
    }

    #[test]
    fn the_first_token_comes_later_under_load() {
        assert!(median_ms(0, 0.3) < 250.0);
        assert!(median_ms(0, 0.9) > 3.0 * 250.0);
    }

    #[test]
    fn a_way_across_the_continent_takes_some_fifty_milliseconds() {
        let catalog = fixture::catalog();
        let trip =
            |from: &str, to: &str| round_trip(&catalog.regions[from], &catalog.regions[to]).as_millis();
        assert_eq!(trip("us-east-1", "us-east-1"), 0);
        assert!(
            (45..65).contains(&trip("us-east-1", "us-west-2")),
            "{}",
            trip("us-east-1", "us-west-2")
        );
        assert_eq!(trip("us-east-1", "us-west-2"), trip("us-west-2", "us-east-1"));
    }

    #[test]
    fn a_nonsensical_figure_makes_a_time_and_no_panic() {
        let broken = LatencyModel {
            first_token_ms: f64::NAN,
            first_token_sigma: 1e9,
            per_thousand_input_ms: f64::INFINITY,
            tokens_per_second: 0.0,
            tokens_per_second_sigma: 0.0,
        };
        let met = Circumstances {
            uncached: 10,
            load: 0.5,
            travel: Duration::ZERO,
        };
        let pace = Pace::draw(&broken, 1.0, met, &mut Seed::new(1).stream());
        assert_eq!(pace.per_token, span(LONGEST));
        assert_eq!(span(f64::NAN), Duration::ZERO);
    }

    #[test]
    fn errors_are_answered_quickly() {
        for key in 0..200 {
            let after = of_error(LatencyPlan::default(), || Seed::new(key).stream());
            assert!((5..=40).contains(&after.as_millis()), "{after:?}");
        }
    }
}
