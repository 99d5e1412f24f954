//! The operations on provisioned throughput: from a request to the world and back.

use bytes::Bytes;
use http::StatusCode;

use super::{Answer, Caller, Inner, ReplyBody};
use crate::clock::Moment;
use crate::emulator::wire::control::provisioned::{
    self, Calendar, Change, Creation, Listing, ProvisionedOperation,
};
use crate::emulator::wire::error::WireError;
use crate::emulator::world::units::{Owner, UnitError, UnitOrder};

impl Caller {
    /// Whose units it calls.
    pub(super) fn owner(&self) -> Owner<'_> {
        Owner {
            account: &self.account,
            region: &self.region,
        }
    }
}

/// Answers at once: the control plane waits for nothing.
pub(super) fn answer(
    inner: &Inner,
    caller: &Caller,
    operation: ProvisionedOperation,
    (query, body): (&str, &Bytes),
) -> Answer {
    let is_creation = operation == ProvisionedOperation::Create;
    Answer::Response(match decide(inner, caller, operation, (query, body)) {
        Ok(body) if is_creation => {
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
    operation: ProvisionedOperation,
    (query, body): (&str, &Bytes),
) -> Result<Vec<u8>, WireError> {
    let now = inner.clock.now();
    let calendar = Calendar {
        now,
        date: &|moment: Moment| inner.clock.wall(moment),
    };
    let owner = caller.owner();
    let refused = |error: UnitError| provisioned::refused(&error);
    let mut world = inner.world();
    match operation {
        ProvisionedOperation::Create => {
            let asked = Creation::read(body)?;
            let commitment = asked.commitment();
            let order = UnitOrder {
                account: caller.account.clone(),
                region: caller.region.clone(),
                name: asked.provisioned_model_name,
                model: asked.model_id,
                units: asked.model_units.unsigned_abs(),
                commitment,
                token: asked.client_request_token,
            };
            let arn = world.buy_units(now, order).map_err(refused)?;
            Ok(provisioned::created(&arn))
        }
        ProvisionedOperation::List => {
            let listing = Listing::read(query)?;
            Ok(listing.of(&world.units_of(owner), calendar))
        }
        ProvisionedOperation::Get(id) => {
            let unit = world.unit(owner, &id).map_err(refused)?;
            Ok(provisioned::details(unit, calendar))
        }
        ProvisionedOperation::Update(id) => {
            let asked = Change::read(body)?;
            let wanted = (asked.desired_provisioned_model_name, asked.desired_model_id);
            world.update_unit(now, owner, &id, wanted).map_err(refused)?;
            Ok(b"{}".to_vec())
        }
        ProvisionedOperation::Delete(id) => {
            world.delete_unit(now, owner, &id).map_err(refused)?;
            Ok(b"{}".to_vec())
        }
    }
}
