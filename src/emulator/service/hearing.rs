//! One call as the journal will tell it: filled in on its way through the service, told when the last
//! who works on it lets go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;

use super::front::Visitor;
use super::trail::Said;
use super::{Answer, Inner, caller};
use crate::catalog::Model;
use crate::clock::{Clock, Moment};
use crate::emulator::api::Op;
use crate::emulator::journal::{CallEnd, CallHead, CallRecord, CallerId, Journal, ServedPart};
use crate::emulator::route;
use crate::event::FailureKind;
use crate::fault::Outage;
use crate::names::{ModelId, Provider};
use crate::seed::Seed;

const INVOCATION: &str = "amz-sdk-invocation-id";
/// The longest invocation identifier that is kept; the SDKs' have 36 bytes.
const LONGEST_INVOCATION: usize = 64;
/// The longest target that is kept, in bytes.
const LONGEST_TARGET: usize = 256;

/// A call under way. Clones are the same call.
#[derive(Clone, Debug)]
pub struct Hearing(Arc<Open>);

#[derive(Debug)]
struct Open {
    journal: Arc<Journal>,
    clock: Clock,
    head: Arc<CallHead>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    model: Option<(ModelId, Provider)>,
    end: Option<CallEnd>,
    ended_at: Option<Moment>,
    served: Option<ServedPart>,
}

/// Begins to hear a call for inference, where somebody keeps a journal.
pub(super) fn begin(inner: &Inner, visitor: &Visitor, parts: &Parts, body: &Bytes) -> Option<Hearing> {
    let journal = inner.journal.get()?;
    let op = visitor.op.filter(|op| {
        matches!(
            op,
            Op::Converse | Op::ConverseStream | Op::InvokeModel | Op::InvokeModelWithResponseStream
        )
    })?;
    let target = visitor.target.as_deref().unwrap_or_default();
    let head = CallHead {
        number: 0,
        arrived: visitor.arrived,
        caller: CallerId {
            name: caller::application(&parts.headers).into(),
            access_key: visitor.access_key.clone(),
        },
        user_agent: visitor.user_agent.clone(),
        operation: op.name(),
        region: visitor.caller.region.clone(),
        target: cut(target, LONGEST_TARGET).into(),
        invocation: invocation(&parts.headers),
        attempt: route::attempt(&parts.headers),
        body: Seed::new(0).hashed(body).number(),
    };
    Some(Hearing(Arc::new(Open {
        head: journal.begin(head),
        journal: Arc::clone(journal),
        clock: inner.clock.clone(),
        known: Mutex::default(),
    })))
}

fn invocation(headers: &HeaderMap) -> Option<Box<str>> {
    let written = headers.get(INVOCATION)?.to_str().ok()?;
    (!written.is_empty()).then(|| cut(written, LONGEST_INVOCATION).into())
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

impl Hearing {
    /// The model behind the target is known.
    pub(super) fn model(&self, model: &Model) {
        self.known().model = Some((model.id.clone(), model.provider.clone()));
    }

    /// It was answered with an error of this kind.
    pub(super) fn refused(&self, kind: FailureKind, status: u16, code: &'static str, message: &str) {
        let end = CallEnd::Refused {
            kind,
            status,
            code,
            message: message.into(),
        };
        self.close(end, None);
    }

    /// What was served of it is over.
    pub(super) fn served(&self, end: CallEnd, at: Moment, part: ServedPart) {
        self.close(end, Some(at));
        self.known().served = Some(part);
    }

    /// What the answer says, where nobody has said more.
    pub(super) fn answered(&self, answer: &Answer) {
        match answer {
            Answer::Dead(Outage::Refused) => self.close(CallEnd::Dead(Outage::Refused), None),
            // Over when the caller leaves.
            Answer::Dead(Outage::Silent) => {
                self.known().end.get_or_insert(CallEnd::Dead(Outage::Silent));
            }
            Answer::Response(response) => {
                let status = response.status().as_u16();
                if let Some(said) = response.extensions().get::<Said>() {
                    self.refused(said.kind(), status, said.name(), said.message());
                }
            }
        }
    }

    fn close(&self, end: CallEnd, at: Option<Moment>) {
        let at = at.unwrap_or_else(|| self.0.clock.now());
        let mut known = self.known();
        if known.end.is_none() {
            known.end = Some(end);
            known.ended_at = Some(at);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let known = std::mem::take(self.known.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.journal.end(CallRecord {
            head: Arc::clone(&self.head),
            model: known.model,
            ended_at: known.ended_at.unwrap_or_else(|| self.clock.now()),
            end: known.end.unwrap_or(CallEnd::HungUp),
            served: known.served,
        });
    }
}
