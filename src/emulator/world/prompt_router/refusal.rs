//! Why a router is not made or not taken away.

use thiserror::Error;

use crate::names::ModelId;

/// Why. The texts are ours: no report of the service's was found.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RouterRefusal {
    /// Other than two models.
    #[error(
        "A prompt router routes between exactly two models, the fallback model included; {0} were given."
    )]
    NotTwo(usize),
    /// An ARN of no model or profile that can be called here.
    #[error("The provided model identifier is invalid: {0}")]
    UnknownModel(String),
    /// Routers do not take it.
    #[error("The model {0} is not supported for prompt routing.")]
    Unsupported(ModelId),
    /// Two families.
    #[error("The models of a prompt router must belong to the same model family.")]
    OtherFamily,
    /// One model, named in two ways.
    #[error("The models of a prompt router must differ; {0} was given twice.")]
    SameModel(ModelId),
    /// The name is in use.
    #[error("A prompt router named {0} already exists.")]
    NameTaken(String),
    /// The token stands for another wish.
    #[error("The client request token was already used with different parameters.")]
    TokenReused,
    /// The account has as many as it may.
    #[error("The account has reached its limit of {0} custom prompt routers in this Region.")]
    TooMany(u64),
    /// There is no such router.
    #[error("Prompt router {0} was not found.")]
    NotFound(String),
    /// The service's own routers cannot be deleted.
    #[error("A default prompt router cannot be deleted.")]
    DefaultStays,
}
