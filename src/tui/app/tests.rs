//! Keys in, effects and answers out.

mod charts;
mod freezing;
mod guided;
mod mash;
mod tunes;

use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::{Position, Rect};

use super::*;
use crate::drill::{Command, JudgePlan};
use crate::event::{ArmId, FaultId, Turn};
use crate::fault::{FaultKind, FaultShape, Outage, Scope};
use crate::names::PatternKey;
use crate::tui::fixture;
use crate::tui::view::Hit;
use crate::units::Share;

fn app(snapshot: Snapshot) -> App {
    let plan = AppPlan {
        guide: true,
        ..AppPlan::new(Catalog::builtin(), JudgePlan::default())
    };
    App::new(plan, Arc::new(snapshot))
}

/// Keys as a person says them: single characters, or names in angle brackets.
fn keys(typed: &str) -> Vec<KeyEvent> {
    let mut found = Vec::new();
    let mut rest = typed;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
        if let Some((name, tail)) = named {
            rest = tail;
            let (code, held) = match name {
                "Ctrl-C" => (KeyCode::Char('c'), KeyModifiers::CONTROL),
                "Ctrl-Z" => (KeyCode::Char('z'), KeyModifiers::CONTROL),
                "Ctrl-L" => (KeyCode::Char('l'), KeyModifiers::CONTROL),
                "Alt-q" => (KeyCode::Char('q'), KeyModifiers::ALT),
                "Esc" => (KeyCode::Esc, KeyModifiers::NONE),
                "Enter" => (KeyCode::Enter, KeyModifiers::NONE),
                "Tab" => (KeyCode::Tab, KeyModifiers::NONE),
                "Up" => (KeyCode::Up, KeyModifiers::NONE),
                "Down" => (KeyCode::Down, KeyModifiers::NONE),
                "Left" => (KeyCode::Left, KeyModifiers::NONE),
                "Right" => (KeyCode::Right, KeyModifiers::NONE),
                "Shift-Left" => (KeyCode::Left, KeyModifiers::SHIFT),
                "Backspace" => (KeyCode::Backspace, KeyModifiers::NONE),
                other => panic!("no key is called {other}"),
            };
            found.push(KeyEvent::new(code, held));
        } else {
            rest = &rest[c.len_utf8()..];
            let held = if c.is_uppercase() {
                KeyModifiers::SHIFT
            } else {
                KeyModifiers::NONE
            };
            found.push(KeyEvent::new(KeyCode::Char(c), held));
        }
    }
    found
}

fn press(app: &mut App, typed: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys(typed) {
        effects.extend(app.update(Msg::Key(key)));
    }
    effects
}

fn hint(app: &App) -> &str {
    app.viewing().hint.as_deref().unwrap_or_default()
}

fn outage(kind: FaultKind) -> Command {
    Command::Inject {
        kind,
        scope: Scope {
            region: Some("us-east-1".into()),
            ..Scope::default()
        },
        share: Share::ALL,
        shape: FaultShape::Step,
        lasts: Duration::from_secs(30),
    }
}

fn rate(pattern: Option<&str>, rate: f64) -> Command {
    Command::Turn(Turn::Rate {
        pattern: pattern.map(PatternKey::from),
        rate,
    })
}

#[test]
fn keys_become_orders() {
    let on = |on| {
        Command::Turn(Turn::On {
            pattern: "fallback".into(),
            on,
        })
    };
    let (paused, cap) = (
        |paused| Command::Turn(Turn::Paused(paused)),
        |cap| Command::Turn(Turn::Concurrency(cap)),
    );
    let table: Vec<(&str, Vec<Command>)> = vec![
        ("o", vec![outage(FaultKind::CapacityOutage)]),
        ("O", vec![outage(FaultKind::EndpointOutage(Outage::Refused))]),
        // A key held down breaks a thing once.
        ("ooo", vec![outage(FaultKind::CapacityOutage)]),
        ("7o", vec![outage(FaultKind::CapacityOutage)]),
        ("x", vec![]),
        ("ox", vec![outage(FaultKind::CapacityOutage), Command::LiftAll]),
        ("  ", vec![paused(true), paused(false)]),
        // 60/s in all; each press starts from the one before it, not from the last snapshot.
        ("++-", vec![rate(None, 80.0), rate(None, 100.0), rate(None, 80.0)]),
        ("=", vec![rate(None, 80.0)]),
        ("cC", vec![cap(128), cap(256)]),
        ("7pp", vec![on(false), on(true)]),
        // Not on this page.
        ("p", vec![]),
        // Not while a dialog is over the page.
        ("?o+x", vec![]),
    ];
    for (typed, commands) in table {
        let effects: Vec<Effect> = commands.into_iter().map(Effect::Send).collect();
        assert_eq!(
            press(&mut app(fixture::steady()), typed),
            effects,
            "after {typed}"
        );
    }
}

