//! The table of actions. A new key is a new row here and nowhere else.

use crossterm::event::KeyCode;

use super::{Action, Binding, DialogKind, Group, Place, Row, Stroke};

const fn key(c: char, action: Action) -> Binding {
    bind(Stroke::char(c), action)
}

const fn named(code: KeyCode, action: Action) -> Binding {
    bind(Stroke::code(code), action)
}

const fn bind(stroke: Stroke, action: Action) -> Binding {
    Binding {
        stroke,
        action,
        quiet: false,
    }
}

const fn quietly(binding: Binding) -> Binding {
    Binding {
        quiet: true,
        ..binding
    }
}

const HELP: Place = Place::Dialog(DialogKind::Help);
const INJECT: Place = Place::Dialog(DialogKind::Inject);
const ATTEMPTS: Place = Place::Dialog(DialogKind::Attempts);

const fn row(
    group: Group,
    place: Place,
    bindings: &'static [Binding],
    label: &'static str,
    help: &'static str,
) -> Row {
    Row {
        bindings,
        label,
        footer: None,
        help,
        place,
        group,
    }
}

/// The row, shown in the footer with this rank.
const fn shown(rank: u8, row: Row) -> Row {
    Row {
        footer: Some(rank),
        ..row
    }
}

/// Every action, in the order of footer, help and docs.
pub const TABLE: &[Row] = &[
    // Pages
    shown(
        1,
        row(
            Group::Pages,
            Place::Pages,
            &[
                key('1', Action::Pattern(1)),
                key('2', Action::Pattern(2)),
                key('3', Action::Pattern(3)),
                key('4', Action::Pattern(4)),
                key('5', Action::Pattern(5)),
                key('6', Action::Pattern(6)),
                key('7', Action::Pattern(7)),
            ],
            "open",
            "open the page of a pattern",
        ),
    ),
    shown(
        9,
        row(
            Group::Pages,
            Place::Pages,
            &[
                key('0', Action::Overview),
                quietly(named(KeyCode::Tab, Action::Overview)),
            ],
            "overview",
            "the Overview: every pattern of the run",
        ),
    ),
    shown(
        7,
        row(
            Group::Pages,
            Place::Pages,
            &[key('m', Action::Survival)],
            "matrix",
            "the survival matrix: ways of calling against faults; again: back",
        ),
    ),
    shown(
        12,
        row(
            Group::Pages,
            Place::Panels,
            &[key('a', Action::NextArm), key('A', Action::PreviousArm)],
            "way",
            "details of the next or the previous way of calling",
        ),
    ),
    // Traffic
    shown(
        4,
        row(
            Group::Traffic,
            Place::Pages,
            &[key(' ', Action::Pause)],
            "pause",
            "arrivals stop or go on; what is in flight ends",
        ),
    ),
    shown(
        5,
        row(
            Group::Traffic,
            Place::Pages,
            &[
                key('+', Action::RateUp),
                key('-', Action::RateDown),
                quietly(key('=', Action::RateUp)),
                quietly(key('_', Action::RateDown)),
            ],
            "rate",
            "shots a second of the pattern shown; of all on the other pages",
        ),
    ),
    shown(
        13,
        row(
            Group::Traffic,
            Place::Pages,
            &[key('c', Action::CapDown), key('C', Action::CapUp)],
            "cap",
            "fewer or more shots in flight at once, over the whole run",
        ),
    ),
    shown(
        14,
        row(
            Group::Traffic,
            Place::Panels,
            &[key('p', Action::PatternOnOff)],
            "on/off",
            "this pattern's traffic on or off",
        ),
    ),
    // Faults
    shown(
        2,
        row(
            Group::Faults,
            Place::Pages,
            &[key('o', Action::CapacityOutage), key('O', Action::EndpointOutage)],
            "outage",
            "o: the region shown loses its capacity; O: its endpoint refuses; again: lifted",
        ),
    ),
    shown(
        6,
        row(
            Group::Faults,
            Place::Pages,
            &[key('f', Action::Inject)],
            "fault",
            "choose any fault: kind, where, how much, how long",
        ),
    ),
    shown(
        8,
        row(
            Group::Faults,
            Place::Pages,
            &[key('x', Action::LiftAll)],
            "lift",
            "lift every fault now",
        ),
    ),
    // View
    shown(
        10,
        row(
            Group::View,
            Place::Pages,
            &[key('z', Action::Freeze)],
            "freeze",
            "the screen stands still while traffic goes on; again: live",
        ),
    ),
    shown(
        3,
        row(
            Group::View,
            Place::Frozen,
            &[
                named(KeyCode::Left, Action::Earlier(1)),
                named(KeyCode::Right, Action::Later(1)),
                quietly(bind(Stroke::shift(KeyCode::Left), Action::Earlier(10))),
                quietly(bind(Stroke::shift(KeyCode::Right), Action::Later(10))),
            ],
            "scrub",
            "a second back or forth in time, ten with Shift",
        ),
    ),
    row(
        Group::View,
        Place::Charts,
        &[key('[', Action::SpanShorter), key(']', Action::SpanLonger)],
        "span",
        "time charts cover less or more time",
    ),
    row(
        Group::View,
        Place::Charts,
        &[key('l', Action::LogScale)],
        "log scale",
        "latency charts logarithmic or linear",
    ),
    row(
        Group::View,
        Place::Anywhere,
        &[key('t', Action::Theme)],
        "theme",
        "the next theme: dark, light, colour-blind-safe, plain",
    ),
    // Event log
    shown(
        11,
        row(
            Group::Log,
            Place::Pages,
            &[key('/', Action::Filter)],
            "filter",
            "show only events that hold a text",
        ),
    ),
    row(
        Group::Log,
        Place::Pages,
        &[
            named(KeyCode::Up, Action::LogLines(-1)),
            named(KeyCode::Down, Action::LogLines(1)),
            quietly(key('k', Action::LogLines(-1))),
            quietly(key('j', Action::LogLines(1))),
        ],
        "event",
        "an older or a newer event",
    ),
    row(
        Group::Log,
        Place::Pages,
        &[
            named(KeyCode::PageUp, Action::LogLines(-10)),
            named(KeyCode::PageDown, Action::LogLines(10)),
        ],
        "page",
        "ten events up or down",
    ),
    row(
        Group::Log,
        Place::Pages,
        &[
            named(KeyCode::Home, Action::LogOldest),
            named(KeyCode::End, Action::LogNewest),
        ],
        "ends",
        "the oldest event; follow the newest again",
    ),
    shown(
        15,
        row(
            Group::Log,
            Place::Pages,
            &[named(KeyCode::Enter, Action::Attempts)],
            "attempts",
            "the attempt tree of the request behind the event",
        ),
    ),
    // In the fault dialog
    shown(
        3,
        row(
            Group::Inject,
            INJECT,
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
    ),
    shown(
        2,
        row(
            Group::Inject,
            INJECT,
            &[
                named(KeyCode::Left, Action::Turn(-1)),
                named(KeyCode::Right, Action::Turn(1)),
                quietly(key('h', Action::Turn(-1))),
                quietly(key('l', Action::Turn(1))),
            ],
            "turn",
            "the field's value, less or more",
        ),
    ),
    shown(
        1,
        row(
            Group::Inject,
            INJECT,
            &[named(KeyCode::Enter, Action::Confirm)],
            "inject",
            "break it, as the sentence says",
        ),
    ),
    // In a request's attempts
    shown(
        2,
        row(
            Group::Attempts,
            ATTEMPTS,
            &[
                named(KeyCode::Up, Action::Scroll(-1)),
                named(KeyCode::Down, Action::Scroll(1)),
                quietly(key('k', Action::Scroll(-1))),
                quietly(key('j', Action::Scroll(1))),
            ],
            "attempt",
            "the message of another attempt",
        ),
    ),
    shown(
        1,
        row(
            Group::Attempts,
            ATTEMPTS,
            &[
                named(KeyCode::Left, Action::Request(-1)),
                named(KeyCode::Right, Action::Request(1)),
                quietly(key('h', Action::Request(-1))),
                quietly(key('l', Action::Request(1))),
            ],
            "request",
            "the request before or after it in the event log",
        ),
    ),
    // In help
    shown(
        1,
        row(
            Group::Help,
            HELP,
            &[
                named(KeyCode::Up, Action::Scroll(-1)),
                named(KeyCode::Down, Action::Scroll(1)),
                quietly(key('k', Action::Scroll(-1))),
                quietly(key('j', Action::Scroll(1))),
                quietly(named(KeyCode::PageUp, Action::Scroll(-10))),
                quietly(named(KeyCode::PageDown, Action::Scroll(10))),
            ],
            "scroll",
            "up or down",
        ),
    ),
    row(
        Group::Help,
        HELP,
        &[key('?', Action::Back)],
        "close",
        "close help",
    ),
    // While a filter is typed
    shown(
        1,
        row(
            Group::Typing,
            Place::Typing,
            &[named(KeyCode::Enter, Action::FilterKeep)],
            "keep",
            "the filter stays",
        ),
    ),
    shown(
        2,
        row(
            Group::Typing,
            Place::Typing,
            &[named(KeyCode::Esc, Action::FilterDrop)],
            "all events",
            "the filter goes",
        ),
    ),
    row(
        Group::Typing,
        Place::Typing,
        &[named(KeyCode::Backspace, Action::FilterErase)],
        "erase",
        "the last character goes",
    ),
    // Program
    shown(
        0,
        row(
            Group::Program,
            Place::Pages,
            &[key('?', Action::Help)],
            "help",
            "what this page shows, what to try, what it would cost on AWS",
        ),
    ),
    shown(
        9,
        row(
            Group::Program,
            Place::Anywhere,
            &[named(KeyCode::Esc, Action::Back)],
            "back",
            "one step out: dialog, filter, frozen view, page",
        ),
    ),
    shown(
        0,
        row(
            Group::Program,
            Place::Anywhere,
            &[key('q', Action::Quit)],
            "quit",
            "lift every fault, stop the run and leave",
        ),
    ),
    row(
        Group::Program,
        Place::Always,
        &[bind(Stroke::control('c'), Action::Quit)],
        "quit",
        "the same, while typing too",
    ),
    row(
        Group::Program,
        Place::Always,
        &[bind(Stroke::control('z'), Action::Suspend)],
        "suspend",
        "back to the shell; `fg` resumes",
    ),
    row(
        Group::Program,
        Place::Always,
        &[bind(Stroke::control('l'), Action::Redraw)],
        "redraw",
        "draw the screen anew",
    ),
];
