//! The interval log of HdrHistogram: one line for each interval and way of calling, for the tools
//! that people already have (HistogramLogAnalyzer, hdr-plot, hdrhistogram.github.io).
//!
//! Values are microseconds from the intended time of the shots that succeeded, to three digits; the
//! tag is the arm's name, with `_` for what a tag may not hold. Clocks other than the intended
//! time's have a tag of their own, `…/sent` and `…/first-token`. Times are seconds of the run; the
//! log's base time is the date on which it began.

use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use jiff::Timestamp;

use super::ReportError;
use super::account::Account;
use crate::measure::detail::{Steps, Stretch};

/// Microseconds to milliseconds in the column of the interval's maximum: the format asks for it.
const MAX_VALUE_DIVISOR: f64 = 1_000.0;

/// The clocks, by what their tag ends in.
type Clock = (&'static str, fn(&Stretch) -> &Steps);
const CLOCKS: [Clock; 3] = [
    ("", |stretch| &stretch.from_intended),
    ("/sent", |stretch| &stretch.from_send),
    ("/first-token", |stretch| &stretch.first_token),
];

/// The log.
pub(super) fn log(account: &Account) -> Result<Vec<u8>, ReportError> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for arm in account.arms() {
        for (ending, clock) in CLOCKS {
            let tag = tag(&format!("{}{ending}", arm.name()));
            let width = arm.detail.width();
            let stretches = arm.detail.stretches().iter().map(clock).enumerate();
            lines.extend(
                stretches
                    .filter(|(_, steps)| !steps.is_empty())
                    .map(|(place, steps)| Line {
                        second: place as u64 * width,
                        width,
                        tag: tag.clone(),
                        steps,
                    }),
            );
        }
    }
    // Readers expect time to go on: the tags of one interval stand together.
    lines.sort_by_key(|line| line.second);
    let began = Duration::try_from(account.source.began.duration_since(Timestamp::UNIX_EPOCH));
    let began = SystemTime::UNIX_EPOCH + began.unwrap_or_default();
    write(&lines, &account.source.run, began).map_err(ReportError::Hlog)
}

/// One interval of one tag.
struct Line<'a> {
    second: u64,
    width: u64,
    tag: String,
    steps: &'a Steps,
}

fn write(lines: &[Line<'_>], run: &str, began: SystemTime) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder.add_comment("[Histogram log format version 1.3]");
    builder.add_comment(&format!("[bedrill run {run}; values in microseconds]"));
    builder.with_start_time(began).with_base_time(began);
    builder.with_max_value_divisor(MAX_VALUE_DIVISOR);
    let mut log = builder
        .begin_log_with(&mut out, &mut serializer)
        .map_err(|problem| problem.to_string())?;
    for line in lines {
        let histogram = histogram(line.steps)?;
        let (from, width) = (Duration::from_secs(line.second), Duration::from_secs(line.width));
        log.write_histogram(&histogram, from, width, Tag::new(&line.tag))
            .map_err(|problem| format!("{problem:?}"))?;
    }
    drop(log);
    Ok(out)
}

fn histogram(steps: &Steps) -> Result<Histogram<u64>, String> {
    let mut histogram = Histogram::new(3).map_err(|problem| problem.to_string())?;
    for (micros, count) in steps.iter() {
        histogram
            .record_n(u64::from(micros), count)
            .map_err(|problem| problem.to_string())?;
    }
    Ok(histogram)
}

/// A tag may hold no comma, space or line break.
fn tag(name: &str) -> String {
    name.replace([',', ' ', '\n', '\r'], "_")
}
