//! Operations that read alarms.

use super::page::Pages;
use super::{alarms, error, shapes};
use crate::emulator::wire::rpc::{Members, RpcCall, RpcError, Value, structure};
use crate::emulator::world::metrics::Statistic;
use crate::emulator::world::metrics::Watch;
use crate::emulator::world::metrics::alarm::book::Alarm;
use crate::emulator::world::metrics::alarm::{Comparison, Event, EventKind, Missing, Watched};

/// DescribeAlarms.
pub fn alarms(call: &RpcCall, input: &Members<'_>, watch: &mut Watch<'_>) -> Result<Value, RpcError> {
    let pages = Pages::of(call, input)?;
    let most = page_size(input, 50)?;
    let names = input.texts("AlarmNames").map_err(error::malformed)?;
    if names.len() > alarms::MOST_NAMES {
        return Err(shapes::too_many("AlarmNames", alarms::MOST_NAMES));
    }
    let text = |name| input.text(name).map_err(error::malformed);
    let (prefix, actions) = (text("AlarmNamePrefix")?, text("ActionPrefix")?);
    if prefix.is_some() && !names.is_empty() {
        return Err(error::combination(
            "AlarmNames and AlarmNamePrefix are mutually exclusive.",
        ));
    }
    let types = input.texts("AlarmTypes").map_err(error::malformed)?;
    let state = alarms::state(input)?;
    // Only composite alarms have children and parents, and there are none.
    let related = input.has("ChildrenOfAlarmName") || input.has("ParentsOfAlarmName");
    let wanted = |alarm: &&Alarm| {
        (names.is_empty() || names.contains(&alarm.plan.name.as_str()))
            && prefix.is_none_or(|prefix| alarm.plan.name.starts_with(prefix))
            && state.is_none_or(|state| state == alarm.state)
            && (types.is_empty() || types.contains(&"MetricAlarm"))
            && actions.is_none_or(|prefix| {
                alarm
                    .plan
                    .actions
                    .iter()
                    .flatten()
                    .any(|action| action.starts_with(prefix))
            })
            && !related
    };
    let found: Vec<Value> = book(watch, wanted);
    let (page, token) = pages.cut(&found, most);
    let mut output = vec![
        ("CompositeAlarms".into(), Value::List(Vec::new())),
        ("MetricAlarms".into(), Value::List(page.to_vec())),
    ];
    output.extend(token.map(|token| ("NextToken".into(), Value::Text(token))));
    Ok(Value::Structure(output))
}

/// DescribeAlarmsForMetric.
pub fn for_metric(input: &Members<'_>, watch: &mut Watch<'_>) -> Result<Value, RpcError> {
    let metric = shapes::metric(input)?;
    let found = book(watch, |alarm: &&Alarm| match &alarm.plan.watched {
        Watched::Metric(stat) => stat.metric == metric,
        Watched::Queries(_) => false,
    });
    Ok(structure([("MetricAlarms", Value::List(found))]))
}

/// DescribeAlarmHistory, the newest first unless asked otherwise.
pub fn history(call: &RpcCall, input: &Members<'_>, watch: &mut Watch<'_>) -> Result<Value, RpcError> {
    let pages = Pages::of(call, input)?;
    let most = page_size(input, 100)?;
    let name = input.text("AlarmName").map_err(error::malformed)?;
    let kind = input.text("HistoryItemType").map_err(error::malformed)?;
    let time = |name| input.time(name).map_err(error::malformed);
    let (start, end) = (time("StartDate")?, time("EndDate")?);
    let wanted = |event: &&Event| {
        name.is_none_or(|name| name == event.alarm)
            && kind.is_none_or(|kind| kind == word(event.kind))
            && start.is_none_or(|start| start <= event.at as f64)
            && end.is_none_or(|end| event.at as f64 <= end)
    };
    let events = watch
        .alarms()
        .into_iter()
        .flat_map(|book| book.events().filter(wanted).map(event_value));
    let mut events: Vec<Value> = events.collect();
    if input.text("ScanBy").map_err(error::malformed)? != Some("TimestampAscending") {
        events.reverse();
    }
    let (page, token) = pages.cut(&events, most);
    let mut output = vec![("AlarmHistoryItems".into(), Value::List(page.to_vec()))];
    output.extend(token.map(|token| ("NextToken".into(), Value::Text(token))));
    Ok(Value::Structure(output))
}