#[test]
fn a_pattern_page_turns_its_own_rate() {
    let live = fixture::steady();
    let asked: f64 = live.patterns[0].arms.iter().map(|arm| arm.asked_rate).sum();
    let up = dials::rate_step(asked, true);
    let mut app = app(live);
    assert_eq!(
        press(&mut app, "1+"),
        [Effect::Send(rate(Some("cross-region"), up))]
    );
    assert_eq!(hint(&app), format!("Cross-region: rate {asked}/s → {up}/s"));
}

#[test]
fn a_rate_of_nothing_is_not_turned() {
    let mut silent = fixture::steady();
    silent.asked_rate = 0.0;
    let mut app = app(silent);
    assert_eq!(press(&mut app, "+-"), []);
    assert_eq!(
        hint(&app),
        "all patterns: no traffic is on, so there is no rate to turn"
    );
}

#[test]
fn an_outage_in_force_is_lifted_by_its_own_key() {
    let mut app = app(fixture::faulted());
    assert_eq!(press(&mut app, "o"), [Effect::Send(Command::Lift(FaultId(2)))]);
    assert_eq!(
        press(&mut app, "O"),
        [Effect::Send(outage(FaultKind::EndpointOutage(Outage::Refused)))]
    );
    assert_eq!(press(&mut app, "x"), [Effect::Send(Command::LiftAll)]);
}

#[test]
fn leaving_stops_the_run_from_everywhere() {
    let leave = [Effect::Send(Command::Stop), Effect::Quit];
    for before in ["", "?", "f", "m", "z", "1"] {
        for key in ["q", "<Ctrl-C>"] {
            assert_eq!(
                press(&mut app(fixture::faulted()), &format!("{before}{key}")),
                leave,
                "{before}{key}"
            );
        }
    }
    // Esc and q so close together that the terminal sends them as one.
    assert_eq!(press(&mut app(fixture::faulted()), "/<Alt-q>"), leave);
    // A filter may hold a q.
    let mut typing = app(fixture::faulted());
    assert_eq!(press(&mut typing, "/q"), []);
    assert_eq!(typing.viewing().log.filter, "q");
    assert_eq!(press(&mut typing, "<Ctrl-C>"), leave);
    assert_eq!(
        press(&mut typing, "<Ctrl-Z><Ctrl-L>"),
        [Effect::Suspend, Effect::Redraw]
    );
}

#[test]
fn a_run_that_is_over_takes_no_orders() {
    let mut done = fixture::faulted();
    done.finished = true;
    let mut app = app(done);
    assert_eq!(press(&mut app, "oO+-cC xf<Enter>"), []);
    assert!(hint(&app).starts_with("the run is over"), "{}", hint(&app));
    assert_eq!(press(&mut app, "q").last(), Some(&Effect::Quit));
}

#[test]
fn an_order_that_was_not_taken_is_not_believed() {
    let mut app = app(fixture::steady());
    press(&mut app, "+");
    app.update(Msg::OrderLost);
    assert_eq!(press(&mut app, "+"), [Effect::Send(rate(None, 80.0))]);
}

