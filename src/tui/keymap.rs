//! From a key to an action, by the table and the mode.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::{Action, Mode, Row, Stroke, TABLE};

/// What a key means.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// An action.
    Act(Action),
    /// A character of the filter that is being typed.
    Text(char),
    /// An action that does not hold here, but does elsewhere.
    Elsewhere(&'static Row),
    /// Nothing.
    Nothing,
}

/// What a key means in a mode.
pub fn meaning(event: &KeyEvent, mode: Mode) -> Meaning {
    let Some(stroke) = stroke(event) else {
        return Meaning::Nothing;
    };
    if let Some(action) = action(stroke, mode) {
        return Meaning::Act(action);
    }
    match stroke.code {
        KeyCode::Char(c) if mode.typing && stroke.held.is_empty() => Meaning::Text(c),
        _ if mode.typing || mode.dialog.is_some() => Meaning::Nothing,
        _ => elsewhere(stroke, mode).map_or(Meaning::Nothing, Meaning::Elsewhere),
    }
}

/// The rows that hold in a mode, in the table's order.
pub fn rows(mode: Mode) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.place.holds(mode))
}

/// The key as the table writes it; `None` for a key let go.
fn stroke(event: &KeyEvent) -> Option<Stroke> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let held = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::SHIFT);
    Some(match event.code {
        // Terminals differ in whether Ctrl-C comes as `c` or `C`.
        KeyCode::Char(c) if held.contains(KeyModifiers::CONTROL) => Stroke {
            code: KeyCode::Char(c.to_ascii_lowercase()),
            held: held - KeyModifiers::SHIFT,
        },
        // A letter carries its own case.
        code @ (KeyCode::Char(_) | KeyCode::BackTab) => Stroke {
            code,
            held: held - KeyModifiers::SHIFT,
        },
        code => Stroke { code, held },
    })
}

fn action(stroke: Stroke, mode: Mode) -> Option<Action> {
    bound(stroke, rows(mode)).map(|(_, action)| action)
}

/// The row that would hold on another page or in a frozen view.
fn elsewhere(stroke: Stroke, mode: Mode) -> Option<&'static Row> {
    let others = TABLE.iter().filter(|row| {
        use super::action::Place::{Charts, Cursor, Decide, Frozen, Live, LivePanels, Logged, Panels};
        matches!(
            row.place,
            Charts | Cursor | Panels | Frozen | Logged | Decide | Live | LivePanels
        ) && !row.place.holds(mode)
    });
    bound(stroke, others).map(|(row, _)| row)
}

fn bound(stroke: Stroke, rows: impl Iterator<Item = &'static Row>) -> Option<(&'static Row, Action)> {
    rows.flat_map(|row| row.bindings.iter().map(move |binding| (row, binding)))
        .find(|(_, binding)| binding.stroke == stroke)
        .map(|(row, binding)| (row, binding.action))
}

#[cfg(test)]
mod tests {
    use super::super::action::DialogKind;
    use super::super::viewing::Page;
    use super::*;

    fn modes() -> impl Iterator<Item = Mode> {
        let pages = [
            Page::Overview,
            Page::Pattern(1),
            Page::Survival,
            Page::Decide,
            Page::Capacity,
        ];
        let dialogs = [
            None,
            Some(DialogKind::Help),
            Some(DialogKind::Inject),
            Some(DialogKind::Attempts),
            Some(DialogKind::Verdict),
            Some(DialogKind::Score),
            Some(DialogKind::Palette),
        ];
        pages.into_iter().flat_map(move |page| {
            dialogs.into_iter().flat_map(move |dialog| {
                let states = [
                    (false, false, false, false, false),
                    (true, false, false, false, false),
                    (false, true, false, false, false),
                    (false, false, true, false, false),
                    (false, false, false, true, false),
                    (true, false, false, true, false),
                    (false, false, true, true, false),
                    (true, false, false, false, true),
                    (false, false, false, true, true),
                ];
                states.map(|(frozen, typing, replay, cursor, tour)| Mode {
                    page,
                    dialog,
                    frozen,
                    cursor,
                    typing,
                    replay,
                    tour,
                })
            })
        })
    }

    #[test]
    fn no_key_means_two_things_in_one_mode() {
        for mode in modes() {
            let strokes: Vec<Stroke> = rows(mode)
                .flat_map(|row| row.bindings.iter().map(|binding| binding.stroke))
                .collect();
            for (place, stroke) in strokes.iter().enumerate() {
                assert!(
                    !strokes[place + 1..].contains(stroke),
                    "{stroke} is bound twice in {mode:?}"
                );
            }
        }
    }

    #[test]
    fn every_row_holds_somewhere_and_says_what_it_does() {
        for row in TABLE {
            assert!(
                modes().any(|mode| row.place.holds(mode)),
                "{} never holds",
                row.help
            );
            assert!(!row.bindings.is_empty() && !row.help.is_empty() && !row.label.is_empty());
        }
    }

    #[test]
    fn one_can_always_leave() {
        let leave = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for mode in modes() {
            assert!(
                matches!(meaning(&leave, mode), Meaning::Act(Action::Quit)),
                "{mode:?}"
            );
        }
    }

    #[test]
    fn keys_are_named_as_people_write_them() {
        let names: Vec<String> = TABLE.iter().map(Row::keys).collect();
        for name in [
            "1-8",
            "space",
            "+/-",
            "[ ]",
            "o/O",
            "←/→",
            "Ctrl-C",
            "PgUp/PgDn",
            "/",
        ] {
            assert!(
                names.iter().any(|found| found == name),
                "{name} is not among {names:?}"
            );
        }
    }
}
