//! The rows of the dialogs and of typing.

use crossterm::event::KeyCode;

use super::{key, named, quietly, row};
use crate::tui::action::{Action, Binding, DialogKind, Group, Place, Row};

const HELP: Place = Place::Dialog(DialogKind::Help);
const INJECT: Place = Place::Dialog(DialogKind::Inject);
const VERDICT: Place = Place::Dialog(DialogKind::Verdict);
const SCORE: Place = Place::Dialog(DialogKind::Score);
const PALETTE: Place = Place::Dialog(DialogKind::Palette);
const ATTEMPTS: Place = Place::Dialog(DialogKind::Attempts);

/// A text is scrolled by lines, or by ten.
const SCROLL: [Binding; 6] = [
    named(KeyCode::Up, Action::Scroll(-1)),
    named(KeyCode::Down, Action::Scroll(1)),
    quietly(key('k', Action::Scroll(-1))),
    quietly(key('j', Action::Scroll(1))),
    quietly(named(KeyCode::PageUp, Action::Scroll(-10))),
    quietly(named(KeyCode::PageDown, Action::Scroll(10))),
];

pub(super) const ROWS: &[Row] = &[
    // In the fault dialog
    row(
        (Group::Inject, INJECT),
        Some(3),
        &[
            named(KeyCode::Up, Action::Field(-1)),
            named(KeyCode::Down, Action::Field(1)),
            quietly(key('k', Action::Field(-1))),
            quietly(key('j', Action::Field(1))),
            quietly(named(KeyCode::Tab, Action::Field(1))),
            quietly(named(KeyCode::BackTab, Action::Field(-1))),
        ],
        "field",
        "another field",
    ),
    row(
        (Group::Inject, INJECT),
        Some(2),
        &[
            named(KeyCode::Left, Action::Turn(-1)),
            named(KeyCode::Right, Action::Turn(1)),
            quietly(key('h', Action::Turn(-1))),
            quietly(key('l', Action::Turn(1))),
        ],
        "turn",
        "the field's value, less or more",
    ),
    row(
        (Group::Inject, INJECT),
        Some(1),
        &[named(KeyCode::Enter, Action::Confirm)],
        "inject",
        "break it, as the sentence says",
    ),
    // In a request's attempts
    row(
        (Group::Attempts, ATTEMPTS),
        Some(2),
        &[
            named(KeyCode::Up, Action::Scroll(-1)),
            named(KeyCode::Down, Action::Scroll(1)),
            quietly(key('k', Action::Scroll(-1))),
            quietly(key('j', Action::Scroll(1))),
        ],
        "attempt",
        "the message of another attempt",
    ),
    row(
        (Group::Attempts, ATTEMPTS),
        Some(1),
        &[
            named(KeyCode::Left, Action::Request(-1)),
            named(KeyCode::Right, Action::Request(1)),
            quietly(key('h', Action::Request(-1))),
            quietly(key('l', Action::Request(1))),
        ],
        "request",
        "the request before or after it in the event log",
    ),
    // In the verdict
    row(
        (Group::Verdict, VERDICT),
        Some(1),
        &SCROLL,
        "scroll",
        "up or down",
    ),
    row(
        (Group::Verdict, VERDICT),
        None,
        &[key('v', Action::Back)],
        "close",
        "close the verdict",
    ),
    row((Group::Verdict, SCORE), Some(1), &SCROLL, "scroll", "up or down"),
    row(
        (Group::Verdict, SCORE),
        None,
        &[key('s', Action::Back)],
        "close",
        "close the scorecard",
    ),
    // In the command palette
    row(
        (Group::Palette, PALETTE),
        Some(1),
        &[named(KeyCode::Enter, Action::Confirm)],
        "do it",
        "what stands under the cursor is done",
    ),
    row(
        (Group::Palette, PALETTE),
        Some(2),
        &[
            named(KeyCode::Up, Action::Field(-1)),
            named(KeyCode::Down, Action::Field(1)),
            quietly(named(KeyCode::BackTab, Action::Field(-1))),
            quietly(named(KeyCode::Tab, Action::Field(1))),
            quietly(named(KeyCode::PageUp, Action::Field(-10))),
            quietly(named(KeyCode::PageDown, Action::Field(10))),
        ],
        "pick",
        "another command",
    ),
    row(
        (Group::Palette, PALETTE),
        Some(3),
        &[named(KeyCode::Esc, Action::Back)],
        "close",
        "close the palette",
    ),
    row(
        (Group::Palette, PALETTE),
        None,
        &[named(KeyCode::Backspace, Action::FilterErase)],
        "erase",
        "the last letter goes",
    ),
    // Help over a dialog
    row(
        (Group::Inject, INJECT),
        Some(0),
        &[key('?', Action::Help)],
        "help",
        "what can be broken and how",
    ),
    row(
        (Group::Attempts, ATTEMPTS),
        Some(0),
        &[key('?', Action::Help)],
        "help",
        "how to read a request's attempts",
    ),
    row(
        (Group::Verdict, VERDICT),
        Some(0),
        &[key('?', Action::Help)],
        "help",
        "how to read the verdict",
    ),
    row(
        (Group::Verdict, SCORE),
        Some(0),
        &[key('?', Action::Help)],
        "help",
        "what each mark means",
    ),
    // In help
    row((Group::Help, HELP), Some(1), &SCROLL, "scroll", "up or down"),
    row(
        (Group::Help, HELP),
        None,
        &[key('?', Action::Back)],
        "close",
        "close help",
    ),
    // While a filter is typed
    row(
        (Group::Typing, Place::Typing),
        Some(1),
        &[named(KeyCode::Enter, Action::FilterKeep)],
        "keep",
        "the filter stays",
    ),
    row(
        (Group::Typing, Place::Typing),
        Some(2),
        &[named(KeyCode::Esc, Action::FilterDrop)],
        "all events",
        "the filter goes",
    ),
    row(
        (Group::Typing, Place::Typing),
        None,
        &[named(KeyCode::Backspace, Action::FilterErase)],
        "erase",
        "the last character goes",
    ),
];