#[test]
fn pages_open_and_those_that_cannot_say_why() {
    let table = [
        ("1", Page::Pattern(1), ""),
        ("7", Page::Pattern(7), ""),
        ("70", Page::Overview, ""),
        ("7<Tab>", Page::Overview, ""),
        ("7<Esc>", Page::Overview, ""),
        ("7m", Page::Survival, ""),
        ("7mm", Page::Pattern(7), ""),
        (
            "6",
            Page::Overview,
            "6 Multi-provider gateway: not part of this run; `bedrill gateway` has it",
        ),
        (
            "p",
            Page::Overview,
            "p (on/off) works on a pattern's page of a live run",
        ),
        (
            "<Left>",
            Page::Overview,
            "←/→ (scrub) works while the view is frozen",
        ),
        ("<Esc>", Page::Overview, "q leaves bedrill, ? explains this page"),
    ];
    for (typed, page, answer) in table {
        let mut app = app(fixture::steady());
        press(&mut app, typed);
        assert_eq!(app.viewing().page, page, "after {typed}");
        assert!(
            answer.is_empty() || hint(&app) == answer,
            "after {typed}: {}",
            hint(&app)
        );
    }
}

#[test]
fn ways_of_calling_are_gone_through_in_a_ring() {
    let live = fixture::steady();
    let ids: Vec<ArmId> = live.patterns[0].arms.iter().map(|arm| arm.id).collect();
    let mut app = app(live);
    press(&mut app, "1a");
    assert_eq!(app.viewing().selected, Some(ids[1]));
    press(&mut app, "AA");
    assert_eq!(app.viewing().selected, ids.last().copied());
    press(&mut app, "7");
    assert_eq!(app.viewing().selected, None);
}

#[test]
fn no_color_keeps_the_theme_plain() {
    let plan = AppPlan {
        theme: ThemeName::Plain,
        colour: false,
        ..AppPlan::new(Catalog::builtin(), JudgePlan::default())
    };
    let mut app = App::new(plan, Arc::new(fixture::steady()));
    press(&mut app, "t");
    assert_eq!(app.theme, ThemeName::Plain);
    assert_eq!(hint(&app), "NO_COLOR is set: the theme stays plain");
}

#[test]
fn an_answer_gives_way_to_the_guide() {
    let mut app = app(fixture::steady());
    press(&mut app, "l");
    assert_eq!(hint(&app), "latency charts are linear");
    let mut later = fixture::steady();
    later.at += Duration::from_secs(5);
    app.update(Msg::Snapshot(Arc::new(later)));
    assert!(
        hint(&app).starts_with("press o: us-east-1 loses"),
        "{}",
        hint(&app)
    );
}

#[test]
fn the_guide_follows_what_was_done() {
    let mut app = app(fixture::steady());
    let mut seconds = 0;
    let mut next = |app: &mut App, mut live: Snapshot| {
        // Time enough for every answer to go.
        seconds += 10;
        live.at += Duration::from_secs(seconds);
        app.update(Msg::Snapshot(Arc::new(live)));
        hint(app).to_owned()
    };
    assert!(next(&mut app, fixture::steady()).starts_with("press o"));
    press(&mut app, "o");
    assert!(next(&mut app, fixture::faulted()).contains("1 shows how"));
    press(&mut app, "1");
    assert!(next(&mut app, fixture::faulted()).contains("lifts by itself"));
    assert!(next(&mut app, fixture::steady()).starts_with("now O"));
    press(&mut app, "O");
    assert!(next(&mut app, fixture::steady()).starts_with("press m"));
    press(&mut app, "m0");
    assert!(next(&mut app, fixture::steady()).contains("Enter opens"));
    press(&mut app, "<Enter>");
    assert!(
        next(&mut app, fixture::steady()).contains("Enter opens"),
        "no request stood there"
    );
    next(&mut app, fixture::faulted());
    press(&mut app, "<Enter><Esc>");
    assert!(next(&mut app, fixture::steady()).starts_with("f breaks"));
    press(&mut app, "f<Esc>?<Esc>");
    assert_eq!(next(&mut app, fixture::steady()), "");
}

