//! Verdicts of the real binary: what ends with which exit code, and what it says.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// Two chains over one region, ten shots a second each, for a minute; the endpoint dies in the middle.
const OUTAGE: &str = r#"
description = "The endpoint of us-east-1 dies for half of a minute."
duration = "60s"

[world]
latency = { first_token = "50ms", per_token = "1ms" }
replies = { median_tokens = 20, sigma = 0.2 }

[[pattern]]
kind = "fallback"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
chains = ["other regions", "other models"]
other_regions = ["us-east-2"]
rate = "20/s"

[[fault]]
kind = "endpoint-outage"
scope = { region = "us-east-1" }
begins = "20s"
lasts = "20s"
"#;

/// A scenario in a file of its own, gone when dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bedrill-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).expect("room for a scenario");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Runs the binary: exit code and standard output.
fn run(flags: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
    let output = command
        .arg("run")
        .args(flags)
        .env("BEDRILL_NO_RECORD", "1")
        .output()
        .expect("the binary starts");
    (
        output.status.code(),
        String::from_utf8(output.stdout).expect("UTF-8"),
    )
}

fn document(file: &File) -> (Option<i32>, Value) {
    let (code, out) = run(&[file.path(), "--virtual", "--json"]);
    (code, serde_json::from_str(&out).expect("one JSON document"))
}

/// The markers of a kind, by their microsecond.
fn markers(document: &Value, kind: &str) -> Vec<u64> {
    let all = document["markers"].as_array().expect("markers");
    let ours = all.iter().filter(|marker| marker["kind"] == kind);
    ours.map(|marker| marker["at_us"].as_u64().expect("a time"))
        .collect()
}

fn reasons(document: &Value) -> String {
    document["verdict"]["reasons"].to_string()
}

#[test]
fn a_failed_expectation_ends_with_3_and_names_figure_bound_and_samples() {
    let text = format!(
        "{OUTAGE}\n[[expect]]\narm = 'other models'\nphase = 'fault'\nmetric = 'availability'\nat_least = '90%'\n\
         [[expect]]\narm = 'other regions'\nphase = 'fault'\nmetric = 'availability'\nat_least = '90%'\n"
    );
    let file = File::new("fails", &text);
    let (code, out) = run(&[file.path(), "--virtual"]);
    assert_eq!(code, Some(3), "{out}");
    let verdict = out
        .lines()
        .find(|line| line.starts_with("FAIL: "))
        .expect("a verdict");
    for word in [
        "fallback/other models",
        "availability in fault",
        "at least 90%",
        "found 0% of ",
        " shots (0% to ",
    ] {
        assert!(verdict.contains(word), "no `{word}` in {verdict}");
    }
    assert!(!verdict.contains("other regions"), "{verdict}");
    let (_, document) = document(&file);
    let expected = &document["expectations"][0];
    assert_eq!(expected["standing"], "broken");
    assert_eq!(expected["at_least"], 0.9);
    assert!(
        expected["samples"].as_u64().is_some_and(|samples| samples > 150),
        "{expected}"
    );
    assert!(
        expected["interval"]["high"]
            .as_f64()
            .is_some_and(|high| high < 0.03),
        "{expected}"
    );
    assert_eq!(document["expectations"][1]["standing"], "held");
}

/// The binary on one core, where the machine can do that: no machine is too big to be overloaded.
fn on_one_core(flags: &[&str]) -> Command {
    let program = env!("CARGO_BIN_EXE_bedrill");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let first = allowed.and_then(|list| list.trim().split(['-', ',']).next());
    let can = Command::new("taskset").arg("--version").output().is_ok();
    let mut command = match first.filter(|_| can) {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", core, program]);
            command
        }
        None => Command::new(program),
    };
    command.arg("run").args(flags).env("BEDRILL_NO_RECORD", "1");
    command
}

