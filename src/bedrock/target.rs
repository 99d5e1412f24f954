//! What the clients call: a loopback port, a service in this process, or AWS.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_bedrockruntime::config::SharedHttpClient;
use aws_smithy_http_client::tls;

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
    /// A server on loopback, `http://127.0.0.1:4566`: fixed dummy credentials, plain HTTP.
    Endpoint(String),
    /// A service in this process, without a socket: the one for virtual time.
    InProcess(Handler),
    /// The account the environment names. Costs money.
    Aws(AwsAccount),
}

/// How the credential chain is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsSettings {
    /// The profile of the configuration files, instead of `AWS_PROFILE`.
    pub profile: Option<String>,
}

/// Credentials and settings of an AWS account, as the usual chain finds them.
#[derive(Clone)]
pub struct AwsAccount(Arc<SdkConfig>);

impl AwsAccount {
    /// Reads environment, profile files and the rest of the default chain. Credentials are only
    /// asked for by the first call.
    pub async fn load(settings: &AwsSettings) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        Self(Arc::new(loader.load().await))
    }

    /// An account that nobody can sign for: for tests of what must never be sent.
    #[cfg(test)]
    pub fn nobodys() -> Self {
        Self(Arc::new(SdkConfig::builder().build()))
    }
}

impl fmt::Debug for AwsAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwsAccount").field(&self.0.region()).finish()
    }
}

impl Target {
    /// Whether calls stay on this machine.
    pub const fn is_local(&self) -> bool {
        !matches!(self, Self::Aws(_))
    }

    /// The region that environment or profile name; `None` on a local target, or where none does.
    pub fn home_region(&self) -> Option<Region> {
        match self {
            Self::Endpoint(_) | Self::InProcess(_) => None,
            Self::Aws(account) => Some(Region::from(account.0.region()?.as_ref())),
        }
    }

    /// A new transport with a pool of its own. Native root certificates are only read for AWS.
    pub(super) fn transport(&self) -> SharedHttpClient {
        let pooled = || {
            aws_smithy_http_client::Builder::new()
                .pool_idle_timeout(POOL_IDLE)
                .pool_max_idle_per_host(POOL_IDLE_CONNECTIONS)
        };
        match self {
            Self::Endpoint(_) => pooled().build_http(),
            Self::InProcess(handler) => SharedHttpClient::new(InProcess::new(handler.clone())),
            Self::Aws(_) => pooled()
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
                .build_https(),
        }
    }

    /// What every client's settings begin with: where to and who calls.
    ///
    /// Locally no credential chain: its probe of the instance metadata would wait at start-up.
    pub(super) fn base(&self) -> aws_types::sdk_config::Builder {
        let local = |url: &str| {
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .credentials_provider(SharedCredentialsProvider::new(local_credentials()))
                .endpoint_url(url)
        };
        match self {
            Self::Endpoint(url) => local(url),
            Self::InProcess(_) => local(NOWHERE),
            Self::Aws(account) => account.0.to_builder(),
        }
    }
}

fn local_credentials() -> Credentials {
    Credentials::new("AKIDBEDRILL", "local", None, None, "bedrill")
}

/// A name that resolves nowhere: a call that slips past the handler must not leave.
const NOWHERE: &str = "http://in-process.invalid";
