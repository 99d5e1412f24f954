//! What wakes a lane at its intended times.

use std::future::Future;

use crate::clock::{Clock, Moment};

/// Waits for a moment. Dropping the wait must lose nothing: the lane asks again.
pub trait Pacer {
    /// Waits until `at`; returns at once if that is past. Waking late is allowed and shows up as
    /// schedule lag.
    fn wait_until(&mut self, at: Moment) -> impl Future<Output = ()>;
}

/// Wakes by the run's clock: exact to about a millisecond in real time, and the only pacer that
/// works in virtual time.
#[derive(Clone, Debug)]
pub struct ClockPacer(pub Clock);

impl Pacer for ClockPacer {
    async fn wait_until(&mut self, at: Moment) {
        self.0.sleep_until(at).await;
    }
}
