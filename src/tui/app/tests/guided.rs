//! The tour and the palette: what they open, press and order.

use super::*;
use crate::clock::Moment;
use crate::tui::tour::Script;

fn guided() -> App {
    let script = Script::shipped().expect("the shipped tour is sound");
    let plan = AppPlan {
        tour: Some(Arc::new(script)),
        ..AppPlan::new(Catalog::builtin(), JudgePlan::default())
    };
    App::new(plan, Arc::new(fixture::steady()))
}

fn place(app: &App) -> usize {
    app.viewing().tour.as_ref().expect("a tour").place.0
}

#[test]
fn the_tour_breaks_a_region_by_itself_and_can_be_left_at_any_step() {
    let mut app = guided();
    assert_eq!((place(&app), app.viewing().page), (1, Page::Overview));
    assert!(press(&mut app, "n").is_empty());
    assert_eq!(app.viewing().page, Page::Pattern(1));
    let effects = press(&mut app, "n");
    assert!(
        matches!(effects.as_slice(), [Effect::Send(Command::Inject { .. })]),
        "{effects:?}"
    );
    assert!(press(&mut app, "bn").is_empty(), "it is not broken twice");
    press(&mut app, "E");
    assert!(app.viewing().tour.is_none());
}

#[test]
fn a_step_gives_way_to_the_next_when_its_time_is_over_unless_told_to_wait() {
    let mut app = guided();
    let later = |seconds: u64| {
        let mut snapshot = fixture::steady();
        snapshot.at = Moment::from_secs(181 + seconds);
        Msg::Snapshot(Arc::new(snapshot))
    };
    app.update(later(15));
    assert_eq!(place(&app), 1);
    app.update(later(16));
    assert_eq!(place(&app), 2);
    press(&mut app, "w");
    app.update(later(600));
    assert_eq!(place(&app), 2);
}

#[test]
fn the_tour_ends_with_the_scorecard() {
    let mut app = guided();
    press(&mut app, "nnnnnnnnnnnnnnnnnn");
    let told = app.viewing().tour.clone().expect("a tour");
    assert_eq!(told.place.0, told.place.1);
    assert_eq!(app.mode().dialog, Some(crate::tui::action::DialogKind::Score));
}

#[test]
fn the_palette_does_what_a_few_letters_mean() {
    let mut app = app(fixture::steady());
    let effects = press(&mut app, ":fault throttle us-east-2<Enter>");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Send(Command::Inject {
                kind: FaultKind::Throttle,
                ..
            })]
        ),
        "{effects:?}"
    );
    assert_eq!(hint(&app), "us-east-2 throttle: for 30s");
    // Letters are text there, q too; Esc closes it.
    press(&mut app, ":q<Esc>");
    assert!(app.mode().dialog.is_none());
    press(&mut app, ":page 7<Enter>");
    assert_eq!(app.viewing().page, Page::Pattern(7));
}
