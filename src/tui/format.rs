//! Figures as text: three significant figures, the unit always, `-` for no value.
//!
//! Every figure fits a fixed width, so a column never moves when a number grows. Nothing here
//! prints NaN or inf, and no rounding makes a figure prettier than it is: a share just under one
//! is not shown as 100%.

use std::time::Duration;

use crate::clock::Moment;
use crate::units::Usd;

/// What stands where there is no value.
pub const NONE: &str = "-";
/// The most columns [`duration`] takes.
pub const DURATION_WIDTH: usize = 6;
/// The most columns [`rate`] takes.
pub const RATE_WIDTH: usize = 7;
/// The most columns [`share`] takes.
pub const SHARE_WIDTH: usize = 5;
/// The most columns [`money`] takes.
pub const MONEY_WIDTH: usize = 8;
/// The most columns [`count`] takes.
pub const COUNT_WIDTH: usize = 5;

/// A span of time: `412µs`, `41.2ms`, `412ms`, `1.30s`, `75.0s`, `20m05s`, `9h05m`, `12d03h`.
pub fn duration(span: Duration) -> String {
    let micros = span.as_nanos() as f64 / 1e3;
    if span.is_zero() {
        "0ms".to_owned()
    } else if micros < 999.5 {
        format!("{micros:.0}µs")
    } else if micros < 999_500.0 {
        format!("{}ms", three(micros / 1e3))
    } else if micros < 999_500_000.0 {
        format!("{}s", three(micros / 1e6))
    } else {
        long_duration(span.as_secs_f64().round() as u64)
    }
}

/// [`duration`] of a value that may be missing.
pub fn maybe_duration(span: Option<Duration>) -> String {
    span.map_or_else(|| NONE.to_owned(), duration)
}

/// Time that is left, in whole seconds rounded up: `12s`, `4m05s`. Never `0s` while some is left.
pub fn countdown(left: Duration) -> String {
    let secs = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
    if secs < 100 {
        format!("{secs}s")
    } else {
        long_duration(secs)
    }
}

/// A rate a second: `0/s`, `6.67/s`, `20.0/s`, `1.20k/s`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second < 0.0 {
        return NONE.to_owned();
    }
    format!("{}/s", scaled(per_second))
}

/// A share of a whole with one decimal: `100%`, `99.8%`, `<0.1%`, `0%`. Only a whole is `100%`,
/// only nothing is `0%`.
pub fn share(share: f64) -> String {
    if !share.is_finite() {
        return NONE.to_owned();
    }
    let percent = share.clamp(0.0, 1.0) * 100.0;
    if percent <= 0.0 {
        "0%".to_owned()
    } else if percent >= 100.0 {
        "100%".to_owned()
    } else if percent < 0.05 {
        "<0.1%".to_owned()
    } else {
        // 99.97 is not whole: it stays below.
        format!("{:.1}%", percent.min(99.9))
    }
}

/// [`share`] of a value that may be missing.
pub fn maybe_share(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), share)
}

/// Money: `$0`, `<$0.0001`, `$0.0042`, `$0.421`, `$4.21`, `$421`, `$4.21k`.
pub fn money(amount: Usd) -> String {
    let dollars = amount.dollars();
    if amount == Usd::ZERO {
        "$0".to_owned()
    } else if dollars < 0.000_1 {
        "<$0.0001".to_owned()
    } else if dollars < 0.009_95 {
        format!("${dollars:.4}")
    } else if dollars < 0.999_5 {
        format!("${dollars:.3}")
    } else {
        format!("${}", scaled(dollars))
    }
}

/// A count: exact below a thousand, then `1.23k`, `12.3M`.
pub fn count(n: u64) -> String {
    if n < 1_000 {
        n.to_string()
    } else {
        scaled(n as f64)
    }
}

/// A plain factor: `1.36x`.
pub fn factor(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_finite() => format!("{}x", scaled(value.max(0.0))),
        _ => NONE.to_owned(),
    }
}

