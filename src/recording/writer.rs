//! The thread that writes: rows into a transaction, a seal over them, a commit.
//!
//! In WAL mode a commit is a write into the operating system's memory: a killed process loses what
//! was not committed, a machine that loses its power may lose more. When the run is over the log is
//! worked into the file, and one file is left.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::dictionary::Dictionary;
use super::gauges::{self, Change};
use super::header::{Ending, Header, Judgement};
use super::recorder::Shared;
use super::row::{Digests, Seal, int, maybe};
use super::schema::{APPLICATION_ID, KEY_EVERY, TABLES, Table, VERSION};
use super::shot::{attempt_cells, shot_cells};
use super::step::Step;
use crate::clock::{Clock, Moment};
use crate::event::{Event, Fact, ShotRecord};
use crate::measure::Gauges;

/// The longest that a row waits for its commit, by the machine's clock.
pub const COMMIT_EVERY: Duration = Duration::from_millis(300);
/// Rows after which a batch is closed however young it is.
const BATCH_ROWS: u64 = 8_192;
/// Time of the run after which a batch is closed: in virtual time it passes faster than ours.
const BATCH_SPAN: Duration = Duration::from_secs(1);
/// How long the thread sleeps when there is nothing to commit.
const IDLE: Duration = Duration::from_secs(60);

/// What the thread is sent.
#[derive(Debug)]
pub enum Message {
    /// Steps with consecutive numbers.
    Steps {
        /// The first one's number.
        first: i64,
        /// The steps.
        steps: Vec<Step>,
    },
    /// The run is over.
    Finish(Option<Judgement>),
}

/// What the thread needs.
#[derive(Debug)]
pub struct Work {
    /// What the run is.
    pub header: Header,
    /// The most pages of 4 KiB that the file may have; `None`: as many as the disk holds.
    pub most_pages: Option<u32>,
}

/// Writes until the run is over; an error ends the recording and leaves what was committed.
pub fn write(
    path: &Path,
    work: &Work,
    messages: &Receiver<Message>,
    shared: &Shared,
) -> rusqlite::Result<()> {
    let clock = Clock::real();
    let mut writer = Writer::begin(path, work)?;
    let mut due: Option<Moment> = None;
    loop {
        let now = clock.now();
        if writer.is_full() || due.is_some_and(|due| now >= due) {
            writer.commit(shared)?;
            due = None;
        }
        match messages.recv_timeout(due.map_or(IDLE, |due| due.since(now))) {
            Ok(Message::Steps { first, steps }) => {
                due.get_or_insert(now + COMMIT_EVERY);
                for (seq, step) in (first..).zip(&steps) {
                    writer.step(seq, step, shared)?;
                }
            }
            Ok(Message::Finish(verdict)) => return writer.close(verdict, shared),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return writer.close(None, shared),
        }
    }
}

struct Writer {
    connection: Connection,
    epoch: jiff::Timestamp,
    dictionary: Dictionary,
    digests: Digests,
    /// The seal before, and its hash.
    seal: Seal,
    chain: i64,
    /// What the tick before said; none where the next one must say all.
    gauges: Option<Gauges>,
    last: i64,
    at: Moment,
    /// Where the time of the batch began.
    from: Moment,
    open: bool,
}

