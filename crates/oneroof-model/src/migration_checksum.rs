//! Checksums as other tools write them: an edited migration that was applied already shows by them, and a record that
//! we write is the one that the tool would have written.

use std::hash::{Hash as _, Hasher as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384};
use siphasher::sip::SipHasher13;

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

/// How wide refinery's versions are: its feature `int8-versions` changes every checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefineryVersions {
    /// `int4`, as it is built by default.
    Int4,
    /// `int8`.
    Int8,
}

/// refinery: SipHash 1-3 of name, version and text. `None`: the version is too big for these versions.
#[must_use]
pub fn refinery_checksum(
    name: &str,
    version: &str,
    text: &str,
    versions: RefineryVersions,
) -> Option<String> {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    match versions {
        RefineryVersions::Int4 => version.parse::<i32>().ok()?.hash(&mut hasher),
        RefineryVersions::Int8 => version.parse::<i64>().ok()?.hash(&mut hasher),
    }
    text.hash(&mut hasher);
    Some(hasher.finish().to_string())
}

/// Atlas: SHA-256 over the names and texts of all files up to this one, one after the other, in base64; as the lines of
/// `atlas.sum` have it. A text that says `atlas:sum ignore` counts by its name only, and has none itself.
#[must_use]
pub fn atlas_checksums(files: &[(&str, &str)]) -> Vec<Option<String>> {
    let mut hasher = Sha256::new();
    let mut checksums = Vec::with_capacity(files.len());
    for (name, text) in files {
        hasher.update(name.as_bytes());
        if atlas_ignores(text) {
            checksums.push(None);
            continue;
        }
        hasher.update(text.as_bytes());
        checksums.push(Some(STANDARD.encode(hasher.clone().finalize())));
    }
    checksums
}

/// The first line of `atlas.sum`: over the names and checksums of all others.
#[must_use]
pub fn atlas_total(lines: &[(&str, &str)]) -> String {
    let mut hasher = Sha256::new();
    for (name, checksum) in lines {
        hasher.update(name.as_bytes());
        hasher.update(checksum.as_bytes());
    }
    STANDARD.encode(hasher.finalize())
}

/// Its first line says so.
fn atlas_ignores(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let said = first.split_once("atlas:sum").map(|(_, rest)| rest.trim());
    said == Some("ignore")
}

/// graphile-migrate: SHA-1 of the hash of the migration before and the text without its header.
#[must_use]
pub fn graphile_checksum(body: &str, previous: Option<&str>) -> String {
    let text = format!("{}\n{}", previous.unwrap_or_default(), body.trim());
    format!("sha1:{}", sha1_of(&format!("{}\n", text.trim())))
}

/// Sqitch: the id of a `change` or a `tag` is SHA-1 of what is known of it, named and counted as Git names a blob.
#[must_use]
pub fn sqitch_id(kind: &str, info: &str) -> String {
    sha1_of(&format!("{kind} {}\0{info}", info.len()))
}

/// Sqitch: SHA-1 of the bytes of a deploy script.
#[must_use]
pub fn sqitch_script_hash(text: &str) -> String {
    sha1_of(text)
}

fn sha1_of(text: &str) -> String {
    hex::encode(Sha1::digest(text.as_bytes()))
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

    /// The figures are those that the tools themselves give for these texts.
    #[test]
    fn chained_and_keyed_ones_too() {
        let files = [
            ("20230727105553_init.sql", "CREATE TABLE t1 ( c1 int );\n"),
            (
                "20230727105615_t2.sql",
                "CREATE TABLE t2 ( c1 int, c2 text );\n",
            ),
        ];
        assert_eq!(
            atlas_checksums(&files),
            [
                Some("jxgvnWO6tZD3lSPpH1ao5E/6VjapP7iwvBCUJ6aez58=".to_owned()),
                Some("UvzeoFxe90Y/7b21ziwg6pPzWJQSV7LeYwJl8J63lMU=".to_owned())
            ]
        );
        assert_eq!(
            atlas_total(&[(
                "20240112070806.sql",
                "nhoPxDs1H3UH6aEpy1qJ6Bj6zbFRt61sB4ndi0sx7zw="
            )]),
            "vefBQWShy7/4OI7C1NqFH9y2PtGtOUS5zFQ1492XitE="
        );
        assert_eq!(
            graphile_checksum(
                "create table if not exists foo (id serial primary key);\n",
                None
            ),
            "sha1:e00ec93314a423ee5cc68d1182ad52f16442d7df"
        );
        assert_eq!(
            graphile_checksum(
                "drop type if exists user_role;\ncreate type user_role as enum ('User');\n",
                Some("sha1:e00ec93314a423ee5cc68d1182ad52f16442d7df")
            ),
            "sha1:bddc1ead3310dc1c42cdc7f63537ebdff2e9fd7b"
        );
        let info = "project flipr\nuri https://github.com/theory/sqitch-intro/\nchange appschema\n\
            planner Marge N. O\u{2019}Vera <marge@example.com>\ndate 2013-12-30T23:19:45Z\n\n\
            Add schema for all flipr objects.";
        assert_eq!(
            sqitch_id("change", info),
            "c7981df861183412b01be706889e508a63d445ca"
        );
    }

    const REFINERY_TEXT: &str = "CREATE TABLE cars (\n    id int,\n    name varchar(255)\n);\n";

    #[test]
    fn refinery_hashes_its_versions_by_their_width() {
        let of = |name, version, text, versions| {
            refinery_checksum(name, version, text, versions).unwrap_or_default()
        };
        let text = REFINERY_TEXT;
        assert_eq!(
            of("add_cars_table", "2", text, RefineryVersions::Int4),
            "8238603820526370208"
        );
        assert_eq!(
            of("add_cars_table", "2", text, RefineryVersions::Int8),
            "5394706226941044339"
        );
        let big = "20240504090241";
        assert_eq!(
            refinery_checksum("x", big, "", RefineryVersions::Int4),
            None
        );
        assert!(refinery_checksum("x", big, "", RefineryVersions::Int8).is_some());
    }
}
