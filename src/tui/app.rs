//! The state of the dashboard and every decision it makes.
//!
//! [`App::update`] takes what happened and answers with what is to be done: it waits for nothing,
//! asks no clock (time is what the snapshots say) and touches neither terminal nor drill.

mod dials;
mod draw;
mod guide;
mod history;
mod log;
mod mouse;
mod orders;
#[cfg(test)]
mod tests;
mod time_travel;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;

use self::dials::Dials;
pub use self::draw::Drawn;
use self::guide::Guide;
use self::history::History;
use self::orders::Asked;
use super::action::{Action, Mode};
use super::effect::Effect;
use super::keymap::{self, Meaning};
use super::msg::Msg;
use super::overlay::{Help, Inject, Overlay};
use super::theme::ThemeName;
use super::viewing::{Page, Viewing};
use crate::clock::Moment;
use crate::drill::Command;
use crate::event::ArmId;
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};
use crate::names::Region;
use crate::patterns::{self, TABLE};

/// How long an answer stands before the guide speaks again.
const ANSWER_STANDS: Duration = Duration::from_secs(4);
const RUN_OVER: &str = "the run is over; the figures stay, q leaves";
/// What the time charts may cover, in seconds.
const SPANS: [u64; 6] = [30, 60, 120, 300, 600, 900];

/// How the dashboard starts.
#[derive(Clone, Copy, Debug)]
pub struct AppPlan {
    /// The theme.
    pub theme: ThemeName,
    /// Whether themes with colours may be chosen; false under `NO_COLOR`.
    pub colour: bool,
    /// Whether a quiet line suggests the next key.
    pub guide: bool,
}

/// The dashboard.
#[derive(Debug)]
pub struct App {
    viewing: Viewing,
    theme: ThemeName,
    colour: bool,
    live: Arc<Snapshot>,
    frozen: Option<Arc<Snapshot>>,
    /// The snapshot at which the view was frozen: scrubbing back reads its log.
    pinned: Option<Arc<Snapshot>>,
    history: History,
    overlay: Option<Overlay>,
    dials: Dials,
    asked: Option<Asked>,
    guide: Guide,
    answer: Option<Answer>,
    /// The page that the survival matrix goes back to.
    came_from: Page,
    drawn: Drawn,
    drill_ended: bool,
}

/// A line that answers the last key.
#[derive(Clone, Debug)]
struct Answer {
    text: String,
    at: Moment,
}

impl App {
    /// A dashboard that begins with the drill's first snapshot.
    pub fn new(plan: AppPlan, first: Arc<Snapshot>) -> Self {
        let mut app = Self {
            viewing: Viewing::default(),
            theme: plan.theme,
            colour: plan.colour,
            live: first,
            frozen: None,
            pinned: None,
            history: History::default(),
            overlay: None,
            dials: Dials::default(),
            asked: None,
            guide: Guide::new(plan.guide),
            answer: None,
            came_from: Page::Overview,
            drawn: Drawn::default(),
            drill_ended: false,
        };
        app.history.record(&app.live);
        app.refresh();
        app
    }

