//! What a run is, said once at its beginning, and how it ended: the table `run`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::row::{Flaw, hash_of};

/// What a run was started with: enough to repeat it, and to measure its recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's text, whole.
    pub source: String,
    /// The seed it ran with, whoever set it.
    pub seed: u64,
    /// How long it was to run, whoever said so; `None`: until it was stopped.
    pub duration: Option<Duration>,
    /// Whether its time was virtual.
    pub virtual_time: bool,
    /// What it ran against, in words.
    pub target: String,
    /// The version of bedrill.
    pub bedrill: String,
    /// The fingerprint of the catalogue, the overlay included.
    pub catalog: u64,
    /// The text that was laid over the built-in catalogue.
    pub overlay: Option<String>,
    /// When it was started, by the machine's clock.
    pub started: Timestamp,
    /// The date and time of the run's first moment: the same, but for a run in virtual time.
    pub epoch: Timestamp,
}

/// How a run was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// `pass`, `fail`, `inconclusive` or `stopped`.
    pub outcome: String,
    /// Why.
    pub reasons: Vec<String>,
    /// What a reader must know besides.
    pub caveats: Vec<String>,
}

/// What stands in a recording whose run came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// How it was judged.
    pub verdict: Option<Judgement>,
    /// Batches in it.
    pub seals: i64,
    /// Steps that were lost, because the recorder could not keep up.
    pub lost: u64,
}

const ENDING: &str = "ending";

impl Header {
    /// Writes it.
    pub fn write(&self, into: &Connection) -> rusqlite::Result<()> {
        let duration = self.duration.map(|duration| duration.as_nanos().to_string());
        let rows: [(&str, Option<String>); 11] = [
            ("scenario", Some(self.scenario.clone())),
            ("source", Some(self.source.clone())),
            ("seed", Some(self.seed.to_string())),
            ("duration_ns", duration),
            ("time", Some(time(self.virtual_time).to_owned())),
            ("target", Some(self.target.clone())),
            ("bedrill", Some(self.bedrill.clone())),
            ("catalog", Some(format!("{:016x}", self.catalog))),
            ("overlay", self.overlay.clone()),
            ("started", Some(self.started.to_string())),
            ("epoch", Some(self.epoch.to_string())),
        ];
        for (key, value) in rows {
            if let Some(value) = value {
                write(into, key, value)?;
            }
        }
        Ok(())
    }

    /// Reads it, and the ending if there is one.
    pub fn read(from: &Connection) -> Result<(Self, Option<Ending>), Flaw> {
        let mut entries = entries(from)?;
        let ending = entries.remove(ENDING).map(|text| {
            serde_json::from_str(&text).map_err(|problem| Flaw::Wrong(format!("`{ENDING}`: {problem}")))
        });
        let mut entries = Entries(entries);
        let header = Self {
            scenario: entries.text("scenario")?,
            source: entries.text("source")?,
            seed: entries.parsed("seed", |text| text.parse().ok())?,
            duration: if entries.0.contains_key("duration_ns") {
                let nanos = entries.parsed("duration_ns", |text| text.parse().ok())?;
                Some(Duration::from_nanos(nanos))
            } else {
                None
            },
            virtual_time: entries.text("time")? == time(true),
            target: entries.text("target")?,
            bedrill: entries.text("bedrill")?,
            catalog: entries.parsed("catalog", |text| u64::from_str_radix(text, 16).ok())?,
            overlay: entries.0.remove("overlay"),
            started: entries.parsed("started", |text| text.parse().ok())?,
            epoch: entries.parsed("epoch", |text| text.parse().ok())?,
        };
        Ok((header, ending.transpose()?))
    }
}

impl Ending {
    /// Writes it: the last thing that is written.
    pub fn write(&self, into: &Connection) -> rusqlite::Result<()> {
        let text = serde_json::to_string(self)
            .map_err(|problem| rusqlite::Error::ToSqlConversionFailure(Box::new(problem)))?;
        write(into, ENDING, text)
    }
}

const fn time(is_virtual: bool) -> &'static str {
    if is_virtual { "virtual" } else { "real" }
}

fn write(into: &Connection, key: &str, value: String) -> rusqlite::Result<()> {
    let cells = [Value::Text(key.to_owned()), Value::Text(value)];
    let hash = hash_of(&cells);
    let [key, value] = cells;
    into.execute("INSERT INTO run VALUES (?,?,?)", (key, value, hash))?;
    Ok(())
}

/// All rows, each held against its hash.
fn entries(from: &Connection) -> Result<BTreeMap<String, String>, Flaw> {
    // More rows than any version writes are not ours.
    let mut statement = from.prepare("SELECT key, value, xxh3 FROM run LIMIT 100")?;
    let mut rows = statement.query(())?;
    let mut entries = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (key, value): (String, String) = (row.get(0)?, row.get(1)?);
        let cells = [Value::Text(key.clone()), Value::Text(value.clone())];
        if row.get::<_, i64>(2)? != hash_of(&cells) {
            return Err(Flaw::Wrong(format!("`{key}` of the run is not what was written")));
        }
        entries.insert(key, value);
    }
    Ok(entries)
}

struct Entries(BTreeMap<String, String>);

impl Entries {
    fn text(&mut self, key: &str) -> Result<String, Flaw> {
        let found = self.0.remove(key);
        found.ok_or_else(|| Flaw::Wrong(format!("`{key}` of the run is missing")))
    }

    fn parsed<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Flaw> {
        let text = self.text(key)?;
        read(&text).ok_or_else(|| Flaw::Wrong(format!("`{key}` of the run cannot be `{text}`")))
    }
}
