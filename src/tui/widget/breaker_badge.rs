//! A breaker in a few columns: `● open 9s`.

use ratatui::style::Style;

use crate::clock::Moment;
use crate::event::BreakerState;
use crate::measure::snapshot::BreakerView;
use crate::tui::format;
use crate::tui::theme::{Theme, breaker_words};

/// The glyph, the words and their style. A closed breaker is quiet: its age says nothing.
pub fn breaker_badge(breaker: BreakerView, now: Moment, theme: &Theme) -> (&'static str, String, Style) {
    let (glyph, word) = breaker_words(breaker.state);
    let style = theme.breaker(breaker.state);
    let words = match breaker.state {
        BreakerState::Closed => word.to_owned(),
        BreakerState::Open | BreakerState::HalfOpen => {
            format!("{word} {}", format::countdown(now.since(breaker.since)))
        }
    };
    (glyph, words, style)
}
