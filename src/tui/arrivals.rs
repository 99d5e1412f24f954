//! The page of `bedrill serve --tui`: what comes in, on one screen. Draws what it is given; keeps nothing.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::format;
use super::run::TuiError;
use super::terminal::TerminalScreen;
use super::theme::{State, Theme};
use super::widget::{blocks, pen};

/// Columns of names.
const NAMES: u16 = 34;
/// Columns of a bar.
const BAR: u16 = 24;
/// Columns of a caller's counts.
const COLUMNS: [(&str, u16); 6] = [
    ("calls", 9),
    ("a second", 10),
    ("open", 7),
    ("served", 9),
    ("429", 8),
    ("failed", 8),
];

/// What there is to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrivals {
    /// Where the server listens.
    pub url: String,
    /// How long it has.
    pub up: Duration,
    /// The seed of its world.
    pub seed: u64,
    /// Over the last ten seconds.
    pub recent: Recent,
    /// Who calls.
    pub callers: Vec<CallerRow>,
    /// How full quotas are, the fullest first.
    pub quotas: Vec<QuotaRow>,
    /// What is broken, and for how long yet.
    pub faults: Vec<(String, Duration)>,
}

/// Calls that ended in the last ten seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Recent {
    /// A second.
    pub rate: f64,
    /// The share that was throttled; `None` without calls.
    pub throttled: Option<f64>,
    /// The share that failed otherwise.
    pub failed: Option<f64>,
    /// The median latency of those served.
    pub p50: Option<Duration>,
    /// Its 99th percentile.
    pub p99: Option<Duration>,
}

/// A caller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallerRow {
    /// Its name and key.
    pub name: String,
    /// Its user agent.
    pub agent: String,
    /// Calls, open ones, served, throttled, failed.
    pub counts: [u64; 5],
    /// Calls a second over the last ten.
    pub rate: f64,
}

/// A quota.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaRow {
    /// Region, model and family.
    pub name: String,
    /// The share of its requests that is spent.
    pub requests: Option<f64>,
    /// The share of its tokens that is spent.
    pub tokens: Option<f64>,
}

/// The page on the terminal; gives it back when dropped.
pub struct ArrivalsPage {
    screen: TerminalScreen,
    theme: Theme,
}

impl ArrivalsPage {
    /// Takes the terminal. Fails where there is none.
    pub fn open(theme: Theme) -> Result<Self, TuiError> {
        if !TerminalScreen::exists() {
            return Err(TuiError::NoTerminal);
        }
        let screen = TerminalScreen::take(false).map_err(TuiError::Take)?;
        Ok(Self { screen, theme })
    }

