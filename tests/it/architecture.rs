//! Holds the layers of `docs/architecture.md`: who may import whom.
//!
//! Reads every `crate::` path and every outside crate that has one home. Code below a
//! `#[cfg(test)]` line is left out: a test may reach further than what it tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A part of the house and the parts it may import, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // L0
    ("clock", &[]),
    ("loopback", &["clock"]),
    ("seed", &[]),
    ("units", &[]),
    ("names", &[]),
    ("toml", L0),
    ("config", &["toml", "units"]),
    ("event", L0),
    ("catalog", L0),
    // L1: bedrock and emulator never see each other.
    ("fault", L0),
    (
        "bedrock",
        &["clock", "seed", "units", "names", "event", "catalog", "fault"],
    ),
    (
        "emulator",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "toml", "fault", "loopback",
        ],
    ),
    // L2: load and measure never see the service.
    (
        "measure",
        &["clock", "seed", "units", "names", "event", "catalog", "fault"],
    ),
    (
        "recording",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "fault", "measure",
        ],
    ),
    (
        "load",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "fault", "measure",
        ],
    ),
    (
        "patterns",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "fault", "bedrock", "measure", "load",
            "gateway",
        ],
    ),
    // The gateway is a server in front of bedrock; what it is in front of, it never sees.
    (
        "gateway",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "bedrock", "loopback",
        ],
    ),
    // L3
    ("scenario", L2),
    ("capacity", &["clock", "units", "names", "catalog", "bedrock"]),
    ("decide", &["units", "names", "catalog"]),
    ("explain", &["units", "names", "catalog", "toml"]),
    // What stands before a drill: an account that is read, never the emulator or a drill.
    (
        "doctor",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "bedrock", "patterns", "scenario",
        ],
    ),
    ("drill", L3),
    ("replay", L3),
    // L4: only tui draws; it sees of the patterns just their table (held below).
    (
        "tui",
        &[
            "clock", "seed", "units", "names", "event", "catalog", "fault", "measure", "drill", "patterns",
            "decide", "capacity", "replay", "toml",
        ],
    ),
    ("headless", L3),
    // Reports extend the document of headless; they read no file and start nothing.
    (
        "report",
        &[
            "clock",
            "seed",
            "units",
            "names",
            "event",
            "catalog",
            "fault",
            "measure",
            "recording",
            "scenario",
            "drill",
            "headless",
        ],
    ),
    // L5
    ("telemetry", L3),
    ("cli", L5),
    ("main", L5),
    ("lib", L5),
];
const L0: &[&str] = &["clock", "seed", "units", "names", "event", "catalog", "toml"];
const L2: &[&str] = &[
    "clock",
    "seed",
    "units",
    "names",
    "event",
    "catalog",
    "toml",
    "fault",
    "bedrock",
    "emulator",
    "measure",
    "load",
    "patterns",
    "gateway",
    "recording",
];
const L3: &[&str] = &[
    "clock",
    "seed",
    "units",
    "names",
    "event",
    "catalog",
    "toml",
    "fault",
    "bedrock",
    "emulator",
    "measure",
    "load",
    "patterns",
    "gateway",
    "recording",
    "scenario",
    "drill",
];
const L5: &[&str] = &[
    "clock",
    "seed",
    "units",
    "names",
    "event",
    "catalog",
    "toml",
    "fault",
    "bedrock",
    "emulator",
    "measure",
    "load",
    "patterns",
    "gateway",
    "recording",
    "scenario",
    "capacity",
    "decide",
    "explain",
    "config",
    "doctor",
    "drill",
    "replay",
    "tui",
    "headless",
    "report",
    "telemetry",
    "cli",
];

