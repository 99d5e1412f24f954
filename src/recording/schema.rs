//! The tables, and the marks by which a file is known.

/// SQLite's `application_id` of a recording: `bdrl`.
pub const APPLICATION_ID: i64 = 0x6264_726c;
/// SQLite's `user_version`: the format's version. Raised whenever an older reader would err.
pub const VERSION: i64 = 1;

/// Behind every so many batches a tick says all, so that reading can begin there.
pub const KEY_EVERY: i64 = 16;

/// Columns named after a unit hold a time before or after another one; see `docs/recordings.md`.
/// Generated columns are for people and take no room.
pub const TABLES: &str = "
CREATE TABLE run (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  xxh3 INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE route (
  id INTEGER PRIMARY KEY,
  region TEXT NOT NULL,
  target TEXT NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  label TEXT NOT NULL,
  xxh3 INTEGER NOT NULL
);

CREATE TABLE failure (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  status INTEGER,
  code TEXT,
  message TEXT NOT NULL,
  xxh3 INTEGER NOT NULL
);

CREATE TABLE name (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  xxh3 INTEGER NOT NULL
);

CREATE TABLE shot (
  seq INTEGER PRIMARY KEY,
  arm INTEGER NOT NULL,
  number INTEGER NOT NULL,
  class INTEGER NOT NULL,
  ended_ns INTEGER NOT NULL,
  told_ns INTEGER NOT NULL,
  latency_ns INTEGER NOT NULL,
  lag_ns INTEGER NOT NULL,
  queue_ns INTEGER NOT NULL,
  first_token_ns INTEGER,
  failure TEXT,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL,
  cost_picos INTEGER NOT NULL,
  ended_s REAL AS (ended_ns / 1e9) VIRTUAL,
  latency_ms REAL AS (latency_ns / 1e6) VIRTUAL,
  cost_usd REAL AS (cost_picos / 1e12) VIRTUAL
);

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  route INTEGER NOT NULL,
  hop INTEGER NOT NULL,
  number INTEGER NOT NULL,
  backoff_ns INTEGER NOT NULL,
  sent_ns INTEGER NOT NULL,
  first_token_ns INTEGER,
  took_ns INTEGER NOT NULL,
  failure INTEGER,
  usage,
  served_in INTEGER,
  injected INTEGER NOT NULL,
  invoked INTEGER,
  shot INTEGER AS (id >> 8) VIRTUAL,
  place INTEGER AS (id & 255) VIRTUAL,
  took_ms REAL AS (took_ns / 1e6) VIRTUAL
);

CREATE TABLE fact (
  seq INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  fact TEXT NOT NULL,
  at_s REAL AS (at_ns / 1e9) VIRTUAL
);

CREATE TABLE tick (
  seq INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  in_flight TEXT,
  queued INTEGER NOT NULL,
  changed TEXT,
  at_s REAL AS (at_ns / 1e9) VIRTUAL
);

CREATE TABLE seal (
  number INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  xxh3 INTEGER NOT NULL
);
";

/// A table whose rows are sealed batch by batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Shots.
    Shot,
    /// Their attempts.
    Attempt,
    /// Every other fact.
    Fact,
    /// Looks at the fold.
    Tick,
}

impl Table {
    /// All of them, in the order in which they are sealed.
    pub const ALL: [Self; 4] = [Self::Shot, Self::Attempt, Self::Fact, Self::Tick];
    /// An attempt's number is its shot's number times this, and its place.
    pub const ATTEMPTS_A_SHOT: i64 = 256;

    /// Writes a row.
    pub const fn insert(self) -> &'static str {
        match self {
            Self::Shot => "INSERT INTO shot VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            Self::Attempt => "INSERT INTO attempt VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            Self::Fact => "INSERT INTO fact VALUES (?,?,?)",
            Self::Tick => "INSERT INTO tick VALUES (?,?,?,?,?)",
        }
    }

    /// Reads the rows with numbers above the first and up to the second parameter, in order.
    pub const fn select(self) -> &'static str {
        match self {
            Self::Shot => {
                "SELECT seq, arm, number, class, ended_ns, told_ns, latency_ns, lag_ns, queue_ns, \
                 first_token_ns, failure, input, output, cache_read, cache_write, cache_write_1h, \
                 cost_picos FROM shot WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"
            }
            Self::Attempt => {
                "SELECT id, route, hop, number, backoff_ns, sent_ns, first_token_ns, took_ns, failure, \
                 usage, served_in, injected, invoked \
                 FROM attempt WHERE id >= (?1 + 1) * 256 AND id < (?2 + 1) * 256 ORDER BY id"
            }
            Self::Fact => "SELECT seq, at_ns, fact FROM fact WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
            Self::Tick => {
                "SELECT seq, at_ns, in_flight, queued, changed FROM tick \
                 WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"
            }
        }
    }

    /// How many stored columns a row has.
    pub const fn columns(self) -> usize {
        match self {
            Self::Shot => 17,
            Self::Attempt => 13,
            Self::Fact => 3,
            Self::Tick => 5,
        }
    }
}
