//! The state of the dashboard and every decision it makes.
//!
//! [`App::update`] takes what happened and answers with what is to be done: it waits for nothing,
//! asks no clock (time is what the snapshots say) and touches neither terminal nor drill.

mod capacity;
mod charts;
mod decide;
mod dials;
mod draw;
mod guide;
mod history;
mod log;
mod mouse;
mod navigation;
mod orders;
mod palette;
mod plan;
mod replay;
#[cfg(test)]
mod tests;
mod time_travel;
mod tour;
mod tunes;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use self::dials::Dials;
pub use self::draw::Drawn;
use self::guide::Guide;
use self::history::History;
use self::orders::Asked;
pub use self::plan::{AppPlan, Shelved};
use self::time_travel::Frozen;
use super::action::{Action, Mode};
use super::atlas::Atlas;
use super::effect::Effect;
use super::keymap::{self, Meaning};
use super::msg::Msg;
use super::overlay::{Help, Inject, Overlay, ScoreSheet, Subject, VerdictSheet};
use super::theme::{Theme, ThemeName};
use super::tour::Tour;
use super::viewing::{LogView, Page, Viewing};
use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::drill::{Command, JudgePlan, verdict};
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};
use crate::names::Region;
use crate::patterns;

/// How long an answer stands before the guide speaks again.
const ANSWER_STANDS: Duration = Duration::from_secs(4);
const RUN_OVER: &str = "the run is over; the figures stay, q leaves";

