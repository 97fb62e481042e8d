//! The system identifier of a stopped cluster, in its control file. A physical copy has that of its source; it gets one
//! of its own, so that nothing that asks a server who it is ever takes one for the other.

use std::fs;
use std::io;
use std::path::Path;

/// Where the control file is, below the data folder.
const FILE: &str = "global/pg_control";
/// The identifier is what the file begins with, in every version.
const IDENTIFIER_BYTES: usize = 8;
/// The checksum lies somewhere before this, depending on the version.
const CONTENT_BYTES_MAX: usize = 1024;

/// Writes another identifier into the control file of a stopped cluster. Its log still bears the old one: let
/// `pg_resetwal` begin another.
pub(super) fn set_system_identifier(data_folder: &Path, identifier: u64) -> io::Result<()> {
    let path = data_folder.join(FILE);
    let mut bytes = fs::read(&path)?;
    set_identifier(&mut bytes, identifier)
        .ok_or_else(|| io::Error::other("it holds no checksum that is right"))?;
    // In place: owner and mode stay, and a copy that is lost half-way is thrown away.
    fs::write(&path, bytes)
}

fn set_identifier(bytes: &mut [u8], identifier: u64) -> Option<()> {
    let at = checksum_place(bytes)?;
    bytes[..IDENTIFIER_BYTES].copy_from_slice(&identifier.to_ne_bytes());
    let checksum = crc32c(&bytes[..at]);
    bytes[at..at + 4].copy_from_slice(&checksum.to_ne_bytes());
    Some(())
}

/// The checksum is the last member of the file's content and covers everything before it.
fn checksum_place(bytes: &[u8]) -> Option<usize> {
    let end = bytes.len().min(CONTENT_BYTES_MAX);
    (IDENTIFIER_BYTES..end.saturating_sub(3))
        .step_by(4)
        .find(|at| {
            let found = bytes[*at..*at + 4].try_into().map(u32::from_ne_bytes);
            found.is_ok_and(|found| found == crc32c(&bytes[..*at]))
        })
}

/// CRC-32C, as PostgreSQL computes it.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut checksum = u32::MAX;
    for byte in bytes {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = checksum & 1;
            checksum = (checksum >> 1) ^ (POLYNOMIAL & carry.wrapping_neg());
        }
    }
    !checksum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_castagnoli_s() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(b""), 0);
    }

    #[test]
    fn another_identifier_has_another_checksum_at_the_same_place() {
        let mut file = vec![7_u8; 288];
        let checksum = crc32c(&file);
        file.extend(checksum.to_ne_bytes());
        file.resize(8192, 0);
        assert_eq!(checksum_place(&file), Some(288));
        set_identifier(&mut file, 42).unwrap();
        assert_eq!(file[..8], 42_u64.to_ne_bytes());
        assert_eq!(checksum_place(&file), Some(288));
        assert_eq!(file[8..288], [7; 280]);
    }

    #[test]
    fn a_file_that_is_no_control_file_is_left_alone() {
        let mut file = vec![7_u8; 8192];
        assert_eq!(set_identifier(&mut file, 42), None);
        assert_eq!(file, vec![7_u8; 8192]);
        assert_eq!(set_identifier(&mut [1, 2, 3], 42), None);
    }
}
