//! Takes the signature off a request, and the wrapping off its body.
//!
//! Signatures are not verified (any secret is as good as another), so the S3 service below must not
//! see one. An SDK that streams an upload wraps it in chunks (`aws-chunked`) with a checksum behind
//! the last; here the whole body is at hand, so the checksum becomes a header.

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Uri};

const SIGNING: [&str; 6] = [
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-decoded-content-length",
    "expect",
];

/// The request without its signature; `None` if its body is wrapped and breaks off.
pub fn unsigned(mut parts: Parts, body: Bytes) -> Option<(Parts, Bytes)> {
    let wrapped = parts
        .headers
        .get("x-amz-content-sha256")
        .is_some_and(|value| value.as_bytes().starts_with(b"STREAMING-"));
    parts.headers.remove(AUTHORIZATION);
    for name in SIGNING {
        parts.headers.remove(name);
    }
    parts.uri = without_signature(&parts.uri);
    if !wrapped {
        return Some((parts, body));
    }
    let (body, trailers) = unwrap(&body)?;
    for (name, value) in trailers {
        parts.headers.insert(name, value);
    }
    // What is left of `gzip,aws-chunked`.
    let encoding = parts.headers.get(CONTENT_ENCODING).map(|value| {
        let text = value.to_str().unwrap_or_default();
        let kept: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked"))
            .collect();
        kept.join(",")
    });
    match encoding {
        Some(kept) if !kept.is_empty() => {
            if let Ok(value) = HeaderValue::from_str(&kept) {
                parts.headers.insert(CONTENT_ENCODING, value);
            }
        }
        _ => {
            parts.headers.remove(CONTENT_ENCODING);
        }
    }
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Some((parts, body))
}

/// A presigned address without what signs it.
fn without_signature(uri: &Uri) -> Uri {
    let Some(query) = uri.query().filter(|query| query.contains("X-Amz-")) else {
        return uri.clone();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("X-Amz-"))
        .collect();
    let path = if kept.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), kept.join("&"))
    };
    path.parse().unwrap_or_else(|_| uri.clone())
}

type Trailers = Vec<(HeaderName, HeaderValue)>;

/// `<size in hexadecimal>[;chunk-signature=...]\r\n<bytes>\r\n`, a chunk of no bytes at the end,
/// then trailers.
fn unwrap(wrapped: &Bytes) -> Option<(Bytes, Trailers)> {
    let mut whole = BytesMut::with_capacity(wrapped.len());
    let mut rest: &[u8] = wrapped;
    loop {
        let (head, after) = line(rest)?;
        let size = head.split(|byte| *byte == b';').next()?;
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?.trim(), 16).ok()?;
        if size == 0 {
            rest = after;
            break;
        }
        let chunk = after.get(..size)?;
        whole.extend_from_slice(chunk);
        rest = after[size..].strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while let Some((trailer, after)) = line(rest) {
        rest = after;
        let text = std::str::from_utf8(trailer).ok()?;
        let Some((name, value)) = text.split_once(':') else {
            continue;
        };
        if name.starts_with("x-amz-checksum-") {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            trailers.push((name, HeaderValue::from_str(value.trim()).ok()?));
        }
    }
    Some((whole.freeze(), trailers))
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((&bytes[..end], &bytes[end + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)], body: &'static str) -> Option<(Parts, Bytes)> {
        let mut request = http::Request::put(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = request.body(Bytes::from(body)).expect("a request").into_parts();
        unsigned(parts, body)
    }

    #[test]
    fn a_wrapped_body_is_unwrapped_and_its_checksum_becomes_a_header() {
        let headers = [
            ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            ("content-encoding", "aws-chunked"),
        ];
        let body = "5;chunk-signature=ab\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:nVlhEA==\r\n\r\n";
        let (parts, body) = request("/b/k", &headers, body).expect("sound");
        assert_eq!(body, "hello!");
        assert_eq!(parts.headers["x-amz-checksum-crc32"], "nVlhEA==");
        assert_eq!(parts.headers["content-length"], "6");
        assert!(!parts.headers.contains_key("authorization"));
        assert!(!parts.headers.contains_key("content-encoding"));
        assert!(request("/b/k", &headers, "5\r\nhel").is_none());
    }

    #[test]
    fn a_presigned_address_keeps_only_what_does_not_sign() {
        let uri = "/b/k?X-Amz-Credential=a%2Fb&partNumber=1&X-Amz-Signature=0";
        let (parts, _) = request(uri, &[], "").expect("sound");
        assert_eq!(parts.uri, "/b/k?partNumber=1");
    }
}
