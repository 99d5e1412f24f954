//! What is worth a line: states that changed, markers, phases; and the figures when they are asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Moment;
use crate::drill::Verdict;
use crate::event::ArmId;
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, LogKind, MarkerKind, PatternSnapshot};
use crate::patterns::row as pattern_row;
use crate::tui::format;
use crate::tui::theme::{State, Theme, ThemeName};
use crate::tui::widget::scorecard::MARKS;
use crate::tui::widget::verdict::{state_of, word};

/// A way of calling that swings, and moves of routes and breakers, are told no more often than this.
const AT_MOST: Duration = Duration::from_secs(3);
/// Lines of the log that are read out at once.
const EVENTS: usize = 10;

/// Remembers what was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Teller {
    states: BTreeMap<ArmId, (State, Moment)>,
    /// The number of the first log line that was not told.
    next_line: u64,
    /// When a move of a route or a breaker was told last, and how many were not told since.
    moved: Option<Moment>,
    untold: u64,
    phase: String,
    finished: bool,
}

impl Teller {
    /// Nothing told yet of a run that begins with this snapshot.
    pub(super) fn new(first: &Snapshot) -> Self {
        Self {
            phase: first.phase.clone(),
            ..Self::default()
        }
    }

    /// What changed, a line each.
    pub(super) fn news(&mut self, snapshot: &Snapshot) -> Vec<String> {
        let at = format::clock(snapshot.at);
        let mut lines = Vec::new();
        if self.phase != snapshot.phase {
            self.phase.clone_from(&snapshot.phase);
            lines.push(format!("{at} phase {}", self.phase));
        }
        let first = self.next_line;
        for entry in snapshot.log.iter().filter(|entry| entry.number >= first) {
            let line = format!("{} {}", format::log_time(entry.at), entry.text);
            match entry.kind {
                // The phase is told above.
                LogKind::Marker(MarkerKind::Phase) | LogKind::ShotFailed(_) | LogKind::Shed => {}
                LogKind::Marker(
                    MarkerKind::FailedOver
                    | MarkerKind::BreakerOpened
                    | MarkerKind::BreakerHalfOpened
                    | MarkerKind::BreakerClosed,
                ) => lines.extend(self.a_move(snapshot.at, line)),
                LogKind::Marker(_) | LogKind::Note => lines.push(line),
            }
        }
        self.next_line = snapshot
            .log
            .last()
            .map_or(self.next_line, |entry| self.next_line.max(entry.number + 1));
        for (pattern, arm) in arms(snapshot) {
            let state = State::of_share(arm.recent.availability());
            let (before, told_at) = self
                .states
                .get(&arm.id)
                .copied()
                .unwrap_or((State::Idle, Moment::ZERO));
            let swings = before != State::Idle && snapshot.at.since(told_at) < AT_MOST;
            if state != before && !swings {
                self.states.insert(arm.id, (state, snapshot.at));
                lines.push(format!("{at} {}", standing(pattern, arm)));
            }
        }
        if snapshot.finished && !self.finished {
            self.finished = true;
            lines.push(format!(
                "{at} the run is over; score, verdict and status still answer, quit leaves"
            ));
        }
        lines
    }

    /// A move of a route or a breaker: in an outage there are hundreds, so most are only counted.
    fn a_move(&mut self, now: Moment, line: String) -> Option<String> {
        if self.moved.is_some_and(|told| now.since(told) < AT_MOST) {
            self.untold += 1;
            return None;
        }
        self.moved = Some(now);
        Some(match std::mem::take(&mut self.untold) {
            0 => line,
            more => format!("{line}; {more} moves of routes and breakers before it"),
        })
    }
}

/// A way of calling and how it fares, in words.
fn standing(pattern: &PatternSnapshot, arm: &ArmSnapshot) -> String {
    let title = pattern_row(pattern.key.as_str()).map_or(pattern.key.as_str(), |row| row.short);
    let share = arm.recent.availability();
    let percentiles = &arm.window.intended.percentiles;
    format!(
        "{title}, {}: {}, {} of shots succeed, p50 {}, p99 {}",
        arm.key,
        word_of(State::of_share(share)),
        format::maybe_share(share),
        format::maybe_duration(percentiles.p50),
        format::maybe_duration(percentiles.p99),
    )
}

const fn word_of(state: State) -> &'static str {
    match state {
        State::Idle => "no shots",
        State::Good => "good",
        State::Strained => "strained",
        State::Broken => "broken",
    }
}

