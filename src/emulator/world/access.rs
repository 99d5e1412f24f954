//! Who may do what, and whether the services can be reached at all: the account's side of a bad day.
//!
//! Pure: settings, a request's facts and the moment in, a verdict out. What a refusal looks like on
//! the wire is not known here.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Moment;
use crate::emulator::api::{Op, ServiceName};
use crate::emulator::signature::SigningKeys;
use crate::fault::Outage;
use crate::names::Region;

/// The service refuses a signature that is older or newer than this.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The settings. `Default`: everything is allowed and reached.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessPlan {
    /// IAM actions that are refused: `cloudwatch:GetMetricData`, with `*` and `?` as IAM has them.
    pub denied_actions: Vec<String>,
    /// If set, every other action is refused.
    pub allowed_actions: Option<Vec<String>>,
    /// How far the service's clock is ahead of the caller's. If set, a request dated more than five
    /// minutes off is refused.
    pub clock_skew: Option<Duration>,
    /// Whether every signed call is told that its credentials are expired.
    pub expired_credentials: bool,
    /// Requests a second that each service takes beside inference, for each account and region; `None`:
    /// no limit is met (the real ones were not found).
    pub control_requests_per_second: Option<f64>,
    /// Keys whose signatures are verified; empty: any secret is as good as another.
    pub signing_keys: SigningKeys,
    /// Regions in which no service answers.
    pub unreachable_regions: Vec<Region>,
    /// How they do not.
    pub outage: Outage,
}

impl Default for AccessPlan {
    fn default() -> Self {
        Self {
            denied_actions: Vec::new(),
            allowed_actions: None,
            clock_skew: None,
            expired_credentials: false,
            control_requests_per_second: None,
            signing_keys: SigningKeys::default(),
            unreachable_regions: Vec::new(),
            outage: Outage::Refused,
        }
    }
}

impl AccessPlan {
    /// Whether the account's policies allow an operation. `GetCallerIdentity` cannot be refused.
    pub fn allows(&self, op: Op) -> bool {
        if op == Op::GetCallerIdentity {
            return true;
        }
        let named = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, op.action()));
        !named(&self.denied_actions) && self.allowed_actions.as_deref().is_none_or(named)
    }

    /// How a region does not answer; `None`: it does.
    pub fn outage_of(&self, region: &str) -> Option<Outage> {
        let is_out = self.unreachable_regions.iter().any(|out| out.as_str() == region);
        is_out.then_some(self.outage)
    }

    /// What is wrong with a request's date, in the service's words; `None`: nothing, or nobody looks.
    pub fn skew(&self, dated: Option<Timestamp>, now: Timestamp) -> Option<String> {
        let ahead = jiff::SignedDuration::try_from(self.clock_skew?).ok()?;
        let (dated, server) = (dated?, now.checked_add(ahead).ok()?);
        let tolerance = jiff::SignedDuration::try_from(TOLERANCE).ok()?;
        let (oldest, newest) = (
            server.checked_sub(tolerance).ok()?,
            server.checked_add(tolerance).ok()?,
        );
        let shown = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let (dated_at, server) = (shown(dated), shown(server));
        if dated < oldest {
            let oldest = shown(oldest);
            return Some(format!(
                "Signature expired: {dated_at} is now earlier than {oldest} ({server} - 5 min.)"
            ));
        }
        (dated > newest).then(|| {
            let newest = shown(newest);
            format!("Signature not yet current: {dated_at} is still later than {newest} ({server} + 5 min.)")
        })
    }
}

/// Why a policy refuses, in IAM's words.
pub fn refusal(principal: &str, op: Op, resource: Option<&str>) -> String {
    let action = op.action();
    let on = resource
        .map(|arn| format!(" on resource: {arn}"))
        .unwrap_or_default();
    format!(
        "User: {principal} is not authorized to perform: {action}{on} because no identity-based policy allows the \
         {action} action"
    )
}

/// Whether a pattern of IAM covers an action; letters count the same in both cases.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < action.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == b'?' || letter.eq_ignore_ascii_case(&action[from]) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

/// Requests a second that a service takes: a bucket of one second's worth, at least one.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    level: f64,
    at: Moment,
}

impl Throttle {
    /// A rested one.
    pub fn rested(now: Moment, per_second: f64) -> Self {
        Self {
            level: per_second.max(1.0),
            at: now,
        }
    }

