//! The last line: what can be pressed here.

/// A key and what it does, for the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FooterItem {
    /// The key or keys, `space`, `+/-`.
    pub keys: String,
    /// What they do, in a word or two.
    pub label: String,
}
