//! Pattern 3: units of a model beside its on-demand calls, on the same arrivals.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::candidates::{reached, target_in};
use super::{CompileProblem, Problem, at, check_list, check_policy, check_region, model_of};
use crate::catalog::{Catalog, Commitment, Model, UnitOffer};
use crate::event::{ArmId, Route};
use crate::measure::special::provisioned::{BuyPlan, ProvisionedTrack, UnitTrack};
use crate::names::{ArmKey, ModelId, ModelRef, PatternKey, Region};
use crate::patterns::plan::{ArmPlan, CallPolicy, PatternPlan, SpecialPlan};
use crate::units::Usd;

/// What a scenario says of pattern 3.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvisionedSpec {
    /// The model, by its bare identifier.
    pub model: ModelId,
    /// The region of its units, whose endpoint every arm calls.
    pub region: Region,
    /// The arms, in the order of the panel; `None`: all three, or the last alone for a model that
    /// no units are sold of.
    pub arms: Option<Vec<ProvisionedArm>>,
    /// Model units of each arm that calls units.
    pub units: u64,
    /// The term they were bought for.
    pub commitment: Option<Commitment>,
    /// The units of each arm: its own, so that arms do not fill each other's.
    pub arns: BTreeMap<ProvisionedArm, ModelRef>,
    /// Units that are bought while the drill runs.
    pub buys: Option<BuyPlan>,
    /// How many times faster than in life the world provisions.
    pub time_scale: f64,
    /// How each calls.
    pub policy: CallPolicy,
}

/// A way of calling a model that units are sold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProvisionedArm {
    /// Units first; what they turn away goes on to on demand.
    SpillOver,
    /// Units alone.
    UnitsOnly,
    /// On demand alone.
    OnDemand,
}

impl ProvisionedArm {
    /// Every arm, in the order of the panel.
    pub const ALL: [Self; 3] = [Self::SpillOver, Self::UnitsOnly, Self::OnDemand];

    /// Its key in scenarios and reports.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SpillOver => "provisioned",
            Self::UnitsOnly => "provisioned only",
            Self::OnDemand => "on-demand",
        }
    }

    /// Whether it calls units.
    pub const fn has_units(self) -> bool {
        !matches!(self, Self::OnDemand)
    }
}

/// How arms of this pattern call unless told otherwise: each route once. A 429 of full units does
/// not pass while one waits, and a breaker would send away what still fits.
pub fn usual_policy() -> CallPolicy {
    CallPolicy {
        sdk_attempts: 1,
        ..CallPolicy::default()
    }
}

/// The arms that a spec leads to.
pub fn arms_of(spec: &ProvisionedSpec, catalog: &Catalog) -> Vec<ProvisionedArm> {
    match &spec.arms {
        Some(arms) => arms.clone(),
        None if catalog.offers.has_units(&spec.model, &spec.region) => ProvisionedArm::ALL.to_vec(),
        None => vec![ProvisionedArm::OnDemand],
    }
}

/// Compiles pattern 3 into its arms, numbered from `first`.
pub fn provisioned(
    spec: &ProvisionedSpec,
    catalog: &Catalog,
    first: ArmId,
) -> Result<PatternPlan, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    check_region(catalog, &spec.region).map_err(at("region"))?;
    check_policy(&spec.policy).map_err(at("policy"))?;
    let arms = arms_of(spec, catalog);
    check_list(arms.iter().map(|arm| arm.key())).map_err(at("arms"))?;
    let offer = catalog.offers.units.get(&model.id);
    let offer = offer.filter(|offer| offer.regions.contains(&spec.region));
    if offer.is_none() && arms.iter().any(|arm| arm.has_units()) {
        return Err(at("model")(no_units(spec, catalog)));
    }
    if offer.is_none() && spec.buys.is_some() {
        return Err(at("buys")(no_units(spec, catalog)));
    }
    let key = PatternKey::from("provisioned");
    let plans = arms
        .iter()
        .zip(first.0..)
        .map(|(&arm, id)| {
            Ok(ArmPlan {
                id: ArmId(id),
                pattern: key.clone(),
                key: ArmKey::from(arm.key()),
                about: about(arm, spec, model),
                chain: chain(arm, spec, (catalog, model))?,
                policy: spec.policy.clone(),
            })
        })
        .collect::<Result<Vec<_>, Problem>>()
        .map_err(at("model"))?;
    let units = arms.iter().zip(first.0..).filter(|(arm, _)| arm.has_units());
    let tracks = units.filter_map(|(arm, id)| {
        Some(UnitTrack {
            arm: ArmId(id),
            arn: spec.arns.get(arm)?.clone(),
            units: spec.units,
            rates: offer?.rates.times(spec.units),
        })
    });
    let track = track(spec, (catalog, model), offer, tracks.collect());
    Ok(PatternPlan {
        key,
        arms: plans,
        tunes: Vec::new(),
        special: SpecialPlan::Provisioned(Arc::new(track)),
    })
}

