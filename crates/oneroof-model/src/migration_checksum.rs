//! Checksums as other tools write them: an edited migration that was applied already shows by them.

use sha2::{Digest as _, Sha384};

/// sqlx: SHA-384 of the bytes of the file, in hexadecimal.
#[must_use]
pub fn sqlx_checksum(text: &str) -> String {
    hex::encode(Sha384::digest(text.as_bytes()))
}

/// Flyway: CRC-32 of the lines without their ends, as a signed number.
#[must_use]
pub fn flyway_checksum(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut crc = u32::MAX;
    for line in text.lines() {
        for byte in line.trim_end_matches('\r').bytes() {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                let mask = (crc & 1).wrapping_neg();
                crc = (crc >> 1) ^ (0xedb8_8320 & mask);
            }
        }
    }
    (!crc).cast_signed().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_the_tools() {
        // CRC-32 of "123456789" is 0xCBF43926, the check value of the algorithm.
        assert_eq!(
            flyway_checksum("123456789"),
            0xcbf4_3926_u32.cast_signed().to_string()
        );
        assert_eq!(
            flyway_checksum("1234\r\n56789\n"),
            flyway_checksum("123456789")
        );
        assert!(sqlx_checksum("").starts_with("38b060a751ac96384cd9327eb1b1e36a21fdb711"));
    }
}
