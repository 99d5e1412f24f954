//! What the person at the screen looks at: the part of the app's state that drawing needs.
//!
//! Plain data. The app changes it, the view reads it; neither knows how the other works.

use std::sync::Arc;
use std::time::Duration;

use super::atlas::Atlas;
use super::deciding::Deciding;
use super::tour::Narration;
use crate::capacity::Capacity;
use crate::clock::Moment;
use crate::drill::Verdict;
use crate::event::ArmId;
use crate::replay::Playing;

/// A page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Page {
    /// Every pattern of the run as a small multiple.
    #[default]
    Overview,
    /// The panel of the pattern with this number, 1 to 7.
    Pattern(u8),
    /// Ways of calling against kinds of fault.
    Survival,
    /// Which pattern for which use.
    Decide,
    /// Which quota burns.
    Capacity,
}

/// The state of the view.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewing {
    /// The page shown.
    pub page: Page,
    /// How much time the time charts cover.
    pub span: Duration,
    /// How far behind the moment shown the time charts end.
    pub behind: Duration,
    /// The cursor of the time charts; `None`: there is none.
    pub cursor: Option<Moment>,
    /// The arm whose details a panel shows, among the arms of its pattern.
    pub selected: Option<ArmId>,
    /// The place of the chosen dial among the pattern's own.
    pub tune: usize,
    /// Whether latency charts are logarithmic.
    pub log_scale: bool,
    /// How far behind the present the frozen view stands; `None`: it is live.
    pub frozen: Option<Duration>,
    /// The event log.
    pub log: LogView,
    /// A quiet line that suggests the next key, or answers the last one.
    pub hint: Option<String>,
    /// The Decide page; `None` until it is first opened.
    pub deciding: Option<Deciding>,
    /// What the run's scenario expects and how that stands; `None`: it expects nothing.
    pub verdict: Option<Arc<Verdict>>,
    /// What is known of the account's quotas; `None`: nobody polls.
    pub capacity: Option<Arc<Capacity>>,
    /// The first line of the Capacity page's text that is shown.
    pub scrolled: u16,
    /// Whether there is no run: only the Capacity page is shown.
    pub alone: bool,
    /// Where the replay stands; `None`: the run is live.
    pub replay: Option<Playing>,
    /// What a guided tour says; `None`: there is none.
    pub tour: Option<Narration>,
    /// Where the regions lie.
    pub atlas: Arc<Atlas>,
}

impl Default for Viewing {
    fn default() -> Self {
        Self {
            page: Page::Overview,
            span: Duration::from_secs(120),
            behind: Duration::ZERO,
            cursor: None,
            selected: None,
            tune: 0,
            log_scale: true,
            frozen: None,
            log: LogView::default(),
            hint: None,
            deciding: None,
            verdict: None,
            capacity: None,
            scrolled: 0,
            alone: false,
            replay: None,
            tour: None,
            atlas: Arc::default(),
        }
    }
}

/// The state of the event log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogView {
    /// The line under the cursor, by its number; `None`: the newest, followed.
    pub cursor: Option<u64>,
    /// Only lines that hold this text (letter case does not matter) are shown; empty: all.
    pub filter: String,
    /// Whether the filter is being typed.
    pub editing: bool,
}
