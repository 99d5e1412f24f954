//! Typed reading of TOML: every problem with its line, column, key and a hint.
