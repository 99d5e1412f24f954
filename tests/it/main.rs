//! The one integration-test binary: linking the SDK is slow, so it is done once.

mod architecture;
mod files;
mod handbook;
mod litellm;
mod mutated;
mod sdk;
mod strangers;
