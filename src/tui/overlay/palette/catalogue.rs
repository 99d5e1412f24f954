//! Everything that can be done: the rows of the table of actions, pages, patterns, faults, scenarios.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Deed, Entry};
use crate::drill::Command;
use crate::event::Turn;
use crate::fault::{FaultKind, FaultShape, Scope};
use crate::measure::Snapshot;
use crate::names::Region;
use crate::patterns::{TABLE as PATTERNS, row as pattern_row};
use crate::tui::action::{Action, Mode};
use crate::tui::keymap;
use crate::units::Share;

/// How long a fault of the palette lasts; it lifts by itself.
const LASTS: Duration = Duration::from_secs(30);

/// What can be done on a page of a run. `scenarios` are name and description of the shipped ones.
pub fn entries(mode: Mode, live: &Snapshot, scenarios: &[(String, String)]) -> Vec<Entry> {
    let mut entries = pages(live);
    entries.extend(actions(mode));
    if !mode.replay && !live.finished {
        entries.extend(patterns(live));
        entries.extend(faults(live));
    }
    if !mode.replay {
        let scenario = |(place, (name, about)): (usize, &(String, String))| Entry {
            name: format!("scenario {name}"),
            about: about.clone(),
            keys: String::new(),
            deed: Deed::Scenario(place),
        };
        entries.extend(scenarios.iter().enumerate().map(scenario));
    }
    entries
}

/// The patterns of the run; the other pages have rows of their own in the table.
fn pages(live: &Snapshot) -> Vec<Entry> {
    PATTERNS
        .iter()
        .filter(|row| live.patterns.iter().any(|pattern| pattern.key == row.key))
        .map(|row| Entry {
            name: format!("page {} {}", row.number, row.title),
            about: row.promise.to_owned(),
            keys: row.number.to_string(),
            deed: Deed::Act(Action::Pattern(row.number)),
        })
        .collect()
}

/// A row for each key that is shown; of those with two the key says which way.
fn actions(mode: Mode) -> Vec<Entry> {
    let mut entries = Vec::new();
    for row in keymap::rows(mode) {
        let shown: Vec<_> = row.bindings.iter().filter(|binding| !binding.quiet).collect();
        for binding in &shown {
            if matches!(binding.action, Action::Pattern(_) | Action::Palette) {
                continue;
            }
            let keys = binding.stroke.to_string();
            let name = if shown.len() > 1 {
                format!("{} {keys}", row.label)
            } else {
                row.label.to_owned()
            };
            entries.push(Entry {
                name,
                about: row.help.to_owned(),
                keys,
                deed: Deed::Act(binding.action),
            });
        }
    }
    entries
}

fn patterns(live: &Snapshot) -> Vec<Entry> {
    live.patterns
        .iter()
        .map(|pattern| {
            let title = pattern_row(pattern.key.as_str()).map_or(pattern.key.as_str(), |row| row.title);
            let to = if pattern.on { "off" } else { "on" };
            let turn = Turn::On {
                pattern: pattern.key.clone(),
                on: !pattern.on,
            };
            Entry {
                name: format!("pattern {} {to}", pattern.key),
                about: format!("{title}: its traffic {to}"),
                keys: String::new(),
                deed: Deed::Order(Command::Turn(turn), format!("{title}: traffic {to}")),
            }
        })
        .collect()
}

/// Every kind of fault in every region that is called; and the lifting of each that is in force.
fn faults(live: &Snapshot) -> Vec<Entry> {
    let arms = || live.patterns.iter().flat_map(|pattern| &pattern.arms);
    let regions: BTreeSet<&Region> = arms()
        .flat_map(|arm| arm.chain.iter().map(|hop| &hop.route.region))
        .collect();
    let lifts = live.faults.iter().map(|fault| Entry {
        name: format!("lift {}", fault.label),
        about: "this fault ends now".to_owned(),
        keys: String::new(),
        deed: Deed::Order(Command::Lift(fault.plan.id), format!("{}: lifted", fault.label)),
    });
    let injects = regions.into_iter().flat_map(|region| {
        FaultKind::ALL.into_iter().map(move |kind| Entry {
            name: format!("fault {} {region}", kind.key()),
            about: format!("for {}s, all calls there; f chooses in detail", LASTS.as_secs()),
            keys: String::new(),
            deed: Deed::Order(
                Command::Inject {
                    kind,
                    scope: Scope {
                        region: Some(region.clone()),
                        ..Scope::default()
                    },
                    share: Share::ALL,
                    shape: FaultShape::Step,
                    lasts: LASTS,
                },
                format!("{region} {}: for {}s", kind.key(), LASTS.as_secs()),
            ),
        })
    });
    lifts.chain(injects).collect()
}
