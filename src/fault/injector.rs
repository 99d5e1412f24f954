//! Which faults a call meets.

use std::time::Duration;

use super::{Cut, FaultKind, FaultPlan, Outage, Scope};
use crate::clock::Moment;
use crate::event::{FailureKind, FaultId};
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::seed::Stream;

/// What the injecting side knows of a call.
#[derive(Clone, Copy, Debug)]
pub struct CallFacts<'a> {
    /// The region whose endpoint is called.
    pub region: &'a Region,
    /// The identifier as the caller wrote it.
    pub target: &'a str,
    /// The model behind it, where known.
    pub model: Option<&'a ModelId>,
    /// Its maker, where known.
    pub provider: Option<&'a Provider>,
    /// The pattern, where known.
    pub pattern: Option<&'a PatternKey>,
}

/// What a call meets. `Default` is: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effects {
    /// The endpoint is out.
    pub outage: Option<Outage>,
    /// Answered with this error instead of being served.
    pub refusal: Option<FailureKind>,
    /// Answered with an error under HTTP 200, unless it is refused openly.
    pub poisoned: bool,
    /// The answer comes so much later.
    pub delay: Duration,
    /// Tokens come this many times slower, where above 1.
    pub slowdown: Option<f64>,
    /// The stream breaks off.
    pub cut: Option<(u64, Cut)>,
}

/// The faults of a run, those to come and those in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultSet {
    plans: Vec<FaultPlan>,
}

impl FaultSet {
    /// Adds a fault; one with the same number is replaced.
    pub fn insert(&mut self, plan: FaultPlan) {
        self.remove(plan.id);
        self.plans.push(plan);
    }

    /// Takes a fault out; `None` if there is none of that number.
    pub fn remove(&mut self, id: FaultId) -> Option<FaultPlan> {
        let place = self.plans.iter().position(|plan| plan.id == id)?;
        Some(self.plans.remove(place))
    }

    /// Takes all faults out.
    pub fn clear(&mut self) {
        self.plans.clear();
    }

    /// The faults, in the order they were added.
    pub fn plans(&self) -> &[FaultPlan] {
        &self.plans
    }

    /// Forgets what ended before `now`.
    pub fn expire(&mut self, now: Moment) {
        self.plans.retain(|plan| plan.ends_at() > now);
    }

    /// What a call meets. `draws` decides whether it is among the share that is struck.
    pub fn effects(&self, now: Moment, call: &CallFacts<'_>, draws: &mut Stream) -> Effects {
        let mut effects = Effects::default();
        for plan in &self.plans {
            let strength = plan.strength_at(now);
            if strength <= 0.0 || !in_scope(&plan.scope, call) {
                continue;
            }
            if !draws.chance(strength) {
                continue;
            }
            match plan.kind {
                FaultKind::Throttle => refuse(&mut effects, FailureKind::Throttled),
                FaultKind::Unavailable => refuse(&mut effects, FailureKind::Unavailable),
                FaultKind::Internal => refuse(&mut effects, FailureKind::Internal),
                FaultKind::ModelTimeout => refuse(&mut effects, FailureKind::ModelTimeout),
                FaultKind::NotReady => refuse(&mut effects, FailureKind::NotReady),
                FaultKind::Denied => refuse(&mut effects, FailureKind::Denied),
                FaultKind::InvalidModel => refuse(&mut effects, FailureKind::Validation),
                FaultKind::Poisoned => effects.poisoned = true,
                FaultKind::Latency { added, sigma } => {
                    let factor = if sigma > 0.0 {
                        draws.log_normal(1.0, sigma)
                    } else {
                        1.0
                    };
                    effects.delay += added.mul_f64(factor.clamp(0.0, 1_000.0));
                }
                FaultKind::SlowStream { factor } => {
                    effects.slowdown = Some(effects.slowdown.unwrap_or(1.0) * factor.max(1.0));
                }
                FaultKind::CutStream { after_tokens, how } => effects.cut = Some((after_tokens, how)),
                FaultKind::EndpointOutage(outage) => effects.outage = Some(outage),
                // Asked for apart: they are no matter of one call's luck.
                FaultKind::CapacityOutage | FaultKind::LoweredQuota => {}
            }
        }
        effects
    }

    /// How much of a region's capacity for a model is left, `0.0..=1.0`.
    pub fn capacity_left(&self, now: Moment, region: &Region, model: &ModelId, provider: &Provider) -> f64 {
        self.left(now, FaultKind::CapacityOutage, region, model, provider)
    }

    /// How much of the quotas for a model in a region is left, `0.0..=1.0`.
    pub fn quota_left(&self, now: Moment, region: &Region, model: &ModelId, provider: &Provider) -> f64 {
        self.left(now, FaultKind::LoweredQuota, region, model, provider)
    }

    fn left(
        &self,
        now: Moment,
        kind: FaultKind,
        region: &Region,
        model: &ModelId,
        provider: &Provider,
    ) -> f64 {
        self.plans
            .iter()
            .filter(|plan| plan.kind == kind)
            .filter(|plan| is_or_any(plan.scope.region.as_ref(), Some(region)))
            .filter(|plan| is_or_any(plan.scope.model.as_ref(), Some(model)))
            .filter(|plan| is_or_any(plan.scope.provider.as_ref(), Some(provider)))
            .map(|plan| 1.0 - plan.strength_at(now))
            .product()
    }
}

/// The first refusal stands: two faults do not make a third kind of error.
fn refuse(effects: &mut Effects, kind: FailureKind) {
    effects.refusal.get_or_insert(kind);
}

fn is_or_any<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
    wanted.is_none() || wanted == found
}

fn in_scope(scope: &Scope, call: &CallFacts<'_>) -> bool {
    is_or_any(scope.region.as_ref(), Some(call.region))
        && scope
            .target
            .as_ref()
            .map(ModelRef::as_str)
            .is_none_or(|target| target == call.target)
        && is_or_any(scope.model.as_ref(), call.model)
        && is_or_any(scope.provider.as_ref(), call.provider)
        && is_or_any(scope.pattern.as_ref(), call.pattern)
}
