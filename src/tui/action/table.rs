//! The table of actions. A new key is a new row here and nowhere else.

mod dialogs;

use crossterm::event::KeyCode;

use super::{Action, Binding, Group, Place, Row, Stroke};
use crate::replay::Order;

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

/// A row of a section, where it holds, with its rank in the footer.
const fn row(
    (group, place): (Group, Place),
    footer: Option<u8>,
    bindings: &'static [Binding],
    label: &'static str,
    help: &'static str,
) -> Row {
    Row {
        bindings,
        label,
        footer,
        help,
        place,
        group,
    }
}

/// Every action, in the order of footer, help and docs.
pub const TABLE: &[Row] = &joined();

const LENGTH: usize = PAGES.len() + dialogs::ROWS.len() + PROGRAM.len();

const fn joined() -> [Row; LENGTH] {
    let mut all = [PAGES[0]; LENGTH];
    let parts = [PAGES, dialogs::ROWS, PROGRAM];
    let (mut place, mut part) = (0, 0);
    while part < parts.len() {
        let mut n = 0;
        while n < parts[part].len() {
            all[place] = parts[part][n];
            place += 1;
            n += 1;
        }
        part += 1;
    }
    all
}

/// What holds on pages.
const PAGES: &[Row] = &[
    // Pages
    row(
        (Group::Pages, Place::Pages),
        Some(1),
        &[
            key('1', Action::Pattern(1)),
            key('2', Action::Pattern(2)),
            key('3', Action::Pattern(3)),
            key('4', Action::Pattern(4)),
            key('5', Action::Pattern(5)),
            key('6', Action::Pattern(6)),
            key('7', Action::Pattern(7)),
            key('8', Action::Pattern(8)),
        ],
        "open",
        "open the page of a pattern",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(9),
        &[
            key('0', Action::Overview),
            quietly(named(KeyCode::Tab, Action::Overview)),
        ],
        "overview",
        "the Overview: every pattern of the run",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(7),
        &[key('m', Action::Survival)],
        "matrix",
        "the survival matrix: ways of calling against faults; again: back",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(10),
        &[key('d', Action::Decide)],
        "decide",
        "which pattern for which use, by questions or figures; again: back",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(11),
        &[key('u', Action::Capacity)],
        "capacity",
        "use of the account's quotas: which burns, since when, what to do; again: back",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(8),
        &[key('v', Action::Verdict)],
        "verdict",
        "what is expected, how it stands, and the verdict with its reasons",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(9),
        &[key('s', Action::Score)],
        "scorecard",
        "the scorecard of the newest fault with all its marks",
    ),
    row(
        (Group::Pages, Place::Pages),
        Some(7),
        &[
            key(':', Action::Palette),
            bind(Stroke::control('p'), Action::Palette),
        ],
        "command",
        "the command palette: every action, page, fault and scenario by a few letters",
    ),
    row(
        (Group::Pages, Place::Panels),
        Some(12),
        &[key('a', Action::NextArm), key('A', Action::PreviousArm)],
        "way",
        "details of the next or the previous way of calling",
    ),
    // Guided tour
    row(
        (Group::Tour, Place::Tour),
        Some(0),
        &[key('n', Action::TourStep(1)), key('b', Action::TourStep(-1))],
        "next, back",
        "the next step of the tour, or the one before; what was broken is not broken again",
    ),
    row(
        (Group::Tour, Place::Tour),
        Some(0),
        &[key('w', Action::TourWait)],
        "wait",
        "the tour waits, or goes on",
    ),
    row(
        (Group::Tour, Place::Tour),
        Some(1),
        &[key('E', Action::TourEnd)],
        "end tour",
        "the tour ends, the run goes on",
    ),
    // Replay
    row(
        (Group::Replay, Place::Replay),
        Some(2),
        &[key(' ', Action::Replay(Order::Toggle))],
        "play",
        "play or pause; at the end: again from the start",
    ),
    row(
        (Group::Replay, Place::Replay),
        Some(3),
        &[
            key('+', Action::Replay(Order::Faster)),
            key('-', Action::Replay(Order::Slower)),
            quietly(key('=', Action::Replay(Order::Faster))),
            quietly(key('_', Action::Replay(Order::Slower))),
        ],
        "speed",
        "faster or slower: a quarter of the run's speed, up to 64 times and as fast as possible",
    ),
    row(
        (Group::Replay, Place::Scrub),
        Some(4),
        &[
            named(KeyCode::Left, Action::Replay(Order::By(-5))),
            named(KeyCode::Right, Action::Replay(Order::By(5))),
            quietly(bind(Stroke::shift(KeyCode::Left), Action::Replay(Order::By(-60)))),
            quietly(bind(Stroke::shift(KeyCode::Right), Action::Replay(Order::By(60)))),
        ],
        "scrub",
        "five seconds back or forth, a minute with Shift",
    ),
    row(
        (Group::Replay, Place::Replay),
        Some(5),
        &[
            key('n', Action::Replay(Order::NextMarker)),
            key('N', Action::Replay(Order::PreviousMarker)),
        ],
        "marker",
        "to the next marker, or the one before",
    ),
    row(
        (Group::Replay, Place::Replay),
        Some(8),
        &[
            key('g', Action::Replay(Order::Start)),
            key('G', Action::Replay(Order::End)),
        ],
        "start, end",
        "to the start or the end of the recording",
    ),
    // Traffic
    row(
        (Group::Traffic, Place::Live),
        Some(4),
        &[key(' ', Action::Pause)],
        "pause",
        "arrivals stop or go on; what is in flight ends",
    ),
    row(
        (Group::Traffic, Place::Live),
        Some(5),
        &[
            key('+', Action::RateUp),
            key('-', Action::RateDown),
            quietly(key('=', Action::RateUp)),
            quietly(key('_', Action::RateDown)),
        ],
        "rate",
        "shots a second of the pattern shown; of all on the other pages",
    ),
    row(
        (Group::Traffic, Place::Live),
        Some(13),
        &[key('c', Action::CapDown), key('C', Action::CapUp)],
        "cap",
        "fewer or more shots in flight at once, over the whole run",
    ),
    row(
        (Group::Traffic, Place::LivePanels),
        Some(14),
        &[key('p', Action::PatternOnOff)],
        "on/off",
        "this pattern's traffic on or off",
    ),
    row(
        (Group::Traffic, Place::LivePanels),
        Some(11),
        &[key('<', Action::TurnTune(-1)), key('>', Action::TurnTune(1))],
        "dial",
        "the chosen dial of the pattern's own, a step down or up",
    ),
    row(
        (Group::Traffic, Place::LivePanels),
        None,
        &[key(',', Action::ChooseTune(-1)), key('.', Action::ChooseTune(1))],
        "which dial",
        "another of the pattern's own dials",
    ),
    // Faults
    row(
        (Group::Faults, Place::Live),
        Some(2),
        &[key('o', Action::CapacityOutage), key('O', Action::EndpointOutage)],
        "outage",
        "o: the region shown loses its capacity; O: its endpoint refuses; again: lifted",
    ),
    row(
        (Group::Faults, Place::Live),
        Some(6),
        &[key('f', Action::Inject)],
        "fault",
        "choose any fault: kind, where, how much, how long",
    ),
    row(
        (Group::Faults, Place::Live),
        Some(8),
        &[key('x', Action::LiftAll)],
        "lift",
        "lift every fault now",
    ),
    // View
    row(
        (Group::View, Place::Live),
        Some(10),
        &[key('z', Action::Freeze)],
        "freeze",
        "the screen stands still while traffic goes on; again: live",
    ),
    row(
        (Group::View, Place::Frozen),
        Some(3),
        &[
            named(KeyCode::Left, Action::Earlier(1)),
            named(KeyCode::Right, Action::Later(1)),
            quietly(bind(Stroke::shift(KeyCode::Left), Action::Earlier(10))),
            quietly(bind(Stroke::shift(KeyCode::Right), Action::Later(10))),
        ],
        "scrub",
        "a second back or forth in time, ten with Shift",
    ),
    row(
        (Group::View, Place::Charts),
        None,
        &[key('[', Action::SpanShorter), key(']', Action::SpanLonger)],
        "zoom",
        "time charts cover less or more time; a drag with the mouse chooses a part",
    ),
    row(
        (Group::View, Place::Charts),
        None,
        &[key('(', Action::Pan(-1)), key(')', Action::Pan(1))],
        "move",
        "time charts move back or forth by a quarter of what they show",
    ),
    row(
        (Group::View, Place::Charts),
        Some(12),
        &[key('i', Action::Cursor)],
        "inspect",
        "a cursor on the charts reads one second: every figure, every marker; again: away",
    ),
    row(
        (Group::View, Place::Cursor),
        Some(1),
        &[
            named(KeyCode::Left, Action::CursorBy(-1)),
            named(KeyCode::Right, Action::CursorBy(1)),
            quietly(bind(Stroke::shift(KeyCode::Left), Action::CursorBy(-10))),
            quietly(bind(Stroke::shift(KeyCode::Right), Action::CursorBy(10))),
        ],
        "cursor",
        "the cursor a step back or forth, ten with Shift",
    ),
    row(
        (Group::View, Place::Charts),
        None,
        &[key('l', Action::LogScale)],
        "log scale",
        "latency charts logarithmic or linear",
    ),
    row(
        (Group::View, Place::Anywhere),
        None,
        &[key('t', Action::Theme)],
        "theme",
        "the next theme: dark, light, colour-blind-safe, plain",
    ),
    // Event log
    row(
        (Group::Log, Place::Logged),
        Some(11),
        &[key('/', Action::Filter)],
        "filter",
        "show only events that hold a text",
    ),
    row(
        (Group::Log, Place::Logged),
        None,
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
        (Group::Log, Place::Logged),
        None,
        &[
            named(KeyCode::PageUp, Action::LogLines(-10)),
            named(KeyCode::PageDown, Action::LogLines(10)),
        ],
        "page",
        "ten events up or down",
    ),
    row(
        (Group::Log, Place::Logged),
        None,
        &[
            named(KeyCode::Home, Action::LogOldest),
            named(KeyCode::End, Action::LogNewest),
        ],
        "ends",
        "the oldest event; follow the newest again",
    ),
    row(
        (Group::Log, Place::Logged),
        Some(15),
        &[named(KeyCode::Enter, Action::Attempts)],
        "attempts",
        "the attempt tree of the request behind the event",
    ),
    // On the Decide page
    row(
        (Group::Decide, Place::Decide),
        Some(0),
        &[
            named(KeyCode::Up, Action::Field(-1)),
            named(KeyCode::Down, Action::Field(1)),
            quietly(key('k', Action::Field(-1))),
            quietly(key('j', Action::Field(1))),
        ],
        "pick",
        "another answer or figure; a recommendation scrolls",
    ),
    row(
        (Group::Decide, Place::Decide),
        Some(0),
        &[named(KeyCode::Enter, Action::Confirm)],
        "answer",
        "give the answer; among figures: read the recommendation under the cursor",
    ),
    row(
        (Group::Decide, Place::Decide),
        Some(0),
        &[
            named(KeyCode::Left, Action::Turn(-1)),
            named(KeyCode::Right, Action::Turn(1)),
            quietly(key('h', Action::Turn(-1))),
            quietly(key('l', Action::Turn(1))),
            quietly(named(KeyCode::Backspace, Action::TakeBack)),
        ],
        "back",
        "take an answer back or give it; among figures: less or more",
    ),
    row(
        (Group::Decide, Place::Decide),
        Some(0),
        &[key('e', Action::Figures)],
        "figures",
        "answer by figures, or by questions again",
    ),
    row(
        (Group::Decide, Place::Decide),
        Some(0),
        &[key('r', Action::RunDecided)],
        "run",
        "run the scenario written from the answers; the present run ends",
    ),
    row(
        (Group::Decide, Place::Decide),
        None,
        &[
            named(KeyCode::PageUp, Action::Scroll(-10)),
            named(KeyCode::PageDown, Action::Scroll(10)),
        ],
        "page",
        "the recommendation up or down by ten lines",
    ),
    // On the Capacity page
    row(
        (Group::Capacity, Place::Capacity),
        Some(0),
        &[
            named(KeyCode::Up, Action::Scroll(-1)),
            named(KeyCode::Down, Action::Scroll(1)),
            quietly(key('k', Action::Scroll(-1))),
            quietly(key('j', Action::Scroll(1))),
        ],
        "scroll",
        "findings and quotas up or down",
    ),
    row(
        (Group::Capacity, Place::Capacity),
        Some(0),
        &[key('i', Action::Incident)],
        "incident",
        "write an incident summary, Markdown, into a new file of the present folder",
    ),
];

/// What holds everywhere.
const PROGRAM: &[Row] = &[
    // Program
    row(
        (Group::Program, Place::Pages),
        Some(0),
        &[key('?', Action::Help)],
        "help",
        "what this page shows, what to try, what it would cost on AWS",
    ),
    row(
        (Group::Program, Place::Anywhere),
        Some(9),
        &[named(KeyCode::Esc, Action::Back)],
        "back",
        "one step out: dialog, filter, frozen view, page",
    ),
    row(
        (Group::Program, Place::Anywhere),
        Some(0),
        &[key('q', Action::Quit)],
        "quit",
        "lift every fault, stop the run and leave",
    ),
    row(
        (Group::Program, Place::Always),
        None,
        &[bind(Stroke::control('c'), Action::Quit)],
        "quit",
        "the same, while typing too",
    ),
    row(
        (Group::Program, Place::Always),
        None,
        &[bind(Stroke::control('z'), Action::Suspend)],
        "suspend",
        "back to the shell; `fg` resumes",
    ),
    row(
        (Group::Program, Place::Always),
        None,
        &[bind(Stroke::control('l'), Action::Redraw)],
        "redraw",
        "draw the screen anew",
    ),
];
