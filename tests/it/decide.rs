//! `bedrill decide` on the real binary: all eight leaves, the form of figures, exit codes, and what
//! goes where; in a terminal, the questions and the run that follows from them.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use bedrill::catalog::Catalog;
use bedrill::patterns;
use bedrill::scenario::Scenario;
use serde_json::Value;

use super::pty::Pty;

const BINARY: &str = env!("CARGO_BIN_EXE_bedrill");

fn decide(flags: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("decide").args(flags).stdin(Stdio::null());
    command.output().expect("the binary starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What is printed where all is well; then nothing is complained of.
fn said(flags: &[&str]) -> String {
    let output = decide(flags);
    let complaint = text(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{flags:?}: {complaint}"
    );
    text(&output.stdout)
}

/// What is complained of where a flag is wrong; then nothing is printed.
fn refused(flags: &[&str]) -> String {
    let output = decide(flags);
    assert_eq!(output.status.code(), Some(2), "{flags:?}");
    assert_eq!(text(&output.stdout), "", "{flags:?}");
    text(&output.stderr)
}

fn json(flags: &[&str]) -> Value {
    let flags: Vec<&str> = flags.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&said(&flags)).expect("one JSON document")
}

/// A file that is not there yet.
fn new_file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("bedrill-{}-{name}.toml", std::process::id()));
    fs::remove_file(&path).ok();
    path
}

/// Answers in order, the same by their questions, the leaf, its pattern, whether it is native.
type Case = (&'static str, &'static str, &'static str, &'static str, bool);

#[rustfmt::skip]
const LEAVES: [Case; 8] = [
    ("yes", "wait=yes", "large-datasets", "batch", true),
    ("no yes", "guarantee=yes wait=no", "guaranteed-throughput", "provisioned", true),
    ("no no yes", "wait=no guarantee=no repeat=yes", "repeated-contexts", "prompt-cache", true),
    ("no no no yes", "mix=yes repeat=no wait=no guarantee=no", "quality-against-cost", "prompt-routing", true),
    ("no no no no yes yes", "wait=no guarantee=no repeat=no mix=no bursts=yes residency=yes", "bursts-regional", "cross-region", true),
    ("no no no no yes no", "wait=no guarantee=no repeat=no mix=no bursts=yes residency=no", "bursts-global", "cross-region", true),
    ("no no no no no gateway", "wait=no guarantee=no repeat=no mix=no bursts=no control=gateway", "one-api", "gateway", false),
    ("no no no no no client", "wait=no guarantee=no repeat=no mix=no bursts=no control=client", "custom-routing", "fallback", false),
];

#[test]
fn all_eight_leaves_are_answered_whole_however_the_answers_are_given() {
    let catalog = Catalog::builtin();
    for (in_order, by_name, leaf, pattern, native) in LEAVES {
        let in_order: Vec<&str> = in_order.split(' ').collect();
        let by_name: Vec<&str> = by_name.split(' ').flat_map(|pair| ["--answer", pair]).collect();
        let document = json(&in_order);
        assert_eq!(document, json(&by_name), "{leaf}");

        assert_eq!(document["schema"], "bedrill.decide/1");
        assert_eq!(document["answers"].as_array().map(Vec::len), Some(in_order.len()));
        assert_eq!(document["refused"], Value::Array(Vec::new()));
        let made = &document["recommended"][0];
        assert_eq!(
            (made["leaf"].as_str(), made["pattern"].as_str()),
            (Some(leaf), Some(pattern))
        );
        assert_eq!(made["native"], native, "{leaf}");
        let models = made["needs"]["models"].as_array().expect("models");
        assert!(models.contains(&made["model"]), "{leaf}: {models:?}");
        let model = made["model"].as_str().expect("a model");
        assert!(catalog.models.contains_key(model), "{leaf}: {model}");
        assert_eq!(made["needs"]["iam_policy"]["Version"], "2012-10-17");

        let report = said(&in_order);
        let title = patterns::row(pattern).expect("a row").title;
        for words in [
            title,
            model,
            "Judged by",
            "What it costs",
            "Quotas",
            "IAM policy",
            "Goes well with",
            "Try it",
        ] {
            assert!(report.contains(words), "{leaf}: {words} is missing:\n{report}");
        }
        assert!(!report.contains('\x1b'), "{leaf}: no escape sequences");
    }
}

#[test]
fn the_scenario_of_every_leaf_is_written_once_and_read_again() {
    let catalog = Catalog::builtin();
    for (answers, _, leaf, pattern, _) in LEAVES {
        let path = new_file(leaf);
        let file = path.to_str().expect("UTF-8");
        let flags: Vec<&str> = answers.split(' ').chain(["--scenario", file]).collect();
        said(&flags);
        let written = fs::read_to_string(&path).expect("the scenario");
        let again = refused(&flags);
        fs::remove_file(&path).ok();
        assert!(
            again.contains("--scenario") && again.contains("the file is there already"),
            "{again}"
        );
        let printed: Vec<&str> = answers.split(' ').chain(["--scenario", "-"]).collect();
        assert_eq!(said(&printed), written, "{leaf}");
        if patterns::row(pattern).is_some_and(|row| row.available) {
            let read = Scenario::parse(file, &written, &catalog);
            assert!(read.is_ok(), "{leaf}: {}", read.expect_err("problems"));
        }
    }
}

