//! The folder of recordings: private, listed, and cleared by age and size.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use serde_json::Value;

/// A folder for data of a test's own, removed with its content.
struct Shelf(PathBuf);

impl Shelf {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        Self(folder)
    }

    fn bedrill(&self, flags: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
        command
            .args(flags)
            .env("BEDRILL_DATA", &self.0)
            .env_remove("BEDRILL_NO_RECORD");
        command.output().expect("the binary starts")
    }

    fn list(&self) -> Vec<Value> {
        let listed: Value = serde_json::from_slice(&self.bedrill(&["runs", "--json"]).stdout).expect("JSON");
        assert_eq!(listed["schema"], "bedrill.runs/1");
        listed["runs"].as_array().expect("runs").clone()
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

const RUN: [&str; 6] = ["run", "quickstart", "--virtual", "--json", "--duration", "30s"];

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn runs_that_begin_at_once_are_recorded_apart_and_for_their_owner_alone() {
    let shelf = Shelf::new("apart");
    let outputs: Vec<Output> = thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| shelf.bedrill(&RUN))).collect();
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    let unrecorded = shelf.bedrill(&[&RUN[..], &["--no-record"]].concat());
    for output in &outputs {
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("recorded in "));
        assert_eq!(
            text(&output.stdout),
            text(&unrecorded.stdout),
            "recording shows in no figure"
        );
    }
    let runs = shelf.list();
    assert_eq!(runs.len(), 4);
    for run in &runs {
        assert_eq!(
            (&run["complete"], &run["verdict"]),
            (&Value::Bool(true), &"pass".into()),
            "{run}"
        );
        assert_eq!(mode(Path::new(run["path"].as_str().expect("a path"))), 0o600);
    }
    assert_eq!(mode(&shelf.0.join("runs")), 0o700);
    let table = text(&shelf.bedrill(&["runs"]).stdout);
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(
        table.contains(" quickstart ") && table.contains(" pass "),
        "{table}"
    );

    let kept = runs[0]["bytes"].as_u64().expect("a size") + 1;
    let size = format!("{kept}B");
    let would = text(
        &shelf
            .bedrill(&["runs", "prune", "--keep-size", &size, "--dry-run"])
            .stdout,
    );
    assert!(would.contains("3 of 4 recordings would go"), "{would}");
    assert_eq!(shelf.list().len(), 4, "a dry run removes nothing");
    shelf.bedrill(&["runs", "prune", "--keep-size", &size, "--older-than", "30d"]);
    assert_eq!(shelf.list().len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_once_and_costs_no_run() {
    let nowhere = Shelf(PathBuf::from("/dev/null/nowhere"));
    let output = nowhere.bedrill(&RUN);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said.matches("this run is not recorded: /dev/null/nowhere/runs")
            .count(),
        1,
        "{said}"
    );
    assert!(!said.contains("recorded in"), "{said}");
}

#[test]
fn a_file_that_is_named_is_new_or_refused() {
    let shelf = Shelf::new("named");
    fs::create_dir_all(&shelf.0).expect("a folder");
    let file = shelf.0.join("mine.sqlite");
    let flags = [&RUN[..], &["--record", file.to_str().expect("UTF-8")]].concat();
    assert!(shelf.bedrill(&flags).status.success());
    assert_eq!(mode(&file), 0o600);
    let again = shelf.bedrill(&flags);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        text(&again.stderr).contains("is there already"),
        "{}",
        text(&again.stderr)
    );
    let two = shelf.bedrill(&[&flags[..], &["region-outage"]].concat());
    assert_eq!(two.status.code(), Some(2), "one file takes one run");
    assert_eq!(shelf.list().len(), 0, "nothing goes to the folder");
}

#[test]
fn what_is_no_recording_is_listed_as_such_and_can_be_removed() {
    let shelf = Shelf::new("strange");
    shelf.bedrill(&RUN);
    fs::write(
        shelf.0.join("runs/zzz.sqlite"),
        "no database at all, but a letter",
    )
    .expect("a file");
    let runs = shelf.list();
    assert_eq!(runs[1]["complete"], false);
    let error = runs[1]["error"].as_str().expect("an error");
    assert!(error.contains("not a recording of bedrill"), "{error}");
    shelf.bedrill(&["runs", "prune", "--keep-size", "0B"]);
    assert_eq!(shelf.list().len(), 0);
}
