use super::fixture;
use crate::tui::theme::ThemeName;
use crate::tui::view::tests::{draw, text, viewing};
use crate::tui::viewing::Page;

#[test]
fn the_panel_over_states_and_sizes() {
    let states = [
        ("empty", fixture::empty()),
        ("steady", fixture::steady()),
        ("faulted", fixture::faulted()),
    ];
    for (name, snapshot) in &states {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let page = viewing(Page::Pattern(4));
            let screen = text(&draw((width, height), &page, snapshot, ThemeName::Dark));
            insta::assert_snapshot!(format!("batch_{name}_{width}x{height}"), screen);
        }
    }
    let overview = viewing(Page::Overview);
    let screen = text(&draw((120, 40), &overview, &states[1].1, ThemeName::Dark));
    insta::assert_snapshot!("batch_overview_120x40", screen);
}

#[test]
fn the_compression_of_time_is_labelled_at_every_size() {
    for size in [(80, 24), (120, 40), (200, 50), (200, 60)] {
        let screen = text(&draw(
            size,
            &viewing(Page::Pattern(4)),
            &fixture::steady(),
            ThemeName::Plain,
        ));
        assert!(screen.contains("×120"), "{screen}");
    }
}
