//! Tree to value.

use std::ops::Range;

use super::{Expression, Line, MathError, Operand, Operator, functions};

/// What an expression can reach.
pub trait Context {
    /// The value of another query.
    fn value(&mut self, id: &str) -> Result<Operand, MathError>;

    /// The series of all queries that are metrics, whose identifier contains a text.
    fn metrics(&mut self, containing: &str) -> Result<Vec<Line>, MathError>;

    /// SEARCH.
    fn search(&mut self, search: &str, statistic: &str, period: Option<f64>) -> Result<Vec<Line>, MathError>;

    /// What a gap is filled in, and a constant series drawn over.
    fn span(&self) -> Range<i64>;

    /// The period of a series that is made of no other.
    fn period(&self) -> i64;
}

/// Evaluates an expression.
///
/// # Errors
///
/// An unknown function or identifier, or operands of the wrong kind or number.
pub fn evaluate(expression: &Expression, context: &mut dyn Context) -> Result<Operand, MathError> {
    match expression {
        Expression::Number(number) => Ok(Operand::Scalar(*number)),
        Expression::Text(text) => Ok(Operand::Text(text.clone())),
        Expression::Name(id) => context.value(id),
        Expression::Negative(operand) => evaluate(operand, context)?.map(|number| -number),
        Expression::Binary(operator, left, right) => {
            let left = evaluate(left, context)?;
            binary(*operator, left, evaluate(right, context)?)
        }
        Expression::Array(members) => array(members, context),
        Expression::Call(name, arguments) => functions::call(name, arguments, context),
    }
}

/// The grid of a series within a span.
pub fn grid(span: Range<i64>, period: i64) -> impl Iterator<Item = i64> {
    let period = period.max(1);
    let start = super::super::period_start(span.start, period);
    (start..span.end.max(start)).step_by(usize::try_from(period).unwrap_or(usize::MAX))
}

fn array(members: &[Expression], context: &mut dyn Context) -> Result<Operand, MathError> {
    let mut lines = Vec::new();
    for member in members {
        match evaluate(member, context)? {
            Operand::Line(line) => lines.push(line),
            Operand::Lines(more) => lines.extend(more),
            Operand::Scalar(number) => lines.push(constant(number, context)),
            other @ Operand::Text(_) => {
                return Err(MathError::new(format!("An array cannot hold {}", other.kind())));
            }
        }
    }
    Ok(Operand::Lines(lines))
}

/// A series of one value.
pub fn constant(number: f64, context: &dyn Context) -> Line {
    let period = context.period();
    let line = Line {
        period,
        ..Line::default()
    };
    line.with(grid(context.span(), period).map(|at| (at, number)))
}

fn binary(operator: Operator, left: Operand, right: Operand) -> Result<Operand, MathError> {
    use Operand::{Line as One, Lines as Many, Scalar};
    let apply = |a: f64, b: f64| operator.apply(a, b);
    Ok(match (left, right) {
        (Scalar(left), Scalar(right)) => Scalar(apply(left, right)),
        (left, Scalar(right)) => left.map(|number| apply(number, right))?,
        (Scalar(left), right) => right.map(|number| apply(left, number))?,
        (One(left), One(right)) => One(joined(&left, &right, apply)),
        (Many(lefts), One(right)) => Many(lefts.iter().map(|left| joined(left, &right, apply)).collect()),
        (One(left), Many(rights)) => {
            let rights = rights.iter();
            Many(
                rights
                    .map(|right| joined(&left, right, apply).named(right))
                    .collect(),
            )
        }
        (left, right) => {
            return Err(MathError::new(format!(
                "Unsupported operand types for {}: {} and {}",
                operator.symbol(),
                left.kind(),
                right.kind()
            )));
        }
    })
}

/// Two series, where both have a value.
fn joined(left: &Line, right: &Line, apply: impl Fn(f64, f64) -> f64) -> Line {
    let both = left.points.iter().filter_map(|(at, value)| {
        let other = right.points.get(at)?;
        Some((*at, apply(*value, *other)))
    });
    Line {
        period: left.period.max(right.period),
        ..left.with(both)
    }
}

impl Line {
    fn named(self, other: &Self) -> Self {
        Self {
            label: other.label.clone(),
            ..self
        }
    }
}
