//! The calls of S3, between the protocol's shapes and the store.

mod listing;
mod shapes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Extensions;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket as BucketEntry, BucketLocationConstraint,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, Part as PartEntry, PutObjectInput, PutObjectOutput, Timestamp, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::Caller;
use super::store::{About, Object, Store, StoreError};
use crate::clock::{Clock, Moment};
use crate::names::Region;
use listing::Listing;
use shapes::Sums;

/// Answers the calls.
pub(super) struct Calls {
    pub store: Arc<Mutex<Store>>,
    pub clock: Clock,
}

impl Calls {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timestamp(&self, at: Moment) -> Timestamp {
        Timestamp::from(self.clock.system_time(at))
    }

    /// What a read of an object tells beside its bytes.
    fn head(&self, object: &Object, with_checksum: bool) -> Head {
        let about = object.about.clone();
        let sums = about.checksum.filter(|_| with_checksum);
        Head {
            length: object.bytes.len() as u64,
            etag: ETag::Strong(object.etag.clone()),
            modified: self.timestamp(object.modified),
            content_type: about
                .content_type
                .unwrap_or_else(|| "binary/octet-stream".to_owned()),
            metadata: about.metadata.into_iter().collect(),
            sums: Sums::of(sums),
        }
    }
}

struct Head {
    length: u64,
    etag: ETag,
    modified: Timestamp,
    content_type: String,
    metadata: std::collections::HashMap<String, String>,
    sums: Sums,
}

/// Who calls. The service puts it in; without it a request is nobody's.
fn caller(extensions: &Extensions) -> S3Result<Caller> {
    extensions
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| s3_error!(AccessDenied))
}

impl From<StoreError> for S3Error {
    fn from(problem: StoreError) -> Self {
        let code = match problem {
            StoreError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StoreError::AccessDenied => S3ErrorCode::AccessDenied,
            StoreError::BucketTaken => S3ErrorCode::BucketAlreadyExists,
            StoreError::BucketYours => S3ErrorCode::BucketAlreadyOwnedByYou,
            StoreError::NotEmpty => S3ErrorCode::BucketNotEmpty,
            StoreError::NoSuchKey => S3ErrorCode::NoSuchKey,
            StoreError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StoreError::InvalidPart => S3ErrorCode::InvalidPart,
            StoreError::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            StoreError::Full => S3ErrorCode::EntityTooLarge,
            StoreError::TooManyBuckets => S3ErrorCode::TooManyBuckets,
        };
        Self::with_message(code, problem.to_string())
    }
}

type Answer<T> = S3Result<S3Response<T>>;

#[allow(
    clippy::unnecessary_wraps,
    reason = "each call ends with it, and calls can fail"
)]
fn answered<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

/// The byte range asked for, within an object.
fn within(range: Option<s3s::dto::Range>, bytes: &Bytes) -> S3Result<(Bytes, Option<String>)> {
    let Some(range) = range else {
        return Ok((bytes.clone(), None));
    };
    let length = bytes.len() as u64;
    let span = range
        .check(length)
        .map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))?;
    let told = format!("bytes {}-{}/{length}", span.start, span.end - 1);
    Ok((bytes.slice(span.start as usize..span.end as usize), Some(told)))
}

#[async_trait::async_trait]
impl s3s::S3 for Calls {
    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> Answer<CreateBucketOutput> {
        let caller = caller(&req.extensions)?;
        let wanted = req.input.create_bucket_configuration;
        let wanted = wanted.and_then(|wanted| wanted.location_constraint);
        let region = wanted.map_or(caller.region, |wanted| Region::from(wanted.as_str()));
        let now = self.clock.now();
        self.store()
            .create(now, &req.input.bucket, &caller.account, &region)?;
        answered(CreateBucketOutput {
            location: Some(format!("/{}", req.input.bucket)),
        })
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        let caller = caller(&req.extensions)?;
        let store = self.store();
        let bucket = store.bucket(&req.input.bucket, &caller.account)?;
        answered(HeadBucketOutput {
            bucket_region: Some(bucket.region.to_string()),
            ..HeadBucketOutput::default()
        })
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        let caller = caller(&req.extensions)?;
        let store = self.store();
        let region = &store.bucket(&req.input.bucket, &caller.account)?.region;
        // The oldest region has no name here.
        let named = (*region != "us-east-1").then(|| BucketLocationConstraint::from(region.to_string()));
        answered(GetBucketLocationOutput {
            location_constraint: named,
        })
    }

