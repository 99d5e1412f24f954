//! A scenario that repeats a session: the recorded one, with what was done by hand put on its time
//! line.
//!
//! The text stays as it was written, comments included, but for what really went another way.

use std::fmt::Write as _;
use std::time::Duration;

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use crate::clock::Moment;
use crate::drill::recorded::Recorded;
use crate::event::{Asker, CutCause, Event, Fact, FaultEndCause, Turn};
use crate::fault::{Cut, FaultKind, FaultPlan, FaultShape, Outage, Scope};
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::recording::{RecordingError, Step};
use crate::scenario::Scenario;
use crate::toml::quantity;
use crate::units::Share;

/// The shortest run that a scenario can have.
const SHORTEST: Duration = Duration::from_secs(1);

/// What happened in a run, as far as a repeat must know.
#[derive(Debug, Default)]
struct Session {
    faults: Vec<Struck>,
    /// Dials turned by hand, in their order.
    turns: Vec<(Moment, Turn)>,
    /// When somebody ended it.
    ended_at: Option<Moment>,
    /// The last moment that is known of.
    last: Moment,
}

/// A fault that began.
#[derive(Debug)]
struct Struck {
    plan: FaultPlan,
    by: Asker,
    /// How long it lasted.
    lasted: Duration,
}

/// Writes the scenario that repeats a recorded session: faults injected by hand with their true
/// begin and length, dials turned by hand, the duration as it really ran, the seed.
///
/// A fault injected by hand that no call of the run could meet is left out, and a comment says so.
///
/// # Errors
/// If the recording cannot be read to its end.
pub fn as_scenario(run: &Recorded) -> Result<String, RecordingError> {
    let mut session = Session::default();
    for step in run.recording.steps() {
        let step = step?;
        session.last = session.last.max(step.at());
        if let Step::Event(event) = step {
            session.note(event);
        }
    }
    Ok(written(run, session))
}

impl Session {
    fn note(&mut self, event: Event) {
        let at = event.at;
        match event.fact {
            Fact::FaultBegan { by, plan, .. } => self.faults.push(Struck {
                lasted: plan.lasts,
                plan: *plan,
                by,
            }),
            Fact::FaultEnded {
                id,
                cause: FaultEndCause::Lifted,
                ..
            } => {
                let mut faults = self.faults.iter_mut();
                if let Some(fault) = faults.find(|fault| fault.plan.id == id) {
                    fault.lasted = at.since(fault.plan.begins_at);
                }
            }
            Fact::DialTurned {
                by: Asker::Hand,
                turn,
                ..
            } => self.turns.push((at, turn)),
            Fact::Paused {
                by: Asker::Hand,
                paused,
            } => self.turns.push((at, Turn::Paused(paused))),
            Fact::CutShort {
                cause: CutCause::Asked,
                ..
            } => self.ended_at = Some(at),
            _ => {}
        }
    }

    /// How long arrivals went on. What the scenario ends by itself it ends again.
    fn duration(&self, run: &Recorded) -> Duration {
        let ended = self.ended_at.map(Moment::since_start);
        let planned = run.scenario.duration.filter(|_| run.recording.ending().is_some());
        ended.or(planned).unwrap_or(self.last.since_start()).max(SHORTEST)
    }
}

fn written(run: &Recorded, session: Session) -> String {
    let head = heading(run);
    let whole = edited(run, &session);
    if parses(run, &whole) {
        return format!("{head}{whole}");
    }
    let Session { faults, .. } = session;
    let mut kept = Session {
        faults: Vec::new(),
        ..session
    };
    let mut left_out = String::new();
    for fault in faults {
        let label = fault.plan.label();
        let is_ours = fault.by == Asker::Hand;
        kept.faults.push(fault);
        if is_ours && !parses(run, &edited(run, &kept)) {
            kept.faults.pop();
            let _ = writeln!(
                left_out,
                "# Left out, for no call can meet it: {label}, injected by hand."
            );
        }
    }
    format!("{head}{left_out}{}", edited(run, &kept))
}

fn parses(run: &Recorded, text: &str) -> bool {
    Scenario::parse(&run.scenario.name, text, &run.catalog).is_ok()
}

fn heading(run: &Recorded) -> String {
    let header = run.recording.header();
    let of = header.started.strftime("%Y-%m-%d %H:%M UTC");
    let mut head = format!(
        "# Repeats a session of \"{}\" of {of}, recorded by bedrill {}.\n\
         # Written by `bedrill report RUN --as-scenario`: faults injected and dials turned by hand stand on\n\
         # the time line, and the run ends when the session did.\n",
        header.scenario, header.bedrill
    );
    if header.overlay.is_some() {
        head.push_str("# It ran with a catalogue overlay: give the same file with --catalog.\n");
    }
    head.push('\n');
    head
}

/// The recorded text with what happened put into it.
fn edited(run: &Recorded, session: &Session) -> String {
    let source = &run.recording.header().source;
    // It was read when the recording was opened.
    let Ok(mut document) = source.parse::<DocumentMut>() else {
        return source.clone();
    };
    let duration = session.duration(run);
    document["duration"] = value(seconds(duration));
    if let Ok(seed) = i64::try_from(run.scenario.seed.number()) {
        document["seed"] = value(seed);
    }
    if !document.contains_key("name") {
        document["name"] = value(run.scenario.name.as_str());
    }
    edit_faults(&mut document, session);
    edit_turns(&mut document, session, duration);
    shorten_warm_up(&mut document, session);
    document.to_string()
}

