//! The reviewed names, compiled in: one file per kind, one name a line, `# ` begins a comment.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Functions of `pg_catalog` that may be called.
pub(super) static FUNCTIONS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| read(include_str!("functions-allow.txt")));

/// Functions of `pg_catalog` that a dotted name may not stand for.
pub(super) static DOTTED_REFUSED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| read(include_str!("functions-dotted-refused.txt")));

/// Names of operators of `pg_catalog`.
pub(super) static OPERATORS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| read(include_str!("operators-allow.txt")));

/// Relations of `pg_catalog` that may be read.
pub(super) static RELATIONS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| read(include_str!("relations-allow.txt")));

fn read(text: &'static str) -> HashSet<&'static str> {
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
