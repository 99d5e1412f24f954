//! What the gateway panel shows: what the gateway claims beside what the outside world saw.
//!
//! Claims come with answers; sightings are whole counts, taken once a second. Both are kept by
//! seconds for the window, so that the two sides of a comparison cover the same time.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;

use super::{SpecialFold, SpecialView};
use crate::clock::Moment;
use crate::event::sighting::Seen;
use crate::event::sighting::gateway::{CheckStep, GatewayArmSeen, GatewayClaim, GatewaySeen};
use crate::event::{ArmId, ShotEnd, ShotRecord};
use crate::units::Usd;

/// Seconds kept: the window, and those that are not settled yet.
const KEPT: usize = 32;

/// The gateway's special view.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GatewayView {
    /// Each way of calling.
    pub arms: Vec<GatewayArmView>,
    /// What the check of the gateway found, in its order.
    pub check: Vec<CheckStep>,
    /// When the outside world was last looked at.
    pub seen_at: Option<Moment>,
}

/// One way of calling.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GatewayArmView {
    /// Which.
    pub arm: ArmId,
    /// Over the last ten seconds.
    pub recent: GatewayCounts,
    /// Since the run began.
    pub total: GatewayCounts,
    /// Each deployment, in the order of the chain.
    pub deployments: Vec<DeploymentView>,
    /// Spent, as the gateway says.
    pub spent: Option<Usd>,
    /// The most it may spend, where it is known.
    pub budget: Option<Usd>,
    /// Requests refused because the budget was spent.
    pub over_budget: u64,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeploymentView {
    /// Its name, as in the chain.
    pub label: Arc<str>,
    /// Answers that the gateway says were its, over the last ten seconds.
    pub answers: u64,
    /// Calls of it that were seen, over the last ten seconds.
    pub calls: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Calls of it that were seen since the run began.
    pub total_calls: u64,
    /// Until when it is left out, where that is known.
    pub out_until: Option<Moment>,
    /// How often it was left out.
    pub cooldowns: u64,
}

/// Counts over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GatewayCounts {
    /// Calls of the client, shed shots left out.
    pub client_calls: u64,
    /// Answers.
    pub answers: u64,
    /// Fallbacks that the gateway claims.
    pub fallbacks: u64,
    /// Retries that the gateway claims.
    pub retries: u64,
    /// Upstream calls that were seen.
    pub upstream_calls: u64,
}

impl GatewayCounts {
    /// Upstream calls for each call of the client, as the headers would have it; failures claim
    /// nothing and count once.
    pub fn claimed(&self) -> Option<f64> {
        let claimed = self.client_calls + self.fallbacks + self.retries;
        (self.client_calls > 0).then(|| claimed as f64 / self.client_calls as f64)
    }

    /// Upstream calls for each call of the client, as they were seen.
    pub fn seen(&self) -> Option<f64> {
        (self.client_calls > 0).then(|| self.upstream_calls as f64 / self.client_calls as f64)
    }

    fn add(&mut self, other: &Self) {
        self.client_calls += other.client_calls;
        self.answers += other.answers;
        self.fallbacks += other.fallbacks;
        self.retries += other.retries;
        self.upstream_calls += other.upstream_calls;
    }
}

/// One arm as it is planned.
#[derive(Clone, Debug)]
pub struct GatewayArmPlan {
    /// Which.
    pub arm: ArmId,
    /// The labels of its chain.
    pub labels: Vec<Arc<str>>,
    /// The most it may spend.
    pub budget: Option<Usd>,
}

#[derive(Clone, Debug, Default)]
struct Second {
    number: u64,
    counts: GatewayCounts,
    answers: Vec<u64>,
    calls: Vec<u64>,
    failed: Vec<u64>,
}

#[derive(Debug)]
struct ArmFold {
    plan: GatewayArmPlan,
    seconds: VecDeque<Second>,
    total: GatewayCounts,
    seen: Option<GatewayArmSeen>,
    spent: Option<Usd>,
    window: Second,
}

/// Folds a gateway's facts.
#[derive(Debug)]
pub struct GatewayFold {
    arms: Vec<ArmFold>,
    check: Vec<CheckStep>,
    seen_at: Option<Moment>,
}

impl GatewayFold {
    /// A fold to which nothing was told.
    pub fn new(arms: Vec<GatewayArmPlan>) -> Self {
        let arm = |plan| ArmFold {
            plan,
            seconds: VecDeque::new(),
            total: GatewayCounts::default(),
            seen: None,
            spent: None,
            window: Second::default(),
        };
        Self {
            arms: arms.into_iter().map(arm).collect(),
            check: Vec::new(),
            seen_at: None,
        }
    }

    fn arm(&mut self, id: ArmId) -> Option<&mut ArmFold> {
        self.arms.iter_mut().find(|arm| arm.plan.arm == id)
    }

    fn claim(&mut self, at: Moment, claim: &GatewayClaim) {
        let Some(arm) = self.arm(claim.arm) else { return };
        let added = GatewayCounts {
            answers: 1,
            fallbacks: u64::from(claim.fallbacks),
            retries: u64::from(claim.retries),
            ..GatewayCounts::default()
        };
        arm.spent = claim.spent.or(arm.spent);
        let second = arm.count(at, &added);
        if let (Some(second), Some(place)) = (second, claim.place) {
            bump(&mut second.answers, usize::from(place), 1);
        }
    }

    fn look(&mut self, at: Moment, seen: &GatewaySeen) {
        self.seen_at = Some(at);
        for now in &seen.arms {
            if let Some(arm) = self.arm(now.arm) {
                arm.look(at, now);
            }
        }
    }
}