fn edit_faults(document: &mut DocumentMut, session: &Session) {
    let mut tables = taken(document, "fault");
    let by_schedule = |number: usize| {
        let mut faults = session.faults.iter();
        faults.find(|fault| fault.by == Asker::Scenario && fault.plan.id.0 as usize == number)
    };
    // Numbers follow the file, from one; backwards, so that they hold while rows go.
    for place in (0..tables.len()).rev() {
        match by_schedule(place + 1) {
            // Lifted before it began, or the run ended before.
            None => {
                tables.remove(place);
            }
            Some(fault) if fault.lasted != fault.plan.lasts => {
                if let Some(table) = tables.get_mut(place) {
                    table["lasts"] = value(seconds(fault.lasted));
                }
            }
            Some(_) => {}
        }
    }
    for fault in session.faults.iter().filter(|fault| fault.by == Asker::Hand) {
        tables.push(fault_table(fault));
    }
    put(document, "fault", tables);
}

fn edit_turns(document: &mut DocumentMut, session: &Session, duration: Duration) {
    let mut tables = taken(document, "turn");
    tables.retain(|table| {
        let at = table
            .get("at")
            .and_then(Item::as_str)
            .and_then(quantity::duration);
        at.is_none_or(|at| at < duration)
    });
    for (at, turn) in session.turns.iter().filter(|(at, _)| at.since_start() < duration) {
        tables.push(turn_table(*at, turn));
    }
    put(document, "turn", tables);
}

/// A warm-up must be over when the first fault begins; a hand may have been quicker.
fn shorten_warm_up(document: &mut DocumentMut, session: &Session) {
    let first = session.faults.iter().map(|fault| fault.plan.begins_at).min();
    let steady = document.get_mut("steady").and_then(Item::as_table_like_mut);
    if let (Some(first), Some(steady)) = (first, steady) {
        let warm_up = steady
            .get("warm_up")
            .and_then(Item::as_str)
            .and_then(quantity::duration);
        if warm_up.is_some_and(|warm_up| warm_up > first.since_start()) {
            steady.insert("warm_up", value(seconds(first.since_start())));
        }
    }
}

/// The tables of an array of tables, however it is written.
fn taken(document: &mut DocumentMut, key: &str) -> ArrayOfTables {
    let item = document.remove(key).unwrap_or_default();
    item.into_array_of_tables().unwrap_or_default()
}

fn put(document: &mut DocumentMut, key: &str, tables: ArrayOfTables) {
    if !tables.is_empty() {
        document.insert(key, Item::ArrayOfTables(tables));
    }
}

fn fault_table(fault: &Struck) -> Table {
    let plan = &fault.plan;
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n# by hand\n");
    table["kind"] = value(plan.kind.key());
    match plan.kind {
        FaultKind::Latency { added, sigma } => {
            table["added"] = value(seconds(added));
            table["sigma"] = value(sigma);
        }
        FaultKind::SlowStream { factor } => table["factor"] = value(factor),
        FaultKind::CutStream { after_tokens, how } => {
            table["after_tokens"] = value(i64::try_from(after_tokens).unwrap_or(i64::MAX));
            table["how"] = value(match how {
                Cut::Exception => "exception",
                Cut::Reset => "reset",
            });
        }
        FaultKind::EndpointOutage(outage) => {
            table["outage"] = value(match outage {
                Outage::Refused => "refused",
                Outage::Silent => "silent",
            });
        }
        _ => {}
    }
    table["begins"] = value(seconds(plan.begins_at.since_start()));
    table["lasts"] = value(seconds(fault.lasted));
    if plan.share < Share::ALL {
        table["share"] = value(plan.share.get());
    }
    match plan.shape {
        FaultShape::Step => {}
        FaultShape::Ramp => table["shape"] = value("ramp"),
        FaultShape::Pulse { on, off } => {
            let mut pulse = InlineTable::new();
            pulse.insert("on", seconds(on).into());
            pulse.insert("off", seconds(off).into());
            table["shape"] = value(pulse);
        }
    }
    let scope = scope_table(&plan.scope);
    if !scope.is_empty() {
        table["scope"] = value(scope);
    }
    if plan.at_client {
        table["at"] = value("client");
    }
    table
}

fn scope_table(scope: &Scope) -> InlineTable {
    let parts = [
        ("region", scope.region.as_ref().map(Region::as_str)),
        ("model", scope.model.as_ref().map(ModelId::as_str)),
        ("target", scope.target.as_ref().map(ModelRef::as_str)),
        ("provider", scope.provider.as_ref().map(Provider::as_str)),
        ("pattern", scope.pattern.as_ref().map(PatternKey::as_str)),
    ];
    let mut table = InlineTable::new();
    for (key, name) in parts {
        if let Some(name) = name {
            table.insert(key, name.into());
        }
    }
    table
}

fn turn_table(at: Moment, turn: &Turn) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n# by hand\n");
    table["at"] = value(seconds(at.since_start()));
    let (dial, pattern, setting) = match turn {
        Turn::Rate { pattern, rate } => ("rate", pattern.as_ref(), value(format!("{rate}/s"))),
        Turn::Concurrency(cap) => (
            "concurrency",
            None,
            value(i64::try_from(*cap).unwrap_or(i64::MAX)),
        ),
        Turn::On { pattern, on } => ("on", Some(pattern), value(*on)),
        Turn::Paused(paused) => ("paused", None, value(*paused)),
        Turn::Own {
            pattern,
            dial,
            value: setting,
        } => (dial.as_str(), Some(pattern), value(*setting)),
    };
    table["dial"] = value(dial);
    if let Some(pattern) = pattern {
        table["pattern"] = value(pattern.as_str());
    }
    table["value"] = setting;
    table
}

/// A duration to the microsecond, as scenarios write it: `12.35s`.
fn seconds(span: Duration) -> String {
    let text = format!("{:.6}", span.as_secs_f64());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}
