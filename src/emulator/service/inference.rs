//! Operations on a model: from a request to a call, from a decision to an answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::body::{ReplyBody, Telling};
use super::caller::caller;
use super::guard::{self, Guard, Reviewed};
use super::work::{Speech, Work};
use super::{Answer, Caller, Inner, account, embedding, routers};
use crate::catalog::{Lifecycle, Model};
use crate::clock::Moment;
use crate::emulator::route::{self, Runtime};
use crate::emulator::wire::answer::{Narrator, Speaker, Stop};
use crate::emulator::wire::ask::Ask;
use crate::emulator::wire::converse::reply::ConverseNarrator;
use crate::emulator::wire::error::{Exception, WireError};
use crate::emulator::wire::prefix::Mark;
use crate::emulator::wire::script::Shape;
use crate::emulator::wire::{converse, count, invoke};
use crate::emulator::world::cache::PrefixBlock;
use crate::emulator::world::callers::{Callers, Fate};
use crate::emulator::world::{Call, Decision, Refusal, tokens};
use crate::fault::{CallFacts, Effects};
use crate::seed::Seed;
use crate::units::TokenUsage;

/// The region that served, told to bedrill alone: the real service has no such header.
pub const SERVED_REGION: &str = "x-bedrill-served-region";

/// A private request header: a reply of exactly so many tokens, for benches and tests.
pub const REPLY_TOKENS: &str = "x-bedrill-reply-tokens";

/// A request for inference.
#[derive(Debug)]
pub(super) struct Asked {
    pub runtime: Runtime,
    /// `modelId`, decoded.
    pub target: String,
    pub caller: Caller,
    pub body: Bytes,
}

impl Asked {
    /// Decides the call's draws. Equal requests have equal luck, whatever else happens around them;
    /// another region, or another attempt of the SDK's, is another request. Invocation identifiers
    /// do not enter: they are random.
    pub(super) fn key(&self, headers: &HeaderMap) -> u64 {
        Seed::new(self.runtime as u64)
            .hashed(&self.body)
            .hashed(self.target.as_bytes())
            .hashed(self.caller.region.as_str().as_bytes())
            .keyed(route::attempt(headers))
            .number()
    }
}

/// Answers it.
pub(super) async fn answer(inner: &Arc<Inner>, mut asked: Asked, headers: &HeaderMap) -> Answer {
    let arrived = inner.clock.now();
    let through = account::resolve_profile(inner, &mut asked);
    if let Some(model) = embedding::called(inner, &asked) {
        return embedding::answer(inner, asked, &model, headers).await;
    }
    let invoked = routers::route(inner, &mut asked);
    let model = inner
        .catalog
        .resolve(&asked.target)
        .map(|resolved| Arc::clone(resolved.model()))
        .or_else(|| inner.world().unit_model(asked.caller.owner(), &asked.target));
    let key = asked.key(headers);
    if asked.runtime == Runtime::CountTokens {
        return count_tokens(inner, &asked, model.as_deref(), key);
    }
    let mut ask = match read(&asked, model.as_deref(), headers) {
        Ok(ask) => ask,
        // A dead endpoint refuses nothing, it is dead.
        Err(error) => {
            if let Some(outage) = effects(inner, arrived, &asked, model.as_deref(), key).outage {
                return Answer::Dead(outage);
            }
            note_invalid(inner, arrived, asked, key);
            return Answer::Response(inner.refuse(&error));
        }
    };
    let guard = match Guard::of(inner, ask.guard.take()) {
        Ok(guard) => guard,
        Err(error) => return Answer::Response(inner.refuse(&error)),
    };
    if let (Some(guard), Some(model)) = (&guard, &model)
        && guard.blocks_input()
    {
        return stop_here(inner, &asked, (guard, model), ask, key);
    }
    let call = Call {
        key,
        account: asked.caller.account,
        region: asked.caller.region,
        target: asked.target,
        input_tokens: input_tokens(model.as_deref(), &ask),
        prefix: prefix(model.as_deref(), &ask),
        max_tokens: ask.max_tokens,
        stream: asked.runtime.streams(),
        reply_tokens: reply_tokens(model.as_deref(), &ask, headers),
        routed: invoked.is_some(),
        through,
    };
    // Up to 25 megabytes, and of no more use: the answer may take its time.
    drop(asked.body);
    let decision = {
        let mut world = inner.world();
        let decision = world.decide(arrived, &call);
        // What the catalogue does not know is no name to keep.
        let target = if model.is_some() {
            call.target.as_str()
        } else {
            Callers::OTHERS
        };
        let called = (call.region.as_str(), target);
        world.note_caller(&caller(headers), called, Fate::of(&decision));
        decision
    };
    match decision {
        Decision::Dead(outage) => Answer::Dead(outage),
        Decision::Refuse(refusal) => refuse(inner, arrived, refusal).await,
        Decision::Serve(serving) => {
            let mut speech = Speech::new(&serving, &ask);
            let trace = guard
                .as_ref()
                .map(|guard| guard.review(&mut speech, asked.runtime.streams()));
            let work = Work::new(Arc::clone(inner), serving, speech, arrived);
            let asked = (asked.runtime, invoked, trace);
            Answer::Response(serve(inner, work, ask, asked).await)
        }
    }
}