impl ArmFold {
    /// Adds to the total and to a second, if that is still kept.
    fn count(&mut self, at: Moment, added: &GatewayCounts) -> Option<&mut Second> {
        self.total.add(added);
        let number = at.as_secs();
        // Facts of several runtimes come a little out of order: the seconds between are kept too.
        let oldest = number.saturating_sub(KEPT as u64 - 1);
        let next = self.seconds.back().map_or(0, |last| last.number + 1);
        for number in next.max(oldest)..=number {
            self.seconds.push_back(Second {
                number,
                ..Second::default()
            });
        }
        while self.seconds.len() > KEPT {
            self.seconds.pop_front();
        }
        let found = self.seconds.iter_mut().find(|second| second.number == number)?;
        found.counts.add(added);
        Some(found)
    }

    /// What came since the last look is of the second that ends with this one.
    fn look(&mut self, at: Moment, now: &GatewayArmSeen) {
        let before = self.seen.take();
        let was = |place: usize| {
            let deployments = before.as_ref().map(|before| &before.deployments);
            deployments
                .and_then(|all| all.get(place))
                .copied()
                .unwrap_or_default()
        };
        let elsewhere = now.elsewhere
            - before
                .as_ref()
                .map_or(0, |before| before.elsewhere)
                .min(now.elsewhere);
        let mut added = GatewayCounts {
            upstream_calls: elsewhere,
            ..GatewayCounts::default()
        };
        let more: Vec<(u64, u64)> = now
            .deployments
            .iter()
            .enumerate()
            .map(|(place, now)| {
                let was = was(place);
                (
                    now.calls.saturating_sub(was.calls),
                    now.failed.saturating_sub(was.failed),
                )
            })
            .collect();
        added.upstream_calls += more.iter().map(|(calls, _)| calls).sum::<u64>();
        // The look at second 5.0 tells of the second 4.
        let ends = Moment::from_nanos(at.as_nanos().saturating_sub(1));
        if let Some(second) = self.count(ends, &added) {
            for (place, (calls, failed)) in more.iter().enumerate() {
                bump(&mut second.calls, place, *calls);
                bump(&mut second.failed, place, *failed);
            }
        }
        self.spent = now.spent.or(self.spent);
        self.seen = Some(now.clone());
    }

    fn refresh(&mut self, from: u64, end: u64) {
        let mut window = Second::default();
        for second in &self.seconds {
            if (from..end).contains(&second.number) {
                window.counts.add(&second.counts);
                for (sums, parts) in [
                    (&mut window.answers, &second.answers),
                    (&mut window.calls, &second.calls),
                    (&mut window.failed, &second.failed),
                ] {
                    for (place, part) in parts.iter().enumerate() {
                        bump(sums, place, *part);
                    }
                }
            }
        }
        self.window = window;
    }

    fn view(&self, now: Moment) -> GatewayArmView {
        let at = |list: &[u64], place: usize| list.get(place).copied().unwrap_or(0);
        let deployments = self.plan.labels.iter().enumerate().map(|(place, label)| {
            let seen = self.seen.as_ref().and_then(|seen| seen.deployments.get(place));
            let seen = seen.copied().unwrap_or_default();
            DeploymentView {
                label: Arc::clone(label),
                answers: at(&self.window.answers, place),
                calls: at(&self.window.calls, place),
                failed: at(&self.window.failed, place),
                total_calls: seen.calls,
                out_until: seen.out_until.filter(|until| *until > now),
                cooldowns: seen.cooldowns,
            }
        });
        let seen = self.seen.as_ref();
        GatewayArmView {
            arm: self.plan.arm,
            recent: self.window.counts,
            total: self.total,
            deployments: deployments.collect(),
            spent: self.spent,
            budget: self.plan.budget.or(seen.and_then(|seen| seen.budget)),
            over_budget: seen.map_or(0, |seen| seen.refused),
        }
    }
}

fn bump(list: &mut Vec<u64>, place: usize, by: u64) {
    if list.len() <= place {
        list.resize(place + 1, 0);
    }
    list[place] += by;
}

impl SpecialFold for GatewayFold {
    fn shot(&mut self, record: &ShotRecord) {
        if record.end == ShotEnd::Shed || record.attempts.is_empty() {
            return;
        }
        if let Some(arm) = self.arm(record.id.arm) {
            let added = GatewayCounts {
                client_calls: record.attempts.len() as u64,
                ..GatewayCounts::default()
            };
            arm.count(record.ended_at, &added);
        }
    }

    #[allow(
        clippy::match_wildcard_for_single_variants,
        reason = "the rest are other patterns' sightings"
    )]
    fn seen(&mut self, at: Moment, seen: &Seen) {
        match seen {
            Seen::GatewayClaim(claim) => self.claim(at, claim),
            Seen::Gateway(seen) => self.look(at, seen),
            Seen::GatewayCheck(check) => self.check.clone_from(&check.steps),
            _ => {}
        }
    }

    fn refresh(&mut self, from: u64, end: u64) {
        for arm in &mut self.arms {
            arm.refresh(from, end);
        }
    }

    fn view(&self, now: Moment) -> SpecialView {
        SpecialView::Gateway(GatewayView {
            arms: self.arms.iter().map(|arm| arm.view(now)).collect(),
            check: self.check.clone(),
            seen_at: self.seen_at,
        })
    }
}

#[cfg(test)]
mod tests;
