//! The one integration-test binary: linking the SDK is slow, so it is done once.

mod architecture;
mod dashboard;
mod files;
mod handbook;
mod headless;
mod mutated;
mod outages;
mod pty;
mod sdk;
mod strangers;
mod verdicts;
