//! The books of a cap: what is spent, what is set aside. Pure.

use super::SpendView;
use crate::units::Usd;

/// Whether something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Yes: its worst case is set aside.
    Granted,
    /// Not now, but what is under way may be settled for less.
    Wait,
    /// Never: all that is under way could cost nothing, and still it would not fit.
    Never {
        /// What is spent.
        settled: Usd,
        /// The cap.
        cap: Usd,
    },
}

/// The books.
#[derive(Debug)]
pub(super) struct Books {
    view: SpendView,
}

impl Books {
    pub(super) fn new(cap: Usd) -> Self {
        let view = SpendView {
            cap,
            ..SpendView::default()
        };
        Self { view }
    }

    /// Sets a worst case aside, if it fits.
    pub(super) fn ask(&mut self, worst: Usd) -> Room {
        let SpendView {
            cap,
            settled,
            reserved,
            ..
        } = self.view;
        if settled + reserved + worst <= cap {
            self.view.reserved += worst;
            Room::Granted
        } else if settled + worst > cap {
            self.view.refused += 1;
            Room::Never { settled, cap }
        } else {
            Room::Wait
        }
    }

    /// Books what something cost for which a worst case was set aside.
    pub(super) fn settle(&mut self, worst: Usd, spent: Usd) {
        self.view.reserved = self.view.reserved - worst;
        self.view.settled += spent;
    }

    pub(super) fn view(&self) -> SpendView {
        self.view
    }
}
