//! The functions.

use std::collections::BTreeMap;

use super::evaluate::{Context, constant, evaluate, grid};
use super::{Expression, Line, MathError, Operand};

/// Calls a function.
pub fn call(name: &str, arguments: &[Expression], context: &mut dyn Context) -> Result<Operand, MathError> {
    match (name, arguments) {
        ("IF", [condition, then]) => choose(condition, then, None, context),
        ("IF", [condition, then, otherwise]) => choose(condition, then, Some(otherwise), context),
        ("FILL", [operand, filling]) => fill(operand, filling, context),
        ("METRICS", []) => Ok(Operand::Lines(context.metrics("")?)),
        ("METRICS", [Expression::Text(part)]) => Ok(Operand::Lines(context.metrics(part)?)),
        ("SEARCH", [Expression::Text(search), Expression::Text(statistic)]) => {
            Ok(Operand::Lines(context.search(search, statistic, None)?))
        }
        (
            "SEARCH",
            [
                Expression::Text(search),
                Expression::Text(statistic),
                Expression::Number(period),
            ],
        ) => Ok(Operand::Lines(context.search(
            search,
            statistic,
            Some(*period),
        )?)),
        (_, [operand]) => of_one(name, evaluate(operand, context)?, context),
        _ => Err(unknown(name, arguments.len())),
    }
}

const KNOWN: [&str; 18] = [
    "ABS",
    "AVG",
    "CEIL",
    "DIFF",
    "DIFF_TIME",
    "FILL",
    "FLOOR",
    "IF",
    "MAX",
    "METRICS",
    "METRIC_COUNT",
    "MIN",
    "PERIOD",
    "RATE",
    "RUNNING_SUM",
    "SEARCH",
    "SUM",
    "TIME_SERIES",
];

fn unknown(name: &str, arguments: usize) -> MathError {
    if KNOWN.contains(&name) {
        return MathError::new(format!(
            "{name} does not take {arguments} arguments of these kinds"
        ));
    }
    let known = KNOWN.join(", ");
    MathError::new(format!("Unknown function {name:.40}; bedrill models {known}"))
}

fn of_one(name: &str, operand: Operand, context: &dyn Context) -> Result<Operand, MathError> {
    match name {
        "ABS" => operand.map(f64::abs),
        "CEIL" => operand.map(f64::ceil),
        "FLOOR" => operand.map(f64::floor),
        "SUM" => gather(operand, |values| values.iter().sum()),
        "AVG" => gather(operand, |values| values.iter().sum::<f64>() / values.len() as f64),
        "MAX" => gather(operand, |values| {
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        }),
        "MIN" => gather(operand, |values| {
            values.iter().copied().fold(f64::INFINITY, f64::min)
        }),
        "RATE" => operand.map_lines(|line| steps(line, |gone, change| change / gone)),
        "DIFF" => operand.map_lines(|line| steps(line, |_, change| change)),
        "DIFF_TIME" => operand.map_lines(|line| steps(line, |gone, _| gone)),
        "RUNNING_SUM" => operand.map_lines(|line| {
            let mut sum = 0.0;
            line.with(line.points.iter().map(|(at, value)| {
                sum += value;
                (*at, sum)
            }))
        }),
        "METRIC_COUNT" => match operand {
            Operand::Lines(lines) => Ok(Operand::Scalar(lines.len() as f64)),
            other => Err(MathError::new(format!(
                "METRIC_COUNT expects an array, found {}",
                other.kind()
            ))),
        },
        "PERIOD" => match operand {
            Operand::Line(line) => Ok(Operand::Scalar(line.period as f64)),
            other => Err(MathError::new(format!(
                "PERIOD expects a time series, found {}",
                other.kind()
            ))),
        },
        "TIME_SERIES" => match operand {
            Operand::Scalar(number) => Ok(Operand::Line(constant(number, context))),
            other => Err(MathError::new(format!(
                "TIME_SERIES expects a scalar, found {}",
                other.kind()
            ))),
        },
        _ => Err(unknown(name, 1)),
    }
}

