//! The seconds of a way of calling put together into as many columns as a chart has room for.

use crate::measure::detail::{ArmDetail, Stretch};

/// What one column of a chart shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Where it begins, in seconds of the run.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) to: f64,
    /// What was intended in it.
    pub(super) of: Stretch,
}

/// At most so many columns, oldest first: each of the same whole number of seconds, the last cut at
/// the run's end.
pub(super) fn columns(detail: &ArmDetail, most: usize, seconds: f64) -> Vec<Column> {
    let each = detail.stretches().len().div_ceil(most.max(1)).max(1);
    let width = (each as u64 * detail.width()) as f64;
    let chunks = detail.stretches().chunks(each).enumerate();
    chunks
        .map(|(place, chunk)| Column {
            from: place as f64 * width,
            to: ((place + 1) as f64 * width).min(seconds.max(place as f64 * width + 0.1)),
            of: Stretch::joined(chunk),
        })
        .collect()
}
