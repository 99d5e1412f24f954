//! Scenario files in several layers: includes, values set by flags, prompts of the user's own, repeats.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use bedrill::catalog::Catalog;
use bedrill::scenario::{Override, Scenario, TargetPlan, library};
use proptest::prelude::*;

use crate::strangers::python;

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("bedrill-format-{}-{name}", std::process::id()));
        for (file, text) in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }

    fn load(&self, file: &str, set: &[&str]) -> Result<Scenario, String> {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("a file");
        let set: Vec<Override> = set
            .iter()
            .map(|set| Override::parse(set).expect("a value"))
            .collect();
        let shown = |problem: String| problem.replace(&format!("{}/", self.0.display()), "");
        Scenario::load((&path, &text), &set, &Catalog::builtin())
            .map_err(|problems| shown(problems.to_string()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything of it but its text.
fn plan(scenario: Scenario) -> String {
    let source = "".into();
    format!("{:?}", Scenario { source, ..scenario })
}

fn bedrill(flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
    command
        .args(flags)
        .env_remove("RUST_LOG")
        .output()
        .expect("the binary starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

const BASE: &str = "description = 'base'\nseed = 3\nduration = '60s'\n[[pattern]]\nkind = 'fallback'\n\
                    model = 'amazon.nova-micro-v1:0'\nregion = 'us-east-1'\nrate = '5/s'\n\
                    chains = ['other regions']\nother_regions = ['us-west-2']\n[[fault]]\nkind = 'throttle'\nbegins = '10s'\nlasts = '5s'\n";

#[test]
fn a_file_lies_upon_those_it_includes_and_its_text_says_all_of_it() {
    let storm = "[[fault]]\nkind = 'denied'\nbegins = '20s'\nlasts = '5s'\n";
    let own = "# ours\ninclude = ['base.toml', 'more/storm.toml']\ndescription = 'own'\n[[pattern]]\nkind = 'fallback'\nrate = '9/s'\n\
               [[pattern]]\nkind = 'cross-region'\nmodel = 'anthropic.claude-sonnet-4-6'\nregion = 'us-east-1'\nrate = '1/s'\n";
    let folder = Folder::new(
        "layers",
        &[("base.toml", BASE), ("more/storm.toml", storm), ("own.toml", own)],
    );
    let scenario = folder.load("own.toml", &[]).expect("in order");
    assert_eq!((&*scenario.description, scenario.seed.number()), ("own", 3));
    let rates: Vec<f64> = scenario
        .patterns
        .iter()
        .map(|p| p.load.rate_at(bedrill::clock::Moment::ZERO))
        .collect();
    assert_eq!(rates, [9.0, 1.0]);
    let faults: Vec<&str> = scenario.faults.iter().map(|fault| fault.kind.key()).collect();
    assert_eq!(faults, ["throttle", "denied"]);
    let again = Scenario::parse("own.toml", &scenario.source, &Catalog::builtin()).expect("self-contained");
    assert_eq!(plan(again), plan(scenario));
}

#[test]
fn what_is_wrong_with_an_include_names_the_file_and_line_it_stands_in() {
    let folder = Folder::new(
        "wrong",
        &[
            ("base.toml", &BASE.replace("rate = '5/s'", "rate = '5 a second'")),
            ("own.toml", "include = 'base.toml'\ndescription = 'x'\n"),
            ("none.toml", "description = 'x'\ninclude = ['gone.toml']\n"),
            ("a.toml", "include = 'b.toml'\n"),
            ("b.toml", "\ninclude = 'a.toml'\n"),
        ],
    );
    let problems = |file| folder.load(file, &[]).expect_err("it is wrong");
    assert!(
        problems("own.toml").starts_with("base.toml:8:9: pattern[0].rate: must be a rate"),
        "{}",
        problems("own.toml")
    );
    let gone = problems("none.toml");
    assert!(
        gone.contains("none.toml:2:13: include[0]: cannot read gone.toml"),
        "{gone}"
    );
    let cycle = problems("a.toml");
    assert!(
        cycle.contains("b.toml:2:12: include: includes itself: a.toml -> b.toml -> a.toml"),
        "{cycle}"
    );
}

#[test]
fn a_value_is_set_by_index_or_name_and_comments_stay() {
    let text = format!("# why we drill\n{BASE}");
    let folder = Folder::new("set", &[("x.toml", &text)]);
    let set = [
        "pattern.fallback.rate=30/s",
        "fault.0.begins=20s",
        "world.latency.scale=2",
    ];
    let scenario = folder.load("x.toml", &set).expect("in order");
    assert_eq!(scenario.faults[0].begins_at.since_start().as_secs(), 20);
    let aws = folder.load("x.toml", &["target=aws"]).expect("in order");
    assert_eq!(aws.target, TargetPlan::Aws);
    assert!(aws.source.contains("target = \"aws\""), "{}", aws.source);
    for words in ["# why we drill", "rate = \"30/s\"", "begins = \"20s\""] {
        assert!(
            scenario.source.contains(words),
            "{words} is not in\n{}",
            scenario.source
        );
    }
    let again = Scenario::parse("x.toml", &scenario.source, &Catalog::builtin()).expect("self-contained");
    assert_eq!(plan(again), plan(scenario));
    for (set, wanted) in [
        (
            "world.latancy.scale=2",
            "--set world.latancy.scale=2: world.latancy: unknown key; did you mean `latency`?",
        ),
        (
            "pattern.falback.rate=1/s",
            "--set pattern.falback.rate=1/s: pattern: has no element called `falback`; did you mean `fallback`?",
        ),
        (
            "fault.3.begins=1s",
            "--set fault.3.begins=1s: fault: has no element 3; its elements are 0 to 0",
        ),
        (
            "duration=soon",
            "--set duration=soon: duration: must be a duration",
        ),
        ("seed.x=1", "--set seed.x=1: seed: has no `x`: it is one value"),
    ] {
        let told = folder.load("x.toml", &[set]).expect_err(set);
        assert!(told.starts_with(wanted), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is set, the text that a recording keeps reads as what was run.
    #[test]
    fn the_text_of_a_changed_scenario_reads_the_same(
        which in 0..library::names().count(),
        seed in 0..u64::from(u32::MAX),
        secs in 1..4_000_u32,
        name in "[ -~]{1,12}",
        scale in 0.01..100.0_f64,
    ) {
        let shipped = library::names().nth(which).expect("a name");
        let text = library::text(shipped).expect("a text");
        let name = if name.trim().is_empty() { "x".to_owned() } else { name };
        let set = [
            Override::of_flag("--seed", "seed", &seed.to_string()),
            Override::of_flag("--duration", "duration", &format!("{secs}s")),
            Override::of_flag("--set", "name", &format!("{name:?}")),
            Override::of_flag("--set", "world.background.mean", &format!("{}", scale / 100.0)),
            Override::of_flag("--set", "pattern.0.workload.prompt_tokens", &format!("{scale}")),
        ];
        let catalog = Catalog::builtin();
        if let Ok(changed) = Scenario::load((shipped, text), &set, &catalog) {
            let again = Scenario::recorded(shipped, &changed.source, &catalog);
            let again = again.unwrap_or_else(|problems| panic!("{problems}\n{}", changed.source));
            prop_assert_eq!(plan(again), plan(changed));
        } else {
            prop_assert!(scale < 1.0, "only too short a prompt is wrong");
        }
    }
}

#[test]
fn prompts_of_the_users_own_are_asked_and_only_their_hash_is_kept() {
    let prompts = "{\"prompt\": \"What is due today, Ada?\", \"max_tokens\": 40}\n";
    let workload = "rate = '5/s'\nworkload = { prompts_file = 'prompts.jsonl' }\n";
    let own = BASE.replacen("rate = '5/s'\n", workload, 1);
    let folder = Folder::new("prompts", &[("own.toml", &own), ("prompts.jsonl", prompts)]);
    let scenario = folder.load("own.toml", &[]).expect("in order");
    let book = scenario.patterns[0].workload.prompts.as_ref().expect("prompts");
    assert_eq!(&*book.prompts()[0].text, "What is due today, Ada?");
    assert!(
        scenario
            .source
            .contains(&format!("prompts_hash = \"{}\"", book.hash)),
        "{}",
        scenario.source
    );
    assert!(!scenario.source.contains("Ada"));
    // A recording is looked at where no such file is; a run needs the same file.
    Scenario::recorded("elsewhere", &scenario.source, &Catalog::builtin()).expect("no file is needed");
    fs::write(folder.path("own.toml"), &*scenario.source).expect("a file");
    folder.load("own.toml", &[]).expect("the same prompts");
    fs::write(
        folder.path("prompts.jsonl"),
        "{\"prompt\": \"Another\"}\n{\"promt\": 1}\n",
    )
    .expect("a file");
    let told = folder.load("own.toml", &[]).expect_err("a bad line");
    assert!(
        told.contains("workload.prompts_file: line 2 of prompts.jsonl: unknown field `promt`"),
        "{told}"
    );
    fs::write(folder.path("prompts.jsonl"), "{\"prompt\": \"Another\"}\n").expect("a file");
    let told = folder.load("own.toml", &[]).expect_err("other prompts");
    assert!(
        told.contains("the prompts are not those it was noted for"),
        "{told}"
    );
}

#[test]
fn repeats_show_each_run_and_the_spread_and_the_gravest_decides() {
    let flags = [
        "run",
        "region-outage",
        "--virtual",
        "--duration",
        "30s",
        "--repeats",
        "3",
        "--set",
        "expect=[]",
    ];
    let strict = r#"expect=[{ metric = "availability", pattern = "fallback", at_least = "50%" }]"#;
    let mut flags = flags.to_vec();
    *flags.last_mut().expect("a flag") = strict;
    let output = bedrill(&flags);
    let shown = text(&output.stdout);
    assert_eq!(
        shown.matches("region-outage  run ").count(),
        3,
        "{shown}\n{}",
        text(&output.stderr)
    );
    assert!(shown.contains("run 1 of 3  seed 7  "), "{shown}");
    assert!(shown.contains("runs passed; the gravest run decides"), "{shown}");
    flags.push("--json");
    let document: serde_json::Value = serde_json::from_slice(&bedrill(&flags).stdout).expect("JSON");
    let runs = document["runs"].as_array().expect("runs");
    let seeds: Vec<u64> = runs
        .iter()
        .map(|run| run["seed"].as_u64().expect("a seed"))
        .collect();
    assert_eq!((seeds[0], seeds.len()), (7, 3));
    assert!(seeds[1] != seeds[2]);
    let spread = document["spread"].as_array().expect("a spread");
    assert!(
        spread
            .iter()
            .all(|row| row["min"].as_f64() <= row["median"].as_f64()
                && row["median"].as_f64() <= row["max"].as_f64())
    );
    // A run of the spread is the run of its seed alone.
    let alone = seeds[1].to_string();
    let alone = [
        "run",
        "region-outage",
        "--virtual",
        "--duration",
        "30s",
        "--set",
        strict,
        "--json",
        "--seed",
        &alone,
    ];
    let alone: serde_json::Value = serde_json::from_slice(&bedrill(&alone).stdout).expect("JSON");
    assert_eq!(alone, runs[1]);
}

#[test]
fn a_world_is_refused_on_targets_that_have_none() {
    for target in ["aws", "http://127.0.0.1:4566"] {
        let output = bedrill(&[
            "run",
            "quickstart",
            "--virtual",
            "--duration",
            "2s",
            "--target",
            target,
        ]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains("has no world that a scenario could bend"),
            "{}",
            text(&output.stderr)
        );
    }
    let output = bedrill(&["check", "quickstart", "--target", "moon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--target moon: target: unknown target `moon`"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn check_tells_every_problem_and_the_forecast_as_json() {
    let wrong = Folder::new("check", &[("wrong.toml", "descriptio = 'x'\nseed = -1\n")]);
    let output = bedrill(&["check", "region-outage", &wrong.path("wrong.toml"), "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let [good, bad] = document["scenarios"].as_array().expect("two").as_slice() else {
        panic!("{document}");
    };
    assert!(
        good["forecast"]["cost_usd"]["most"].as_f64() > good["forecast"]["cost_usd"]["expected"].as_f64()
    );
    let keys: Vec<&str> = bad["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .filter_map(|p| p["key"].as_str())
        .collect();
    assert_eq!(keys, ["description", "pattern", "descriptio", "seed"]);
}

#[test]
fn editors_find_the_shipped_scenarios_right_by_the_schema() {
    let Some(python) = python() else { return };
    let bad = Folder::new(
        "schema",
        &[
            ("bad-key.toml", "description = 'x'\nsed = 1\n"),
            ("bad-rate.toml", &BASE.replace("5/s", "5")),
            ("bad-share.toml", &format!("{BASE}share = '130%'\n")),
            ("bad-kind.toml", &format!("{BASE}factor = 3\n")),
            ("bad-word.toml", &BASE.replace("'throttle'", "'throtle'")),
            (
                "good.toml",
                &format!("include = 'a.toml'\n{BASE}shape = {{ on = '1s', off = '1m30s' }}\n"),
            ),
        ],
    );
    let shipped = library::names().map(|name| format!("scenarios/{name}.toml"));
    let files = fs::read_dir(&bad.0).expect("the folder");
    let files = files.map(|file| file.expect("a file").path().display().to_string());
    let output = Command::new(python)
        .args([
            "tests/strangers/scenario_schema.py",
            "assets/scenario.schema.json",
        ])
        .args(shipped.chain(files))
        .output()
        .expect("Python starts");
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    assert_eq!(
        text(&bedrill(&["scenarios", "--schema"]).stdout),
        bedrill::scenario::reference::SCHEMA
    );
}
