//! Operations that change alarms.

use super::{error, shapes};
use crate::emulator::wire::rpc::{Members, RpcError};
use crate::emulator::world::metrics::alarm::{AlarmPlan, Comparison, Missing, State, Watched};
use crate::emulator::world::metrics::query::{Asked, MetricStat};
use crate::emulator::world::metrics::{MINUTE, Watch};

/// Alarms that one request deletes or describes by name.
pub const MOST_NAMES: usize = 100;
/// Seconds that an alarm looks back at most, and those of one with periods of an hour or more.
const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// PutMetricAlarm.
pub fn put(input: &Members<'_>, watch: &mut Watch<'_>) -> Result<(), RpcError> {
    let plan = plan(input)?;
    let now = watch.now();
    let full = || error::limit("The maximum number of alarms for this account has been reached.");
    if watch.alarms().ok_or_else(full)?.put(now, plan) {
        Ok(())
    } else {
        Err(full())
    }
}

/// DeleteAlarms: all of them or none.
pub fn delete(input: &Members<'_>, watch: &mut Watch<'_>) -> Result<(), RpcError> {
    let names = input.texts("AlarmNames").map_err(error::malformed)?;
    if names.is_empty() {
        return Err(error::missing("AlarmNames"));
    }
    if names.len() > MOST_NAMES {
        return Err(shapes::too_many("AlarmNames", MOST_NAMES));
    }
    let Some(book) = watch.alarms() else {
        return Err(error::no_alarm(names[0]));
    };
    if let Some(unknown) = names.iter().find(|name| !book.has(name)) {
        return Err(error::no_alarm(unknown));
    }
    for name in names {
        book.delete(name);
    }
    Ok(())
}

/// SetAlarmState.
pub fn set_state(input: &Members<'_>, watch: &mut Watch<'_>) -> Result<(), RpcError> {
    let name = input.need_text("AlarmName").map_err(error::malformed)?;
    let state = state(input)?.ok_or_else(|| error::missing("StateValue"))?;
    let reason = input.need_text("StateReason").map_err(error::malformed)?;
    let now = watch.now();
    let known = watch
        .alarms()
        .is_some_and(|book| book.set_state(now, name, state, reason));
    if known { Ok(()) } else { Err(error::no_alarm(name)) }
}

/// `StateValue`, if it was given.
pub fn state(input: &Members<'_>) -> Result<Option<State>, RpcError> {
    let Some(word) = input.text("StateValue").map_err(error::malformed)? else {
        return Ok(None);
    };
    let state = State::ALL.into_iter().find(|state| state.word() == word);
    let refused = || shapes::among("StateValue", word, &State::ALL.map(State::word));
    state.map(Some).ok_or_else(refused)
}

fn plan(input: &Members<'_>) -> Result<AlarmPlan, RpcError> {
    let name = input.need_text("AlarmName").map_err(error::malformed)?;
    if name.is_empty() || name.len() > 255 {
        return Err(error::validation(
            "The parameter AlarmName must have 1 to 255 characters.",
        ));
    }
    let count = |name| {
        let count = input.whole(name).map_err(error::malformed)?;
        match count {
            Some(count) if count < 1 => Err(error::validation(format!(
                "The parameter {name} must be at least 1."
            ))),
            count => Ok(count),
        }
    };
    let periods = count("EvaluationPeriods")?.ok_or_else(|| error::missing("EvaluationPeriods"))?;
    let datapoints = count("DatapointsToAlarm")?;
    if datapoints.is_some_and(|datapoints| datapoints > periods) {
        return Err(error::validation(
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods.",
        ));
    }
    let (watched, period) = watched(input)?;
    let longest = if period >= 3_600 { WEEK } else { DAY };
    if periods.saturating_mul(period) > longest {
        return Err(error::validation(format!(
            "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {longest}).",
            if longest == DAY { "a day" } else { "seven days" }
        )));
    }
    let actions = |name| -> Result<Vec<String>, RpcError> {
        let actions = input.texts(name).map_err(error::malformed)?;
        Ok(actions.into_iter().map(str::to_owned).collect())
    };
    let threshold = input.number("Threshold").map_err(error::malformed)?;
    Ok(AlarmPlan {
        name: name.to_owned(),
        description: input
            .text("AlarmDescription")
            .map_err(error::malformed)?
            .map(str::to_owned),
        watched,
        comparison: comparison(input)?,
        threshold: threshold
            .filter(|threshold| threshold.is_finite())
            .ok_or_else(|| error::missing("Threshold"))?,
        period,
        evaluation_periods: periods as usize,
        datapoints_to_alarm: datapoints.unwrap_or(periods) as usize,
        says_datapoints: datapoints.is_some(),
        missing: missing(input)?,
        actions_enabled: input
            .flag("ActionsEnabled")
            .map_err(error::malformed)?
            .unwrap_or(true),
        actions: [
            actions("OKActions")?,
            actions("AlarmActions")?,
            actions("InsufficientDataActions")?,
        ],
    })
}

/// What the alarm watches, and its period.
fn watched(input: &Members<'_>) -> Result<(Watched, i64), RpcError> {
    if input.has("Metrics") {
        let queries = shapes::queries(input, "Metrics")?;
        if queries.iter().filter(|query| query.returns).count() != 1 {
            return Err(error::validation(
                "Exactly one element of Metrics must have ReturnData set to true.",
            ));
        }
        if input.has("MetricName") {
            return Err(error::combination(
                "MetricName and Metrics are mutually exclusive.",
            ));
        }
        let periods = queries.iter().filter_map(|query| match &query.asked {
            Asked::Metric(stat) => Some(stat.period),
            Asked::Expression(_, period) => *period,
        });
        let period = periods.max().unwrap_or(MINUTE);
        return Ok((Watched::Queries(queries), period));
    }
    let period = shapes::period(input, "Period")?;
    let plain = input.text("Statistic").map_err(error::malformed)?;
    let extended = input.text("ExtendedStatistic").map_err(error::malformed)?;
    let ((Some(written), None) | (None, Some(written))) = (plain, extended) else {
        return Err(error::combination(
            "Exactly one of the parameters Statistic and ExtendedStatistic must be given.",
        ));
    };
    let stat = MetricStat {
        metric: shapes::metric(input)?,
        period,
        statistic: shapes::statistic("Statistic", written)?,
        written: written.to_owned(),
        unit: shapes::unit(input)?,
    };
    Ok((Watched::Metric(stat), period))
}

fn comparison(input: &Members<'_>) -> Result<Comparison, RpcError> {
    let word = input.need_text("ComparisonOperator").map_err(error::malformed)?;
    let known = Comparison::TABLE.iter().find(|(_, known, _)| *known == word);
    let refused = || {
        shapes::among(
            "ComparisonOperator",
            word,
            &Comparison::TABLE.map(|(_, known, _)| known),
        )
    };
    known.map(|(comparison, ..)| *comparison).ok_or_else(refused)
}

fn missing(input: &Members<'_>) -> Result<Option<Missing>, RpcError> {
    let Some(word) = input.text("TreatMissingData").map_err(error::malformed)? else {
        return Ok(None);
    };
    let known = Missing::TABLE.iter().find(|(_, known)| *known == word);
    let refused = || shapes::among("TreatMissingData", word, &Missing::TABLE.map(|(_, known)| known));
    known.map(|(missing, _)| Some(*missing)).ok_or_else(refused)
}
