//! The event log: bounded, with alike lines folded into one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::snapshot::{LogEntry, LogKind};
use crate::clock::Moment;
use crate::event::{ArmId, FailureKind, ShotId, ShotRecord};
use crate::names::PatternKey;

/// Lines kept; the oldest leaves for a new one.
pub(super) const LINES: usize = 400;
/// A line takes up those like it that follow within this time of it.
pub(super) const FOLD_WITHIN: Duration = Duration::from_secs(5);

/// What makes two lines alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alike {
    Failed(ArmId, FailureKind),
    Shed(ArmId),
    FailedOver(ArmId, Arc<str>, Arc<str>),
}

/// A line to be written.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: Moment,
    pub(super) kind: LogKind,
    pub(super) pattern: Option<PatternKey>,
    pub(super) shot: Option<ShotId>,
    pub(super) text: String,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<LogEntry>,
    /// The next entry's number.
    next: u64,
    /// The newest line of each sort that is folded.
    newest: BTreeMap<Alike, u64>,
    /// Lines whose shot is not over yet.
    waiting: BTreeMap<ShotId, u64>,
    shown: Arc<Vec<LogEntry>>,
    is_news: bool,
}

impl Log {
    /// Counts another happening into a line like it; false when there is none that is new enough.
    pub(super) fn fold(&mut self, alike: &Alike, at: Moment) -> bool {
        let Some(&number) = self.newest.get(alike) else {
            return false;
        };
        match self.entry(number) {
            Some(entry) if at.since(entry.at) < FOLD_WITHIN => entry.times += 1,
            _ => return false,
        }
        self.is_news = true;
        true
    }

    /// Writes a line; its number.
    pub(super) fn write(&mut self, line: Line) -> u64 {
        let number = self.next;
        self.next += 1;
        self.entries.push_back(LogEntry {
            number,
            at: line.at,
            kind: line.kind,
            pattern: line.pattern,
            text: line.text,
            shot: line.shot,
            record: None,
            times: 1,
        });
        if self.entries.len() > LINES {
            self.entries.pop_front();
        }
        self.is_news = true;
        number
    }

    /// Writes a line that later ones like it are folded into.
    pub(super) fn write_first(&mut self, alike: Alike, line: Line) -> u64 {
        let number = self.write(line);
        self.newest.insert(alike, number);
        number
    }

    /// Lets a line wait for the end of its shot, to show its attempts then.
    pub(super) fn await_record(&mut self, shot: ShotId, number: u64) {
        let oldest = self.oldest();
        self.waiting.retain(|_, waiting| *waiting >= oldest);
        self.waiting.insert(shot, number);
    }

    /// Whether a line waits for the end of a shot.
    pub(super) fn awaits(&self, shot: ShotId) -> bool {
        !self.waiting.is_empty() && self.waiting.contains_key(&shot)
    }

    /// Puts a finished shot to the line that waits for it.
    pub(super) fn attach_awaited(&mut self, record: &Arc<ShotRecord>) {
        if let Some(number) = self.waiting.remove(&record.id) {
            self.attach(number, record);
        }
    }

    /// Puts a finished shot to a line.
    pub(super) fn attach(&mut self, number: u64, record: &Arc<ShotRecord>) {
        if let Some(entry) = self.entry(number) {
            entry.record = Some(Arc::clone(record));
            self.is_news = true;
        }
    }

    /// The lines, oldest first.
    pub(super) fn shown(&mut self) -> Arc<Vec<LogEntry>> {
        if std::mem::take(&mut self.is_news) {
            self.shown = Arc::new(self.entries.iter().cloned().collect());
        }
        Arc::clone(&self.shown)
    }

    fn oldest(&self) -> u64 {
        self.next - self.entries.len() as u64
    }

    fn entry(&mut self, number: u64) -> Option<&mut LogEntry> {
        let place = number.checked_sub(self.oldest())?;
        self.entries.get_mut(usize::try_from(place).ok()?)
    }
}

/// A duration for a line: three significant figures, unit always.
pub(super) fn spoken(span: Duration) -> String {
    let millis = span.as_secs_f64() * 1_000.0;
    match millis {
        m if m < 1.0 => format!("{m:.2}ms"),
        m if m < 999.5 => format!("{m:.0}ms"),
        m if m < 9_995.0 => format!("{:.2}s", m / 1_000.0),
        m => format!("{:.1}s", m / 1_000.0),
    }
}
