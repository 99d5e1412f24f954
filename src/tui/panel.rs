//! Pages: one file for each.
