//! The panel and its rows on the Overview, over states and sizes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::event::ArmId;
use crate::measure::snapshot::Snapshot;
use crate::tui::fixture;
use crate::tui::theme::{Theme, ThemeName};
use crate::tui::view::view;
use crate::tui::viewing::{Page, Viewing};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn the_panel_over_states_and_sizes() {
    for (state, snapshot) in states() {
        for size in SIZES {
            let screen = screen(size, Page::Pattern(3), &snapshot, ThemeName::Dark);
            let (width, height) = size;
            insta::assert_snapshot!(format!("provisioned_{state}_{width}x{height}"), screen);
        }
    }
}

#[test]
fn the_overview_says_how_full_the_units_are() {
    let [.., (_, faulted)] = states();
    let screen = screen((120, 40), Page::Overview, &faulted, ThemeName::Plain);
    for fact in ["unit full", "100%", "turned away", "InService"] {
        assert!(screen.contains(fact), "{fact} is missing:\n{screen}");
    }
}

#[test]
fn without_colour_no_fact_is_lost() {
    let [.., (_, faulted)] = states();
    let screen = screen((200, 60), Page::Pattern(3), &faulted, ThemeName::Plain);
    for fact in [
        "turned away 33.3%",
        "spilled 33.3%",
        "paid 1h $43.6",
        "breaks even at 6.87/s",
        "✗ Failed",
        "● InService",
        "Reserved tier instead",
        "rates assumed, provisioning 60.0x",
    ] {
        assert!(screen.contains(fact), "{fact} is missing:\n{screen}");
    }
}

fn states() -> [(&'static str, Snapshot); 3] {
    [
        ("empty", fixture::provisioned(fixture::empty(), false)),
        ("steady", fixture::provisioned(fixture::steady(), false)),
        ("faulted", fixture::provisioned(fixture::faulted(), true)),
    ]
}

fn screen((width, height): (u16, u16), page: Page, snapshot: &Snapshot, theme: ThemeName) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let viewing = Viewing {
        page,
        selected: Some(ArmId(0)),
        ..Viewing::default()
    };
    view(area, &mut buf, &viewing, snapshot, &Theme::named(theme), &[]);
    let rows = buf.content().chunks(usize::from(width));
    let lines = rows.map(|row| {
        let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}
