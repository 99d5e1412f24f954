//! Cells of rows, and the hashes by which damage is found.

use rusqlite::types::{FromSqlError, Value, ValueRef};
use xxhash_rust::xxh3::Xxh3;

use super::schema::Table;

/// Why a row cannot be read.
#[derive(Debug)]
pub enum Flaw {
    /// SQLite's reason.
    Sql(rusqlite::Error),
    /// What is wrong with it.
    Wrong(String),
}

impl From<rusqlite::Error> for Flaw {
    fn from(problem: rusqlite::Error) -> Self {
        Self::Sql(problem)
    }
}

impl From<FromSqlError> for Flaw {
    fn from(problem: FromSqlError) -> Self {
        Self::Wrong(problem.to_string())
    }
}

/// A text longer than this was not written by us.
pub const LONGEST_TEXT: usize = 16 << 20;

/// A number without loss: SQLite's integers are signed, ours are not.
pub const fn int(number: u64) -> Value {
    Value::Integer(number.cast_signed())
}

/// The same the other way round.
pub const fn number(int: i64) -> u64 {
    int.cast_unsigned()
}

/// An optional cell.
pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, cell)
}

/// A hash over cells, in order and with their kinds.
pub fn hash<'a>(cells: impl IntoIterator<Item = ValueRef<'a>>) -> i64 {
    let mut digest = Xxh3::new();
    for cell in cells {
        feed(&mut digest, cell);
    }
    digest.digest().cast_signed()
}

/// The hash over owned cells.
pub fn hash_of(cells: &[Value]) -> i64 {
    hash(cells.iter().map(ValueRef::from))
}

fn feed(digest: &mut Xxh3, cell: ValueRef<'_>) {
    let (kind, bytes): (u8, &[u8]) = match cell {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(number) => return number_fed(digest, 1, number.to_le_bytes()),
        ValueRef::Real(number) => return number_fed(digest, 2, number.to_le_bytes()),
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(blob) => (4, blob),
    };
    number_fed(digest, kind, (bytes.len() as u64).to_le_bytes());
    digest.update(bytes);
}

fn number_fed(digest: &mut Xxh3, kind: u8, bytes: [u8; 8]) {
    let mut all = [kind; 9];
    all[1..].copy_from_slice(&bytes);
    digest.update(&all);
}

/// What a batch's rows are hashed into while they are written or read.
#[derive(Default)]
pub struct Digests {
    tables: [Xxh3; Table::ALL.len()],
    rows: u64,
}

impl Digests {
    /// Takes a row of a table.
    pub fn row<'a>(&mut self, table: Table, cells: impl IntoIterator<Item = ValueRef<'a>>) {
        self.rows += 1;
        for cell in cells {
            feed(&mut self.tables[table as usize], cell);
        }
    }

    /// Rows taken.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The seal over all of it, its own columns and the seal before.
    pub fn seal(&self, seal: &Seal, before: i64) -> i64 {
        let own = [before, seal.number, seal.last, seal.at_ns, seal.lost];
        let tables = self.tables.iter().map(|table| table.digest().cast_signed());
        hash(own.into_iter().chain(tables).map(ValueRef::Integer))
    }
}

impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Digests")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// What closes a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seal {
    /// Its number, from one.
    pub number: i64,
    /// The last step in it.
    pub last: i64,
    /// The moment up to which it tells.
    pub at_ns: i64,
    /// Steps lost since the run began.
    pub lost: i64,
}
