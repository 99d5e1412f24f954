//! Every interval of every way of calling as comma-separated values, units in the header.
//!
//! A shot stands in the interval in which it was intended. Latencies are of the shots that
//! succeeded; where there are none the field is empty.

use std::fmt::Write as _;
use std::time::Duration;

use super::account::Account;
use crate::measure::detail::{Steps, Stretch};

const HEADER: &str = "arm,second,interval_s,phase,intended,succeeded,failed,shed,availability_share,\
attempts,throttled_attempts,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd,\
latency_p50_ms,latency_p90_ms,latency_p99_ms,latency_max_ms,sent_p50_ms,sent_p90_ms,sent_p99_ms,\
first_token_p50_ms,first_token_p90_ms,first_token_p99_ms";

/// The whole table.
pub(super) fn intervals(account: &Account) -> String {
    let mut out = String::from(HEADER);
    out.push('\n');
    let phases = account.phases();
    for arm in account.arms() {
        let name = quoted(&arm.name());
        let width = arm.detail.width();
        for (place, stretch) in arm.detail.stretches().iter().enumerate() {
            let second = place as u64 * width;
            // A second belongs to the phase of its middle: phases seldom begin on a whole one.
            let middle = second as f64 + width as f64 / 2.0;
            let phase = phases
                .iter()
                .find(|(_, begins, ends)| (*begins..*ends).contains(&middle));
            let phase = phase.map_or("", |(phase, ..)| phase.key());
            let line = line(stretch);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{name},{second},{width},{phase},{line}");
        }
    }
    out
}

fn line(stretch: &Stretch) -> String {
    let (usage, lost) = (stretch.usage, stretch.lost());
    let counts = [
        stretch.intended,
        stretch.succeeded,
        lost - stretch.shed,
        stretch.shed,
    ];
    let availability = stretch.availability();
    let more = [
        stretch.attempts,
        stretch.throttled,
        usage.input,
        usage.output,
        usage.cache_read,
        usage.cache_write,
    ];
    let mut fields: Vec<String> = counts.iter().map(u64::to_string).collect();
    fields.push(availability.map_or_else(String::new, |share| format!("{share:.6}")));
    fields.extend(more.iter().map(u64::to_string));
    fields.push(format!("{:.9}", stretch.cost.dollars()));
    fields.extend([0.5, 0.9, 0.99, 1.0].map(|share| millis(&stretch.from_intended, share)));
    fields.extend([0.5, 0.9, 0.99].map(|share| millis(&stretch.from_send, share)));
    fields.extend([0.5, 0.9, 0.99].map(|share| millis(&stretch.first_token, share)));
    fields.join(",")
}

fn millis(steps: &Steps, share: f64) -> String {
    let millis = |span: Duration| format!("{:.3}", span.as_secs_f64() * 1e3);
    steps.quantile(share).map_or_else(String::new, millis)
}

/// A field by RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
