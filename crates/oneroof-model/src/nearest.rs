//! "Did you mean": the known word that is nearest to an unknown one.

/// The known word nearest to `unknown`, if one is near enough to be meant.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    known
        .into_iter()
        .map(|word| {
            (
                similar::TextDiff::from_chars(unknown.as_str(), word.to_lowercase().as_str())
                    .ratio(),
                word,
            )
        })
        .filter(|(ratio, _)| *ratio >= 0.5)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word() {
        let known = ["lock_timeout", "statement_timeout", "summary"];
        assert_eq!(nearest("lock_timout", known), Some("lock_timeout"));
        assert_eq!(nearest("sumary", known), Some("summary"));
        assert_eq!(nearest("zzz", known), None);
    }
}
