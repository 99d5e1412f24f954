//! `bedrill run` on the real binary: exit codes, what goes where, and that a seed repeats a run to
//! the byte.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn bedrill(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
    command
        .args(flags)
        .env_remove("RUST_LOG")
        .env("BEDRILL_NO_RECORD", "1");
    command
}

fn run(flags: &[&str]) -> Output {
    bedrill(flags).output().expect("the binary starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_same_seed_gives_the_same_bytes_even_with_a_debug_log() {
    let flags = ["run", "region-outage", "--virtual", "--json", "--seed", "11"];
    let first = run(&flags);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let log = std::env::temp_dir().join(format!("bedrill-{}.log", std::process::id()));
    let second = bedrill(&flags)
        .arg("--log")
        .arg(&log)
        .env("RUST_LOG", "debug")
        .output()
        .expect("the binary starts");
    let written = std::fs::metadata(&log).map_or(0, |file| file.len());
    std::fs::remove_file(&log).ok();
    assert!(written > 0, "the debug log was really written");
    assert_eq!(text(&first.stdout), text(&second.stdout));
    let other = run(&["run", "region-outage", "--virtual", "--json", "--seed", "12"]);
    assert_ne!(
        text(&first.stdout),
        text(&other.stdout),
        "another seed is another run"
    );
}

#[test]
fn the_document_is_one_json_value_and_progress_goes_elsewhere() {
    let output = run(&["run", "capacity-outage", "--virtual", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["schema"], "bedrill.run/1");
    assert_eq!(document["scenario"], "capacity-outage");
    assert_eq!(document["virtual_time"], true);
    assert!(
        text(&output.stderr).contains("us-east-1 capacity"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_summary_names_both_clocks() {
    let output = run(&["run", "quickstart", "--virtual", "--duration", "20s"]);
    let summary = text(&output.stdout);
    for word in [
        "from the intended time",
        "from the send",
        "schedule kept",
        "events lost 0",
    ] {
        assert!(summary.contains(word), "no `{word}` in:\n{summary}");
    }
}

#[test]
fn what_is_wrong_is_named_and_the_exit_code_is_two() {
    for (flags, words) in [
        (
            &["run", "no-such-scenario"][..],
            &["no-such-scenario", "quickstart"][..],
        ),
        (&["run", "quickstart", "--virtual"], &["--duration"]),
        (&["run", "quickstart", "--duration", "soon"], &["soon", "90s"]),
        (&["run", "nowhere/file.toml"], &["nowhere/file.toml"]),
        (&["--catalog", "nowhere.toml"], &["nowhere.toml"]),
        (&["run"], &["SCENARIOS"]),
        (&[], &["terminal", "bedrill run"]),
    ] {
        let output = run(flags);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{flags:?}: {}",
            text(&output.stderr)
        );
        for word in words {
            assert!(
                text(&output.stderr).contains(word),
                "{flags:?}: {}",
                text(&output.stderr)
            );
        }
        assert!(output.stdout.is_empty(), "nothing but results on standard output");
    }
}

#[test]
fn an_interrupted_run_ends_with_130_and_still_tells_what_it_saw() {
    let mut running = bedrill(&["run", "quickstart", "--duration", "10m"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut progress = BufReader::new(running.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("first answer") {
        line.clear();
        let read = progress.read_line(&mut line).expect("progress");
        assert_ne!(read, 0, "it ended before it was interrupted");
    }
    let pid = Pid::from_raw(running.id().try_into().expect("a process number")).expect("not zero");
    kill_process(pid, Signal::INT).expect("it is alive");
    let mut summary = String::new();
    let mut out = running.stdout.take().expect("a pipe");
    out.read_to_string(&mut summary).expect("UTF-8");
    assert!(summary.contains("cross-region/on-demand"), "{summary}");
    assert_eq!(running.wait().expect("it has ended").code(), Some(130));
}
