//! Prompt routers: their operations, and the choice of one before a call is judged.

use std::sync::Arc;

use super::inference::Asked;
use super::{Caller, Inner};
use crate::emulator::route::{RouterOperation, Runtime};
use crate::emulator::wire::control::router::{self, Clerk};
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::traits;
use crate::emulator::world::prompt_router::{Desk, is_router};

/// Answers an operation on routers.
pub(super) fn answer(
    inner: &Inner,
    caller: &Caller,
    operation: RouterOperation,
    query: &str,
    body: &[u8],
) -> Result<Vec<u8>, WireError> {
    let now = inner.clock.now();
    let desk = desk(caller);
    let clerk = Clerk { clock: &inner.clock };
    match operation {
        RouterOperation::Create => {
            let wish = router::read(body)?;
            let made = inner.world().create_router(now, desk, wish);
            made.map(|router| Clerk::made(&router))
                .map_err(|refusal| router::refused(&refusal))
        }
        RouterOperation::List => {
            let routers = inner.world().routers(desk);
            clerk.list(query, &routers)
        }
        RouterOperation::Get(arn) => {
            let found = inner.world().router(desk, &arn);
            found
                .map(|router| clerk.one(&router))
                .ok_or_else(|| router::not_found(arn))
        }
        RouterOperation::Delete(arn) => {
            let gone = inner.world().delete_router(desk, &arn);
            gone.map(|()| b"{}".to_vec())
                .map_err(|refusal| router::refused(&refusal))
        }
    }
}

/// Lets the router that is called choose: from then on the call is one of its model or profile.
/// Gives the ARN of what was chosen; `None` where no router is called, or none that there is: then
/// the call is refused as one of an invalid identifier. An assumption, as no report of the
/// service's words was found.
pub(super) fn route(inner: &Inner, asked: &mut Asked) -> Option<Arc<str>> {
    if asked.runtime == Runtime::CountTokens || !is_router(&asked.target) {
        return None;
    }
    let traits = traits::of_prompt(&asked.body);
    let routed = inner.world().route(desk(&asked.caller), &asked.target, traits)?;
    routed.target.as_ref().clone_into(&mut asked.target);
    Some(routed.arn)
}

fn desk(caller: &Caller) -> Desk<'_> {
    Desk {
        account: &caller.account,
        region: &caller.region,
    }
}
