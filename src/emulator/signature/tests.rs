use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request").into_parts().0
}

/// `get-vanilla-query-order-key-case` and `get-vanilla` of AWS's own test suite.
#[test]
fn the_vectors_of_the_signing_test_suite_hold() {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    for (uri, signature) in [
        (
            "/",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ] {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let headers = [
            ("host", "example.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
            ("authorization", &authorization),
        ];
        let parts = parts("GET", uri, &headers);
        assert_eq!(
            verify(&parts, b"", secret, at("2015-08-30T12:38:00Z")),
            Ok(()),
            "{uri}"
        );
        let wrong = verify(&parts, b"", "another", at("2015-08-30T12:38:00Z"));
        assert_eq!(wrong, Err(Forged::Mismatch));
        assert_eq!(
            verify(&parts, b"x", secret, at("2015-08-30T12:38:00Z")),
            Err(Forged::Mismatch)
        );
        let late = verify(&parts, b"", secret, at("2015-08-30T12:42:00Z"));
        assert!(
            matches!(late, Err(Forged::Stale(told)) if told.starts_with("Signature expired: 20150830T123600Z"))
        );
    }
}

/// The examples of the S3 API reference: a presigned address, and an upload in chunks.
#[test]
fn the_examples_of_the_s3_reference_hold() {
    let presigned = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F\
                     us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=\
                     host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let presigned = parts("GET", presigned, &[("host", "examplebucket.s3.amazonaws.com")]);
    assert_eq!(
        verify(&presigned, b"", SECRET, at("2013-05-24T23:59:00Z")),
        Ok(())
    );
    let late = verify(&presigned, b"", SECRET, at("2013-05-25T00:01:00Z"));
    assert!(matches!(late, Err(Forged::Stale(_))));

    let headers = [
        ("host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("content-length", "66824"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=\
             content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
             x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        ),
    ];
    let put = parts("PUT", "/examplebucket/chunkObject.txt", &headers);
    let mut body = Vec::new();
    for (size, signature) in [
        (
            65_536,
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        ),
        (
            1_024,
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        ),
        (
            0,
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ),
    ] {
        body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
        body.extend(std::iter::repeat_n(b'a', size));
        body.extend_from_slice(b"\r\n");
    }
    let now = at("2013-05-24T00:10:00Z");
    assert_eq!(verify(&put, &body, SECRET, now), Ok(()));
    let last = body.len() - 2_000;
    let mut changed = body.clone();
    changed[last] = b'b';
    assert_eq!(verify(&put, &changed, SECRET, now), Err(Forged::Mismatch));
    assert_eq!(
        verify(&put, &body[..body.len() - 90], SECRET, now),
        Err(Forged::Mismatch)
    );
}

#[test]
fn what_the_sdks_own_signer_signs_is_verified_and_nothing_else() {
    let now = at("2026-11-24T12:00:00Z");
    let identity = Credentials::new("AKIDEXAMPLE", SECRET, Some("a token".to_owned()), None, "test").into();
    for (method, uri, service, body) in [
        (
            "POST",
            "/model/us.amazon.nova-micro-v1%3A0/converse",
            "bedrock",
            r#"{"messages":[]}"#,
        ),
        (
            "POST",
            "/model/us.amazon.nova-micro-v1:0/converse",
            "bedrock",
            "{}",
        ),
        (
            "GET",
            "/foundation-models?byProvider=Amazon%20Web&a=%2B",
            "bedrock",
            "",
        ),
        ("GET", "/bkt/a%20folder/b.jsonl?list-type=2&prefix=", "s3", ""),
        ("POST", "/", "sts", "Action=GetCallerIdentity&Version=2011-06-15"),
    ] {
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = aws_sigv4::http_request::PercentEncodingMode::Single;
            settings.uri_path_normalization_mode =
                aws_sigv4::http_request::UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = aws_sigv4::http_request::PayloadChecksumKind::XAmzSha256;
        }
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().cast_unsigned()))
            .settings(settings)
            .build()
            .expect("all is set")
            .into();
        let address = format!("http://127.0.0.1:4566{uri}");
        let given = [("x-amz-target", "a   b"), ("content-type", "application/json")];
        let signable = SignableRequest::new(
            method,
            &address,
            given.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let (made, _) = sign(signable.expect("a request"), &params)
            .expect("signed")
            .into_parts();
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", "127.0.0.1:4566");
        for (name, value) in given {
            request = request.header(name, value);
        }
        let mut request = request.body(()).expect("a request");
        made.apply_to_request_http1x(&mut request);
        let (parts, ()) = request.into_parts();
        assert_eq!(verify(&parts, body.as_bytes(), SECRET, now), Ok(()), "{uri}");
        let mut other = parts.clone();
        other.headers.insert("x-amz-target", "c".parse().expect("text"));
        assert_eq!(
            verify(&other, body.as_bytes(), SECRET, now),
            Err(Forged::Mismatch),
            "{uri}"
        );
        let other_body = verify(&parts, b"other", SECRET, now);
        assert!(
            matches!(other_body, Err(Forged::Mismatch | Forged::Body)),
            "{uri}"
        );
    }
}