fn track(
    spec: &ProvisionedSpec,
    (catalog, model): (&Catalog, &Model),
    offer: Option<&UnitOffer>,
    arms: Vec<UnitTrack>,
) -> ProvisionedTrack {
    let named = |id: &ModelId| {
        let name = catalog.models.get(id).map(|model| model.name.clone());
        name.unwrap_or_else(|| id.to_string())
    };
    let offers = &catalog.offers;
    let reserved = offers.reserved.as_ref();
    ProvisionedTrack {
        model: model.name.clone(),
        region: spec.region.clone(),
        arms,
        variant: offer
            .and_then(|offer| offer.variants.last())
            .map(|variant| format!("{}:{variant}", model.id))
            .unwrap_or_default(),
        buys: spec.buys,
        hourly: offer.map_or(Usd::ZERO, |offer| {
            offer.hourly.with(spec.commitment).times(spec.units)
        }),
        commitment: spec.commitment.map(|term| match term {
            Commitment::OneMonth => "one month",
            Commitment::SixMonths => "six months",
        }),
        on_demand: (model.price.input, model.price.output),
        time_scale: spec.time_scale,
        offered: offers.units.keys().map(named).collect(),
        reserved: reserved.map_or_else(Vec::new, |tier| tier.models.iter().map(named).collect()),
        reserved_least: reserved.map(|tier| (tier.input_tokens_per_minute, tier.output_tokens_per_minute)),
    }
}

fn chain(
    arm: ProvisionedArm,
    spec: &ProvisionedSpec,
    (catalog, model): (&Catalog, &Model),
) -> Result<Vec<Arc<Route>>, Problem> {
    let mut routes = Vec::new();
    if let Some(arn) = spec.arns.get(&arm).filter(|_| arm.has_units()) {
        routes.push(Arc::new(reached(model, &spec.region, arn.clone(), "units")));
    }
    if arm != ProvisionedArm::UnitsOnly {
        let target = target_in(catalog, model, &spec.region).ok_or_else(|| Problem::NotServed {
            model: model.id.clone(),
            region: spec.region.clone(),
        })?;
        routes.push(Arc::new(reached(model, &spec.region, target, "on demand")));
    }
    Ok(routes)
}

fn about(arm: ProvisionedArm, spec: &ProvisionedSpec, model: &Model) -> String {
    let (name, region) = (&model.name, &spec.region);
    let units = if spec.units == 1 {
        "1 unit".to_owned()
    } else {
        format!("{} units", spec.units)
    };
    match arm {
        ProvisionedArm::SpillOver => format!("{units} of {name} at {region}, then on demand"),
        ProvisionedArm::UnitsOnly => format!("{units} of {name} at {region}, nothing else"),
        ProvisionedArm::OnDemand => format!("{name} on demand at {region}"),
    }
}

fn no_units(spec: &ProvisionedSpec, catalog: &Catalog) -> Problem {
    let offers = &catalog.offers;
    let regions = offers.units.get(&spec.model).map(|offer| offer.regions.clone());
    Problem::NoUnits {
        model: spec.model.clone(),
        region: spec.region.clone(),
        sold_in: regions.unwrap_or_default(),
        reserved: offers.reserved_for(&spec.model).is_some(),
        others: offers.units.keys().cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVA_PRO: &str = "amazon.nova-pro-v1:0";
    const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";

    fn spec(model: &str, region: &str) -> ProvisionedSpec {
        ProvisionedSpec {
            model: ModelId::from(model),
            region: Region::from(region),
            arms: None,
            units: 2,
            commitment: Some(Commitment::SixMonths),
            arns: ProvisionedArm::ALL
                .map(|arm| (arm, ModelRef::from(arm.key())))
                .into(),
            buys: None,
            time_scale: 1.0,
            policy: usual_policy(),
        }
    }

    #[test]
    fn each_way_calls_units_of_its_own_and_one_goes_on_to_on_demand() {
        let catalog = Catalog::builtin();
        let plan = provisioned(&spec(NOVA_PRO, "us-east-1"), &catalog, ArmId(4)).expect("sold there");
        let chains: Vec<Vec<&str>> = plan
            .arms
            .iter()
            .map(|arm| arm.chain.iter().map(|route| route.target.as_str()).collect())
            .collect();
        assert_eq!(
            chains,
            [
                vec!["provisioned", NOVA_PRO],
                vec!["provisioned only"],
                vec![NOVA_PRO]
            ]
        );
        let SpecialPlan::Provisioned(track) = &plan.special else {
            panic!("{:?}", plan.special)
        };
        let offer = &catalog.offers.units[NOVA_PRO];
        assert_eq!(track.hourly, offer.hourly.six_months.times(2));
        assert_eq!(track.arms[1].arm, ArmId(5));
        assert_eq!(track.arms[1].rates, offer.rates.times(2));
    }

    #[test]
    fn a_model_without_units_is_called_on_demand_alone_and_asking_for_them_names_what_there_is() {
        let catalog = Catalog::builtin();
        let plan = provisioned(&spec(HAIKU, "us-east-1"), &catalog, ArmId(0)).expect("one way is left");
        let keys: Vec<&str> = plan.arms.iter().map(|arm| arm.key.as_str()).collect();
        assert_eq!(keys, ["on-demand"]);
        let wanted = ProvisionedSpec {
            arms: Some(vec![ProvisionedArm::UnitsOnly]),
            ..spec(HAIKU, "us-east-1")
        };
        let told = provisioned(&wanted, &catalog, ArmId(0)).expect_err("no units");
        assert!(told.to_string().contains("Reserved tier"), "{told}");
        assert!(told.to_string().contains(NOVA_PRO), "{told}");
        let elsewhere = ProvisionedSpec {
            arms: Some(vec![ProvisionedArm::UnitsOnly]),
            ..spec(NOVA_PRO, "us-west-2")
        };
        let told = provisioned(&elsewhere, &catalog, ArmId(0)).expect_err("sold elsewhere");
        assert!(told.to_string().contains("they are in us-east-1"), "{told}");
    }
}