    async fn list_buckets(&self, req: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        let caller = caller(&req.extensions)?;
        let store = self.store();
        let buckets = store.buckets(&caller.account).map(|(name, bucket)| BucketEntry {
            bucket_region: Some(bucket.region.to_string()),
            creation_date: Some(self.timestamp(bucket.created)),
            name: Some(name.to_owned()),
        });
        answered(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            ..ListBucketsOutput::default()
        })
    }

    async fn delete_bucket(&self, req: S3Request<DeleteBucketInput>) -> Answer<DeleteBucketOutput> {
        let caller = caller(&req.extensions)?;
        self.store().drop_bucket(&req.input.bucket, &caller.account)?;
        answered(DeleteBucketOutput {})
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let caller = caller(&req.extensions)?;
        let mut input = req.input;
        let bytes = shapes::collect(input.body.take()).await?;
        let sums = Sums::of_put(&input);
        shapes::check_md5(input.content_md5.as_deref(), &bytes)?;
        let checksum = sums.check(&bytes)?;
        let mut store = self.store();
        if input.if_none_match.is_some() && store.get(&input.bucket, &input.key, &caller.account).is_ok() {
            let words = "At least one of the pre-conditions you specified did not hold";
            return Err(s3_error!(PreconditionFailed, "{words}"));
        }
        let about = About {
            content_type: input.content_type,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            checksum: Some(checksum.clone()),
        };
        let who = (self.clock.now(), &*caller.account);
        let etag = store.put(who, (&input.bucket, &input.key), bytes, about)?;
        let sums = Sums::of(Some(checksum));
        answered(PutObjectOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: sums.crc32,
            checksum_crc32c: sums.crc32c,
            checksum_crc64nvme: sums.crc64nvme,
            checksum_sha1: sums.sha1,
            checksum_sha256: sums.sha256,
            ..PutObjectOutput::default()
        })
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let store = self.store();
        let object = store.get(&input.bucket, &input.key, &caller.account)?;
        let (bytes, content_range) = within(input.range, &object.bytes)?;
        // A checksum is of the whole.
        let head = self.head(object, input.checksum_mode.is_some() && content_range.is_none());
        answered(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(bytes.len()).ok(),
            content_range,
            body: Some(s3s::Body::from(bytes).into()),
            e_tag: Some(head.etag),
            last_modified: Some(head.modified),
            content_type: head.content_type.parse().ok(),
            metadata: Some(head.metadata),
            checksum_crc32: head.sums.crc32,
            checksum_crc32c: head.sums.crc32c,
            checksum_crc64nvme: head.sums.crc64nvme,
            checksum_sha1: head.sums.sha1,
            checksum_sha256: head.sums.sha256,
            ..GetObjectOutput::default()
        })
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let caller = caller(&req.extensions)?;
        let store = self.store();
        let object = store.get(&req.input.bucket, &req.input.key, &caller.account)?;
        let head = self.head(object, req.input.checksum_mode.is_some());
        answered(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(head.length).ok(),
            e_tag: Some(head.etag),
            last_modified: Some(head.modified),
            content_type: head.content_type.parse().ok(),
            metadata: Some(head.metadata),
            checksum_crc32: head.sums.crc32,
            checksum_crc32c: head.sums.crc32c,
            checksum_crc64nvme: head.sums.crc64nvme,
            checksum_sha1: head.sums.sha1,
            checksum_sha256: head.sums.sha256,
            ..HeadObjectOutput::default()
        })
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        let caller = caller(&req.extensions)?;
        self.store()
            .delete(&req.input.bucket, &req.input.key, &caller.account)?;
        answered(DeleteObjectOutput::default())
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let quiet = input.delete.quiet.unwrap_or_default();
        let mut store = self.store();
        let mut deleted = Vec::new();
        for wanted in input.delete.objects {
            store.delete(&input.bucket, &wanted.key, &caller.account)?;
            if !quiet {
                deleted.push(DeletedObject {
                    key: Some(wanted.key),
                    ..DeletedObject::default()
                });
            }
        }
        answered(DeleteObjectsOutput {
            deleted: Some(deleted),
            ..DeleteObjectsOutput::default()
        })
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let after = match &input.continuation_token {
            Some(token) => Some(listing::after(token)?),
            None => input.start_after.clone(),
        };
        let store = self.store();
        let bucket = store.bucket(&input.bucket, &caller.account)?;
        let listing = Listing {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|text| !text.is_empty()),
            after: after.as_deref(),
            most: input.max_keys,
        };
        let page = listing.page(bucket, |at| self.timestamp(at));
        answered(ListObjectsV2Output {
            key_count: i32::try_from(page.contents.len() + page.prefixes.len()).ok(),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_deref().map(listing::token),
            contents: Some(page.contents),
            common_prefixes: Some(page.prefixes),
            name: Some(input.bucket),
            prefix: input.prefix,
            max_keys: Some(page.most),
            continuation_token: input.continuation_token,
            delimiter: input.delimiter,
            encoding_type: None,
            start_after: input.start_after,
            ..ListObjectsV2Output::default()
        })
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let store = self.store();
        let bucket = store.bucket(&input.bucket, &caller.account)?;
        let listing = Listing {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|text| !text.is_empty()),
            after: input.marker.as_deref(),
            most: input.max_keys,
        };
        let page = listing.page(bucket, |at| self.timestamp(at));
        answered(ListObjectsOutput {
            is_truncated: Some(page.next.is_some()),
            next_marker: page.next,
            contents: Some(page.contents),
            common_prefixes: Some(page.prefixes),
            name: Some(input.bucket),
            prefix: input.prefix,
            marker: input.marker,
            max_keys: Some(page.most),
            delimiter: input.delimiter,
            ..ListObjectsOutput::default()
        })
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        // The checksum of a whole that comes in parts is not kept.
        let about = About {
            content_type: input.content_type,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            checksum: None,
        };
        let id = self
            .store()
            .begin(&input.bucket, &input.key, &caller.account, about)?;
        answered(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: input.checksum_type,
            ..CreateMultipartUploadOutput::default()
        })
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let caller = caller(&req.extensions)?;
        let mut input = req.input;
        let bytes = shapes::collect(input.body.take()).await?;
        let number = u32::try_from(input.part_number)
            .ok()
            .filter(|number| (1..=10_000).contains(number))
            .ok_or_else(|| {
                s3_error!(
                    InvalidArgument,
                    "Part number must be an integer between 1 and 10000, inclusive"
                )
            })?;
        let sums = Sums::of_part(&input);
        shapes::check_md5(input.content_md5.as_deref(), &bytes)?;
        let checksum = sums.check(&bytes)?;
        let upload = (
            input.bucket.as_str(),
            input.key.as_str(),
            input.upload_id.as_str(),
        );
        let etag = self.store().part(upload, &caller.account, number, bytes)?;
        let sums = Sums::of(Some(checksum));
        answered(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: sums.crc32,
            checksum_crc32c: sums.crc32c,
            checksum_crc64nvme: sums.crc64nvme,
            checksum_sha1: sums.sha1,
            checksum_sha256: sums.sha256,
            ..UploadPartOutput::default()
        })
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let upload = (
            input.bucket.as_str(),
            input.key.as_str(),
            input.upload_id.as_str(),
        );
        let parts = self.store().parts(upload, &caller.account)?;
        let entry = |(number, size, etag): (u32, u64, String)| PartEntry {
            e_tag: Some(ETag::Strong(etag)),
            part_number: i32::try_from(number).ok(),
            size: i64::try_from(size).ok(),
            ..PartEntry::default()
        };
        answered(ListPartsOutput {
            parts: Some(parts.into_iter().map(entry).collect()),
            is_truncated: Some(false),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        })
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts);
        let wanted: Vec<(u32, Option<String>)> = parts
            .unwrap_or_default()
            .into_iter()
            .map(|part| {
                let number = part.part_number.and_then(|number| u32::try_from(number).ok());
                (
                    number.unwrap_or_default(),
                    part.e_tag.map(|etag| etag.value().to_owned()),
                )
            })
            .collect();
        let upload = (
            input.bucket.as_str(),
            input.key.as_str(),
            input.upload_id.as_str(),
        );
        let etag = self
            .store()
            .complete(self.clock.now(), upload, &caller.account, &wanted)?;
        answered(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(etag)),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        let caller = caller(&req.extensions)?;
        let input = req.input;
        let upload = (
            input.bucket.as_str(),
            input.key.as_str(),
            input.upload_id.as_str(),
        );
        self.store().abort(upload, &caller.account)?;
        answered(AbortMultipartUploadOutput::default())
    }
}
