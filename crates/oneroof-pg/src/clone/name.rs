//! Names of clones.

use chrono::{DateTime, Utc};

/// Longest name of a database in bytes.
const NAME_BYTES_MAX: usize = 63;

/// `<source>_rehearsal_<date>_<id>`, cut to 63 bytes. What is cut is the source's part, at a
/// character boundary: date and id keep the name apart from others.
pub fn clone_name(source: &str, date: DateTime<Utc>, id: &str) -> String {
    let suffix = format!("_rehearsal_{}_{id}", date.format("%Y%m%d"));
    let room = NAME_BYTES_MAX.saturating_sub(suffix.len());
    let mut name = format!("{}{suffix}", cut(source, room));
    name.truncate(cut(&name, NAME_BYTES_MAX).len());
    name
}

fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let date = DateTime::parse_from_rfc3339("2026-11-05T23:59:59Z").unwrap();
        let name = clone_name(source, date.with_timezone(&Utc), "0a1b2c3d");
        assert_eq!(name, expected);
        assert!(name.len() <= NAME_BYTES_MAX);
    }

    #[test]
    fn the_source_is_cut_at_a_character() {
        check("directus", "directus_rehearsal_20261105_0a1b2c3d");
        check(
            &"x".repeat(63),
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_rehearsal_20261105_0a1b2c3d",
        );
        check(
            &"ü".repeat(31),
            "üüüüüüüüüüüüüüüüü_rehearsal_20261105_0a1b2c3d",
        );
    }
}
