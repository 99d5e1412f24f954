//! The event loop: terminal, signals and snapshots in, drawings and orders out.
//!
//! Decides nothing: [`App`] does. Runs on a current-thread runtime and owns no task. The order
//! channel is the drill's; an order it has no room for is not taken, and the person is told.

#[cfg(test)]
mod tests;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream, MouseButton, MouseEvent, MouseEventKind};
use futures_util::{Stream, StreamExt};
use ratatui::layout::Position;
use thiserror::Error;
use tokio::sync::{mpsc, watch};

use super::app::{App, AppPlan, Shelved};
use super::effect::{Effect, Successor};
use super::incident;
use super::msg::Msg;
use super::show::Show;
use super::signals::{Signals, Told};
use super::terminal::{Screen, Stopped, TerminalScreen};
use super::theme::{Theme, ThemeName};
use super::tour::Script;
use crate::capacity::Capacity;
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::drill::Command;
use crate::measure::Snapshot;
use crate::replay::{Order, Playing, Remote};

/// Between two drawings at least: no more than thirty a second.
const FRAME: Duration = Duration::from_millis(33);

/// A stop takes effect within this time; if it does not (the first process of a container cannot be
/// stopped from within), the dashboard goes on by itself.
const STOPS_WITHIN: Duration = Duration::from_millis(300);

/// How the dashboard runs.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what the terminal can and the person wants, each of its own"
)]
pub struct TuiPlan {
    /// The theme it starts with; [`ThemeName::Plain`] under `NO_COLOR`.
    pub theme: ThemeName,
    /// Whether themes with colours may be chosen; false under `NO_COLOR`.
    pub colour: bool,
    /// A person's own theme; it stands first.
    pub own_theme: Option<Arc<Theme>>,
    /// Whether the terminal shows ASCII alone.
    pub ascii: bool,
    /// Whether the mouse is listened to; without it the terminal selects text as usual.
    pub mouse: bool,
    /// Whether a quiet line suggests the next key.
    pub guide: bool,
    /// The scenarios that can be run in place of the one shown.
    pub shelf: Arc<Vec<Shelved>>,
    /// What the Decide page recommends from.
    pub catalog: Arc<Catalog>,
    /// The guided tour that is given.
    pub tour: Option<Arc<Script>>,
    /// A real clock: it paces the drawing.
    pub clock: Clock,
}

/// Why the dashboard ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A person left it.
    Quit,
    /// A person wants this scenario run in place of the one shown. The dashboard has
    /// the terminal still, and waits for [`Dashboard::turn_to`].
    Run(Successor),
    /// A signal of this number ended it.
    Signal(i32),
    /// The terminal is gone.
    TerminalGone,
}

