//! Checksums and bodies, between the protocol's shapes and plain values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use s3s::dto::{PutObjectInput, StreamingBlob, UploadPartInput};
use s3s::{S3Result, s3_error};

use crate::emulator::s3::digest;

/// The checksum members that many shapes have.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// CRC32.
    pub crc32: Option<String>,
    /// CRC32C.
    pub crc32c: Option<String>,
    /// CRC64NVME.
    pub crc64nvme: Option<String>,
    /// SHA1.
    pub sha1: Option<String>,
    /// SHA256.
    pub sha256: Option<String>,
}

impl Sums {
    /// The members for one checksum.
    pub fn of(checksum: Option<(String, String)>) -> Self {
        let mut sums = Self::default();
        if let Some((algorithm, value)) = checksum {
            match algorithm.as_str() {
                "CRC32" => sums.crc32 = Some(value),
                "CRC32C" => sums.crc32c = Some(value),
                "CRC64NVME" => sums.crc64nvme = Some(value),
                "SHA1" => sums.sha1 = Some(value),
                "SHA256" => sums.sha256 = Some(value),
                _ => {}
            }
        }
        sums
    }

    /// Those an object comes with.
    pub fn of_put(input: &PutObjectInput) -> Self {
        Self {
            crc32: input.checksum_crc32.clone(),
            crc32c: input.checksum_crc32c.clone(),
            crc64nvme: input.checksum_crc64nvme.clone(),
            sha1: input.checksum_sha1.clone(),
            sha256: input.checksum_sha256.clone(),
        }
    }

    /// Those a part comes with.
    pub fn of_part(input: &UploadPartInput) -> Self {
        Self {
            crc32: input.checksum_crc32.clone(),
            crc32c: input.checksum_crc32c.clone(),
            crc64nvme: input.checksum_crc64nvme.clone(),
            sha1: input.checksum_sha1.clone(),
            sha256: input.checksum_sha256.clone(),
        }
    }

    /// Compares what came with what was said. Gives the checksum to keep: the one given, else the
    /// service's usual one.
    pub fn check(&self, bytes: &Bytes) -> S3Result<(String, String)> {
        let given = [
            ("CRC32", &self.crc32),
            ("CRC32C", &self.crc32c),
            ("CRC64NVME", &self.crc64nvme),
            ("SHA1", &self.sha1),
            ("SHA256", &self.sha256),
        ];
        let mut kept = None;
        for (algorithm, given) in given {
            let Some(given) = given else { continue };
            if digest::checksum(algorithm, bytes).as_ref() != Some(given) {
                return Err(s3_error!(
                    BadDigest,
                    "The {algorithm} you specified did not match the calculated checksum."
                ));
            }
            kept = Some((algorithm.to_owned(), given.clone()));
        }
        Ok(kept.unwrap_or_else(|| {
            let usual = digest::checksum("CRC64NVME", bytes).unwrap_or_default();
            ("CRC64NVME".to_owned(), usual)
        }))
    }
}

/// Compares a body with its `Content-MD5`.
pub fn check_md5(given: Option<&str>, bytes: &Bytes) -> S3Result<()> {
    let Some(given) = given else { return Ok(()) };
    if STANDARD.encode(digest::from_hex(&digest::md5(bytes))) == given {
        Ok(())
    } else {
        Err(s3_error!(
            BadDigest,
            "The Content-MD5 you specified did not match what we received."
        ))
    }
}

/// A body, whole. The connection has bounded it.
pub async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut whole = BytesMut::new();
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| s3_error!(IncompleteBody))?;
            whole.extend_from_slice(&chunk);
        }
    }
    Ok(whole.freeze())
}
