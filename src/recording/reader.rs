//! A recording, read: its header at once, its steps batch by batch.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};

use super::RecordingError;
use super::dictionary::Lookup;
use super::gauges;
use super::header::{Ending, Header};
use super::row::{Digests, Flaw, LONGEST_TEXT, Seal, number};
use super::schema::{APPLICATION_ID, KEY_EVERY, Table, VERSION};
use super::shot::{event, read_attempt, read_shot};
use super::step::Step;
use super::writer::EVIDENCE;
use crate::clock::Moment;
use crate::event::{Event, ShotRecord};
use crate::measure::Gauges;

/// More rows than this in a batch were not written by us.
const BATCH_ROWS: u64 = 1 << 18;
/// No run is silent for so long between two ticks.
const LONGEST_SILENCE: Duration = Duration::from_secs(24 * 3600);

/// A recording, open for reading. The run may still be going on.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    connection: Connection,
    header: Header,
    ending: Option<Ending>,
    length: Moment,
    lost: u64,
}

/// A place in a recording. Holds one batch of steps at most.
#[derive(Debug, Default)]
pub struct Cursor {
    /// The seal before.
    seal: i64,
    chain: i64,
    /// The last step before.
    last: i64,
    /// The latest tick.
    at: Moment,
    /// What it said.
    gauges: Gauges,
    steps: VecDeque<Step>,
    lookup: Lookup,
    broken: bool,
}

impl Recording {
    /// Opens a recording and reads its header. Nothing else is read yet.
    ///
    /// # Errors
    /// If it is no recording, is one of a newer bedrill, cannot be opened, or its header is damaged.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let failed = |flaw: Flaw| failure(path, Moment::ZERO, flaw);
        let connection = connect(path).map_err(|problem| failed(problem.into()))?;
        known(&connection, path)?;
        let (header, ending) = Header::read(&connection).map_err(failed)?;
        let newest = connection
            .query_row(
                "SELECT at_ns, lost FROM seal ORDER BY number DESC LIMIT 1",
                (),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional();
        let (length, lost) = newest
            .map_err(|problem| failed(problem.into()))?
            .unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            connection,
            header,
            ending,
            length: Moment::from_nanos(number(length)),
            lost: number(lost),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run was started with.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How it ended; `None` if it was cut off, or still goes on.
    pub const fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The moment up to which it told when it was opened.
    pub const fn length(&self) -> Moment {
        self.length
    }

    /// Steps of the run that are not in it, because the recorder could not keep up.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether all of a run is in it, from the beginning to the end.
    pub fn is_complete(&self) -> bool {
        self.lost == 0 && self.ending.as_ref().is_some_and(|ending| ending.lost == 0)
    }

    /// All steps, from the beginning.
    pub fn steps(&self) -> Steps<'_> {
        Steps {
            recording: self,
            cursor: Cursor::default(),
        }
    }

    /// A place from which the step at a moment comes soon: within some 16 seconds before it.
    pub fn cursor_at(&self, at: Moment) -> Result<Cursor, RecordingError> {
        let found = self
            .connection
            .query_row(
                "SELECT number, last, at_ns, xxh3 FROM seal WHERE at_ns < ?1 AND number % ?2 = 0 \
                 ORDER BY number DESC LIMIT 1",
                [i64::try_from(at.as_nanos()).unwrap_or(i64::MAX), KEY_EVERY],
                |row| {
                    Ok(Cursor {
                        seal: row.get(0)?,
                        last: row.get(1)?,
                        at: Moment::from_nanos(number(row.get(2)?)),
                        chain: row.get(3)?,
                        ..Cursor::default()
                    })
                },
            )
            .optional();
        let found = found.map_err(|problem| self.failure(Moment::ZERO, problem.into()))?;
        Ok(found.unwrap_or_default())
    }

