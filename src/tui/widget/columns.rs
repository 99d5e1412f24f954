//! Tables with fixed columns: right-aligned, of constant width, dropped by rank when room is short.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen;
use crate::tui::theme::Theme;

/// A column of a table whose rows are of type `T`.
pub struct Column<T> {
    /// Its head.
    pub head: &'static str,
    /// Its width, the gap before it included.
    pub width: u16,
    /// Which columns go first when room is short: the highest ranks.
    pub rank: u8,
    /// The figure and its style.
    pub cell: fn(&T, &Theme) -> (String, Style),
}

/// The columns that fit into a width, in their own order.
pub fn fitting<T>(table: &'static [Column<T>], room: u16) -> Vec<&'static Column<T>> {
    let mut by_rank: Vec<usize> = (0..table.len()).collect();
    by_rank.sort_by_key(|index| table[*index].rank);
    let mut taken = 0;
    let mut chosen = vec![false; table.len()];
    for index in by_rank {
        if taken + table[index].width > room {
            break;
        }
        taken += table[index].width;
        chosen[index] = true;
    }
    table
        .iter()
        .zip(chosen)
        .filter_map(|(column, chosen)| chosen.then_some(column))
        .collect()
}

/// The width of some columns together.
pub fn width<T>(columns: &[&'static Column<T>]) -> u16 {
    columns.iter().map(|column| column.width).sum()
}

/// Writes the heads and returns the rest of the row.
pub fn heads<T>(columns: &[&'static Column<T>], mut row: Rect, buf: &mut Buffer, theme: &Theme) -> Rect {
    for column in columns {
        row = pen::column(buf, row, column.width, column.head, theme.muted);
    }
    row
}

/// Writes the figures of one row and returns the rest of it.
pub fn cells<T>(
    columns: &[&'static Column<T>],
    item: &T,
    mut row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) -> Rect {
    for column in columns {
        let (text, style) = (column.cell)(item, theme);
        row = pen::column(buf, row, column.width, &text, style);
    }
    row
}
