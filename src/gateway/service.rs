//! HTTP request in, HTTP answer out: shared by the loopback port and the in-process transport.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};

pub use super::body::GatewayBody;
use super::plan::{GatewayPlan, GroupPlan};
use super::providers::Providers;
use super::relay::{Relay, Relayed, RelayedAnswer, book, lock};
use super::route::{Group, GroupView};
use super::wire::{self, Reference, Wanted};
use crate::bedrock::ClientPlan;
use crate::bedrock::chat::{ChatPiece, ChatStream};
use crate::bedrock::http::HttpCaller;
use crate::bedrock::openai::OpenAiChat;
use crate::clock::{Clock, Moment};
use crate::event::{Failure, FailureKind};
use crate::seed::Seed;

/// Whom a gateway passes requests on to.
#[derive(Clone, Debug)]
pub struct Upstreams {
    /// Bedrock, in every region.
    pub bedrock: ClientPlan,
    /// The OpenAI-style endpoint of the other providers, with its key; `None`: there is none.
    pub foreign: Option<HttpCaller>,
}

/// The gateway. Cheap to clone; every clone is the same gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    plan: GatewayPlan,
    groups: Vec<Member>,
    providers: Providers,
    clock: Clock,
    seed: Seed,
}

#[derive(Debug)]
struct Member {
    plan: Arc<GroupPlan>,
    caller: Arc<str>,
    group: Arc<Mutex<Group>>,
}

impl Gateway {
    /// A gateway that has asked nobody yet.
    pub fn new(plan: GatewayPlan, upstreams: Upstreams, seed: Seed) -> Self {
        let clock = upstreams.bedrock.clock.clone();
        let foreign = upstreams.foreign.map(|http| OpenAiChat::new(http, clock.clone()));
        let member = |plan: &Arc<GroupPlan>| Member {
            caller: Self::caller(&plan.name),
            group: Arc::new(Mutex::new(Group::new(plan))),
            plan: Arc::clone(plan),
        };
        Self {
            inner: Arc::new(Inner {
                groups: plan.groups.iter().map(member).collect(),
                providers: Providers::new(&plan, &upstreams.bedrock, foreign),
                plan,
                clock,
                seed: seed.derive("gateway"),
            }),
        }
    }

    /// The name under which a group calls: the emulator's books have it.
    pub fn caller(group: &str) -> Arc<str> {
        format!("gateway/{group}").into()
    }

    /// The time it goes by.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Each group as it stands.
    pub fn view(&self) -> Vec<GroupView> {
        let now = self.inner.clock.now();
        let groups = self.inner.groups.iter();
        groups.map(|member| lock(&member.group).view(now)).collect()
    }

