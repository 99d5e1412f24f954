//! The form of figures, and the leaves in the order that they recommend.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::decide::leaf::Leaf;
use crate::decide::{Fit, Recommendation};
use crate::tui::deciding::form::Field;
use crate::tui::deciding::{Deciding, Verdict};
use crate::tui::format;
use crate::tui::overlay::prose::wrapped;
use crate::tui::theme::{State, Theme};
use crate::tui::view::{Hit, Regions};
use crate::tui::widget::pen;

/// Rows of the form.
pub const ROWS: u16 = Field::ALL.len() as u16;
/// Rows of what it leads to, its heading included.
pub const VERDICT_ROWS: u16 = Leaf::ALL.len() as u16 + 1;
/// Columns of a field's name.
const LABEL: u16 = 12;
/// Columns of a leaf's name.
const LEAF: u16 = 25;

/// Draws the dials.
pub fn fields(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) {
    for (place, field) in Field::ALL.into_iter().enumerate() {
        let line = pen::row(area, place as u16);
        let selected = place == deciding.row;
        let (glyph, label, value) = if selected {
            ("▸", theme.accent, theme.strong)
        } else {
            (" ", theme.muted, theme.text)
        };
        let row = pen::label(buf, line, 2, glyph, theme.accent);
        let row = pen::label(buf, row, LABEL, field.label(), label);
        let row = pen::label(buf, row, 2, if selected { "◂" } else { " " }, theme.accent);
        let row = pen::left(buf, row, &deciding.form.value(field), value);
        if selected {
            pen::left(buf, pen::gap(row, 1), "▸", theme.accent);
        }
        regions.add(line, Hit::Choice(place));
    }
}

/// Draws what the figures lead to, or what is wrong with them.
pub fn verdicts(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) {
    let (head, mut below) = pen::cut_top(area, 1);
    if let Err(problems) = &deciding.advice {
        pen::left(buf, head, "these figures cannot be", theme.state(State::Broken));
        for problem in problems {
            for text in wrapped(&problem.to_string(), usize::from(area.width), 2) {
                let (line, rest) = pen::cut_top(below, 1);
                pen::left(buf, line, &text, theme.text);
                below = rest;
            }
        }
        return;
    }
    let rest = pen::label(buf, head, 2 + LEAF, "  leads to", theme.muted);
    pen::column(buf, rest, format::MONEY_WIDTH as u16 + 2, "a month", theme.muted);
    for (n, verdict) in deciding.verdicts().into_iter().enumerate() {
        let line = pen::row(below, n as u16);
        let place = Field::ALL.len() + n;
        let glyph = if place == deciding.row { "▸" } else { " " };
        let row = pen::label(buf, line, 2, glyph, theme.accent);
        match verdict {
            Verdict::Recommended(made) => {
                let style = if n == 0 { theme.strong } else { theme.text };
                let row = pen::label(buf, row, LEAF, made.leaf.title(), style);
                let row = pen::column(buf, row, format::MONEY_WIDTH as u16 + 2, &month(made), style);
                pen::left(buf, pen::gap(row, 1), fit(made.fit), theme.muted);
            }
            Verdict::Refused(refusal) => {
                let row = pen::label(buf, row, LEAF, refusal.leaf.title(), theme.faint);
                pen::column(buf, row, format::MONEY_WIDTH as u16 + 2, "no", theme.faint);
            }
        }
        if place == deciding.row {
            buf.set_style(line.intersection(buf.area), theme.selected);
        }
        regions.add(line, Hit::Choice(place));
    }
}

/// Says what is under the cursor: the figure's meaning, or why a leaf is or is not recommended.
pub fn explain(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding) {
    let text = match (deciding.field(), deciding.shown()) {
        (Some(field), _) => field.help().to_owned(),
        (None, Some(Verdict::Recommended(made))) => {
            format!(
                "{} by {}; Enter reads on, r runs it. {}",
                made.pattern,
                made.model,
                made.leaf.because()
            )
        }
        (None, Some(Verdict::Refused(refusal))) => refusal.to_string(),
        (None, None) => String::new(),
    };
    for (text, n) in wrapped(&text, usize::from(area.width), 0).into_iter().zip(0..) {
        pen::left(buf, pen::row(area, n), &text, theme.text);
    }
}

fn month(made: &Recommendation) -> String {
    made.costs
        .monthly
        .map_or_else(|| "unpriced".to_owned(), format::money)
}

const fn fit(fit: Fit) -> &'static str {
    match fit {
        Fit::Asked => "asked",
        Fit::Helps => "helps",
        Fit::Works => "works",
    }
}
