//! Every key that a scenario may have: form, range, default, meaning.
//!
//! From this one table come the reference in `docs/scenarios.md` and the JSON Schema for editors. It
//! decides nothing: the reader (`super::spec`) does. Tests hold the two together by behaviour: every key
//! that is read stands here and the reverse, every range and word is what the reader takes, and every
//! default is what leaving the key out means.

mod judging;
mod kinds;
mod markdown;
mod pattern;
mod root;
mod schema;
mod world;

pub use markdown::with_tables;
pub use schema::schema;

/// The JSON Schema (draft 2020-12) of a scenario file, as it stands in `assets/`.
pub const SCHEMA: &str = include_str!("../../assets/scenario.schema.json");

/// The keys of one table of the format.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The table's path without indexes: `pattern.policy`; empty for the file itself.
    pub at: &'static str,
    /// Where only some elements of an array have these keys: the key that tells them apart, and its
    /// value.
    pub only: Option<(&'static str, &'static str)>,
    /// The keys.
    pub keys: &'static [Key],
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub form: Form,
    /// What leaving it out means.
    pub usual: Usual,
    /// What it means, for a person.
    pub meaning: &'static str,
}

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A text that is not blank.
    Text,
    /// A text of some sort, such as a model's identifier.
    Noun(&'static str),
    /// `true` or `false`.
    Flag,
    /// Only `false`.
    False,
    /// A whole number of a range.
    Whole(u64, u64),
    /// A number of a range.
    Number(f64, f64),
    /// A duration of a range.
    Span(&'static str, &'static str),
    /// A rate up to so many a second.
    Rate(f64),
    /// A share.
    Share,
    /// Money up to so many dollars.
    Money(f64),
    /// One of some words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Self),
    /// A list, or one of its elements alone.
    ListOrOne(&'static Self),
    /// A table; its section's path.
    Table(&'static str),
    /// An array of tables; its section's path.
    Tables(&'static str),
    /// One of several forms.
    Either(&'static [Self]),
}

/// What leaving a key out means.
#[derive(Clone, Copy, Debug)]
pub enum Usual {
    /// It must be there.
    Needed,
    /// As if this TOML stood there.
    Is(&'static str),
    /// In words; empty: nothing worth saying.
    Words(&'static str),
}

/// All sections, the file itself first.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    [
        root::SECTIONS,
        world::SECTIONS,
        pattern::SECTIONS,
        kinds::SECTIONS,
        judging::SECTIONS,
    ]
    .into_iter()
    .flatten()
}

const fn key(name: &'static str, form: Form, usual: Usual, meaning: &'static str) -> Key {
    Key {
        name,
        form,
        usual,
        meaning,
    }
}

const fn section(at: &'static str, keys: &'static [Key]) -> Section {
    Section { at, only: None, keys }
}

const fn only(at: &'static str, by: &'static str, value: &'static str, keys: &'static [Key]) -> Section {
    Section {
        at,
        only: Some((by, value)),
        keys,
    }
}

#[cfg(test)]
mod tests;