impl Writer {
    fn begin(path: &Path, work: &Work) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        if let Some(pages) = work.most_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        connection.execute_batch("BEGIN")?;
        connection.execute_batch(TABLES)?;
        work.header.write(&connection)?;
        connection.pragma_update(None, "user_version", VERSION)?;
        connection.execute_batch("COMMIT")?;
        Ok(Self {
            connection,
            epoch: work.header.epoch,
            dictionary: Dictionary::default(),
            digests: Digests::default(),
            seal: Seal::default(),
            chain: 0,
            gauges: None,
            last: 0,
            at: Moment::ZERO,
            from: Moment::ZERO,
            open: false,
        })
    }

    fn is_full(&self) -> bool {
        self.open && (self.digests.rows() >= BATCH_ROWS || self.at.since(self.from) >= BATCH_SPAN)
    }

    fn step(&mut self, seq: i64, step: &Step, shared: &Shared) -> rusqlite::Result<()> {
        if !self.open {
            self.connection.execute_batch("BEGIN")?;
            self.open = true;
            self.from = self.at;
        }
        self.last = seq;
        match step {
            Step::Event(event) => match &event.fact {
                Fact::ShotEnded(shot) => self.shot(seq, event.at, shot, shared),
                _ => self.fact(seq, event),
            },
            Step::Tick { at, gauges } => self.tick(seq, *at, gauges),
            Step::Evidence { at } => {
                let cells = [
                    Value::Integer(seq),
                    int(at.as_nanos()),
                    Value::Null,
                    Value::Integer(EVIDENCE),
                    Value::Null,
                ];
                self.insert(Table::Tick, &cells)
            }
        }
    }

    fn shot(&mut self, seq: i64, at: Moment, shot: &ShotRecord, shared: &Shared) -> rusqlite::Result<()> {
        if shot.attempts.len() as u64 > Table::ATTEMPTS_A_SHOT.unsigned_abs() {
            // No policy comes near it; a row that does not hold all of a shot would be a lie.
            shared.lose(1);
            return Ok(());
        }
        self.insert(Table::Shot, &shot_cells(seq, at, shot))?;
        for (place, attempt) in (0..).zip(&shot.attempts) {
            let id = seq * Table::ATTEMPTS_A_SHOT + place;
            let cells = attempt_cells(id, shot, attempt, &mut self.dictionary, &self.connection)?;
            self.insert(Table::Attempt, &cells)?;
        }
        Ok(())
    }

    fn fact(&mut self, seq: i64, event: &Event) -> rusqlite::Result<()> {
        let cells = [
            Value::Integer(seq),
            int(event.at.as_nanos()),
            Value::Text(json(&event.fact)?),
        ];
        self.insert(Table::Fact, &cells)
    }

    fn tick(&mut self, seq: i64, at: Moment, gauges: &Gauges) -> rusqlite::Result<()> {
        let before = self.gauges.as_ref();
        let in_flight = gauges::in_flight(gauges);
        let moved = before.is_none_or(|before| gauges::in_flight(before) != in_flight);
        let change = Change::between(before, gauges, gauges::wall(self.epoch, at));
        let change = (!change.is_none()).then(|| json(&change)).transpose()?;
        let cells = [
            Value::Integer(seq),
            int(at.as_nanos()),
            maybe(moved.then(|| json(&in_flight)).transpose()?, Value::Text),
            int(gauges.queued),
            maybe(change, Value::Text),
        ];
        self.gauges = Some(gauges.clone());
        self.at = at;
        self.insert(Table::Tick, &cells)
    }

    fn insert(&mut self, table: Table, cells: &[Value]) -> rusqlite::Result<()> {
        self.digests.row(table, cells.iter().map(ValueRef::from));
        self.connection
            .prepare_cached(table.insert())?
            .execute(params_from_iter(cells))?;
        Ok(())
    }

    /// Seals the batch and makes it last.
    fn commit(&mut self, shared: &Shared) -> rusqlite::Result<()> {
        if !self.open {
            return Ok(());
        }
        let seal = Seal {
            number: self.seal.number + 1,
            last: self.last,
            at_ns: self.at.as_nanos().cast_signed(),
            lost: shared.lost().cast_signed(),
        };
        let hash = self.digests.seal(&seal, self.chain);
        self.connection
            .prepare_cached("INSERT INTO seal VALUES (?,?,?,?,?)")?
            .execute((seal.number, seal.last, seal.at_ns, seal.lost, hash))?;
        self.connection.execute_batch("COMMIT")?;
        self.open = false;
        (self.seal, self.chain) = (seal, hash);
        self.digests = Digests::default();
        if seal.number % KEY_EVERY == 0 {
            self.gauges = None;
        }
        Ok(())
    }

    fn close(mut self, verdict: Option<Judgement>, shared: &Shared) -> rusqlite::Result<()> {
        self.commit(shared)?;
        let ending = Ending {
            verdict,
            seals: self.seal.number,
            lost: shared.lost(),
        };
        ending.write(&self.connection)?;
        // Somebody may be reading: then two files are left, which is as good.
        let alone = self.connection.pragma_update(None, "journal_mode", "DELETE");
        tracing::debug!(?alone, seals = self.seal.number, "recording closed");
        self.connection.close().map_err(|(_, problem)| problem)
    }
}

/// The number of queued shots that stands for a tick that only asked for evidence.
pub const EVIDENCE: i64 = -1;

fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|problem| rusqlite::Error::ToSqlConversionFailure(Box::new(problem)))
}
