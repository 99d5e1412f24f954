//! Shapes that several operations share: metrics, statistics, queries.

use super::error;
use crate::emulator::wire::rpc::{Malformed, Members, RpcError, Value, structure};
use crate::emulator::world::metrics::query::{Asked, DataQuery, MetricStat};
use crate::emulator::world::metrics::{MINUTE, MetricId, Statistic};

/// The units there are.
pub const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// Queries of one request (the service's limit).
const MOST_QUERIES: usize = 500;
/// Dimensions of a metric.
const MOST_DIMENSIONS: usize = 30;

/// `Dimensions`: names and values.
pub fn dimensions(members: &Members<'_>) -> Result<Vec<(String, String)>, Malformed> {
    let dimensions = members.structures("Dimensions")?;
    dimensions
        .iter()
        .map(|dimension| {
            let value = dimension.need_text("Value")?;
            Ok((dimension.need_text("Name")?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// `Namespace`, `MetricName` and `Dimensions` beside each other.
pub fn metric(members: &Members<'_>) -> Result<MetricId, RpcError> {
    let namespace = members.need_text("Namespace").map_err(error::malformed)?;
    let name = members.need_text("MetricName").map_err(error::malformed)?;
    let dimensions = dimensions(members).map_err(error::malformed)?;
    if dimensions.len() > MOST_DIMENSIONS {
        return Err(too_many(&members.path("Dimensions"), MOST_DIMENSIONS));
    }
    Ok(MetricId::new(namespace, name, dimensions))
}

/// The complaint about a list that is too long.
pub fn too_many(path: &str, most: usize) -> RpcError {
    error::validation(format!(
        "The collection {path} must not have a size greater than {most}."
    ))
}

/// A metric on the wire.
pub fn metric_value(metric: &MetricId) -> Value {
    structure([
        ("Namespace", Value::text(&metric.namespace)),
        ("MetricName", Value::text(&metric.name)),
        ("Dimensions", dimensions_value(metric)),
    ])
}

/// A metric's dimensions on the wire.
pub fn dimensions_value(metric: &MetricId) -> Value {
    let dimensions = metric.dimensions.iter();
    let pair = |(name, value): &(String, String)| {
        structure([("Name", Value::text(name)), ("Value", Value::text(value))])
    };
    Value::List(dimensions.map(pair).collect())
}

/// A period, in seconds.
pub fn period(members: &Members<'_>, name: &str) -> Result<i64, RpcError> {
    let period = members.whole(name).map_err(error::malformed)?;
    let period = period.ok_or_else(|| error::missing(&members.path(name)))?;
    if period < MINUTE || period % MINUTE != 0 || period > 86_400 {
        let path = members.path(name);
        return Err(error::validation(format!(
            "The parameter {path} must be a multiple of {MINUTE}, and no more than a day."
        )));
    }
    Ok(period)
}

/// A unit, if one was given.
pub fn unit(members: &Members<'_>) -> Result<Option<String>, RpcError> {
    let unit = members.text("Unit").map_err(error::malformed)?;
    match unit {
        Some(unit) if !UNITS.contains(&unit) => Err(among(&members.path("Unit"), unit, &UNITS)),
        unit => Ok(unit.map(str::to_owned)),
    }
}

/// The complaint about a word that is none of those allowed.
pub fn among(path: &str, word: &str, words: &[&str]) -> RpcError {
    error::validation(format!(
        "1 validation error detected: Value '{word:.100}' at '{path}' failed to satisfy constraint: Member must \
         satisfy enum value set: [{}]",
        words.join(", ")
    ))
}

/// A statistic by its name.
pub fn statistic(path: &str, written: &str) -> Result<Statistic, RpcError> {
    Statistic::parse(written).ok_or_else(|| {
        error::validation(format!(
            "The value {written:.100} for parameter {path} is not supported."
        ))
    })
}

/// A list of queries, as GetMetricData and alarms have them.
pub fn queries(members: &Members<'_>, name: &str) -> Result<Vec<DataQuery>, RpcError> {
    let written = members.structures(name).map_err(error::malformed)?;
    if written.len() > MOST_QUERIES {
        return Err(too_many(&members.path(name), MOST_QUERIES));
    }
    let queries: Vec<DataQuery> = written.iter().map(query).collect::<Result<_, _>>()?;
    let mut ids: Vec<&str> = queries.iter().map(|query| query.id.as_str()).collect();
    ids.sort_unstable();
    if let Some([twice, _]) = ids.array_windows().find(|[one, next]| one == next) {
        let path = members.path(name);
        return Err(error::validation(format!(
            "The values for parameter Id in {path} are not unique: {twice}"
        )));
    }
    Ok(queries)
}

fn query(members: &Members<'_>) -> Result<DataQuery, RpcError> {
    let id = members.need_text("Id").map_err(error::malformed)?;
    let mut letters = id.chars();
    let is_sound = letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && id.len() <= 255;
    if !is_sound {
        return Err(error::validation(format!(
            "The value {id:.100} for parameter {} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
            members.path("Id")
        )));
    }
    let stat = members.structure("MetricStat").map_err(error::malformed)?;
    let expression = members.text("Expression").map_err(error::malformed)?;
    let asked = match (stat, expression) {
        (Some(stat), None) => Asked::Metric(metric_stat(&stat)?),
        (None, Some(text)) => {
            let own = members
                .has("Period")
                .then(|| period(members, "Period"))
                .transpose()?;
            Asked::Expression(text.to_owned(), own)
        }
        _ => {
            return Err(error::validation(format!(
                "Exactly one of the parameters MetricStat and Expression must be given for the query {id}."
            )));
        }
    };
    Ok(DataQuery {
        id: id.to_owned(),
        asked,
        label: members
            .text("Label")
            .map_err(error::malformed)?
            .map(str::to_owned),
        returns: members
            .flag("ReturnData")
            .map_err(error::malformed)?
            .unwrap_or(true),
    })
}

fn metric_stat(members: &Members<'_>) -> Result<MetricStat, RpcError> {
    let wanted = members.structure("Metric").map_err(error::malformed)?;
    let wanted = wanted.ok_or_else(|| error::missing(&members.path("Metric")))?;
    let written = members.need_text("Stat").map_err(error::malformed)?;
    Ok(MetricStat {
        metric: metric(&wanted)?,
        period: period(members, "Period")?,
        statistic: statistic(&members.path("Stat"), written)?,
        written: written.to_owned(),
        unit: unit(members)?,
    })
}

/// A query on the wire, as an alarm gives it back.
pub fn query_value(query: &DataQuery) -> Value {
    let mut members = vec![
        ("Id".into(), Value::text(&query.id)),
        ("ReturnData".into(), Value::Bool(query.returns)),
    ];
    if let Some(label) = &query.label {
        members.push(("Label".into(), Value::text(label)));
    }
    match &query.asked {
        Asked::Metric(stat) => {
            let mut written = vec![
                ("Metric".into(), metric_value(&stat.metric)),
                ("Period".into(), Value::Integer(stat.period)),
                ("Stat".into(), Value::text(&stat.written)),
            ];
            if let Some(unit) = &stat.unit {
                written.push(("Unit".into(), Value::text(unit)));
            }
            members.push(("MetricStat".into(), Value::Structure(written)));
        }
        Asked::Expression(text, period) => {
            members.push(("Expression".into(), Value::text(text)));
            if let Some(period) = period {
                members.push(("Period".into(), Value::Integer(*period)));
            }
        }
    }
    Value::Structure(members)
}

/// `StartTime` and `EndTime`, in whole seconds; `complain` makes the operation's own error.
pub fn span(
    members: &Members<'_>,
    complain: impl Fn(&'static str) -> RpcError,
) -> Result<std::ops::Range<i64>, RpcError> {
    let time = |name| {
        let time = members.time(name).map_err(error::malformed)?;
        // Beyond any date there is, and safe to calculate with.
        let whole = time.map(|secs| secs.floor().clamp(-1e11, 1e11) as i64);
        whole.ok_or_else(|| error::missing(&members.path(name)))
    };
    let (start, end) = (time("StartTime")?, time("EndTime")?);
    if start == end {
        return Err(complain(
            "The parameter StartTime must not equal parameter EndTime.",
        ));
    }
    if start > end {
        return Err(complain(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    Ok(start..end)
}
