//! Quantities as people write them: `1m30s`, `600/min`, `30%`, `$5.00`.
//!
//! Pure text to value; ranges and places in a file are [`super::Item`]'s matter.

use std::time::Duration;

/// Longest duration that can be written: ten years, so that no sum of a few overflows.
const LONGEST_SECS: f64 = 315_360_000.0;

/// A duration: numbers with units `ms`, `s`, `m` (or `min`) and `h`, largest first: `1m30s`, `250ms`.
///
/// `None` if it is nothing of that form, is negative or is longer than ten years.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut secs = 0.0;
    let mut last_unit = f64::INFINITY;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = leading(rest, |c| c.is_ascii_digit() || c == '.');
        let amount = plain_number(digits)?;
        rest = rest[digits.len()..].trim_start();
        let unit = leading(rest, |c| c.is_ascii_alphabetic());
        rest = rest[unit.len()..].trim_start();
        let unit_secs = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        if unit_secs >= last_unit {
            return None;
        }
        last_unit = unit_secs;
        secs += amount * unit_secs;
    }
    // Written in milliseconds at the finest; a float's last digit is not what was meant.
    (secs <= LONGEST_SECS).then(|| Duration::from_micros((secs * 1e6).round() as u64))
}

/// A rate in events a second: `20/s`, `600/min`, `1000/h`.
pub fn rate(text: &str) -> Option<f64> {
    let (amount, unit) = text.trim().split_once('/')?;
    let amount = plain_number(amount.trim())?;
    let unit_secs = match unit.trim() {
        "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(amount / unit_secs)
}

/// A share as a percentage: `30%` is 0.3. May lie outside `0.0..=1.0`; the caller judges.
pub fn percentage(text: &str) -> Option<f64> {
    let amount = plain_number(text.trim().strip_suffix('%')?.trim())?;
    Some(amount / 100.0)
}

/// Dollars: `$5.00`, `$0.035`.
pub fn dollars(text: &str) -> Option<f64> {
    plain_number(text.trim().strip_prefix('$')?.trim())
}

/// An age: a duration, or days: `30d`. `None` beyond a century.
pub fn age(text: &str) -> Option<Duration> {
    const DAY_SECS: f64 = 86_400.0;
    const MOST_DAYS: f64 = 36_500.0;
    let days = text.trim().strip_suffix('d').and_then(plain_number);
    days.filter(|days| *days <= MOST_DAYS)
        .map(|days| Duration::from_secs_f64(days * DAY_SECS))
        .or_else(|| duration(text))
}

/// A size in bytes: `2GB`, `1.5 MiB`.
pub fn size(text: &str) -> Option<u64> {
    // Longest first, so that `GB` is not taken for `B`.
    const SIZES: [(&str, f64); 8] = [
        ("KiB", 1024.0),
        ("MiB", 1024.0 * 1024.0),
        ("GiB", 1024.0 * 1024.0 * 1024.0),
        ("kB", 1e3),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("B", 1.0),
    ];
    let text = text.trim();
    let (number, bytes) = SIZES
        .iter()
        .find_map(|(unit, bytes)| text.strip_suffix(unit).map(|number| (number, bytes)))?;
    plain_number(number.trim()).map(|amount| (amount * bytes) as u64)
}

/// Digits with at most one point: no sign, no exponent, no `inf` or `nan`.
fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    is_plain
        .then(|| text.parse().ok())
        .flatten()
        .filter(|n: &f64| n.is_finite())
}

fn leading(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let read = |text| duration(text).map(|span| span.as_millis());
        assert_eq!(read("30s"), Some(30_000));
        assert_eq!(read("1.5m"), Some(90_000));
        assert_eq!(read("250ms"), Some(250));
        assert_eq!(read("1h 2m30s"), Some(3_750_000));
        assert_eq!(read("10min"), Some(600_000));
        for wrong in [
            "",
            "30",
            "s",
            "-5s",
            "1s2m",
            "5 parsecs",
            "1e9s",
            "1.2.3s",
            "99999999h",
            "s5",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rates_shares_and_money_need_their_unit() {
        assert_eq!(rate("20/s"), Some(20.0));
        assert_eq!(rate("600 / min"), Some(10.0));
        assert_eq!(rate("20"), None);
        assert_eq!(rate("-1/s"), None);
        assert_eq!(percentage("30%"), Some(0.3));
        assert_eq!(percentage("30"), None);
        assert_eq!(dollars("$0.035"), Some(0.035));
        assert_eq!(dollars("5"), None);
    }
}
