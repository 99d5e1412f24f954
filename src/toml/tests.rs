use std::time::Duration;

use super::*;

const SEC: Duration = Duration::from_secs(1);

fn problems_of(text: &str, read: impl FnOnce(&Table<'_>)) -> Vec<String> {
    let document = Document::parse("a.toml", text).expect("valid TOML");
    let root = document.root();
    read(&root);
    root.finish();
    match document.into_result(Some(())) {
        Ok(()) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_problem_is_told_at_its_line_and_column() {
    let text = "rate = '20 per s'\n\n[load]\n  shre = 3\nshare = 1.5\n";
    let found = problems_of(text, |root| {
        root.need("rate").and_then(|rate| rate.rate(0.0..=100.0));
        root.need("name");
        let load = root.need("load").and_then(|load| load.table()).expect("a table");
        load.take("share").and_then(|share| share.share());
        load.finish();
    });
    assert_eq!(
        found,
        [
            "a.toml:1:1: name: is missing",
            "a.toml:1:9: rate: must be a rate such as \"20/s\" or \"600/min\", is \"20 per s\"",
            "a.toml:4:3: load.shre: unknown key; did you mean `share`?",
            "a.toml:5:9: load.share: 1.5 is out of range: 0% to 100%",
        ]
    );
}

#[test]
fn each_reader_says_what_it_wants() {
    let text = "a = 'x'\nb = -3\nc = '2h'\nd = 'grean'\ne = [1, 'two']\nf = -0.5\n";
    let found = problems_of(text, |root| {
        let item = |key| root.need(key).expect("it is there");
        item("a").number(0.0..=1.0);
        item("b").integer(1..=10);
        item("c").duration(SEC..=60 * SEC);
        item("d").choice(&[("green", 1), ("red", 2)]);
        for one in item("e").list().expect("a list") {
            one.text();
        }
        item("f").money(100.0);
    });
    assert_eq!(
        found,
        [
            "a.toml:1:6: a: must be a number, is a string",
            "a.toml:2:5: b: -3 is out of range: 1 to 10",
            "a.toml:3:6: c: 2h is out of range: 1s to 60s",
            "a.toml:4:6: d: unknown value `grean`; did you mean `green`?",
            "a.toml:5:6: e[0]: must be a string, is a whole number",
            "a.toml:6:5: f: -0.5 is out of range: $0 to $100",
        ]
    );
}

#[test]
fn a_fault_of_the_syntax_has_its_line() {
    let syntax = |text| Document::parse("a.toml", text).expect_err("no TOML").to_string();
    assert_eq!(
        syntax("a = 1\nb = \n"),
        "a.toml:2:5: no valid TOML: expected a value, found a newline"
    );
    assert_eq!(
        syntax("a = 1\na = 2\n"),
        "a.toml:2:1: no valid TOML: duplicate key: `a`; it stands in line 1 already: keep one of the two"
    );
}

#[test]
fn an_overlay_replaces_values_merges_tables_and_keeps_its_own_name_in_problems() {
    let lower = Document::parse("base.toml", "[m]\na = 1\nb = [1, 2]\n[n]\nc = 'x'\n").expect("valid");
    let upper = Document::parse("over.toml", "[m]\nb = [3]\n[o]\nd = true\n").expect("valid");
    let document = lower.overlaid_with(upper);
    let root = document.root();
    let m = root.need("m").and_then(|m| m.table()).expect("a table");
    assert_eq!(m.need("a").and_then(|a| a.integer(0..=9)), Some(1));
    let b = m.need("b").and_then(|b| b.list()).expect("a list");
    assert_eq!(b.len(), 1);
    assert_eq!(b[0].integer(0..=9), Some(3));
    b[0].reject("too few", None);
    let n = root.need("n").and_then(|n| n.table()).expect("a table");
    n.need("c").expect("it is there").integer(0..=9);
    let problems = document.into_result(Some(())).expect_err("two problems");
    assert_eq!(
        problems.to_string(),
        "base.toml:5:6: n.c: must be a whole number, is a string\nover.toml:2:6: m.b[0]: too few"
    );
}

#[test]
fn a_slip_of_the_hand_is_understood_and_nonsense_is_not() {
    let names = ["anthropic.claude-sonnet-4-6", "amazon.nova-micro-v1:0"];
    assert_eq!(did_you_mean("claude-sonnet-4-6", names), Some(names[0]));
    assert_eq!(did_you_mean("amazon.nova-mikro-v1", names), Some(names[1]));
    assert_eq!(did_you_mean("gpt", names), None);
    assert_eq!(
        did_you_mean("us-est-1", ["us-east-1", "us-west-1"]),
        Some("us-east-1")
    );
}
