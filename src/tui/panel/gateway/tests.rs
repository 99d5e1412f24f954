//! The panel and its Overview line over states and sizes.

use super::*;
use crate::tui::fixture;
use crate::tui::theme::ThemeName;
use crate::tui::view::view;
use crate::tui::viewing::{Page, Viewing};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn screen(page: Page, (width, height): (u16, u16), snapshot: &crate::measure::Snapshot) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let viewing = Viewing {
        page,
        ..Viewing::default()
    };
    view(
        area,
        &mut buf,
        &viewing,
        snapshot,
        &Theme::named(ThemeName::Dark),
        &[],
    );
    let rows = buf.content().chunks(usize::from(width));
    let lines = rows.map(|row| {
        let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[test]
fn panels_over_states_and_sizes() {
    for (state, snapshot) in fixture::gateway::states() {
        for size in SIZES {
            let name = format!("{state}_{}x{}", size.0, size.1);
            insta::assert_snapshot!(name, screen(Page::Pattern(6), size, &snapshot));
        }
    }
}

#[test]
fn the_overview_tells_what_was_asked_beside_what_is_claimed() {
    let (_, faulted) = fixture::gateway::states().pop().expect("the last is faulted");
    let shown = screen(Page::Overview, (200, 60), &faulted);
    assert!(shown.contains("2.10x asked 1.45x claimed"), "{shown}");
    assert!(shown.contains("gpt-4o-mini 80.0%"), "{shown}");
}

#[test]
fn what_matters_most_is_on_the_smallest_screen() {
    let (_, faulted) = fixture::gateway::states().pop().expect("the last is faulted");
    let shown = screen(Page::Pattern(6), (80, 24), &faulted);
    for words in ["2.10x asked 1.45x claimed", "● out 3s", "gpt-4o-mini", "80.0%"] {
        assert!(shown.contains(words), "{words} is missing:\n{shown}");
    }
}
