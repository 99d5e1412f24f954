//! Weighing JSON without keeping it: how many characters a member holds.
//!
//! The emulator needs the length of a prompt and a hash of it, not the prompt. These types read a body once and
//! copy no text out of it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use xxhash_rust::xxh3::xxh3_64;

use super::prefix::mix;

/// A text's length, and whether there is anything but blanks in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Characters (not bytes).
    pub chars: u64,
    /// Bytes, for encoded media.
    pub bytes: u64,
    /// Empty or white space only.
    pub blank: bool,
    /// Stands for the text.
    pub hash: u64,
}

impl Text {
    fn of(text: &str) -> Self {
        Self {
            chars: text.chars().count() as u64,
            bytes: text.len() as u64,
            blank: text.trim_start().is_empty(),
            hash: xxh3_64(text.as_bytes()),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Weigh;
        impl Visitor<'_> for Weigh {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text::of(text))
            }
        }
        deserializer.deserialize_str(Weigh)
    }
}

/// Any JSON document, weighed and told from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its characters, keys and punctuation included, as a model sees it.
    pub chars: u64,
    /// Stands for what it says.
    pub hash: u64,
}

impl Document {
    const fn new(chars: u64, hash: u64) -> Self {
        Self { chars, hash }
    }

    /// An empty object.
    pub(super) const EMPTY: Self = Self::new(2, 2);

    /// The object with one member more.
    pub(super) fn with(self, key: Text, value: Self) -> Self {
        Self {
            chars: self.chars + key.chars + value.chars + 4,
            hash: mix(self.hash, mix(key.hash, value.hash)),
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Weigh;
        impl<'de> Visitor<'de> for Weigh {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a document")
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Document, E> {
                Ok(Document::new(if truth { 4 } else { 5 }, u64::from(truth)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Document, E> {
                let chars = u64::from(number < 0) + digits(number.unsigned_abs());
                Ok(Document::new(chars, mix(3, number.cast_unsigned())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Document, E> {
                Ok(Document::new(digits(number), mix(3, number)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Document, E> {
                Ok(Document::new(
                    number.to_string().len() as u64,
                    mix(4, number.to_bits()),
                ))
            }

            fn visit_str<E>(self, text: &str) -> Result<Document, E> {
                Ok(Document::new(
                    2 + text.chars().count() as u64,
                    xxh3_64(text.as_bytes()),
                ))
            }

            fn visit_unit<E>(self) -> Result<Document, E> {
                Ok(Document::new(4, 5))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
                let mut list = Document::new(2, 6);
                while let Some(item) = items.next_element::<Document>()? {
                    list = Document::new(list.chars + item.chars + 1, mix(list.hash, item.hash));
                }
                Ok(list)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Document, A::Error> {
                let mut object = Document::EMPTY;
                while let Some((key, value)) = members.next_entry::<Text, Document>()? {
                    object = object.with(key, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_any(Weigh)
    }
}

const fn digits(number: u64) -> u64 {
    match number.checked_ilog10() {
        Some(log) => log as u64 + 1,
        None => 1,
    }
}

/// A structure whose members do not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// A structure that must be written as one. Serde's derived types take a list of their members too,
/// which the service does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure<T>(pub T);

impl<T> Deref for Structure<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Structure<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
            type Value = Structure<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a structure")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Structure)
            }
        }
        deserializer.deserialize_map(Read(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_weighed_in_characters_with_escapes_undone() {
        let text: Text = serde_json::from_str(r#""na\u00efve\n""#).expect("a string");
        assert_eq!((text.chars, text.bytes, text.blank), (6, 7, false));
        let blank: Text = serde_json::from_str(r#"" \n\t""#).expect("a string");
        assert!(blank.blank);
        assert!(serde_json::from_str::<Text>("7").is_err());
    }

    #[test]
    fn a_document_weighs_about_what_it_takes_to_write_it() {
        let written = r#"{"city":"Oslo","days":[1,-2,3.5],"now":true,"none":null}"#;
        let Document { chars: weight, .. } = serde_json::from_str(written).expect("a document");
        assert!(
            weight.abs_diff(written.len() as u64) <= 4,
            "{weight} against {}",
            written.len()
        );
    }
}