/// Figures, the leaf recommended first, and part of what is said.
#[rustfmt::skip]
const FIGURES: [(&str, &str, &str); 8] = [
    ("--rate 5/s", "bursts-regional", "15/s in the busiest minute"),
    ("--rate 20/s --input 2000 --output 300 --repeated 60% --residency eu --budget 10000 --model amazon.nova-lite-v1:0",
        "repeated-contexts", "from eu-central-1, served in its geography"),
    ("--hours --budget 600", "large-datasets", "answers hours later"),
    ("--guaranteed", "guaranteed-throughput", "a rate that is nobody else's"),
    ("--complex 20%", "quality-against-cost", "20% of prompts complex"),
    ("--residency anywhere --model anthropic.claude-haiku-4-5-20251001-v1:0 --peak 1000/s", "bursts-global", "served anywhere"),
    ("--foreign", "one-api", "providers outside Bedrock too"),
    ("--residency region", "custom-routing", "in that region alone"),
];

#[test]
fn figures_are_answered_with_the_best_first_and_every_other_leaf_beside_it() {
    for (flags, leaf, words) in FIGURES {
        let flags: Vec<&str> = flags.split(' ').collect();
        let document = json(&flags);
        let count = |key: &str| document[key].as_array().map_or(0, Vec::len);
        assert_eq!(document["recommended"][0]["leaf"], leaf, "{flags:?}");
        assert_eq!(count("recommended") + count("refused"), 8, "{flags:?}");
        let report = said(&flags).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.contains(words), "{words} is missing:\n{report}");
        assert!(report.contains("Not recommended"), "{report}");
    }
}

#[test]
fn nothing_recommended_is_an_answer_but_no_scenario() {
    let flags = ["--budget", "1"];
    assert_eq!(json(&flags)["recommended"], Value::Array(Vec::new()));
    let report = said(&flags);
    assert!(
        report.contains("Nothing is recommended") && report.contains("above the budget of $1.00"),
        "{report}"
    );
    let path = new_file("none");
    let complaint = refused(&["--budget", "1", "--scenario", path.to_str().expect("UTF-8")]);
    assert!(
        complaint.contains("--scenario: nothing is recommended"),
        "{complaint}"
    );
    assert!(!path.exists());
}

#[test]
fn what_is_wrong_is_named_with_its_flag_and_what_to_do() {
    let wrong: [(&[&str], &[&str]); 11] = [
        (
            &[],
            &["ANSWER", "no terminal", "`wait`", "yes, no", "--rate 20/s"],
        ),
        (&["no", "no"], &["ANSWER", "`repeat`", "yes, no"]),
        (
            &["no", "perhaps"],
            &["ANSWER", "`guarantee` has no answer `perhaps`", "yes, no"],
        ),
        (&["yes", "no"], &["ANSWER", "have ended at `large-datasets`"]),
        (
            &["--answer", "wait=no", "--answer", "mix=no"],
            &["--answer", "`mix` is not asked before `guarantee`"],
        ),
        (
            &["--answer", "wait=yes", "--answer", "mix=no"],
            &["--answer", "`mix` is not asked", "leave it out"],
        ),
        (&["--answer", "wait"], &["--answer", "QUESTION=ANSWER"]),
        (&["--rate", "20"], &["--rate", "20/s"]),
        (
            &["--input", "0", "--model", "us.amazon.nova-pro-v1:0"],
            &["--input: 0 tokens", "--model: `us.amazon"],
        ),
        (&["--residency", "moon"], &["--residency: `moon`", "eu"]),
        (
            &["--residency", "eu", "--region", "us-east-1"],
            &["--residency: eu does not hold --region us-east-1"],
        ),
    ];
    for (flags, words) in wrong {
        let complaint = refused(flags);
        for word in words {
            assert!(
                complaint.contains(word),
                "{flags:?}: {word} is missing:\n{complaint}"
            );
        }
    }
}

#[test]
fn on_a_terminal_it_asks_goes_back_and_leaves() {
    let mut pty = Pty::spawn(BINARY, &["decide"], &[], (100, 40));
    pty.see("1. May the answers come hours later?")
        .see("1-2, b back, q quit:");
    pty.press("2\n").see("2. Must a rate of tokens be yours alone?");
    pty.press("b\n").until("the first question twice", |screen| {
        screen.contents().matches("1. May the answers").count() == 2
    });
    pty.press("q\n");
    let (status, _) = pty.ended();
    assert!(status.success(), "{status:?}");
    pty.assert_given_back();
}

#[test]
fn on_a_terminal_the_scenario_runs_on_the_dashboard() {
    let mut pty = Pty::spawn(BINARY, &["decide", "no", "no", "no", "no", "yes"], &[], (120, 40));
    pty.see("6. Must prompts stay in one geography?");
    pty.press("yes\n").see("r run it, w write the scenario");
    pty.press("r\n").see("decided").see("on time").assert_taken();
    pty.press("q");
    let (status, _) = pty.ended();
    assert!(status.success(), "{status:?}");
    pty.assert_given_back();
}

#[test]
fn the_dashboard_decides_and_runs_what_it_decided_without_leaving_the_screen() {
    let quiet = [("RUST_BACKTRACE", "0")];
    let mut pty = Pty::spawn(BINARY, &[], &quiet, (120, 40));
    pty.see("Cross-region inference").see("quickstart");
    pty.press("d").see("May the answers come hours later?");
    // Down and Enter four times, then the present answer twice.
    pty.press("j\rj\rj\rj\r\r\r").see("runs it here");
    pty.press("r").see("decided").see("events").assert_taken();
    assert!(!pty.ever_left(), "the alternate screen was left in between");
    pty.press("d").see("runs it here");
    pty.press("q");
    let (status, _) = pty.ended();
    assert!(status.success(), "{status:?}");
    pty.assert_given_back();
}
