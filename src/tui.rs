//! The dashboard: a drill's snapshots drawn, keys turned into commands.

pub mod viewing;
