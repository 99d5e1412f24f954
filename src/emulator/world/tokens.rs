//! Token arithmetic: how many a text has, how many a call reserves, how many a quota is charged.

use crate::catalog::Model;
use crate::units::TokenUsage;

/// Tokens of a text of so many characters, by the model's average.
///
/// No tokenizer of these families is public, so this is an estimate: 4.4 characters a token for
/// Nova, 3.45 to 4.0 for Claude. The catalogue holds each model's figure and its source.
pub fn count(model: &Model, chars: u64) -> u64 {
    let average = model.chars_per_token;
    if average.is_finite() && average > 0.0 {
        (chars as f64 / average).ceil() as u64
    } else {
        chars
    }
}

/// What a call reserves of its tokens-per-minute quota at its start: its prompt and `maxTokens`,
/// the model's maximum where the caller set none. Output is not multiplied yet.
pub fn reservation(model: &Model, input: u64, max_tokens: Option<u64>) -> u64 {
    input.saturating_add(max_tokens.unwrap_or(model.max_output))
}

/// What a call is charged against its tokens-per-minute quota at its end. Reads from the cache are
/// free of quota; output counts `burndown` times.
pub fn quota_charge(model: &Model, usage: TokenUsage) -> u64 {
    usage
        .input
        .saturating_add(usage.cache_write)
        .saturating_add(usage.output.saturating_mul(model.burndown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::fixture;

    #[test]
    fn the_example_of_the_user_guide_holds() {
        // UG:quotas-token-burndown: 3,000 input, 1,000 written to the cache, 4,000 read from it,
        // max_tokens 32,000; then 1,000 output at a burndown of 5.
        let model = fixture::model("acme.deep-v1:0");
        assert_eq!(model.burndown, 5);
        assert_eq!(reservation(&model, 3_000 + 1_000, Some(32_000)), 36_000);
        let usage = TokenUsage {
            input: 3_000,
            output: 1_000,
            cache_read: 4_000,
            cache_write: 1_000,
            ..TokenUsage::default()
        };
        assert_eq!(quota_charge(&model, usage), 3_000 + 1_000 + 5_000);
    }

    #[test]
    fn an_unset_max_tokens_reserves_the_models_maximum() {
        let model = fixture::model("acme.deep-v1:0");
        assert_eq!(reservation(&model, 10, None), 10 + model.max_output);
    }

    #[test]
    fn a_text_is_counted_in_tokens_rounded_up() {
        let model = fixture::model("acme.swift-v1:0");
        assert_eq!((count(&model, 0), count(&model, 1), count(&model, 9)), (0, 1, 3));
    }
}
