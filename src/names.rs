//! Names of things, each in a type of its own so that one is never taken for another.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Defines a cheaply cloned name.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

name! {
    /// An AWS region, `us-east-1`.
    Region
}
name! {
    /// A foundation model's identifier, `amazon.nova-micro-v1:0`: never a profile, never an ARN.
    ModelId
}
name! {
    /// A system-defined inference profile's identifier, `us.amazon.nova-micro-v1:0`.
    ProfileId
}
name! {
    /// What a caller writes as `modelId`: a model, a profile, or an ARN of either.
    ModelRef
}
name! {
    /// Who makes a model, `Anthropic`, spelled as the service spells it.
    Provider
}
name! {
    /// A pattern's key in scenarios and on the command line, `cross-region`.
    PatternKey
}
name! {
    /// A way of calling within a pattern, `on-demand` or `geo profile`.
    ArmKey
}

/// A key that opens something. Shows itself to nobody who does not ask by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The key itself: for the header it is sent in, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The text with every AWS account identifier (a run of exactly twelve digits) made unreadable but for
/// its last four: `********9012`.
pub fn mask_accounts(text: &str) -> String {
    const DIGITS: usize = 12;
    const SHOWN: usize = 4;
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        masked.push_str(before);
        if end == DIGITS {
            masked.push_str(&"*".repeat(DIGITS - SHOWN));
            masked.push_str(&digits[DIGITS - SHOWN..]);
        } else {
            masked.push_str(digits);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::{Secret, mask_accounts};

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Some(Secret::from("sk-1"))), "Some(Secret(..))");
    }

    #[test]
    fn account_identifiers_are_masked_and_other_numbers_are_not() {
        for (text, masked) in [
            (
                "arn:aws:iam::123456789012:user/x",
                "arn:aws:iam::********9012:user/x",
            ),
            ("123456789012", "********9012"),
            ("1234567890123 and 12345", "1234567890123 and 12345"),
            ("no digits", "no digits"),
        ] {
            assert_eq!(mask_accounts(text), masked);
        }
    }
}