    /// Answers a request. Dropping the future, or later the body, is hanging up.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<GatewayBody> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().trim_end_matches('/');
        match (&parts.method, path) {
            (&Method::GET, "/health/liveliness" | "/health/liveness") => {
                return json(StatusCode::OK, b"\"I'm alive!\"".to_vec());
            }
            (&Method::GET, "/health/readiness") => return json(StatusCode::OK, wire::readiness()),
            _ => {}
        }
        let key = parts.headers.get(AUTHORIZATION);
        let key = key.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        if key != Some(self.inner.plan.key.as_bytes()) {
            let words = "Authentication Error: send `Authorization: Bearer KEY` with the gateway's key";
            return own(StatusCode::UNAUTHORIZED, "auth_error", words);
        }
        match (&parts.method, path) {
            (&Method::GET, "/v1/models" | "/models") => json(StatusCode::OK, wire::models(&self.inner.plan)),
            (&Method::GET, "/model/info" | "/v1/model/info") => {
                json(StatusCode::OK, wire::model_info(&self.inner.plan))
            }
            (&Method::POST, "/v1/chat/completions" | "/chat/completions") => self.complete(&body).await,
            (_, "/health") => own(
                StatusCode::NOT_FOUND,
                "not_found",
                "/health would make a paid call of every deployment: this gateway has none",
            ),
            _ => own(StatusCode::NOT_FOUND, "not_found", "no such path at this gateway"),
        }
    }

    async fn complete(&self, body: &Bytes) -> Response<GatewayBody> {
        let Wanted {
            model,
            chat,
            include_usage,
        } = match wire::read(body) {
            Ok(wanted) => wanted,
            Err(words) => return own(StatusCode::BAD_REQUEST, "invalid_request_error", &words),
        };
        let inner = &self.inner;
        let Some(member) = inner.groups.iter().find(|member| *member.plan.name == *model) else {
            let words =
                format!("Invalid model name passed in model={model:.80}. Call `/v1/models` to view them.");
            return own(StatusCode::BAD_REQUEST, "invalid_request_error", &words);
        };
        let begun = inner.clock.now();
        let seed = inner.seed.derive(&member.plan.name).hashed(body);
        let relay = Relay {
            group: &member.group,
            providers: &inner.providers,
            clock: &inner.clock,
            caller: &member.caller,
        };
        let call_id = format!("{:016x}", seed.derive("id").number());
        match relay.pass_on(&Arc::new(chat), seed).await {
            Ok(relayed) => self.answer(member, (relayed, begun), &call_id, include_usage),
            Err(unanswered) => {
                let (status, body) = wire::refusal(&unanswered);
                let mut response = json(status, body);
                if let Ok(id) = HeaderValue::from_str(&call_id) {
                    response.headers_mut().insert("x-litellm-call-id", id);
                }
                response
            }
        }
    }

    fn answer(
        &self,
        member: &Member,
        (relayed, begun): (Relayed, Moment),
        call_id: &str,
        include_usage: bool,
    ) -> Response<GatewayBody> {
        let now = self.inner.clock.now();
        let place = relayed.place;
        let reference = Reference {
            id: format!("chatcmpl-{call_id}"),
            created: self.inner.clock.wall(now).as_second(),
            model: member.asked_for(place),
        };
        let cost = match &relayed.answer {
            RelayedAnswer::Whole(_, end) => Some(book(&member.group, place, *end)),
            RelayedAnswer::Stream(..) => None,
        };
        let spent = lock(&member.group).view(now).spent;
        let mut response = json(StatusCode::OK, Vec::new());
        wire::claim(
            response.headers_mut(),
            (&member.plan, call_id),
            &relayed,
            (cost, spent),
            now.since(begun),
        );
        match relayed.answer {
            RelayedAnswer::Whole(text, end) => {
                *response.body_mut() = GatewayBody::whole(reference.completion(&text, end));
            }
            RelayedAnswer::Stream(first, upstream) => {
                let events = HeaderValue::from_static("text/event-stream; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, events);
                let told = Told {
                    reference,
                    upstream,
                    next: Some(first),
                    said: false,
                    include_usage,
                    group: Arc::clone(&member.group),
                    place,
                };
                let pieces = stream::unfold(Some(told), |told| async move { told?.next().await });
                *response.body_mut() = GatewayBody::pieces(pieces);
            }
        }
        response
    }
}

impl Member {
    fn asked_for(&self, place: usize) -> String {
        match self.plan.deployments.get(place).map(|deployment| &deployment.way) {
            Some(super::plan::Way::Bedrock { target, .. }) => target.to_string(),
            Some(super::plan::Way::Foreign(model)) => model.id.to_string(),
            None => String::new(),
        }
    }
}

/// A stream that is passed on.
struct Told {
    reference: Reference,
    upstream: Box<ChatStream>,
    /// The first piece, until it was told.
    next: Option<ChatPiece>,
    said: bool,
    include_usage: bool,
    group: Arc<Mutex<Group>>,
    place: usize,
}

impl Told {
    async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        let piece = match self.next.take() {
            Some(piece) => Ok(piece),
            None => self.upstream.next().await,
        };
        match piece {
            Ok(ChatPiece::Text(text)) => {
                let bytes = self.reference.piece(&text, !self.said);
                self.said = true;
                Some((bytes.into(), Some(self)))
            }
            Ok(ChatPiece::End(end)) => {
                book(&self.group, self.place, end);
                let bytes = self.reference.end(end, self.include_usage);
                Some((bytes.into(), None))
            }
            // After the first token nobody else is asked.
            Err(failure) => {
                let failure = Failure {
                    kind: match failure.kind {
                        FailureKind::StreamCut => FailureKind::Internal,
                        other => other,
                    },
                    ..failure
                };
                Some((wire::error_event(&failure).into(), None))
            }
        }
    }
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<GatewayBody> {
    let mut response = Response::new(GatewayBody::whole(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn own(status: StatusCode, kind: &str, words: &str) -> Response<GatewayBody> {
    json(status, wire::own_error(status, kind, words))
}

#[cfg(test)]
mod tests;
