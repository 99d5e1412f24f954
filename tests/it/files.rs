//! Files of scenarios: the shipped ones are read, the wrong ones are refused with their message.

use std::fs;
use std::path::{Path, PathBuf};

use bedrill::catalog::Catalog;
use bedrill::fault::FaultKind;
use bedrill::scenario::{Scenario, library};

const INVALID: &str = "tests/data/scenarios/invalid";
/// In a wrong file, each line that must be said follows this, at the end of the file.
const EXPECTED: &str = "# expected: ";

#[test]
fn every_shipped_scenario_is_read() {
    let catalog = Catalog::builtin();
    let names: Vec<&str> = library::names().collect();
    // The outages first, then a scenario for each pattern.
    for row in bedrill::patterns::TABLE.iter().filter(|row| row.available) {
        let shown_by = ["cross-region", "fallback"].contains(&row.key) || names.contains(&row.key);
        assert!(shown_by, "{} has no scenario of its own", row.key);
    }
    for name in names {
        let text = library::text(name).expect("a shipped scenario");
        let scenario = Scenario::parse(name, text, &catalog);
        let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(scenario.name, name);
        let ways: Vec<usize> = scenario.patterns.iter().map(|p| p.plan.arms.len()).collect();
        // One line for each on the Overview: a pattern of more would push the others off.
        assert!(ways.iter().all(|ways| (1..=4).contains(ways)), "{name}: {ways:?}");
    }
}

#[test]
fn every_wrong_scenario_is_refused_with_all_its_problems() {
    let catalog = Catalog::builtin();
    let mut wrong = Vec::new();
    for path in files_in(INVALID) {
        let text = fs::read_to_string(&path).expect("a readable file");
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let expected: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix(EXPECTED))
            .collect();
        let said: Vec<String> = match Scenario::parse(name, &text, &catalog) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        if said.is_empty() || said != expected {
            let said: Vec<String> = said.iter().map(|line| format!("{EXPECTED}{line}")).collect();
            wrong.push(format!("{}\n{}", path.display(), said.join("\n")));
        }
    }
    assert!(
        wrong.is_empty(),
        "these files were told:\n\n{}\n",
        wrong.join("\n\n")
    );
}

fn files_in(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(folder)).expect("the folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Where each table of a scenario stands, as TOML that is right but for one key.
const PLACES: &[&str] = &[
    "{}",
    "[world]\n{}",
    "[world.latency]\n{}",
    "[world.background]\n{}",
    "[world.replies]\n{}",
    "[[world.quota]]\n{}",
    "[world.units]\n{}",
    "[load]\n{}",
    "[[pattern]]\nkind = 'cross-region'\n{}",
    "[[pattern]]\nkind = 'fallback'\n{}",
    "[[pattern]]\nkind = 'provisioned'\n{}",
    "[[pattern]]\nkind = 'provisioned'\nbuys = { {} }",
    "[[pattern]]\nkind = 'fallback'\nbursts = [{ {} }]",
    "[[pattern]]\nkind = 'fallback'\nstages = [{ {} }]",
    "[[pattern]]\nkind = 'fallback'\nstages = [{ lasts = '1s', ramp = { {} } }]",
    "[[pattern]]\nkind = 'fallback'\nstages = [{ lasts = '1s', pulse = { {} } }]",
    "[[pattern]]\nkind = 'fallback'\n[pattern.workload]\n{}",
    "[[pattern]]\nkind = 'fallback'\n[pattern.policy]\n{}",
    "[[pattern]]\nkind = 'fallback'\n[pattern.policy.backoff]\n{}",
    "[[pattern]]\nkind = 'fallback'\n[pattern.policy.breaker]\n{}",
    "[[pattern]]\nkind = 'fallback'\n[pattern.policy.retry_budget]\n{}",
    "[[fault]]\nkind = 'throttle'\n{}",
    "[[pattern]]\nkind = 'gateway'\n{}",
    "[[pattern]]\nkind = 'gateway'\nurl = 'http://127.0.0.1:4000'\n{}",
    "[[pattern]]\nkind = 'gateway'\ncooldown = { {} }",
    "[[fault]]\nkind = 'latency'\n{}",
    "[[fault]]\nkind = 'slow-stream'\n{}",
    "[[fault]]\nkind = 'cut-stream'\n{}",
    "[[fault]]\nkind = 'endpoint-outage'\n{}",
    "[[fault]]\nkind = 'throttle'\nshape = { {} }",
    "[[fault]]\nkind = 'throttle'\nscope = { {} }",
    "[[turn]]\n{}",
    "[[expect]]\nmetric = 'availability'\n{}",
    "[[expect]]\nmetric = 'latency'\n{}",
    "[[expect]]\nmetric = 'first_token'\n{}",
    "[[expect]]\nmetric = 'throttle_share'\n{}",
    "[steady]\n{}",
    "[recovery]\n{}",
    "[stop]\n{}",
    "[[compare]]\n{}",
];

#[test]
fn the_reference_names_every_key_that_is_read() {
    let catalog = Catalog::builtin();
    let reference = fs::read_to_string("docs/scenarios.md").expect("the reference");
    let mut missing = Vec::new();
    let mut known = 0;
    for place in PLACES {
        // A key like no other makes the reader list those it knows.
        let text = place.replace("{}", "zzzzzzzz = 1");
        let problems = Scenario::parse("x", &text, &catalog).expect_err("an unknown key");
        let listed = problems
            .iter()
            .filter(|problem| problem.key.ends_with("zzzzzzzz"))
            .find_map(|problem| problem.hint.as_deref()?.strip_prefix("known here: "));
        let listed = listed.unwrap_or_else(|| panic!("nothing listed for:\n{text}\n{problems}"));
        for key in listed.split(", ") {
            known += 1;
            let in_backquotes = [format!("`{key}`"), format!("`{{ {key}, "), format!(", {key} }}`")];
            let in_example = format!("{key} = ");
            if !in_backquotes.iter().any(|form| reference.contains(form)) && !reference.contains(&in_example)
            {
                missing.push(format!("{key} of\n{place}"));
            }
        }
    }
    assert!(known > 80, "only {known} keys were listed");
    assert!(
        missing.is_empty(),
        "docs/scenarios.md does not name:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_reference_names_every_kind_of_fault() {
    let reference = fs::read_to_string("docs/scenarios.md").expect("the reference");
    for kind in FaultKind::ALL {
        assert!(
            reference.contains(&format!("| `{}` |", kind.key())),
            "{}",
            kind.key()
        );
    }
}