/// Several series become one, moment by moment, of the values that are there; one becomes a number.
fn gather(operand: Operand, of: impl Fn(&[f64]) -> f64) -> Result<Operand, MathError> {
    match operand {
        Operand::Scalar(number) => Ok(Operand::Scalar(number)),
        Operand::Line(line) => {
            let values: Vec<f64> = line.points.values().copied().collect();
            // Nothing gathers to no number, which is no data wherever it is used.
            Ok(Operand::Scalar(if values.is_empty() {
                f64::NAN
            } else {
                of(&values)
            }))
        }
        Operand::Lines(lines) => {
            let mut moments = BTreeMap::<i64, Vec<f64>>::new();
            for line in &lines {
                for (at, value) in &line.points {
                    moments.entry(*at).or_default().push(*value);
                }
            }
            let frame = Line {
                period: lines.iter().map(|line| line.period).max().unwrap_or(60),
                ..Line::default()
            };
            Ok(Operand::Line(
                frame.with(moments.iter().map(|(at, values)| (*at, of(values)))),
            ))
        }
        other @ Operand::Text(_) => Err(MathError::new(format!(
            "Expected numbers, found {}",
            other.kind()
        ))),
    }
}

/// Each value but the first, from the seconds and the change since the one before it.
fn steps(line: &Line, of: impl Fn(f64, f64) -> f64) -> Line {
    let pairs = line.points.iter().zip(line.points.iter().skip(1));
    line.with(pairs.map(|((before, old), (at, new))| (*at, of((at - before) as f64, new - old))))
}

/// Each gap becomes a number, the value before it, or a value between its neighbours.
fn fill(operand: &Expression, filling: &Expression, context: &mut dyn Context) -> Result<Operand, MathError> {
    let operand = evaluate(operand, context)?;
    let span = context.span();
    let over = |line: &Line, value: &dyn Fn(&Line, i64) -> Option<f64>| {
        let moments = grid(span.clone(), line.period).chain(line.points.keys().copied());
        let filled =
            moments.filter_map(|at| Some((at, line.points.get(&at).copied().or_else(|| value(line, at))?)));
        line.with(filled)
    };
    match filling {
        Expression::Name(word) if word == "REPEAT" => operand.map_lines(|line| over(line, &before)),
        Expression::Name(word) if word == "LINEAR" => operand.map_lines(|line| {
            over(line, &|line, at| {
                let (left, low) = line.points.range(..at).next_back()?;
                let (right, high) = line.points.range(at..).next()?;
                Some(low + (high - low) * (at - left) as f64 / (right - left) as f64)
            })
        }),
        other => match evaluate(other, context)? {
            Operand::Scalar(number) => operand.map_lines(|line| over(line, &|_, _| Some(number))),
            Operand::Line(others) => {
                operand.map_lines(|line| over(line, &|_, at| others.points.get(&at).copied()))
            }
            other => Err(MathError::new(format!(
                "FILL expects a number, REPEAT or LINEAR, found {}",
                other.kind()
            ))),
        },
    }
}

fn before(line: &Line, at: i64) -> Option<f64> {
    line.points.range(..at).next_back().map(|(_, value)| *value)
}

/// Chooses, moment by moment if the condition is a series. Without `otherwise` a moment where the
/// condition is zero has no value.
fn choose(
    condition: &Expression,
    then: &Expression,
    otherwise: Option<&Expression>,
    context: &mut dyn Context,
) -> Result<Operand, MathError> {
    let condition = evaluate(condition, context)?;
    let then = evaluate(then, context)?;
    let otherwise = otherwise
        .map(|otherwise| evaluate(otherwise, context))
        .transpose()?;
    let value = |operand: &Operand, at: i64| match operand {
        Operand::Scalar(number) => Some(*number),
        Operand::Line(line) => line.points.get(&at).copied(),
        Operand::Lines(_) | Operand::Text(_) => None,
    };
    for branch in [Some(&then), otherwise.as_ref()].into_iter().flatten() {
        if matches!(branch, Operand::Lines(_) | Operand::Text(_)) {
            return Err(MathError::new(format!("IF cannot choose {}", branch.kind())));
        }
    }
    match condition {
        Operand::Scalar(number) if number != 0.0 => Ok(then),
        Operand::Scalar(_) => Ok(otherwise.unwrap_or(Operand::Scalar(f64::NAN))),
        Operand::Line(line) => {
            let chosen = line.points.iter().filter_map(|(at, holds)| {
                let branch = if *holds == 0.0 {
                    otherwise.as_ref()
                } else {
                    Some(&then)
                };
                Some((*at, value(branch?, *at)?))
            });
            Ok(Operand::Line(line.with(chosen)))
        }
        other => Err(MathError::new(format!(
            "IF cannot be decided by {}",
            other.kind()
        ))),
    }
}
