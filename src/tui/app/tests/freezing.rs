//! A view that stands still while traffic goes on.

use super::*;
use crate::clock::Moment;
use crate::tui::app::history::FRAMES;

/// The faulted run, cut to what a drill would have published at a second of it.
fn at(second: u64) -> Snapshot {
    let mut live = fixture::faulted();
    live.at = Moment::from_secs(second);
    live.in_flight = second;
    live.log = Arc::new(
        live.log
            .iter()
            .filter(|entry| entry.at <= live.at)
            .cloned()
            .collect(),
    );
    let markers = live.markers.iter().filter(|marker| marker.at <= live.at);
    live.markers = Arc::new(markers.cloned().collect());
    live
}

/// An app that saw every second up to one.
fn seen_until(second: u64) -> App {
    let mut app = app(at(1));
    for second in 2..=second {
        app.update(Msg::Snapshot(Arc::new(at(second))));
    }
    app
}

#[test]
fn a_frozen_view_stands_still_and_says_how_far_behind_it_is() {
    let mut app = seen_until(100);
    press(&mut app, "z");
    for second in 101..=130 {
        app.update(Msg::Snapshot(Arc::new(at(second))));
    }
    assert_eq!(app.shown().at, Moment::from_secs(100));
    assert_eq!(app.viewing().frozen, Some(Duration::from_secs(30)));
    press(&mut app, "z");
    assert_eq!(
        (app.shown().at, app.viewing().frozen),
        (Moment::from_secs(130), None)
    );
}

#[test]
fn scrubbing_shows_the_screen_as_it_was() {
    let mut app = seen_until(120);
    press(&mut app, "z<Left><Left><Shift-Left>");
    let then = Moment::from_secs(108);
    let shown = Arc::clone(app.shown());
    assert_eq!((shown.at, shown.in_flight), (then, 108));
    assert_eq!(shown.log, at(108).log);
    assert_eq!(shown.markers, at(108).markers);
    let last = shown.patterns[0].arms[0].timeline.points().last();
    assert_eq!(last.map(|point| point.second), Some(107), "the last whole second");
    press(&mut app, "<Right>");
    assert_eq!(app.shown().at, Moment::from_secs(109));
    press(&mut app, "<Right>".repeat(30).as_str());
    assert_eq!(app.shown().at, Moment::from_secs(120));
    assert_eq!(hint(&app), "this is the present; z goes live");
}

#[test]
fn one_cannot_scrub_past_what_is_kept() {
    let mut app = seen_until(20);
    press(&mut app, "z");
    press(&mut app, &"<Shift-Left>".repeat(5));
    assert_eq!(app.shown().at, Moment::from_secs(1));
    assert_eq!(hint(&app), "this is the oldest second that is kept");
}

#[test]
fn the_past_is_bounded_and_takes_one_frame_a_second() {
    let mut history = History::default();
    let mut live = fixture::empty();
    for tenth in 0..(FRAMES as u64 + 50) * 10 {
        live.at = Moment::from_millis(tenth * 100);
        history.record(&live);
    }
    assert_eq!(history.oldest(), Some(Moment::from_secs(50)));
}
