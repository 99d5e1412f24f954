//! What a person can ask of the dashboard, in one table.
//!
//! [`TABLE`] feeds the keymap, the footer, the help overlay and `docs/keys.md`; a key stands
//! nowhere else. This module never says what an action does to the app: that is `app`'s matter.

pub mod docs;
mod table;

use std::fmt;

use crossterm::event::{KeyCode, KeyModifiers};

use super::viewing::Page;
use crate::replay::Order;
pub use table::TABLE;

/// An intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The page with every pattern.
    Overview,
    /// The page of the pattern with this number.
    Pattern(u8),
    /// The survival matrix, or back from it.
    Survival,
    /// The Decide page, or back from it.
    Decide,
    /// The verdict with all it is made of.
    Verdict,
    /// The Capacity page, or back from it.
    Capacity,
    /// On the Capacity page: an incident summary is written.
    Incident,
    /// The scorecard with all its marks.
    Score,
    /// The command palette.
    Palette,
    /// On the Decide page: the figures, or the questions again.
    Figures,
    /// On the Decide page: the last answer is taken back.
    TakeBack,
    /// On the Decide page: the scenario written from the answers runs in place of this run.
    RunDecided,
    /// The next way of calling of the page's pattern.
    NextArm,
    /// The way of calling before it.
    PreviousArm,
    /// Arrivals of the whole run stop or go on.
    Pause,
    /// One step more shots a second.
    RateUp,
    /// One step fewer.
    RateDown,
    /// One step more shots in flight.
    CapUp,
    /// One step fewer.
    CapDown,
    /// The page's pattern fires or rests.
    PatternOnOff,
    /// Another of the dials that the page's pattern has of its own; back is negative.
    ChooseTune(i8),
    /// That dial one step up or, negative, down.
    TurnTune(i8),
    /// The region shown loses its capacity, or gets it back.
    CapacityOutage,
    /// The endpoint of the region shown refuses, or answers again.
    EndpointOutage,
    /// The dialog that injects any fault.
    Inject,
    /// Every fault is lifted.
    LiftAll,
    /// The view stands still, or is live again.
    Freeze,
    /// So many seconds back in a frozen view.
    Earlier(u16),
    /// So many seconds forth in a frozen view.
    Later(u16),
    /// Time charts cover less time.
    SpanShorter,
    /// Time charts cover more time.
    SpanLonger,
    /// Time charts move by quarters of what they show; back is negative.
    Pan(i8),
    /// The cursor of the time charts appears or goes.
    Cursor,
    /// It moves by steps; left is negative.
    CursorBy(i8),
    /// Latency charts logarithmic or linear.
    LogScale,
    /// The next theme.
    Theme,
    /// The filter of the event log is typed.
    Filter,
    /// The cursor of the event log moves by lines; up is negative.
    LogLines(i8),
    /// It moves to the oldest line.
    LogOldest,
    /// It follows the newest line again.
    LogNewest,
    /// The attempt tree of the request under the cursor.
    Attempts,
    /// Help for this page.
    Help,
    /// One step out: closes a dialog, clears a filter, thaws the view, leaves a page.
    Back,
    /// The dashboard ends.
    Quit,
    /// The process stops until the shell resumes it.
    Suspend,
    /// The screen is drawn anew.
    Redraw,
    /// In a dialog or on the Decide page: another field, up is negative.
    Field(i8),
    /// There: the field's value, down is negative.
    Turn(i8),
    /// There: do it.
    Confirm,
    /// In a text: scroll by lines, up is negative.
    Scroll(i8),
    /// In a request's attempts: another request of the log, older is negative.
    Request(i8),
    /// In a replay: play, pause, go elsewhere.
    Replay(Order),
    /// In a guided tour: steps forth; back is negative.
    TourStep(i8),
    /// There: it waits, or goes on.
    TourWait,
    /// There: it ends, and the run goes on.
    TourEnd,
    /// While typing: the filter stays.
    FilterKeep,
    /// While typing: the filter goes.
    FilterDrop,
    /// While typing: the last character goes.
    FilterErase,
}

