//! The panel and its line on the Overview, over states and sizes.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use crate::tui::fixture::routing;
use crate::tui::theme::{Theme, ThemeName};
use crate::tui::view::view;
use crate::tui::viewing::{Page, Viewing};

fn screen((width, height): (u16, u16), page: Page, snapshot: &crate::measure::Snapshot) -> String {
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
        row.iter()
            .map(Cell::symbol)
            .collect::<String>()
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[test]
fn the_panel_over_states_and_sizes() {
    for (state, snapshot) in routing::states() {
        for size in [(80, 24), (120, 40), (200, 60)] {
            let drawn = screen(size, Page::Pattern(2), &snapshot);
            insta::assert_snapshot!(format!("{state}_{}x{}", size.0, size.1), drawn);
        }
    }
}

#[test]
fn its_figures_fit_the_smallest_screen_and_the_overview_tells_the_split() {
    let [_, (_, steady), (_, faulted)] = routing::states();
    let small = screen((80, 24), Page::Pattern(2), &steady);
    for figure in [
        "< quality difference 10% >",
        "Nova Pro for",
        "simple",
        "complex",
        "saves",
    ] {
        assert!(small.contains(figure), "{figure} is missing:\n{small}");
    }
    let overview = screen((120, 40), Page::Overview, &faulted);
    for part in ["Nova Lite", "✗"] {
        assert!(overview.contains(part), "{part} is missing:\n{overview}");
    }
}
