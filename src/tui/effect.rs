//! What the dashboard asks of the world outside it. `app` decides, `run` does.

use crate::drill::Command;
use crate::replay::Order;

/// The scenario that is to run next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// What the run is called.
    pub name: String,
    /// The scenario, TOML text.
    pub scenario: String,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Order the drill.
    Send(Command),
    /// Tell the replay what to do.
    Replay(Order),
    /// Leave the dashboard.
    Quit,
    /// Show this scenario in place of the one that runs.
    Run(Successor),
    /// Write an incident summary, Markdown, into a new file of the present folder.
    Write(String),
    /// Give the terminal back and stop until the shell resumes the process.
    Suspend,
    /// Draw every cell anew: something else wrote on the screen.
    Redraw,
}