#[test]
fn an_overloaded_generator_ends_with_4_and_says_so() {
    // Twelve thousand calls in a second, none of them shed: seconds of work for one core.
    let text = OUTAGE.replace("20/s", "12000/s").replace("60s", "1s");
    let text = text
        .split("[[fault]]")
        .next()
        .expect("the part before")
        .to_owned()
        + "[load]\nin_flight = 100000\n[[expect]]\nmetric = 'availability'\nat_most = '100%'\n";
    let file = File::new(
        "overloaded",
        &text.replacen("duration", "drain = '0s'\nduration", 1),
    );
    let output = on_one_core(&[file.path()]).output().expect("the binary starts");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(4), "{out}");
    assert!(out.contains("INCONCLUSIVE"), "{out}");
    assert!(
        out.contains("the generator missed its schedule in steady"),
        "{out}"
    );
    assert!(out.contains("the limit is 10ms"), "{out}");
}

#[test]
fn a_stop_condition_ends_with_5_and_lifts_every_fault() {
    let text = format!(
        "{OUTAGE}\n[[fault]]\nkind = 'latency'\nadded = '10ms'\nbegins = '1s'\nlasts = '50s'\n\
         [[fault]]\nkind = 'throttle'\nat = 'client'\nbegins = '50s'\nlasts = '5s'\n\
         [stop]\narm = 'other models'\navailability = '50%'\nover = '5s'\n"
    );
    let (code, document) = document(&File::new("stops", &text));
    assert_eq!(code, Some(5), "{document}");
    assert_eq!(document["verdict"]["outcome"], "stopped");
    let why = reasons(&document);
    assert!(
        why.contains("below the floor of 50%") && why.contains("fallback/other models"),
        "{why}"
    );
    let (began, ended) = (markers(&document, "FaultBegan"), markers(&document, "FaultEnded"));
    assert_eq!(began, [1_000_000, 20_000_000], "the third was still to come");
    assert_eq!(ended.len(), 2, "both are lifted");
    // Five seconds that lie half in the outage, and a little: long before they end by themselves.
    assert!(
        ended.iter().all(|at| (22_000_000..27_000_000).contains(at)),
        "{ended:?}"
    );
    assert_eq!(document["unlifted_faults"], 0);
    assert!(document["ran_us"].as_u64().is_some_and(|ran| ran < 45_000_000));
}

#[test]
fn a_spent_budget_ends_with_5() {
    let text = OUTAGE.replacen("duration", "budget = \"$0.001\"\nduration", 1);
    let (code, document) = document(&File::new("budget", &text));
    assert_eq!(code, Some(5), "{document}");
    assert!(reasons(&document).contains("the budget of $0.0010 leaves no room for another call"));
    assert!(markers(&document, "FaultBegan").len() <= 1);
}

#[test]
fn nothing_is_broken_where_the_steady_state_does_not_hold() {
    let text = format!(
        "{OUTAGE}\n[steady]\nwarm_up = '2s'\navailability = '90%'\np50 = '20ms'\n\
         [[expect]]\nphase = 'fault'\nmetric = 'availability'\nat_least = '1%'\n"
    );
    let (code, document) = document(&File::new("unsteady", &text));
    assert_eq!(code, Some(4), "{document}");
    let why = reasons(&document);
    assert!(
        why.contains("the steady state did not hold, so nothing was broken"),
        "{why}"
    );
    assert!(
        why.contains("p50 from the intended time in steady at most 20ms"),
        "{why}"
    );
    assert_eq!(markers(&document, "FaultBegan"), [0_u64; 0]);
    assert!(document["ran_us"].as_u64().is_some_and(|ran| ran < 22_000_000));
}

#[test]
fn too_few_samples_end_with_4_however_good_they_look() {
    let text = format!(
        "{OUTAGE}\n[[expect]]\narm = 'other regions'\nphase = 'steady'\nmetric = 'availability'\nat_least = '99.9%'\n"
    );
    let (code, document) = document(&File::new("few", &text));
    assert_eq!(code, Some(4), "{document}");
    assert_eq!(document["expectations"][0]["value"], 1.0);
    assert!(reasons(&document).contains("too few to say; without a miss it takes 3838"));
}

