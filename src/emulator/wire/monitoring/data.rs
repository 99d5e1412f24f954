//! GetMetricData and GetMetricStatistics.

use super::page::Pages;
use super::{error, shapes};
use crate::emulator::wire::rpc::{Members, RpcCall, RpcError, Value, structure};
use crate::emulator::world::metrics::query::{self, Found, MetricStat};
use crate::emulator::world::metrics::{Samples, Source as _, Statistic, Watch};

/// Points of one GetMetricData answer.
const MOST_POINTS: i64 = 100_800;
/// Points of one GetMetricStatistics answer.
const MOST_DATAPOINTS: i64 = 1_440;

/// GetMetricData.
pub fn metric_data(call: &RpcCall, input: &Members<'_>, watch: &Watch<'_>) -> Result<Value, RpcError> {
    let pages = Pages::of(call, input)?;
    let queries = shapes::queries(input, "MetricDataQueries")?;
    if queries.is_empty() {
        return Err(error::missing("MetricDataQueries"));
    }
    if !queries.iter().any(|query| query.returns) {
        return Err(error::validation(
            "At least one query must have ReturnData set to true.",
        ));
    }
    let span = shapes::span(input, error::validation)?;
    let descending = match input.text("ScanBy").map_err(error::malformed)? {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(other) => {
            return Err(shapes::among(
                "ScanBy",
                other,
                &["TimestampDescending", "TimestampAscending"],
            ));
        }
    };
    let most = input
        .whole("MaxDatapoints")
        .map_err(error::malformed)?
        .unwrap_or(MOST_POINTS);
    if !(1..=MOST_POINTS).contains(&most) {
        return Err(error::validation(format!(
            "The parameter MaxDatapoints must be between 1 and {MOST_POINTS}."
        )));
    }
    let mut found = query::answer(&queries, span, &watch.reader())
        .map_err(|wrong| error::validation(wrong.to_string()))?;
    if descending {
        for found in &mut found {
            found.points.reverse();
        }
    }
    Ok(page(&pages, &found, usize::try_from(most).unwrap_or(usize::MAX)))
}

/// One page: so many points over all results. A result that goes on is `PartialData`; one without
/// points stands on the first page.
fn page(pages: &Pages, found: &[Found], most: usize) -> Value {
    let total: usize = found.iter().map(|found| found.points.len()).sum();
    let (mut skipped, mut left) = (pages.from.min(total), most);
    let mut results = Vec::new();
    for found in found {
        let all = found.points.len();
        let from = skipped.min(all);
        skipped -= from;
        let until = from.saturating_add(left).min(all);
        left -= until - from;
        if from < until || (all == 0 && pages.from == 0) {
            results.push(result(found, &found.points[from..until], until == all));
        }
    }
    let until = pages.from.min(total) + (most - left);
    let mut output = vec![
        ("MetricDataResults".into(), Value::List(results)),
        ("Messages".into(), Value::List(Vec::new())),
    ];
    output.extend(
        pages
            .token(until, total)
            .map(|token| ("NextToken".into(), Value::Text(token))),
    );
    Value::Structure(output)
}

fn result(found: &Found, points: &[(i64, f64)], is_whole: bool) -> Value {
    let times = points.iter().map(|(at, _)| Value::Time(*at as f64));
    let values = points.iter().map(|(_, value)| Value::Float(*value));
    structure([
        ("Id", Value::text(&found.id)),
        ("Label", Value::text(&found.label)),
        ("Timestamps", Value::List(times.collect())),
        ("Values", Value::List(values.collect())),
        (
            "StatusCode",
            Value::text(if is_whole { "Complete" } else { "PartialData" }),
        ),
    ])
}

/// GetMetricStatistics, the oldest point first (the service's order is none).
pub fn metric_statistics(input: &Members<'_>, watch: &Watch<'_>) -> Result<Value, RpcError> {
    let as_invalid = |refused: RpcError| match refused.code {
        "ValidationError" => error::invalid(refused.message),
        _ => refused,
    };
    let metric = shapes::metric(input).map_err(as_invalid)?;
    let period = shapes::period(input, "Period").map_err(as_invalid)?;
    let span = shapes::span(input, error::invalid)?;
    let asked = (span.end - span.start + period - 1) / period;
    if asked > MOST_DATAPOINTS {
        return Err(error::combination(format!(
            "You have requested up to {asked} datapoints, which exceeds the limit of {MOST_DATAPOINTS}. You may \
             reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let statistics = statistics(input)?;
    let wanted = MetricStat {
        unit: shapes::unit(input).map_err(as_invalid)?,
        metric,
        period,
        statistic: Statistic::Sum,
        written: String::new(),
    };
    let reader = watch.reader();
    let unit = reader.read(&wanted.metric, span.clone()).unit;
    let points = query::periods(&wanted, &span, &reader);
    let points = points
        .iter()
        .map(|(at, samples)| datapoint(*at, samples, &statistics, &unit));
    Ok(structure([
        ("Label", Value::text(&wanted.metric.name)),
        ("Datapoints", Value::List(points.collect())),
    ]))
}

/// The statistics asked for: the plain ones by their names, the extended ones after them.
type Statistics<'a> = (Vec<(&'static str, Statistic)>, Vec<(&'a str, Statistic)>);

const PLAIN: [(&str, Statistic); 5] = [
    ("SampleCount", Statistic::SampleCount),
    ("Average", Statistic::Average),
    ("Sum", Statistic::Sum),
    ("Minimum", Statistic::Minimum),
    ("Maximum", Statistic::Maximum),
];

fn statistics<'a>(input: &Members<'a>) -> Result<Statistics<'a>, RpcError> {
    let plain = input.texts("Statistics").map_err(error::malformed)?;
    let extended = input.texts("ExtendedStatistics").map_err(error::malformed)?;
    if plain.is_empty() && extended.is_empty() {
        return Err(error::missing("Statistics"));
    }
    let plain = plain.into_iter().map(|written| {
        let known = PLAIN.iter().find(|(name, _)| *name == written).copied();
        known.ok_or_else(|| {
            error::invalid(shapes::among("Statistics", written, &PLAIN.map(|(name, _)| name)).message)
        })
    });
    let extended = extended.into_iter().map(|written| {
        let statistic = shapes::statistic("ExtendedStatistics", written);
        let statistic = statistic.map_err(|refused| error::invalid(refused.message))?;
        Ok((written, statistic))
    });
    Ok((
        plain.collect::<Result<_, _>>()?,
        extended.collect::<Result<_, RpcError>>()?,
    ))
}

fn datapoint(at: i64, samples: &Samples, (plain, extended): &Statistics<'_>, unit: &str) -> Value {
    let mut members = vec![("Timestamp".into(), Value::Time(at as f64))];
    let plain = plain.iter();
    members.extend(plain.filter_map(|(name, wanted)| {
        let value = samples.statistic(*wanted)?;
        Some(((*name).into(), Value::Float(value)))
    }));
    let extended = extended.iter().filter_map(|(name, wanted)| {
        let value = samples.statistic(*wanted)?;
        Some(((*name).to_owned(), Value::Float(value)))
    });
    let extended: Vec<_> = extended.collect();
    if !extended.is_empty() {
        members.push(("ExtendedStatistics".into(), Value::Map(extended)));
    }
    members.push(("Unit".into(), Value::text(unit)));
    Value::Structure(members)
}