/// Outside crates that have one home (or two), by the prefix of their name.
const HOMES: &[(&str, &[&str])] = &[
    ("aws_sdk_", &["bedrock"]),
    ("aws_config", &["bedrock"]),
    ("aws_smithy_", &["bedrock", "emulator"]),
    ("hyper::server", &["emulator", "gateway"]),
    ("hyper_util", &["bedrock", "emulator", "gateway", "loopback"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("color_eyre", &["main", "cli", "telemetry"]),
    ("clap", &["cli", "main"]),
    ("rand_chacha", &["seed"]),
    // The report writes its interval log.
    ("hdrhistogram", &["measure", "report"]),
    ("minijinja", &["report"]),
    ("quick_junit", &["report"]),
    ("rusqlite", &["recording"]),
    ("toml_edit", &["replay", "toml"]),
];

/// Folders with rules stricter than their part's: no such word may stand in their code.
const BANNED: &[(&str, &[&str])] = &[
    ("src/tui/view", DRAWS_NOTHING_BUT),
    ("src/tui/panel", DRAWS_NOTHING_BUT),
    ("src/tui/widget", DRAWS_NOTHING_BUT),
    ("src/tui/overlay", DRAWS_NOTHING_BUT),
    (
        "src/emulator/world",
        &[
            "serde_json",
            "http::",
            "hyper",
            "tokio",
            "async fn",
            ".await",
            "Clock",
        ],
    ),
    ("src/fault", &["tokio", "async fn", ".await", "Clock"]),
];
const DRAWS_NOTHING_BUT: &[&str] = &["async fn", ".await", "tokio", "Clock", "Mutex", "mpsc", "watch::"];

#[test]
fn every_part_imports_only_what_lies_below_it() {
    let rules: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut faults = Vec::new();
    for (path, code) in sources() {
        let part = part_of(&path);
        let Some(allowed) = rules.get(part.as_str()) else {
            faults.push(format!(
                "{}: part `{part}` has no row in MAY_IMPORT",
                path.display()
            ));
            continue;
        };
        for (number, line) in code.lines().enumerate() {
            for found in named_after(line, "crate::")
                .into_iter()
                .chain(named_after(line, "bedrill::"))
            {
                let is_part = rules.contains_key(found.as_str());
                if is_part && found != part && !allowed.contains(&found.as_str()) {
                    faults.push(format!(
                        "{}:{}: `{part}` may not import `{found}`",
                        path.display(),
                        number + 1
                    ));
                }
            }
            if part == "tui" && line.contains("crate::patterns::") && !sees_only_the_table(line) {
                faults.push(format!(
                    "{}:{}: tui sees of patterns only its table",
                    path.display(),
                    number + 1
                ));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "the layers do not hold:\n{}",
        faults.join("\n")
    );
}

#[test]
fn outside_crates_stay_in_their_homes() {
    let mut faults = Vec::new();
    for (path, code) in sources() {
        let part = part_of(&path);
        for (number, line) in code.lines().enumerate() {
            for (prefix, homes) in HOMES {
                if names_crate(line, prefix) && !homes.contains(&part.as_str()) {
                    faults.push(format!(
                        "{}:{}: {prefix} belongs to {homes:?}",
                        path.display(),
                        number + 1
                    ));
                }
            }
            for (folder, words) in BANNED {
                let shown = path.display().to_string();
                if !(shown.starts_with(&format!("{folder}/")) || shown == format!("{folder}.rs")) {
                    continue;
                }
                for word in words.iter().filter(|word| line.contains(**word)) {
                    faults.push(format!(
                        "{shown}:{}: `{word}` may not stand in {folder}",
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "outside crates have left their homes:\n{}",
        faults.join("\n")
    );
}

#[test]
fn no_file_outgrows_its_room_and_none_is_named_after_nothing() {
    const NAMELESS: [&str; 5] = ["util", "common", "helpers", "types", "misc"];
    const MOST_LINES: usize = 600;
    let mut faults = Vec::new();
    for path in rust_files(Path::new("src")) {
        let lines = fs::read_to_string(&path).expect("a source file").lines().count();
        if lines > MOST_LINES {
            faults.push(format!(
                "{}: {lines} lines, more than {MOST_LINES}",
                path.display()
            ));
        }
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        if NAMELESS.contains(&stem) {
            faults.push(format!("{}: a name that says nothing", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every source file with its code: comments and tests left out.
fn sources() -> Vec<(PathBuf, String)> {
    rust_files(Path::new("src"))
        .into_iter()
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|name| name == "fixture.rs" || name == "tests.rs")
        })
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file");
            let code: Vec<&str> = text
                .lines()
                .take_while(|line| line.trim() != "#[cfg(test)]")
                .map(|line| {
                    if line.trim_start().starts_with("//") {
                        ""
                    } else {
                        line
                    }
                })
                .collect();
            (path, code.join("\n"))
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `src/emulator/world/quota.rs` is of the part `emulator`.
fn part_of(path: &Path) -> String {
    let below_src = path.strip_prefix("src").expect("a path below src");
    let first = below_src
        .components()
        .next()
        .expect("a file name")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The names that follow `prefix` in a line, those in braces too: `crate::{clock, seed::Seed}`.
fn named_after(line: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (start, _) in line.match_indices(prefix) {
        let before = line[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &line[start + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            names.extend(group.split(',').map(|item| leading_name(item.trim())));
        } else {
            names.push(leading_name(rest));
        }
    }
    names
}

fn leading_name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Whether a line names an outside crate by the prefix, as a word of its own.
fn names_crate(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let follows = &line[start + prefix.len()..];
        let whole = prefix.ends_with('_')
            || prefix.contains("::")
            || follows.starts_with("::")
            || follows.starts_with(';');
        whole && !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '"')
    })
}

fn sees_only_the_table(line: &str) -> bool {
    [
        "crate::patterns::TABLE",
        "crate::patterns::numbered",
        "crate::patterns::row",
        "crate::patterns::PatternRow",
        "crate::patterns::{",
    ]
    .iter()
    .any(|table| line.contains(table))
}