/// The dashboard.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts of the terminal and of the person, each of its own"
)]
pub struct App {
    viewing: Viewing,
    theme: ThemeName,
    colour: bool,
    own_theme: Option<Arc<Theme>>,
    /// Whether the person's own theme is worn in the place of `theme`.
    wears_own: bool,
    ascii: bool,
    live: Arc<Snapshot>,
    frozen: Option<Frozen>,
    history: History,
    overlay: Option<Overlay>,
    dials: Dials,
    asked: Option<Asked>,
    guide: Guide,
    answer: Option<Answer>,
    shelf: Arc<Vec<Shelved>>,
    catalog: Arc<Catalog>,
    judging: JudgePlan,
    /// The page that the survival matrix and the Decide page go back to.
    came_from: Page,
    drawn: Drawn,
    /// Where the mouse is held down on a chart.
    pressed: Option<Position>,
    tour: Option<Tour>,
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
            viewing: Viewing {
                atlas: Arc::new(Atlas::of(&plan.catalog)),
                ..Viewing::default()
            },
            theme: plan.theme,
            colour: plan.colour,
            wears_own: plan.own_theme.is_some(),
            own_theme: plan.own_theme,
            ascii: plan.ascii,
            live: first,
            frozen: None,
            history: History::default(),
            overlay: None,
            dials: Dials::default(),
            asked: None,
            guide: Guide::new(plan.guide),
            answer: None,
            shelf: plan.shelf,
            catalog: plan.catalog,
            judging: plan.judging,
            came_from: Page::Overview,
            drawn: Drawn::default(),
            pressed: None,
            tour: None,
            drill_ended: false,
        };
        app.history.record(&app.live);
        app.tour = plan.tour.map(|script| Tour::new(script, app.live.at));
        app.enter_step();
        app.refresh();
        app
    }

    /// Turns to another run, which begins with this snapshot. What is known of the person stays:
    /// theme, guide, spans, the answers of the Decide page.
    pub fn follow(&mut self, first: Arc<Snapshot>, judging: JudgePlan) {
        self.live = first;
        self.judging = judging;
        self.viewing.verdict = None;
        self.viewing.replay = None;
        self.frozen = None;
        self.history = History::default();
        self.history.record(&self.live);
        self.overlay = None;
        self.dials = Dials::default();
        self.asked = None;
        self.answer = None;
        self.tour = None;
        self.drill_ended = false;
        self.viewing.selected = None;
        self.viewing.cursor = None;
        self.viewing.behind = Duration::ZERO;
        self.viewing.log = LogView::default();
        self.came_from = Page::Overview;
        self.viewing.page = self.page_of_first_pattern();
        self.refresh();
    }

    /// Takes what happened; answers what is to be done.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let effects = match msg {
            Msg::Key(event) => self.key(&event),
            Msg::Paste(text) => self.paste(&text),
            Msg::Click(at) => self.press(at),
            Msg::Release(at) => self.release(at),
            Msg::Wheel(notches) => self.wheel(notches),
            Msg::Snapshot(snapshot) => self.take(snapshot),
            Msg::DrillEnded => {
                self.drill_ended = true;
                self.say(if self.viewing.replay.is_some() {
                    "the recording can be played no further, q leaves"
                } else if self.live.finished {
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
            Msg::Playing(playing) => self.plays(playing),
            Msg::Capacity(capacity) => {
                self.viewing.capacity = Some(capacity);
                Vec::new()
            }
            Msg::Written(Ok(path)) => self.say(format!("written to {path}")),
            Msg::Written(Err(problem)) => self.say(format!("not written: {problem}")),
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
        self.frozen.as_ref().map_or(&self.live, |frozen| &frozen.shown)
    }

    /// What decides which keys hold.
    pub fn mode(&self) -> Mode {
        Mode {
            page: self.viewing.page,
            dialog: self.overlay.as_ref().map(Overlay::kind),
            frozen: self.frozen.is_some(),
            cursor: self.viewing.cursor.is_some(),
            typing: self.viewing.log.editing || matches!(self.overlay, Some(Overlay::Palette(_))),
            replay: self.viewing.replay.is_some(),
            tour: self.tour.is_some(),
        }
    }

    /// A quick Esc and then x reaches us as Alt-x, and no action is bound to Alt: it means both.
    fn key(&mut self, event: &KeyEvent) -> Vec<Effect> {
        if !event.modifiers.contains(KeyModifiers::ALT) {
            return self.plain_key(event);
        }
        let escape = KeyEvent {
            code: KeyCode::Esc,
            modifiers: KeyModifiers::NONE,
            ..*event
        };
        let plain = KeyEvent {
            modifiers: event.modifiers - KeyModifiers::ALT,
            ..*event
        };
        let mut effects = self.plain_key(&escape);
        effects.extend(self.plain_key(&plain));
        effects
    }

    fn plain_key(&mut self, event: &KeyEvent) -> Vec<Effect> {
        match keymap::meaning(event, self.mode()) {
            Meaning::Act(action) => self.act(action),
            Meaning::Text(c) => self.type_in(c),
            Meaning::Elsewhere(row) => {
                let text = format!("{} ({}) works {}", row.keys(), row.label, row.place.words());
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
            Action::Survival => self.toggle(Page::Survival),
            Action::Decide => self.toggle(Page::Decide),
            Action::Capacity => self.toggle(Page::Capacity),
            Action::Incident => self.incident(),
            Action::Scroll(step) if self.overlay.is_none() && self.viewing.page == Page::Capacity => {
                self.scroll_capacity(step)
            }
            Action::Figures | Action::TakeBack | Action::RunDecided => self.decide(action),
            Action::Field(_) | Action::Turn(_) | Action::Scroll(_) | Action::Confirm
                if self.overlay.is_none() =>
            {
                self.decide(action)
            }
            Action::NextArm => self.select_arm(1),
            Action::PreviousArm => self.select_arm(-1),
            Action::SpanShorter => self.span(-1),
            Action::SpanLonger => self.span(1),
            Action::Pan(step) => self.pan(step),
            Action::Cursor => self.toggle_cursor(),
            Action::CursorBy(steps) => self.move_cursor_by(steps),
            Action::LogScale => self.log_scale(),
            Action::Theme => self.next_theme(),
            Action::Freeze => self.freeze(),
            Action::Earlier(seconds) => self.scrub_back(seconds),
            Action::Later(seconds) => self.scrub_forth(seconds),
            Action::Help => {
                let subject = match &self.overlay {
                    Some(overlay) => Subject::Dialog(overlay.kind()),
                    None => Subject::Page(self.viewing.page),
                };
                let help = Help::of(subject).of_replay(self.viewing.replay.is_some());
                self.show(Overlay::Help(help))
            }
            Action::Verdict => self.show_verdict(),
            Action::Replay(order) => self.play(order),
            Action::Inject => {
                let inject = Inject::new(&self.live, self.region_shown().as_ref());
                self.show(Overlay::Inject(Box::new(inject)))
            }
            Action::Score => self.show(Overlay::Score(ScoreSheet::default())),
            Action::Palette => self.open_palette(),
            Action::Field(_) | Action::FilterErase | Action::Confirm
                if matches!(self.overlay, Some(Overlay::Palette(_))) =>
            {
                self.in_palette(action)
            }
            Action::TourStep(_) | Action::TourWait | Action::TourEnd => self.in_tour(action),
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
            | Action::ChooseTune(_)
            | Action::TurnTune(_)
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
            (Some(Overlay::Score(sheet)), Action::Scroll(step)) => {
                sheet.scroll(step, self.drawn.scroll_end);
            }
            (Some(Overlay::Verdict(sheet)), Action::Scroll(step)) => {
                sheet.scroll(step, self.drawn.scroll_end);
            }
            _ => {}
        }
        Vec::new()
    }

    fn take(&mut self, snapshot: Arc<Snapshot>) -> Vec<Effect> {
        let ends = snapshot.finished && !self.live.finished;
        self.live = snapshot;
        self.history.record(&self.live);
        if ends && self.viewing.replay.is_none() {
            return self.say(RUN_OVER);
        }
        self.tour_goes_on()
    }

    /// Brings everything that follows from the rest of the state up to date.
    fn refresh(&mut self) {
        self.guide.sees(self.mode(), &self.live);
        let behind = |frozen: &Frozen| self.live.at.since(frozen.shown.at);
        self.viewing.frozen = self.frozen.as_ref().map(behind);
        self.judge();
        self.viewing.tour = self.tour.as_ref().map(|tour| tour.narration(self.live.at));
        let stands = self.answer_stands();
        let standing = self
            .answer
            .as_ref()
            .filter(|answer| answer.at <= self.live.at && self.live.at.since(answer.at) < stands)
            .map(|answer| answer.text.clone());
        self.viewing.hint = standing.or_else(|| {
            // The tour speaks for itself.
            if self.viewing.replay.is_some() || self.tour.is_some() {
                return None;
            }
            let region = self.region_shown();
            let region = region.as_ref().map_or("a region", Region::as_str);
            self.guide.suggestion(self.mode(), region, &self.live)
        });
    }

    /// How what is expected stands at the moment shown.
    fn judge(&mut self) {
        let JudgePlan {
            expectations,
            steady,
            recovery,
            comparisons,
            ..
        } = &self.judging;
        let asked = expectations.len() + steady.hypothesis.len() + comparisons.len();
        if asked == 0 && recovery.is_none() {
            return;
        }
        let verdict = Arc::new(verdict::judge(&self.judging, self.shown()));
        if let Some(Overlay::Verdict(sheet)) = &mut self.overlay {
            sheet.bring_up_to_date(Arc::clone(&verdict));
        }
        self.viewing.verdict = Some(verdict);
    }

    fn show_verdict(&mut self) -> Vec<Effect> {
        match &self.viewing.verdict {
            Some(verdict) => {
                let sheet = VerdictSheet::new(Arc::clone(verdict));
                self.show(Overlay::Verdict(sheet))
            }
            None => self.say("this scenario expects nothing: `[[expect]]` says what must hold"),
        }
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
