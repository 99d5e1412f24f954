//! Calls of embedding models.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::body::ReplyBody;
use super::caller::caller;
use super::inference::{Asked, SERVED_REGION};
use super::{Answer, Inner};
use crate::catalog::EmbeddingModel;
use crate::emulator::route::Runtime;
use crate::emulator::wire::error::{Exception, WireError};
use crate::emulator::wire::invoke::embedding;
use crate::emulator::world::callers::Fate;
use crate::emulator::world::embedding::{EmbeddingCall, EmbeddingDecision};

const LATENCY: HeaderName = HeaderName::from_static("x-amzn-bedrock-invocation-latency");
const INPUT: HeaderName = HeaderName::from_static("x-amzn-bedrock-input-token-count");

/// The embedding model that a request is for, if it is for one.
pub(super) fn called(inner: &Inner, asked: &Asked) -> Option<Arc<EmbeddingModel>> {
    let target = asked.target.as_str();
    let id = target
        .rsplit_once(":foundation-model/")
        .map_or(target, |(_, id)| id);
    inner.catalog.offers.embeddings.get(id).map(Arc::clone)
}

/// Answers it.
pub(super) async fn answer(
    inner: &Inner,
    asked: Asked,
    model: &EmbeddingModel,
    headers: &HeaderMap,
) -> Answer {
    let arrived = inner.clock.now();
    let refuse = |error: &WireError| Answer::Response(inner.refuse(error));
    let wish = match asked.runtime {
        Runtime::Invoke => embedding::read(&asked.body, model),
        Runtime::InvokeStream => Err(WireError::validation("The model is unsupported for streaming.")),
        Runtime::Converse | Runtime::ConverseStream => Err(WireError::validation(
            "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
        )),
        Runtime::CountTokens => Err(WireError::validation(
            "The provided model doesn't support counting tokens.",
        )),
    };
    let call = EmbeddingCall {
        key: asked.key(headers),
        account: Arc::clone(&asked.caller.account),
        region: asked.caller.region.clone(),
        tokens: wish.as_ref().map_or(0, |wish| wish.tokens(model)),
    };
    let wish = match wish {
        Ok(wish) => wish,
        Err(error) => return refuse(&error),
    };
    let decision = {
        let mut world = inner.world();
        let decision = world.decide_embedding(arrived, model, &call);
        let fate = match &decision {
            EmbeddingDecision::Dead(_) => Fate::Dead,
            EmbeddingDecision::Refuse(_) => Fate::Refused,
            EmbeddingDecision::Serve(_) => Fate::Admitted,
        };
        world.note_caller(&caller(headers), (call.region.as_str(), model.id.as_str()), fate);
        decision
    };
    match decision {
        EmbeddingDecision::Dead(outage) => Answer::Dead(outage),
        EmbeddingDecision::Refuse(refusal) => {
            inner.clock.sleep_until(arrived + refusal.after).await;
            refuse(&WireError::new(Exception::of(refusal.kind), refusal.message))
        }
        EmbeddingDecision::Serve(after) => {
            let body = embedding::body(&wish, model);
            inner.clock.sleep_until(arrived + after).await;
            let id = inner.heads.request_id();
            let mut response = inner.head(StatusCode::OK, "application/json", &id);
            let headers = response.headers_mut();
            headers.insert(LATENCY, HeaderValue::from(after.as_millis() as u64));
            headers.insert(INPUT, HeaderValue::from(call.tokens));
            if let Ok(region) = HeaderValue::from_str(call.region.as_str()) {
                headers.insert(SERVED_REGION, region);
            }
            *response.body_mut() = ReplyBody::whole(body);
            Answer::Response(response)
        }
    }
}
