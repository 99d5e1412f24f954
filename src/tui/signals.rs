//! Signals, as facts for the event loop.

use std::io;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// To end; the signal's number.
    End(i32),
    /// To stop until resumed (SIGTSTP).
    Stop,
    /// To go on after a stop (SIGCONT).
    GoOn,
}

/// The signals that are heard.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    /// Hears from now on. Call it inside a runtime with I/O enabled.
    pub fn listen() -> io::Result<Self> {
        let hear = |number: Number| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            terminate: hear(Number::TERM)?,
            interrupt: hear(Number::INT)?,
            hang_up: hear(Number::HUP)?,
            stop: hear(Number::TSTP)?,
            go_on: hear(Number::CONT)?,
        })
    }

    /// The next signal. Loses none when dropped before it is ready.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Told::End(Number::TERM.as_raw()),
            _ = self.interrupt.recv() => Told::End(Number::INT.as_raw()),
            _ = self.hang_up.recv() => Told::End(Number::HUP.as_raw()),
            _ = self.stop.recv() => Told::Stop,
            _ = self.go_on.recv() => Told::GoOn,
        }
    }
}
