//! Dials that a pattern has of its own.

use super::*;
use crate::measure::snapshot::TuneView;

/// A dashboard on the page of a pattern with two dials.
fn with_two_dials() -> App {
    let [_, (_, mut snapshot), _] = fixture::routing::states();
    let first = snapshot.patterns[0].tunes[0].clone();
    snapshot.patterns[0].tunes.push(TuneView {
        key: "patience".into(),
        label: "patience".into(),
        unit: "s".into(),
        most: 3.0,
        step: 0.5,
        value: 2.5,
        ..first
    });
    let mut app = app(snapshot);
    press(&mut app, "2");
    app
}

fn tune(dial: &str, value: f64) -> Effect {
    Effect::Send(Command::Turn(Turn::Own {
        pattern: PatternKey::from("prompt-routing"),
        dial: dial.to_owned(),
        value,
    }))
}

#[test]
fn the_chosen_dial_turns_by_its_step_from_where_the_last_press_left_it() {
    let mut app = with_two_dials();
    let effects = press(&mut app, ">>");
    assert_eq!(
        effects,
        [tune("quality-difference", 15.0), tune("quality-difference", 20.0)]
    );
    assert_eq!(hint(&app), "quality difference: 15% → 20%");
    assert_eq!(press(&mut app, "."), []);
    assert_eq!(hint(&app), "< and > turn the patience");
    assert_eq!(press(&mut app, ">"), [tune("patience", 3.0)]);
    assert_eq!(press(&mut app, ">"), []);
    assert_eq!(hint(&app), "patience: 3 s is the end of the dial");
    press(&mut app, ".");
    assert_eq!(press(&mut app, "<"), [tune("quality-difference", 15.0)]);
}

#[test]
fn a_pattern_without_dials_says_so() {
    let mut app = app(fixture::steady());
    press(&mut app, "1");
    assert_eq!(press(&mut app, ">,"), []);
    assert_eq!(hint(&app), "this pattern has no dial of its own");
}
