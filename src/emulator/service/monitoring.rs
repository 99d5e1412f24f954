//! CloudWatch: unpacks a request, asks the world, writes the answer in the caller's form.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::body::ReplyBody;
use super::{Answer, Inner, batch};
use crate::emulator::wire::monitoring::{self, SERVICE};
use crate::emulator::wire::rpc::{RpcAnswer, RpcError};
use crate::emulator::world::batch::{Job, Owner};

/// Answers a request of an owner.
pub(super) async fn answer(inner: &Arc<Inner>, owner: Owner, parts: &Parts, body: &Bytes) -> Answer {
    let id = inner.heads.request_id();
    let protocol = SERVICE.protocol(parts);
    let answer = match called(inner, owner, parts, body, &id).await {
        Ok(answer) => answer,
        Err(error) => SERVICE.refuse(protocol, &error, &id),
    };
    Answer::Response(inner.of_rpc(answer, &id))
}

async fn called(
    inner: &Arc<Inner>,
    owner: Owner,
    parts: &Parts,
    body: &Bytes,
    id: &str,
) -> Result<RpcAnswer, RpcError> {
    let unpacked = monitoring::unpacked(&parts.headers, body)?;
    let call = SERVICE.read(parts, unpacked.as_deref().unwrap_or(body))?;
    // The desk before the world: never both at one time.
    let of_owner = owner.clone();
    let jobs: Option<Vec<Job>> = batch::at_desk(inner, move |desk, _| {
        desk.batch.jobs_of(&of_owner).cloned().collect()
    })
    .await;
    let now = inner.clock.now();
    let output = {
        let mut world = inner.world();
        let mut watch = world.watch(now, owner, jobs.unwrap_or_default());
        monitoring::answer(&call, &mut watch)?
    };
    Ok(SERVICE.answer(&call, output.as_ref(), id))
}

impl Inner {
    /// An answer of a service that is called by an operation's name, with the heads every answer has.
    pub(super) fn of_rpc(&self, answer: RpcAnswer, id: &str) -> Response<ReplyBody> {
        let mut response = self.head(answer.status, "text/xml", id);
        response.headers_mut().extend(answer.headers);
        *response.body_mut() = ReplyBody::whole(answer.body);
        response
    }
}
