//! Verifies AWS Signature Version 4: signed headers, presigned queries, and uploads signed in chunks.
//!
//! Pure: a request, the secret and the service's time in, a verdict out. Hashing and the signature
//! itself are `aws-sigv4`'s and `s3s`'s; what is built here is the canonical request, by the rules of
//! "Create a signed AWS API request" (IAM User Guide). Nothing here keeps or prints a secret.

mod canonical;
mod chunks;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use http::request::Parts;
use jiff::Timestamp;
use s3s::crypto::{Checksum as _, Sha256};

use canonical::{Claim, canonical_request, claim};

/// Requests dated further off than this are refused; S3 gives three times as long.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// The longest a presigned address may hold.
const LONGEST: u64 = 604_800;

/// Secrets by access key. Empty: signatures are not looked at.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SigningKeys(BTreeMap<String, String>);

impl SigningKeys {
    /// Keys with their secrets.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret of a key.
    pub fn secret(&self, access_key: &str) -> Option<&str> {
        self.0.get(access_key).map(String::as_str)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({} keys)", self.0.len())
    }
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forged {
    /// It is another's, or of another request.
    Mismatch,
    /// It is dated too far off, or its address has run out; in the service's words.
    Stale(String),
    /// The body is not the one that was signed.
    Body,
}

/// Whether a request was signed with a secret. `now` is the service's time.
pub fn verify(parts: &Parts, body: &[u8], secret: &str, now: Timestamp) -> Result<(), Forged> {
    let claim = claim(parts).ok_or(Forged::Mismatch)?;
    check_date(&claim, now)?;
    let payload = payload(parts, body, &claim)?;
    let request = canonical_request(parts, &claim, &payload).ok_or(Forged::Mismatch)?;
    let since = u64::try_from(claim.date.as_second()).map_err(|_| Forged::Mismatch)?;
    let signed_at = SystemTime::UNIX_EPOCH + Duration::from_secs(since);
    let key = generate_signing_key(secret, signed_at, claim.region, claim.service);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{}\n{}",
        claim.written_date,
        claim.scope(),
        sha256(request.as_bytes())
    );
    let expected = calculate_signature(&key, text.as_bytes());
    if !is_same(&expected, claim.signature) {
        return Err(Forged::Mismatch);
    }
    if !payload.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") {
        return Ok(());
    }
    let has_trailer = payload.ends_with("-TRAILER");
    let sign = |text: &str| calculate_signature(&key, text.as_bytes());
    if chunks::are_signed(body, &claim, has_trailer, sign) {
        Ok(())
    } else {
        Err(Forged::Mismatch)
    }
}

/// The hash of the payload as it was signed.
fn payload(parts: &Parts, body: &[u8], claim: &Claim<'_>) -> Result<String, Forged> {
    const HASH: &str = "x-amz-content-sha256";
    let told = parts.headers.get(HASH).and_then(|value| value.to_str().ok());
    let is_s3 = claim.service == "s3";
    match told {
        None if claim.presigned.is_some() && is_s3 => Ok("UNSIGNED-PAYLOAD".to_owned()),
        None => Ok(sha256(body)),
        Some(word @ "UNSIGNED-PAYLOAD") => Ok(word.to_owned()),
        Some(word) if word.starts_with("STREAMING-") => Ok(word.to_owned()),
        Some(hash) if is_same(hash, &sha256(body)) => Ok(hash.to_owned()),
        Some(_) => Err(Forged::Body),
    }
}

fn check_date(claim: &Claim<'_>, now: Timestamp) -> Result<(), Forged> {
    let shown = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let minutes = if claim.service == "s3" { 15 } else { 5 };
    let tolerance = TOLERANCE.as_secs().cast_signed() / 5 * minutes;
    let lasts = match claim.presigned {
        Some(seconds) if seconds > LONGEST => return Err(Forged::Mismatch),
        Some(seconds) => seconds.cast_signed(),
        None => tolerance,
    };
    let (dated, present) = (claim.date.as_second(), now.as_second());
    if present > dated.saturating_add(lasts) {
        let limit = Timestamp::from_second(present.saturating_sub(lasts)).unwrap_or(now);
        return Err(Forged::Stale(format!(
            "Signature expired: {} is now earlier than {} ({} - {} min.)",
            claim.written_date,
            shown(limit),
            shown(now),
            lasts / 60
        )));
    }
    if dated > present.saturating_add(tolerance) {
        let limit = Timestamp::from_second(present + tolerance).unwrap_or(now);
        return Err(Forged::Stale(format!(
            "Signature not yet current: {} is still later than {} ({} + {minutes} min.)",
            claim.written_date,
            shown(limit),
            shown(now),
        )));
    }
    Ok(())
}

/// The SHA-256 of some bytes, in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let sum = Sha256::checksum(bytes);
    let sum: &[u8] = sum.as_ref();
    sum.iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// Compares in a time that does not tell where the first difference is.
fn is_same(one: &str, other: &str) -> bool {
    let differences = one
        .bytes()
        .zip(other.bytes())
        .fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests;
