//! The reviewed names, compiled in: one file per kind, one name a line, `# ` begins a comment.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::nodes;

/// A set of reviewed names. Every part of a statement is looked up in one of them.
pub(super) type Names = HashSet<&'static str, BuildHasherDefault<NameHasher>>;

/// A quick hash for short names. Only reviewed names are ever in a set, so nobody can make it slow.
#[derive(Default)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        // Both ends of a name tell it from nearly all others; where they do not, the set compares.
        if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            self.write_u64(u64::from_le_bytes(*first));
            self.write_u64(u64::from_le_bytes(*last) ^ bytes.len() as u64);
        } else {
            let word = bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        // The sets take the upper bits for one thing and the lower ones for another.
        self.0 ^ (self.0 >> 32)
    }
}

/// Nodes that may stand at any place.
pub(super) static NODES: LazyLock<Names> = LazyLock::new(|| nodes::ALLOWED.into_iter().collect());

/// Functions of `pg_catalog` that may be called.
pub(super) static FUNCTIONS: LazyLock<Names> =
    LazyLock::new(|| read(include_str!("functions-allow.txt")));

/// Functions of `pg_catalog` that a dotted name may not stand for.
pub(super) static DOTTED_REFUSED: LazyLock<Names> =
    LazyLock::new(|| read(include_str!("functions-dotted-refused.txt")));

/// Names of operators of `pg_catalog`.
pub(super) static OPERATORS: LazyLock<Names> =
    LazyLock::new(|| read(include_str!("operators-allow.txt")));

/// Relations of `pg_catalog` that may be read.
pub(super) static RELATIONS: LazyLock<Names> =
    LazyLock::new(|| read(include_str!("relations-allow.txt")));

fn read(text: &'static str) -> Names {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_hold_what_they_should_and_contradict_nobody() {
        assert!(FUNCTIONS.len() > 600 && FUNCTIONS.contains("lower"));
        assert!(OPERATORS.len() > 70 && OPERATORS.contains("#>>") && OPERATORS.contains("#"));
        assert!(RELATIONS.contains("pg_class") && !RELATIONS.contains("pg_authid"));
        assert!(DOTTED_REFUSED.contains("pg_sleep"));
        assert_eq!(FUNCTIONS.intersection(&DOTTED_REFUSED).next(), None);
        for name in FUNCTIONS
            .iter()
            .chain(DOTTED_REFUSED.iter())
            .chain(RELATIONS.iter())
        {
            assert!(
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                "{name:?}"
            );
        }
    }
}
