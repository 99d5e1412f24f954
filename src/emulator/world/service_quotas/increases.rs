//! Requests for more of a quota: pending, a case, an answer. An approved one changes the buckets.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::super::World;
use super::super::quota::PoolKey;
use super::super::units::Owner;
use super::{QuotaLine, Subject};
use crate::clock::Moment;
use crate::names::Region;
use crate::seed::Seed;

/// Requests kept in the whole world: a caller in a loop must not fill the memory.
const MOST: usize = 1_000;

/// How requests for more go. All of it is an assumption: some are approved at once in life, some
/// after days, some never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncreasesPlan {
    /// How long a request is `PENDING`, in life. The world's time scale divides it.
    pub pending: Duration,
    /// How long its case is open, in life, until it is answered. The time scale divides it.
    pub review: Duration,
    /// The answer.
    pub answer: IncreaseAnswer,
}

impl Default for IncreasesPlan {
    fn default() -> Self {
        Self {
            pending: Duration::from_secs(10 * 60),
            review: Duration::from_secs(24 * 3_600),
            answer: IncreaseAnswer::Approved,
        }
    }
}

/// How a request for more is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncreaseAnswer {
    /// It is granted.
    Approved,
    /// It is not.
    Denied,
    /// It never is: the case stays open.
    None,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IncreaseError {
    /// No such quota.
    #[error("The request failed because the specified quota does not exist.")]
    NoSuchQuota,
    /// It is fixed.
    #[error("Quota {0} is not adjustable.")]
    NotAdjustable(String),
    /// It would be no increase.
    #[error("You must provide a quota value greater than the current quota value.")]
    NotMore,
    /// An earlier request for the same quota is not answered yet.
    #[error("Only one open service quota increase request is allowed per quota.")]
    AlreadyAsked,
    /// There are too many.
    #[error("You have exceeded your service quota of open service quota increase requests.")]
    TooMany,
}

/// A request for more of a quota.
#[derive(Clone, Debug, PartialEq)]
pub struct Increase {
    /// Its identifier: 32 letters and digits.
    pub id: String,
    /// Whose.
    pub account: Arc<str>,
    /// Where.
    pub region: Region,
    /// The quota as it was when it was asked for.
    pub line: QuotaLine,
    /// What is asked for.
    pub desired: f64,
    /// By whom, as an ARN.
    pub requester: Arc<str>,
    /// When.
    pub asked_at: Moment,
    case_at: Moment,
    answered_at: Option<Moment>,
    answer: IncreaseAnswer,
    is_applied: bool,
}

impl Increase {
    /// Its status, as the service writes it.
    pub fn status(&self, now: Moment) -> &'static str {
        match (self.answered_at, self.answer) {
            _ if now < self.case_at => "PENDING",
            (Some(at), IncreaseAnswer::Approved) if now >= at => "APPROVED",
            (Some(at), IncreaseAnswer::Denied) if now >= at => "DENIED",
            _ => "CASE_OPENED",
        }
    }

    /// When its status last changed.
    pub fn changed_at(&self, now: Moment) -> Moment {
        match self.answered_at {
            _ if now < self.case_at => self.asked_at,
            Some(at) if now >= at => at,
            _ => self.case_at,
        }
    }

    /// The number of its support case, once there is one.
    pub fn case(&self, now: Moment) -> Option<String> {
        let digits = Seed::new(0).derive("case").derive(&self.id).number();
        (now >= self.case_at).then(|| format!("{:015}", digits % 1_000_000_000_000_000))
    }
}

/// All requests for more.
#[derive(Debug)]
pub struct Increases {
    plan: IncreasesPlan,
    made: Vec<Increase>,
    /// When the next approval falls due.
    next: Option<Moment>,
    seed: Seed,
}

