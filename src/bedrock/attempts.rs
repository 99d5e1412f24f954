//! Counts and times wire calls beneath the SDK's retries.
//!
//! All hooks of the SDK run inside the task that polls the call, so a task-local finds the call's
//! own log. The connector opens an attempt, [`Watch`] closes a failed one and sees to it that the
//! SDK's jitter repeats; who asked closes the one that succeeded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::chat::ATTEMPT;
use super::classify;
use super::client::HopPlan;
use super::converse::HopCall;
use crate::clock::{Clock, Moment};
use crate::event::{Attempt, AttemptEnd, Failure, FailureKind};
use crate::fault::{CallFacts, Effects};
use crate::names::{ModelId, ModelRef, Region};
use crate::seed::Stream;
use crate::units::TokenUsage;

/// Only the emulator sends it; the real service does not tell where it served.
const SERVED_REGION: &str = "x-bedrill-served-region";

tokio::task_local! {
    /// The call that this task is making.
    pub(super) static CALL: Rc<CallLog>;
}

/// What happened beneath one call.
pub(super) struct CallLog {
    plan: Arc<HopPlan>,
    call: HopCall,
    stream: bool,
    attempts: RefCell<Vec<Attempt>>,
    /// Whether the last attempt still goes on.
    open: Cell<bool>,
    meddled: Cell<Meddled>,
    /// Whether the open attempt waits for room beneath the spend cap: then it was never sent.
    held_back: Cell<bool>,
}

/// What the fault injector did to the attempt that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meddled {
    /// Nothing.
    Not,
    /// It came later: if it times out, that is why.
    Slowed,
    /// It failed by our hand.
    Struck,
}

impl CallLog {
    pub(super) fn new(plan: Arc<HopPlan>, call: HopCall, stream: bool) -> Self {
        Self {
            plan,
            call,
            stream,
            // One attempt is the rule.
            attempts: RefCell::new(Vec::with_capacity(1)),
            open: Cell::new(false),
            meddled: Cell::new(Meddled::Not),
            held_back: Cell::new(false),
        }
    }

    /// Opens an attempt.
    pub(super) fn begin(&self, now: Moment) {
        let mut attempts = self.attempts.borrow_mut();
        let backoff = match attempts.last() {
            None => self.call.backoff,
            Some(last) => now.since(last.ended_at),
        };
        let number = u8::try_from(attempts.len() + 1).unwrap_or(u8::MAX);
        attempts.push(Attempt {
            route: Arc::clone(&self.plan.route),
            hop: self.call.hop,
            number,
            backoff,
            sent_at: now,
            first_token_at: None,
            ended_at: now,
            end: AttemptEnd::Served,
            usage: None,
            served_in: None,
            injected: false,
            invoked: None,
        });
        self.open.set(true);
        self.meddled.set(Meddled::Not);
        self.held_back.set(false);
    }

    /// The number that the next attempt has among all of its shot at this route, where it is not the
    /// SDK's own: equal requests have equal luck at the emulator, and a second round is another try.
    fn repeat(&self) -> Option<u64> {
        let before = u64::from(self.call.round) * u64::from(self.plan.sdk_attempts);
        let number = self.attempts.borrow().len() as u64 + 1;
        (self.call.round > 0).then_some(before + number)
    }

