//! The one home of time.
//!
//! Everything else takes a [`Moment`] as an argument or asks a [`Clock`]. A clock is either real
//! or virtual; both stand on tokio's time, so the SDK's own sleeps (backoff, timeouts) follow the
//! same clock. In virtual time the runtime is paused and jumps ahead whenever nothing is runnable.
//!
//! Never call `Instant::now()` or `SystemTime::now()` elsewhere: clippy refuses it.
#![allow(clippy::disallowed_methods, reason = "this module is the one home of now()")]

use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An instant of a run: nanoseconds since the run's clock was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(u64);

impl Moment {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// Later than any moment a run reaches.
    pub const FAR: Self = Self(u64::MAX);

    /// The moment `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment `secs` whole seconds after the start.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// The moment `millis` milliseconds after the start.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds since the start.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Seconds since the start.
    pub fn as_secs_f64(self) -> f64 {
        self.since_start().as_secs_f64()
    }

    /// The time between the start and this moment.
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The time from `earlier` to this moment, zero if `earlier` is the later one.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

impl AddAssign<Duration> for Moment {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// Tells the time of one run. Cheap to clone; every clone tells the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    origin: tokio::time::Instant,
    epoch: SystemTime,
    is_virtual: bool,
}

impl Clock {
    /// The wall-clock second at which every virtual run begins: 2026-01-05 09:00:00 UTC, a Monday.
    const VIRTUAL_EPOCH_SECS: u64 = 1_767_603_600;

    /// A clock that begins now and follows the machine's.
    pub fn real() -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            epoch: SystemTime::now(),
            is_virtual: false,
        }
    }

    /// A clock that begins now at another date and goes on with the machine's: so that a test sees a
    /// minute end without waiting for one.
    pub fn real_at(epoch: SystemTime) -> Self {
        Self {
            epoch,
            ..Self::real()
        }
    }

    /// A clock over tokio's paused time. Begins at a fixed date, so that two runs are alike.
    ///
    /// Call it inside a runtime built with `start_paused(true)`.
    pub fn virtual_time() -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            epoch: SystemTime::UNIX_EPOCH + Duration::from_secs(Self::VIRTUAL_EPOCH_SECS),
            is_virtual: true,
        }
    }

    /// Whether this run is in virtual time.
    pub fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// The present moment of the run.
    pub fn now(&self) -> Moment {
        Moment::ZERO + tokio::time::Instant::now().saturating_duration_since(self.origin)
    }

    /// The date and time at a moment of the run.
    pub fn wall(&self, at: Moment) -> Timestamp {
        Timestamp::try_from(self.system_time(at)).unwrap_or(Timestamp::MAX)
    }

    /// The same as [`Clock::wall`] in the standard library's type, which the SDK asks for.
    pub fn system_time(&self, at: Moment) -> SystemTime {
        self.epoch + at.since_start()
    }

    /// Waits until `at`; returns at once if that is past. Timers are exact to a millisecond.
    pub async fn sleep_until(&self, at: Moment) {
        tokio::time::sleep_until(self.origin + at.since_start()).await;
    }

    /// Waits for `span`.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    /// Runs `work` until `deadline`; `None` when the deadline came first.
    pub async fn until<F: Future>(&self, deadline: Moment, work: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.origin + deadline.since_start(), work)
            .await
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_saturate_instead_of_wrapping() {
        assert_eq!(Moment::ZERO - Duration::from_secs(1), Moment::ZERO);
        assert_eq!(Moment::FAR + Duration::from_secs(1), Moment::FAR);
        assert_eq!(Moment::from_secs(1).since(Moment::from_secs(2)), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn virtual_time_passes_only_when_slept() {
        let clock = Clock::virtual_time();
        assert_eq!(clock.now(), Moment::ZERO);
        clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.now(), Moment::from_secs(3600));
        assert_eq!(clock.wall(clock.now()).to_string(), "2026-01-05T10:00:00Z");
    }
}