/// A key with what is held down beside it. Letters carry their own case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// The key.
    pub code: KeyCode,
    /// Control and Shift, where they matter.
    pub held: KeyModifiers,
}

impl Stroke {
    /// A character by itself.
    pub const fn char(c: char) -> Self {
        Self::code(KeyCode::Char(c))
    }

    /// A named key by itself.
    pub const fn code(code: KeyCode) -> Self {
        Self {
            code,
            held: KeyModifiers::NONE,
        }
    }

    /// A letter with Control.
    pub const fn control(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            held: KeyModifiers::CONTROL,
        }
    }

    /// A named key with Shift.
    pub const fn shift(code: KeyCode) -> Self {
        Self {
            code,
            held: KeyModifiers::SHIFT,
        }
    }
}

impl fmt::Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.held.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        if self.held.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) if self.held.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other}"),
        }
    }
}

/// Sections of the help and of `docs/keys.md`, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where to look.
    Pages,
    /// A guided tour.
    Tour,
    /// A recording, played.
    Replay,
    /// How much traffic.
    Traffic,
    /// What is broken.
    Faults,
    /// How it is shown.
    View,
    /// The event log.
    Log,
    /// The Decide page.
    Decide,
    /// The Capacity page.
    Capacity,
    /// The program itself.
    Program,
    /// The dialog that injects a fault.
    Inject,
    /// One request's attempts.
    Attempts,
    /// The verdict and the scorecard.
    Verdict,
    /// The command palette.
    Palette,
    /// Help.
    Help,
    /// A filter is being typed.
    Typing,
}

impl Group {
    /// Every section, in order.
    pub const ALL: [Self; 16] = [
        Self::Pages,
        Self::Tour,
        Self::Replay,
        Self::Traffic,
        Self::Faults,
        Self::View,
        Self::Log,
        Self::Decide,
        Self::Capacity,
        Self::Program,
        Self::Inject,
        Self::Attempts,
        Self::Verdict,
        Self::Palette,
        Self::Help,
        Self::Typing,
    ];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pages => "Pages",
            Self::Tour => "Guided tour",
            Self::Replay => "Replay",
            Self::Traffic => "Traffic",
            Self::Faults => "Faults",
            Self::View => "View",
            Self::Log => "Event log",
            Self::Decide => "On the Decide page",
            Self::Capacity => "On the Capacity page",
            Self::Program => "Program",
            Self::Inject => "In the fault dialog",
            Self::Attempts => "In a request's attempts",
            Self::Verdict => "In the verdict and the scorecard",
            Self::Palette => "In the command palette",
            Self::Help => "In help",
            Self::Typing => "While a filter is typed",
        }
    }
}

/// Where a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everywhere, while typing too.
    Always,
    /// Everywhere but while typing.
    Anywhere,
    /// On every page, without a dialog over it.
    Pages,
    /// The same, in a run that goes on.
    Live,
    /// The same, in a replay.
    Replay,
    /// The same, while no cursor takes the arrows.
    Scrub,
    /// On pages with an event log.
    Logged,
    /// On pages with time charts.
    Charts,
    /// The same, while they hold a cursor.
    Cursor,
    /// On a pattern's page.
    Panels,
    /// The same, in a run that goes on.
    LivePanels,
    /// On the Decide page.
    Decide,
    /// On the Capacity page.
    Capacity,
    /// On a page with an event log while the view is frozen.
    Frozen,
    /// In a dialog.
    Dialog(DialogKind),
    /// In a guided tour, but while typing.
    Tour,
    /// While a filter is typed.
    Typing,
}

/// Which dialog is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogKind {
    /// Help for a page.
    Help,
    /// The fault dialog.
    Inject,
    /// One request's attempts.
    Attempts,
    /// The verdict.
    Verdict,
    /// The scorecard.
    Score,
    /// The command palette.
    Palette,
}

/// What decides which rows hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that rows ask for"
)]
pub struct Mode {
    /// The page shown.
    pub page: Page,
    /// The dialog over it.
    pub dialog: Option<DialogKind>,
    /// Whether the view is frozen.
    pub frozen: bool,
    /// Whether the time charts hold a cursor.
    pub cursor: bool,
    /// Whether a text is being typed.
    pub typing: bool,
    /// Whether a recording is played.
    pub replay: bool,
    /// Whether a guided tour is given.
    pub tour: bool,
}

