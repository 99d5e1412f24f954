//! The recordings there are: listed, found by name, and removed by age and size.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

use super::place::{self, ENDING, NoPlace};
use super::{Recording, RecordingError};
use crate::clock::Moment;

/// What else may lie beside a recording that was not closed.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The name of the newest run.
const LATEST: &str = "latest";
/// Runs that an error names at most.
const NAMED: usize = 5;

/// A recording in the folder.
#[derive(Debug)]
pub struct Run {
    /// Its name: the file's, without its ending. Begins with the date and time of its start.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// What it takes on the disk, all its files together.
    pub bytes: u64,
    /// When it was last written to.
    pub written: Timestamp,
    /// What stands in it, or why that cannot be read.
    pub content: Result<Content, RecordingError>,
}

/// What a list says of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// When it was started.
    pub started: Timestamp,
    /// Whether its time was virtual.
    pub virtual_time: bool,
    /// How long it ran.
    pub length: Moment,
    /// Its verdict; `None` if it did not come to one.
    pub verdict: Option<String>,
    /// Whether it came to its end and nothing is missing.
    pub complete: bool,
}

/// Why no run goes by a name.
#[derive(Debug, Error)]
pub enum FindError {
    /// There is no folder for recordings.
    #[error(transparent)]
    Place(#[from] NoPlace),
    /// The folder cannot be read.
    #[error("{}: {why}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// Nothing was recorded yet.
    #[error("nothing is recorded yet in {}: every `bedrill` and `bedrill run` records, unless told otherwise", .0.display())]
    None(PathBuf),
    /// No such run.
    #[error("no recording is called `{name}`, and no such file is here: `bedrill runs` lists them")]
    Unknown {
        /// The name.
        name: String,
    },
    /// Several.
    #[error("`{name}` may be any of {}: write more of its name", .these.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The first of them.
        these: Vec<String>,
    },
}

/// The folder of recordings; it need not be there.
pub fn folder() -> Result<PathBuf, NoPlace> {
    place::folder()
}

/// The file of a run that is named by its id, the beginning of one, a path, or `latest`.
pub fn find(name: &str) -> Result<PathBuf, FindError> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.is_file() {
        return Ok(path.to_owned());
    }
    let folder = folder()?;
    let ids: Vec<String> = files(&folder)?.into_iter().map(|(id, _)| id).collect();
    let found = named(name, &ids, &folder)?;
    Ok(folder.join(format!("{found}.{ENDING}")))
}

/// Every recording in a folder, the oldest first. A folder that is not there holds none.
pub fn list(folder: &Path) -> Result<Vec<Run>, FindError> {
    let files = files(folder)?;
    Ok(files.into_iter().filter_map(|(id, path)| run(id, path)).collect())
}

/// The runs that must go so that none is older than `older_than` and all together take no more than
/// `keep_bytes`: those beyond the age, then the oldest.
pub fn to_remove(
    runs: &[Run],
    older_than: Option<Duration>,
    keep_bytes: Option<u64>,
    now: Timestamp,
) -> Vec<&Run> {
    let oldest = older_than.and_then(|age| now.checked_sub(age).ok());
    let mut room = keep_bytes.unwrap_or(u64::MAX);
    let mut by_age: Vec<&Run> = runs.iter().collect();
    by_age.sort_by_key(|run| std::cmp::Reverse(run.written));
    let mut gone: Vec<&Run> = by_age
        .into_iter()
        .filter(|run| {
            let too_old = oldest.is_some_and(|oldest| run.written < oldest);
            let fits = !too_old && run.bytes <= room;
            // Once one does not fit, none that is older is kept in its stead.
            room = if fits {
                room - run.bytes
            } else if too_old {
                room
            } else {
                0
            };
            !fits
        })
        .collect();
    gone.reverse();
    gone
}

/// Removes a recording with all its files; `false` if it is still being written, and stays.
pub fn remove(run: &Run) -> io::Result<bool> {
    if is_being_written(&run.path) {
        return Ok(false);
    }
    fs::remove_file(&run.path)?;
    for file in beside(&run.path) {
        match fs::remove_file(file) {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
            _ => {}
        }
    }
    Ok(true)
}

/// Whether some process has it open: then it cannot leave the mode in which it is written.
fn is_being_written(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let alone = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "journal_mode", "DELETE")
    });
    // What is damaged or unreadable is not being written.
    alone.is_err_and(|problem| problem.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
}

