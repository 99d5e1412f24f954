//! Application inference profiles: a model or a system profile under a name of an account's own, so
//! that what is used through it can be told apart.
//!
//! A call through one is a call of what it was made of, on the same quota and at the same price; it is
//! counted under the profile besides.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::World;
use super::units::{Owner, short_id};
use crate::clock::Moment;
use crate::names::Region;
use crate::seed::Seed;

/// Profiles an account may have in a region.
const MOST_OF_ONE: usize = 1_000;
/// Profiles in the whole world: a caller in a loop must not fill the memory.
const MOST: usize = 10_000;

/// An application inference profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppProfile {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The end of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its maker says of it.
    pub description: Option<String>,
    /// The ARN it was made of.
    pub source: String,
    /// The model or system profile behind it, by identifier: what a call of it is a call of.
    pub target: Arc<str>,
    /// When it was made.
    pub created_at: Moment,
    token: Option<String>,
}

/// A wish for one.
#[derive(Clone, Debug)]
pub struct AppProfileWish {
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub description: Option<String>,
    /// The ARN of a foundation model or of a system-defined profile of the region.
    pub source: String,
    /// A repeated token makes nothing and is no error.
    pub token: Option<String>,
}

/// Why an operation on profiles is refused. The words are ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppProfileError {
    /// The source is nothing that can be called there.
    #[error("The provided model source is invalid: {0}")]
    NoSource(String),
    /// There is one of that name.
    #[error("An inference profile named {0} already exists in your account.")]
    NameTaken(String),
    /// There are too many.
    #[error("You have reached the maximum number of inference profiles for your account.")]
    TooMany,
    /// There is none of that identifier.
    #[error("Inference profile {0} was not found.")]
    NotFound(String),
    /// The service's own cannot be deleted.
    #[error("System-defined inference profiles cannot be deleted.")]
    SystemDefined,
}

/// All application profiles.
#[derive(Debug)]
pub struct AppProfiles {
    /// By account and region, in the order in which they were made.
    shelves: BTreeMap<(Arc<str>, Region), Vec<Arc<AppProfile>>>,
    made: u64,
    seed: Seed,
}

impl AppProfiles {
    /// None yet.
    pub const fn new(seed: Seed) -> Self {
        Self {
            shelves: BTreeMap::new(),
            made: 0,
            seed,
        }
    }

    fn of(&self, owner: Owner<'_>) -> &[Arc<AppProfile>] {
        let key = (Arc::clone(owner.account), owner.region.clone());
        self.shelves.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    fn find(&self, owner: Owner<'_>, id: &str) -> Option<&Arc<AppProfile>> {
        self.of(owner)
            .iter()
            .find(|profile| profile.id == id || *profile.arn == *id)
    }
}

/// Whether this is the ARN of an application profile.
pub fn is_arn(target: &str) -> bool {
    target.starts_with("arn:") && target.contains(":application-inference-profile/")
}

impl World {
    /// CreateInferenceProfile.
    pub fn create_app_profile(
        &mut self,
        now: Moment,
        owner: Owner<'_>,
        wish: AppProfileWish,
    ) -> Result<Arc<AppProfile>, AppProfileError> {
        let kept = self.app_profiles.of(owner);
        let repeated = |profile: &&Arc<AppProfile>| wish.token.is_some() && profile.token == wish.token;
        if let Some(made) = kept.iter().find(repeated) {
            return Ok(Arc::clone(made));
        }
        if kept.iter().any(|profile| profile.name == wish.name) {
            return Err(AppProfileError::NameTaken(wish.name));
        }
        let in_all: usize = self.app_profiles.shelves.values().map(Vec::len).sum();
        if kept.len() >= MOST_OF_ONE || in_all >= MOST {
            return Err(AppProfileError::TooMany);
        }
        let region = self.index.region_number(owner.region);
        let target = self.index.find(&wish.source, owner.region);
        let called = region.zip(target).filter(|_| wish.source.starts_with("arn:"));
        let called = called.map(|(region, number)| (region, self.index.target(number)));
        let Some((_, target)) = called.filter(|(region, target)| !target.destinations(*region).is_empty())
        else {
            return Err(AppProfileError::NoSource(wish.source));
        };
        let target = Arc::clone(&target.id);
        self.app_profiles.made += 1;
        let id = short_id(self.app_profiles.seed.keyed(self.app_profiles.made));
        let (account, region) = (owner.account, owner.region);
        let profile = Arc::new(AppProfile {
            arn: format!("arn:aws:bedrock:{region}:{account}:application-inference-profile/{id}").into(),
            id,
            name: wish.name,
            description: wish.description,
            source: wish.source,
            target,
            created_at: now,
            token: wish.token,
        });
        let key = (Arc::clone(account), region.clone());
        let kept = self.app_profiles.shelves.entry(key).or_default();
        kept.push(Arc::clone(&profile));
        Ok(profile)
    }

    /// An account's profiles in a region, in the order in which they were made.
    pub fn app_profiles(&self, owner: Owner<'_>) -> &[Arc<AppProfile>] {
        self.app_profiles.of(owner)
    }

    /// A profile by identifier or ARN.
    pub fn app_profile(&self, owner: Owner<'_>, id: &str) -> Option<&Arc<AppProfile>> {
        self.app_profiles.find(owner, id)
    }

    /// DeleteInferenceProfile, by identifier or ARN.
    pub fn delete_app_profile(&mut self, owner: Owner<'_>, id: &str) -> Result<(), AppProfileError> {
        let Some(found) = self
            .app_profiles
            .find(owner, id)
            .map(|profile| Arc::clone(&profile.arn))
        else {
            let known = id.rsplit('/').next().unwrap_or(id);
            return Err(match self.index.find(known, owner.region) {
                Some(number) if self.index.target(number).is_profile => AppProfileError::SystemDefined,
                _ => AppProfileError::NotFound(id.to_owned()),
            });
        };
        let key = (Arc::clone(owner.account), owner.region.clone());
        if let Some(kept) = self.app_profiles.shelves.get_mut(&key) {
            kept.retain(|profile| profile.arn != found);
        }
        Ok(())
    }
}
