//! One tree for what all three protocols carry.

use std::borrow::Cow;

/// A value on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Float(f64),
    /// A text. In a form, everything is one until it is read as something else.
    Text(String),
    /// Seconds since 1970.
    Time(f64),
    /// Values in an order.
    List(Vec<Self>),
    /// A structure: names that the service's model knows.
    Structure(Vec<(Cow<'static, str>, Self)>),
    /// A map: names from outside.
    Map(Vec<(String, Self)>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A count.
    pub fn whole(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A list of texts.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }
}

/// A structure with these members.
pub fn structure<const N: usize>(members: [(&'static str, Value); N]) -> Value {
    Value::Structure(members.map(|(name, value)| (Cow::Borrowed(name), value)).into())
}