    /// What the fault injector knows of this call.
    pub(super) fn facts(&self) -> CallFacts<'_> {
        let route = &*self.plan.route;
        CallFacts {
            region: &route.region,
            target: route.target.as_str(),
            model: Some(&route.model),
            provider: Some(&route.provider),
            pattern: Some(&self.plan.pattern),
        }
    }

    /// The luck of the attempt that was opened last.
    pub(super) fn luck(&self) -> Stream {
        let number = self.attempts.borrow().len();
        self.call
            .seed
            .derive("client-faults")
            .keyed(number as u64)
            .stream()
    }

    /// The model behind what is called.
    pub(super) fn model(&self) -> &ModelId {
        &self.plan.route.model
    }

    /// Whether the call is streamed.
    pub(super) fn is_stream(&self) -> bool {
        self.stream
    }

    /// Characters a token of the model stands for.
    pub(super) fn chars_per_token(&self) -> f64 {
        self.plan.chars_per_token
    }

    /// Notes what the fault injector does to the open attempt.
    pub(super) fn meddle(&self, effects: &Effects) {
        let struck = effects.outage.is_some() || effects.refusal.is_some();
        self.meddled
            .set(if struck { Meddled::Struck } else { Meddled::Slowed });
    }

    /// Notes that the fault injector breaks the open attempt off now.
    pub(super) fn strike(&self) {
        self.meddled.set(Meddled::Struck);
    }

    /// Notes the first token of the open attempt.
    pub(super) fn first_token(&self, now: Moment) {
        if let Some(last) = self.attempts.borrow_mut().last_mut() {
            last.first_token_at.get_or_insert(now);
        }
    }

    /// Notes what a prompt router chose for the open attempt, by the ARN of the trace.
    pub(super) fn invoked(&self, arn: &str) {
        if let Some(last) = self.attempts.borrow_mut().last_mut() {
            let id = arn.rsplit('/').next().unwrap_or(arn);
            last.invoked = Some(ModelRef::from(id));
        }
    }

    /// Closes the open attempt with its answer.
    pub(super) fn succeed(&self, now: Moment, usage: TokenUsage) {
        self.close(now, AttemptEnd::Served, Some(usage));
    }

    /// Notes that the open attempt waits for room beneath the spend cap, or no longer does.
    pub(super) fn hold_back(&self, waits: bool) {
        self.held_back.set(waits);
    }

    /// Closes the open attempt, if one is open, as failed.
    pub(super) fn fail(&self, now: Moment, failure: Failure, usage: Option<TokenUsage>) {
        let failure = if self.held_back.get() {
            let words = "its time passed while it waited for room beneath the spend cap";
            Failure::local(FailureKind::SpendCap, words)
        } else {
            failure
        };
        self.close(now, AttemptEnd::Failed(failure), usage);
    }

    /// Why the last attempt failed.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.attempts.borrow().last()?.failure().cloned()
    }

    /// The attempts, when the call is over.
    pub(super) fn take(&self) -> Vec<Attempt> {
        self.attempts.take()
    }

    fn close(&self, now: Moment, end: AttemptEnd, usage: Option<TokenUsage>) {
        if !self.open.replace(false) {
            return;
        }
        if let Some(last) = self.attempts.borrow_mut().last_mut() {
            last.ended_at = now;
            last.injected = match (&end, self.meddled.get()) {
                (AttemptEnd::Failed(_), Meddled::Struck) => true,
                (AttemptEnd::Failed(failure), Meddled::Slowed) => is_lateness(failure.kind),
                _ => false,
            };
            last.end = end;
            last.usage = usage;
        }
    }

    fn served_in(&self, region: &str) {
        if let Some(last) = self.attempts.borrow_mut().last_mut() {
            let own = &self.plan.route.region;
            last.served_in = Some(if *own == region {
                own.clone()
            } else {
                Region::from(region)
            });
        }
    }

    fn retry_seed(&self) -> u64 {
        let number = self.attempts.borrow().len();
        self.call.seed.derive("sdk-retry").keyed(number as u64).number()
    }
}

fn is_lateness(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Timeout | FailureKind::StreamIdle | FailureKind::Deadline
    )
}

/// The interceptor that closes failed attempts. One for all clients of a runtime.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) clock: Clock,
}

#[dyn_dispatch_hint]
impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "bedrill::Watch"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(Some(number)) = CALL.try_with(|call| call.repeat()) {
            // Not signed, like every private word for the emulator.
            let headers = context.request_mut().headers_mut();
            headers.try_insert(ATTEMPT, number.to_string())?;
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Without a call (a foreign use of the client) there is nothing to tell.
        let _ = CALL.try_with(|call| {
            let response = context.response();
            if let Some(region) = response.and_then(|response| response.headers().get(SERVED_REGION)) {
                call.served_in(region);
            }
            if let Some(Err(error)) = context.output_or_error() {
                call.fail(self.clock.now(), classify::attempt(error, response), None);
                // The SDK draws the jitter of the next back-off from this thread's fastrand, and
                // so do its debug spans: without a fresh seed just before the draw, RUST_LOG would
                // change the run.
                fastrand::seed(call.retry_seed());
            }
        });
        Ok(())
    }
}
