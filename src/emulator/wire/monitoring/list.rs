//! ListMetrics.

use super::page::Pages;
use super::{error, shapes};
use crate::emulator::wire::rpc::{Malformed, Members, RpcCall, RpcError, Value};
use crate::emulator::world::metrics::{MetricId, Watch};

/// Metrics of a page.
const PAGE: usize = 500;
/// Seconds of `RecentlyActive`'s only value, `PT3H`.
const RECENTLY: i64 = 3 * 3_600;
/// Seconds after which a metric without samples is no longer listed.
const LISTED: i64 = 14 * 86_400;

/// Lists metrics, in the order of their namespaces, names and dimensions.
pub fn metrics(call: &RpcCall, input: &Members<'_>, watch: &Watch<'_>) -> Result<Value, RpcError> {
    let pages = Pages::of(call, input)?;
    let filter = Filter::read(input).map_err(error::malformed)?;
    let recently = input.text("RecentlyActive").map_err(error::malformed)?;
    let since = match recently {
        None => LISTED,
        Some("PT3H") => RECENTLY,
        Some(other) => {
            let refused = shapes::among("RecentlyActive", other, &["PT3H"]);
            return Err(error::invalid(refused.message));
        }
    };
    let since = watch.now() - since;
    let found: Vec<MetricId> = (watch.list().into_iter())
        .filter(|(metric, last)| *last >= since && filter.lets(metric))
        .map(|(metric, _)| metric)
        .collect();
    let (page, token) = pages.cut(&found, PAGE);
    let mut output = vec![(
        "Metrics".into(),
        Value::List(page.iter().map(shapes::metric_value).collect()),
    )];
    if input.flag("IncludeLinkedAccounts").map_err(error::malformed)? == Some(true) {
        let account = &*watch.owner().account;
        output.push((
            "OwningAccounts".into(),
            Value::texts(page.iter().map(|_| account)),
        ));
    }
    output.extend(token.map(|token| ("NextToken".into(), Value::Text(token))));
    Ok(Value::Structure(output))
}

struct Filter<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    dimensions: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Filter<'a> {
    fn read(input: &Members<'a>) -> Result<Self, Malformed> {
        let dimensions = input.structures("Dimensions")?;
        let dimensions = dimensions
            .iter()
            .map(|filter| Ok((filter.need_text("Name")?, filter.text("Value")?)));
        Ok(Self {
            namespace: input.text("Namespace")?,
            name: input.text("MetricName")?,
            dimensions: dimensions.collect::<Result<_, Malformed>>()?,
        })
    }

    fn lets(&self, metric: &MetricId) -> bool {
        self.namespace
            .is_none_or(|namespace| namespace == metric.namespace)
            && self.name.is_none_or(|name| name == metric.name)
            && self.dimensions.iter().all(|(name, wanted)| {
                let value = metric.dimension(name);
                value.is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
            })
    }
}
