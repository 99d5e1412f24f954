//! What can happen to the dashboard. Everything that changes its state comes as one of these.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::layout::Position;

use crate::capacity::Capacity;
use crate::measure::Snapshot;
use crate::replay::Playing;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse was clicked there.
    Click(Position),
    /// It was let go there.
    Release(Position),
    /// The wheel was turned by so many notches; up is negative.
    Wheel(i8),
    /// The drill published a new snapshot.
    Snapshot(Arc<Snapshot>),
    /// The drill ended: no snapshot will follow.
    DrillEnded,
    /// The drill was too busy to take an order, and did not.
    OrderLost,
    /// The poller knows more of the account's quotas.
    Capacity(Arc<Capacity>),
    /// The incident summary was written there, or why not.
    Written(Result<String, String>),
    /// The replay says where it stands.
    Playing(Playing),
    /// The process was stopped and goes on.
    Resumed,
}