/// Why the dashboard could not go on.
#[derive(Debug, Error)]
pub enum TuiError {
    /// Standard output is a file or a pipe.
    #[error("the dashboard needs a terminal, and standard output is none: use `bedrill run` instead")]
    NoTerminal,
    /// Raw mode or the alternate screen was refused.
    #[error("the terminal cannot be taken over")]
    Take(#[source] io::Error),
    /// Signals cannot be heard.
    #[error("signals cannot be listened to")]
    Signals(#[source] io::Error),
    /// Keys cannot be read.
    #[error("the terminal cannot be read")]
    Input(#[source] io::Error),
    /// The screen cannot be written.
    #[error("the terminal cannot be written")]
    Draw(#[source] io::Error),
    /// A thread panicked; the terminal was given back for its report.
    #[error("a part of bedrill panicked: its report stands above")]
    Panicked,
}

/// The dashboard on the real terminal, which it has for itself until it is dropped.
pub struct Dashboard {
    desk: Desk<TerminalScreen>,
    input: EventStream,
    signals: Signals,
}

impl Dashboard {
    /// Takes the terminal to show a drill. Must be called within a runtime.
    pub fn open(show: Show, plan: &TuiPlan) -> Result<Self, TuiError> {
        if !TerminalScreen::exists() {
            return Err(TuiError::NoTerminal);
        }
        let signals = Signals::listen().map_err(TuiError::Signals)?;
        let screen = TerminalScreen::take(plan.mouse).map_err(TuiError::Take)?;
        Ok(Self {
            desk: Desk::new(screen, show, plan),
            input: EventStream::new(),
            signals,
        })
    }

    /// Shows the drill until a person leaves or wants another, a signal comes or the terminal goes.
    /// Where a person asked, the drill is told to stop; its other end sees the sender dropped in
    /// any case.
    pub async fn show(&mut self) -> Result<Ended, TuiError> {
        self.desk.serve(&mut self.input, Some(&mut self.signals)).await
    }

    /// Turns to another drill. What was typed meanwhile goes to it; what was seen of the last one
    /// is forgotten.
    pub fn turn_to(&mut self, show: Show) {
        self.desk.turn_to(show);
    }
}

/// The app with everything it works on.
struct Desk<S> {
    app: App,
    screen: S,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    commands: mpsc::Sender<Command>,
    replay: Option<Remote>,
    capacity: Option<watch::Receiver<Arc<Capacity>>>,
    clock: Clock,
    /// Whether something changed since the last drawing.
    stale: bool,
    /// Before that moment nothing is drawn.
    next_frame: Moment,
    /// While the process is stopped, or about to be: when to go on at the latest.
    stopped: Option<Moment>,
}

impl<S: Screen> Desk<S> {
    fn new(screen: S, mut show: Show, plan: &TuiPlan) -> Self {
        let first = Arc::clone(&show.snapshots.borrow_and_update());
        let mut app = App::new(
            AppPlan {
                theme: plan.theme,
                colour: plan.colour,
                own_theme: plan.own_theme.clone(),
                ascii: plan.ascii,
                guide: plan.guide,
                shelf: Arc::clone(&plan.shelf),
                catalog: Arc::clone(&plan.catalog),
                judging: show.judging,
                tour: plan.tour.clone(),
            },
            first,
        );
        if let Some(remote) = &mut show.replay {
            app.update(Msg::Playing(remote.playing.borrow_and_update().clone()));
        }
        if show.alone {
            app.stay_at_capacity();
        }
        Self {
            app,
            screen,
            capacity: show.capacity,
            snapshots: show.snapshots,
            commands: show.commands,
            replay: show.replay,
            clock: plan.clock.clone(),
            stale: true,
            next_frame: Moment::ZERO,
            stopped: None,
        }
    }

    fn turn_to(&mut self, mut show: Show) {
        let first = Arc::clone(&show.snapshots.borrow_and_update());
        self.app.follow(first, show.judging);
        self.snapshots = show.snapshots;
        self.commands = show.commands;
        self.replay = show.replay;
        self.capacity = show.capacity;
        self.stale = true;
    }

    async fn serve<E>(&mut self, input: E, signals: Option<&mut Signals>) -> Result<Ended, TuiError>
    where
        E: Stream<Item = io::Result<Event>> + Unpin,
    {
        let ended = self.watch(input, signals).await;
        // The drill ends when its last sender is gone; this one's receiver is gone at once.
        self.commands = mpsc::channel(1).0;
        ended
    }

    async fn watch<E>(&mut self, mut input: E, mut signals: Option<&mut Signals>) -> Result<Ended, TuiError>
    where
        E: Stream<Item = io::Result<Event>> + Unpin,
    {
        let mut drill_runs = true;
        loop {
            // Before the wait, so that a flood of keys cannot keep the screen from being drawn.
            self.draw_if_due()?;
            let (wakes, at) = (self.has_to_wake(), self.wakes_at());
            let step = tokio::select! {
                biased;
                told = next_signal(&mut signals) => self.heed(told)?,
                event = input.next() => match event {
                    Some(Ok(event)) => self.input(event)?,
                    Some(Err(error)) => return Err(TuiError::Input(error)),
                    None => ControlFlow::Break(Ended::TerminalGone),
                },
                changed = self.snapshots.changed(), if drill_runs => {
                    drill_runs = changed.is_ok();
                    let msg = if drill_runs {
                        Msg::Snapshot(Arc::clone(&self.snapshots.borrow_and_update()))
                    } else {
                        Msg::DrillEnded
                    };
                    self.take(msg)?
                }
                playing = next_place(&mut self.replay), if drill_runs => match playing {
                    Some(playing) => self.take(Msg::Playing(playing))?,
                    None => ControlFlow::Continue(()),
                },
                known = next_report(&mut self.capacity) => if let Some(known) = known {
                    self.take(Msg::Capacity(known))?
                } else {
                    self.capacity = None;
                    ControlFlow::Continue(())
                },
                () = self.clock.sleep_until(at), if wakes => self.wake()?,
            };
            if let ControlFlow::Break(ended) = step {
                return Ok(ended);
            }
        }
    }

    fn draw_if_due(&mut self) -> Result<(), TuiError> {
        let now = self.clock.now();
        if !self.stale || self.stopped.is_some() || now < self.next_frame {
            return Ok(());
        }
        if !self.screen.is_taken() {
            return Err(TuiError::Panicked);
        }
        let drawn = self.screen.draw(&self.app).map_err(TuiError::Draw)?;
        self.app.set_drawn(drawn);
        self.stale = false;
        self.next_frame = now + FRAME;
        Ok(())
    }

    fn heed(&mut self, told: Told) -> Result<ControlFlow<Ended>, TuiError> {
        match told {
            Told::End(number) => return Ok(ControlFlow::Break(Ended::Signal(number))),
            Told::Stop => self.suspend(Stopped::Process)?,
            Told::GoOn => return self.resume(),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn suspend(&mut self, who: Stopped) -> Result<(), TuiError> {
        self.stopped = Some(self.clock.now() + STOPS_WITHIN);
        self.screen.suspend(who).map_err(TuiError::Take)
    }

    /// Goes on after a stop: the shell wrote on the screen and may have changed its settings.
    fn resume(&mut self) -> Result<ControlFlow<Ended>, TuiError> {
        self.stopped = None;
        self.screen.retake().map_err(TuiError::Take)?;
        self.take(Msg::Resumed)
    }

    fn has_to_wake(&self) -> bool {
        self.stale || self.stopped.is_some()
    }

    fn wakes_at(&self) -> Moment {
        self.stopped.unwrap_or(self.next_frame)
    }

    /// Time to draw, or to go on.
    fn wake(&mut self) -> Result<ControlFlow<Ended>, TuiError> {
        match self.stopped {
            Some(_) => self.resume(),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    fn input(&mut self, event: Event) -> Result<ControlFlow<Ended>, TuiError> {
        match event {
            Event::Key(key) => self.take(Msg::Key(key)),
            Event::Paste(text) => self.take(Msg::Paste(text)),
            Event::Mouse(mouse) => {
                mouse_msg(mouse).map_or(Ok(ControlFlow::Continue(())), |msg| self.take(msg))
            }
            // The next drawing asks for the size itself.
            Event::Resize(..) | Event::FocusGained => {
                self.stale = true;
                Ok(ControlFlow::Continue(()))
            }
            Event::FocusLost => Ok(ControlFlow::Continue(())),
        }
    }

    /// Lets the app decide and does what it wants.
    fn take(&mut self, msg: Msg) -> Result<ControlFlow<Ended>, TuiError> {
        self.stale = true;
        for effect in self.app.update(msg) {
            match effect {
                Effect::Send(command) => self.send(command),
                Effect::Replay(order) => self.order(order),
                Effect::Quit => return Ok(ControlFlow::Break(Ended::Quit)),
                Effect::Run(next) => return Ok(ControlFlow::Break(Ended::Run(next))),
                Effect::Write(text) => {
                    self.app.update(Msg::Written(incident::write(&text)));
                }
                Effect::Suspend => self.suspend(Stopped::Group)?,
                Effect::Redraw => self.screen.forget().map_err(TuiError::Draw)?,
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// A replay that has no room for an order has been told enough already.
    fn order(&mut self, order: Order) {
        if let Some(remote) = &self.replay {
            let _full = remote.orders.try_send(order);
        }
    }

    fn send(&mut self, command: Command) {
        let last = command == Command::Stop;
        match self.commands.try_send(command) {
            Ok(()) => {}
            // Who leaves needs no answer.
            Err(_) if last => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.app.update(Msg::OrderLost);
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                self.app.update(Msg::DrillEnded);
            }
        }
    }
}

/// Where the replay stands, when that changes; `None` once it is gone.
async fn next_place(replay: &mut Option<Remote>) -> Option<Playing> {
    match replay {
        Some(remote) => {
            let changed = remote.playing.changed().await;
            changed.ok().map(|()| remote.playing.borrow_and_update().clone())
        }
        None => std::future::pending().await,
    }
}

/// The next report of the poller; `None`: it has ended.
async fn next_report(capacity: &mut Option<watch::Receiver<Arc<Capacity>>>) -> Option<Arc<Capacity>> {
    match capacity {
        Some(reports) => {
            reports.changed().await.ok()?;
            Some(Arc::clone(&reports.borrow_and_update()))
        }
        None => std::future::pending().await,
    }
}

async fn next_signal(signals: &mut Option<&mut Signals>) -> Told {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// The left button and the wheel; the rest is the terminal's.
fn mouse_msg(event: MouseEvent) -> Option<Msg> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(Position::new(event.column, event.row))),
        MouseEventKind::Up(MouseButton::Left) => Some(Msg::Release(Position::new(event.column, event.row))),
        MouseEventKind::ScrollUp => Some(Msg::Wheel(-1)),
        MouseEventKind::ScrollDown => Some(Msg::Wheel(1)),
        _ => None,
    }
}
