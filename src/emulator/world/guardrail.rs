//! Guardrails: a small policy of words and of what looks like personal data.
//!
//! Deterministic, and an assumption through and through: the real service asks models. A word blocks;
//! an e-mail address, a telephone number or an address of the Internet is masked; a card number, a
//! social security number or an access key blocks.

use std::borrow::Cow;
use std::net::Ipv4Addr;

/// What a guardrail says where it blocks a prompt (the service's own usual words).
pub const BLOCKED_INPUT: &str = "Sorry, the model cannot answer this question.";
/// What it says where it blocks an answer.
pub const BLOCKED_OUTPUT: &str = "Sorry, the model cannot answer this question.";

/// A guardrail that every account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardrailPlan {
    /// Its identifier, the end of its ARN.
    pub id: String,
    /// Words that block, in any case.
    pub words: Vec<String>,
}

impl Default for GuardrailPlan {
    fn default() -> Self {
        Self {
            id: "bedrill0guard".to_owned(),
            words: vec!["forbidden-word".to_owned()],
        }
    }
}

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pii {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An IPv4 address.
    IpAddress,
    /// A US social security number.
    SocialSecurity,
    /// A number of a credit or debit card.
    Card,
    /// An access key of AWS.
    AwsAccessKey,
}

impl Pii {
    /// The service's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::IpAddress => "IP_ADDRESS",
            Self::SocialSecurity => "US_SOCIAL_SECURITY_NUMBER",
            Self::Card => "CREDIT_DEBIT_CARD_NUMBER",
            Self::AwsAccessKey => "AWS_ACCESS_KEY",
        }
    }

    /// Whether it blocks; it is masked otherwise.
    pub const fn blocks(self) -> bool {
        matches!(self, Self::SocialSecurity | Self::Card | Self::AwsAccessKey)
    }

    fn of(word: &str) -> Option<Self> {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let only = |signs: &str| word.chars().all(|c| c.is_ascii_digit() || signs.contains(c));
        let groups = || word.split('-').map(str::len).collect::<Vec<_>>();
        if let Some((name, host)) = word.split_once('@') {
            let is_host = host.split('.').count() > 1 && host.split('.').all(|part| !part.is_empty());
            return (!name.is_empty() && is_host && !host.contains('@')).then_some(Self::Email);
        }
        if word.parse::<Ipv4Addr>().is_ok() {
            return Some(Self::IpAddress);
        }
        let is_key = word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA"));
        if is_key && word.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
            return Some(Self::AwsAccessKey);
        }
        if only("-") && groups() == [3, 2, 4] {
            return Some(Self::SocialSecurity);
        }
        if only("-") && (13..=19).contains(&digits) && luhn(word) {
            return Some(Self::Card);
        }
        let has_form = word.starts_with('+') || (word.contains('-') && groups().len() == 3);
        (only("+-().") && has_form && (10..=15).contains(&digits)).then_some(Self::Phone)
    }
}

/// Whether the digits of a number have the sum that cards have.
fn luhn(number: &str) -> bool {
    let digits = number
        .bytes()
        .rev()
        .filter(u8::is_ascii_digit)
        .map(|c| u32::from(c - b'0'));
    let sum: u32 = digits
        .zip([1, 2].iter().cycle())
        .map(|(digit, times)| match digit * times {
            more @ 10.. => more - 9,
            less => less,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Words of the policy, as they were written.
    pub words: Vec<String>,
    /// Personal data.
    pub pii: Vec<(Pii, String)>,
    /// The end, in bytes, of the first thing that blocks.
    pub blocked_at: Option<usize>,
    /// Characters looked at.
    pub chars: u64,
}

impl Found {
    /// Whether anything was found.
    pub const fn is_nothing(&self) -> bool {
        self.words.is_empty() && self.pii.is_empty()
    }
}

impl GuardrailPlan {
    /// Looks through a text.
    pub fn look(&self, text: &str) -> Found {
        let lower = text.to_ascii_lowercase();
        let mut found = Found {
            chars: text.chars().count() as u64,
            ..Found::default()
        };
        let mut ends = Vec::new();
        for word in self.words.iter().filter(|word| !word.is_empty()) {
            if let Some(at) = lower.find(&word.to_ascii_lowercase()) {
                let end = at + word.len();
                found.words.extend(text.get(at..end).map(str::to_owned));
                ends.push(end);
            }
        }
        for (at, word) in data(text) {
            let Some(kind) = Pii::of(word) else { continue };
            if kind.blocks() {
                ends.push(at + word.len());
            }
            found.pii.push((kind, word.to_owned()));
        }
        found.blocked_at = ends.into_iter().min();
        found
    }

    /// The text with personal data masked.
    pub fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = String::new();
        let mut from = 0;
        for (at, word) in data(text) {
            if let Some(kind) = Pii::of(word) {
                masked.push_str(&text[from..at]);
                masked.push('{');
                masked.push_str(kind.word());
                masked.push('}');
                from = at + word.len();
            }
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[from..]);
        Cow::Owned(masked)
    }
}

/// What may be data, with its place: between blanks and signs that belong to sentences.
fn data(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_edge = |c: char| c.is_whitespace() || "\"'<>,;:!?()[]{}".contains(c);
    let mut next = 0;
    text.split_inclusive(is_edge).filter_map(move |piece| {
        let at = next;
        next += piece.len();
        let word = piece.trim_end_matches(is_edge).trim_end_matches('.');
        (!word.is_empty()).then_some((at, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_block_and_data_is_masked_or_blocks() {
        let guardrail = GuardrailPlan::default();
        let text = "Write to ann@example.com, +4722334455, or 10.0.0.7.";
        let found = guardrail.look(text);
        let kinds: Vec<Pii> = found.pii.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Pii::Email, Pii::Phone, Pii::IpAddress]);
        assert_eq!(found.blocked_at, None);
        assert_eq!(
            guardrail.masked(text),
            "Write to {EMAIL}, {PHONE}, or {IP_ADDRESS}."
        );
        for (text, blocks) in [
            ("A Forbidden-Word here", 16),
            ("card 4111-1111-1111-1111 end", 24),
            ("ssn 123-45-6789", 15),
            ("AKIAIOSFODNN7EXAMPLE", 20),
        ] {
            assert_eq!(guardrail.look(text).blocked_at, Some(blocks), "{text}");
        }
        assert!(
            guardrail
                .look("card 4111-1111-1111-1112, on 2026-01-05, 3.5 @ 7")
                .is_nothing()
        );
    }
}
