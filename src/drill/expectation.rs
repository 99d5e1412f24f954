//! One figure against its bound. Pure.
//!
//! The rule, the same for every figure: it holds if its whole 95 percent interval keeps the bound,
//! it is broken if the whole interval breaks it, and in between nobody can say: the samples are too
//! few. `docs/measurement.md` says which interval belongs to which figure.

use serde::Serialize;

use super::wording::{amount, metric_name, range};
use crate::measure::figure::{Figure, Gap, Metric};
use crate::measure::interval::{Interval, LEAST_FOR_A_MEAN, samples_above, samples_for};
use crate::scenario::judging::{Bound, Expectation};

/// An expectation and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What was expected.
    pub expectation: Expectation,
    /// The figure.
    pub figure: Figure,
    /// What became of it.
    pub standing: Standing,
    /// Why nobody can say, or why there is no figure.
    pub remark: Option<String>,
}

/// What became of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It holds.
    Held,
    /// It does not.
    Broken,
    /// Too few samples to say.
    Unsure,
}

impl Standing {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "BROKEN",
            Self::Unsure => "unsure",
        }
    }
}

impl Judged {
    /// Judges a figure.
    pub fn new(expectation: &Expectation, figure: &Figure) -> Self {
        let (standing, remark) = judge(expectation, figure);
        Self {
            expectation: expectation.clone(),
            figure: *figure,
            standing,
            remark,
        }
    }

    /// What was expected of whom: `fallback/other regions: availability in fault at least 98%`.
    pub fn expected(&self) -> String {
        let Expectation { of, figure, bound } = &self.expectation;
        let place = match figure.phase {
            _ if figure.metric.is_mark() => String::new(),
            Some(phase) => format!(" in {}", phase.key()),
            None => String::new(),
        };
        let (word, most) = match bound {
            Bound::AtLeast(least) => ("at least", least),
            Bound::AtMost(most) => ("at most", most),
        };
        let bound = amount(figure.metric.unit(), *most);
        format!("{of}: {}{place} {word} {bound}", metric_name(figure.metric))
    }

    /// What was found: `61.2% of 150 shots (53.2% to 68.6%)`.
    pub fn found(&self) -> String {
        let Figure {
            samples,
            value,
            interval,
            gap,
            plan,
        } = &self.figure;
        let unit = plan.metric.unit();
        if *samples == 0 {
            return format!("no {}", plan.metric.samples_are());
        }
        let value = match (value, gap) {
            (Some(value), _) => amount(unit, *value),
            (None, Some(Gap::Never)) => "never".to_owned(),
            (None, _) => "no figure".to_owned(),
        };
        let samples_are = plan.metric.samples_are();
        let of = match samples {
            1 => format!("{value} of 1 {}", samples_are.trim_end_matches('s')),
            many => format!("{value} of {many} {samples_are}"),
        };
        let is_counted = interval.low.is_some() && interval.low == interval.high;
        if is_counted || self.figure.value.is_none() {
            of
        } else {
            format!("{of} ({})", range(unit, *interval))
        }
    }
}

fn judge(expectation: &Expectation, figure: &Figure) -> (Standing, Option<String>) {
    match figure.gap {
        Some(Gap::Never) => {
            let remark = "it was hit, and this never came";
            return (Standing::Broken, Some(remark.to_owned()));
        }
        Some(Gap::Unscathed) => {
            let remark = match figure.plan.metric {
                Metric::FailBack => "no fault led its traffic elsewhere, so this says nothing",
                _ => "no fault made a call of it fail, so this says nothing",
            };
            return (Standing::Unsure, Some(remark.to_owned()));
        }
        None => {}
    }
    if figure.value.is_none() {
        return (Standing::Unsure, None);
    }
    let standing = against(expectation.bound, figure.interval);
    let remark = (standing == Standing::Unsure).then(|| too_few(expectation, figure));
    (standing, remark)
}

