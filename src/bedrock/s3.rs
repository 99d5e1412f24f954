//! A bucket of S3, for what batch jobs read and write.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::primitives::{AggregatedBytes, ByteStream};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier};
use aws_smithy_types::timeout::TimeoutConfig;

use super::client::Clients;
use super::control::jobs::CallProblem;
use crate::names::Region;

/// A file of a job can be large: it has this long to go up or come down.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Objects that one call deletes at most.
const MOST_DELETED: usize = 1_000;

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    name: String,
    region: Region,
}

impl Clients {
    /// A bucket of a region, over the pool of this runtime. Nothing is called yet.
    pub fn bucket(&self, region: &Region, name: &str) -> Bucket {
        let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
        let config = Builder::from(&self.sdk_config(region))
            .timeout_config(timeouts)
            // Where it is not AWS there is one host for all buckets.
            .force_path_style(self.plan().target.has_one_host());
        Bucket {
            client: Client::from_conf(config.build()),
            name: name.to_owned(),
            region: region.clone(),
        }
    }
}

impl Bucket {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes it, unless the account has it. Whether it was made now.
    pub async fn make(&self) -> Result<bool, CallProblem> {
        if self.client.head_bucket().bucket(&self.name).send().await.is_ok() {
            return Ok(false);
        }
        // The oldest region has no name here.
        let elsewhere = (self.region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(self.region.as_str()))
                .build()
        });
        let call = self.client.create_bucket().bucket(&self.name);
        let made = call.set_create_bucket_configuration(elsewhere).send().await;
        made.map(|_| true)
            .map_err(|problem| CallProblem::of("CreateBucket", &problem))
    }

    /// Puts an object.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), CallProblem> {
        let call = self.client.put_object().bucket(&self.name).key(key);
        let put = call.body(ByteStream::from(bytes)).send().await;
        put.map(|_| ())
            .map_err(|problem| CallProblem::of("PutObject", &problem))
    }

    /// An object, whole.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, CallProblem> {
        let call = self.client.get_object().bucket(&self.name).key(key);
        let got = call
            .send()
            .await
            .map_err(|problem| CallProblem::of("GetObject", &problem))?;
        let bytes = got.body.collect().await;
        bytes
            .map(AggregatedBytes::to_vec)
            .map_err(|problem| CallProblem::broken("GetObject", &problem))
    }

    /// The keys beneath a folder, in their order.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, CallProblem> {
        let call = self.client.list_objects_v2().bucket(&self.name).prefix(folder);
        let mut pages = call.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|problem| CallProblem::of("ListObjectsV2", &problem))?;
            let found = page.contents().iter().filter_map(|object| object.key());
            keys.extend(found.map(str::to_owned));
        }
        Ok(keys)
    }

    /// Deletes these objects, and no others.
    pub async fn delete(&self, keys: &[String]) -> Result<(), CallProblem> {
        for keys in keys.chunks(MOST_DELETED) {
            let named = keys
                .iter()
                .filter_map(|key| ObjectIdentifier::builder().key(key).build().ok());
            let wanted = Delete::builder()
                .set_objects(Some(named.collect()))
                .quiet(true)
                .build();
            let wanted = wanted.map_err(|problem| CallProblem::broken("DeleteObjects", &problem))?;
            let call = self.client.delete_objects().bucket(&self.name).delete(wanted);
            call.send()
                .await
                .map_err(|problem| CallProblem::of("DeleteObjects", &problem))?;
        }
        Ok(())
    }

    /// Takes the bucket away, if it is empty.
    pub async fn remove(&self) -> Result<(), CallProblem> {
        let removed = self.client.delete_bucket().bucket(&self.name).send().await;
        removed
            .map(|_| ())
            .map_err(|problem| CallProblem::of("DeleteBucket", &problem))
    }
}
