//! The loop on a screen that only counts, in virtual time.

use std::cell::RefCell;
use std::rc::Rc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::drill::{Command, JudgePlan};
use crate::tui::app::Drawn;
use crate::tui::fixture;

/// What happened to the screen.
#[derive(Debug, Default)]
struct Seen {
    frames: usize,
    forgotten: usize,
    suspended: Vec<Stopped>,
    retaken: usize,
}

struct TestScreen {
    terminal: Terminal<TestBackend>,
    seen: Rc<RefCell<Seen>>,
    taken: bool,
}

impl Screen for TestScreen {
    fn draw(&mut self, app: &App) -> io::Result<Drawn> {
        let mut drawn = Drawn::default();
        let Ok(_) = self.terminal.draw(|frame| {
            let area = frame.area();
            drawn = app.draw(area, frame.buffer_mut());
        });
        self.seen.borrow_mut().frames += 1;
        Ok(drawn)
    }

    fn forget(&mut self) -> io::Result<()> {
        self.seen.borrow_mut().forgotten += 1;
        Ok(())
    }

    fn suspend(&mut self, who: Stopped) -> io::Result<()> {
        self.seen.borrow_mut().suspended.push(who);
        Ok(())
    }

    fn retake(&mut self) -> io::Result<()> {
        self.seen.borrow_mut().retaken += 1;
        Ok(())
    }

    fn is_taken(&self) -> bool {
        self.taken
    }
}

/// A dashboard to be run, the other ends of its channels, and what its screen saw.
struct Stage {
    desk: Desk<TestScreen>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    commands: mpsc::Receiver<Command>,
    seen: Rc<RefCell<Seen>>,
    clock: Clock,
}

fn stage() -> Stage {
    let clock = Clock::virtual_time();
    let (snapshots, receiver) = watch::channel(Arc::new(fixture::steady()));
    let (sender, commands) = mpsc::channel(1);
    let seen = Rc::new(RefCell::new(Seen::default()));
    let Ok(terminal) = Terminal::new(TestBackend::new(120, 40));
    let screen = TestScreen {
        terminal,
        seen: Rc::clone(&seen),
        taken: true,
    };
    let plan = TuiPlan {
        theme: ThemeName::Dark,
        colour: true,
        own_theme: None,
        ascii: false,
        shelf: Arc::default(),
        tour: None,
        mouse: true,
        guide: true,
        catalog: Catalog::builtin(),
        clock: clock.clone(),
    };
    let show = Show {
        snapshots: receiver,
        commands: sender,
        judging: JudgePlan::default(),
        replay: None,
        capacity: None,
        alone: false,
    };
    Stage {
        desk: Desk::new(screen, show, &plan),
        snapshots,
        commands,
        seen,
        clock,
    }
}

fn key(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

fn control(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

#[tokio::test(start_paused = true)]
async fn snapshots_however_many_are_drawn_thirty_times_a_second_at_most() {
    let mut stage = stage();
    let (clock, snapshots) = (stage.clock.clone(), stage.snapshots);
    let feed = async move {
        for _ in 0..1_000 {
            clock.sleep(Duration::from_millis(1)).await;
            let _ = snapshots.send(Arc::new(fixture::empty()));
        }
        // The drill goes, and after a while the terminal does.
        drop(snapshots);
        clock.sleep(Duration::from_secs(1)).await;
    };
    let input = stream::once(feed).filter_map(|()| std::future::ready(None));
    let ended = stage.desk.serve(Box::pin(input), None).await;
    assert!(matches!(ended, Ok(Ended::TerminalGone)), "{ended:?}");
    let frames = stage.seen.borrow().frames;
    assert!((28..=32).contains(&frames), "{frames} frames");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_when_nothing_changes() {
    let mut stage = stage();
    let clock = stage.clock.clone();
    let wait = async move { clock.sleep(Duration::from_secs(60)).await };
    let input = stream::once(wait).filter_map(|()| std::future::ready(None));
    let ended = stage.desk.serve(Box::pin(input), None).await;
    assert!(matches!(ended, Ok(Ended::TerminalGone)), "{ended:?}");
    assert_eq!(stage.seen.borrow().frames, 1);
    drop(stage.snapshots);
}

#[tokio::test(start_paused = true)]
async fn a_key_orders_the_drill_and_q_leaves() {
    let mut stage = stage();
    let ended = stage
        .desk
        .serve(stream::iter([key(' '), key('q')].map(Ok)), None)
        .await;
    assert!(matches!(ended, Ok(Ended::Quit)), "{ended:?}");
    assert_eq!(
        stage.commands.recv().await,
        Some(Command::Turn(crate::event::Turn::Paused(true)))
    );
    // The channel held one order; the sender is gone, which also tells the drill to stop.
    assert_eq!(stage.commands.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_suspension_stops_the_group_draws_nothing_meanwhile_and_everything_afterwards() {
    let mut stage = stage();
    let (clock, seen) = (stage.clock.clone(), Rc::clone(&stage.seen));
    let look = async move {
        clock.sleep(Duration::from_millis(200)).await;
        assert_eq!(
            (seen.borrow().frames, seen.borrow().retaken),
            (1, 0),
            "it is stopped"
        );
        clock.sleep(Duration::from_millis(200)).await;
    };
    let later = stream::once(look).filter_map(|()| std::future::ready(None));
    let input = stream::iter([control('z'), key('l')].map(Ok)).chain(later);
    let ended = stage.desk.serve(Box::pin(input), None).await;
    assert!(matches!(ended, Ok(Ended::TerminalGone)), "{ended:?}");
    let seen = stage.seen.borrow();
    assert_eq!(seen.suspended, [Stopped::Group]);
    assert_eq!((seen.retaken, seen.forgotten, seen.frames), (1, 1, 2));
    drop(stage.snapshots);
}

#[tokio::test(start_paused = true)]
async fn a_panic_elsewhere_ends_the_dashboard_without_another_frame() {
    let mut stage = stage();
    stage.desk.screen.taken = false;
    let ended = stage.desk.serve(stream::pending(), None).await;
    assert!(matches!(ended, Err(TuiError::Panicked)), "{ended:?}");
    assert_eq!(stage.seen.borrow().frames, 0);
}
