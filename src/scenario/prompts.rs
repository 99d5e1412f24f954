//! Reads a file of the user's own prompts, named by a scenario.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::load::prompts::PromptBook;
use crate::toml::Item;

/// No file is read that is larger, in bytes.
const MOST_BYTES: u64 = 50_000_000;

/// Where the files that a scenario names are looked for, and whether at all.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Paths are relative to it: the scenario file's own folder.
    pub folder: PathBuf,
    /// Whether a recording is looked at: no file is needed then, and none is read.
    pub recorded: bool,
}

impl Files {
    /// The files beside this one.
    pub fn beside(file: &str) -> Self {
        Self {
            folder: Path::new(file).parent().map(Path::to_owned).unwrap_or_default(),
            recorded: false,
        }
    }
}

/// Reads the prompts; every bad line is a problem of its own. A `hash` that does not fit is one too: a
/// repeated drill must ask the same.
pub fn read(file: &Item<'_>, hash: Option<&Item<'_>>, files: &Files) -> Option<Arc<PromptBook>> {
    let name = file.name()?;
    let wanted = match hash {
        Some(item) => Some(item.name()?),
        None => None,
    };
    if files.recorded {
        return Some(Arc::new(PromptBook::absent(wanted.unwrap_or_default())));
    }
    let path = files.folder.join(name);
    let bytes = match bytes_of(&path) {
        Ok(bytes) => bytes,
        Err(problem) => {
            let hint = "a path is relative to the scenario file".to_owned();
            file.reject(
                format_args!("cannot read {}: {problem}", path.display()),
                Some(hint),
            );
            return None;
        }
    };
    match PromptBook::parse(&bytes) {
        Ok(book) => {
            if let Some((item, wanted)) = hash.zip(wanted)
                && wanted != book.hash
            {
                let hint = format!(
                    "the file is {} now; take this out to ask what is in it",
                    book.hash
                );
                item.reject("the prompts are not those it was noted for", Some(hint));
            }
            Some(Arc::new(book))
        }
        Err(bad) => {
            for bad in bad {
                file.reject(
                    format_args!("line {} of {}: {}", bad.line, path.display(), bad.problem),
                    None,
                );
            }
            None
        }
    }
}

/// A named pipe or a device has no size: no more is read than may be.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}
