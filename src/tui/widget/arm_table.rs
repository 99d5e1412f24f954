//! The figures of the ways of calling: the same columns on the Overview and on every panel.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::columns::Column;
use super::pen;
use crate::measure::snapshot::{ArmSnapshot, Percentiles};
use crate::tui::format;
use crate::tui::theme::{State, Theme};

/// Columns before the figures: cursor, state, name.
pub const NAME_WIDTH: u16 = 20;

/// The figures of an arm, last ten seconds.
pub static FIGURES: [Column<ArmSnapshot>; 9] = [
    Column {
        head: "asked",
        width: 8,
        rank: 6,
        cell: |arm, theme| (format::rate(arm.asked_rate), theme.muted),
    },
    Column {
        head: "got",
        width: 8,
        rank: 3,
        cell: |arm, theme| (format::rate(got(arm)), theme.text),
    },
    Column {
        head: "ok",
        width: 7,
        rank: 0,
        cell: |arm, theme| {
            let share = arm.recent.availability();
            (format::maybe_share(share), theme.state(State::of_share(share)))
        },
    },
    Column {
        head: "p50",
        width: 8,
        rank: 2,
        cell: |arm, theme| percentile(&arm.window.intended.percentiles, Quantile::P50, theme),
    },
    Column {
        head: "p99",
        width: 8,
        rank: 1,
        cell: |arm, theme| percentile(&arm.window.intended.percentiles, Quantile::P99, theme),
    },
    Column {
        head: "ttft",
        width: 8,
        rank: 5,
        cell: |arm, theme| percentile(&arm.window.first_token, Quantile::P50, theme),
    },
    Column {
        head: "throttled",
        width: 11,
        rank: 4,
        cell: |arm, theme| {
            let share = arm.recent.throttle_share();
            let state = match share {
                Some(share) if share >= 0.01 => theme.state(State::Strained),
                _ => theme.text,
            };
            (format::maybe_share(share), state)
        },
    },
    Column {
        head: "in flight",
        width: 11,
        rank: 7,
        cell: |arm, theme| (format::count(arm.in_flight), theme.text),
    },
    Column {
        head: "cost",
        width: 10,
        rank: 8,
        cell: |arm, theme| (format::money(arm.total.cost), theme.muted),
    },
];

/// A percentile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantile {
    /// Half are faster.
    P50,
    /// Nine of ten are faster.
    P90,
    /// 99 of 100 are faster.
    P99,
    /// 999 of 1,000 are faster.
    P999,
}

impl Quantile {
    /// Those that are shown.
    pub const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P99, Self::P999];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
        }
    }

    /// Values it takes before it says anything: with fewer it is just the largest.
    pub const fn least_samples(self) -> u64 {
        match self {
            Self::P50 | Self::P90 => 10,
            Self::P99 => 100,
            Self::P999 => 1_000,
        }
    }

    /// Its value among some percentiles.
    pub const fn of(self, percentiles: &Percentiles) -> Option<std::time::Duration> {
        match self {
            Self::P50 => percentiles.p50,
            Self::P90 => percentiles.p90,
            Self::P99 => percentiles.p99,
            Self::P999 => percentiles.p999,
        }
    }
}

/// A percentile as text: quiet and with a `~` where too few values stand behind it.
pub fn percentile(percentiles: &Percentiles, quantile: Quantile, theme: &Theme) -> (String, Style) {
    let text = format::maybe_duration(quantile.of(percentiles));
    if percentiles.count == 0 {
        (text, theme.muted)
    } else if percentiles.count < quantile.least_samples() {
        (format!("~{text}"), theme.muted)
    } else {
        (text, theme.text)
    }
}

/// Writes cursor, state glyph and name of an arm and returns the rest of the row.
pub fn name(row: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, selected: bool) -> Rect {
    let state = State::of_share(arm.recent.availability());
    let (cursor, style) = if selected {
        ("▸", theme.accent)
    } else {
        (" ", theme.text)
    };
    let rest = pen::label(buf, row, 2, cursor, theme.accent);
    let rest = pen::label(buf, rest, 2, state.glyph(), theme.state(state));
    pen::label(buf, rest, NAME_WIDTH - 4, arm.key.as_str(), style)
}

/// Shots a second that ended lately.
fn got(arm: &ArmSnapshot) -> f64 {
    const WINDOW: usize = 10;
    let seconds = arm.timeline.points().rev().take(WINDOW).count().max(1);
    arm.recent.intended as f64 / seconds as f64
}
