//! Reports on recorded runs: the same bytes, the run's own figures, and forms that others can read.
//!
//! The page is opened in Chromium: `BEDRILL_BROWSER` names it, `BEDRILL_BROWSER_PYTHON` a Python with
//! Playwright. Without them that test is skipped with a word, unless `BEDRILL_REQUIRE_STRANGERS=1`; so it
//! is with `BEDRILL_BROWSER=none`.
#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::drill::recorded::Recorded;
use bedrill::drill::{self, DrillPlan};
use bedrill::headless;
use bedrill::recording::{Place, Plan};
use bedrill::report::{Account, Form, gather};
use bedrill::scenario::{Scenario, library};
use serde_json::Value;

const FORMS: [Form; 6] = [
    Form::Html,
    Form::Markdown,
    Form::Json,
    Form::Junit,
    Form::Csv,
    Form::Hlog,
];

/// Recordings made so far: each has a name of its own.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A recording in a file of its own, gone when dropped.
struct Tape(PathBuf);

impl Tape {
    /// Runs a scenario in virtual time.
    fn of(name: &str, text: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("report-{number}-{}.sqlite", std::process::id()));
        fs::remove_file(&path).ok();
        let catalog = Catalog::builtin();
        let mut scenario = Scenario::parse(name, text, &catalog).unwrap_or_else(|wrong| panic!("{wrong}"));
        scenario.duration.get_or_insert(Duration::from_secs(20));
        let plan = DrillPlan {
            recording: Some(Plan::at(Place::File(path.clone()))),
            ..DrillPlan::new(catalog)
        };
        drill::run_virtual(scenario, &plan, headless::last).expect("a run");
        Self(path)
    }

    fn shipped(name: &str) -> Self {
        Self::of(name, library::text(name).expect("a shipped scenario"))
    }

    fn account(&self) -> Account {
        gather(&Recorded::open(&self.0).unwrap_or_else(|problem| panic!("{problem}")))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// A run of every pattern, told once for all tests: it takes a while.
static SEVEN: LazyLock<Account> = LazyLock::new(|| Tape::shipped("seven-patterns").account());

fn written(form: Form, account: &Account) -> String {
    let bytes = form
        .write(account)
        .unwrap_or_else(|problem| panic!("{form:?}: {problem}"));
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn one_recording_gives_the_same_bytes_in_every_form() {
    let tape = Tape::shipped("region-outage");
    let (first, second) = (tape.account(), tape.account());
    for form in FORMS {
        assert!(
            written(form, &first) == written(form, &second),
            "{form:?} differs"
        );
    }
}

#[test]
fn the_seconds_of_a_report_add_up_to_the_totals_of_its_run() {
    let account = &*SEVEN;
    let csv = written(Form::Csv, account);
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let mut sums: BTreeMap<(String, &str), f64> = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), header.len(), "{line}");
        for (name, field) in header.iter().zip(&fields) {
            let value = field.parse::<f64>().unwrap_or(0.0);
            *sums.entry((fields[0].to_owned(), *name)).or_default() += value;
        }
    }
    for arm in account.arms() {
        let total = &arm.snapshot.total;
        for (name, expected) in [
            ("intended", total.intended as f64),
            ("succeeded", total.succeeded as f64),
            ("failed", total.failed as f64),
            ("shed", total.shed as f64),
            ("attempts", total.attempts as f64),
            ("throttled_attempts", total.throttled_attempts as f64),
            ("output_tokens", total.usage.output as f64),
            ("cost_usd", total.cost.dollars()),
        ] {
            let sum = sums.get(&(arm.name(), name)).copied().unwrap_or(0.0);
            assert!(
                (sum - expected).abs() < 1e-4,
                "{} {name}: {sum} for {expected}",
                arm.name()
            );
        }
    }
}

