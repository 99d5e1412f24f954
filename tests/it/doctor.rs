//! The pre-flight and the settings of the real binary, against the embedded emulator, against `serve` on a
//! bad day, and without network or credentials.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A folder of the test's own, empty.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

/// The binary in a home of its own, where nothing of the machine's user is found.
pub fn bedrill(home: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
    command
        .args(flags)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("BEDRILL_NO_RECORD", "1");
    command
}

/// `bedrill serve`, ended with the value.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Served {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let out = child.stdout.take().expect("its output");
        let mut first = String::new();
        BufReader::new(out).read_line(&mut first).expect("a line");
        let url = first.trim().rsplit(' ').next().expect("a URL").to_owned();
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(document["schema"], "bedrill.doctor/1");
    document["lines"].as_array().expect("lines").clone()
}

fn state<'l>(lines: &'l [Value], check: &str) -> &'l str {
    let line = lines.iter().find(|line| line["check"] == check).expect(check);
    line["state"].as_str().expect("a state")
}

#[test]
fn on_the_embedded_emulator_nothing_is_to_mend_and_a_probe_is_simulated() {
    let home = folder("doctor-local");
    let output = bedrill(&home, &["doctor", "quickstart", "--json", "--probe"])
        .output()
        .expect("it starts");
    let lines = lines(&output);
    let failed: Vec<_> = lines.iter().filter(|line| line["state"] == "fail").collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(state(&lines, "credentials"), "ok");
    assert_eq!(state(&lines, "probe"), "ok");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("of one token to local, at most $0.00"), "{told}");
}

#[test]
#[ignore = "in real time, each look within five seconds: alone, as .ci/run calls it"]
fn a_server_on_a_bad_day_is_told_line_by_line() {
    let home = folder("doctor-bad-day");
    let world = home.join("bad-day.toml");
    let text = r#"
description = "No access, no quota, no permission, no region, a clock that is off."
[world]
denied_models = ["amazon.nova-lite-v1:0"]
denied_actions = ["servicequotas:*"]
clock_skew = "3m"
unreachable_regions = ["us-west-2"]
[[world.quota]]
model = "amazon.nova-micro-v1:0"
tokens_per_minute = 0
[[pattern]]
kind = "cross-region"
model = "anthropic.claude-sonnet-4-6"
region = "us-east-1"
rate = "1/s"
"#;
    fs::write(&world, text).expect("a file");
    let server = Served::start(&mut bedrill(
        &home,
        &["serve", "--port", "0", "--world", &world.display().to_string()],
    ));
    let look = |flags: &[&str]| {
        let flags = [&["doctor", "--json", "--target", &server.url], flags].concat();
        bedrill(&home, &flags).output().expect("it starts")
    };
    // A binary that was just linked takes seconds to be read from disk, and each look has five.
    look(&["--region", "us-east-1"]);
    let output = look(&["--region", "us-east-1"]);
    assert_eq!(output.status.code(), Some(3));
    // One port stands for all regions: asked side by side, those that answer would lose connections too.
    let dead = look(&["--region", "us-west-2"]);
    assert_eq!(dead.status.code(), Some(3));
    let found = [lines(&output), lines(&dead)].concat();
    let says = |check: &str, subject: &str| {
        let of = |line: &&Value| line["check"] == check && line["subject"].as_str().unwrap_or("") == subject;
        let line = found
            .iter()
            .find(of)
            .unwrap_or_else(|| panic!("{check} {subject}: {found:#?}"));
        format!(
            "{} {}",
            line["state"].as_str().unwrap_or_default(),
            line["says"].as_str().unwrap_or_default()
        )
    };
    assert_eq!(says("clock", ""), "warn 3 min behind", "{found:#?}");
    assert_eq!(says("endpoint", "us-west-2"), "fail it cannot be reached");
    assert_eq!(
        says("access", "us-east-1 amazon.nova-lite-v1:0"),
        "fail its agreement is not accepted"
    );
    assert_eq!(
        says("quota", "us-east-1 amazon.nova-micro-v1:0"),
        "unknown may not be looked at: no policy allows servicequotas:ListServiceQuotas"
    );
    assert!(
        found
            .iter()
            .all(|line| line["state"] == "ok" || line["todo"].is_string())
    );
    // Where money may be asked for, nothing is sent without a word.
    let refused = look(&["--region", "us-east-1", "--probe"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("give --yes"), "{told}");
}

#[test]
fn without_network_and_credentials_every_line_says_so() {
    let home = folder("doctor-nothing");
    let output = bedrill(&home, &["doctor", "--json"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(3));
    let found = lines(&output);
    assert_eq!(state(&found, "credentials"), "fail");
    for line in &found {
        let subject = line["subject"].as_str();
        if subject.is_some() && line["check"] != "region" {
            assert_eq!(line["state"], "unknown", "{line}");
        }
    }
}

#[test]
fn settings_stand_in_for_flags_and_a_broken_file_stops_all_but_those_that_help() {
    let home = folder("config");
    let file = home.join("c.toml");
    fs::write(&file, "port = 0\nkeep_for = \"30d\"\ntarget = \"local\"\n").expect("a file");
    let with = |flags: &[&str]| {
        let mut command = bedrill(&home, flags);
        command.env("BEDRILL_CONFIG", &file);
        command
    };
    let printed = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let shown = with(&["config", "--theme", "light"]).output().expect("it starts");
    let shown = printed(&shown);
    for (key, words) in [
        ("theme", "light"),
        ("port", "0"),
        ("record", "false"),
        ("mouse", "true"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(key)).expect(key);
        assert_eq!(line.split_whitespace().nth(1), Some(words), "{line}");
    }
    assert!(shown.contains("flag --theme"), "{shown}");
    assert!(shown.contains("c.toml:1"), "{shown}");
    assert!(shown.contains("environment, BEDRILL_NO_RECORD"), "{shown}");
    // The port of the file: a free one. The target of the file: the doctor looks at this machine.
    let server = Served::start(&mut with(&["serve"]));
    assert!(!server.url.ends_with(":4566"), "{}", server.url);
    let looked = with(&["doctor"]).output().expect("it starts");
    assert!(
        printed(&looked).starts_with("doctor: local"),
        "{}",
        printed(&looked)
    );
    let pruned = with(&["runs", "prune"]).output().expect("it starts");
    assert_eq!(pruned.status.code(), Some(0), "{pruned:?}");

    fs::write(&file, "theme = \"drak\"\n").expect("a file");
    let refused = with(&["check", "quickstart"]).output().expect("it starts");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        told.contains("c.toml:1:10: theme: unknown value `drak`"),
        "{told}"
    );
    let shown = with(&["config"]).output().expect("it starts");
    assert_eq!(shown.status.code(), Some(2));
    assert!(printed(&shown).contains("theme"), "{shown:?}");
    let looked = with(&["doctor", "quickstart", "--json"])
        .output()
        .expect("it starts");
    assert_eq!(looked.status.code(), Some(3));
    assert_eq!(state(&lines(&looked), "config"), "fail");
}
