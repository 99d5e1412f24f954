//! The operations on units, as the world's owner does them.

use std::sync::Arc;

use super::super::World;
use super::{Owner, Status, Unit, UnitError, UnitOrder, Units, is_arn};
use crate::catalog::Model;
use crate::clock::Moment;

/// A change of name takes this part of what provisioning takes (an assumption).
const UPDATES_FASTER: u32 = 10;

impl World {
    /// CreateProvisionedModelThroughput: the ARN of what was bought.
    pub fn buy_units(&mut self, now: Moment, order: UnitOrder) -> Result<Arc<str>, UnitError> {
        let catalog = Arc::clone(&self.catalog);
        self.units.open_account(&order.account, &catalog);
        self.units.buy(now, order, &catalog)
    }

    /// GetProvisionedModelThroughput, by ARN or name.
    pub fn unit(&mut self, owner: Owner<'_>, id: &str) -> Result<&Unit, UnitError> {
        self.units.open_account(owner.account, &self.catalog);
        let number = self.units.named(owner, id)?;
        let found = self.units.get(number);
        found.ok_or_else(|| UnitError::NotFound(id.to_owned()))
    }

    /// ListProvisionedModelThroughputs, the newest first.
    pub fn units_of(&mut self, owner: Owner<'_>) -> Vec<&Unit> {
        self.units.open_account(owner.account, &self.catalog);
        self.units.of(owner).collect()
    }

    /// UpdateProvisionedModelThroughput: another name. Another model is refused: units are of base
    /// models here.
    pub fn update_unit(
        &mut self,
        now: Moment,
        owner: Owner<'_>,
        id: &str,
        (name, model): (Option<String>, Option<String>),
    ) -> Result<(), UnitError> {
        self.units.open_account(owner.account, &self.catalog);
        let number = self.units.named(owner, id)?;
        if model.is_some() {
            return Err(UnitError::FixedModel);
        }
        let Some(name) = name else { return Ok(()) };
        if self.units.of(owner).any(|unit| unit.name == name) {
            return Err(UnitError::NameTaken(name));
        }
        let takes = self.units.provisioning / UPDATES_FASTER;
        let Some(unit) = self.units.purchases.get_mut(&number) else {
            return Err(UnitError::NotFound(id.to_owned()));
        };
        let status = unit.status(now);
        if status != Status::InService {
            return Err(UnitError::NotReady {
                arn: Arc::clone(&unit.arn),
                status: status.name(),
            });
        }
        unit.name = name;
        unit.modified_at = now;
        unit.updated_at = now + takes;
        Ok(())
    }

    /// DeleteProvisionedModelThroughput: at once, unless a term binds it.
    pub fn delete_unit(&mut self, now: Moment, owner: Owner<'_>, id: &str) -> Result<(), UnitError> {
        self.units.open_account(owner.account, &self.catalog);
        let number = self.units.named(owner, id)?;
        if let Some(bound) = self.units.get(number).filter(|unit| unit.is_bound(now)) {
            return Err(UnitError::Committed {
                arn: Arc::clone(&bound.arn),
            });
        }
        if let Some(unit) = self.units.purchases.remove(&number) {
            self.units.by_arn.remove(&unit.arn);
        }
        self.ledger.forget_unit(number);
        Ok(())
    }

    /// The model behind the ARN of a unit, for reading a request's body.
    pub fn unit_model(&mut self, owner: Owner<'_>, target: &str) -> Option<Arc<Model>> {
        if !is_arn(target) {
            return None;
        }
        self.units.open_account(owner.account, &self.catalog);
        let number = self.units.find(owner, target)?;
        self.units.get(number).map(|unit| Arc::clone(&unit.serves))
    }

    /// All purchases of all accounts, the oldest first.
    pub const fn units(&self) -> &Units {
        &self.units
    }
}
