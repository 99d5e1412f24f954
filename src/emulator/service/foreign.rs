//! Calls of providers beside Bedrock: the driver around the world's decisions on them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};

use super::body::{BrokenOff, ReplyBody};
use super::caller::caller;
use super::{Answer, Inner};
use crate::clock::Moment;
use crate::emulator::route;
use crate::emulator::wire::openai::{self, ChatAsk, OpenAiError, PREFIX, Reference};
use crate::emulator::world::Settlement;
use crate::emulator::world::callers::Fate;
use crate::emulator::world::foreign::{ForeignCall, ForeignDecision, ForeignServing};
use crate::emulator::world::reply::Reply;
use crate::event::FailureKind;
use crate::fault::Cut;
use crate::seed::Seed;
use crate::units::TokenUsage;

/// Tokens of a piece of a stream after the first.
const PIECE: u64 = 4;

/// Whether a request is for a provider beside Bedrock: an OpenAI-style path without a signature.
pub(super) fn is_foreign(parts: &Parts) -> bool {
    let signed = parts
        .headers
        .get(AUTHORIZATION)
        .is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"));
    parts.uri.path().starts_with(PREFIX) && !signed
}

/// Answers it.
pub(super) async fn answer(inner: &Arc<Inner>, parts: &Parts, body: &Bytes) -> Answer {
    let bearer = parts.headers.get(AUTHORIZATION);
    if !bearer.is_some_and(|value| value.as_bytes().starts_with(b"Bearer ")) {
        return refuse(inner, &OpenAiError::unauthorised());
    }
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/v1/models") => {
            let body = openai::models(inner.catalog.offers.foreign.values());
            Answer::Response(inner.json(body))
        }
        (&Method::POST, "/v1/chat/completions") => match openai::read(body) {
            Ok(ask) => chat(inner, ask, &parts.headers, body).await,
            Err(error) => refuse(inner, &error),
        },
        (_, path) => refuse(inner, &OpenAiError::not_found(path)),
    }
}

async fn chat(inner: &Arc<Inner>, ask: ChatAsk, headers: &HeaderMap, body: &Bytes) -> Answer {
    let arrived = inner.clock.now();
    let call = ForeignCall {
        key: Seed::new(0).hashed(body).keyed(route::attempt(headers)).number(),
        model: ask.model.clone(),
        chars: ask.chars,
        max_tokens: ask.max_tokens,
        stream: ask.stream,
    };
    let provider = inner.catalog.offers.foreign.get(ask.model.as_str());
    let decision = {
        let mut world = inner.world();
        let decision = world.decide_foreign(arrived, &call);
        let fate = match &decision {
            ForeignDecision::Unknown | ForeignDecision::Refuse(..) | ForeignDecision::Poison(_) => {
                Fate::Refused
            }
            ForeignDecision::Dead(_) => Fate::Dead,
            ForeignDecision::Serve(_) => Fate::Admitted,
        };
        if let Some(model) = provider {
            let place = (model.provider.as_str(), model.id.as_str());
            world.note_caller(&caller(headers), place, fate);
        }
        decision
    };
    match decision {
        ForeignDecision::Unknown => refuse(inner, &OpenAiError::not_found(&ask.model)),
        ForeignDecision::Dead(outage) => Answer::Dead(outage),
        ForeignDecision::Refuse(refusal, again) => {
            inner.clock.sleep_until(arrived + refusal.after).await;
            refuse(inner, &OpenAiError::of(refusal.kind, refusal.message, again))
        }
        ForeignDecision::Poison(refusal) => {
            inner.clock.sleep_until(arrived + refusal.after).await;
            refuse(
                inner,
                &OpenAiError::of(refusal.kind, refusal.message, None).under_ok(),
            )
        }
        ForeignDecision::Serve(serving) => {
            let work = ForeignWork::new(Arc::clone(inner), serving, arrived);
            Answer::Response(serve(inner, work, &ask).await)
        }
    }
}

