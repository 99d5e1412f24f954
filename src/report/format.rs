//! Numbers as they stand in a report: the words of [`crate::drill::wording`], and a dash for what
//! there is not.

use std::time::Duration;

use crate::drill::wording::amount;
use crate::measure::figure::Unit;
use crate::measure::snapshot::MarkerKind;
use crate::units::Usd;

/// What stands where there is no figure.
pub(super) const NONE: &str = "-";

/// `99.33%`.
pub(super) fn share(share: Option<f64>) -> String {
    figure(Unit::Share, share)
}

/// `412ms`.
pub(super) fn span(span: Option<Duration>) -> String {
    figure(Unit::Seconds, span.map(|span| span.as_secs_f64()))
}

/// `1.36`.
pub(super) fn ratio(ratio: Option<f64>) -> String {
    figure(Unit::Ratio, ratio)
}

/// `$0.4213`, and for less than a cent three figures: `$0.000035`.
pub(super) fn money(amount: Usd) -> String {
    dollars(amount.dollars())
}

/// The same of dollars.
pub(super) fn dollars(dollars: f64) -> String {
    let size = dollars.abs();
    if size == 0.0 {
        return "$0".to_owned();
    }
    let decimals = match size {
        large if large >= 100.0 => 2,
        middle if middle >= 0.01 => 4,
        small => (2 - small.log10().floor() as i32).clamp(4, 12) as usize,
    };
    format!("${dollars:.decimals$}")
}

/// A figure in its unit.
pub(super) fn figure(unit: Unit, value: Option<f64>) -> String {
    match (unit, value) {
        (_, None) => NONE.to_owned(),
        (Unit::Dollars, Some(value)) => dollars(value),
        (_, Some(value)) => amount(unit, value),
    }
}

/// A count with thin spaces between thousands: `12 340`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A moment of the run: `1:05`, `1:05.3` where tenths say more, `1:02:05`.
pub(super) fn at(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    let (whole, rest) = (tenths / 10, tenths % 10);
    let tail = if rest > 0 {
        format!(".{rest}")
    } else {
        String::new()
    };
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}{tail}")
    } else {
        format!("{minutes}:{seconds:02}{tail}")
    }
}

/// The sign of a marker, as on the dashboard.
pub(super) const fn glyph(kind: MarkerKind) -> &'static str {
    match kind {
        MarkerKind::FaultBegan => "▼",
        MarkerKind::FaultEnded => "▲",
        MarkerKind::FailedOver => "⇄",
        MarkerKind::BreakerOpened => "●",
        MarkerKind::BreakerHalfOpened => "◐",
        MarkerKind::BreakerClosed => "○",
        MarkerKind::DialTurned => "↕",
        MarkerKind::Phase => "│",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_would_write_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(
            (at(65.0), at(65.34), at(3725.0)),
            ("1:05".into(), "1:05.3".into(), "1:02:05".into())
        );
        assert_eq!(dollars(0.000_035_17), "$0.0000352");
        assert_eq!(
            (dollars(0.0), dollars(0.42), dollars(1234.5)),
            ("$0".into(), "$0.4200".into(), "$1234.50".into())
        );
        assert_eq!(share(None), "-");
    }
}