impl Increases {
    /// None yet.
    pub fn new(plan: IncreasesPlan, time_scale: f64, seed: Seed) -> Self {
        let scale = time_scale.max(1.0);
        Self {
            plan: IncreasesPlan {
                pending: plan.pending.div_f64(scale),
                review: plan.review.div_f64(scale),
                ..plan
            },
            made: Vec::new(),
            next: None,
            seed,
        }
    }

    fn look_ahead(&mut self) {
        let open = self.made.iter().filter(|made| !made.is_applied);
        let due = open.filter(|made| made.answer == IncreaseAnswer::Approved);
        self.next = due.filter_map(|made| made.answered_at).min();
    }
}

/// What is asked for, by whom.
#[derive(Clone, Debug)]
pub struct IncreaseAsk {
    /// The quota's code.
    pub code: String,
    /// The value wanted.
    pub desired: f64,
    /// The ARN of who asks.
    pub requester: Arc<str>,
}

impl World {
    /// RequestServiceQuotaIncrease.
    pub fn ask_for_increase(
        &mut self,
        now: Moment,
        owner: Owner<'_>,
        ask: IncreaseAsk,
    ) -> Result<Increase, IncreaseError> {
        self.apply_increases(now);
        let lines = self.quota_lines(owner);
        let line = lines.into_iter().find(|line| line.code == ask.code);
        let line = line.ok_or(IncreaseError::NoSuchQuota)?;
        if !line.adjustable {
            return Err(IncreaseError::NotAdjustable(line.code));
        }
        if ask.desired <= line.applied as f64 {
            return Err(IncreaseError::NotMore);
        }
        let is_open = |made: &Increase| {
            made.account == *owner.account
                && made.region == *owner.region
                && made.line.code == line.code
                && matches!(made.status(now), "PENDING" | "CASE_OPENED")
        };
        if self.increases.made.iter().any(is_open) {
            return Err(IncreaseError::AlreadyAsked);
        }
        if self.increases.made.len() >= MOST {
            return Err(IncreaseError::TooMany);
        }
        let plan = self.increases.plan;
        let seed = self.increases.seed.keyed(self.increases.made.len() as u64);
        let case_at = now + plan.pending;
        let made = Increase {
            id: format!("{:016x}{:016x}", seed.number(), seed.keyed(1).number()),
            account: Arc::clone(owner.account),
            region: owner.region.clone(),
            line,
            desired: ask.desired,
            requester: ask.requester,
            asked_at: now,
            case_at,
            answered_at: (plan.answer != IncreaseAnswer::None).then(|| case_at + plan.review),
            answer: plan.answer,
            is_applied: false,
        };
        self.increases.made.push(made.clone());
        self.increases.look_ahead();
        self.apply_increases(now);
        Ok(made)
    }

    /// What an account asked for in a region, the newest first.
    pub fn increases(&self, owner: Owner<'_>) -> impl Iterator<Item = &Increase> {
        let made = self.increases.made.iter().rev();
        made.filter(move |made| made.account == *owner.account && made.region == *owner.region)
    }

    /// Puts what has been approved by now in force. Cheap where nothing is due.
    pub fn apply_increases(&mut self, now: Moment) {
        if self.increases.next.is_none_or(|due| now < due) {
            return;
        }
        for at in 0..self.increases.made.len() {
            let made = &mut self.increases.made[at];
            if made.is_applied || made.status(now) != "APPROVED" {
                continue;
            }
            made.is_applied = true;
            let value = made.desired.clamp(0.0, 1e15).floor() as u64;
            let (account, place) = (Arc::clone(&made.account), made.region.clone());
            match made.line.subject {
                Subject::Pool(model, family, rate) => {
                    let Some(region) = self.index.region_number(&place) else {
                        continue;
                    };
                    let account = self.quotas.account(&account);
                    let key = PoolKey {
                        account,
                        region,
                        model,
                        family,
                    };
                    self.quotas.grant(key, rate, value);
                }
                Subject::Units => self.units.grant(&account, &place, value),
                Subject::Fixed => {}
            }
        }
        self.increases.look_ahead();
    }
}
