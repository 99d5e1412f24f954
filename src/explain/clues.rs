//! What a pasted text tells besides its words: who called what, where, and how often.

use percent_encoding::percent_decode_str;

use crate::catalog::Catalog;
use crate::names::Region;

/// What was found in a text; `None` where it does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clues {
    /// The exception, `ThrottlingException`.
    pub exception: Option<String>,
    /// The operation, `ConverseStream`.
    pub operation: Option<String>,
    /// The model, profile or ARN that was called.
    pub target: Option<String>,
    /// The region.
    pub region: Option<Region>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The service's number of the request.
    pub request_id: Option<String>,
}

/// Operations whose name tells something.
const OPERATIONS: &[&str] = &[
    "InvokeModelWithResponseStream",
    "InvokeModelWithBidirectionalStream",
    "ConverseStream",
    "InvokeModel",
    "Converse",
    "CountTokens",
    "CreateModelInvocationJob",
    "StopModelInvocationJob",
    "GetMetricData",
    "ListServiceQuotas",
];

/// Statuses that an error of the service has.
const STATUSES: &[u16] = &[400, 403, 404, 408, 424, 429, 500, 502, 503, 504];

impl Clues {
    /// Reads a text.
    pub(super) fn find(text: &str, catalog: &Catalog) -> Self {
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        let words = || {
            decoded
                .split(|letter: char| !is_part_of_a_name(letter))
                .filter(|word| !word.is_empty())
        };
        let target = words()
            .map(|word| word.trim_matches(['.', ':', '/', '-']))
            // An ARN is a target whole; a path or a URL has it as one of its parts.
            .flat_map(|word| std::iter::once(word).chain(word.split('/')))
            .find(|word| is_target(word, catalog));
        Self {
            exception: words().find_map(exception),
            operation: OPERATIONS
                .iter()
                .find(|name| words().any(|word| word == **name))
                .map(|name| (*name).to_owned()),
            region: region(&decoded, target, catalog),
            target: target.map(str::to_owned),
            status: words().find_map(status),
            request_id: words().find(|word| is_request_id(word)).map(str::to_owned),
        }
    }
}

fn is_part_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | ':' | '/' | '-' | '_')
}

/// `ThrottlingException` out of `botocore.errorfactory.ThrottlingException:` and its like.
fn exception(word: &str) -> Option<String> {
    let mut parts = word.split(['.', ':', '/', '_']);
    let name = parts.find(|part| part.ends_with("Exception") && part.len() > "Exception".len())?;
    // In a stream, and in older SDKs, the first letter is small.
    let mut letters = name.chars();
    let first = letters.next()?.to_ascii_uppercase();
    let name: String = std::iter::once(first).chain(letters).collect();
    let is_the_services = !matches!(name.as_str(), "BedrockException" | "ClientException");
    is_the_services.then_some(name)
}

fn is_target(word: &str, catalog: &Catalog) -> bool {
    if catalog.resolve(word).is_some() {
        return true;
    }
    // Not in the catalogue, but of the form: `us.anthropic.claude-9-v1:0`.
    let bare = word.split_once('.').map_or(word, |(head, rest)| match head {
        "us" | "eu" | "apac" | "jp" | "au" | "ca" | "global" | "us-gov" => rest,
        _ => word,
    });
    let is_known_maker = catalog.models.keys().any(|id| {
        let maker = id.as_str().split('.').next().unwrap_or_default();
        bare.strip_prefix(maker).is_some_and(|rest| rest.starts_with('.'))
    });
    is_known_maker && bare.contains('-')
}

fn region(text: &str, target: Option<&str>, catalog: &Catalog) -> Option<Region> {
    let of_arn = target
        .filter(|target| target.starts_with("arn:"))
        .and_then(|arn| arn.split(':').nth(3));
    let named = |name: &str| catalog.regions.keys().find(|region| **region == *name).cloned();
    of_arn.and_then(named).or_else(|| {
        catalog
            .regions
            .keys()
            .find(|region| text.contains(region.as_str()))
            .cloned()
    })
}

/// A status that stands by itself, `429` or `status_code:429`.
fn status(word: &str) -> Option<u16> {
    let number = word.trim_matches([':', '.']).rsplit(':').next()?.parse().ok()?;
    STATUSES.contains(&number).then_some(number)
}

/// A UUID.
fn is_request_id(word: &str) -> bool {
    let groups: Vec<usize> = word.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
