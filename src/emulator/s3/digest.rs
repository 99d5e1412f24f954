//! Entity tags and checksums.

use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};

/// The MD5 of some bytes, in hexadecimal.
pub fn md5(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let sum = Md5::checksum(bytes);
    let sum: &[u8] = sum.as_ref();
    let mut text = String::with_capacity(32);
    for byte in sum {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 0xf)]));
    }
    text
}

/// The bytes of hexadecimal digits; what is none is left out.
pub fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// The checksum of an algorithm, as the service spells it, in base64; `None` for one that nobody
/// knows.
pub fn checksum(algorithm: &str, bytes: &[u8]) -> Option<String> {
    let mut hasher = ChecksumHasher::default();
    match algorithm {
        "CRC32" => hasher.crc32 = Some(Crc32::new()),
        "CRC32C" => hasher.crc32c = Some(Crc32c::new()),
        "CRC64NVME" => hasher.crc64nvme = Some(Crc64Nvme::new()),
        "SHA1" => hasher.sha1 = Some(Sha1::new()),
        "SHA256" => hasher.sha256 = Some(Sha256::new()),
        _ => return None,
    }
    hasher.update(bytes);
    let sum = hasher.finalize();
    sum.checksum_crc32
        .or(sum.checksum_crc32c)
        .or(sum.checksum_crc64nvme)
        .or(sum.checksum_sha1)
        .or(sum.checksum_sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_check_string() {
        // The usual check value of each algorithm, for the digits 1 to 9.
        assert_eq!(checksum("CRC32", b"123456789").as_deref(), Some("y/Q5Jg=="));
        assert_eq!(checksum("CRC32C", b"123456789").as_deref(), Some("4waSgw=="));
        assert_eq!(
            checksum("CRC64NVME", b"123456789").as_deref(),
            Some("rosUhgp5mIg=")
        );
        assert_eq!(checksum("ROT13", b"123456789"), None);
    }

    #[test]
    fn hexadecimal_goes_there_and_back() {
        assert_eq!(md5(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(from_hex("00ff1a"), [0, 255, 26]);
    }
}
