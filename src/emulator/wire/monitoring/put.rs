//! PutMetricData.

use super::{error, shapes};
use crate::emulator::wire::rpc::{Members, RpcError};
use crate::emulator::world::metrics::shelf::Datum;
use crate::emulator::world::metrics::{Samples, Watch};

/// Samples of one request.
const MOST_DATA: usize = 1_000;
/// Values of one sample.
const MOST_VALUES: usize = 150;
/// How far back and ahead a sample's time may lie, in seconds.
const PAST: i64 = 14 * 86_400;
const FUTURE: i64 = 2 * 3_600;

/// Puts samples in: all of a request, or none.
pub fn data(input: &Members<'_>, watch: &mut Watch<'_>) -> Result<(), RpcError> {
    let namespace = input.need_text("Namespace").map_err(error::malformed)?;
    if namespace.starts_with("AWS/") {
        return Err(error::invalid(
            "The value AWS/ for parameter Namespace is invalid.",
        ));
    }
    if namespace.is_empty() || namespace.len() > 255 || namespace.starts_with(':') {
        return Err(error::invalid("The value for parameter Namespace is invalid."));
    }
    let mut data = input.structures("MetricData").map_err(error::malformed)?;
    for entity in input.structures("EntityMetricData").map_err(error::malformed)? {
        data.extend(entity.structures("MetricData").map_err(error::malformed)?);
    }
    if data.len() > MOST_DATA {
        return Err(error::invalid(format!(
            "The collection MetricData must not have a size greater than {MOST_DATA}."
        )));
    }
    let now = watch.now();
    let data = data.iter().map(|datum| one(namespace, datum, now));
    watch.put(data.collect::<Result<_, _>>()?);
    Ok(())
}

fn one(namespace: &str, datum: &Members<'_>, now: i64) -> Result<Datum, RpcError> {
    let name = datum.need_text("MetricName").map_err(error::malformed)?;
    let dimensions = shapes::dimensions(datum).map_err(error::malformed)?;
    if dimensions.len() > 30 {
        let path = datum.path("Dimensions");
        return Err(error::invalid(format!(
            "The collection {path} must not have a size greater than 30."
        )));
    }
    if name.is_empty()
        || dimensions
            .iter()
            .any(|(name, value)| name.is_empty() || value.is_empty())
    {
        let path = datum.path("MetricName");
        return Err(error::invalid(format!(
            "The parameter {path} and the dimensions must not be empty."
        )));
    }
    let at = datum.time("Timestamp").map_err(error::malformed)?;
    let at = at.map_or(now, |secs| secs.floor().clamp(-1e11, 1e11) as i64);
    if !(now - PAST..=now + FUTURE).contains(&at) {
        return Err(error::invalid(format!(
            "The parameter {} must specify a time within the past two weeks, or up to two hours in the future.",
            datum.path("Timestamp")
        )));
    }
    let unit = shapes::unit(datum).map_err(|refused| error::invalid(refused.message))?;
    Ok(Datum {
        metric: crate::emulator::world::metrics::MetricId::new(namespace, name, dimensions),
        at,
        samples: samples(datum)?,
        unit: unit.unwrap_or_else(|| "None".to_owned()),
    })
}

fn samples(datum: &Members<'_>) -> Result<Samples, RpcError> {
    let given = ["Value", "Values", "StatisticValues"].map(|name| datum.has(name));
    match given.into_iter().filter(|given| *given).count() {
        0 => return Err(error::missing(&datum.path("Value"))),
        1 => {}
        _ => {
            return Err(error::combination(format!(
                "The parameters {}, Values and StatisticValues are mutually exclusive and you have specified more \
                 than one.",
                datum.path("Value")
            )));
        }
    }
    if let Some(value) = datum.number("Value").map_err(error::malformed)? {
        return Ok(Samples::repeated(sound(value, &datum.path("Value"))?, 1.0));
    }
    if let Some(set) = datum.structure("StatisticValues").map_err(error::malformed)? {
        let need = |name| {
            let value = set.number(name).map_err(error::malformed)?;
            sound(
                value.ok_or_else(|| error::missing(&set.path(name)))?,
                &set.path(name),
            )
        };
        let (count, sum) = (need("SampleCount")?, need("Sum")?);
        let extremes = (need("Minimum")?, need("Maximum")?);
        if count < 0.0 || extremes.0 > extremes.1 {
            return Err(error::invalid(format!(
                "The value for parameter {} is invalid.",
                datum.path("StatisticValues")
            )));
        }
        return Ok(Samples::summary(count, sum, extremes));
    }
    let values = datum.numbers("Values").map_err(error::malformed)?;
    let counts = datum.numbers("Counts").map_err(error::malformed)?;
    if values.len() > MOST_VALUES || (!counts.is_empty() && counts.len() != values.len()) {
        return Err(error::invalid(format!(
            "The parameters {} and Counts must be of the same size, and no longer than {MOST_VALUES}.",
            datum.path("Values")
        )));
    }
    let counts = counts.into_iter().chain(std::iter::repeat(1.0));
    let mut samples = Samples::default();
    for (value, count) in values.into_iter().zip(counts) {
        let path = datum.path("Values");
        samples.add(sound(value, &path)?, sound(count, &path)?.max(0.0));
    }
    Ok(samples)
}

/// The range of values is that of the service: up to 2^360, and no NaN.
fn sound(value: f64, path: &str) -> Result<f64, RpcError> {
    let limit = 2_f64.powi(360);
    if value.abs() <= limit {
        Ok(value)
    } else {
        Err(error::invalid(format!(
            "The value {value} for parameter {path} is invalid."
        )))
    }
}
