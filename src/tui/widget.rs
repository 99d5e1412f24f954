//! Drawn parts that pages are made of.

pub mod dialog;
