//! Buckets, objects and unfinished uploads, in memory. Pure: the moment of a change is handed in.
//!
//! One store for all accounts, as bucket names are everybody's. It never holds more than
//! [`Store::MOST_BYTES`]: what would not fit is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use thiserror::Error;

use crate::clock::Moment;
use crate::names::Region;

/// Why a store refuses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// No bucket of that name.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// The bucket is another account's.
    #[error("Access Denied")]
    AccessDenied,
    /// The name is taken by another account.
    #[error(
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. \
         Please select a different name and try again."
    )]
    BucketTaken,
    /// The account has the bucket already.
    #[error("Your previous request to create the named bucket succeeded and you already own it.")]
    BucketYours,
    /// There are objects or uploads in the bucket.
    #[error("The bucket you tried to delete is not empty")]
    NotEmpty,
    /// No object of that key.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// No upload of that identifier.
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
         or completed."
    )]
    NoSuchUpload,
    /// A part that was not uploaded, or another than was uploaded.
    #[error(
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
         specified entity tag may not match the part's entity tag."
    )]
    InvalidPart,
    /// Parts out of order.
    #[error(
        "The list of parts was not in ascending order. The parts list must be specified in order by part number."
    )]
    InvalidPartOrder,
    /// The emulator's bound.
    #[error("the emulator keeps at most 256 MiB of objects: delete some, or bring smaller files")]
    Full,
    /// The emulator's bound.
    #[error("the emulator keeps at most 1,000 buckets: delete some")]
    TooManyBuckets,
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it holds.
    pub bytes: Bytes,
    /// Its entity tag, without quotes: MD5 in hexadecimal, of parts with their number behind it.
    pub etag: String,
    /// When it was put.
    pub modified: Moment,
    /// What its owner says of it.
    pub about: About,
}

/// What a caller says of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its media type.
    pub content_type: Option<String>,
    /// Metadata of the caller's own.
    pub metadata: BTreeMap<String, String>,
    /// The checksum it came with: algorithm, as the service spells it, and value in base64.
    pub checksum: Option<(String, String)>,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// The account it belongs to.
    pub owner: Arc<str>,
    /// Where it is.
    pub region: Region,
    /// Since when.
    pub created: Moment,
    objects: BTreeMap<String, Object>,
}

impl Bucket {
    /// Its objects, in the order of their keys.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.objects.iter().map(|(key, object)| (key.as_str(), object))
    }
}

/// An upload in parts.
#[derive(Clone, Debug)]
struct Upload {
    bucket: String,
    key: String,
    about: About,
    parts: BTreeMap<u32, Part>,
}

#[derive(Clone, Debug)]
struct Part {
    bytes: Bytes,
    etag: String,
}

/// All there is in S3.
#[derive(Debug, Default)]
pub struct Store {
    buckets: BTreeMap<String, Bucket>,
    uploads: BTreeMap<String, Upload>,
    held: u64,
    uploads_made: u64,
}

impl Store {
    /// Bytes it holds at most, objects and parts together.
    pub const MOST_BYTES: u64 = 256 << 20;
    const MOST_BUCKETS: usize = 1_000;
    /// What an object or a part counts for beside its bytes, so that their number is bounded too.
    const EACH: u64 = 1_024;

    /// Makes a bucket.
    pub fn create(
        &mut self,
        now: Moment,
        name: &str,
        owner: &Arc<str>,
        region: &Region,
    ) -> Result<(), StoreError> {
        match self.buckets.get(name) {
            Some(bucket) if bucket.owner == *owner => return Err(StoreError::BucketYours),
            Some(_) => return Err(StoreError::BucketTaken),
            None if self.buckets.len() >= Self::MOST_BUCKETS => return Err(StoreError::TooManyBuckets),
            None => {}
        }
        let bucket = Bucket {
            owner: Arc::clone(owner),
            region: region.clone(),
            created: now,
            objects: BTreeMap::new(),
        };
        self.buckets.insert(name.to_owned(), bucket);
        Ok(())
    }

    /// Takes an empty bucket away.
    pub fn drop_bucket(&mut self, name: &str, account: &str) -> Result<(), StoreError> {
        let bucket = self.bucket(name, account)?;
        let is_uploaded_to = self.uploads.values().any(|upload| upload.bucket == name);
        if !bucket.objects.is_empty() || is_uploaded_to {
            return Err(StoreError::NotEmpty);
        }
        self.buckets.remove(name);
        Ok(())
    }

    /// An account's buckets, in the order of their names.
    pub fn buckets(&self, account: &str) -> impl Iterator<Item = (&str, &Bucket)> {
        self.buckets
            .iter()
            .filter(move |(_, bucket)| &*bucket.owner == account)
            .map(|(name, bucket)| (name.as_str(), bucket))
    }

    /// A bucket, for its owner.
    pub fn bucket(&self, name: &str, account: &str) -> Result<&Bucket, StoreError> {
        let bucket = self.buckets.get(name).ok_or(StoreError::NoSuchBucket)?;
        if &*bucket.owner == account {
            Ok(bucket)
        } else {
            Err(StoreError::AccessDenied)
        }
    }

    /// Puts an object; one of the same key is replaced. Gives its entity tag.
    pub fn put(
        &mut self,
        (now, account): (Moment, &str),
        (bucket, key): (&str, &str),
        bytes: Bytes,
        about: About,
    ) -> Result<String, StoreError> {
        let before = self.bucket(bucket, account)?.objects.get(key);
        let before = before.map_or(0, |object| weight(&object.bytes));
        self.make_room(before, weight(&bytes))?;
        let etag = super::digest::md5(&bytes);
        let object = Object {
            bytes,
            etag: etag.clone(),
            modified: now,
            about,
        };
        self.set(bucket, key, object);
        Ok(etag)
    }

