//! The driver of what an account has beside models: profiles of its own, tags, the logging configuration.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::inference::Asked;
use super::{Answer, Caller, Inner, ReplyBody};
use crate::emulator::api::Op;
use crate::emulator::route;
use crate::emulator::wire::control::account::{self as wire, TagAsk};
use crate::emulator::wire::control::profile::{self, Own};
use crate::emulator::wire::control::{Viewer, invalid_identifier};
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::guardrail;
use crate::emulator::world::app_profiles::{self, AppProfile};
use crate::emulator::world::prompt_router::{self, Desk};
use crate::names::Region;

/// Accounts and regions whose logging configuration is kept, and things whose tags are: a caller in a
/// loop must not fill the memory. Beyond that, nothing more is taken.
const MOST: usize = 10_000;

/// What accounts have put down.
#[derive(Debug, Default)]
pub(super) struct Notes {
    logging: BTreeMap<(Arc<str>, Region), Value>,
    tags: BTreeMap<String, BTreeMap<String, String>>,
}

/// An account's own profiles, held for an answer.
pub(super) struct OwnProfiles(Vec<Arc<AppProfile>>);

impl OwnProfiles {
    /// As the wire looks at them.
    pub fn see<'a>(&'a self, inner: &'a Inner) -> Own<'a> {
        Own {
            profiles: &self.0,
            clock: &inner.clock,
        }
    }
}

/// An account's own profiles.
pub(super) fn profiles(inner: &Inner, caller: &Caller) -> OwnProfiles {
    OwnProfiles(inner.world().app_profiles(caller.owner()).to_vec())
}

/// Lets a call of an application profile become one of what it was made of. Gives the profile's ARN;
/// `None` where none is called, or none that there is: then the call is refused as one of an invalid
/// identifier.
pub(super) fn resolve_profile(inner: &Inner, asked: &mut Asked) -> Option<Arc<str>> {
    if !app_profiles::is_arn(&asked.target) {
        return None;
    }
    let world = inner.world();
    let profile = Arc::clone(world.app_profile(asked.caller.owner(), &asked.target)?);
    drop(world);
    profile.target.as_ref().clone_into(&mut asked.target);
    Some(Arc::clone(&profile.arn))
}

/// Answers an operation.
pub(super) fn answer(
    inner: &Inner,
    caller: &Caller,
    (op, label): (Op, Option<String>),
    (query, body): (&str, &Bytes),
) -> Answer {
    let label = label.unwrap_or_default();
    if op == Op::ApplyGuardrail {
        let applied = guardrail::apply(&label, body, &inner.world().plan().guardrails);
        return Answer::Response(match applied {
            Ok(body) => inner.json(body),
            Err(error) => inner.refuse(&error),
        });
    }
    Answer::Response(match decide(inner, caller, (op, &label), (query, body)) {
        Ok(body) if op == Op::CreateInferenceProfile => {
            let id = inner.heads.request_id();
            let mut response = inner.head(StatusCode::CREATED, "application/json", &id);
            *response.body_mut() = ReplyBody::whole(body);
            response
        }
        Ok(body) => inner.json(body),
        Err(error) => inner.refuse(&error),
    })
}

fn decide(
    inner: &Inner,
    caller: &Caller,
    (op, label): (Op, &str),
    (query, body): (&str, &Bytes),
) -> Result<Vec<u8>, WireError> {
    let viewer = Viewer {
        catalog: &inner.catalog,
        region: &caller.region,
        account: &caller.account,
    };
    let place = || (Arc::clone(&caller.account), caller.region.clone());
    match op {
        Op::GetFoundationModelAvailability => viewer.availability(label, &inner.world().plan().denied_models),
        Op::ListFoundationModelAgreementOffers => viewer.agreement_offers(label),
        Op::GetUseCaseForModelAccess => Err(wire::no_use_case()),
        Op::CreateInferenceProfile => create(inner, caller, body),
        Op::DeleteInferenceProfile => {
            let gone = inner.world().delete_app_profile(caller.owner(), label);
            gone.map(|()| b"{}".to_vec())
                .map_err(|error| profile::refused(&error))
        }
        Op::GetModelInvocationLoggingConfiguration => Ok(wire::logging(inner.notes().logging.get(&place()))),
        Op::PutModelInvocationLoggingConfiguration => {
            let config = wire::read_logging(body)?;
            let mut notes = inner.notes();
            if notes.logging.len() < MOST {
                notes.logging.insert(place(), config);
            }
            Ok(b"{}".to_vec())
        }
        Op::DeleteModelInvocationLoggingConfiguration => {
            inner.notes().logging.remove(&place());
            Ok(b"{}".to_vec())
        }
        Op::ListTagsForResource | Op::TagResource | Op::UntagResource => {
            let ask = TagAsk::read(body)?;
            tags(inner, caller, op, ask)
        }
        other => wire::nothing(other, query)
            .unwrap_or_else(|| Err(route::unknown(&http::Method::GET, other.name()))),
    }
}

fn create(inner: &Inner, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, WireError> {
    let (wish, tags) = profile::read(body)?;
    let now = inner.clock.now();
    let made = inner.world().create_app_profile(now, caller.owner(), wish);
    let made = made.map_err(|error| profile::refused(&error))?;
    if !tags.is_empty() {
        let mut of = BTreeMap::new();
        wire::put_tags(&mut of, tags)?;
        inner.notes().tags.insert(made.arn.to_string(), of);
    }
    Ok(profile::created(&made))
}

fn tags(inner: &Inner, caller: &Caller, op: Op, ask: TagAsk) -> Result<Vec<u8>, WireError> {
    if !exists(inner, caller, &ask.arn)? {
        return Err(wire::no_resource(&ask.arn));
    }
    let mut notes = inner.notes();
    match op {
        Op::TagResource => {
            if notes.tags.len() < MOST || notes.tags.contains_key(&ask.arn) {
                wire::put_tags(notes.tags.entry(ask.arn).or_default(), ask.tags)?;
            }
            Ok(b"{}".to_vec())
        }
        Op::UntagResource => {
            if let Some(of) = notes.tags.get_mut(&ask.arn) {
                of.retain(|key, _| !ask.keys.contains(key));
            }
            Ok(b"{}".to_vec())
        }
        _ => Ok(wire::tags(notes.tags.get(&ask.arn))),
    }
}

/// Whether there is something of an ARN that can have tags.
fn exists(inner: &Inner, caller: &Caller, arn: &str) -> Result<bool, WireError> {
    if !arn.starts_with("arn:") {
        return Err(invalid_identifier());
    }
    let owner = caller.owner();
    let mut world = inner.world();
    if app_profiles::is_arn(arn) {
        return Ok(world.app_profile(owner, arn).is_some());
    }
    if prompt_router::is_router(arn) {
        let desk = Desk {
            account: &caller.account,
            region: &caller.region,
        };
        return Ok(world.router(desk, arn).is_some());
    }
    if world.unit(owner, arn).is_ok() {
        return Ok(true);
    }
    drop(world);
    let desk = super::batch::up_to_date(inner);
    Ok(desk.batch.jobs().any(|job| *job.arn() == *arn))
}

impl Inner {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