#[test]
fn phases_recovery_and_pairs_stand_in_the_document() {
    let text = format!(
        "{OUTAGE}\n[steady]\nwarm_up = '5s'\n[recovery]\navailability = '95%'\nholds = '5s'\nwithin = '15s'\nends_run = true\n\
         [[expect]]\narm = 'other models'\nmetric = 'time_to_recover'\nat_most = '30s'\n\
         [[expect]]\narm = 'other regions'\nmetric = 'time_to_fail_over'\nat_most = '1s'\n\
         [[expect]]\narm = 'other regions'\nphase = 'fault'\nmetric = 'latency'\npercentile = 50\nclock = 'sent'\nat_most = '2s'\n\
         [[compare]]\nfirst = 'fallback/other regions'\nsecond = 'fallback/other models'\nmetric = 'availability'\nphase = 'fault'\n"
    );
    let (code, document) = document(&File::new("whole", &text));
    assert_eq!(code, Some(0), "{document}");
    assert_eq!(document["verdict"]["outcome"], "pass");
    let phases: Vec<&str> = document["phases"]
        .as_array()
        .expect("phases")
        .iter()
        .filter(|row| row["arm"] == "fallback/other models")
        .filter_map(|row| row["phase"].as_str())
        .collect();
    assert_eq!(
        phases,
        ["steady", "fault", "recovery"],
        "it ends with the recovery"
    );
    assert!(document["ran_us"].as_u64().is_some_and(|ran| ran < 55_000_000));
    let pair = &document["comparisons"][0];
    assert!(pair["pairs"].as_u64().is_some_and(|pairs| pairs > 150), "{pair}");
    assert!(
        pair["interval"]["low"].as_f64().is_some_and(|low| low > 0.9),
        "{pair}"
    );
    let sentence = pair["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.contains("fallback/other regions kept ")
            && sentence.contains("where fallback/other models kept 0%"),
        "{sentence}"
    );
}

#[test]
fn patterns_on_one_stream_are_compared_shot_against_shot() {
    let text = OUTAGE
        .replace("[[pattern]]", "[traffic]\nrate = '10/s'\n\n[[pattern]]")
        .replace(
            "rate = \"20/s\"\n",
            "\n[[pattern]]\nkind = 'cross-region'\nmodel = 'amazon.nova-micro-v1:0'\nregion = 'us-east-1'\n\
         arms = ['geo profile']\n\
         [pattern.policy]\nsdk_attempts = 1\n\
         [[compare]]\nfirst = 'fallback/other regions'\nsecond = 'cross-region/geo profile'\n\
         metric = 'availability'\nphase = 'fault'\n",
        );
    let (code, document) = document(&File::new("shared", &text));
    assert_eq!(code, Some(0), "{document}");
    let pair = &document["comparisons"][0];
    let count = |key: &str| pair[key].as_u64().expect("a number");
    assert!(count("pairs") > 150 && count("left_out") == 0, "{pair}");
    let sentence = pair["sentence"].as_str().expect("a sentence");
    for part in [
        "fallback/other regions kept ",
        "where cross-region/geo profile kept 0%",
        "points more (95% interval +",
        " pairs in fault; it cost ",
    ] {
        assert!(sentence.contains(part), "no `{part}` in {sentence}");
    }
    let apart = text
        .replace("[traffic]\nrate = '10/s'", "")
        .replace("kind = ", "rate = '10/s'\nkind = ");
    let apart = apart.replace("[[fault]]\nrate = '10/s'\n", "[[fault]]\n");
    let (code, out) = run(&[File::new("apart", &apart).path(), "--virtual"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(2), ""),
        "no pairs without a stream in common"
    );
}