/// A body that breaks a rule never becomes a call, but CloudWatch counts it.
fn note_invalid(inner: &Inner, arrived: Moment, asked: Asked, key: u64) {
    let call = Call {
        key,
        account: asked.caller.account,
        region: asked.caller.region,
        target: asked.target,
        input_tokens: 0,
        prefix: Vec::new(),
        max_tokens: None,
        stream: asked.runtime.streams(),
        reply_tokens: None,
        routed: false,
        through: None,
    };
    inner.world().note_invalid(arrived, &call);
}

fn read(asked: &Asked, model: Option<&Model>, headers: &HeaderMap) -> Result<Ask, WireError> {
    match (asked.runtime, model) {
        (Runtime::Converse | Runtime::ConverseStream, _) => converse::read(&asked.body, model),
        (_, Some(model)) => {
            let options = invoke::options(headers)?;
            let mut ask = invoke::read(&asked.body, model)?;
            ask.echo.latency = options.latency;
            ask.echo.tier = options.tier;
            ask.guard = guard::of_headers(headers, &asked.body, asked.runtime)?;
            Ok(ask)
        }
        // Nobody knows the format of an unknown model's body; the world will refuse the model.
        (_, None) => Ok(Ask::default()),
    }
}

fn input_tokens(model: Option<&Model>, ask: &Ask) -> u64 {
    let text = model.map_or(0, |model| tokens::count(model, ask.chars));
    text.saturating_add(ask.media_tokens)
}

/// The prompt's blocks in tokens, for a model with a cache.
fn prefix(model: Option<&Model>, ask: &Ask) -> Vec<PrefixBlock> {
    let Some(model) = model.filter(|model| model.cache.is_some()) else {
        return Vec::new();
    };
    let block = |mark: &Mark| PrefixBlock {
        hash: mark.hash,
        tokens: tokens::count(model, mark.chars).saturating_add(mark.media_tokens),
        point: mark.point,
    };
    ask.prefix.marks.iter().map(block).collect()
}

/// A reply of exactly so many tokens: as the header says, or as what is said takes.
fn reply_tokens(model: Option<&Model>, ask: &Ask, headers: &HeaderMap) -> Option<u64> {
    let scripted = || ask.script.tokens(model?.chars_per_token);
    number(headers, REPLY_TOKENS).or_else(scripted)
}

async fn refuse(inner: &Inner, arrived: Moment, refusal: Refusal) -> Answer {
    wait_until(inner, arrived + refusal.after).await;
    let error = WireError::new(Exception::of(refusal.kind), refusal.message);
    Answer::Response(inner.refuse(&error))
}

