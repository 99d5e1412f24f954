//! CloudTrail's event history: who called what, told late.
//!
//! Bounded: the store holds the newest events, and of inference at most so many a second are written
//! down; what is left out is counted. In life everything is kept for 90 days.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::emulator::api::{Effect, Op, ServiceName};
use crate::emulator::principal::Principal;
use crate::names::Region;

/// How late an event is shown: the service says "within an average of about 5 minutes".
pub const USUAL_DELAY: Duration = Duration::from_secs(5 * 60);
/// Events kept; beyond that the oldest goes.
const MOST: usize = 65_536;
/// Inference events written down of each second; beyond that they are only counted.
const MOST_A_SECOND: u32 = 100;
/// LookupEvents a second, for each account and region.
pub const LOOKUPS_PER_SECOND: f64 = 2.0;

/// Whose events: an account in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The account.
    pub account: Arc<str>,
    /// The region called.
    pub region: Region,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailEvent {
    /// When the call arrived.
    pub at: Moment,
    /// Where.
    pub place: Place,
    /// What was called.
    pub op: Op,
    /// By whom.
    pub principal: Arc<Principal>,
    /// With which access key; a bearer key has none.
    pub access_key: Option<Arc<str>>,
    /// The caller's user agent, cut to a bound.
    pub user_agent: Box<str>,
    /// The request's identifier.
    pub request_id: Box<str>,
    /// The error's name and words.
    pub error: Option<(Box<str>, Box<str>)>,
    /// What was called on: a `modelId`, an ARN.
    pub target: Option<Box<str>>,
    /// Where a call of a profile was served.
    pub inference_region: Option<Region>,
}

/// Whether CloudTrail counts a call among the management events, which alone can be looked up.
/// Inference is among them; reading metrics and objects is not.
pub const fn is_recorded(op: Op) -> bool {
    match op.service() {
        ServiceName::Bedrock | ServiceName::ServiceQuotas | ServiceName::Sts | ServiceName::CloudTrail => {
            true
        }
        ServiceName::CloudWatch => !matches!(
            op,
            Op::GetMetricData | Op::GetMetricStatistics | Op::ListMetrics | Op::PutMetricData
        ),
        ServiceName::S3 => matches!(
            op,
            Op::ListBuckets | Op::CreateBucket | Op::DeleteBucket | Op::GetBucketLocation | Op::HeadBucket
        ),
    }
}

/// Where an event stands: by time, then by number.
pub type Spot = (Moment, u64);

/// The event history of all accounts and regions.
#[derive(Debug)]
pub struct Trail {
    delay: Duration,
    events: BTreeMap<Spot, TrailEvent>,
    next: u64,
    second: (u64, u32),
    lost: u64,
}

impl Trail {
    /// An empty one that shows events so late.
    pub const fn new(delay: Duration) -> Self {
        Self {
            delay,
            events: BTreeMap::new(),
            next: 0,
            second: (0, 0),
            lost: 0,
        }
    }

    /// Writes an event down.
    pub fn note(&mut self, event: TrailEvent) {
        if event.op.effect() == Effect::Pays && event.error.is_none() {
            let second = event.at.as_secs();
            if self.second.0 != second {
                self.second = (second, 0);
            }
            self.second.1 += 1;
            if self.second.1 > MOST_A_SECOND {
                self.lost += 1;
                return;
            }
        }
        self.events.insert((event.at, self.next), event);
        self.next += 1;
        if self.events.len() > MOST {
            self.events.pop_first();
            self.lost += 1;
        }
    }

    /// What is shown at a moment of the events of a place, the newest first, from below a spot.
    pub fn shown<'t>(
        &'t self,
        now: Moment,
        place: &'t Place,
        below: Option<Spot>,
    ) -> impl Iterator<Item = (Spot, &'t TrailEvent)> {
        let delay = self.delay;
        let below = below.unwrap_or((Moment::from_nanos(u64::MAX), u64::MAX));
        let older = self.events.range(..below).rev();
        older
            .filter(move |(_, event)| event.at + delay <= now && event.place == *place)
            .map(|(spot, event)| (*spot, event))
    }

    /// Events that are in no history: too many in one second, or too long ago.
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: Moment, op: Op) -> TrailEvent {
        let account: Arc<str> = "123456789012".into();
        TrailEvent {
            at,
            place: place(),
            op,
            principal: Arc::new(Principal::user(&account)),
            access_key: None,
            user_agent: "test".into(),
            request_id: "id".into(),
            error: None,
            target: None,
            inference_region: None,
        }
    }

    fn place() -> Place {
        Place {
            account: "123456789012".into(),
            region: Region::from("us-east-1"),
        }
    }

    #[test]
    fn events_are_told_late_and_the_newest_first() {
        let mut trail = Trail::new(USUAL_DELAY);
        trail.note(event(Moment::from_secs(2), Op::Converse));
        trail.note(event(Moment::from_secs(1), Op::ListGuardrails));
        let ops = |secs| -> Vec<Op> {
            let place = place();
            let shown = trail.shown(Moment::from_secs(secs), &place, None);
            shown.map(|(_, event)| event.op).collect()
        };
        assert_eq!(ops(300), []);
        assert_eq!(ops(301), [Op::ListGuardrails]);
        assert_eq!(ops(302), [Op::Converse, Op::ListGuardrails]);
    }

    #[test]
    fn a_flood_is_counted_and_fills_no_memory() {
        let mut trail = Trail::new(Duration::ZERO);
        for _ in 0..1_000 {
            trail.note(event(Moment::from_secs(1), Op::Converse));
        }
        assert_eq!((trail.events.len(), trail.lost()), (100, 900));
        for at in 0..80_000 {
            trail.note(event(Moment::from_secs(2 + at), Op::ListGuardrails));
        }
        assert_eq!(trail.events.len(), MOST);
    }
}
