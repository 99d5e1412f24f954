//! The dashboard: a drill's snapshots drawn, keys turned into commands.

pub mod format;
pub mod panel;
pub mod theme;
pub mod view;
pub mod viewing;
pub mod widget;

#[cfg(test)]
#[allow(dead_code, reason = "each test draws what it needs of it")]
mod fixture;
