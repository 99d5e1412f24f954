//! What can be wrong with a pattern, in words that say what to do.

use thiserror::Error;

use crate::names::{ModelId, Region};

/// A pattern that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {problem}")]
pub struct CompileProblem {
    /// The key of the pattern's table that is wrong: `model`, `region`, `arms`, `chains`, `policy`.
    pub key: &'static str,
    /// What is wrong with it and what to do.
    pub problem: Problem,
}

/// What can be wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// No such model.
    #[error("no model `{0}` in the catalogue: write a bare model identifier, not a profile")]
    UnknownModel(ModelId),
    /// No such region.
    #[error("no region `{0}` in the catalogue")]
    UnknownRegion(Region),
    /// The model is gone.
    #[error("`{0}` has reached the end of its life: choose a newer model")]
    EndOfLife(ModelId),
    /// No bare calls there.
    #[error("`{model}` cannot be called on-demand in {region}: {}", elsewhere(.offered))]
    NotOnDemand {
        /// The model.
        model: ModelId,
        /// The region.
        region: Region,
        /// Where it can.
        offered: Vec<Region>,
    },
    /// No profile of that kind there.
    #[error(
        "`{model}` has no {kind} that can be called in {region}: leave that arm out or choose another model"
    )]
    NoProfile {
        /// The model.
        model: ModelId,
        /// `geo profile` or `global profile`.
        kind: &'static str,
        /// The region.
        region: Region,
    },
    /// No batch jobs.
    #[error("no price for batch is known of `{0}`, so it is taken not to offer batch: choose another model")]
    NoBatch(ModelId),
    /// Neither bare nor by a profile.
    #[error("`{model}` cannot be called in {region}, neither on-demand nor through a profile")]
    NotServed {
        /// The model.
        model: ModelId,
        /// The region.
        region: Region,
    },
    /// A list names the preferred route, or one route twice.
    #[error("`{0}` stands twice in the chain")]
    Twice(String),
    /// A model of another provider among "other models".
    #[error("`{model}` is not made by {provider}: it belongs under `other providers`")]
    OtherProvider {
        /// The model.
        model: ModelId,
        /// The preferred model's maker.
        provider: String,
    },
    /// A model of the same provider among "other providers".
    #[error("`{model}` is made by {provider} as the preferred model is: it belongs under `other models`")]
    SameProvider {
        /// The model.
        model: ModelId,
        /// The preferred model's maker.
        provider: String,
    },
    /// The catalogue has nothing to fall back to.
    #[error("the catalogue knows no route to fall back to for `{chain}`: name some, or leave the chain out")]
    NothingElse {
        /// The chain's key.
        chain: &'static str,
    },
    /// Routers do not take the model.
    #[error("no prompt router takes `{model}`: one of {}", listed(.offered))]
    NotRouted {
        /// The model.
        model: ModelId,
        /// Those that routers take.
        offered: Vec<ModelId>,
    },
    /// A router's models are of one family.
    #[error("`{model}` is of another family: one of {}", listed(.family))]
    OtherFamily {
        /// The model.
        model: ModelId,
        /// The family of the other model.
        family: Vec<ModelId>,
    },
    /// Nothing tells which of two models is the larger.
    #[error("`{}` and `{}` cost the same, so that nothing tells which is the larger: name another partner", .models[0], .models[1])]
    SamePrice {
        /// The two.
        models: [ModelId; 2],
    },
    /// The model caches no prompts.
    #[error("`{0}` caches no prompts: choose a model whose catalogue entry has a `cache` rule")]
    NoCache(ModelId),
    /// The model has no lifetime of an hour.
    #[error("`{0}` keeps prompts for five minutes only: write \"5m\"")]
    NoHour(ModelId),
    /// The list is empty.
    #[error("at least one is needed")]
    Empty,
    /// One entry too many.
    #[error("`{0}` stands twice")]
    TwiceListed(&'static str),
    /// No units are sold of it there.
    #[error("no units of `{model}` are sold in {region}: {}", instead(.sold_in, *.reserved, .others))]
    NoUnits {
        /// The model.
        model: ModelId,
        /// The region.
        region: Region,
        /// Where they are sold.
        sold_in: Vec<Region>,
        /// Whether it has the Reserved tier.
        reserved: bool,
        /// Models that units are sold of.
        others: Vec<ModelId>,
    },
    /// A policy that contradicts itself.
    #[error("{0}")]
    Policy(&'static str),
}

fn listed(models: &[ModelId]) -> String {
    let models: Vec<&str> = models.iter().map(ModelId::as_str).collect();
    models.join(", ")
}

fn instead(sold_in: &[Region], reserved: bool, others: &[ModelId]) -> String {
    if !sold_in.is_empty() {
        let regions: Vec<&str> = sold_in.iter().map(Region::as_str).collect();
        return format!("they are in {}", regions.join(", "));
    }
    let others: Vec<&str> = others.iter().map(ModelId::as_str).collect();
    let others = format!("there are units of {}", others.join(", "));
    if reserved {
        return format!("it has the Reserved tier instead, which the account team arranges; {others}");
    }
    others
}

fn elsewhere(offered: &[Region]) -> String {
    if offered.is_empty() {
        return "it is offered through profiles only".to_owned();
    }
    let regions: Vec<&str> = offered.iter().map(Region::as_str).collect();
    format!("it is in {}", regions.join(", "))
}
