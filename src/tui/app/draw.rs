//! The whole screen from the app's state: a page, its footer, a dialog over it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::App;
use crate::tui::action::{Action, Group, Mode, Row};
use crate::tui::ascii;
use crate::tui::keymap;
use crate::tui::overlay::DialogRoom;
use crate::tui::theme::Theme;
use crate::tui::view::{self, FooterItem, Regions};

/// What was drawn where, for the mouse, and how far a dialog scrolls.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    pub(in crate::tui) regions: Regions,
    /// What each item of the footer does.
    pub(super) footer: Vec<Action>,
    pub(super) dialog: Option<DialogRoom>,
    pub(super) scroll_end: u16,
}

impl App {
    /// Draws the screen. The same state and area give the same cells.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) -> Drawn {
        let theme = self.theme_worn();
        let rows = footer_rows(self.mode(), self.viewing.alone, usize::from(area.width));
        let items: Vec<FooterItem> = rows.iter().map(|row| item(row)).collect();
        let snapshot = self.shown();
        let regions = view::view(area, buf, &self.viewing, snapshot, &theme, &items);
        let dialog = self.overlay.as_ref().filter(|_| view::fits(area)).map(|overlay| {
            // The footer stays to be seen: it says which keys the dialog knows.
            let above = Rect {
                height: area.height - 1 - view::strip_rows(&self.viewing),
                ..area
            };
            overlay.draw(above, buf, snapshot, &theme)
        });
        if self.ascii {
            ascii::fold(buf);
        }
        Drawn {
            footer: rows.iter().map(|row| row.bindings[0].action).collect(),
            scroll_end: dialog.map_or(regions.scroll_end(), |room| room.scroll_end),
            regions,
            dialog,
        }
    }

    fn theme_worn(&self) -> Theme {
        let own = self.own_theme.as_deref().filter(|_| self.wears_own);
        own.cloned()
            .unwrap_or_else(|| Theme::named(self.theme))
            .in_letters(self.ascii)
    }
}

fn item(row: &Row) -> FooterItem {
    FooterItem {
        keys: row.keys(),
        label: row.label.to_owned(),
    }
}

/// The rows that fit into the footer, the least important left out, in the table's order.
/// Without a run only the page's own keys and the program's are shown.
fn footer_rows(mode: Mode, alone: bool, width: usize) -> Vec<&'static Row> {
    const GAP: usize = 3;
    let mut ranked: Vec<(usize, &'static Row)> = keymap::rows(mode)
        .filter(|row| row.footer.is_some())
        .filter(|row| {
            !alone
                || !matches!(
                    row.group,
                    Group::Pages | Group::Traffic | Group::Faults | Group::View
                )
        })
        .enumerate()
        .collect();
    ranked.sort_by_key(|(place, row)| (row.footer, *place));
    let mut left = width.saturating_sub(2) + GAP;
    ranked.retain(|(_, row)| {
        let takes = row.keys().width() + 1 + row.label.width() + GAP;
        let fits = takes <= left;
        if fits {
            left -= takes;
        } else {
            left = 0;
        }
        fits
    });
    ranked.sort_by_key(|(place, _)| *place);
    ranked.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::viewing::Page;

    #[test]
    fn a_narrow_footer_keeps_what_matters_most() {
        let mode = Mode {
            page: Page::Overview,
            dialog: None,
            frozen: false,
            cursor: false,
            typing: false,
            replay: false,
            tour: false,
        };
        let labels = |width| {
            let rows = footer_rows(mode, false, width);
            rows.iter().map(|row| row.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(30), ["open", "help", "quit"]);
        assert_eq!(
            labels(80),
            ["open", "pause", "rate", "outage", "fault", "help", "quit"]
        );
        assert!(labels(200).len() > labels(80).len());
    }
}