impl Place {
    /// Whether rows of this place hold in a mode.
    pub fn holds(self, mode: Mode) -> bool {
        let bare = !mode.typing && mode.dialog.is_none();
        match self {
            Self::Always => true,
            Self::Anywhere => !mode.typing,
            Self::Pages => bare,
            Self::Live => bare && !mode.replay,
            Self::Replay => bare && mode.replay && mode.page != Page::Decide,
            Self::Scrub => bare && mode.replay && !mode.cursor && mode.page != Page::Decide,
            Self::Cursor => {
                bare && mode.cursor && !matches!(mode.page, Page::Survival | Page::Decide | Page::Capacity)
            }
            Self::Logged => bare && !matches!(mode.page, Page::Decide | Page::Capacity),
            Self::Charts => bare && !matches!(mode.page, Page::Survival | Page::Decide | Page::Capacity),
            Self::Panels => bare && matches!(mode.page, Page::Pattern(_)),
            Self::LivePanels => bare && !mode.replay && matches!(mode.page, Page::Pattern(_)),
            Self::Decide => bare && mode.page == Page::Decide,
            Self::Capacity => bare && mode.page == Page::Capacity,
            Self::Frozen => bare && mode.frozen && !mode.replay && !mode.cursor && mode.page != Page::Decide,
            // All that is typed there is text.
            Self::Dialog(DialogKind::Palette) => mode.typing && mode.dialog == Some(DialogKind::Palette),
            Self::Dialog(kind) => !mode.typing && mode.dialog == Some(kind),
            Self::Tour => mode.tour && !mode.typing,
            Self::Typing => mode.typing && mode.dialog.is_none(),
        }
    }

    /// Where that is, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Always => "everywhere, while typing too",
            Self::Anywhere => "everywhere",
            Self::Pages => "on every page",
            Self::Logged => "on pages with an event log",
            Self::Charts => "on pages with charts",
            Self::Live => "in a live run",
            Self::Replay | Self::Scrub => "in a replay",
            Self::Cursor => "while the charts hold a cursor",
            Self::LivePanels => "on a pattern's page of a live run",
            Self::Panels => "on a pattern's page",
            Self::Decide => "on the Decide page",
            Self::Capacity => "on the Capacity page",
            Self::Frozen => "while the view is frozen",
            Self::Dialog(_) => "in the dialog",
            Self::Tour => "in a guided tour",
            Self::Typing => "while typing",
        }
    }
}

/// A key and what it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The key.
    pub stroke: Stroke,
    /// The intent.
    pub action: Action,
    /// Whether it is a second way that footer and help need not show.
    pub quiet: bool,
}

/// A row of the table: one thing to know, with one key or a few that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its keys. Never empty; the first is shown first and is what a click on the footer does.
    pub bindings: &'static [Binding],
    /// A word or two for the footer.
    pub label: &'static str,
    /// Its rank in the footer, the lowest kept longest on a narrow screen; `None`: not shown.
    pub footer: Option<u8>,
    /// What it does, in a line.
    pub help: &'static str,
    /// Where it holds.
    pub place: Place,
    /// Its section.
    pub group: Group,
}

impl Row {
    /// The keys as a person reads them: `1-7`, `+/-`, `space`.
    pub fn keys(&self) -> String {
        let shown: Vec<String> = self
            .bindings
            .iter()
            .filter(|binding| !binding.quiet)
            .map(|binding| binding.stroke.to_string())
            .collect();
        match shown.as_slice() {
            // A run of neighbours is named by its ends.
            [first, .., last] if shown.len() > 3 => format!("{first}-{last}"),
            _ if shown.concat().chars().any(|c| "[]/<,".contains(c)) => shown.join(" "),
            _ => shown.join("/"),
        }
    }

    /// The second ways: `=`, `k`.
    pub fn quiet_keys(&self) -> Vec<String> {
        self.bindings
            .iter()
            .filter(|binding| binding.quiet)
            .map(|binding| binding.stroke.to_string())
            .collect()
    }
}
