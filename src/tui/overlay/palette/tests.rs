//! Letters in, entries out.

use super::*;
use crate::tui::action::TABLE;
use crate::tui::fixture;
use crate::tui::viewing::Page;

fn entries() -> Vec<Entry> {
    let mode = crate::tui::action::Mode {
        page: Page::Overview,
        dialog: None,
        frozen: false,
        cursor: false,
        typing: false,
        replay: false,
        tour: false,
    };
    let scenarios = [("region-outage".to_owned(), "A region dies.".to_owned())];
    catalogue::entries(mode, &fixture::faulted(), &scenarios)
}

#[test]
fn a_few_letters_find_what_is_meant() {
    let entries = entries();
    for (query, name) in [
        ("frz", "freeze"),
        ("matrix", "matrix"),
        ("page 7", "page 7 Manual fallback"),
        ("thr use1", "fault throttle us-east-1"),
        ("fault throttle us-east-1", "fault throttle us-east-1"),
        ("lift", "lift"),
        ("lift us", "lift us-east-1 capacity"),
        ("scen reg", "scenario region-outage"),
        ("pattern fall", "pattern fallback off"),
        ("rate +", "rate +"),
    ] {
        let found = best(&entries, query);
        let first = found.first().map(|entry| entry.name.as_str());
        // Letters of a region's code stand in its name, but not side by side.
        assert_eq!(first, Some(name), "{query}");
    }
    assert!(best(&entries, "zzzz").is_empty());
    assert_eq!(best(&entries, "").len(), entries.len());
}

#[test]
fn every_action_of_a_page_is_an_entry() {
    let entries = entries();
    let mode = crate::tui::action::Place::Pages;
    for row in TABLE.iter().filter(|row| row.place == mode) {
        for binding in row.bindings.iter().filter(|binding| !binding.quiet) {
            let there = entries
                .iter()
                .any(|entry| entry.deed == Deed::Act(binding.action));
            // Of the seven pages those of the run are offered.
            let elsewhere = matches!(binding.action, Action::Pattern(_) | Action::Palette);
            assert!(there || elsewhere, "{:?} is missing", binding.action);
        }
    }
}
