//! What a frame of the dashboard costs while the drill runs beside it.
//!
//! ```text
//! cargo bench --bench frame                                   # every pattern, 200x50, 20 s
//! BENCH_SECS=60 BENCH_SIZE=200x60 BENCH_SCENARIO=seven-patterns cargo bench --bench frame
//! ```
//!
//! Runs a shipped scenario in real time on the embedded emulator and draws every snapshot as the
//! dashboard does: the app's state, the buffer, the difference to the last frame and its escape
//! codes, written to nowhere instead of a terminal. The Overview comes first, then each page in turn.
//! A frame is timed by the thread's own processor clock as well as by the wall: what another thread
//! took from it is not drawing.
#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures the machine's own time"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bedrill::catalog::Catalog;
use bedrill::drill::{self, DrillPlan, JudgePlan};
use bedrill::scenario::{Scenario, library};
use bedrill::tui::app::{App, AppPlan};
use bedrill::tui::msg::Msg;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

/// The goal for the slowest frame: one of thirty a second.
const GOAL: Duration = Duration::from_millis(33);

fn main() -> Result<(), Failure> {
    let span = Duration::from_secs(setting("BENCH_SECS").unwrap_or(20));
    let name = std::env::var("BENCH_SCENARIO").unwrap_or_else(|_| "seven-patterns".to_owned());
    let size = std::env::var("BENCH_SIZE").unwrap_or_else(|_| "200x50".to_owned());
    let (width, height) = size.split_once('x').ok_or("BENCH_SIZE has the form 200x50")?;
    let area = Rect::new(0, 0, width.parse()?, height.parse()?);
    let catalog = Catalog::builtin();
    let text = library::text(&name).ok_or_else(|| format!("no shipped scenario `{name}`"))?;
    let scenario = Scenario::parse(&name, text, &catalog).map_err(|problems| problems.to_string())?;
    let drill = drill::spawn(scenario, &DrillPlan::new(catalog))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let frames = runtime.block_on(watch(&drill, area, span))?;
    let end = Arc::clone(&drill.snapshots().borrow());
    drill.finish();
    println!(
        "{name} at {size}: {} frames in {span:?}, {:.0} shots/s achieved",
        frames.len(),
        end.achieved_rate
    );
    for (clock, of) in [("wall", 0), ("cpu", 1)] {
        let mut sorted: Vec<Duration> = frames
            .iter()
            .map(|frame| if of == 0 { frame.0 } else { frame.1 })
            .collect();
        sorted.sort();
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
        println!(
            "{clock:<5} p50 {:>9.2?}   p99 {:>9.2?}   max {:>9.2?}   goal {GOAL:?}",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
    Ok(())
}

/// Draws every snapshot for a while; the wall and processor time of each frame.
async fn watch(
    drill: &drill::DrillHandle,
    area: Rect,
    span: Duration,
) -> Result<Vec<(Duration, Duration)>, Failure> {
    let mut snapshots = drill.snapshots();
    let first = Arc::clone(&snapshots.borrow_and_update());
    let plan = AppPlan {
        guide: true,
        ..AppPlan::new(Catalog::builtin(), JudgePlan::default())
    };
    let mut app = App::new(plan, first);
    let options = TerminalOptions {
        viewport: Viewport::Fixed(area),
    };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(std::io::sink()), options)?;
    let pages = ['0', '1', '2', '3', '4', '5', '6', '7', 'm', 'd'];
    let began = Instant::now();
    let mut frames = Vec::new();
    while began.elapsed() < span && snapshots.changed().await.is_ok() {
        let (wall, cpu) = (Instant::now(), thread_time());
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        app.update(Msg::Snapshot(snapshot));
        // Half of the time on the Overview, the other half through the pages.
        let turn = began.elapsed().as_secs_f64() / span.as_secs_f64() * 2.0 - 1.0;
        let page = (turn.max(0.0) * pages.len() as f64) as usize;
        app.update(Msg::Key(KeyEvent::from(KeyCode::Char(
            pages[page.min(pages.len() - 1)],
        ))));
        let mut drawn = None;
        terminal.draw(|frame| drawn = Some(app.draw(frame.area(), frame.buffer_mut())))?;
        if let Some(drawn) = drawn {
            app.set_drawn(drawn);
        }
        frames.push((wall.elapsed(), thread_time().saturating_sub(cpu)));
    }
    if frames.is_empty() {
        return Err("no snapshot came".into());
    }
    Ok(frames)
}

fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        now.tv_sec.try_into().unwrap_or_default(),
        now.tv_nsec.try_into().unwrap_or_default(),
    )
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
