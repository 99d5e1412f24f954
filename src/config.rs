//! Settings: one table of them, and where the value of each comes from.
//!
//! A flag goes before the environment, the environment before the file, the file before the default. Reading
//! is pure: the file's text, the environment and the flags are handed in. A wrong value never hides the
//! others: what is right is kept, what is wrong is told with its file, line, key and what to write.
//!
//! Must never hold a secret: everything here may be printed.

mod resolve;
mod table;
mod write;

#[cfg(test)]
mod tests;

pub use resolve::{Config, ConfigFile, Resolved, Source};
pub use table::{EnvName, FlagName, Kind, Setting, TABLE, setting};
pub use write::{example, markdown};
