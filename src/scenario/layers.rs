//! A scenario's layers: the files it includes, the file itself, and what the command line sets.
//!
//! They become one document, whose problems still name the file and line (or the flag) they stand in,
//! and one text, which a recording keeps: it needs no other file and reads the same.

use std::fs;
use std::path::{Path, PathBuf};

use crate::toml::{Document, Item, Matched, Problems, text};

/// Files within files, at most.
const DEEPEST: usize = 8;
/// No included file is larger, in bytes.
const MOST_BYTES: u64 = 1_000_000;
/// Arrays whose tables are merged by a name; all others are appended.
const MATCHED: &[Matched] = &[Matched {
    array: "pattern",
    by: "kind",
}];

/// A value that the command line sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// As it was given: problems show it.
    pub flag: String,
    /// The dotted path of the key.
    pub path: String,
    /// The value, TOML or a bare string.
    pub value: String,
}

impl Override {
    /// `--set world.latency.scale=2`, without the flag's name.
    ///
    /// Fails if there is no `=`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` sets nothing; write it as in world.latency.scale=2"))?;
        let path = path.trim();
        // A gateway's key must not come back in a message.
        let shown = if path.rsplit('.').next() == Some("key") {
            format!("--set {path}=...")
        } else {
            format!("--set {text}")
        };
        Ok(Self {
            flag: shown,
            path: path.to_owned(),
            value: value.trim().to_owned(),
        })
    }

    /// What a flag of its own sets, such as `--seed 7`.
    pub fn of_flag(flag: &str, path: &str, value: &str) -> Self {
        Self {
            flag: format!("{flag} {value}"),
            path: path.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// All layers in one.
#[derive(Debug)]
pub struct Layered {
    /// To be read.
    pub document: Document,
    /// What it says, in one text.
    pub text: String,
}

/// Lays a file over those it includes, and the command line over both.
///
/// Fails where a file is no TOML; other problems are noted with the document.
pub fn gather(name: &str, text: &str, overrides: &[Override]) -> Result<Layered, Problems> {
    let mut trail = vec![absolute(Path::new(name))];
    let (mut document, has_includes) = with_included(name, text, &mut trail)?;
    let mut text = if has_includes {
        let joined = document.to_text();
        format!(
            "# Put together by bedrill from {name} and the files it includes; comments stayed there.\n{joined}"
        )
    } else {
        text.to_owned()
    };
    for wanted in overrides {
        match document.set(&wanted.flag, &wanted.path, &wanted.value) {
            // Where the document can be set so can the text: the two read the same.
            Ok((steps, value)) => text = text::set(&text, &steps, &value).unwrap_or(text),
            Err(problem) => document.add(problem.into()),
        }
    }
    Ok(Layered { document, text })
}

fn with_included(name: &str, text: &str, trail: &mut Vec<PathBuf>) -> Result<(Document, bool), Problems> {
    let mut own = Document::parse(name, text)?;
    let folder = Path::new(name).parent().unwrap_or_else(|| Path::new(""));
    let Some(items) = own.root().take("include").map(|item| item.list_or_one()) else {
        return Ok((own, false));
    };
    let mut below: Option<Document> = None;
    for item in &items {
        let found = match included(item, folder, trail) {
            Some(Ok(found)) => found,
            Some(Err(problems)) => {
                own.add(problems);
                continue;
            }
            None => continue,
        };
        below = Some(match below {
            Some(lower) => lower.joined_with(found, MATCHED),
            None => found,
        });
    }
    drop(items);
    own.remove("include");
    Ok(match below {
        Some(lower) => (lower.joined_with(own, MATCHED), true),
        None => (own, true),
    })
}

/// An included file with those it includes itself; `None` once its problem is noted.
fn included(item: &Item<'_>, folder: &Path, trail: &mut Vec<PathBuf>) -> Option<Result<Document, Problems>> {
    let written = item.name()?;
    let path = folder.join(written);
    let place = absolute(&path);
    if let Some(start) = trail.iter().position(|known| *known == place) {
        let names: Vec<String> = trail[start..]
            .iter()
            .chain([&place])
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect();
        item.reject(format_args!("includes itself: {}", names.join(" -> ")), None);
        return None;
    }
    if trail.len() > DEEPEST {
        item.reject(
            format_args!("files include each other more than {DEEPEST} deep"),
            None,
        );
        return None;
    }
    let text = match read(&path) {
        Ok(text) => text,
        Err(problem) => {
            let hint = "a path is relative to the file that includes it".to_owned();
            item.reject(
                format_args!("cannot read {}: {problem}", path.display()),
                Some(hint),
            );
            return None;
        }
    };
    trail.push(place);
    let found = with_included(&path.display().to_string(), &text, trail);
    trail.pop();
    Some(found.map(|(mut document, _)| {
        // Paths are relative to the outermost file from here on.
        if let Some(inner) = Path::new(written).parent() {
            document.lead_paths("prompts_file", inner);
        }
        document
    }))
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|problem| problem.to_string())?.len();
    if size > MOST_BYTES {
        return Err(format!("it has {size} bytes, more than {MOST_BYTES}"));
    }
    fs::read_to_string(path).map_err(|problem| problem.to_string())
}

fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
