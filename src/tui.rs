//! The dashboard: a drill's snapshots drawn, keys turned into commands.

pub mod action;
pub mod app;
pub mod arrivals;
pub mod ascii;
pub mod atlas;
pub mod deciding;
pub mod dial;
pub mod effect;
pub mod format;
mod incident;
pub mod keymap;
pub mod msg;
pub mod overlay;
pub mod panel;
pub mod plain;
pub mod run;
mod show;
mod signals;
mod terminal;
pub mod theme;
pub mod tour;
pub mod view;
pub mod viewing;
pub mod widget;

pub use app::{AppPlan, Shelved};
pub use run::{Dashboard, Ended, TuiError, TuiPlan};
pub use show::Show;

#[cfg(test)]
#[allow(dead_code, reason = "each test draws what it needs of it")]
mod fixture;