#[test]
fn every_mark_of_the_scorecard_can_be_expected_and_stands_with_its_samples() {
    // The region does not die, it slows down: callers give up what the service goes on with.
    let slow = OUTAGE.replace("kind = \"endpoint-outage\"", "kind = \"latency\"\nadded = \"5s\"");
    let expects = [
        ("served_twice", "at_most = 0", "broken"),
        ("extra_cost_share", "at_most = '100%'", "held"),
        ("extra_cost", "at_most = '$1'", "held"),
        ("time_to_fail_back", "at_most = '15s'", "held"),
        ("flaps", "at_most = 3", "held"),
        ("breaker_reopenings", "at_least = 1", "held"),
        ("amplification", "layer = 'sdk'\nat_most = 1", "held"),
        ("amplification", "layer = 'chain'\nat_most = 1.5", "held"),
        ("wasted_tokens", "at_most = 1000000", "held"),
        ("lost", "at_most = 100", "held"),
        (
            "throttle_share",
            "per = 'shot'\nphase = 'fault'\nat_most = '5%'",
            "held",
        ),
    ];
    let expected: Vec<String> = expects
        .iter()
        .map(|(metric, bound, _)| {
            format!("[[expect]]\narm = 'other regions'\nmetric = '{metric}'\n{bound}\n")
        })
        .collect();
    let (code, document) = document(&File::new("marks", &format!("{slow}\n{}", expected.concat())));
    let judged = document["expectations"].as_array().expect("expectations");
    for ((metric, bound, standing), judged) in expects.iter().zip(judged) {
        assert_eq!(judged["standing"], *standing, "{metric} {bound}: {judged}");
        assert!(judged["samples"].as_u64() > Some(0), "{judged}");
    }
    assert_eq!(code, Some(3), "{document}");
    assert!(
        reasons(&document).contains("shots served twice at most 0, found "),
        "{document}"
    );
    // The scorecard says the same, and the table has every figure with samples and interval.
    let card = document["scorecard"]["arms"].as_array().expect("rows");
    let row = card
        .iter()
        .find(|row| row["arm"] == "fallback/other regions")
        .expect("a row");
    assert!(
        row["served_twice"].as_u64() > Some(0) && row["fail_back_us"].as_u64().is_some(),
        "{row}"
    );
    let figures = document["figures"].as_array().expect("figures");
    let ours = figures
        .iter()
        .filter(|figure| figure["arm"] == "fallback/other regions");
    for figure in ours.clone() {
        assert!(figure["samples"].as_u64() > Some(0), "{figure}");
    }
    let found = |metric: &str, phase: &str| {
        let mut of = ours
            .clone()
            .filter(|figure| figure["metric"] == metric && figure["phase"] == phase);
        of.next().unwrap_or_else(|| panic!("no {metric} in {phase}"))
    };
    for phase in ["whole", "steady", "fault", "recovery"] {
        for metric in [
            "availability",
            "throttled-attempts",
            "throttled-shots",
            "amplification",
        ] {
            assert!(
                found(metric, phase)["interval"]["low"].is_number(),
                "{metric} in {phase}"
            );
        }
    }
    assert!(
        ours.clone()
            .filter(|figure| figure["metric"]["latency"].is_object())
            .count()
            == 9
    );
}

#[test]
fn the_gravest_verdict_of_several_runs_decides() {
    let fails = format!("{OUTAGE}\n[[expect]]\nphase = 'fault'\nmetric = 'availability'\nat_least = '90%'\n");
    let stops = OUTAGE.replacen("duration", "budget = \"$0.001\"\nduration", 1);
    let (fails, stops) = (File::new("graver-3", &fails), File::new("graver-5", &stops));
    let (code, out) = run(&[fails.path(), stops.path(), fails.path(), "--virtual"]);
    assert_eq!(code, Some(5), "{out}");
    assert!(out.contains("FAIL") && out.contains("STOPPED"), "{out}");
}

#[test]
fn a_verdict_on_faults_at_the_client_says_whom_it_is_about() {
    let text = OUTAGE.replace("scope =", "at = \"client\"\nscope =");
    let (code, out) = run(&[File::new("client", &text).path(), "--virtual"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("PASS: the scenario expects nothing"), "{out}");
    assert!(
        out.contains("evidence about the client's behaviour, not about AWS"),
        "{out}"
    );
}