/// A moment of the run for the header: `00:02:41`.
pub fn clock(at: Moment) -> String {
    let secs = at.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// A moment of the run for the log: `02:29.4`, after an hour `1:02:29`.
pub fn log_time(at: Moment) -> String {
    let secs = at.as_secs();
    if secs < 3600 {
        let tenths = at.as_nanos() / 100_000_000 % 10;
        format!("{:02}:{:02}.{tenths}", secs / 60, secs % 60)
    } else {
        format!("{}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
    }
}

/// A round span for axes and titles: `2 min`, `90 s`, `1 h`.
pub fn round_span(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0 => format!("{} ms", span.as_millis()),
        _ if secs.is_multiple_of(3600) => format!("{} h", secs / 3600),
        _ if secs.is_multiple_of(60) => format!("{} min", secs / 60),
        _ => format!("{secs} s"),
    }
}

/// A tick of a latency axis, whose values are 1, 2 or 5 times a power of ten: `50ms`, `2s`.
pub fn tick(span: Duration) -> String {
    let micros = span.as_micros();
    if micros < 1_000 {
        format!("{micros}µs")
    } else if micros < 1_000_000 {
        format!("{}ms", micros / 1_000)
    } else {
        format!("{}s", micros / 1_000_000)
    }
}

/// Three significant figures of a value from 0.9995 up to 999.5.
fn three(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// Three significant figures with k, M, G or T behind them; five columns at most.
fn scaled(value: f64) -> String {
    const STEPS: [(f64, &str); 5] = [(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")];
    if value == 0.0 {
        return "0".to_owned();
    }
    for (unit, suffix) in STEPS {
        let figure = value / unit;
        if figure < 999.5 {
            return format!("{}{suffix}", three(figure));
        }
    }
    ">999T".to_owned()
}

fn long_duration(secs: u64) -> String {
    let (minutes, hours, days) = (secs / 60, secs / 3600, secs / 86_400);
    if hours == 0 {
        format!("{minutes}m{:02}s", secs % 60)
    } else if hours < 48 {
        format!("{hours}h{:02}m", minutes % 60)
    } else if days < 100 {
        format!("{days}d{:02}h", hours % 24)
    } else {
        format!("{}d", days.min(9_999))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_have_three_figures_and_a_unit() {
        let table = [
            (0, "0ms"),
            (412, "412µs"),
            (1_000, "1.00ms"),
            (41_200, "41.2ms"),
            (412_000, "412ms"),
            (999_600, "1.00s"),
            (1_300_000, "1.30s"),
            (75_000_000, "75.0s"),
            (412_000_000, "412s"),
            (1_205_000_000, "20m05s"),
            (32_700_000_000, "9h05m"),
        ];
        for (micros, text) in table {
            assert_eq!(duration(Duration::from_micros(micros)), text, "{micros} µs");
        }
        assert_eq!(maybe_duration(None), NONE);
    }

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        let table = [
            (0.0, "0%"),
            (0.000_01, "<0.1%"),
            (0.001, "0.1%"),
            (0.412, "41.2%"),
            (0.999_9, "99.9%"),
            (1.0, "100%"),
            (f64::NAN, NONE),
        ];
        for (value, text) in table {
            assert_eq!(share(value), text, "{value}");
        }
    }

    #[test]
    fn rates_money_and_counts_keep_three_figures() {
        assert_eq!(rate(6.666), "6.67/s");
        assert_eq!(rate(20.0), "20.0/s");
        assert_eq!(rate(1_200.0), "1.20k/s");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(rate(f64::INFINITY), NONE);
        assert_eq!(money(Usd::from_dollars(0.000_02)), "<$0.0001");
        assert_eq!(money(Usd::from_dollars(0.004_2)), "$0.0042");
        assert_eq!(money(Usd::from_dollars(0.42)), "$0.420");
        assert_eq!(money(Usd::from_dollars(5.0)), "$5.00");
        assert_eq!(money(Usd::from_dollars(4_213.0)), "$4.21k");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234), "1.23k");
        assert_eq!(factor(Some(1.357)), "1.36x");
        assert_eq!(factor(Some(f64::NAN)), NONE);
    }

    #[test]
    fn what_is_left_is_never_rounded_away() {
        assert_eq!(countdown(Duration::from_millis(200)), "1s");
        assert_eq!(countdown(Duration::from_secs(12)), "12s");
        assert_eq!(countdown(Duration::from_secs(245)), "4m05s");
    }

    #[test]
    fn moments_read_as_clocks() {
        assert_eq!(clock(Moment::from_secs(161)), "00:02:41");
        assert_eq!(log_time(Moment::from_millis(149_420)), "02:29.4");
        assert_eq!(log_time(Moment::from_secs(3_749)), "1:02:29");
    }

    proptest! {
        #[test]
        fn no_figure_outgrows_its_column(bits in any::<u64>(), value in any::<f64>()) {
            let width = |text: &str| text.chars().count();
            prop_assert!(width(&duration(Duration::from_nanos(bits))) <= DURATION_WIDTH);
            prop_assert!(width(&countdown(Duration::from_nanos(bits))) <= DURATION_WIDTH);
            prop_assert!(width(&rate(value.abs())) <= RATE_WIDTH);
            prop_assert!(width(&share(value)) <= SHARE_WIDTH);
            prop_assert!(width(&money(Usd::from_picos(bits))) <= MONEY_WIDTH);
            prop_assert!(width(&count(bits)) <= COUNT_WIDTH);
            for text in [duration(Duration::from_nanos(bits)), rate(value), share(value), count(bits)] {
                prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
            }
        }
    }
}
