//! Lists of a bucket's objects, page by page, folders folded.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::{CommonPrefix, ETag, Object as Entry, ObjectStorageClass, Timestamp};
use s3s::{S3Result, s3_error};

use crate::clock::Moment;
use crate::emulator::s3::store::Bucket;

/// Keys on a page, at most.
const MOST: i32 = 1_000;

/// What is to be listed.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// Keys are folded up to this, behind the prefix.
    pub delimiter: Option<&'a str>,
    /// Only what comes after.
    pub after: Option<&'a str>,
    /// Keys and folders on the page.
    pub most: Option<i32>,
}

/// A page.
pub struct Page {
    /// Objects.
    pub contents: Vec<Entry>,
    /// Folders.
    pub prefixes: Vec<CommonPrefix>,
    /// The last thing on the page, where more comes.
    pub next: Option<String>,
    /// How many it may hold.
    pub most: i32,
}

impl Listing<'_> {
    /// The page.
    pub fn page(&self, bucket: &Bucket, timestamp: impl Fn(Moment) -> Timestamp) -> Page {
        let mut page = Page {
            contents: Vec::new(),
            prefixes: Vec::new(),
            next: None,
            most: self.most.unwrap_or(MOST).clamp(0, MOST),
        };
        let mut last: Option<String> = None;
        for (key, object) in bucket.objects().filter(|(key, _)| key.starts_with(self.prefix)) {
            let folder = self.delimiter.and_then(|delimiter| {
                let end = key[self.prefix.len()..].find(delimiter)? + self.prefix.len() + delimiter.len();
                Some(&key[..end])
            });
            let name = folder.unwrap_or(key);
            let is_past = self.after.is_some_and(|after| name <= after);
            if is_past || last.as_deref() == Some(name) {
                continue;
            }
            if page.contents.len() + page.prefixes.len() >= page.most as usize {
                page.next = last.filter(|_| page.most > 0);
                return page;
            }
            if folder.is_some() {
                page.prefixes.push(CommonPrefix {
                    prefix: Some(name.to_owned()),
                });
            } else {
                page.contents.push(Entry {
                    e_tag: Some(ETag::Strong(object.etag.clone())),
                    key: Some(key.to_owned()),
                    last_modified: Some(timestamp(object.modified)),
                    size: i64::try_from(object.bytes.len()).ok(),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                    ..Entry::default()
                });
            }
            last = Some(name.to_owned());
        }
        page
    }
}

/// The token of the page after a key.
pub fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

/// The key a token stands for.
pub fn after(token: &str) -> S3Result<String> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}
