//! Who called what: the truth beside what a gateway claims.
//!
//! A gateway answers one call and may have made several. Each program that calls the emulated
//! outside world is counted by the name it gives itself, for each place (a region, or another
//! provider) and target. Dead endpoints count too: the caller tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Decision, World};

/// What one program asked of one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerTally {
    /// Calls it made.
    pub calls: u64,
    /// Of those, begun to be served.
    pub admitted: u64,
    /// Of those, answered with an error.
    pub refused: u64,
    /// Of those, never answered: the endpoint was out.
    pub dead: u64,
}

/// What became of a call, as far as its caller is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is served.
    Admitted,
    /// An error answer.
    Refused,
    /// No answer.
    Dead,
}

impl Fate {
    /// The fate that a decision is.
    pub const fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Dead(_) => Self::Dead,
            Decision::Refuse(_) => Self::Refused,
            Decision::Serve(_) => Self::Admitted,
        }
    }
}

/// A line: caller, place, target, counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerLine {
    /// The program's own name for itself.
    pub caller: Arc<str>,
    /// The region called, or the name of another provider.
    pub place: Arc<str>,
    /// The identifier called.
    pub target: Arc<str>,
    /// The counts.
    pub tally: CallerTally,
}

type Rows = Vec<(Arc<str>, Arc<str>, CallerTally)>;

/// Counts of all callers. Bounded: names and targets come from outside.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    rows: BTreeMap<Arc<str>, Rows>,
}

impl Callers {
    /// Programs told apart; those after them are counted together.
    const MOST_CALLERS: usize = 32;
    /// Targets told apart for each program.
    const MOST_TARGETS: usize = 64;
    /// The name of what is counted together.
    pub const OTHERS: &'static str = "others";

    /// Counts a call.
    pub fn note(&mut self, caller: &str, (place, target): (&str, &str), fate: Fate) {
        let known = self.rows.contains_key(caller) || self.rows.len() < Self::MOST_CALLERS;
        let caller = if known { caller } else { Self::OTHERS };
        if !self.rows.contains_key(caller) {
            self.rows.insert(caller.into(), Vec::new());
        }
        let Some(rows) = self.rows.get_mut(caller) else {
            return;
        };
        let at = rows.iter().position(|row| &*row.0 == place && &*row.1 == target);
        let at = at.unwrap_or_else(|| {
            let (place, target) = if rows.len() < Self::MOST_TARGETS {
                (place, target)
            } else {
                (Self::OTHERS, Self::OTHERS)
            };
            let others = rows.iter().position(|row| &*row.0 == place && &*row.1 == target);
            others.unwrap_or_else(|| {
                rows.push((place.into(), target.into(), CallerTally::default()));
                rows.len() - 1
            })
        });
        let tally = &mut rows[at].2;
        tally.calls += 1;
        *match fate {
            Fate::Admitted => &mut tally.admitted,
            Fate::Refused => &mut tally.refused,
            Fate::Dead => &mut tally.dead,
        } += 1;
    }

    /// All lines, ordered by caller and then by first call.
    pub fn lines(&self) -> Vec<CallerLine> {
        let lines = self.rows.iter().flat_map(|(caller, rows)| {
            rows.iter().map(|(place, target, tally)| CallerLine {
                caller: Arc::clone(caller),
                place: Arc::clone(place),
                target: Arc::clone(target),
                tally: *tally,
            })
        });
        lines.collect()
    }
}

impl World {
    /// Who called what so far.
    pub const fn callers(&self) -> &Callers {
        &self.callers
    }

    /// Counts a call for its caller.
    pub fn note_caller(&mut self, caller: &str, place_and_target: (&str, &str), fate: Fate) {
        self.callers.note(caller, place_and_target, fate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_is_counted_apart_by_place_and_target() {
        let mut callers = Callers::default();
        callers.note("litellm", ("us-east-1", "nova"), Fate::Refused);
        callers.note("litellm", ("us-west-2", "nova"), Fate::Admitted);
        callers.note("litellm", ("us-west-2", "nova"), Fate::Dead);
        callers.note("boto3", ("us-west-2", "nova"), Fate::Admitted);
        let counts: Vec<_> = (callers.lines().iter())
            .map(|line| (line.caller.to_string(), line.place.to_string(), line.tally.calls))
            .collect();
        assert_eq!(
            counts,
            [
                ("boto3".to_owned(), "us-west-2".to_owned(), 1),
                ("litellm".to_owned(), "us-east-1".to_owned(), 1),
                ("litellm".to_owned(), "us-west-2".to_owned(), 2),
            ]
        );
    }

    #[test]
    fn names_from_outside_fill_no_memory() {
        let mut callers = Callers::default();
        for number in 0..1_000 {
            callers.note(&format!("bot-{number}"), ("a", "b"), Fate::Admitted);
            callers.note("one", ("a", &format!("{number}")), Fate::Admitted);
        }
        let lines = callers.lines();
        assert!(lines.len() <= 33 + 65, "{}", lines.len());
        let total: u64 = lines.iter().map(|line| line.tally.calls).sum();
        assert_eq!(total, 2_000);
    }
}
