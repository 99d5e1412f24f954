//! What a calling program says of itself.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::USER_AGENT;

/// A private request header: the caller's name, where the user agent says too little.
pub const CALLER: &str = "x-bedrill-caller";

/// The longest name that is kept.
const LONGEST: usize = 48;

/// The application's name for the journal: the private header, else what the SDK's application id
/// says (`app/checkout` in the user agent), else the product.
pub(super) fn application(headers: &HeaderMap) -> Cow<'_, str> {
    let own = headers.contains_key(CALLER);
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let named = agent.and_then(|agent| agent.split(' ').find_map(|part| part.strip_prefix("app/")));
    match named.filter(|name| !own && !name.is_empty() && name.len() <= LONGEST) {
        Some(name) => Cow::Borrowed(name),
        None => caller(headers),
    }
}

/// The caller's name: the private header, else the product of the user agent (`litellm`, `Boto3`).
pub(super) fn caller(headers: &HeaderMap) -> Cow<'_, str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let product = || {
        let agent = text(USER_AGENT.as_str())?;
        agent.split(['/', ' ']).next()
    };
    let name = text(CALLER)
        .or_else(product)
        .filter(|name| !name.is_empty())
        .unwrap_or("unknown");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./ ".contains(c);
    if name.len() <= LONGEST && name.chars().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let kept = name.chars().map(|c| if is_plain(c) { c } else { '_' });
    Cow::Owned(kept.take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_known_by_its_own_word_or_its_product() {
        let mut headers = HeaderMap::new();
        assert_eq!(caller(&headers), "unknown");
        headers.insert(USER_AGENT, "litellm/1.106.2".parse().expect("a value"));
        assert_eq!(caller(&headers), "litellm");
        headers.insert(CALLER, "gateway/ordered".parse().expect("a value"));
        assert_eq!(caller(&headers), "gateway/ordered");
        headers.insert(CALLER, "a\"b".parse().expect("a value"));
        assert_eq!(caller(&headers), "a_b");
    }
}
