//! The one integration-test binary: linking the SDK is slow, so it is done once.

mod agreement;
mod architecture;
mod cloudwatch;
mod dashboard;
mod decide;
mod files;
mod format;
mod handbook;
mod headless;
mod litellm;
mod mutated;
mod outages;
mod provisioned;
mod pty;
mod recordings;
mod replay;
mod reports;
mod satellites;
mod sdk;
mod shell;
mod shipped;
mod strangers;
mod verdicts;
