//! What an expression can be.

use std::collections::BTreeMap;

use super::MathError;

/// A series: values by the beginning of their period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The identifier of the query it comes from, or what a search found.
    pub label: String,
    /// Seconds of a period.
    pub period: i64,
    /// The values. None of them is NaN or infinite.
    pub points: BTreeMap<i64, f64>,
}

impl Line {
    /// The same label and period with other values; what is no number is left out.
    #[must_use]
    pub fn with(&self, points: impl IntoIterator<Item = (i64, f64)>) -> Self {
        Self {
            label: self.label.clone(),
            period: self.period,
            points: points
                .into_iter()
                .filter(|(_, value)| value.is_finite())
                .collect(),
        }
    }

    /// The same with each value changed.
    #[must_use]
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        self.with(self.points.iter().map(|(at, value)| (*at, change(*value))))
    }
}

/// The value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// One number.
    Scalar(f64),
    /// A series.
    Line(Line),
    /// Several.
    Lines(Vec<Line>),
    /// A text.
    Text(String),
}

impl Operand {
    /// Its name in a complaint.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a scalar",
            Self::Line(_) => "a time series",
            Self::Lines(_) => "an array of time series",
            Self::Text(_) => "a string",
        }
    }

    /// Changes each number.
    pub fn map(self, change: impl Fn(f64) -> f64) -> Result<Self, MathError> {
        match self {
            Self::Scalar(number) => Ok(Self::Scalar(change(number))),
            Self::Line(line) => Ok(Self::Line(line.map(change))),
            Self::Lines(lines) => Ok(Self::Lines(lines.iter().map(|line| line.map(&change)).collect())),
            Self::Text(_) => Err(MathError::new("A string is not a number")),
        }
    }

    /// Changes each series.
    pub fn map_lines(self, change: impl Fn(&Line) -> Line) -> Result<Self, MathError> {
        match self {
            Self::Line(line) => Ok(Self::Line(change(&line))),
            Self::Lines(lines) => Ok(Self::Lines(lines.iter().map(change).collect())),
            other => Err(MathError::new(format!(
                "Expected a time series, found {}",
                other.kind()
            ))),
        }
    }
}
