//! The SDK's standard retries: which version, and whose retry quota.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_types::retry::RetryConfig;

use crate::names::{ModelRef, PatternKey, Region};

/// A version of the AWS SDKs' standard retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetrySpec {
    /// First back-off up to 1 s for every kind of failure.
    V2_0,
    /// Up to 50 ms, or 1 s for throttles; the default of the SDKs since 2026-11-10.
    V2_1,
}

impl RetrySpec {
    /// The SDK's settings for so many attempts.
    pub(super) fn config(self, attempts: u32) -> RetryConfig {
        // Hidden from the SDK's docs but public; without it the behaviour version decides.
        let spec = match self {
            Self::V2_0 => aws_smithy_types::retry::RetrySpec::v2_0(),
            Self::V2_1 => aws_smithy_types::retry::RetrySpec::v2_1(),
        };
        RetryConfig::standard()
            .with_max_attempts(attempts.max(1))
            .with_retry_spec(spec)
    }

    /// The retry quota as the version defines it. A bucket of one's own keeps the costs of 2.0
    /// unless they are set, so they are set.
    fn bucket(self) -> TokenBucket {
        let builder = TokenBucket::builder().capacity(500);
        match self {
            Self::V2_0 => builder
                .retry_cost(5)
                .throttling_retry_cost(5)
                .timeout_retry_cost(10),
            Self::V2_1 => builder
                .retry_cost(14)
                .throttling_retry_cost(5)
                .timeout_retry_cost(14),
        }
        .build()
    }
}

/// The retry quotas of one drill: one for each pattern, region, target and version, shared by the
/// clients of all its runtimes. Left to itself the SDK keeps one for each region and process, and
/// an earlier drill would change a later one.
#[derive(Clone, Debug, Default)]
pub struct Partitions {
    made: Arc<Mutex<BTreeMap<PartitionKey, RetryPartition>>>,
}

type PartitionKey = (PatternKey, Region, ModelRef, RetrySpec);

impl Partitions {
    /// The quota for calls of a pattern to a target in a region; made at the first call.
    pub(super) fn get(
        &self,
        pattern: &PatternKey,
        region: &Region,
        target: &ModelRef,
        spec: RetrySpec,
    ) -> RetryPartition {
        let key = (pattern.clone(), region.clone(), target.clone(), spec);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(key)
            .or_insert_with(|| {
                RetryPartition::custom(format!("bedrill-{pattern}-{region}-{target}"))
                    .token_bucket(spec.bucket())
                    .build()
            })
            .clone()
    }
}
