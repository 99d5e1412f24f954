//! Dialogs as pictures, at the three sizes.

use std::fmt::Write as _;

use super::inject::Inject;
use super::*;
use crate::names::Region;
use crate::tui::fixture;
use crate::tui::theme::ThemeName;
use crate::tui::viewing::Page;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// The screen as text, a line each, without the blanks at their ends.
fn picture(size: (u16, u16), draw: impl FnOnce(Rect, &mut Buffer, &Theme)) -> String {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer, &Theme::named(ThemeName::Dark));
    let mut text = String::new();
    for y in 0..area.height {
        let line: String = (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn pictures(name: &str, overlay: &Overlay) {
    for size in SIZES {
        let text = picture(size, |area, buf, theme| {
            overlay.draw(area, buf, &fixture::faulted(), theme);
        });
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), text);
    }
}

fn attempts() -> Attempts {
    let live = fixture::faulted();
    let entry = live.log.iter().rfind(|entry| entry.record.is_some());
    let entry = entry.expect("a line with a request behind it");
    Attempts::new(entry.number, entry.record.clone().expect("its record"))
}

fn inject() -> Inject {
    Inject::new(&fixture::faulted(), Some(&Region::from("us-east-1")))
}

#[test]
fn help_looks_right() {
    pictures("help_overview", &Overlay::Help(Help::new(Page::Overview)));
    pictures("help_fallback", &Overlay::Help(Help::new(Page::Pattern(7))));
}

#[test]
fn the_fault_dialog_looks_right() {
    pictures("inject", &Overlay::Inject(Box::new(inject())));
}

#[test]
fn the_fault_dialog_fits_the_smallest_screen_with_all_its_fields() {
    let mut inject = inject();
    while !inject.sentence().contains("break off") {
        inject.turn(1);
    }
    // The footer's line is not the dialog's.
    let text = picture((60, 15), |area, buf, theme| {
        inject.draw(area, buf, &fixture::faulted(), theme);
    });
    insta::assert_snapshot!("inject_60x15", text);
}

#[test]
fn attempts_look_right() {
    pictures("attempts", &Overlay::Attempts(attempts()));
}

#[test]
fn help_scrolls_to_its_end_and_no_further() {
    let mut help = Help::new(Page::Overview);
    let room = |help: &Help| {
        let mut room = DialogRoom::default();
        let text = picture((80, 24), |area, buf, theme| {
            room = help.draw(area, buf, &fixture::faulted(), theme);
        });
        (room.scroll_end, text)
    };
    let (end, first) = room(&help);
    assert!(end > 0 && first.contains("↓ more"));
    for _ in 0..50 {
        help.scroll(10, end);
    }
    let (_, last) = room(&help);
    assert!(!last.contains("↓ more"), "{last}");
    assert!(last.contains("redraw") || last.contains("anew"), "{last}");
    help.scroll(-1, end);
    assert_ne!(room(&help).1, last, "one step back is one step, not fifty");
}

#[test]
fn every_kind_of_fault_says_what_it_will_do() {
    let mut inject = inject();
    let mut sentences = String::new();
    for _ in crate::fault::FaultKind::ALL {
        let _ = writeln!(sentences, "{}", inject.sentence());
        inject.turn(1);
    }
    insta::assert_snapshot!("sentences", sentences);
}

#[test]
fn a_scope_without_meaning_is_not_ordered() {
    use crate::drill::Command;
    let mut inject = inject();
    // Throttle: down to the pattern, and choose one.
    inject.turn(3);
    while !inject.sentence().contains("ThrottlingException") {
        inject.turn(1);
    }
    for _ in 0..5 {
        inject.field(1);
    }
    inject.turn(1);
    let pattern = |inject: &Inject| match inject.command() {
        Command::Inject { scope, .. } => scope.pattern,
        other => panic!("not a fault: {other:?}"),
    };
    assert!(pattern(&inject).is_some(), "{}", inject.sentence());
    // Lost capacity belongs to no pattern.
    for _ in 0..5 {
        inject.field(-1);
    }
    while !inject.sentence().contains("capacity") {
        inject.turn(1);
    }
    assert_eq!(pattern(&inject), None);
}
