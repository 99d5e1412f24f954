//! The dashboard of the real binary on a real terminal: it draws, it obeys, and it gives the terminal
//! back on every way out.

use rustix::process::Signal;

use super::pty::Pty;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

/// The dashboard with its first page on the screen.
fn dashboard(flags: &[&str]) -> Pty {
    // A backtrace would scroll the head of a panic report off the screen.
    let quiet = [("RUST_BACKTRACE", "0")];
    let mut pty = Pty::spawn(env!("CARGO_BIN_EXE_bedrill"), flags, &quiet, LARGE);
    pty.see("Cross-region inference").see("events").assert_taken();
    pty
}

#[test]
fn it_opens_help_follows_the_size_and_leaves() {
    let mut pty = dashboard(&[]);
    pty.press("?")
        .see("What you see")
        .see("What it would cost on AWS");
    pty.press("\x1b").see_gone("What you see");
    pty.resize((40, 10)).see("bedrill needs 60x16");
    pty.resize(SMALL).see("events").press("7").see("chain");
    pty.press("q");
    let (status, _) = pty.ended();
    assert!(status.success(), "{status:?}");
    pty.assert_given_back();
}

#[test]
fn one_key_breaks_a_region_and_another_lifts_it() {
    let mut pty = dashboard(&[]);
    pty.press("o").see("▼ us-east-1 capacity");
    pty.press("x").see_gone("▼ us-east-1 capacity");
    pty.press("q");
    pty.ended();
    pty.assert_given_back();
}

#[test]
fn every_signal_that_ends_it_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut pty = dashboard(&[]);
        pty.signal(signal).ended();
        pty.assert_given_back();
    }
    // Ctrl-C is a key in raw mode, not a signal.
    let mut pty = dashboard(&[]);
    pty.press("\x03").ended();
    pty.assert_given_back();
}

#[test]
fn it_can_be_suspended_and_resumed() {
    // By the key, which stops the whole group, and by the signal.
    for by_key in [true, false] {
        let mut pty = dashboard(&[]);
        if by_key {
            pty.press("\x1a");
        } else {
            pty.signal(Signal::TSTP);
        }
        pty.see_stopped().assert_given_back();
        pty.signal(Signal::CONT)
            .see("Cross-region inference")
            .assert_taken();
        pty.press("q").ended();
        pty.assert_given_back();
    }
}

#[test]
fn a_panic_is_reported_on_a_terminal_that_works() {
    let mut pty = dashboard(&["--test-panic-after", "2000"]);
    let (status, screen) = pty.ended();
    assert!(!status.success());
    assert!(screen.contains("panicked"), "{screen}");
    pty.assert_given_back();
}
