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
    pty.press("x")
        .see("us-east-1 capacity is lifted")
        .see_header_without("▼ us-east-1 capacity");
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

#[test]
fn the_guided_tour_can_be_walked_held_and_left_and_ends_with_the_scorecard() {
    let mut pty = Pty::spawn(
        env!("CARGO_BIN_EXE_bedrill"),
        &["demo"],
        &[("RUST_BACKTRACE", "0")],
        SMALL,
    );
    pty.see("tour 1 of 10 A normal day").see("events").assert_taken();
    pty.press("n").see("tour 2 of 10").see("One model, three ways");
    pty.press("w").see(" waits ").press("w").see_gone(" waits ");
    pty.press("n")
        .see("A region loses its capacity")
        .see("▼ us-east-1 capacity");
    pty.press("b").see("tour 2 of 10").press("n").see("tour 3 of 10");
    for title in [
        "Where it went",
        "The endpoint dies",
        "A profile is no help here",
        "And back",
        "Who survived what",
        "Turn a dial",
    ] {
        pty.press("n").see(title);
    }
    pty.press("n")
        .see("tour 10 of 10")
        .see("Scorecard of the newest fault");
    pty.press("E")
        .see_gone("tour 10 of 10")
        .see("Scorecard of the newest fault");
    pty.press("q");
    let (status, _) = pty.ended();
    assert!(status.success(), "{status:?}");
    pty.assert_given_back();
}

#[test]
fn plain_mode_tells_lines_and_obeys_them() {
    let mut pty = Pty::spawn(
        env!("CARGO_BIN_EXE_bedrill"),
        &["--plain"],
        &[("RUST_BACKTRACE", "0")],
        LARGE,
    );
    pty.see("plain mode").see("on-demand: good");
    pty.press("fault capacity-outage us-east-1\r")
        .see("us-east-1 capacity-outage: for 30s")
        .see("on-demand: broken");
    pty.press("status\r").see("fault in force: us-east-1 capacity");
    pty.press("xyzzy\r").see("nothing is called `xyzzy`");
    pty.press("quit\r");
    let (status, _) = pty.ended();
    assert!(status.success(), "{status:?}");
    assert!(
        !pty.ever_left(),
        "it never took the screen, so it had none to give back"
    );
}

#[test]
fn a_theme_of_ones_own_and_a_terminal_of_letters() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mine.toml");
    std::fs::write(&file, "base = \"dark\"\n[colours]\ngood = 999\n").expect("a file");
    let file = file.to_string_lossy().into_owned();
    let wrong = std::process::Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .args(["--theme", &file])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(
        said.contains("mine.toml:3:8") && said.contains("colours.good"),
        "{said}"
    );
    let example = std::process::Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .arg("--print-theme")
        .output()
        .expect("it runs");
    std::fs::write(&file, &example.stdout).expect("a file");
    let locale = [("LC_ALL", "C"), ("RUST_BACKTRACE", "0")];
    let mut pty = Pty::spawn(env!("CARGO_BIN_EXE_bedrill"), &["--theme", &file], &locale, LARGE);
    pty.see("Cross-region inference").see("events");
    pty.until("letters alone", |screen| screen.contents().is_ascii());
    pty.press("t").see("theme: dark").press("q");
    pty.ended();
    pty.assert_given_back();
}
