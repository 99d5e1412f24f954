//! The signs that stand for facts, the same everywhere: on charts, in the log, in tables.

use crate::event::BreakerState;
use crate::measure::snapshot::{LogKind, MarkerKind};

/// The glyph of a marker, the same everywhere.
pub const fn marker_glyph(kind: MarkerKind) -> &'static str {
    match kind {
        MarkerKind::FaultBegan => "▼",
        MarkerKind::FaultEnded => "▲",
        MarkerKind::FailedOver => "⇄",
        MarkerKind::BreakerOpened => "●",
        MarkerKind::BreakerHalfOpened => "◐",
        MarkerKind::BreakerClosed => "○",
        MarkerKind::DialTurned => "↕",
        MarkerKind::Phase => "┊",
    }
}

/// The glyph of a log line.
pub const fn log_glyph(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Marker(kind) => marker_glyph(kind),
        LogKind::ShotFailed(_) => "✗",
        LogKind::Shed => "⊘",
        LogKind::Note => "·",
    }
}

/// The glyph and the word of a breaker's state.
pub const fn breaker_words(state: BreakerState) -> (&'static str, &'static str) {
    match state {
        BreakerState::Closed => ("○", "closed"),
        BreakerState::HalfOpen => ("◐", "half-open"),
        BreakerState::Open => ("●", "open"),
    }
}