    /// An object.
    pub fn get(&self, bucket: &str, key: &str, account: &str) -> Result<&Object, StoreError> {
        let bucket = self.bucket(bucket, account)?;
        bucket.objects.get(key).ok_or(StoreError::NoSuchKey)
    }

    /// Deletes an object; there need not be one.
    pub fn delete(&mut self, bucket: &str, key: &str, account: &str) -> Result<(), StoreError> {
        self.bucket(bucket, account)?;
        let objects = self.buckets.get_mut(bucket).map(|bucket| &mut bucket.objects);
        if let Some(object) = objects.and_then(|objects| objects.remove(key)) {
            self.held -= weight(&object.bytes);
        }
        Ok(())
    }

    /// Begins an upload in parts. Gives its identifier.
    pub fn begin(
        &mut self,
        bucket: &str,
        key: &str,
        account: &str,
        about: About,
    ) -> Result<String, StoreError> {
        self.bucket(bucket, account)?;
        self.make_room(0, Self::EACH)?;
        self.uploads_made += 1;
        let id = super::digest::md5(format!("{bucket}/{key}/{}", self.uploads_made).as_bytes());
        let upload = Upload {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            about,
            parts: BTreeMap::new(),
        };
        self.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    /// Takes a part; one of the same number is replaced. Gives its entity tag.
    pub fn part(
        &mut self,
        (bucket, key, id): (&str, &str, &str),
        account: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<String, StoreError> {
        let upload = self.upload((bucket, key, id), account)?;
        let before = upload.parts.get(&number).map_or(0, |part| weight(&part.bytes));
        self.make_room(before, weight(&bytes))?;
        let etag = super::digest::md5(&bytes);
        let part = Part {
            bytes,
            etag: etag.clone(),
        };
        if let Some(upload) = self.uploads.get_mut(id) {
            upload.parts.insert(number, part);
        }
        Ok(etag)
    }

    /// Puts the parts of an upload together, in this order. Gives the object's entity tag.
    pub fn complete(
        &mut self,
        now: Moment,
        (bucket, key, id): (&str, &str, &str),
        account: &str,
        wanted: &[(u32, Option<String>)],
    ) -> Result<String, StoreError> {
        let upload = self.upload((bucket, key, id), account)?;
        if !wanted.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(StoreError::InvalidPartOrder);
        }
        let mut whole = BytesMut::new();
        let mut tags = Vec::new();
        for (number, etag) in wanted {
            let part = upload.parts.get(number).ok_or(StoreError::InvalidPart)?;
            if etag.as_ref().is_some_and(|etag| *etag != part.etag) {
                return Err(StoreError::InvalidPart);
            }
            whole.extend_from_slice(&part.bytes);
            tags.extend(super::digest::from_hex(&part.etag));
        }
        if wanted.is_empty() {
            return Err(StoreError::InvalidPart);
        }
        let etag = format!("{}-{}", super::digest::md5(&tags), wanted.len());
        let about = upload.about.clone();
        // Its parts are counted out first: they and the whole are never kept together.
        self.abort((bucket, key, id), account)?;
        let before = self.bucket(bucket, account)?.objects.get(key);
        let before = before.map_or(0, |object| weight(&object.bytes));
        let object = Object {
            bytes: whole.freeze(),
            etag: etag.clone(),
            modified: now,
            about,
        };
        self.make_room(before, weight(&object.bytes))?;
        self.set(bucket, key, object);
        Ok(etag)
    }

    /// Throws an upload away.
    pub fn abort(&mut self, upload: (&str, &str, &str), account: &str) -> Result<(), StoreError> {
        self.upload(upload, account)?;
        if let Some(upload) = self.uploads.remove(upload.2) {
            let parts: u64 = upload.parts.values().map(|part| weight(&part.bytes)).sum();
            self.held -= parts + Self::EACH;
        }
        Ok(())
    }

    /// The parts of an upload, in the order of their numbers: number, size, entity tag.
    pub fn parts(
        &self,
        upload: (&str, &str, &str),
        account: &str,
    ) -> Result<Vec<(u32, u64, String)>, StoreError> {
        let upload = self.upload(upload, account)?;
        let told = |(number, part): (&u32, &Part)| (*number, part.bytes.len() as u64, part.etag.clone());
        Ok(upload.parts.iter().map(told).collect())
    }

    fn upload(&self, (bucket, key, id): (&str, &str, &str), account: &str) -> Result<&Upload, StoreError> {
        self.bucket(bucket, account)?;
        let upload = self.uploads.get(id).ok_or(StoreError::NoSuchUpload)?;
        if upload.bucket == bucket && upload.key == key {
            Ok(upload)
        } else {
            Err(StoreError::NoSuchUpload)
        }
    }

    fn set(&mut self, bucket: &str, key: &str, object: Object) {
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.objects.insert(key.to_owned(), object);
        }
    }

    /// Counts what comes and what it replaces, if there is room.
    fn make_room(&mut self, before: u64, after: u64) -> Result<(), StoreError> {
        let held = self.held - before + after;
        if held > Self::MOST_BYTES {
            return Err(StoreError::Full);
        }
        self.held = held;
        Ok(())
    }
}

fn weight(bytes: &Bytes) -> u64 {
    bytes.len() as u64 + Store::EACH
}

#[cfg(test)]
mod tests;
