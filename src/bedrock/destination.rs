//! Real credentials go to AWS over HTTPS, and nowhere else unless somebody says so.
//!
//! An endpoint URL in environment or profile is honoured by the SDK, whatever it names. So the host is
//! looked at where a request goes out, beneath everything that could have set it. What signs or carries
//! a token does not pass to any other host, and no redirect is followed.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;
use thiserror::Error;

/// The ends of AWS's host names.
const AWS_HOSTS: &[&str] = &[
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
];
/// The headers that carry credentials or are made with them.
const SECRETS: &[&str] = &["authorization", "x-amz-security-token", "x-amz-s3session-token"];

/// A request that was held back so that no credentials leave with it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "not sent: {host} is {why}, and real credentials would go there; say --send-credentials if they may, or \
     take the endpoint URL out of environment and profile"
)]
pub struct Untrusted {
    /// The host, with its scheme.
    pub host: String,
    /// Why not.
    pub why: &'static str,
}

/// Who may get credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trusted {
    /// AWS over HTTPS.
    Aws,
    /// That, and this machine's own sources of credentials (instance metadata, container agents).
    AwsAndThisMachine,
    /// Whoever is called.
    Anybody,
}

/// Whether a URL is AWS's own over HTTPS; else why real credentials do not belong there.
pub fn is_aws(url: &str) -> Result<(), Untrusted> {
    let uri: Uri = url.parse().unwrap_or_default();
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let refused = |why| {
        Err(Untrusted {
            host: format!("{}://{host}", uri.scheme_str().unwrap_or("http")),
            why,
        })
    };
    if uri.scheme_str() != Some("https") {
        return refused("not reached over HTTPS");
    }
    if AWS_HOSTS.iter().any(|end| host.ends_with(end)) {
        Ok(())
    } else {
        refused("no host of AWS's")
    }
}

/// Addresses from which a machine gets its own credentials.
fn is_this_machines(url: &str) -> bool {
    let uri: Uri = url.parse().unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.segments()[0] == 0xfd00,
        Err(_) => false,
    }
}

impl Trusted {
    fn may_go(self, request: &HttpRequest) -> Result<(), Untrusted> {
        let carries = SECRETS.iter().any(|name| request.headers().get(*name).is_some());
        match self {
            Self::Anybody => Ok(()),
            _ if !carries => Ok(()),
            Self::AwsAndThisMachine if is_this_machines(request.uri()) => Ok(()),
            Self::Aws | Self::AwsAndThisMachine => is_aws(request.uri()),
        }
    }
}

/// A transport that lets credentials pass to these alone.
pub(super) fn guarded(inner: SharedHttpClient, trusted: Trusted) -> SharedHttpClient {
    if trusted == Trusted::Anybody {
        return inner;
    }
    SharedHttpClient::new(Guarded { inner, trusted })
}

#[derive(Debug)]
struct Guarded {
    inner: SharedHttpClient,
    trusted: Trusted,
}

impl HttpClient for Guarded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GuardedConnector {
            inner: self.inner.http_connector(settings, components),
            trusted: self.trusted,
        })
    }
}

#[derive(Debug)]
struct GuardedConnector {
    inner: SharedHttpConnector,
    trusted: Trusted,
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.trusted.may_go(&request) {
            Ok(()) => self.inner.call(request),
            Err(untrusted) => HttpConnectorFuture::ready(Err(ConnectorError::user(untrusted.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn credentials_go_to_aws_over_https_alone() {
        let goes = |trusted: Trusted, url: &str, signed: bool| {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.set_uri(url).expect("a URL");
            if signed {
                request.headers_mut().insert("authorization", "AWS4-HMAC-SHA256");
            }
            trusted.may_go(&request).is_ok()
        };
        for (url, aws, machine) in [
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse",
                true,
                true,
            ),
            (
                "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/",
                true,
                true,
            ),
            ("https://bedrock-runtime.us-east-1.api.aws/", true, true),
            (
                "https://vpce-1-2.bedrock-runtime.us-east-1.vpce.amazonaws.com/",
                true,
                true,
            ),
            ("https://BEDROCK.cn-north-1.amazonaws.com.cn/", true, true),
            ("http://bedrock-runtime.us-east-1.amazonaws.com/", false, false),
            ("https://amazonaws.com.example.com/", false, false),
            ("https://notamazonaws.com/", false, false),
            ("https://bedrock.example.com/", false, false),
            ("http://127.0.0.1:4566/", false, false),
            ("http://169.254.170.2/v2/credentials", false, true),
            ("http://[fd00:ec2::254]/latest", false, true),
        ] {
            assert_eq!(goes(Trusted::Aws, url, true), aws, "{url}");
            assert_eq!(goes(Trusted::AwsAndThisMachine, url, true), machine, "{url}");
            assert!(goes(Trusted::Anybody, url, true), "{url}");
            assert!(goes(Trusted::Aws, url, false), "unsigned: {url}");
        }
    }
}
