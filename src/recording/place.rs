//! Where recordings lie: a folder and files that only their owner can read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use etcetera::BaseStrategy as _;
use jiff::Timestamp;
use thiserror::Error;

/// How a recording's file name ends: the tools for it know what it is.
pub const ENDING: &str = "sqlite";
/// Runs of one scenario and seed that are begun within one second.
const MOST_ALIKE: u32 = 1_000;

/// Where a recording is to lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In the folder of recordings, under a name made from time, scenario and seed.
    #[default]
    Runs,
    /// In this file, which must not be there yet.
    File(PathBuf),
}

/// Why there is no place for a recording.
#[derive(Debug, Error)]
pub enum NoPlace {
    /// Neither a home directory nor a variable says where data goes.
    #[error("there is no home directory: set BEDRILL_DATA to a folder for recordings, or give --no-record")]
    NoHome,
    /// The folder cannot be made or made private.
    #[error("{}: no folder for recordings: {why}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// The file cannot be made.
    #[error("{}: the recording cannot be written: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// The file is there.
    #[error("{} is there already: name another file, or remove it", .0.display())]
    Taken(PathBuf),
}

/// The folder of data that the configuration names, for the whole process.
static CONFIGURED: OnceLock<PathBuf> = OnceLock::new();

/// Puts recordings below this folder, unless `$BEDRILL_DATA` names another. The first word holds.
pub fn keep_in(data: PathBuf) {
    let _ = CONFIGURED.set(data);
}

/// The folder of data: `$BEDRILL_DATA`, else what the configuration names, else `bedrill` in the data
/// folder of the XDG base directories. It need not be there.
pub fn data_folder() -> Result<PathBuf, NoPlace> {
    if let Some(data) = std::env::var_os("BEDRILL_DATA").filter(|data| !data.is_empty()) {
        return Ok(PathBuf::from(data));
    }
    if let Some(data) = CONFIGURED.get() {
        return Ok(data.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| NoPlace::NoHome)?;
    Ok(base.data_dir().join("bedrill"))
}

/// The folder of recordings, `runs` in that of data. It need not be there.
pub fn folder() -> Result<PathBuf, NoPlace> {
    Ok(data_folder()?.join("runs"))
}

impl Place {
    /// Makes an empty file there, for its owner's eyes alone.
    pub fn make(&self, started: Timestamp, scenario: &str, seed: u64) -> Result<PathBuf, NoPlace> {
        match self {
            Self::File(path) => match make(path) {
                Ok(()) => Ok(path.clone()),
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Err(NoPlace::Taken(path.clone())),
                Err(why) => Err(NoPlace::File {
                    path: path.clone(),
                    why,
                }),
            },
            Self::Runs => {
                let folder = folder()?;
                make_private(&folder).map_err(|why| NoPlace::Folder {
                    path: folder.clone(),
                    why,
                })?;
                make_unlike(&folder, &stem(started, scenario, seed))
            }
        }
    }
}

/// `20261124T112359Z-region-outage-7`.
fn stem(started: Timestamp, scenario: &str, seed: u64) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let scenario: String = scenario.chars().map(plain).take(60).collect();
    format!("{}-{scenario}-{seed}", started.strftime("%Y%m%dT%H%M%SZ"))
}

/// Makes the file, under a name that no other run has, however many begin at once.
fn make_unlike(folder: &Path, stem: &str) -> Result<PathBuf, NoPlace> {
    let mut path = folder.join(format!("{stem}.{ENDING}"));
    for again in 2..MOST_ALIKE {
        match make(&path) {
            Ok(()) => return Ok(path),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                path = folder.join(format!("{stem}_{again}.{ENDING}"));
            }
            Err(why) => return Err(NoPlace::File { path, why }),
        }
    }
    Err(NoPlace::Taken(path))
}

/// Writes a file for its owner's eyes alone; what was there is replaced, and made private.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    // A file that was there keeps its mode until told; what is no plain file has none of its own.
    if file.metadata()?.is_file() {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(bytes)
}

fn make(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    // A file system without permissions says so here, before anything stands in the file.
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}
