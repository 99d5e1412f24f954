//! The figures that are compared, and how much worse each may be.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::measure::detail::{Steps, Stretch};
use crate::measure::figure::Unit;

/// How much worse a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// So many points of a share: 0.005 is half a point.
    Points(f64),
    /// A part of the first run's figure: 0.1 is a tenth.
    Part(f64),
}

/// How a figure comes from a stretch of time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// One count over another.
    Ratio(fn(&Stretch) -> f64, fn(&Stretch) -> f64),
    /// A quantile of latencies by one clock.
    Quantile(Clock, f64),
}

/// Which latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Intended,
    Sent,
    FirstToken,
}

impl Clock {
    pub(super) const ALL: [Self; 3] = [Self::Intended, Self::Sent, Self::FirstToken];

    pub(super) const fn of(self, stretch: &Stretch) -> &Steps {
        match self {
            Self::Intended => &stretch.from_intended,
            Self::Sent => &stretch.from_send,
            Self::FirstToken => &stretch.first_token,
        }
    }
}

/// A row of the table of figures.
struct Row {
    key: &'static str,
    name: &'static str,
    unit: Unit,
    threshold: Threshold,
    origin: Origin,
}

/// Defines the figures and their table in one place.
macro_rules! figures {
    ($($(#[$doc:meta])* $figure:ident, $key:literal, $name:literal, $unit:ident, $threshold:expr, $origin:expr;)*) => {
        /// A figure that is compared.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Figure {
            $($(#[$doc])* $figure,)*
        }

        impl Figure {
            /// Every figure, in the order in which they are shown.
            pub const ALL: [Self; [$($key),*].len()] = [$(Self::$figure,)*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$figure => Row {
                        key: $key,
                        name: $name,
                        unit: Unit::$unit,
                        threshold: $threshold,
                        origin: $origin,
                    },)*
                }
            }
        }
    };
}

use Clock::{FirstToken, Intended, Sent};
use Origin::{Quantile, Ratio};
use Threshold::{Part, Points};

figures! {
    /// Shots answered over shots intended.
    Availability, "availability", "availability", Share, Points(0.005),
        Ratio(|of| of.succeeded as f64, |of| of.intended as f64);
    /// Throttled attempts over attempts.
    ThrottleShare, "throttle_share", "throttle share", Share, Points(0.01),
        Ratio(|of| of.throttled as f64, |of| of.attempts as f64);
    /// Attempts for each shot sent.
    Amplification, "amplification", "attempts a shot", Ratio, Part(0.05),
        Ratio(|of| of.attempts as f64, |of| (of.intended - of.shed) as f64);
    /// Money for each shot sent.
    CostPerRequest, "cost_per_request", "cost a shot", Dollars, Part(0.05),
        Ratio(|of| of.cost.dollars(), |of| (of.intended - of.shed) as f64);
    /// Median latency from the intended time.
    LatencyP50, "latency_p50", "p50 from the intended time", Seconds, Part(0.1), Quantile(Intended, 0.5);
    /// 90th percentile likewise.
    LatencyP90, "latency_p90", "p90 from the intended time", Seconds, Part(0.1), Quantile(Intended, 0.9);
    /// 99th percentile likewise.
    LatencyP99, "latency_p99", "p99 from the intended time", Seconds, Part(0.2), Quantile(Intended, 0.99);
    /// Median latency from the send.
    SentP50, "sent_p50", "p50 from the send", Seconds, Part(0.1), Quantile(Sent, 0.5);
    /// 90th percentile likewise.
    SentP90, "sent_p90", "p90 from the send", Seconds, Part(0.1), Quantile(Sent, 0.9);
    /// 99th percentile likewise.
    SentP99, "sent_p99", "p99 from the send", Seconds, Part(0.2), Quantile(Sent, 0.99);
    /// Median time to the first token.
    FirstTokenP50, "first_token_p50", "p50 of the first token", Seconds, Part(0.1), Quantile(FirstToken, 0.5);
    /// 99th percentile likewise.
    FirstTokenP99, "first_token_p99", "p99 of the first token", Seconds, Part(0.2), Quantile(FirstToken, 0.99);
}

impl Figure {
    /// Its key in flags and documents.
    pub const fn key(self) -> &'static str {
        self.row().key
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What its number stands for.
    pub const fn unit(self) -> Unit {
        self.row().unit
    }

    /// Whether more of it is better.
    pub const fn is_better_high(self) -> bool {
        matches!(self, Self::Availability)
    }

    pub(super) const fn origin(self) -> Origin {
        self.row().origin
    }
}

/// How much worse each figure may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds(BTreeMap<Figure, Threshold>);

impl Thresholds {
    /// Instead of what the table says.
    pub fn set(&mut self, figure: Figure, threshold: Threshold) {
        self.0.insert(figure, threshold);
    }

    /// The threshold of a figure.
    pub fn of(&self, figure: Figure) -> Threshold {
        self.0.get(&figure).copied().unwrap_or(figure.row().threshold)
    }

    /// The same in the figure's unit, where the first run's is known.
    pub(super) fn limit(&self, figure: Figure, first: Option<f64>) -> f64 {
        match self.of(figure) {
            Points(points) => points,
            Part(part) => part * first.unwrap_or(0.0),
        }
    }
}

/// Reads `latency_p99=10%`: of a share, points; of anything else, a part of the first run's.
impl FromStr for ThresholdFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let keys = || Figure::ALL.map(Figure::key).join(", ");
        let (key, size) = text.split_once('=').ok_or_else(|| {
            format!(
                "`{text}` is no threshold; write latency_p99=10%, with one of {}",
                keys()
            )
        })?;
        let figure = Figure::ALL.into_iter().find(|figure| figure.key() == key);
        let figure = figure.ok_or_else(|| format!("`{key}` is not compared; there are {}", keys()))?;
        let percent = size
            .strip_suffix('%')
            .and_then(|percent| percent.trim().parse::<f64>().ok());
        let percent = percent
            .filter(|percent| percent.is_finite() && *percent >= 0.0)
            .ok_or_else(|| format!("`{size}` is no threshold; write a percentage from 0, such as 10%"))?;
        let threshold = match figure.unit() {
            Unit::Share => Points(percent / 100.0),
            _ => Part(percent / 100.0),
        };
        Ok(Self(figure, threshold))
    }
}

/// A threshold as it is given on the command line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThresholdFlag(pub Figure, pub Threshold);

impl FromIterator<ThresholdFlag> for Thresholds {
    fn from_iter<I: IntoIterator<Item = ThresholdFlag>>(flags: I) -> Self {
        Self(
            flags
                .into_iter()
                .map(|ThresholdFlag(figure, threshold)| (figure, threshold))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_in_points_of_a_share_and_in_parts_of_anything_else() {
        let read = |text: &str| text.parse::<ThresholdFlag>();
        assert_eq!(
            read("availability=0.5%"),
            Ok(ThresholdFlag(Figure::Availability, Points(0.005)))
        );
        assert_eq!(
            read("latency_p99=15%"),
            Ok(ThresholdFlag(Figure::LatencyP99, Part(0.15)))
        );
        for wrong in [
            "latency_p99",
            "latency_p98=1%",
            "latency_p99=5ms",
            "latency_p99=-1%",
            "latency_p99=NaN%",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
