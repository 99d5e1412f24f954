//! Writes answers down in the account's event history.

use std::sync::PoisonError;

use super::front::Visitor;
use super::{Answer, Inner, SERVED_REGION};
use crate::catalog::Resolved;
use crate::emulator::api::{Op, ServiceName};
use crate::emulator::wire::error::Exception;
use crate::emulator::world::app_profiles;
use crate::emulator::world::trail::{Place, TrailEvent, is_recorded};
use crate::event::FailureKind;
use crate::names::Region;

/// Kept of an error's words, in bytes.
const LONGEST: usize = 500;

/// The error that an answer is, beside its body.
#[derive(Clone, Debug)]
pub(super) struct Said {
    name: &'static str,
    message: Box<str>,
}

impl Said {
    /// The error's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What was said.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The kind of failure that it is.
    pub fn kind(&self) -> FailureKind {
        let rows = FailureKind::TABLE.iter();
        let mut kinds = rows.map(|row| row.kind);
        let named = kinds.find(|kind| Exception::of(*kind).name() == self.name);
        named.unwrap_or(match self.name {
            name if name.contains("Token") || name.contains("Signature") || name.contains("Client") => {
                FailureKind::Denied
            }
            _ => FailureKind::Other,
        })
    }

    pub fn new(name: &'static str, message: &str) -> Self {
        let end = (0..=LONGEST.min(message.len()))
            .rev()
            .find(|at| message.is_char_boundary(*at));
        Self {
            name,
            message: message[..end.unwrap_or(0)].into(),
        }
    }
}

/// Notes what was answered. A call that was never answered, or whose caller had left by then, leaves no
/// event.
pub(super) fn note(inner: &Inner, visitor: Visitor, answer: &Answer) {
    let (Some(op), Answer::Response(response)) = (visitor.op, answer) else {
        return;
    };
    if !is_recorded(op) {
        return;
    }
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let served = header(SERVED_REGION).map(Region::from);
    let error = response.extensions().get::<Said>();
    let event = TrailEvent {
        at: visitor.arrived,
        inference_region: served.filter(|_| is_of_profile(inner, &visitor)),
        place: Place {
            account: visitor.caller.account,
            region: visitor.caller.region,
        },
        op,
        principal: visitor.caller.principal,
        access_key: visitor.access_key,
        user_agent: visitor.user_agent,
        request_id: header("x-amzn-requestid").unwrap_or_default().into(),
        error: error.map(|said| (said.name.into(), said.message.clone())),
        target: visitor.target,
    };
    let mut trail = inner.trail.lock().unwrap_or_else(PoisonError::into_inner);
    trail.note(event);
}

/// Whether a profile was called: of those alone the history tells where they were served.
fn is_of_profile(inner: &Inner, visitor: &Visitor) -> bool {
    let Some(target) = visitor.target.as_deref() else {
        return false;
    };
    let is_runtime = visitor.service == ServiceName::Bedrock && visitor.op != Some(Op::CountTokens);
    let is_profile = |target: &str| matches!(inner.catalog.resolve(target), Some(Resolved::Profile(..)));
    if app_profiles::is_arn(target) {
        let world = inner.world();
        let own = world.app_profile(visitor.caller.owner(), target);
        return own.is_some_and(|profile| is_profile(&profile.target));
    }
    is_runtime && is_profile(target)
}
