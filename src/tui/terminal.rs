//! The terminal: taken over for the dashboard, and given back on every way out.
//!
//! Ways out are the end of the dashboard, an error, a signal, a suspension and a panic of any
//! thread. Whatever happens, the shell finds its screen, its cursor and its line editing again.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

use super::app::{App, Drawn};

/// Whether the terminal is taken over at present.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// A whole frame of a large screen fits, so it is written at once and does not flicker.
const WRITE_BUFFER: usize = 256 * 1024;

/// Who stops when the dashboard is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Everything that was started with it: what Ctrl-Z does in a program that does not read it.
    /// A wrapper such as `cargo run` would otherwise keep the shell waiting.
    Group,
    /// The dashboard alone: somebody sent it the signal.
    Process,
}

/// What the event loop asks of a screen.
pub trait Screen {
    /// Draws the app.
    fn draw(&mut self, app: &App) -> io::Result<Drawn>;
    /// Makes the next drawing write every cell.
    fn forget(&mut self) -> io::Result<()>;
    /// Gives the terminal back and has the process stopped. The kernel may do so a moment after
    /// this returns, where another thread takes the signal: `retake` is for later.
    fn suspend(&mut self, who: Stopped) -> io::Result<()>;
    /// Takes the terminal again after a stop, whoever asked for it.
    fn retake(&mut self) -> io::Result<()>;
    /// Whether the terminal is still taken: a panic elsewhere gives it back.
    fn is_taken(&self) -> bool;
}

/// The real terminal, taken over until this value is dropped.
pub struct TerminalScreen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
}

impl TerminalScreen {
    /// Whether there is a terminal to draw on.
    pub fn exists() -> bool {
        stdout().is_terminal()
    }

    /// Takes over the terminal, with or without the mouse.
    pub fn take(mouse: bool) -> io::Result<Self> {
        give_back_on_panic();
        take(mouse)?;
        let writer = BufWriter::with_capacity(WRITE_BUFFER, stdout());
        match Terminal::new(CrosstermBackend::new(writer)) {
            Ok(terminal) => Ok(Self { terminal, mouse }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl TerminalScreen {
    /// Draws what is no dashboard.
    pub fn paint(&mut self, paint: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        self.terminal
            .draw(|frame| paint(frame.area(), frame.buffer_mut()))?;
        Ok(())
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        give_back();
    }
}

impl Screen for TerminalScreen {
    fn draw(&mut self, app: &App) -> io::Result<Drawn> {
        let mut drawn = Drawn::default();
        self.terminal.draw(|frame| {
            let area = frame.area();
            drawn = app.draw(area, frame.buffer_mut());
        })?;
        Ok(drawn)
    }

    fn forget(&mut self) -> io::Result<()> {
        // Not `clear`: that asks the terminal for its cursor and waits for the answer, which the
        // event stream would take for keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    fn suspend(&mut self, who: Stopped) -> io::Result<()> {
        give_back();
        // SIGSTOP, not SIGTSTP: the latter is ours to hear and does nothing in an orphaned group.
        match who {
            Stopped::Group => kill_current_process_group(Signal::STOP)?,
            Stopped::Process => kill_process(getpid(), Signal::STOP)?,
        }
        Ok(())
    }

    fn retake(&mut self) -> io::Result<()> {
        // The shell may have changed the line settings meanwhile: leave them and set them anew.
        give_back();
        take(self.mouse)
    }

    fn is_taken(&self) -> bool {
        TAKEN.load(Ordering::SeqCst)
    }
}

fn take(mouse: bool) -> io::Result<()> {
    // First the flag: what fails half-way is given back too.
    TAKEN.store(true, Ordering::SeqCst);
    let taken = enable_raw_mode()
        .and_then(|()| execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide))
        .and_then(|()| {
            if mouse {
                execute!(stdout(), EnableMouseCapture)
            } else {
                Ok(())
            }
        });
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Gives the terminal back, once. Does all it can: an error here has nobody to go to.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    let _ = execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// From now on a panic of any thread gives the terminal back before it is reported.
fn give_back_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
    });
}