#[test]
fn the_hlog_is_read_back_by_hdrhistogram() {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    let tape = Tape::shipped("region-outage");
    let account = tape.account();
    let log = Form::Hlog.write(&account).expect("a log");
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut last = 0.0;
    for entry in IntervalLogIterator::new(&log) {
        let LogEntry::Interval(interval) = entry.expect("an entry") else {
            continue;
        };
        let begins = interval.start_timestamp().as_secs_f64();
        assert!(begins >= last, "time goes on");
        last = begins;
        let packed = base64(interval.encoded_histogram());
        let histogram: hdrhistogram::Histogram<u64> = Deserializer::new()
            .deserialize(&mut packed.as_slice())
            .expect("a histogram");
        let tag = interval.tag().expect("a tag").as_str().to_owned();
        *counts.entry(tag).or_default() += histogram.len();
    }
    for arm in account.arms() {
        let tag = arm.name().replace(' ', "_");
        assert_eq!(
            counts.get(&tag),
            Some(&arm.snapshot.total.succeeded),
            "{tag} of {counts:?}"
        );
        assert_eq!(
            counts.get(&format!("{tag}/sent")),
            Some(&arm.snapshot.total.succeeded)
        );
    }
}

/// Standard base64: the log's own, and not worth a crate in a test.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter(|digit| *digit != b'=');
    let (mut bits, mut number, mut out) = (0_u32, 0_u32, Vec::new());
    for digit in digits {
        let value = DIGITS.iter().position(|known| *known == digit).expect("base64");
        bits = bits << 6 | value as u32;
        number += 6;
        if number >= 8 {
            number -= 8;
            out.push((bits >> number) as u8);
            bits &= (1 << number) - 1;
        }
    }
    out
}

/// An outage that one of two chains does not survive, with a bound that breaks, one that holds and
/// one that nobody can judge.
const BROKEN: &str = r#"
description = "A <script>alert(1)</script> & an outage of \"us-east-1\"."
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

[[expect]]
arm = "other models"
metric = "availability"
phase = "fault"
at_least = "99%"

[[expect]]
arm = "other regions"
metric = "availability"
phase = "fault"
at_least = "90%"

[[expect]]
arm = "other regions"
metric = "latency"
phase = "fault"
at_most = "3s"

[[compare]]
first = "fallback/other regions"
second = "fallback/other models"
metric = "availability"
phase = "fault"
"#;

#[test]
fn what_a_scenario_says_is_never_markup() {
    let tape = Tape::of("broken <b>", BROKEN);
    let account = tape.account();
    let page = written(Form::Html, &account);
    assert!(
        !page.contains("<script"),
        "an element of the description came through"
    );
    assert!(!page.contains("<b>\""), "an element of the name came through");
    assert!(page.contains("&lt;script&gt;"), "the words are there");
    let markdown = written(Form::Markdown, &account);
    assert!(!markdown.contains("<script"));
}

#[test]
fn junit_has_a_case_for_everything_judged_and_names_figure_bound_and_samples() {
    let text = format!(
        "{BROKEN}\n[[expect]]\narm = 'other regions'\nmetric = 'availability'\nphase = 'fault'\nat_least = '99.9%'\n"
    );
    let tape = Tape::of("judged", &text);
    let junit = written(Form::Junit, &tape.account());
    let mut reader = quick_xml::Reader::from_str(&junit);
    let (mut cases, mut failures, mut errors) = (0, Vec::new(), Vec::new());
    loop {
        let event = reader.read_event().expect("XML");
        let (quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag)) = &event else {
            if event == quick_xml::events::Event::Eof {
                break;
            }
            continue;
        };
        let words = String::from_utf8_lossy(tag).into_owned();
        match tag.name().as_ref() {
            b"testcase" => cases += 1,
            b"failure" => failures.push(words),
            b"error" => errors.push(words),
            _ => {}
        }
    }
    assert_eq!(cases, 6, "the verdict, four expectations, a comparison: {junit}");
    let broken = failures
        .iter()
        .find(|words| words.contains("other models"))
        .expect("a failure");
    for word in [
        "availability in fault",
        "at least 99%",
        "found 0% of",
        "shots (0% to",
    ] {
        assert!(broken.contains(word), "no `{word}` in {broken}");
    }
    let unsure = errors
        .iter()
        .find(|words| words.contains("99.9%"))
        .expect("an error");
    assert!(unsure.contains("too few to say"), "{unsure}");
}