/// An interval against a bound. An end that is missing keeps nothing.
fn against(bound: Bound, interval: Interval) -> Standing {
    let (holds, breaks) = match bound {
        Bound::AtLeast(least) => (
            interval.low.is_some_and(|low| low >= least),
            interval.high.is_some_and(|high| high < least),
        ),
        Bound::AtMost(most) => (
            interval.high.is_some_and(|high| high <= most),
            interval.low.is_some_and(|low| low > most),
        ),
    };
    match (holds, breaks) {
        (true, _) => Standing::Held,
        (_, true) => Standing::Broken,
        _ => Standing::Unsure,
    }
}

fn too_few(expectation: &Expectation, figure: &Figure) -> String {
    let samples_are = figure.plan.metric.samples_are();
    let few = format!("{} {samples_are} are too few to say", figure.samples);
    let enough = match (expectation.bound, figure.plan.metric, figure.value) {
        (Bound::AtLeast(least), Metric::Availability, Some(value)) if value >= least => samples_for(least),
        (Bound::AtMost(most), Metric::ThrottledAttempts | Metric::ThrottledShots, Some(value))
            if value <= most =>
        {
            samples_for(1.0 - most)
        }
        _ => None,
    };
    if let Some(enough) = enough.filter(|enough| *enough > figure.samples) {
        return format!("{few}; without a miss it takes {enough}");
    }
    match figure.plan.metric {
        Metric::Latency { percentile, .. } if figure.interval.high.is_none() => {
            let enough = samples_above(percentile / 100.0);
            format!("{few}; to reach above p{percentile} it takes {enough}")
        }
        _ if figure.interval == Interval::default() => {
            format!("{few}; a ratio takes {LEAST_FOR_A_MEAN} of them, spread over 8 seconds")
        }
        _ => few,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ArmId, Phase};
    use crate::measure::figure::FigurePlan;
    use crate::measure::interval::wilson;

    fn judged(bound: Bound, hits: u64, samples: u64) -> Judged {
        let plan = FigurePlan {
            arm: ArmId(0),
            phase: Some(Phase::Fault),
            metric: Metric::Availability,
        };
        let expectation = Expectation {
            of: "fallback/other regions".to_owned(),
            figure: plan,
            bound,
        };
        let figure = Figure {
            plan,
            samples,
            value: (samples > 0).then(|| hits as f64 / samples as f64),
            interval: wilson(hits, samples),
            gap: None,
        };
        Judged::new(&expectation, &figure)
    }

    #[test]
    fn a_bound_within_the_interval_is_neither_kept_nor_broken() {
        let standing = |hits, samples| judged(Bound::AtLeast(0.99), hits, samples).standing;
        assert_eq!(standing(381, 381), Standing::Held);
        // Every shot succeeded, and it still says little.
        assert_eq!(standing(150, 150), Standing::Unsure);
        assert_eq!(standing(147, 150), Standing::Unsure);
        assert_eq!(standing(140, 150), Standing::Broken);
        assert_eq!(standing(0, 0), Standing::Unsure);
        let most = |hits| judged(Bound::AtMost(0.05), hits, 150).standing;
        assert_eq!((most(0), most(150)), (Standing::Held, Standing::Broken));
    }

    #[test]
    fn the_line_names_figure_bound_interval_and_number_of_samples() {
        let broken = judged(Bound::AtLeast(0.99), 92, 150);
        assert_eq!(
            broken.expected(),
            "fallback/other regions: availability in fault at least 99%"
        );
        assert_eq!(broken.found(), "61.33% of 150 shots (53.35% to 68.75%)");
        let unsure = judged(Bound::AtLeast(0.99), 150, 150);
        assert_eq!(
            unsure.remark.as_deref(),
            Some("150 shots are too few to say; without a miss it takes 381")
        );
    }

    #[test]
    fn a_percentile_without_an_upper_end_cannot_keep_a_bound() {
        let interval = Interval {
            low: Some(0.3),
            high: None,
        };
        assert_eq!(against(Bound::AtMost(0.5), interval), Standing::Unsure);
        assert_eq!(against(Bound::AtMost(0.2), interval), Standing::Broken);
    }
}