fn named<'a>(name: &str, ids: &'a [String], folder: &Path) -> Result<&'a str, FindError> {
    let Some(newest) = ids.last() else {
        return Err(FindError::None(folder.to_owned()));
    };
    if name == LATEST {
        return Ok(newest);
    }
    if let Some(exact) = ids.iter().find(|id| *id == name) {
        return Ok(exact);
    }
    let fitting: Vec<&String> = ids.iter().filter(|id| id.starts_with(name)).collect();
    match fitting.as_slice() {
        [] => Err(FindError::Unknown {
            name: name.to_owned(),
        }),
        [one] => Ok(one),
        several => Err(FindError::Ambiguous {
            name: name.to_owned(),
            these: several.iter().take(NAMED).map(|id| (*id).clone()).collect(),
        }),
    }
}

/// Ids and paths, in the order of the ids: that of their starts.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, FindError> {
    let failed = |why| FindError::Folder {
        path: folder.to_owned(),
        why,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(problem) => return Err(failed(problem)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let is_ours = path.extension().is_some_and(|ending| ending == ENDING);
        if let (true, Some(stem)) = (is_ours, path.file_stem().and_then(|stem| stem.to_str())) {
            files.push((stem.to_owned(), path));
        }
    }
    files.sort();
    Ok(files)
}

/// What is known of a file; `None` if it has just gone.
fn run(id: String, path: PathBuf) -> Option<Run> {
    let file = fs::metadata(&path).ok()?;
    let more: u64 = beside(&path)
        .into_iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|file| file.len())
        .sum();
    let written = file.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    Some(Run {
        id,
        bytes: file.len() + more,
        written: written.unwrap_or(Timestamp::UNIX_EPOCH),
        content: Recording::open(&path).map(|recording| content(&recording)),
        path,
    })
}

fn content(recording: &Recording) -> Content {
    let header = recording.header();
    let verdict = recording.ending().and_then(|ending| ending.verdict.as_ref());
    Content {
        scenario: header.scenario.clone(),
        seed: header.seed,
        started: header.started,
        virtual_time: header.virtual_time,
        length: recording.length(),
        verdict: verdict.map(|verdict| verdict.outcome.clone()),
        complete: recording.is_complete(),
    }
}

fn beside(path: &Path) -> [PathBuf; 3] {
    BESIDE.map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str, day: i64, bytes: u64) -> Run {
        Run {
            id: id.to_owned(),
            path: PathBuf::from(id),
            bytes,
            written: Timestamp::UNIX_EPOCH + Duration::from_secs(86_400 * day as u64),
            content: Err(RecordingError::NotARecording {
                path: PathBuf::from(id),
                why: String::new(),
            }),
        }
    }

    #[test]
    fn the_old_go_first_and_then_what_does_not_fit() {
        let runs = [of("a", 1, 10), of("b", 20, 50), of("c", 30, 30), of("d", 31, 30)];
        let now = Timestamp::UNIX_EPOCH + Duration::from_secs(86_400 * 32);
        let days = |days: u64| Some(Duration::from_secs(86_400 * days));
        let table: [(Option<Duration>, Option<u64>, &[&str]); 5] = [
            (days(30), None, &["a"]),
            (None, Some(60), &["a", "b"]),
            (None, Some(61), &["a", "b"]),
            (days(5), Some(30), &["a", "b", "c"]),
            (days(400), Some(1_000), &[]),
        ];
        for (age, size, gone) in table {
            let ids: Vec<&str> = to_remove(&runs, age, size, now)
                .iter()
                .map(|run| run.id.as_str())
                .collect();
            assert_eq!(ids, gone, "{age:?} {size:?}");
        }
    }

    #[test]
    fn a_run_goes_by_its_id_the_beginning_of_it_or_latest() {
        let ids = ["2026-a-1", "2026-a-1_2", "2027-b-1"].map(str::to_owned);
        let found = |name: &str| named(name, &ids, Path::new("runs")).map_err(|problem| problem.to_string());
        assert_eq!(found("latest"), Ok("2027-b-1"));
        assert_eq!(found("2027"), Ok("2027-b-1"));
        assert_eq!(
            found("2026-a-1"),
            Ok("2026-a-1"),
            "whole names go before beginnings"
        );
        assert!(found("2026").is_err_and(|why| why.contains("2026-a-1, 2026-a-1_2")));
        assert!(found("x").is_err_and(|why| why.contains("`x`")));
        assert!(named("latest", &[], Path::new("runs")).is_err());
    }
}
