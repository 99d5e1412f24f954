//! Reports on recorded runs: the same bytes, the run's own figures, and forms that others can read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::drill::recorded::Recorded;
use bedrill::drill::{self, DrillPlan, verdict};
use bedrill::headless;
use bedrill::recording::{Place, Plan};
use bedrill::report::{Account, Form, gather};
use bedrill::scenario::{Scenario, library};

const FORMS: [Form; 6] = [
    Form::Html,
    Form::Markdown,
    Form::Json,
    Form::Junit,
    Form::Csv,
    Form::Hlog,
];

/// A recording in a file of its own, gone when dropped.
struct Tape(PathBuf);

impl Tape {
    /// Runs a scenario in virtual time.
    fn of(name: &str, text: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("report-{name}-{}.sqlite", std::process::id()));
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
    let tape = Tape::shipped("seven-patterns");
    let account = tape.account();
    let judged = verdict::judge(
        &Recorded::open(&tape.0).expect("a recording").scenario.judging,
        &account.last,
    );
    assert_eq!(account.verdict.outcome, judged.outcome);
    let csv = written(Form::Csv, &account);
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
