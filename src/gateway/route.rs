//! The state of a group and its decisions: whom to ask next, what a failure means, whether there is
//! money left. Pure: moments and a draw in, a place out.

use std::sync::Arc;
use std::time::Duration;

use super::balance::{Candidate, pick};
use super::cooldown::Cooldown;
use super::plan::GroupPlan;
use crate::clock::Moment;
use crate::event::FailureKind;
use crate::seed::Stream;
use crate::units::Usd;

/// A latency that was measured so long ago says nothing of now: the deployment is asked afresh.
const STALE: Duration = Duration::from_secs(10);
/// The weight of the newest latency in the running mean.
const NEWEST: f64 = 0.3;

/// Why nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// All that were not tried are left out.
    AllOut,
    /// All were tried, or as many as may be.
    AllTried,
}

/// What a group knows of a deployment.
#[derive(Clone, Debug)]
struct Member {
    cooldown: Cooldown,
    /// Running mean in seconds, and when it was last added to.
    latency: Option<(f64, Moment)>,
}

/// A group at work. One owner, behind a lock.
#[derive(Clone, Debug)]
pub struct Group {
    plan: Arc<GroupPlan>,
    members: Vec<Member>,
    spent: Usd,
    refused: u64,
}

impl Group {
    /// A group that has asked nobody yet.
    pub fn new(plan: &Arc<GroupPlan>) -> Self {
        let member = || Member {
            cooldown: Cooldown::new(plan.cooldown),
            latency: None,
        };
        Self {
            members: plan.deployments.iter().map(|_| member()).collect(),
            plan: Arc::clone(plan),
            spent: Usd::ZERO,
            refused: 0,
        }
    }

    /// What it was told to be.
    pub const fn plan(&self) -> &Arc<GroupPlan> {
        &self.plan
    }

    /// Whether a request may begin: the budget is looked at before, and never within, a request, so
    /// that what is under way may overshoot it.
    pub fn may_begin(&mut self) -> bool {
        let may = self.plan.budget.is_none_or(|budget| self.spent < budget);
        self.refused += u64::from(!may);
        may
    }

    /// Whom to ask, after those tried already.
    pub fn next(&self, now: Moment, tried: &[usize], luck: &mut Stream) -> Result<usize, Nobody> {
        if tried.len() > self.plan.max_fallbacks as usize || tried.len() >= self.members.len() {
            return Err(Nobody::AllTried);
        }
        let left = |place: &usize| !tried.contains(place);
        let candidates: Vec<Candidate> = (0..self.members.len())
            .filter(left)
            .filter(|place| self.members[*place].cooldown.out_until(now).is_none())
            .map(|place| Candidate {
                place,
                weight: self.plan.deployments[place].weight,
                latency: self.latency(place, now),
            })
            .collect();
        pick(self.plan.strategy, &candidates, luck).ok_or(Nobody::AllOut)
    }

    /// Whether somebody else than `place` could be asked now: then a retry goes there at once.
    pub fn has_another(&self, now: Moment, place: usize) -> bool {
        let others = self
            .members
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place);
        others
            .into_iter()
            .any(|(_, member)| member.cooldown.out_until(now).is_none())
    }

    /// A deployment answered: its first token, or the whole answer, took so long.
    pub fn answered(&mut self, place: usize, now: Moment, took: Duration) {
        if let Some(member) = self.members.get_mut(place) {
            let took = took.as_secs_f64();
            let mean = match member.latency {
                Some((mean, at)) if now.since(at) < STALE => mean + NEWEST * (took - mean),
                _ => took,
            };
            member.latency = Some((mean, now));
        }
    }

    /// A deployment failed. A request that is wrong in itself says nothing of who was asked.
    pub fn failed(&mut self, place: usize, now: Moment, kind: FailureKind) {
        if kind == FailureKind::Validation || self.members.len() < 2 {
            return;
        }
        if let Some(member) = self.members.get_mut(place) {
            member.cooldown.failed(now);
        }
    }

    /// Money was spent.
    pub fn charge(&mut self, cost: Usd) {
        self.spent += cost;
    }

    /// What there is to see.
    pub fn view(&self, now: Moment) -> GroupView {
        GroupView {
            name: Arc::clone(&self.plan.name),
            spent: self.spent,
            budget: self.plan.budget,
            refused: self.refused,
            out_until: self
                .members
                .iter()
                .map(|member| member.cooldown.out_until(now))
                .collect(),
            cooldowns: self
                .members
                .iter()
                .map(|member| member.cooldown.times())
                .collect(),
        }
    }

    fn latency(&self, place: usize, now: Moment) -> Option<f64> {
        let (mean, at) = self.members[place].latency?;
        (now.since(at) < STALE).then_some(mean)
    }
}

/// Whether the same deployment is asked again, by the kind of its failure: LiteLLM's matrix.
pub const fn is_retried(kind: FailureKind) -> bool {
    !matches!(
        kind,
        FailureKind::Validation
            | FailureKind::QuotaExceeded
            | FailureKind::NotFound
            | FailureKind::ModelError
            | FailureKind::StreamCut
    )
}

/// How long to wait before a deployment is asked for the `n`-th time again (from zero), if nobody
/// else is there: half a second doubled up to eight, and up to three quarters on top.
pub fn wait(n: u32, luck: &mut Stream) -> Duration {
    let base = 0.5 * f64::from(1_u32 << n.min(5));
    Duration::from_secs_f64(base.min(8.0) + 0.75 * luck.unit())
}

/// A group as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Its name.
    pub name: Arc<str>,
    /// Money spent, as the gateway reckons.
    pub spent: Usd,
    /// The most that may be spent.
    pub budget: Option<Usd>,
    /// Requests refused because the budget was spent.
    pub refused: u64,
    /// Until when each deployment is left out.
    pub out_until: Vec<Option<Moment>>,
    /// How often each was left out.
    pub cooldowns: Vec<u64>,
}

#[cfg(test)]
mod tests;