#[test]
fn the_documents_keep_to_the_published_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bedrill.run-1.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).expect("the schema")).expect("JSON");
    let judged = Tape::of("schema", BROKEN);
    for tape in [
        judged,
        Tape::shipped("region-outage"),
        Tape::shipped("seven-patterns"),
    ] {
        let account = tape.account();
        let document: Value = serde_json::from_str(&written(Form::Json, &account)).expect("JSON");
        let mut faults = Vec::new();
        holds(&document, &schema, (&schema, ""), &mut faults);
        assert!(faults.is_empty(), "{faults:#?}");
        let plain = serde_json::to_value(headless::Document::of(&account.last, &account.verdict));
        holds(&plain.expect("JSON"), &schema, (&schema, ""), &mut faults);
        assert!(faults.is_empty(), "without a report: {faults:#?}");
    }
    let mut faults = Vec::new();
    holds(
        &serde_json::json!({"schema": "bedrill.run/2", "more": 1}),
        &schema,
        (&schema, ""),
        &mut faults,
    );
    assert!(
        faults.len() > 10,
        "the schema refuses what is no document: {faults:?}"
    );
}

/// As much of JSON Schema as the schema uses.
fn holds(value: &Value, schema: &Value, (root, place): (&Value, &str), faults: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let found = root.pointer(name.trim_start_matches('#')).expect("a definition");
        return holds(value, found, (root, place), faults);
    }
    if schema.get("const").is_some_and(|only| only != value) {
        faults.push(format!("{place}: {value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        faults.push(format!("{place}: {value} is none of {}", schema["enum"]));
    }
    let is = |name: &Value| match name.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type is called {other}"),
    };
    let fits = match &schema["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    };
    if !fits {
        faults.push(format!("{place}: {value} is no {}", schema["type"]));
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        if schema.get("items").is_some() {
            holds(
                item,
                &schema["items"],
                (root, &format!("{place}/{number}")),
                faults,
            );
        }
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().expect("a name")) {
            faults.push(format!("{place}: no {name}"));
        }
    }
    for (name, item) in object {
        let place = format!("{place}/{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(known), _) => holds(item, known, (root, &place), faults),
            (None, Value::Bool(false)) => faults.push(format!("{place}: not in the schema")),
            (None, Value::Null) => {}
            (None, other) => holds(item, other, (root, &place), faults),
        }
    }
}

/// Runs the binary: exit code and standard output.
fn bedrill(flags: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .args(flags)
        .output()
        .expect("the binary starts");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    (
        output.status.code(),
        out + &String::from_utf8_lossy(&output.stderr),
    )
}