#[test]
fn an_answer_fits_beside_the_log_of_a_small_screen() {
    for typed in [
        "o",
        "O",
        "x",
        " ",
        "+",
        "c",
        "z",
        "z<Left>",
        "7p",
        "4",
        "p",
        "<Esc>",
        "<Up><Enter>",
        "t",
        "[",
    ] {
        for snapshot in [fixture::empty(), fixture::steady(), fixture::faulted()] {
            let mut app = app(snapshot);
            press(&mut app, typed);
            // 80 columns less the name of the log and a bit of its rule.
            assert!(hint(&app).chars().count() <= 66, "after {typed}: {}", hint(&app));
        }
    }
}

#[test]
fn the_log_is_walked_filtered_and_opened() {
    let live = fixture::faulted();
    let newest = live.log.len() as u64 - 1;
    let mut app = app(live);
    press(&mut app, "<Up>");
    assert_eq!(app.viewing().log.cursor, Some(newest));
    press(&mut app, "<Up><Up>");
    assert_eq!(app.viewing().log.cursor, Some(newest - 2));
    press(&mut app, "<Down><Down><Down>");
    assert_eq!(
        app.viewing().log.cursor,
        None,
        "past the newest line it follows again"
    );

    press(&mut app, "/BREAKER<Enter><Up><Up>");
    let cursor = app.viewing().log.cursor;
    let found = app.live.log.iter().find(|entry| Some(entry.number) == cursor);
    assert!(
        found.is_some_and(|entry| entry.text.contains("closes")),
        "{found:?}"
    );
    assert_eq!(press(&mut app, "<Enter>"), []);
    assert!(hint(&app).starts_with("no finished request"), "{}", hint(&app));

    press(&mut app, "<Esc><Esc>");
    assert_eq!(
        (app.viewing().log.filter.as_str(), app.viewing().log.cursor),
        ("", None)
    );
    press(&mut app, "<Enter>");
    assert!(matches!(app.overlay, Some(Overlay::Attempts(_))));
    press(&mut app, "<Esc>");
    assert!(app.overlay.is_none());
}

#[test]
fn a_pasted_filter_is_bounded() {
    let mut app = app(fixture::steady());
    app.update(Msg::Paste("lost".to_owned()));
    assert_eq!(
        app.viewing().log.filter,
        "",
        "nothing is typed outside the filter"
    );
    press(&mut app, "/");
    app.update(Msg::Paste("x\n".repeat(1_000)));
    assert!(app.viewing().log.filter.chars().count() <= 40);
    assert!(!app.viewing().log.filter.contains('\n'));
    press(&mut app, "<Esc>");
    assert_eq!(app.viewing().log.filter, "");
}

#[test]
fn the_fault_dialog_orders_what_its_sentence_says() {
    let mut app = app(fixture::steady());
    press(&mut app, "f");
    let sent = press(&mut app, "<Enter>");
    assert_eq!(sent, [Effect::Send(outage(FaultKind::CapacityOutage))]);
    assert!(
        hint(&app).starts_with("For 30s, us-east-1 loses all of its capacity"),
        "{}",
        hint(&app)
    );
}

#[test]
fn clicks_find_what_was_drawn() {
    let mut app = app(fixture::steady());
    let mut drawn = Drawn::default();
    let way = app.live.patterns[1].arms[0].id;
    drawn
        .regions
        .add(Rect::new(0, 0, 10, 1), Hit::Page(Page::Pattern(1)));
    drawn.regions.add(Rect::new(0, 1, 10, 1), Hit::Arm(way));
    drawn.regions.add(Rect::new(0, 2, 10, 1), Hit::LogLine(1));
    drawn.regions.add(Rect::new(0, 3, 10, 1), Hit::Footer(0));
    drawn.footer = vec![Action::Help];
    app.set_drawn(drawn);
    let mut click = |y| {
        let effects = app.update(Msg::Click(Position::new(3, y)));
        assert_eq!(effects, []);
        let page = app.viewing().page;
        (
            page,
            app.viewing().selected,
            app.viewing().log.cursor,
            app.mode().dialog,
        )
    };
    assert_eq!(click(0), (Page::Pattern(1), None, None, None));
    assert_eq!(click(1), (Page::Pattern(7), Some(way), None, None));
    assert_eq!(click(2).2, Some(1));
    assert_eq!(click(9).3, None);
    assert_eq!(click(3).3, Some(crate::tui::action::DialogKind::Help));
}
