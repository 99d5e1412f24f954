//! What a request claims of its signature, and the canonical form that was signed.

use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands as it is: letters, digits and these four.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The same and the slashes of a path.
const IN_PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// What a request says of its signature.
#[derive(Clone, Debug)]
pub(super) struct Claim<'r> {
    day: &'r str,
    pub region: &'r str,
    pub service: &'r str,
    signed_headers: String,
    pub signature: &'r str,
    /// As it was written, `20260105T090000Z`.
    pub written_date: String,
    pub date: Timestamp,
    /// For how many seconds a presigned address holds; `None`: signed in headers.
    pub presigned: Option<u64>,
}

impl Claim<'_> {
    /// `20260105/us-east-1/bedrock/aws4_request`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service)
    }
}

/// Reads it; `None`: something is missing or does not fit.
pub(super) fn claim(parts: &Parts) -> Option<Claim<'_>> {
    let query = parts.uri.query().unwrap_or_default();
    let of_query = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let header = |name: &str| parts.headers.get(name)?.to_str().ok();
    let (credential, signed_headers, signature, written_date, presigned);
    if let Some(value) = parts.headers.get(AUTHORIZATION) {
        let value = value.to_str().ok()?.strip_prefix("AWS4-HMAC-SHA256")?;
        let parameter = |name: &str| {
            let pairs = value.split(',').filter_map(|pair| pair.trim().split_once('='));
            pairs
                .into_iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        credential = parameter("Credential")?;
        signed_headers = parameter("SignedHeaders")?.to_owned();
        signature = parameter("Signature")?;
        written_date = header("x-amz-date")?.to_owned();
        presigned = None;
    } else {
        (of_query("X-Amz-Algorithm")? == "AWS4-HMAC-SHA256").then_some(())?;
        credential = of_query("X-Amz-Credential")?;
        signed_headers = decoded(of_query("X-Amz-SignedHeaders")?);
        signature = of_query("X-Amz-Signature")?;
        written_date = of_query("X-Amz-Date")?.to_owned();
        presigned = Some(of_query("X-Amz-Expires")?.parse().ok()?);
    }
    let mut scope = credential.split('/').flat_map(|part| part.split("%2F")).skip(1);
    let (day, region, service) = (scope.next()?, scope.next()?, scope.next()?);
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &written_date).ok()?;
    written_date.starts_with(day).then_some(())?;
    Some(Claim {
        day,
        region,
        service,
        signed_headers,
        signature,
        date: jiff::tz::Offset::UTC.to_timestamp(civil).ok()?,
        written_date,
        presigned,
    })
}

/// The canonical request; `None`: a signed header is not there, or `host` is not signed.
pub(super) fn canonical_request(parts: &Parts, claim: &Claim<'_>, payload: &str) -> Option<String> {
    let names: Vec<&str> = claim.signed_headers.split(';').collect();
    names.contains(&"host").then_some(())?;
    let headers: Option<String> = names.iter().map(|name| header_line(parts, name)).collect();
    // Every service but S3 has its path encoded once more than on the wire.
    let path = match parts.uri.path() {
        "" => "/".to_owned(),
        path if claim.service == "s3" => path.to_owned(),
        path => utf8_percent_encode(path, IN_PATH).to_string(),
    };
    Some(format!(
        "{}\n{path}\n{}\n{}\n{}\n{payload}",
        parts.method,
        canonical_query(parts.uri.query().unwrap_or_default()),
        headers?,
        claim.signed_headers,
    ))
}

fn header_line(parts: &Parts, name: &str) -> Option<String> {
    let mut values = Vec::new();
    for value in parts.headers.get_all(name) {
        let text = value.to_str().ok()?;
        values.push(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    }
    if values.is_empty() && name == HOST.as_str() {
        values.push(parts.uri.authority()?.to_string());
    }
    (!values.is_empty()).then(|| format!("{name}:{}\n", values.join(",")))
}

fn canonical_query(query: &str) -> String {
    let again = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&decoded, UNRESERVED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(key, _)| *key != "X-Amz-Signature")
        .map(|(key, value)| (again(key), again(value)))
        .collect();
    pairs.sort_unstable();
    let written: Vec<String> = pairs
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    written.join("&")
}
