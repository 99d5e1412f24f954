//! The first guided minute: one quiet line that suggests the next key.
//!
//! It follows what the person did and what the run shows; it never runs ahead of either, and says
//! nothing more once everything was tried.

use std::collections::BTreeSet;

use crate::fault::FaultKind;
use crate::measure::Snapshot;
use crate::tui::action::{Action, DialogKind, Mode};
use crate::tui::viewing::Page;

/// How far a newcomer has come.
#[derive(Clone, Debug)]
pub struct Guide {
    on: bool,
    done: BTreeSet<Deed>,
}

/// What a newcomer should have done once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    BrokeCapacity,
    BrokeEndpoint,
    /// Opened the page of pattern 1 while capacity was gone.
    SawProfiles,
    /// Opened the page of pattern 7 while an endpoint was out.
    SawFallback,
    SawMatrix,
    OpenedAttempts,
    OpenedInject,
    OpenedHelp,
}

impl Guide {
    /// A guide for a fresh start, or one that never speaks.
    pub fn new(on: bool) -> Self {
        Self {
            on,
            done: BTreeSet::new(),
        }
    }

    /// The person did something.
    pub fn did(&mut self, action: Action) {
        self.done.extend(match action {
            Action::CapacityOutage => Some(Deed::BrokeCapacity),
            Action::EndpointOutage => Some(Deed::BrokeEndpoint),
            _ => None,
        });
    }

    /// A page is on the screen, perhaps with a dialog over it.
    pub fn sees(&mut self, mode: Mode, live: &Snapshot) {
        self.done.extend(mode.dialog.and_then(|dialog| match dialog {
            DialogKind::Attempts => Some(Deed::OpenedAttempts),
            DialogKind::Inject => Some(Deed::OpenedInject),
            DialogKind::Help => Some(Deed::OpenedHelp),
            DialogKind::Verdict | DialogKind::Score | DialogKind::Palette => None,
        }));
        self.done.extend(match mode.page {
            Page::Pattern(1) if capacity_out(live) => Some(Deed::SawProfiles),
            Page::Pattern(7) if endpoint_out(live) => Some(Deed::SawFallback),
            Page::Survival => Some(Deed::SawMatrix),
            _ => None,
        });
    }

    /// The next key to try; `None`: nothing to say.
    pub fn suggestion(&self, mode: Mode, region: &str, live: &Snapshot) -> Option<String> {
        // In a dialog and on the Decide page the keys it would name mean something else.
        let elsewhere =
            mode.dialog.is_some() || mode.typing || matches!(mode.page, Page::Decide | Page::Capacity);
        if !self.on || live.finished || elsewhere {
            return None;
        }
        if mode.frozen {
            return Some("the view is frozen: ← → move in time, z goes live".to_owned());
        }
        let runs = |key: &str| live.patterns.iter().any(|pattern| pattern.key == key);
        if live.paused {
            return Some("no shots arrive: space lets traffic go on".to_owned());
        }
        if capacity_out(live) && self.lacks(Deed::SawProfiles) && runs("cross-region") {
            return Some("on-demand there falls, profiles route around it: 1 shows how".to_owned());
        }
        if endpoint_out(live) && self.lacks(Deed::SawFallback) && runs("fallback") {
            return Some("all that enters there fails; 7 shows who goes elsewhere".to_owned());
        }
        if let Some(fault) = live.faults.iter().find(|fault| fault.active) {
            let left = fault.remaining.as_secs();
            return Some(format!(
                "watch it; the fault lifts by itself in {left}s, x lifts it now"
            ));
        }
        if self.lacks(Deed::BrokeCapacity) {
            return Some(format!("press o: {region} loses its capacity for 30s"));
        }
        if self.lacks(Deed::BrokeEndpoint) {
            return Some(format!("now O: the endpoint of {region} dies, for profiles too"));
        }
        self.afterwards(mode.page)
    }

    fn lacks(&self, deed: Deed) -> bool {
        !self.done.contains(&deed)
    }

    fn afterwards(&self, page: Page) -> Option<String> {
        let text = if self.lacks(Deed::SawMatrix) {
            "press m: who survived which fault, as measured"
        } else if self.lacks(Deed::OpenedAttempts) && page == Page::Survival {
            "press 0 for the Overview; there ↑ picks an event"
        } else if self.lacks(Deed::OpenedAttempts) {
            "↑ picks an event, Enter opens that request's attempts"
        } else if self.lacks(Deed::OpenedInject) {
            "f breaks anything else: throttles, slow or cut streams"
        } else if self.lacks(Deed::OpenedHelp) {
            "? explains the page, and what it would cost on AWS"
        } else {
            return None;
        };
        Some(text.to_owned())
    }
}

fn capacity_out(live: &Snapshot) -> bool {
    live.faults
        .iter()
        .any(|fault| fault.active && fault.plan.kind == FaultKind::CapacityOutage)
}

fn endpoint_out(live: &Snapshot) -> bool {
    live.faults
        .iter()
        .any(|fault| fault.active && matches!(fault.plan.kind, FaultKind::EndpointOutage(_)))
}