/// The alarms that are wanted, in the order of their names.
fn book(watch: &mut Watch<'_>, wanted: impl Fn(&&Alarm) -> bool) -> Vec<Value> {
    let (region, account) = (watch.owner().region.clone(), watch.owner().account.clone());
    let owner = format!("arn:aws:cloudwatch:{region}:{account}:alarm:");
    let book = watch.alarms().into_iter();
    book.flat_map(|book| {
        book.alarms()
            .filter(&wanted)
            .map(|alarm| alarm_value(alarm, &owner))
            .collect::<Vec<_>>()
    })
    .collect()
}

fn page_size(input: &Members<'_>, usual: usize) -> Result<usize, RpcError> {
    match input.whole("MaxRecords").map_err(error::malformed)? {
        None => Ok(usual),
        Some(size @ 1..=100) => Ok(size as usize),
        Some(_) => Err(error::validation(
            "The parameter MaxRecords must be between 1 and 100.",
        )),
    }
}

const fn word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::ConfigurationUpdate => "ConfigurationUpdate",
        EventKind::StateUpdate => "StateUpdate",
    }
}

fn event_value(event: &Event) -> Value {
    structure([
        ("AlarmName", Value::text(&event.alarm)),
        ("AlarmType", Value::text("MetricAlarm")),
        ("Timestamp", Value::Time(event.at as f64)),
        ("HistoryItemType", Value::text(word(event.kind))),
        ("HistorySummary", Value::text(&event.summary)),
    ])
}

fn alarm_value(alarm: &Alarm, owner: &str) -> Value {
    let plan = &alarm.plan;
    let time = |at: i64| Value::Time(at as f64);
    let comparison = Comparison::TABLE
        .iter()
        .find(|(known, ..)| *known == plan.comparison);
    let [ok, raised, unknown] = &plan.actions;
    let mut members = vec![
        ("AlarmName".into(), Value::text(&plan.name)),
        ("AlarmArn".into(), Value::text(format!("{owner}{}", plan.name))),
        (
            "AlarmConfigurationUpdatedTimestamp".into(),
            time(alarm.configured_at),
        ),
        ("ActionsEnabled".into(), Value::Bool(plan.actions_enabled)),
        ("OKActions".into(), Value::texts(ok)),
        ("AlarmActions".into(), Value::texts(raised)),
        ("InsufficientDataActions".into(), Value::texts(unknown)),
        ("StateValue".into(), Value::text(alarm.state.word())),
        ("StateReason".into(), Value::text(&alarm.reason)),
        ("StateUpdatedTimestamp".into(), time(alarm.updated_at)),
        ("StateTransitionedTimestamp".into(), time(alarm.changed_at)),
        ("EvaluationPeriods".into(), Value::whole(plan.evaluation_periods)),
        ("Threshold".into(), Value::Float(plan.threshold)),
        (
            "ComparisonOperator".into(),
            Value::text(comparison.map_or("", |(_, word, _)| word)),
        ),
    ];
    if let Some(description) = &plan.description {
        members.push(("AlarmDescription".into(), Value::text(description)));
    }
    if plan.says_datapoints {
        members.push(("DatapointsToAlarm".into(), Value::whole(plan.datapoints_to_alarm)));
    }
    if let Some(missing) = plan.missing {
        let row = Missing::TABLE.iter().find(|(known, _)| *known == missing);
        members.push((
            "TreatMissingData".into(),
            Value::text(row.map_or("", |(_, word)| word)),
        ));
    }
    match &plan.watched {
        Watched::Metric(stat) => {
            let is_plain = matches!(
                stat.statistic,
                Statistic::SampleCount
                    | Statistic::Average
                    | Statistic::Sum
                    | Statistic::Minimum
                    | Statistic::Maximum
            );
            let statistic = if is_plain {
                "Statistic"
            } else {
                "ExtendedStatistic"
            };
            members.push(("Namespace".into(), Value::text(&stat.metric.namespace)));
            members.push(("MetricName".into(), Value::text(&stat.metric.name)));
            members.push(("Dimensions".into(), shapes::dimensions_value(&stat.metric)));
            members.push(("Period".into(), Value::Integer(stat.period)));
            members.push((statistic.into(), Value::text(&stat.written)));
            members.extend(stat.unit.as_ref().map(|unit| ("Unit".into(), Value::text(unit))));
        }
        Watched::Queries(queries) => {
            let queries = queries.iter().map(shapes::query_value);
            members.push(("Metrics".into(), Value::List(queries.collect())));
        }
    }
    Value::Structure(members)
}
