//! The real binary in a real pseudo-terminal: what it draws, what it does with signals, and whether
//! it gives the terminal back.

#![allow(
    clippy::disallowed_methods,
    reason = "a test of a real process waits in real time"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::termios::{LocalModes, tcgetattr};

/// However busy the machine: what takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(20);
const NO_DATA: &str = "no data within the time the test allows";

/// A program on a terminal of its own.
pub struct Pty {
    screen: vt100::Parser,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Held open, so that the terminal outlives the program and can be looked at.
    _slave: Box<dyn SlavePty + Send>,
    /// Everything it wrote.
    written: Vec<u8>,
}

impl Pty {
    /// Starts a program on a terminal of so many columns and rows.
    pub fn spawn(program: &str, args: &[&str], variables: &[(&str, &str)], size: (u16, u16)) -> Self {
        let pair = native_pty_system()
            .openpty(pty_size(size))
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        command.env("BEDRILL_NO_RECORD", "1");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let (sender, output) = channel();
        // Ends with the terminal, or when nobody listens any more.
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length) = reader.read(&mut chunk) {
                if length == 0 || sender.send(chunk[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            screen: vt100::Parser::new(cells(size.1), cells(size.0), 0),
            output,
            keys,
            child,
            master: pair.master,
            _slave: pair.slave,
            written: Vec::new(),
        }
    }

    /// Waits until the screen shows a text.
    pub fn see(&mut self, wanted: &str) -> &mut Self {
        self.until(&format!("`{wanted}` on the screen"), |screen| {
            screen.contents().contains(wanted)
        })
    }

    /// Waits until the screen shows a text no more.
    pub fn see_gone(&mut self, unwanted: &str) -> &mut Self {
        self.until(&format!("`{unwanted}` gone from the screen"), |screen| {
            !screen.contents().contains(unwanted)
        })
    }

    /// Waits until the header, the first two rows, shows a text no more: the event log below keeps it.
    pub fn see_header_without(&mut self, unwanted: &str) -> &mut Self {
        self.until(&format!("header without `{unwanted}`"), |screen| {
            let rows = screen.contents();
            !rows.lines().take(2).any(|row| row.contains(unwanted))
        })
    }

    /// Waits until the screen is as it should be; says what it was if it never is.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(chunk) => self.take(&chunk),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!(
                        "no {what}; {NO_DATA}. The screen:\n{}",
                        self.screen.screen().contents()
                    )
                }
            }
        }
        self
    }

    /// Presses keys, as the bytes a terminal sends for them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.keys
            .write_all(keys.as_bytes())
            .and_then(|()| self.keys.flush())
            .expect("the terminal takes keys");
        self
    }

    /// Changes the size of the terminal. The screen is wiped: what is seen next was drawn after it.
    pub fn resize(&mut self, size: (u16, u16)) -> &mut Self {
        self.master.resize(pty_size(size)).expect("a new size");
        self.screen.screen_mut().set_size(cells(size.1), cells(size.0));
        self.screen.process(b"\x1b[2J");
        self
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        kill_process(self.pid(), signal).expect("the program lives");
        self
    }

    /// Waits until the program has stopped itself.
    pub fn see_stopped(&mut self) -> &mut Self {
        let (_, status) = waitpid(Some(self.pid()), WaitOptions::UNTRACED)
            .expect("the program is ours")
            .expect("a change of its state");
        assert!(status.stopped(), "it did not stop but {status:?}");
        self.drain();
        self
    }

    /// Waits until the program has ended; answers how, and what then stands on the screen.
    pub fn ended(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program is ours") {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end. The screen:\n{}",
                self.screen.screen().contents()
            );
            // Its output must be taken, or it cannot end.
            if let Ok(chunk) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.take(&chunk);
            }
        };
        self.drain();
        (status, self.screen.screen().contents())
    }

    /// Asserts that a shell would find the terminal as it left it.
    pub fn assert_given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "pastes are plain again");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "the mouse is the terminal's"
        );
        let modes = self.line_modes();
        assert!(
            modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG),
            "lines are edited and echoed: {modes:?}"
        );
    }

    /// Asserts that the program has the terminal for itself.
    pub fn assert_taken(&self) {
        assert!(self.screen.screen().alternate_screen(), "on the alternate screen");
        assert!(!self.line_modes().contains(LocalModes::ICANON), "in raw mode");
    }

    /// Whether the program ever left the alternate screen.
    pub fn ever_left(&self) -> bool {
        const LEAVE: &[u8] = b"\x1b[?1049l";
        self.written.windows(LEAVE.len()).any(|bytes| bytes == LEAVE)
    }

    fn take(&mut self, chunk: &[u8]) {
        self.screen.process(chunk);
        self.written.extend_from_slice(chunk);
    }

    fn line_modes(&self) -> LocalModes {
        let path: PathBuf = self.master.tty_name().expect("the terminal has a name");
        let terminal = File::open(path).expect("the terminal can be opened");
        tcgetattr(&terminal).expect("its settings").local_modes
    }

    fn pid(&self) -> Pid {
        let id = self.child.process_id().expect("the program lives");
        Pid::from_raw(id.cast_signed()).expect("a process number")
    }

    /// Takes what the program wrote before it stopped or ended.
    fn drain(&mut self) {
        while let Ok(chunk) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&chunk);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A test that failed must not leave a stopped or a running program behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pty_size(size: (u16, u16)) -> PtySize {
    PtySize {
        cols: size.0,
        rows: size.1,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a screen has cells")
}
