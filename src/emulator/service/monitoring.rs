//! CloudWatch: unpacks a request, asks the world, writes the answer in the caller's form.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;

use super::{Answer, Inner, batch};
use crate::emulator::wire::monitoring;
use crate::emulator::wire::rpc::{RpcAnswer, RpcError};
use crate::emulator::wire::services::CLOUD_WATCH;
use crate::emulator::world::batch::{Job, Owner};

/// Answers a request of an owner.
pub(super) async fn answer(inner: &Arc<Inner>, owner: Owner, parts: &Parts, body: &Bytes) -> Answer {
    let id = inner.heads.request_id();
    let protocol = CLOUD_WATCH.protocol(parts);
    Answer::Response(match called(inner, owner, parts, body, &id).await {
        Ok(answer) => inner.of_rpc(answer, &id, None),
        Err(error) => {
            let answer = CLOUD_WATCH.refuse(protocol, &error, &id);
            inner.of_rpc(answer, &id, Some((error.shape, &error.message)))
        }
    })
}

async fn called(
    inner: &Arc<Inner>,
    owner: Owner,
    parts: &Parts,
    body: &Bytes,
    id: &str,
) -> Result<RpcAnswer, RpcError> {
    let unpacked = monitoring::unpacked(&parts.headers, body)?;
    let call = CLOUD_WATCH.read(parts, unpacked.as_deref().unwrap_or(body))?;
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
    Ok(CLOUD_WATCH.answer(&call, output.as_ref(), id))
}
