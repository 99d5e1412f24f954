//! Uploads in chunks of which each is signed: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`.

use super::canonical::Claim;
use super::{is_same, sha256};

/// Whether every chunk, and the trailer where there is one, carries its signature.
pub(super) fn are_signed(
    body: &[u8],
    claim: &Claim<'_>,
    has_trailer: bool,
    sign: impl Fn(&str) -> String,
) -> bool {
    let place = format!("{}\n{}", claim.written_date, claim.scope());
    let mut before = claim.signature.to_owned();
    let mut rest = body;
    loop {
        let Some((chunk, behind)) = chunk(rest) else {
            return false;
        };
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{place}\n{before}\n{}\n{}",
            sha256(b""),
            sha256(chunk.data)
        );
        if !is_same(&sign(&text), chunk.signature) {
            return false;
        }
        chunk.signature.clone_into(&mut before);
        rest = behind;
        if chunk.data.is_empty() {
            break;
        }
    }
    if !has_trailer {
        return true;
    }
    let Ok(trailer) = std::str::from_utf8(rest) else {
        return false;
    };
    let mut signature = None;
    let mut lines = String::new();
    for line in trailer.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if let Some(told) = line.strip_prefix("x-amz-trailer-signature:") {
            signature = Some(told.trim());
        } else {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    let text = format!(
        "AWS4-HMAC-SHA256-TRAILER\n{place}\n{before}\n{}",
        sha256(lines.as_bytes())
    );
    signature.is_some_and(|signature| is_same(&sign(&text), signature))
}

struct Chunk<'b> {
    data: &'b [u8],
    signature: &'b str,
}

/// The first chunk, and what is behind it: `size;chunk-signature=...\r\n data \r\n`.
fn chunk(body: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let end = body.windows(2).position(|pair| pair == b"\r\n")?;
    let head = std::str::from_utf8(&body[..end]).ok()?;
    let (size, extension) = head.split_once(';')?;
    let signature = extension.strip_prefix("chunk-signature=")?;
    let size = usize::from_str_radix(size, 16).ok()?;
    let from = end + 2;
    let data = body.get(from..from.checked_add(size)?)?;
    let behind = &body[from + size..];
    // Behind the last chunk the trailer follows at once.
    let behind = behind.strip_prefix(b"\r\n").unwrap_or(behind);
    Some((Chunk { data, signature }, behind))
}
