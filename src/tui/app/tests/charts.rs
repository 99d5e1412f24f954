//! Zoom, movement and the cursor of the time charts, live, frozen and by mouse.

use super::*;
use crate::clock::Moment;

fn screen(app: &mut App, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = ratatui::buffer::Buffer::empty(area);
    let drawn = app.draw(area, &mut buf);
    app.set_drawn(drawn);
    let rows = buf.content().chunks(width.into());
    let row = |cells: &[ratatui::buffer::Cell]| {
        cells
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
    };
    rows.map(|cells| row(cells) + "\n").collect()
}

#[test]
fn keys_zoom_and_move_all_charts_and_esc_undoes_it() {
    let mut app = app(fixture::faulted());
    press(&mut app, "[[");
    assert_eq!(app.viewing().span.as_secs(), 30);
    press(&mut app, "((");
    assert_eq!(app.viewing().behind.as_secs(), 15);
    assert!(screen(&mut app, (120, 40)).contains(" ago"));
    press(&mut app, "((((((((((((((((((((((((((((((((((((((((");
    assert!(
        app.viewing().behind <= Duration::from_secs(151),
        "not before the run began"
    );
    press(&mut app, "<Esc>");
    assert_eq!(app.viewing().behind, Duration::ZERO);
}

#[test]
fn a_cursor_reads_every_way_of_calling_and_the_markers_there() {
    let mut app = app(fixture::faulted());
    press(&mut app, "7i");
    let at = app.viewing().cursor.expect("a cursor");
    press(&mut app, "<Left><Left>");
    assert_eq!(app.viewing().cursor, Some(at - Duration::from_secs(4)));
    app.point_at(Moment::from_secs(151));
    let text = screen(&mut app, (120, 40));
    for words in [
        "cursor 00:02:31, 30s ago",
        "▼ us-east-1 capacity",
        "other regions",
        "of 10 ok",
        "p99",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    // It reads the same in a frozen view; there the arrows are the cursor's too.
    press(&mut app, "z<Left>");
    assert_eq!(app.viewing().cursor, Some(Moment::from_secs(149)));
    press(&mut app, "i");
    assert!(app.viewing().cursor.is_none() && app.viewing().frozen.is_some());
}

#[test]
fn a_drag_zooms_and_a_click_reads() {
    let mut app = app(fixture::faulted());
    press(&mut app, "7");
    screen(&mut app, (120, 40));
    let cell = |x, y| Position { x, y };
    app.update(Msg::Click(cell(90, 15)));
    app.update(Msg::Release(cell(104, 16)));
    let viewing = app.viewing();
    assert!(
        viewing.span < Duration::from_secs(60) && !viewing.behind.is_zero(),
        "{viewing:?}"
    );
    screen(&mut app, (120, 40));
    app.update(Msg::Click(cell(100, 15)));
    app.update(Msg::Release(cell(100, 15)));
    assert!(app.viewing().cursor.is_some());
}

#[test]
fn in_letters_every_page_is_ascii_and_nothing_is_lost() {
    for typed in ["", "1", "7", "m", "d", "?", "f", "v", "s", ":", "7i"] {
        for snapshot in [fixture::empty(), fixture::steady(), fixture::faulted()] {
            let mut app = app(snapshot);
            app.ascii = true;
            press(&mut app, typed);
            for size in [(80, 24), (120, 40), (200, 60)] {
                let text = screen(&mut app, size);
                assert!(text.is_ascii(), "{text}");
                // A question mark of its own is a sentence's or a key's; two are a glyph without a letter.
                assert!(!text.contains("??"), "{typed}\n{text}");
            }
        }
    }
    let mut buf = ratatui::buffer::Buffer::with_lines(["●◐✗▼ ⣿⠂─"]);
    crate::tui::ascii::fold(&mut buf);
    assert_eq!(
        buf.content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>(),
        "*!xv #'-"
    );
}
