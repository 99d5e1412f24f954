//! The dashboard without a drawn screen, for screen readers and slow lines: what changes is told in
//! lines of text, and lines that are typed are obeyed.
//!
//! The same [`App`] decides; this module only listens and writes. Never moves a cursor, never clears.

mod teller;

use std::io::{self, BufRead as _, Write};
use std::sync::Arc;

use tokio::sync::mpsc;

use self::teller::Teller;
use super::app::{App, AppPlan};
use super::effect::Effect;
use super::incident;
use super::msg::Msg;
use super::run::{Ended, TuiError};
use super::show::Show;
use super::signals::{Signals, Told};
use crate::drill::Command;

/// Lines typed ahead of what is obeyed; what comes beyond them waits in the terminal.
const LINES_AHEAD: usize = 16;
const WELCOME: &str = "bedrill, plain mode. Type status, events, score, verdict, regions, help or quit and Enter; \
    any other words are looked up among the commands, such as: fault capacity-outage us-east-1.";

/// Shows a drill in lines until it ends, a person quits or a signal comes. Must run within a runtime.
pub async fn follow(
    show: Show,
    plan: AppPlan,
    lines: &mut mpsc::Receiver<String>,
) -> Result<Ended, TuiError> {
    let mut signals = Signals::listen().map_err(TuiError::Signals)?;
    let mut desk = Desk::new(show, plan);
    let mut out = io::stdout();
    tell(&mut out, &[WELCOME.to_owned()])?;
    let mut drill_runs = true;
    let mut listens = true;
    loop {
        tokio::select! {
            biased;
            told = signals.next() => if let Told::End(number) = told {
                return Ok(Ended::Signal(number));
            },
            line = lines.recv(), if listens => match line {
                Some(line) => {
                    let (answer, ended) = desk.obey(&line);
                    tell(&mut out, &answer)?;
                    if let Some(ended) = ended {
                        return Ok(ended);
                    }
                }
                // Nobody types any more: the run is told to its end.
                None => listens = false,
            },
            changed = desk.show.snapshots.changed(), if drill_runs => {
                drill_runs = changed.is_ok();
                tell(&mut out, &desk.news())?;
                if !listens && (!drill_runs || desk.app.shown().finished) {
                    return Ok(Ended::Quit);
                }
            }
        }
    }
}

/// The app and its run, without a screen.
struct Desk {
    app: App,
    teller: Teller,
    show: Show,
}

impl Desk {
    fn new(mut show: Show, plan: AppPlan) -> Self {
        let first = Arc::clone(&show.snapshots.borrow_and_update());
        Self {
            teller: Teller::new(&first),
            app: App::new(plan, first),
            show,
        }
    }

    /// What is new since the last time.
    fn news(&mut self) -> Vec<String> {
        let snapshot = Arc::clone(&self.show.snapshots.borrow_and_update());
        let effects = self.app.update(Msg::Snapshot(Arc::clone(&snapshot)));
        self.carry_out(effects);
        self.teller.news(&snapshot)
    }

    /// Does what a line asks for; the answer, and how the dashboard ends, if it does.
    fn obey(&mut self, line: &str) -> (Vec<String>, Option<Ended>) {
        let words = line.trim().to_lowercase();
        let snapshot = Arc::clone(self.app.shown());
        let answer = match words.as_str() {
            "" | "status" => teller::status(&snapshot),
            "events" => teller::events(&snapshot),
            "score" => teller::score(&snapshot),
            "regions" => teller::regions(&snapshot),
            "verdict" => teller::verdict(self.app.viewing().verdict.as_deref()),
            "help" => self.commands(),
            "quit" | "q" => {
                let ended = self.carry_out(vec![Effect::Send(Command::Stop), Effect::Quit]);
                return (vec!["every fault is lifted, the run stops".to_owned()], ended);
            }
            _ => return self.look_up(&words),
        };
        (answer, None)
    }

    fn look_up(&mut self, words: &str) -> (Vec<String>, Option<Ended>) {
        let Some((name, effects)) = self.app.obey(words) else {
            let answer = format!("nothing is called `{words}`; help lists what there is");
            return (vec![answer], None);
        };
        let ended = self.carry_out(effects);
        let answer = self.app.viewing().hint.clone().unwrap_or_default();
        (vec![format!("{name}: {answer}")], ended)
    }

    /// The commands that mean something without a screen.
    fn commands(&self) -> Vec<String> {
        let entries = self.app.entries();
        let drawn = |name: &str| name.starts_with("page ");
        let lines = entries.iter().filter(|entry| !drawn(&entry.name));
        let mut told = vec![WELCOME.to_owned()];
        told.extend(lines.map(|entry| format!("{}: {}", entry.name, entry.about)));
        told
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Option<Ended> {
        let mut ended = None;
        for effect in effects {
            match effect {
                Effect::Send(command) => {
                    if self.show.commands.try_send(command).is_err() {
                        self.app.update(Msg::OrderLost);
                    }
                }
                Effect::Quit => ended = Some(Ended::Quit),
                Effect::Run(next) => ended = Some(Ended::Run(next)),
                Effect::Write(text) => {
                    self.app.update(Msg::Written(incident::write(&text)));
                }
                // There is no screen to redraw, and no recording to play.
                Effect::Replay(_) | Effect::Redraw | Effect::Suspend => {}
            }
        }
        ended
    }
}

/// The lines of standard input. The thread ends with its input, or with the process: a read of a
/// terminal cannot be broken off.
pub fn typed() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(LINES_AHEAD);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn tell(out: &mut impl Write, lines: &[String]) -> Result<(), TuiError> {
    for line in lines {
        writeln!(out, "{line}").map_err(TuiError::Draw)?;
    }
    out.flush().map_err(TuiError::Draw)
}
