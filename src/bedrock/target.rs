//! What the clients call: the embedded emulator, an endpoint that is not ours, or AWS.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_bedrockruntime::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{ConnectorBuilder, tls};
use aws_types::region::Region as SdkRegion;

use super::destination::{self, Trusted};
use super::http::is_loopback;
use super::in_process::{Handler, InProcess};
use crate::names::Region;

/// Idle connections live this long. The SDK's 90 s would hold a descriptor at each end long after
/// a burst of streams.
const POOL_IDLE: Duration = Duration::from_secs(15);
/// Idle connections kept to one host.
const POOL_IDLE_CONNECTIONS: usize = 512;

/// What the clients call.
#[derive(Clone, Debug)]
pub enum Target {
    /// The embedded emulator on loopback, `http://127.0.0.1:4566`: fixed dummy credentials, plain HTTP.
    Endpoint(String),
    /// A service in this process, without a socket: the one for virtual time.
    InProcess(Handler),
    /// An endpoint that is not ours. Whether it costs money, nobody knows.
    Url(UrlTarget),
    /// The account the environment names. Costs money.
    Aws(AwsAccount),
}

/// An endpoint that is not ours, for every service.
#[derive(Clone, Debug)]
pub struct UrlTarget {
    /// `https://bedrock.example.com`.
    pub url: String,
    /// Whose credentials are sent there; `None`: the fixed dummy ones.
    pub account: Option<AwsAccount>,
}

/// How the credential chain is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsSettings {
    /// The profile of the configuration files, instead of `AWS_PROFILE`.
    pub profile: Option<String>,
    /// Send real credentials wherever calls go, a plaintext or unknown host included.
    pub send_credentials: bool,
}

/// Credentials and settings of an AWS account, as the usual chain finds them.
#[derive(Clone)]
pub struct AwsAccount {
    config: Arc<SdkConfig>,
    trusted: Trusted,
}

impl AwsAccount {
    /// Reads environment, profile files and the rest of the default chain: keys, SSO, web identity,
    /// assumed roles, container and instance roles, bearer keys (which are Bedrock's alone), FIPS and
    /// dual-stack flags, endpoint URLs, proxies. Credentials are only asked for by the first call.
    pub async fn load(settings: &AwsSettings) -> Self {
        let trusted = if settings.send_credentials {
            Trusted::Anybody
        } else {
            Trusted::Aws
        };
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(destination::guarded(https(), Trusted::AwsAndThisMachine));
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        Self {
            config: Arc::new(loader.load().await),
            trusted,
        }
    }

    /// Where calls go, if not to the service's own host names: endpoint URLs of environment and
    /// profile, and the FIPS and dual-stack flags, each in a line.
    pub fn detours(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .config
            .endpoint_url()
            .map(|url| format!("every service: {url}"))
            .into_iter()
            .collect();
        if let Some(env) = self.config.service_config() {
            for service in [
                "Bedrock Runtime",
                "Bedrock",
                "CloudWatch",
                "Service Quotas",
                "STS",
                "S3",
            ] {
                let key = aws_types::service_config::ServiceConfigKey::builder()
                    .service_id(service)
                    .env("AWS_ENDPOINT_URL")
                    .profile("endpoint_url")
                    .build();
                let url = key.ok().and_then(|key| env.load_config(key));
                lines.extend(url.map(|url| format!("{service}: {url}")));
            }
        }
        if self.config.use_fips() == Some(true) {
            lines.push("FIPS endpoints".to_owned());
        }
        if self.config.use_dual_stack() == Some(true) {
            lines.push("dual-stack endpoints".to_owned());
        }
        lines
    }

    /// Whether a bearer key of Bedrock's stands in the environment. It opens nothing else, STS included.
    pub fn has_bearer_key() -> bool {
        std::env::var_os("AWS_BEARER_TOKEN_BEDROCK").is_some_and(|key| !key.is_empty())
    }

    /// An account that nobody can sign for: for tests of what must never be sent.
    #[cfg(test)]
    pub fn nobodys() -> Self {
        Self {
            config: Arc::new(SdkConfig::builder().build()),
            trusted: Trusted::Aws,
        }
    }
}

impl fmt::Debug for AwsAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwsAccount")
            .field(&self.config.region().map(SdkRegion::as_ref))
            .finish()
    }
}

impl Target {
    /// Whether it is the embedded emulator, whose clock is the run's and which charges nothing.
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Endpoint(_) | Self::InProcess(_))
    }

    /// Whether one host stands for all buckets of S3.
    pub(super) const fn has_one_host(&self) -> bool {
        !matches!(self, Self::Aws(_))
    }

    /// The region that environment or profile name; `None` on a local target, or where none does.
    pub fn home_region(&self) -> Option<Region> {
        let account = match self {
            Self::Endpoint(_) | Self::InProcess(_) => None,
            Self::Url(url) => url.account.as_ref(),
            Self::Aws(account) => Some(account),
        };
        Some(Region::from(account?.config.region()?.as_ref()))
    }

    /// A new transport with a pool of its own. Native root certificates are only read for HTTPS.
    /// Proxies of the environment hold but for this machine. No redirect is ever followed.
    pub(super) fn transport(&self) -> SharedHttpClient {
        match self {
            Self::Endpoint(_) => pooled().build_http(),
            Self::Url(target) if is_loopback(&target.url) && target.url.starts_with("http://") => {
                pooled().build_http()
            }
            Self::InProcess(handler) => SharedHttpClient::new(InProcess::new(handler.clone())),
            // With an account, somebody has said that it may go there.
            Self::Url(_) => https(),
            Self::Aws(account) => destination::guarded(https(), account.trusted),
        }
    }

    /// What every client's settings begin with: where to and who calls.
    ///
    /// Locally no credential chain: its probe of the instance metadata would wait at start-up.
    pub(super) fn base(&self) -> aws_types::sdk_config::Builder {
        let dummy = |url: &str| {
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .credentials_provider(SharedCredentialsProvider::new(local_credentials()))
                .endpoint_url(url)
        };
        match self {
            Self::InProcess(_) => dummy(NOWHERE),
            Self::Endpoint(url) | Self::Url(UrlTarget { url, account: None }) => dummy(url),
            Self::Url(UrlTarget {
                url,
                account: Some(account),
            }) => account.config.to_builder().endpoint_url(url),
            Self::Aws(account) => account.config.to_builder(),
        }
    }
}

fn pooled() -> aws_smithy_http_client::Builder {
    aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_IDLE_CONNECTIONS)
}

/// HTTPS, and plain HTTP too, through the proxies of the environment: HTTPS_PROXY, HTTP_PROXY,
/// ALL_PROXY, NO_PROXY, in capitals or not.
fn https() -> SharedHttpClient {
    pooled().build_with_connector_fn(|settings, components| {
        let mut builder = ConnectorBuilder::default()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .proxy_config(ProxyConfig::from_env())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_IDLE_CONNECTIONS);
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.build()
    })
}

fn local_credentials() -> Credentials {
    Credentials::new("AKIDBEDRILL", "local", None, None, "bedrill")
}

/// A name that resolves nowhere: a call that slips past the handler must not leave.
const NOWHERE: &str = "http://in-process.invalid";