    /// Takes what happened; answers what is to be done.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let effects = match msg {
            Msg::Key(event) => self.key(&event),
            Msg::Paste(text) => self.paste(&text),
            Msg::Click(at) => self.click(at),
            Msg::Wheel(notches) => self.wheel(notches),
            Msg::Snapshot(snapshot) => self.take(snapshot),
            Msg::DrillEnded => {
                self.drill_ended = true;
                self.say(if self.live.finished {
                    RUN_OVER
                } else {
                    "the drill broke off: nothing moves any more, q leaves"
                })
            }
            Msg::OrderLost => {
                self.dials.forget();
                self.asked = None;
                self.say("the drill is busy and did not take that: press it again")
            }
            Msg::Resumed => vec![Effect::Redraw],
        };
        self.refresh();
        effects
    }

    /// What was drawn last, so that a click finds what it hit.
    pub fn set_drawn(&mut self, drawn: Drawn) {
        self.drawn = drawn;
    }

    /// What the person looks at.
    pub fn viewing(&self) -> &Viewing {
        &self.viewing
    }

    /// The snapshot on the screen: the live one, or an older one while frozen.
    pub fn shown(&self) -> &Arc<Snapshot> {
        self.frozen.as_ref().unwrap_or(&self.live)
    }

    /// What decides which keys hold.
    pub fn mode(&self) -> Mode {
        Mode {
            page: self.viewing.page,
            dialog: self.overlay.as_ref().map(Overlay::kind),
            frozen: self.frozen.is_some(),
            typing: self.viewing.log.editing,
        }
    }

    fn key(&mut self, event: &KeyEvent) -> Vec<Effect> {
        match keymap::meaning(event, self.mode()) {
            Meaning::Act(action) => self.act(action),
            Meaning::Text(c) => self.type_in(c),
            Meaning::Elsewhere(row) => {
                let text = format!("{} ({}) holds {}", row.keys(), row.label, row.place.words());
                self.say(text)
            }
            Meaning::Nothing => Vec::new(),
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        self.guide.did(action);
        match action {
            Action::Overview => self.open(Page::Overview),
            Action::Pattern(number) => self.open_pattern(number),
            Action::Survival => self.toggle_survival(),
            Action::NextArm => self.select_arm(1),
            Action::PreviousArm => self.select_arm(-1),
            Action::SpanShorter => self.span(-1),
            Action::SpanLonger => self.span(1),
            Action::LogScale => self.log_scale(),
            Action::Theme => self.next_theme(),
            Action::Freeze => self.freeze(),
            Action::Earlier(seconds) => self.scrub_back(seconds),
            Action::Later(seconds) => self.scrub_forth(seconds),
            Action::Help => self.show(Overlay::Help(Help::new(self.viewing.page))),
            Action::Inject => {
                let inject = Inject::new(&self.live, self.region_shown().as_ref());
                self.show(Overlay::Inject(Box::new(inject)))
            }
            Action::Back => self.back(),
            Action::Quit => vec![Effect::Send(Command::Stop), Effect::Quit],
            Action::Suspend => vec![Effect::Suspend],
            Action::Redraw => vec![Effect::Redraw],
            Action::Field(_) | Action::Turn(_) | Action::Scroll(_) | Action::Confirm => {
                self.in_dialog(action)
            }
            Action::Request(step) => self.other_request(step),
            Action::Filter
            | Action::LogLines(_)
            | Action::LogOldest
            | Action::LogNewest
            | Action::Attempts
            | Action::FilterKeep
            | Action::FilterDrop
            | Action::FilterErase => self.in_log(action),
            Action::Pause
            | Action::RateUp
            | Action::RateDown
            | Action::CapUp
            | Action::CapDown
            | Action::PatternOnOff
            | Action::CapacityOutage
            | Action::EndpointOutage
            | Action::LiftAll => self.order(action),
        }
    }

    fn in_dialog(&mut self, action: Action) -> Vec<Effect> {
        match (self.overlay.as_mut(), action) {
            (Some(Overlay::Inject(inject)), Action::Field(step)) => inject.field(step),
            (Some(Overlay::Inject(inject)), Action::Turn(step)) => inject.turn(step),
            (Some(Overlay::Inject(inject)), Action::Confirm) => {
                let (command, sentence) = (inject.command(), inject.sentence());
                self.overlay = None;
                return self.send(command, sentence);
            }
            (Some(Overlay::Help(help)), Action::Scroll(step)) => {
                help.scroll(step, self.drawn.scroll_end);
            }
            (Some(Overlay::Attempts(attempts)), Action::Scroll(step)) => attempts.select(step),
            _ => {}
        }
        Vec::new()
    }

    fn take(&mut self, snapshot: Arc<Snapshot>) -> Vec<Effect> {
        let ends = snapshot.finished && !self.live.finished;
        self.live = snapshot;
        self.history.record(&self.live);
        if ends {
            return self.say(RUN_OVER);
        }
        Vec::new()
    }

    /// Brings everything that follows from the rest of the state up to date.
    fn refresh(&mut self) {
        self.guide.sees(self.viewing.page, &self.live);
        self.viewing.frozen = self.frozen.as_ref().map(|shown| self.live.at.since(shown.at));
        let standing = self
            .answer
            .as_ref()
            .filter(|answer| self.live.at.since(answer.at) < ANSWER_STANDS)
            .map(|answer| answer.text.clone());
        self.viewing.hint = standing.or_else(|| {
            let region = self.region_shown();
            let region = region.as_ref().map_or("a region", Region::as_str);
            self.guide.suggestion(self.viewing.page, region, &self.live)
        });
    }

    /// Answers the person; nothing is to be done.
    fn say(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.answer = Some(Answer {
            text: text.into(),
            at: self.live.at,
        });
        Vec::new()
    }

    fn show(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlay = Some(overlay);
        Vec::new()
    }

    fn open(&mut self, page: Page) -> Vec<Effect> {
        if page != self.viewing.page {
            self.viewing.page = page;
            self.viewing.selected = None;
            self.answer = None;
        }
        Vec::new()
    }

    fn open_pattern(&mut self, number: u8) -> Vec<Effect> {
        let Some(row) = TABLE.iter().find(|row| row.number == number) else {
            return Vec::new();
        };
        if !row.available {
            return self.say(format!(
                "{number} {}: not in this version of bedrill yet",
                row.title
            ));
        }
        if !self.live.patterns.iter().any(|pattern| pattern.key == row.key) {
            return self.say(format!("{number} {}: not part of this run", row.title));
        }
        self.open(Page::Pattern(number))
    }

    fn toggle_survival(&mut self) -> Vec<Effect> {
        if self.viewing.page == Page::Survival {
            return self.open(self.came_from);
        }
        self.came_from = self.viewing.page;
        self.open(Page::Survival)
    }

    fn back(&mut self) -> Vec<Effect> {
        let log = &mut self.viewing.log;
        if self.overlay.take().is_some() {
        } else if !log.filter.is_empty() {
            log.filter.clear();
        } else if log.cursor.is_some() {
            log.cursor = None;
        } else if self.frozen.is_some() {
            return self.freeze();
        } else if self.viewing.page != Page::Overview {
            return self.open(Page::Overview);
        } else {
            return self.say("q leaves bedrill, ? explains this page");
        }
        Vec::new()
    }

    fn span(&mut self, step: i8) -> Vec<Effect> {
        let now = self.viewing.span.as_secs();
        let next = if step > 0 {
            SPANS.into_iter().find(|span| *span > now)
        } else {
            SPANS.into_iter().rfind(|span| *span < now)
        };
        let seconds = next.unwrap_or(now);
        self.viewing.span = Duration::from_secs(seconds);
        if seconds < 60 {
            self.say(format!("charts cover {seconds}s"))
        } else {
            self.say(format!("charts cover {}min", seconds / 60))
        }
    }

    fn log_scale(&mut self) -> Vec<Effect> {
        self.viewing.log_scale = !self.viewing.log_scale;
        let scale = if self.viewing.log_scale {
            "logarithmic"
        } else {
            "linear"
        };
        self.say(format!("latency charts are {scale}"))
    }

    fn next_theme(&mut self) -> Vec<Effect> {
        if !self.colour {
            return self.say("NO_COLOR is set: the theme stays plain");
        }
        self.theme = self.theme.next();
        self.say(format!("theme: {}", self.theme.key()))
    }

    fn select_arm(&mut self, step: isize) -> Vec<Effect> {
        let Some(pattern) = self.pattern_shown() else {
            return Vec::new();
        };
        let ids: Vec<ArmId> = pattern.arms.iter().map(|arm| arm.id).collect();
        let selected = self.arm_shown().map(|arm| arm.id);
        let place = ids.iter().position(|id| Some(*id) == selected).unwrap_or(0);
        let next = place.cast_signed() + step;
        let next = next.rem_euclid(ids.len().max(1).cast_signed()).cast_unsigned();
        self.viewing.selected = ids.get(next).copied();
        Vec::new()
    }

    /// The pattern whose page is shown.
    fn pattern_shown(&self) -> Option<&PatternSnapshot> {
        let Page::Pattern(number) = self.viewing.page else {
            return None;
        };
        self.live
            .patterns
            .iter()
            .find(|pattern| patterns::row(pattern.key.as_str()).is_some_and(|row| row.number == number))
    }

    /// The way of calling that dials and outages mean: the selected one, else the first of the
    /// page's pattern, else the first of the run.
    fn arm_shown(&self) -> Option<&ArmSnapshot> {
        let pattern = self.pattern_shown().or_else(|| self.live.patterns.first())?;
        let selected = pattern
            .arms
            .iter()
            .find(|arm| Some(arm.id) == self.viewing.selected);
        selected.or_else(|| pattern.arms.first())
    }

    /// The region whose endpoint that way of calling enters first.
    fn region_shown(&self) -> Option<Region> {
        let arm = self.arm_shown()?;
        arm.chain.first().map(|hop| hop.route.region.clone())
    }
}