async fn serve(
    inner: &Inner,
    mut work: Work,
    ask: Ask,
    (runtime, invoked, trace): (Runtime, Option<Arc<str>>, Option<Reviewed>),
) -> Response<ReplyBody> {
    let id = inner.heads.request_id();
    let is_invoke = matches!(runtime, Runtime::Invoke | Runtime::InvokeStream);
    let speaker = Speaker {
        model: Arc::clone(&work.serving.model),
        echo: ask.echo,
        caches: ask.caches,
        seed: Seed::new(work.serving.text_seed),
        input_tokens: work.serving.usage.input,
        cached: work.serving.usage,
        request_id: id.clone(),
        created: inner.clock.wall(work.arrived).as_second(),
        shape: work.speech.shape.clone(),
        response_fields: ask.response_fields,
        guard: trace.as_ref().and_then(|reviewed| reviewed.trace.clone()),
        invoked,
    };
    let mut response;
    if runtime.streams() {
        wait_until(inner, work.due(1)).await;
        response = inner.head(StatusCode::OK, "application/vnd.amazon.eventstream", &id);
        if is_invoke {
            invoke::echo_headers(&speaker.echo, response.headers_mut());
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert("x-amzn-bedrock-content-type", json);
        }
        served_in(&work, response.headers_mut());
        let narrator: Box<dyn Narrator> = if is_invoke {
            invoke::narrator(speaker)
        } else {
            Box::new(ConverseNarrator::new(speaker))
        };
        *response.body_mut() = ReplyBody::telling(Telling::new(work, narrator));
    } else {
        wait_until(inner, work.due(work.speech.tokens)).await;
        let ending = work.finish();
        let text = work.speech.text();
        response = inner.head(StatusCode::OK, "application/json", &id);
        served_in(&work, response.headers_mut());
        let body = if is_invoke {
            invoke::usage_headers(&ending, &speaker.model, response.headers_mut());
            invoke::echo_headers(&speaker.echo, response.headers_mut());
            let body = invoke::body(&speaker, &text, &ending);
            match &trace {
                None => body,
                Some(reviewed) => guard::mark(body, ending.stop == Stop::Guardrail, reviewed.trace.as_ref()),
            }
        } else {
            converse::reply::body(&speaker, &text, &ending)
        };
        *response.body_mut() = ReplyBody::whole(body);
    }
    response
}

/// The answer to a prompt that a guardrail stops. A dead or struck endpoint comes before it.
fn stop_here(
    inner: &Inner,
    asked: &Asked,
    (guard, model): (&Guard, &Arc<Model>),
    ask: Ask,
    key: u64,
) -> Answer {
    let now = inner.clock.now();
    let effects = effects(inner, now, asked, Some(model), key);
    if let Some(outage) = effects.outage {
        return Answer::Dead(outage);
    }
    if let Some(kind) = effects.refusal {
        return Answer::Response(inner.refuse(&WireError::usual(Exception::of(kind))));
    }
    let speaker = Speaker {
        model: Arc::clone(model),
        echo: ask.echo,
        caches: ask.caches,
        seed: Seed::new(key),
        input_tokens: 0,
        cached: TokenUsage::default(),
        request_id: inner.heads.request_id(),
        created: inner.clock.wall(now).as_second(),
        shape: Shape::default(),
        response_fields: ask.response_fields,
        guard: None,
        invoked: None,
    };
    Answer::Response(guard.refusal(inner, speaker, asked.runtime))
}

fn served_in(work: &Work, headers: &mut HeaderMap) {
    if let Ok(region) = HeaderValue::from_str(work.serving.region.as_str()) {
        headers.insert(SERVED_REGION, region);
    }
}

/// Waits, but makes no timer for what is due already.
async fn wait_until(inner: &Inner, due: Moment) {
    if inner.clock.now() < due {
        inner.clock.sleep_until(due).await;
    }
}

/// CountTokens is free and draws on no quota, so the world is asked only what is broken.
fn count_tokens(inner: &Inner, asked: &Asked, model: Option<&Model>, key: u64) -> Answer {
    let effects = effects(inner, inner.clock.now(), asked, model, key);
    if let Some(outage) = effects.outage {
        return Answer::Dead(outage);
    }
    if let Some(kind) = effects.refusal {
        return Answer::Response(inner.refuse(&WireError::usual(Exception::of(kind))));
    }
    let counted = match model {
        None => Err(WireError::validation("The provided model identifier is invalid.")),
        Some(model) if model.lifecycle == Lifecycle::EndOfLife => Err(WireError::new(
            Exception::ResourceNotFound,
            "This model version has reached the end of its life.",
        )),
        Some(model) => count::read(&asked.body, model).map(|ask| input_tokens(Some(model), &ask)),
    };
    Answer::Response(match counted {
        Ok(tokens) => inner.json(count::body(tokens)),
        Err(error) => inner.refuse(&error),
    })
}

/// What is broken for a request that never becomes a call.
fn effects(inner: &Inner, now: Moment, asked: &Asked, model: Option<&Model>, key: u64) -> Effects {
    let world = inner.world();
    if world.faults().plans().is_empty() {
        return Effects::default();
    }
    let facts = CallFacts {
        region: &asked.caller.region,
        target: &asked.target,
        model: model.map(|model| &model.id),
        provider: model.map(|model| &model.provider),
        pattern: None,
    };
    world.faults().effects(now, &facts, &mut Seed::new(key).stream())
}

/// A whole number in a header.
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
