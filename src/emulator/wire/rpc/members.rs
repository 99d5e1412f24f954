//! Typed reading of a structure's members.

use std::borrow::Cow;

use jiff::Timestamp;

use super::value::Value;

/// A member is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It must be there and is not.
    Missing(String),
    /// It has another type.
    Type(String),
}

/// A structure's members, each with the way to it. In a form all values are texts, so a text is read
/// as a number, a time or a flag where one is wanted.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    members: &'a [(Cow<'static, str>, Value)],
    path: String,
}

impl<'a> Members<'a> {
    /// The members of a request.
    pub fn of(input: &'a Value) -> Result<Self, Malformed> {
        Self::beneath(input, String::new())
    }

    /// The way to a member, `MetricData.member.1.Value`.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The names of the members, in the order in which they came.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.members.iter().map(|(name, _)| name.as_ref())
    }

    /// Whether a member is there.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Malformed> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.not("a string", name)),
        }
    }

    /// A text that must be there.
    pub fn need_text(&self, name: &str) -> Result<&'a str, Malformed> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A number; `NaN` and the infinities are numbers too.
    pub fn number(&self, name: &str) -> Result<Option<f64>, Malformed> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        number(value).map(Some).ok_or_else(|| self.not("a number", name))
    }

    /// A whole number.
    pub fn whole(&self, name: &str) -> Result<Option<i64>, Malformed> {
        let whole = match self.value(name) {
            None => return Ok(None),
            Some(Value::Integer(whole)) => Some(*whole),
            Some(Value::Text(text)) => text.parse().ok(),
            Some(_) => None,
        };
        whole.map(Some).ok_or_else(|| self.not("an integer", name))
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Malformed> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(self.not("a boolean", name)),
        }
    }

    /// A time, in seconds since 1970.
    pub fn time(&self, name: &str) -> Result<Option<f64>, Malformed> {
        let time = match self.value(name) {
            None => return Ok(None),
            Some(Value::Text(text)) => instant(text),
            Some(Value::Time(secs)) => Some(*secs),
            Some(other) => number(other),
        };
        let sound = time.filter(|secs| secs.is_finite());
        sound.map(Some).ok_or_else(|| self.not("a timestamp", name))
    }

    /// A list; an absent one is empty.
    pub fn list(&self, name: &str) -> Result<&'a [Value], Malformed> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::List(values)) => Ok(values),
            // A form writes an empty list as an empty text.
            Some(Value::Text(text)) if text.is_empty() => Ok(&[]),
            Some(_) => Err(self.not("a list", name)),
        }
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>, Malformed> {
        let texts = self.list(name)?.iter().map(|value| match value {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(self.not("a list of strings", name)),
        });
        texts.collect()
    }

    /// A list of numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Malformed> {
        let numbers = self.list(name)?.iter();
        numbers
            .map(|value| number(value).ok_or_else(|| self.not("a list of numbers", name)))
            .collect()
    }

    /// A list of structures.
    pub fn structures(&self, name: &str) -> Result<Vec<Self>, Malformed> {
        let values = self.list(name)?.iter().zip(1_u32..);
        values
            .map(|(value, place)| Self::beneath(value, self.path(&format!("{name}.member.{place}"))))
            .collect()
    }

    /// A structure.
    pub fn structure(&self, name: &str) -> Result<Option<Self>, Malformed> {
        let value = self.value(name);
        value
            .map(|value| Self::beneath(value, self.path(name)))
            .transpose()
    }

    /// The complaint that a member is absent.
    pub fn missing(&self, name: &str) -> Malformed {
        Malformed::Missing(self.path(name))
    }

    fn beneath(value: &'a Value, path: String) -> Result<Self, Malformed> {
        match value {
            Value::Structure(members) => Ok(Self { members, path }),
            Value::Text(text) if text.is_empty() => Ok(Self { members: &[], path }),
            _ => Err(Malformed::Type(format!("{path} is not a structure"))),
        }
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    fn not(&self, what: &str, name: &str) -> Malformed {
        Malformed::Type(format!("{} is not {what}", self.path(name)))
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(whole) => Some(*whole as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// A time as text: ISO 8601, or seconds since 1970.
fn instant(text: &str) -> Option<f64> {
    match text.parse::<Timestamp>() {
        Ok(at) => Some(at.as_nanosecond() as f64 / 1e9),
        Err(_) => text.parse().ok(),
    }
}