    /// Draws, and reads the keys that have come: whether somebody wants to leave.
    pub fn show(&mut self, arrivals: &Arrivals) -> io::Result<bool> {
        let theme = &self.theme;
        self.screen.paint(|area, buf| draw(area, buf, theme, arrivals))?;
        while event::poll(Duration::ZERO)? {
            if let Event::Key(key) = event::read()?
                && key.kind == KeyEventKind::Press
            {
                let interrupt =
                    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
                if interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Draws the page.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, arrivals: &Arrivals) {
    buf.set_style(area, theme.text);
    let mut rest = pen::cut_right(pen::gap(area, 1), 1).0;
    let mut next = || {
        let (row, below) = pen::cut_top(rest, 1);
        rest = below;
        row
    };
    head(next(), buf, theme, arrivals);
    recent(next(), buf, theme, &arrivals.recent);
    pen::rule(buf, next(), theme.faint);
    if arrivals.faults.is_empty() {
        pen::left(
            buf,
            next(),
            "nothing is broken: bedrill fault add kind=throttle share=30%",
            theme.muted,
        );
    }
    for (label, left) in &arrivals.faults {
        let text = format!("▼ {label}  {} left", format::countdown(*left));
        pen::left(buf, next(), &text, theme.state(State::Broken));
    }
    next();
    let mut heads = pen::label(buf, next(), NAMES, "callers", theme.strong);
    for (title, width) in COLUMNS {
        heads = pen::column(buf, heads, width, title, theme.muted);
    }
    if arrivals.callers.is_empty() {
        let text = format!("none yet: export AWS_ENDPOINT_URL={}", arrivals.url);
        pen::left(buf, next(), &text, theme.muted);
    }
    for row in &arrivals.callers {
        caller(next(), buf, theme, row);
    }
    next();
    pen::left(buf, next(), "quotas, how much of a minute is spent", theme.strong);
    for row in &arrivals.quotas {
        quota(next(), buf, theme, row);
    }
    let foot = pen::row(area, area.height.saturating_sub(1));
    buf.set_stringn(
        foot.x,
        foot.y,
        " ".repeat(foot.width.into()),
        foot.width.into(),
        theme.text,
    );
    pen::left(
        buf,
        pen::gap(foot, 1),
        "q leaves and ends the server",
        theme.muted,
    );
}

fn head(row: Rect, buf: &mut Buffer, theme: &Theme, arrivals: &Arrivals) {
    let rest = pen::right(buf, row, &format::countdown(arrivals.up), theme.text);
    let rest = pen::left(buf, rest, "bedrill serve  ", theme.accent);
    let rest = pen::left(buf, rest, &arrivals.url, theme.strong);
    pen::left(
        buf,
        pen::gap(rest, 2),
        &format!("seed {}", arrivals.seed),
        theme.muted,
    );
}

fn recent(row: Rect, buf: &mut Buffer, theme: &Theme, recent: &Recent) {
    let state = |share: Option<f64>, bad| match share {
        Some(share) if share > 0.0 => theme.state(bad),
        _ => theme.text,
    };
    let parts = [
        (format::rate(recent.rate), theme.strong, ""),
        (
            format::maybe_share(recent.throttled),
            state(recent.throttled, State::Strained),
            "throttled ",
        ),
        (
            format::maybe_share(recent.failed),
            state(recent.failed, State::Broken),
            "failed ",
        ),
        (format::maybe_duration(recent.p50), theme.text, "p50 "),
        (format::maybe_duration(recent.p99), theme.text, "p99 "),
    ];
    let mut rest = row;
    for (text, style, name) in parts {
        rest = pen::left(buf, rest, name, theme.muted);
        rest = pen::gap(pen::left(buf, rest, &text, style), 3);
    }
    pen::left(buf, rest, "over the last ten seconds", theme.muted);
}

fn caller(row: Rect, buf: &mut Buffer, theme: &Theme, line: &CallerRow) {
    let mut rest = pen::label(buf, row, NAMES, &line.name, theme.text);
    let [calls, open, served, throttled, failed] = line.counts.map(format::count);
    let figures = [calls, format::rate(line.rate), open, served, throttled, failed];
    for (n, ((_, width), figure)) in COLUMNS.into_iter().zip(figures).enumerate() {
        let style = match n {
            4 if line.counts[3] > 0 => theme.state(State::Strained),
            5 if line.counts[4] > 0 => theme.state(State::Broken),
            _ => theme.text,
        };
        rest = pen::column(buf, rest, width, &figure, style);
    }
    let rest = pen::gap(rest, 2);
    pen::left(buf, rest, &pen::fit(&line.agent, rest.width), theme.muted);
}

fn quota(row: Rect, buf: &mut Buffer, theme: &Theme, line: &QuotaRow) {
    let mut rest = pen::label(buf, row, NAMES + 12, &line.name, theme.text);
    for (name, spent) in [("requests ", line.requests), ("tokens ", line.tokens)] {
        let Some(spent) = spent else { continue };
        rest = pen::left(buf, rest, name, theme.muted);
        let style = if spent >= 0.9 {
            theme.state(State::Strained)
        } else {
            theme.part(0)
        };
        let (bar, after) = pen::cut_left(rest, BAR.min(rest.width / 3));
        blocks::bar(bar, buf, spent, style);
        rest = pen::gap(pen::column(buf, after, 7, &format::share(spent), theme.text), 2);
    }
}
