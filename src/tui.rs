//! The dashboard: a drill's snapshots drawn, keys turned into commands.

pub mod format;
pub mod panel;
pub mod theme;
pub mod view;
pub mod viewing;
pub mod widget;

#[cfg(test)]
mod dump;
#[cfg(test)]
