//! The catalogue with its names numbered, so that a decision compares numbers and clones no text.
//!
//! Made once for a world. It says what an identifier stands for and which regions may serve a call
//! of it; it never says whether they can.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::latency;
use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::names::Region;

/// A region, by its place in the [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegionNo(pub usize);

/// A model, by its place in the [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelNo(pub usize);

/// What a `modelId` can stand for, by its place in the [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetNo(pub usize);

/// A bare model or an inference profile.
#[derive(Debug)]
pub struct Target {
    /// The identifier.
    pub id: Arc<str>,
    /// The model behind it.
    pub model: ModelNo,
    /// Which quota a call of it draws on.
    pub family: QuotaFamily,
    /// Whether it is a profile.
    pub is_profile: bool,
    /// Where a call is served, by the number of the region called; empty: it cannot be called
    /// there.
    destinations: Vec<Vec<RegionNo>>,
}

impl Target {
    /// The regions that may serve a call made in `source`.
    pub fn destinations(&self, source: RegionNo) -> &[RegionNo] {
        &self.destinations[source.0]
    }
}

/// The numbered catalogue.
#[derive(Debug)]
pub struct Index {
    regions: Vec<Region>,
    round_trips: Vec<Duration>,
    models: Vec<Arc<Model>>,
    targets: Vec<Target>,
    region_numbers: BTreeMap<Region, RegionNo>,
    target_numbers: BTreeMap<Arc<str>, TargetNo>,
}

impl Index {
    /// Numbers a catalogue, in the order of its names.
    pub fn new(catalog: &Catalog) -> Self {
        let regions: Vec<Region> = catalog.regions.keys().cloned().collect();
        let region_numbers = (regions.iter().cloned()).zip((0..).map(RegionNo)).collect();
        let round_trips = (catalog.regions.values())
            .flat_map(|from| catalog.regions.values().map(|to| latency::round_trip(from, to)))
            .collect();
        let mut index = Self {
            regions,
            round_trips,
            models: catalog.models.values().cloned().collect(),
            targets: Vec::new(),
            region_numbers,
            target_numbers: BTreeMap::new(),
        };
        index.add_models();
        index.add_profiles(catalog);
        index.target_numbers = (index.targets.iter().map(|target| Arc::clone(&target.id)))
            .zip((0..).map(TargetNo))
            .collect();
        index
    }

    /// All regions, in the order of their numbers.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// All models, in the order of their numbers.
    pub fn models(&self) -> &[Arc<Model>] {
        &self.models
    }

    /// A region's number; `None`: the catalogue does not know it.
    pub fn region_number(&self, region: &Region) -> Option<RegionNo> {
        self.region_numbers.get(region).copied()
    }

    /// A region's name.
    pub fn region(&self, number: RegionNo) -> &Region {
        &self.regions[number.0]
    }

    /// There and back between two regions.
    pub fn round_trip(&self, from: RegionNo, to: RegionNo) -> Duration {
        self.round_trips[from.0 * self.regions.len() + to.0]
    }

    /// A model.
    pub fn model(&self, number: ModelNo) -> &Arc<Model> {
        &self.models[number.0]
    }

    /// A target.
    pub fn target(&self, number: TargetNo) -> &Target {
        &self.targets[number.0]
    }

    /// All targets, in the order of their numbers.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter()
    }

    /// What a `modelId` means at the endpoint of `region`; `None`: the service takes it for no
    /// identifier at all.
    pub fn find(&self, written: &str, region: &Region) -> Option<TargetNo> {
        let Some(arn) = written.strip_prefix("arn:") else {
            return self.target_numbers.get(written).copied();
        };
        let (is_profile, id) = resource(arn, region)?;
        let number = *self.target_numbers.get(id)?;
        (self.target(number).is_profile == is_profile).then_some(number)
    }

    fn add_models(&mut self) {
        for (number, model) in self.models.iter().enumerate() {
            let here = |region: &Region, place| {
                if model.on_demand_regions.contains(region) {
                    vec![RegionNo(place)]
                } else {
                    Vec::new()
                }
            };
            self.targets.push(Target {
                id: model.id.as_str().into(),
                model: ModelNo(number),
                family: QuotaFamily::OnDemand,
                is_profile: false,
                destinations: (self.regions.iter().zip(0..))
                    .map(|(region, place)| here(region, place))
                    .collect(),
            });
        }
    }

    fn add_profiles(&mut self, catalog: &Catalog) {
        for profile in catalog.profiles.values() {
            let Some(model) = self.models.iter().position(|model| model.id == profile.model) else {
                continue;
            };
            let reached = |source: &Region| -> Vec<RegionNo> {
                let listed = profile.routes.get(source).into_iter().flatten();
                listed.filter_map(|region| self.region_number(region)).collect()
            };
            let destinations = self.regions.iter().map(reached).collect();
            self.targets.push(Target {
                id: profile.id.as_str().into(),
                model: ModelNo(model),
                family: profile.family,
                is_profile: true,
                destinations,
            });
        }
    }
}

/// Whether an ARN (without its `arn:`) names a profile, and which identifier it holds. The ARN must
/// be of the region whose endpoint is called; a profile's also carries an account.
fn resource<'a>(arn: &'a str, region: &Region) -> Option<(bool, &'a str)> {
    let mut parts = arn.splitn(5, ':');
    let (partition, service, place) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?, parts.next()?);
    if !partition.starts_with("aws") || service != "bedrock" || region.as_str() != place {
        return None;
    }
    let (kind, id) = resource.split_once('/')?;
    match kind {
        "foundation-model" if account.is_empty() => Some((false, id)),
        "inference-profile" if is_account(account) => Some((true, id)),
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::fixture;

    #[test]
    fn identifiers_and_arns_are_told_apart() {
        let index = Index::new(&fixture::catalog());
        let found = |written: &str| {
            let number = index.find(written, &Region::from("us-east-1"))?;
            Some(index.target(number).id.to_string())
        };
        let model = "acme.swift-v1:0";
        let profile = "us.acme.swift-v1:0";
        let cases: [(&str, Option<&str>); 10] = [
            (model, Some(model)),
            (profile, Some(profile)),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/acme.swift-v1:0",
                Some(model),
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.acme.swift-v1:0",
                Some(profile),
            ),
            (
                "arn:aws:bedrock:us-west-2::foundation-model/acme.swift-v1:0",
                None,
            ),
            (
                "arn:aws:bedrock:us-east-1:12:inference-profile/us.acme.swift-v1:0",
                None,
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/acme.swift-v1:0",
                None,
            ),
            ("arn:aws:s3:us-east-1::foundation-model/acme.swift-v1:0", None),
            ("arn:aws:bedrock", None),
            ("acme.swift-v9:0", None),
        ];
        for (written, expected) in cases {
            assert_eq!(found(written).as_deref(), expected, "{written}");
        }
    }
}