async fn serve(inner: &Arc<Inner>, mut work: ForeignWork, ask: &ChatAsk) -> Response<ReplyBody> {
    let id = inner.heads.request_id();
    let serving = &work.serving;
    let reference = Reference {
        id: format!("chatcmpl-{id}"),
        created: inner.clock.wall(work.arrived).as_second(),
        model: Arc::clone(&serving.model),
    };
    let (seed, tokens, width) = (
        serving.text_seed,
        serving.usage.output,
        serving.model.chars_per_token,
    );
    let text = if serving.hits_max_tokens {
        Reply::cut_short(seed, tokens, width)
    } else {
        Reply::new(seed, tokens, width)
    };
    if ask.stream {
        inner.clock.sleep_until(work.due(1)).await;
        let mut response = inner.head(StatusCode::OK, "text/event-stream; charset=utf-8", &id);
        let told = Told {
            work,
            reference,
            text,
            so_far: 0,
            include_usage: ask.include_usage,
        };
        let pieces = stream::unfold(Some(told), |told| async move { told?.next().await });
        *response.body_mut() = ReplyBody::told(pieces);
        return response;
    }
    inner.clock.sleep_until(work.due(tokens)).await;
    work.settle(tokens, true);
    let mut response = inner.head(StatusCode::OK, "application/json", &id);
    let serving = &work.serving;
    let body = reference.completion(&text.text(), serving.usage, serving.hits_max_tokens);
    *response.body_mut() = ReplyBody::whole(body);
    response
}

fn refuse(inner: &Inner, error: &OpenAiError) -> Answer {
    let id = inner.heads.request_id();
    let mut response = inner.head(error.status, "application/json", &id);
    if let Some(again) = error.retry_after {
        let secs = again.as_secs().max(1);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    *response.body_mut() = ReplyBody::whole(error.body());
    Answer::Response(response)
}

/// A call in service. Dropped before it is settled, the caller has hung up: what was generated by
/// then is billed.
struct ForeignWork {
    inner: Arc<Inner>,
    serving: Box<ForeignServing>,
    arrived: Moment,
    is_open: bool,
}

impl ForeignWork {
    const fn new(inner: Arc<Inner>, serving: Box<ForeignServing>, arrived: Moment) -> Self {
        Self {
            inner,
            serving,
            arrived,
            is_open: true,
        }
    }

    fn due(&self, token: u64) -> Moment {
        self.arrived + self.serving.token_due(token)
    }

    fn settle(&mut self, output: u64, completed: bool) {
        if std::mem::take(&mut self.is_open) {
            let end = Settlement {
                usage: TokenUsage {
                    output,
                    ..self.serving.usage
                },
                at: self.inner.clock.now(),
                completed,
            };
            self.inner.world().settle_foreign(&self.serving, end);
        }
    }
}

impl Drop for ForeignWork {
    fn drop(&mut self) {
        if self.is_open {
            let since: Duration = self.inner.clock.now().since(self.arrived);
            self.settle(self.serving.generated_after(since), false);
        }
    }
}

/// A stream under way.
struct Told {
    work: ForeignWork,
    reference: Reference,
    text: Reply,
    so_far: u64,
    include_usage: bool,
}

type Next = (Result<Bytes, BrokenOff>, Option<Told>);

impl Told {
    /// The next piece when it is due; then the end, or the cut that a fault asks for.
    async fn next(mut self) -> Option<Next> {
        let whole = self.work.serving.usage.output;
        let last = self.work.serving.cut.map_or(whole, |(after, _)| after.min(whole));
        if self.so_far >= last {
            return Some(self.close(whole));
        }
        let to = if self.so_far == 0 { 1 } else { self.so_far + PIECE }.min(last);
        let due = self.work.due(to);
        let clock = self.work.inner.clock.clone();
        if clock.now() < due {
            clock.sleep_until(due).await;
        }
        let text = self.text.chunk(self.so_far, to);
        let piece = self.reference.piece(&text, self.so_far == 0);
        self.so_far = to;
        Some((Ok(piece.into()), Some(self)))
    }

    fn close(mut self, whole: u64) -> Next {
        let serving = &self.work.serving;
        let Some((_, how)) = serving.cut else {
            let end = self
                .reference
                .end(serving.usage, serving.hits_max_tokens, self.include_usage);
            self.work.settle(whole, true);
            return (Ok(end.into()), None);
        };
        self.work.settle(self.so_far, false);
        match how {
            Cut::Exception => {
                let words = "The server had an error while processing your request.";
                let error = OpenAiError::of(FailureKind::Internal, words.to_owned(), None);
                (Ok(openai::event(&error.body()).into()), None)
            }
            Cut::Reset => (Err(BrokenOff), None),
        }
    }
}