/// A folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = parent.join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Runs a scenario whose answers take so long to begin; gives its recording.
    fn record(&self, name: &str, first_token: &str, seed: &str) -> String {
        let (scenario, recording) = (self.file("calm.toml"), self.file(name));
        let text = BROKEN
            .split("[[fault]]")
            .next()
            .expect("a scenario")
            .replace("50ms", first_token);
        fs::write(&scenario, text).expect("room for a scenario");
        let flags = [
            "run",
            &scenario,
            "--virtual",
            "--seed",
            seed,
            "--record",
            &recording,
        ];
        let (code, out) = bedrill(&flags);
        assert_eq!(code, Some(0), "{out}");
        recording
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn a_run_is_like_itself_and_50_ms_more_are_a_regression() {
    let folder = Folder::new("compare");
    let base = folder.record("base.sqlite", "50ms", "7");
    let slow = folder.record("slow.sqlite", "100ms", "7");
    let again = folder.record("again.sqlite", "50ms", "8");

    let (code, out) = bedrill(&["compare", &base, &base]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("NO CHANGE"), "{out}");

    let (code, out) = bedrill(&["compare", &base, &slow]);
    assert_eq!(code, Some(3), "{out}");
    assert!(
        out.contains("REGRESSED") && out.contains("p50 from the intended time"),
        "{out}"
    );

    let (code, out) = bedrill(&["compare", &base, &slow, "--json"]);
    assert_eq!(code, Some(3), "{out}");
    let document: Value = serde_json::from_str(&out).expect("one JSON document");
    assert_eq!(document["paired"], true, "one seed, the same arrivals");
    for arm in document["arms"].as_array().expect("arms") {
        let figures = arm["figures"].as_array().expect("figures");
        let figure = |key: &str| {
            figures
                .iter()
                .find(|figure| figure["figure"] == key)
                .expect("a figure")
        };
        let median = figure("latency_p50");
        let by = median["difference"].as_f64().expect("a difference");
        assert!((0.045..0.055).contains(&by), "{median}");
        assert!(
            median["interval_low"].as_f64().is_some_and(|low| low > 0.0),
            "{median}"
        );
        assert_eq!(median["change"], "regressed");
        assert_eq!(figure("availability")["change"], "kept");
    }

    // Of another seed the same is no regression, though it may take more shots to be sure.
    let (code, out) = bedrill(&["compare", &base, &again]);
    assert!(matches!(code, Some(0 | 4)), "{out}");
    assert!(out.contains("compared as independent runs"), "{out}");
    let (code, _) = bedrill(&["compare", &base, &slow, "--threshold", "latency_p50=200%"]);
    assert_eq!(code, Some(3), "other figures still regress");
    let (code, out) = bedrill(&["compare", &base, &base, "--threshold", "latency_p98=1%"]);
    assert_eq!(code, Some(2), "{out}");
}

#[test]
fn one_command_runs_and_reports_and_leaves_nothing_else() {
    let folder = Folder::new("run-report");
    let (junit, html) = (folder.file("{}.xml"), folder.file("{}.html"));
    let flags = [
        "run",
        "region-outage",
        "--virtual",
        "--no-record",
        "--junit",
        &junit,
        "--html",
        &html,
    ];
    let (code, out) = bedrill(&flags);
    assert_eq!(code, Some(0), "{out}");
    let mut names: Vec<String> = fs::read_dir(&folder.0)
        .expect("the folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["region-outage.html", "region-outage.xml"]);
}

#[test]
fn the_page_is_whole_in_chromium_at_two_widths_and_in_both_schemes() {
    let wanted = ["BEDRILL_BROWSER", "BEDRILL_BROWSER_PYTHON"];
    let found = wanted.map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let [Some(browser), Some(python)] = found else {
        let required = std::env::var("BEDRILL_REQUIRE_STRANGERS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "{wanted:?} must name Chromium and a Python with Playwright"
        );
        eprintln!("skipped: {wanted:?} do not name Chromium and a Python with Playwright");
        return;
    };
    if browser == "none" {
        eprintln!("skipped: this machine can install no browser, says BEDRILL_BROWSER=none");
        return;
    }
    let folder = Folder::new("browser");
    let mut flags = vec![
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/strangers/browser.py").to_owned(),
        browser,
        concat!(env!("CARGO_TARGET_TMPDIR"), "/pictures").to_owned(),
    ];
    let outage = Tape::shipped("region-outage").account();
    for (name, account) in [("region-outage", &outage), ("seven-patterns", &*SEVEN)] {
        let page = folder.file(&format!("{name}.html"));
        fs::write(&page, written(Form::Html, account)).expect("room for a page");
        flags.push(page);
    }
    let output = Command::new(&python)
        .args(&flags)
        .output()
        .expect("Python starts");
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complained}");
}