    /// Whether another request is taken now. A rate of zero takes none.
    pub fn takes(&mut self, now: Moment, per_second: f64) -> bool {
        let refilled = now.since(self.at).as_secs_f64() * per_second;
        self.at = self.at.max(now);
        self.level = (self.level + refilled).min(per_second.max(1.0));
        if per_second <= 0.0 || self.level < 1.0 {
            return false;
        }
        self.level -= 1.0;
        true
    }
}

/// The throttles of the control plane, one for each account, region and service that called. At most
/// 256: beyond that the rest share one.
#[derive(Debug, Default)]
pub struct Throttles(BTreeMap<(String, String, ServiceName), Throttle>);

impl Throttles {
    const MOST: usize = 256;

    /// Whether a service takes another request now.
    pub fn take(
        &mut self,
        now: Moment,
        (account, region): (&str, &str),
        service: ServiceName,
        per_second: f64,
    ) -> bool {
        let mut key = (account.to_owned(), region.to_owned(), service);
        if self.0.len() >= Self::MOST && !self.0.contains_key(&key) {
            key = (String::new(), String::new(), service);
        }
        let throttle = self.0.entry(key);
        throttle
            .or_insert_with(|| Throttle::rested(now, per_second))
            .takes(now, per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denying(patterns: &[&str]) -> AccessPlan {
        AccessPlan {
            denied_actions: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            ..AccessPlan::default()
        }
    }

    #[test]
    fn patterns_cover_actions_as_iam_has_it() {
        for (pattern, action, covers) in [
            (
                "bedrock:ListInferenceProfiles",
                "bedrock:ListInferenceProfiles",
                true,
            ),
            ("bedrock:list*", "bedrock:ListInferenceProfiles", true),
            ("bedrock:*Profile?", "bedrock:ListInferenceProfiles", true),
            ("*", "cloudwatch:GetMetricData", true),
            ("bedrock:*", "cloudwatch:GetMetricData", false),
            ("bedrock:Get", "bedrock:GetFoundationModel", false),
            ("", "bedrock:GetFoundationModel", false),
        ] {
            assert_eq!(matches(pattern, action), covers, "{pattern} {action}");
        }
    }

    #[test]
    fn an_allow_list_refuses_the_rest_and_who_one_is_can_always_be_asked() {
        let reads = AccessPlan {
            allowed_actions: Some(vec!["*:List*".to_owned(), "cloudwatch:Get*".to_owned()]),
            ..denying(&["bedrock:ListGuardrails"])
        };
        for (op, allowed) in [
            (Op::ListFoundationModels, true),
            (Op::ListGuardrails, false),
            (Op::GetMetricData, true),
            (Op::Converse, false),
            (Op::InvokeModel, false),
            (Op::GetCallerIdentity, true),
        ] {
            assert_eq!(reads.allows(op), allowed, "{op:?}");
        }
    }

    #[test]
    fn a_date_ten_minutes_off_is_refused_and_four_are_not() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
        let ahead = |minutes: u64| AccessPlan {
            clock_skew: Some(Duration::from_secs(60 * minutes)),
            ..AccessPlan::default()
        };
        assert_eq!(ahead(4).skew(Some(now), now), None);
        assert_eq!(
            ahead(10).skew(Some(now), now).as_deref(),
            Some(
                "Signature expired: 20261124T120000Z is now earlier than 20261124T120500Z (20261124T121000Z - 5 min.)"
            )
        );
        let later: Timestamp = "2026-11-24T12:06:00Z".parse().expect("a time");
        let told = ahead(0).skew(Some(later), now).expect("a refusal");
        assert!(told.starts_with("Signature not yet current: "), "{told}");
        assert_eq!(AccessPlan::default().skew(Some(later), now), None);
    }

    #[test]
    fn a_throttle_takes_its_rate_and_none_at_zero() {
        let mut throttle = Throttle::rested(Moment::ZERO, 2.0);
        let taken = |throttle: &mut Throttle, millis, rate| throttle.takes(Moment::from_millis(millis), rate);
        let first = [0, 0, 0, 499, 500].map(|millis| taken(&mut throttle, millis, 2.0));
        assert_eq!(first, [true, true, false, false, true]);
        assert!(!taken(&mut throttle, 60_000, 0.0));
    }
}
