//! The way of a call to provisioned units: no quota, no shared capacity, two rates of its own.

use std::sync::Arc;

use super::super::cache::Found;
use super::super::index::ModelNo;
use super::super::latency::USUAL_LOAD;
use super::super::ledger::LineKey;
use super::super::metrics::watch::Begun;
use super::super::quota::PoolKey;
use super::super::refused::Refused;
use super::super::units::{Owner, Status, UnitNo};
use super::super::{Call, Open, Serving, Settlement, Tally, World, units, validation};
use super::Arrival;
use crate::catalog::{Lifecycle, QuotaFamily};
use crate::units::Usd;

impl World {
    /// The units that a call names, if they are its account's.
    pub(super) fn unit_called(&self, call: &Call) -> Option<UnitNo> {
        if !units::is_arn(&call.target) {
            return None;
        }
        let owner = Owner {
            account: &call.account,
            region: &call.region,
        };
        self.units.find(owner, &call.target)
    }

    /// Lets a call in to the units it names.
    ///
    /// Faults that refuse strike it; lost capacity and lowered quotas of the region do not, and the
    /// pace is that of a usual load, whatever the region's is.
    pub(super) fn admit_to_unit(&mut self, arrival: &Arrival<'_>) -> Result<Serving, Refused> {
        let (Some(region), Some(number)) = (arrival.region, arrival.unit) else {
            return Err(Refused::no_unit());
        };
        let unit = self.units.get(number).ok_or(Refused::no_unit())?;
        match unit.status(arrival.now) {
            Status::InService | Status::Updating => {}
            status => return Err(Refused::unit_not_ready(status.name())),
        }
        let (model, bare) = (Arc::clone(&unit.serves), unit.model.clone());
        let model_number = self.index.models().iter().position(|known| known.id == bare);
        let model_number = ModelNo(model_number.ok_or(Refused::no_unit())?);
        let target = self.index.find(bare.as_str(), &arrival.call.region);
        let target = target.ok_or(Refused::no_unit())?;
        if model.lifecycle == Lifecycle::EndOfLife {
            return Err(Refused::end_of_life());
        }
        validation::check_call(&model, self.has_access[model_number.0], arrival.call)?;
        if let Some(kind) = arrival.effects.refusal {
            return Err(Refused::injected(kind));
        }
        if !self.units.has_room(arrival.now, number) {
            return Err(Refused::tokens());
        }
        let reserved = self.units.begin(number, arrival.call.input_tokens);
        let open = Open {
            line: LineKey {
                region,
                target,
                served_in: Some(region),
                routed: arrival.call.routed,
            },
            pool: PoolKey {
                account: self.quotas.account(&arrival.call.account),
                region,
                model: model_number,
                family: QuotaFamily::OnDemand,
            },
            served_in: region,
            reserved,
            unit: Some(number),
            begun: Begun::default(),
            through: None,
        };
        self.ledger.admit_to_unit(number, &arrival.call.target);
        // Provisioned models cache no prompts.
        Ok(self.answer(arrival, &model, open, (USUAL_LOAD, &Found::default())))
    }

    /// A call of units is over: what it generated counts against their rate. It costs nothing: the
    /// hours do.
    pub(in super::super) fn settle_in_unit(&mut self, number: UnitNo, open: &Open, end: Settlement) {
        self.units.end(number, open.reserved, end.usage);
        let ended = Tally {
            served: u64::from(end.completed),
            broken_off: u64::from(!end.completed),
            usage: end.usage,
            cost: Usd::ZERO,
            ..Tally::default()
        };
        self.ledger.settle_in_unit(number, &ended);
        // Units draw on no quota.
        self.meter_served(open, end, 0);
    }
}
