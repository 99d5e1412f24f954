//! The figures of the run in the header, each in a place of fixed width: rates, shots in flight,
//! money, and whether any of it may be believed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::measure::snapshot::Snapshot;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::widget::pen;

/// Columns between two gauges.
const GAP: u16 = 2;

/// A figure of the run in its place.
struct Gauge {
    /// Which go first when room is short: the highest.
    rank: u8,
    /// Columns.
    width: u16,
    text: String,
    style: Style,
}

/// Draws the gauges that fit, right-aligned.
pub fn draw(row: Rect, buf: &mut Buffer, theme: &Theme, snapshot: &Snapshot) {
    let gauges = [
        queued(snapshot, theme),
        in_flight(snapshot, theme),
        rate(snapshot, theme),
        spend(snapshot, theme),
        honesty(snapshot, theme),
    ];
    // The widest set of the lowest ranks that fits.
    let width_up_to = |rank: u8| -> u16 {
        let kept = gauges.iter().filter(|gauge| gauge.rank <= rank);
        kept.map(|gauge| gauge.width + GAP).sum::<u16>() - GAP
    };
    let most = gauges.len() as u8;
    let Some(rank) = (0..most).rev().find(|rank| width_up_to(*rank) <= row.width) else {
        return;
    };
    let mut rest = pen::cut_right(row, width_up_to(rank)).1;
    for gauge in gauges.iter().filter(|gauge| gauge.rank <= rank) {
        rest = pen::column(buf, rest, gauge.width, &gauge.text, gauge.style);
        rest = pen::gap(rest, GAP);
    }
}

fn rate(snapshot: &Snapshot, theme: &Theme) -> Gauge {
    // For the first seconds the window is not yet full, and says nothing about falling behind.
    let settled = snapshot.at.as_secs() > 10 && !snapshot.paused && !snapshot.finished;
    let behind = settled && snapshot.achieved_rate < snapshot.asked_rate * 0.9;
    let (got, asked) = (
        format::rate(snapshot.achieved_rate),
        format::rate(snapshot.asked_rate),
    );
    Gauge {
        rank: 0,
        width: 16,
        text: format!("{} of {asked}", got.trim_end_matches("/s")),
        style: quiet_or(behind, State::Strained, theme),
    }
}

fn honesty(snapshot: &Snapshot, theme: &Theme) -> Gauge {
    let honesty = &snapshot.honesty;
    let (text, fine) = if honesty.lost_events > 0 {
        (format!("lost {}", format::count(honesty.lost_events)), false)
    } else if honesty.on_time {
        ("on time".to_owned(), true)
    } else {
        (format!("late {}", format::duration(honesty.lag_p99)), false)
    };
    let style = if fine {
        theme.muted
    } else {
        theme.state(State::Strained)
    };
    Gauge {
        rank: 1,
        width: 11,
        text,
        style,
    }
}

fn spend(snapshot: &Snapshot, theme: &Theme) -> Gauge {
    // What is held back for calls under way counts: it may be spent to the last cent.
    let taken = snapshot.spend.spent + snapshot.spend.reserved;
    let spent = format::money(taken);
    let used = snapshot
        .spend
        .cap
        .map_or(0.0, |cap| taken.dollars() / cap.dollars().max(1e-12));
    let (text, width) = match snapshot.spend.cap {
        Some(cap) => {
            let cap = format::money(cap);
            // The cap stays for the whole run, so its own width is a fixed one.
            let width = format::MONEY_WIDTH as u16 + 4 + pen::width(&cap);
            (format!("{spent} of {cap}"), width)
        }
        None => (format!("{spent} spent"), format::MONEY_WIDTH as u16 + 6),
    };
    let style = match used {
        used if used >= 1.0 => theme.state(State::Broken),
        used if used >= 0.8 => theme.state(State::Strained),
        _ => theme.text,
    };
    Gauge {
        rank: 2,
        width,
        text,
        style,
    }
}

fn in_flight(snapshot: &Snapshot, theme: &Theme) -> Gauge {
    let full = snapshot.in_flight >= snapshot.concurrency_cap.max(1);
    Gauge {
        rank: 3,
        width: 15,
        text: format!("{} in flight", format::count(snapshot.in_flight)),
        style: quiet_or(full, State::Strained, theme),
    }
}

fn queued(snapshot: &Snapshot, theme: &Theme) -> Gauge {
    let waiting = snapshot.queued > 0;
    let text = format!("{} queued", format::count(snapshot.queued));
    let style = if waiting {
        theme.state(State::Strained)
    } else {
        theme.muted
    };
    Gauge {
        rank: 4,
        width: 12,
        text,
        style,
    }
}

fn quiet_or(trouble: bool, state: State, theme: &Theme) -> Style {
    if trouble { theme.state(state) } else { theme.text }
}