    /// The step at a cursor, which then stands behind it. `None` at the end; asked again later, a
    /// run that still goes on may have told more.
    ///
    /// # Errors
    /// If the recording is damaged here; after that there is nothing more to read.
    pub fn next_step(&self, cursor: &mut Cursor) -> Result<Option<Step>, RecordingError> {
        while cursor.steps.is_empty() && !cursor.broken {
            match self.batch(cursor) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(flaw) => {
                    cursor.broken = true;
                    return Err(self.failure(cursor.at, flaw));
                }
            }
        }
        Ok(cursor.steps.pop_front())
    }

    /// Reads the next batch into the cursor, and holds it against its seal.
    fn batch(&self, cursor: &mut Cursor) -> Result<bool, Flaw> {
        let Some((seal, hash)) = self.seal_after(cursor.seal)? else {
            let expected = self.ending.as_ref().map_or(0, |ending| ending.seals);
            return if cursor.seal < expected {
                Err(Flaw::Wrong("its end is missing".to_owned()))
            } else {
                Ok(false)
            };
        };
        if seal.number != cursor.seal + 1 || seal.last < cursor.last {
            return Err(Flaw::Wrong("a part of it is missing".to_owned()));
        }
        let range = (cursor.last, seal.last);
        let mut digests = Digests::default();
        let mut steps = self.shots(range, &mut digests, &mut cursor.lookup)?;
        steps.extend(self.facts(range, &mut digests)?);
        steps.extend(self.ticks(range, &mut digests, &mut cursor.gauges)?);
        if digests.seal(&seal, cursor.chain) != hash {
            return Err(Flaw::Wrong("the next part is not what was written".to_owned()));
        }
        steps.sort_by_key(|(seq, _)| *seq);
        for (_, step) in &steps {
            if step.at().since(cursor.at) > LONGEST_SILENCE {
                return Err(Flaw::Wrong("its time makes a leap".to_owned()));
            }
            if let Step::Tick { at, .. } = step {
                cursor.at = *at;
            }
        }
        cursor.steps = steps.into_iter().map(|(_, step)| step).collect();
        (cursor.seal, cursor.last, cursor.chain) = (seal.number, seal.last, hash);
        Ok(true)
    }

    fn seal_after(&self, before: i64) -> Result<Option<(Seal, i64)>, Flaw> {
        let mut select = self.connection.prepare_cached(
            "SELECT number, last, at_ns, lost, xxh3 FROM seal WHERE number > ? ORDER BY number LIMIT 1",
        )?;
        let found = select.query_row([before], |row| {
            let seal = Seal {
                number: row.get(0)?,
                last: row.get(1)?,
                at_ns: row.get(2)?,
                lost: row.get(3)?,
            };
            Ok((seal, row.get(4)?))
        });
        Ok(found.optional()?)
    }

    fn shots(
        &self,
        range: (i64, i64),
        digests: &mut Digests,
        lookup: &mut Lookup,
    ) -> Result<Vec<(i64, Step)>, Flaw> {
        let mut shots: Vec<(i64, Moment, ShotRecord)> = Vec::new();
        self.rows(Table::Shot, range, digests, |row| {
            shots.push(read_shot(row)?);
            Ok(())
        })?;
        let mut place = 0;
        self.rows(Table::Attempt, range, digests, |row| {
            let id: i64 = row.get(0)?;
            let (seq, of_shot) = (id / Table::ATTEMPTS_A_SHOT, id % Table::ATTEMPTS_A_SHOT);
            while shots.get(place).is_some_and(|(shot, ..)| *shot < seq) {
                place += 1;
            }
            match shots.get_mut(place) {
                Some((shot, _, record))
                    if *shot == seq && record.attempts.len() as u64 == of_shot.cast_unsigned() =>
                {
                    let attempt = read_attempt(row, record, lookup, &self.connection)?;
                    record.attempts.push(attempt);
                    Ok(())
                }
                _ => Err(Flaw::Wrong("an attempt belongs to no shot".to_owned())),
            }
        })?;
        let shots = shots.into_iter();
        Ok(shots
            .map(|(seq, at, shot)| (seq, Step::Event(event(at, shot))))
            .collect())
    }

    fn facts(&self, range: (i64, i64), digests: &mut Digests) -> Result<Vec<(i64, Step)>, Flaw> {
        let mut facts = Vec::new();
        self.rows(Table::Fact, range, digests, |row| {
            let at = Moment::from_nanos(number(row.get(1)?));
            let fact = parsed(row.get_ref(2)?.as_str()?)?;
            facts.push((row.get(0)?, Step::Event(Event::new(at, fact))));
            Ok(())
        })?;
        Ok(facts)
    }

    fn ticks(
        &self,
        range: (i64, i64),
        digests: &mut Digests,
        gauges: &mut Gauges,
    ) -> Result<Vec<(i64, Step)>, Flaw> {
        let mut ticks = Vec::new();
        self.rows(Table::Tick, range, digests, |row| {
            let at = Moment::from_nanos(number(row.get(1)?));
            let queued: i64 = row.get(3)?;
            if queued == EVIDENCE {
                ticks.push((row.get(0)?, Step::Evidence { at }));
                return Ok(());
            }
            let in_flight = row.get_ref(2)?.as_str_or_null()?.map(parsed).transpose()?;
            let change = row.get_ref(4)?.as_str_or_null()?.map(parsed).transpose()?;
            let change: gauges::Change = change.unwrap_or_default();
            let wall = gauges::wall(self.header.epoch, at);
            *gauges = change.onto(gauges, in_flight, number(queued), wall);
            let gauges = Box::new(gauges.clone());
            ticks.push((row.get(0)?, Step::Tick { at, gauges }));
            Ok(())
        })?;
        Ok(ticks)
    }

    fn rows(
        &self,
        table: Table,
        range: (i64, i64),
        digests: &mut Digests,
        mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        let mut select = self.connection.prepare_cached(table.select())?;
        let mut rows = select.query([range.0, range.1])?;
        while let Some(row) = rows.next()? {
            let mut cells = [ValueRef::Null; MOST_COLUMNS];
            let cells = &mut cells[..table.columns()];
            for (column, cell) in cells.iter_mut().enumerate() {
                *cell = row.get_ref(column)?;
                if matches!(cell, ValueRef::Text(text) if text.len() > LONGEST_TEXT) {
                    return Err(Flaw::Wrong("a text in it is longer than any we write".to_owned()));
                }
            }
            digests.row(table, cells.iter().copied());
            if digests.rows() > BATCH_ROWS {
                return Err(Flaw::Wrong(
                    "a part of it has more rows than any we write".to_owned(),
                ));
            }
            take(row)?;
        }
        Ok(())
    }

    fn failure(&self, after: Moment, flaw: Flaw) -> RecordingError {
        failure(&self.path, after, flaw)
    }
}