/// The run, what is broken, every way of calling.
pub(super) fn status(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = vec![format!(
        "{} on {}, {}, phase {}, {} asked, {} got, {} in flight, {} spent, {}",
        snapshot.run.scenario,
        snapshot.run.target,
        format::clock(snapshot.at),
        snapshot.phase,
        format::rate(snapshot.asked_rate),
        format::rate(snapshot.achieved_rate),
        format::count(snapshot.in_flight),
        format::money(snapshot.spend.spent),
        if snapshot.honesty.on_time {
            "on time"
        } else {
            "late: the figures are not to be trusted"
        },
    )];
    for fault in snapshot.faults.iter().filter(|fault| fault.active) {
        let left = format::countdown(fault.remaining);
        lines.push(format!("fault in force: {}, {left} left", fault.label));
    }
    lines.extend(arms(snapshot).map(|(pattern, arm)| standing(pattern, arm)));
    lines
}

/// The newest lines of the log.
pub(super) fn events(snapshot: &Snapshot) -> Vec<String> {
    let newest = snapshot.log.len().saturating_sub(EVENTS);
    let told = snapshot.log[newest..].iter();
    or_none(
        told.map(|entry| format!("{} {}", format::log_time(entry.at), entry.text)),
        "no event yet",
    )
}

/// Every mark of the newest fault, way by way.
pub(super) fn score(snapshot: &Snapshot) -> Vec<String> {
    let theme = Theme::named(ThemeName::Plain);
    let Some(card) = &snapshot.scorecard else {
        return vec!["nothing has been broken yet".to_owned()];
    };
    let mut lines = vec![format!("scorecard of {}", card.label)];
    for (_, arm) in arms(snapshot) {
        let Some(score) = card.rows.iter().find(|score| score.arm == arm.id) else {
            continue;
        };
        let marks = MARKS
            .iter()
            .map(|mark| format!("{} {}", mark.head, (mark.cell)(score, &theme).0));
        lines.push(format!("{}: {}", arm.key, marks.collect::<Vec<_>>().join(", ")));
    }
    lines
}

/// Where calls were served in the last ten seconds.
pub(super) fn regions(snapshot: &Snapshot) -> Vec<String> {
    let mut sums = BTreeMap::new();
    for (_, arm) in arms(snapshot) {
        for (region, calls) in &arm.served_in {
            *sums.entry(region).or_insert(0_u64) += calls;
        }
    }
    let told = sums
        .iter()
        .map(|(region, calls)| format!("{region} served {calls} in the last ten seconds"));
    or_none(told, "no region has served yet")
}

/// How what is expected stands.
pub(super) fn verdict(verdict: Option<&Verdict>) -> Vec<String> {
    let Some(verdict) = verdict else {
        return vec!["this scenario expects nothing".to_owned()];
    };
    let told = verdict.expectations.iter().map(|judged| {
        let state = state_of(judged);
        format!(
            "{}: {}, {}",
            word(state, judged),
            judged.expected(),
            judged.found()
        )
    });
    or_none(told, "nothing is expected")
}

fn or_none(lines: impl Iterator<Item = String>, none: &str) -> Vec<String> {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        vec![none.to_owned()]
    } else {
        lines
    }
}

fn arms(snapshot: &Snapshot) -> impl Iterator<Item = (&PatternSnapshot, &ArmSnapshot)> {
    let patterns = snapshot.patterns.iter();
    patterns.flat_map(|pattern| pattern.arms.iter().map(move |arm| (pattern, arm)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn a_change_is_told_once_and_nothing_else_is() {
        let mut teller = Teller::new(&fixture::empty());
        let steady = fixture::steady();
        let first = teller.news(&steady).join("\n");
        assert!(first.contains("on-demand: good"), "{first}");
        assert_eq!(teller.news(&steady), Vec::<String>::new());
        let mut faulted = fixture::faulted();
        faulted.at += Duration::from_secs(10);
        let then = teller.news(&faulted).join("\n");
        for words in [
            "phase fault",
            "on-demand: broken, 11.0%",
            "us-east-1 capacity lost",
        ] {
            assert!(then.contains(words), "{words} is missing in\n{then}");
        }
        assert!(
            !then.contains("global profile:"),
            "it is as good as before\n{then}"
        );
    }

    #[test]
    fn what_is_asked_for_is_told_in_words() {
        let snapshot = fixture::faulted();
        let all = [
            status(&snapshot),
            events(&snapshot),
            score(&snapshot),
            regions(&snapshot),
        ]
        .concat();
        let text = all.join("\n");
        for words in [
            "fault in force: us-east-1 capacity, 10s left",
            "recover 1.80s",
            "us-east-2 served",
            "other regions: good",
        ] {
            assert!(text.contains(words), "{words} is missing in\n{text}");
        }
    }
}
