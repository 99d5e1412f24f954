//! The dials that a pattern has of its own, in the title of its panel: `< quality difference 10% >`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen;
use crate::measure::snapshot::TuneView;
use crate::tui::theme::Theme;

/// Writes the dials, the chosen one between the keys that turn it, and returns the rest of the row.
pub fn tune_dials(row: Rect, buf: &mut Buffer, theme: &Theme, tunes: &[TuneView], chosen: usize) -> Rect {
    let chosen = chosen.min(tunes.len().saturating_sub(1));
    tunes.iter().enumerate().fold(row, |row, (place, tune)| {
        let is_chosen = place == chosen;
        let (before, behind) = if is_chosen { ("< ", " >") } else { ("  ", "  ") };
        let rest = pen::left(buf, row, before, theme.accent);
        let rest = pen::left(buf, rest, &tune.label, theme.muted);
        let style = if is_chosen { theme.accent } else { theme.text };
        let rest = pen::left(buf, pen::gap(rest, 1), &setting(tune, tune.value), style);
        pen::left(buf, rest, behind, theme.accent)
    })
}

/// A setting with its unit, in at most two decimals: `10%`, `2.5`, `300 s`.
pub fn setting(tune: &TuneView, value: f64) -> String {
    let value = (value * 100.0).round() / 100.0;
    let gap = if tune.unit.is_empty() || tune.unit == "%" {
        ""
    } else {
        " "
    };
    format!("{value}{gap}{}", tune.unit)
}