/// Opens a file for reading. What was killed in the middle of its very first transaction has left a
/// journal behind that must be rolled back first, and only a connection that may write can do that.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let open = |mode| Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let look =
        |connection: &Connection| connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()));
    let connection = open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match look(&connection) {
        Err(rusqlite::Error::SqliteFailure(problem, _)) if problem.code == ErrorCode::ReadOnly => {
            look(&open(OpenFlags::SQLITE_OPEN_READ_WRITE)?)?;
            open(OpenFlags::SQLITE_OPEN_READ_ONLY)
        }
        // Whatever else is wrong with it, the reading proper will say.
        _ => Ok(connection),
    }
}

/// As many as the widest table has.
const MOST_COLUMNS: usize = 17;

/// Steps of a recording in order. Ends with the first error.
#[derive(Debug)]
pub struct Steps<'a> {
    recording: &'a Recording,
    cursor: Cursor,
}

impl Iterator for Steps<'_> {
    type Item = Result<Step, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.recording.next_step(&mut self.cursor).transpose()
    }
}

/// Whether a file is a recording that this program can read.
fn known(connection: &Connection, path: &Path) -> Result<(), RecordingError> {
    let not_ours = |why: &str| RecordingError::NotARecording {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let ask = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let failed = |problem: rusqlite::Error| match problem.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => not_ours("no SQLite database"),
        _ => failure(path, Moment::ZERO, problem.into()),
    };
    let (mark, version) = (
        ask("application_id").map_err(failed)?,
        ask("user_version").map_err(failed)?,
    );
    match (mark, version) {
        (APPLICATION_ID, 1..=VERSION) => {}
        (APPLICATION_ID, 0) => return Err(not_ours("nothing stands in it")),
        (APPLICATION_ID, version) => {
            return Err(RecordingError::Newer {
                path: path.to_owned(),
                version,
            });
        }
        (0, 0) => return Err(not_ours("nothing stands in it, or another program's tables")),
        _ => return Err(not_ours("another program's tables")),
    }
    // The file may come from anywhere: nothing in it is to be run, and every page is looked at.
    let guards = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON;";
    connection.execute_batch(guards).map_err(failed)
}

fn failure(path: &Path, after: Moment, flaw: Flaw) -> RecordingError {
    let path = path.to_owned();
    let what = match flaw {
        Flaw::Wrong(what) => what,
        Flaw::Sql(problem) => {
            let code = problem.sqlite_error_code();
            let why = problem.to_string();
            match code {
                Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::DatabaseBusy) => {
                    return RecordingError::Unreadable { path, why };
                }
                _ => why,
            }
        }
    };
    RecordingError::Damaged { path, after, what }
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Flaw> {
    serde_json::from_str(text).map_err(|problem| Flaw::Wrong(format!("a row of it: {problem}")))
}
