//! The map over states and sizes, in dots and in letters; labels against hostile places.

use proptest::prelude::*;

use super::*;
use crate::catalog::Catalog;
use crate::tui::fixture;
use crate::tui::theme::ThemeName;

fn drawn(snapshot: &Snapshot, (width, height): (u16, u16), ascii: bool) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let theme = Theme::named(ThemeName::Dark).in_letters(ascii);
    region_map(
        area,
        &mut buf,
        &theme,
        (snapshot, &Atlas::of(&Catalog::builtin())),
    );
    buf
}

fn text(buf: &Buffer) -> String {
    let rows = buf.content().chunks(buf.area.width.into());
    let row = |cells: &[ratatui::buffer::Cell]| {
        cells
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
    };
    rows.map(|cells| row(cells).trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn the_map_over_states_and_sizes() {
    for (state, snapshot) in [("steady", fixture::steady()), ("faulted", fixture::faulted())] {
        for size in [(40, 11), (40, 18), (76, 20)] {
            for (form, ascii) in [("dots", false), ("letters", true)] {
                let screen = text(&drawn(&snapshot, size, ascii));
                insta::assert_snapshot!(format!("map_{state}_{form}_{}x{}", size.0, size.1), screen);
            }
        }
    }
}

#[test]
fn a_broken_region_is_told_by_glyph_and_by_colour() {
    let buf = drawn(&fixture::faulted(), (40, 14), false);
    let broken = Theme::named(ThemeName::Dark).marker(MarkerKind::FaultBegan);
    let cell = buf.content().iter().find(|cell| cell.symbol() == "▼");
    assert_eq!(cell.map(|cell| cell.fg), broken.fg, "{}", text(&buf));
    let calm = drawn(&fixture::steady(), (40, 14), false);
    assert!(!text(&calm).contains('▼'));
}

proptest! {
    #[test]
    fn labels_never_overlap(dots in proptest::collection::vec((0..60_u16, 0..16_u16), 1..30)) {
        let map = Rect::new(0, 0, 60, 16);
        let mut labels = Labels::new(map, dots.iter().map(|(x, y)| Position { x: *x, y: *y }));
        let texts = ["us-east-1 12.3%".to_owned(), "use1".to_owned()];
        let mut found: Vec<Rect> = Vec::new();
        for (x, y) in &dots {
            if let Some((place, _)) = labels.find(Position { x: *x, y: *y }, &texts) {
                prop_assert_eq!(place.intersection(map), place);
                prop_assert!(found.iter().all(|other| !other.intersects(place)));
                prop_assert!(dots.iter().all(|(x, y)| !place.contains(Position::new(*x, *y))));
                found.push(place);
            }
        }
    }
}
