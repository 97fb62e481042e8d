//! Pieces of text: lines with their places, and blanking out what does not count.

use std::ops::Range;

/// The text without its byte order mark, which is replaced by blanks of the same length only where it would be kept.
pub(super) fn without_mark(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()
}

/// A line with its bytes, its end included.
pub(super) struct Line<'a> {
    /// Without its end.
    pub(super) text: &'a str,
    /// With its end.
    pub(super) range: Range<usize>,
    /// 1-based.
    pub(super) number: u32,
}

/// All lines of `text`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .zip(1..)
        .map(move |(whole, number)| {
            let range = start..start + whole.len();
            start = range.end;
            Line {
                text: whole.trim_end_matches(['\n', '\r']),
                range,
                number,
            }
        })
}

/// The text with every byte of `range` a blank, ends of lines apart.
pub(super) fn blank(text: &str, range: Range<usize>) -> String {
    let blanks = |part: &str| -> String {
        part.bytes()
            .map(|byte| {
                if matches!(byte, b'\n' | b'\r') {
                    char::from(byte)
                } else {
                    ' '
                }
            })
            .collect()
    };
    let (before, rest) = text.split_at(range.start.min(text.len()));
    let (inside, after) = rest.split_at((range.end - range.start).min(rest.len()));
    format!("{before}{}{after}", blanks(inside))
}

/// The text with only these parts of it, each where it was.
pub(super) fn only(text: &str, parts: &[Range<usize>]) -> String {
    let mut result = text.to_owned();
    let mut at = 0;
    for part in parts
        .iter()
        .cloned()
        .chain(std::iter::once(text.len()..text.len()))
    {
        result = blank(&result, at..part.start.max(at));
        at = part.end;
    }
    result
}

/// What follows `--` and `mark` on a line that is only such a comment.
pub(super) fn directive<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let comment = line.trim().strip_prefix("--")?.trim_start();
    comment.strip_prefix(mark).map(str::trim)
}

/// Digits at the beginning of a name, and what follows the `_` after them: `12_add_x` is `12` and `add_x`.
pub(super) fn numbered(name: &str) -> Option<(&str, &str)> {
    let end = name.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, rest) = name.split_at(end);
    let rest = rest.strip_prefix('_')?;
    (!digits.is_empty()).then_some((digits, rest))
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `key = value` below `[section]`: what Git, Sqitch and tern write their settings as.
pub(super) fn setting<'a>(conf: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let mut within = false;
    let mut found = None;
    for line in conf.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            within = name.trim_end_matches(']').trim() == section;
        } else if within
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            found = Some(value.trim().trim_matches('"'));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blanked_keeps_its_lines() {
        let text = "aä\r\nb\nc";
        assert_eq!(blank(text, 0..5), "   \r\nb\nc");
        assert_eq!(only(text, &[0..1, 5..7]), "a  \r\nb\n ");
        let places: Vec<_> = lines(text).map(|line| (line.text, line.number)).collect();
        assert_eq!(places, [("aä", 1), ("b", 2), ("c", 3)]);
    }

    #[test]
    fn names_begin_with_their_number() {
        assert_eq!(numbered("007_add_x"), Some(("007", "add_x")));
        assert_eq!(numbered("add_x"), None);
        assert_eq!(numbered("7add"), None);
    }
}
