//! Shots and attempts as rows. Times are differences where that makes them small; none is rounded.

use std::time::Duration;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::dictionary::{Dictionary, Lookup, kind};
use super::row::{Flaw, int, maybe, number};
use super::schema::Table;
use crate::clock::Moment;
use crate::event::{ArmId, Attempt, AttemptEnd, Event, Fact, PromptClass, ShotEnd, ShotId, ShotRecord};
use crate::units::{TokenUsage, Usd};

/// What stands for a shed shot among the keys of failures.
const SHED: &str = "shed";
/// What stands for an attempt that used what the shot is said to have used.
const AS_THE_SHOT: i64 = 1;

/// The row of a shot that was told at a moment.
pub fn shot_cells(seq: i64, at: Moment, shot: &ShotRecord) -> [Value; Table::Shot.columns()] {
    let failure = match &shot.end {
        ShotEnd::Succeeded => Value::Null,
        ShotEnd::Shed => Value::Text(SHED.to_owned()),
        ShotEnd::Failed(kind) => Value::Text(kind.key().to_owned()),
    };
    [
        Value::Integer(seq),
        Value::Integer(shot.id.arm.0.into()),
        int(shot.id.index),
        Value::Integer(match shot.class {
            PromptClass::Simple => 0,
            PromptClass::Complex => 1,
        }),
        int(shot.ended_at.as_nanos()),
        between(shot.ended_at, at),
        between(shot.intended_at, shot.ended_at),
        between(shot.intended_at, shot.started_at),
        between(shot.started_at, shot.sent_at),
        maybe(shot.first_token_at, |first| between(shot.sent_at, first)),
        failure,
        int(shot.usage.input),
        int(shot.usage.output),
        int(shot.usage.cache_read),
        int(shot.usage.cache_write),
        int(shot.usage.cache_write_1h),
        int(shot.cost.picos()),
    ]
}

/// The row of an attempt of a shot; what it names is added to the dictionaries.
pub fn attempt_cells(
    id: i64,
    shot: &ShotRecord,
    attempt: &Attempt,
    dictionary: &mut Dictionary,
    into: &Connection,
) -> rusqlite::Result<[Value; Table::Attempt.columns()]> {
    let failure = attempt.failure().map(|failure| dictionary.failure(into, failure));
    let served_in = attempt
        .served_in
        .as_ref()
        .map(|region| dictionary.name(into, region.as_str()));
    let invoked = attempt
        .invoked
        .as_ref()
        .map(|invoked| dictionary.name(into, invoked.as_str()));
    let usage = maybe(attempt.usage, |usage| {
        if usage == shot.usage {
            Value::Integer(AS_THE_SHOT)
        } else {
            serde_json::to_string(&usage).map_or(Value::Null, Value::Text)
        }
    });
    Ok([
        Value::Integer(id),
        Value::Integer(dictionary.route(into, &attempt.route)?),
        Value::Integer(attempt.hop.into()),
        Value::Integer(attempt.number.into()),
        int(u64::try_from(attempt.backoff.as_nanos()).unwrap_or(u64::MAX)),
        between(shot.sent_at, attempt.sent_at),
        maybe(attempt.first_token_at, |first| between(attempt.sent_at, first)),
        between(attempt.sent_at, attempt.ended_at),
        maybe(failure.transpose()?, Value::Integer),
        usage,
        maybe(served_in.transpose()?, Value::Integer),
        Value::Integer(attempt.injected.into()),
        maybe(invoked.transpose()?, Value::Integer),
    ])
}

/// The number of a shot's row and the fact it tells, its attempts still missing.
pub fn read_shot(row: &Row<'_>) -> Result<(i64, Moment, ShotRecord), Flaw> {
    let ended_at = Moment::from_nanos(number(row.get(4)?));
    let at = later(ended_at, row.get(5)?);
    let intended_at = earlier(ended_at, row.get(6)?);
    let started_at = later(intended_at, row.get(7)?);
    let sent_at = later(started_at, row.get(8)?);
    let first_token: Option<i64> = row.get(9)?;
    let end = match row.get_ref(10)? {
        ValueRef::Null => ShotEnd::Succeeded,
        text => match text.as_str()? {
            SHED => ShotEnd::Shed,
            key => ShotEnd::Failed(kind(key)?),
        },
    };
    let record = ShotRecord {
        id: ShotId {
            arm: ArmId(row.get(1)?),
            index: number(row.get(2)?),
        },
        class: match row.get(3)? {
            0 => PromptClass::Simple,
            1 => PromptClass::Complex,
            other => return Err(Flaw::Wrong(format!("no class of prompts has the number {other}"))),
        },
        intended_at,
        started_at,
        sent_at,
        first_token_at: first_token.map(|after| later(sent_at, after)),
        ended_at,
        end,
        attempts: Vec::new(),
        usage: TokenUsage {
            input: number(row.get(11)?),
            output: number(row.get(12)?),
            cache_read: number(row.get(13)?),
            cache_write: number(row.get(14)?),
            cache_write_1h: number(row.get(15)?),
        },
        cost: Usd::from_picos(number(row.get(16)?)),
    };
    Ok((row.get(0)?, at, record))
}

/// An attempt of that shot.
pub fn read_attempt(
    row: &Row<'_>,
    shot: &ShotRecord,
    lookup: &mut Lookup,
    from: &Connection,
) -> Result<Attempt, Flaw> {
    let sent_at = later(shot.sent_at, row.get(5)?);
    let first_token: Option<i64> = row.get(6)?;
    let failure: Option<i64> = row.get(8)?;
    let usage = match row.get_ref(9)? {
        ValueRef::Null => None,
        ValueRef::Integer(AS_THE_SHOT) => Some(shot.usage),
        text => {
            let usage = serde_json::from_str(text.as_str()?);
            Some(usage.map_err(|problem| Flaw::Wrong(format!("an attempt's usage: {problem}")))?)
        }
    };
    let served_in: Option<i64> = row.get(10)?;
    let invoked: Option<i64> = row.get(12)?;
    Ok(Attempt {
        route: lookup.route(from, row.get(1)?)?,
        hop: row.get(2)?,
        number: row.get(3)?,
        backoff: Duration::from_nanos(number(row.get(4)?)),
        sent_at,
        first_token_at: first_token.map(|after| later(sent_at, after)),
        ended_at: later(sent_at, row.get(7)?),
        end: match failure {
            None => AttemptEnd::Served,
            Some(id) => AttemptEnd::Failed(lookup.failure(from, id)?),
        },
        usage,
        served_in: served_in.map(|id| lookup.name(from, id)).transpose()?,
        injected: row.get(11)?,
        invoked: invoked.map(|id| lookup.name(from, id)).transpose()?,
    })
}

/// A shot's fact, whole.
pub fn event(at: Moment, shot: ShotRecord) -> Event {
    Event::new(at, Fact::ShotEnded(Box::new(shot)))
}

/// From one moment to another, which may be the earlier one. Wraps, and so loses nothing.
fn between(from: Moment, to: Moment) -> Value {
    int(to.as_nanos().wrapping_sub(from.as_nanos()))
}

fn later(from: Moment, by: i64) -> Moment {
    Moment::from_nanos(from.as_nanos().wrapping_add(number(by)))
}

fn earlier(from: Moment, by: i64) -> Moment {
    Moment::from_nanos(from.as_nanos().wrapping_sub(number(by)))
}
