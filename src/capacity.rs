//! Which quota is burning, since when, how much is left and what to do: from what the account's own
//! services tell, without changing anything.
//!
//! ```text
//! poller (reads, paced) -> Observation -> report::report (pure) -> Capacity -> page | text | JSON | markdown
//! ```
//!
//! All but `poller` is a function of the observation: no clock, no network. What the figures cannot
//! tell is said to be unknown. The decisions and their sources are in `docs/capacity.md`.

mod document;
mod evidence;
mod finding;
mod forecast;
mod judge;
mod observed;
mod poller;
mod pool;
mod quota_name;
mod report;
mod seen;
mod slope;
mod summary;

pub use document::Document;
pub use evidence::{Evidence, Suspect};
pub use finding::{Finding, Step, Urgency};
pub use forecast::Forecast;
pub use observed::{
    AlarmSeen, BatchSeen, Calls, Identifier, JobSeen, Metric, Minutes, Observation, OwnProfile, QuotaSeen,
    RegionSeen, UnitsSeen,
};
pub use poller::{Poll, PollPlan, Watching, poll_once, watch};
pub use pool::{PoolKey, PoolReport, Source, Use};
pub use quota_name::{QuotaKind, RateKind};
pub use report::{Batch, Cache, Capacity, Pace, RegionLine, report};
pub use seen::{Seen, Trouble, TroubleKind};
pub use summary::{markdown, text, time};
