//! Reading the catalogue. (Stub: written next.)

use thiserror::Error;

/// One thing wrong with a catalogue file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {key}: {problem}")]
pub struct CatalogError {
    /// The file.
    pub file: String,
    /// Line, from one.
    pub line: usize,
    /// Column, from one.
    pub column: usize,
    /// The key.
    pub key: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Everything wrong with a catalogue file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogErrors(pub Vec<CatalogError>);
