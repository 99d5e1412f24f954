//! How batch jobs go on in a world.

use std::time::Duration;

use super::course::Pace;

/// How long the steps of a job take in life, before [`WorldPlan::time_scale`] compresses them. The
/// service publishes none of it: assumptions, all of them.
///
/// [`WorldPlan::time_scale`]: crate::emulator::world::plan::WorldPlan::time_scale
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchPlan {
    /// From the submission until the input is read.
    pub submitted: Duration,
    /// Reading and judging the input.
    pub validating: Duration,
    /// Waiting for capacity.
    pub scheduled: Duration,
    /// Records processed in a minute.
    pub records_per_minute: f64,
    /// From a stop until the job has stopped.
    pub stopping: Duration,
}

impl Default for BatchPlan {
    fn default() -> Self {
        Self {
            submitted: Duration::from_secs(60),
            validating: Duration::from_secs(300),
            scheduled: Duration::from_secs(600),
            records_per_minute: 120.0,
            stopping: Duration::from_secs(60),
        }
    }
}

impl BatchPlan {
    /// The pace with time compressed so many times.
    pub fn pace(&self, time_scale: f64) -> Pace {
        let scale = if time_scale.is_finite() {
            time_scale.max(1.0)
        } else {
            1.0
        };
        let shrunk = |span: Duration| span.div_f64(scale);
        let record = 60.0 / self.records_per_minute.max(f64::MIN_POSITIVE);
        Pace {
            submitted: shrunk(self.submitted),
            validating: shrunk(self.validating),
            scheduled: shrunk(self.scheduled),
            record: Duration::try_from_secs_f64(record / scale).unwrap_or(Duration::MAX),
            stopping: shrunk(self.stopping),
        }
    }
}
