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
