//! GetMetricData and GetMetricStatistics: from queries to series.

use std::collections::BTreeMap;
use std::ops::Range;

use super::math::{self, Context, Line, MathError, Operand};
use super::samples::{Samples, Statistic};
use super::search::Search;
use super::{MINUTE, MetricId, Source, period_start};

/// Series that one SEARCH finds at most (the service's limit).
const MOST_FOUND: usize = 500;

/// A metric, and how to look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricStat {
    /// Which.
    pub metric: MetricId,
    /// Seconds of a period, a multiple of 60.
    pub period: i64,
    /// Which statistic.
    pub statistic: Statistic,
    /// As it was written.
    pub written: String,
    /// Only samples of this unit.
    pub unit: Option<String>,
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A metric.
    Metric(MetricStat),
    /// An expression over other queries, and the period of what it makes of no other.
    Expression(String, Option<i64>),
}

/// One query of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct DataQuery {
    /// Its identifier.
    pub id: String,
    /// What is asked.
    pub asked: Asked,
    /// The label of the result.
    pub label: Option<String>,
    /// Whether its result is returned, or only used by others.
    pub returns: bool,
}

/// One series of an answer, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The query's identifier.
    pub id: String,
    /// The label.
    pub label: String,
    /// Beginnings of periods, and values.
    pub points: Vec<(i64, f64)>,
}

/// Why queries are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// An expression.
    #[error("Error in expression '{id}': {words}")]
    Expression {
        /// The query.
        id: String,
        /// What is wrong.
        words: String,
    },
}

/// Answers queries over a span of seconds, in their order.
///
/// # Errors
///
/// An expression that cannot be read or evaluated.
pub fn answer(
    queries: &[DataQuery],
    span: Range<i64>,
    source: &dyn Source,
) -> Result<Vec<Found>, QueryError> {
    let mut engine = Engine {
        queries,
        span,
        source,
        done: BTreeMap::new(),
        open: Vec::new(),
    };
    let mut found = Vec::new();
    for query in queries {
        let in_query = |error: MathError| QueryError::Expression {
            id: query.id.clone(),
            words: error.0,
        };
        // Evaluated even if it is not returned: its errors are the request's.
        let operand = engine.value(&query.id).map_err(in_query)?;
        if !query.returns {
            continue;
        }
        match operand {
            Operand::Line(line) => found.push(Found {
                id: query.id.clone(),
                label: label(query),
                points: line.points.into_iter().collect(),
            }),
            Operand::Lines(lines) => found.extend(lines.into_iter().map(|line| Found {
                id: query.id.clone(),
                label: match &query.label {
                    Some(label) => format!("{label} {}", line.label),
                    None => line.label,
                },
                points: line.points.into_iter().collect(),
            })),
            other => {
                let words = format!("The result must be a time series, not {}", other.kind());
                return Err(in_query(MathError(words)));
            }
        }
    }
    Ok(found)
}

/// The samples of a metric by period.
pub fn periods(wanted: &MetricStat, span: &Range<i64>, source: &dyn Source) -> BTreeMap<i64, Samples> {
    let from = period_start(span.start, wanted.period);
    let reading = source.read(&wanted.metric, from..span.end);
    if wanted.unit.as_ref().is_some_and(|unit| *unit != reading.unit) {
        return BTreeMap::new();
    }
    let mut periods = BTreeMap::<i64, Samples>::new();
    for (minute, samples) in &reading.samples {
        periods
            .entry(period_start(*minute, wanted.period))
            .or_default()
            .merge(samples);
    }
    periods.retain(|_, samples| !samples.is_empty());
    periods
}

fn label(query: &DataQuery) -> String {
    match (&query.label, &query.asked) {
        (Some(label), _) => label.clone(),
        (None, Asked::Metric(stat)) => stat.metric.name.clone(),
        (None, Asked::Expression(..)) => query.id.clone(),
    }
}

struct Engine<'a> {
    queries: &'a [DataQuery],
    span: Range<i64>,
    source: &'a dyn Source,
    done: BTreeMap<String, Operand>,
    /// The expressions being evaluated, the outermost first.
    open: Vec<&'a DataQuery>,
}

impl Engine<'_> {
    fn line(&self, label: &str, stat: &MetricStat) -> Line {
        let periods = periods(stat, &self.span, self.source);
        let points = periods
            .into_iter()
            .filter_map(|(at, samples)| Some((at, samples.statistic(stat.statistic)?)));
        Line {
            label: label.to_owned(),
            period: stat.period,
            points: BTreeMap::new(),
        }
        .with(points)
    }
}

impl Context for Engine<'_> {
    fn value(&mut self, id: &str) -> Result<Operand, MathError> {
        if let Some(done) = self.done.get(id) {
            return Ok(done.clone());
        }
        let query = self.queries.iter().find(|query| query.id == id);
        let query = query.ok_or_else(|| MathError(format!("Undefined variable {id:.60}")))?;
        let operand = match &query.asked {
            Asked::Metric(stat) => Operand::Line(self.line(id, stat)),
            Asked::Expression(text, _) => {
                if self.open.iter().any(|open| open.id == id) {
                    return Err(MathError(format!(
                        "The expression refers to itself by way of {id:.60}"
                    )));
                }
                let expression = math::parse(text)?;
                self.open.push(query);
                let value = math::evaluate(&expression, self);
                self.open.pop();
                value?
            }
        };
        self.done.insert(id.to_owned(), operand.clone());
        Ok(operand)
    }

    fn metrics(&mut self, containing: &str) -> Result<Vec<Line>, MathError> {
        let metrics = self.queries.iter().filter(|query| query.id.contains(containing));
        let lines = metrics.filter_map(|query| match &query.asked {
            Asked::Metric(stat) => Some(self.line(&query.id, stat)),
            Asked::Expression(..) => None,
        });
        Ok(lines.collect())
    }

    fn search(&mut self, search: &str, statistic: &str, period: Option<f64>) -> Result<Vec<Line>, MathError> {
        let wanted = Search::parse(search).map_err(MathError)?;
        let parsed = Statistic::parse(statistic);
        let parsed = parsed.ok_or_else(|| MathError(format!("{statistic:.40} is no statistic")))?;
        let period = period.map_or_else(|| self.period(), |period| period as i64);
        if period < MINUTE || period % MINUTE != 0 {
            return Err(MathError(format!(
                "The period {period} is no multiple of {MINUTE}"
            )));
        }
        let found = self
            .source
            .metrics()
            .into_iter()
            .filter(|metric| wanted.finds(metric));
        let lines = found.take(MOST_FOUND).map(|metric| {
            let values: Vec<&str> = metric
                .dimensions
                .iter()
                .map(|(_, value)| value.as_str())
                .collect();
            let label = format!("{} {}", values.join(" "), metric.name);
            let stat = MetricStat {
                metric,
                period,
                statistic: parsed,
                written: statistic.to_owned(),
                unit: None,
            };
            self.line(label.trim(), &stat)
        });
        Ok(lines.collect())
    }

    fn span(&self) -> Range<i64> {
        self.span.start..self.span.end.min(self.source.published_until())
    }

    fn period(&self) -> i64 {
        let own = self.open.iter().rev().find_map(|query| match query.asked {
            Asked::Expression(_, period) => period,
            Asked::Metric(_) => None,
        });
        let of_metrics = self.queries.iter().filter_map(|query| match &query.asked {
            Asked::Metric(stat) => Some(stat.period),
            Asked::Expression(..) => None,
        });
        own.or_else(|| of_metrics.max()).unwrap_or(300)
    }
}

#[cfg(test)]
mod tests;
