//! The keys of `kind = "provisioned"`.

use std::time::Duration;

use super::super::{DAY, duration_of};
use super::{Table, read_policy};
use crate::catalog::Commitment;
use crate::emulator::route::USUAL_ACCOUNT;
use crate::emulator::world::plan::StandingUnits;
use crate::emulator::world::units::standing_arn;
use crate::measure::special::provisioned::BuyPlan;
use crate::names::{ModelId, ModelRef, Region};
use crate::patterns::compile::provisioned::{ProvisionedArm, ProvisionedSpec, usual_policy};
use crate::toml::Item;

const MOST_UNITS: u64 = 1_000;
const TERMS: [(&str, Option<Commitment>); 3] = [
    ("none", None),
    ("one month", Some(Commitment::OneMonth)),
    ("six months", Some(Commitment::SixMonths)),
];

/// Reads what only this pattern has.
pub fn read(
    table: &Table<'_>,
    start: Option<(ModelId, Region)>,
    policy: Option<&Item<'_>>,
) -> Option<ProvisionedSpec> {
    let arms = table.take("arms").map(|item| {
        let choices = ProvisionedArm::ALL.map(|arm| (arm.key(), arm));
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| item.choice(&choices)).collect()
    });
    let units = table.take("units").and_then(|item| item.integer(1..=MOST_UNITS));
    let commitment = table.take("commitment").and_then(|item| item.choice(&TERMS));
    let buys = table.take("buys").and_then(|item| read_buys(&item));
    let policy = read_policy(policy, &usual_policy());
    let (model, region) = start?;
    let called = ProvisionedArm::ALL
        .into_iter()
        .filter(|arm| arm.has_units())
        .map(|arm| {
            (
                arm,
                ModelRef::from(standing_arn(&region, USUAL_ACCOUNT, name_of(arm))),
            )
        });
    Some(ProvisionedSpec {
        arns: called.collect(),
        model,
        region,
        arms,
        units: units.unwrap_or(1),
        commitment: commitment.flatten(),
        buys,
        time_scale: 1.0,
        policy: policy?,
    })
}

fn read_buys(item: &Item<'_>) -> Option<BuyPlan> {
    let table = item.table()?;
    table.need("at");
    let at = duration_of(&table, "at", Duration::ZERO..=DAY);
    let units = table.take("units").and_then(|item| item.integer(1..=MOST_UNITS));
    let commitment = table.take("commitment").and_then(|item| item.choice(&TERMS));
    table.finish();
    Some(BuyPlan {
        at: at?,
        units: units.and_then(|units| u32::try_from(units).ok()).unwrap_or(1),
        commitment: commitment.flatten(),
    })
}

/// The units that the emulator must have in service from the start for these arms.
pub fn standing<'s>(
    spec: &'s ProvisionedSpec,
    arms: &'s [ProvisionedArm],
) -> impl Iterator<Item = StandingUnits> + 's {
    arms.iter()
        .filter(|arm| arm.has_units())
        .map(|arm| StandingUnits {
            name: name_of(*arm).to_owned(),
            model: spec.model.clone(),
            region: spec.region.clone(),
            units: spec.units,
            commitment: spec.commitment,
        })
}

const fn name_of(arm: ProvisionedArm) -> &'static str {
    match arm {
        ProvisionedArm::SpillOver => "drill-with-spill-over",
        ProvisionedArm::UnitsOnly | ProvisionedArm::OnDemand => "drill-units-only",
    }
}
