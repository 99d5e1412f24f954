//! The page over states and sizes, through the keys that lead there.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use crate::catalog::Catalog;
use crate::drill::{Command, JudgePlan};
use crate::scenario::Scenario;
use crate::tui::app::{App, AppPlan};
use crate::tui::effect::Effect;
use crate::tui::fixture;
use crate::tui::msg::Msg;
use crate::tui::view::Hit;
use crate::tui::viewing::Page;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
/// States of the page and the keys to them: `v`, `<`, `>` and `!` stand for Down, Left, Right, Enter.
const STATES: [(&str, &str); 6] = [
    ("first", "d"),
    ("midway", "dv!v!v!"),
    ("leaf", "dv!v!v!v!!!"),
    ("figures", "de>vv>>>"),
    ("figures_refused", "devvvvvvvvvvvvvvvvvvvv"),
    ("figures_read", "devvvvvvvvvvvvv!"),
];

fn app() -> App {
    let plan = AppPlan::new(Catalog::builtin(), JudgePlan::default());
    App::new(plan, Arc::new(fixture::steady()))
}

fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.chars() {
        let code = match key {
            'v' => KeyCode::Down,
            '<' => KeyCode::Left,
            '>' => KeyCode::Right,
            '!' => KeyCode::Enter,
            other => KeyCode::Char(other),
        };
        effects.extend(app.update(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }
    effects
}

fn screen(app: &mut App, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let drawn = app.draw(area, &mut buf);
    app.set_drawn(drawn);
    let lines = buf.content().chunks(usize::from(width)).map(|row| {
        let line: String = row.iter().map(Cell::symbol).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[test]
fn the_page_over_states_and_sizes() {
    for (name, keys) in STATES {
        for (width, height) in SIZES {
            let mut app = app();
            press(&mut app, keys);
            insta::assert_snapshot!(
                format!("decide_{name}_{width}x{height}"),
                screen(&mut app, (width, height))
            );
        }
    }
}

#[test]
fn one_key_runs_the_scenario_written_from_the_answers() {
    let mut app = app();
    press(&mut app, "dv!v!v!v!!!");
    let effects = press(&mut app, "r");
    let [Effect::Send(Command::Stop), Effect::Run(next)] = effects.as_slice() else {
        panic!("other effects: {effects:?}");
    };
    let scenario = Scenario::parse("decided", &next.scenario, &Catalog::builtin()).expect("a sound scenario");
    assert_eq!(scenario.patterns[0].plan.key, "cross-region");
    // The next run shows its pattern, and the page stands where it stood.
    app.follow(Arc::new(fixture::empty()), JudgePlan::default());
    assert_eq!(app.viewing().page, Page::Pattern(1));
    press(&mut app, "d");
    assert!(screen(&mut app, (120, 40)).contains("runs it here"));
}

#[test]
fn nothing_is_run_before_a_recommendation_nor_where_none_is_made() {
    let mut app = app();
    assert_eq!(press(&mut app, "dr"), []);
    assert!(screen(&mut app, (80, 24)).contains("nothing is recommended yet"));
    // The last row is a use that is refused.
    press(&mut app, "ek");
    assert_eq!(press(&mut app, "r"), []);
}

#[test]
fn a_long_recommendation_is_scrolled_to_its_end_and_no_further() {
    let mut app = app();
    press(&mut app, "dv!v!v!v!!!");
    assert!(screen(&mut app, (80, 24)).contains("↓ more"));
    for _ in 0..100 {
        press(&mut app, "v");
    }
    let end = screen(&mut app, (80, 24));
    assert!(
        end.contains("↑ the end") && end.contains("a router over two profiles saves"),
        "{end}"
    );
}

#[test]
fn two_clicks_on_an_answer_give_it() {
    let mut app = app();
    press(&mut app, "d");
    let area = Rect::new(0, 0, 120, 40);
    let drawn = app.draw(area, &mut Buffer::empty(area));
    let place = drawn.regions.iter().find(|(_, hit)| *hit == Hit::Choice(1));
    let at = place
        .map(|(place, _)| Position::new(place.x, place.y))
        .expect("an answer");
    app.set_drawn(drawn);
    app.update(Msg::Click(at));
    app.update(Msg::Click(at));
    let deciding = app.viewing().deciding.as_ref().expect("the page was opened");
    assert_eq!(deciding.flow.taken()[0].answer.key, "no");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_key_and_no_size_makes_it_panic(keys in "d[ev<>!rhjkl]{0,40}", width in 1_u16..210, height in 1_u16..64) {
        let mut app = app();
        for key in keys.chars() {
            press(&mut app, &key.to_string());
            screen(&mut app, (width, height));
        }
    }
}
