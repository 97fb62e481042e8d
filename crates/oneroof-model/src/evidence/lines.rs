//! `line-sums.txt`: a short sum of each line of each file, so that a changed file can be told from the right one by
//! place, not only by sum.
//!
//! The short sums prove nothing. They say where to look; what a repair at that place gives is held against the whole
//! file's SHA-256 by the caller, and that proves it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Digest;

/// Its name in an evidence folder.
pub const LINE_SUMS_FILE: &str = "line-sums.txt";
/// A line that is longer counts as several.
const PIECE_MAX: usize = 256;
/// The first bytes of a SHA-256.
type ShortSum = [u8; 3];
/// Sums in a line of the file.
const SUMS_IN_A_LINE: usize = 16;
/// A changed place that is longer is not searched for the single byte at fault.
const SEARCHED_MAX: usize = 600;
const HEAD: &str = "oneroof line sums 1";

/// The short sums of the lines of each file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineSums {
    files: BTreeMap<String, Vec<ShortSum>>,
}

/// Where a file differs from the one that was summed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPlace {
    /// Bytes of the file as it is now; empty where something was removed.
    pub bytes: Range<usize>,
    /// Its 1-based lines, first and last.
    pub lines: (usize, usize),
    /// Lines (or parts of long ones) that were there, and that are there now.
    pub pieces: (usize, usize),
    /// Single bytes that may be what was changed; at most one of them gives the right file.
    pub candidates: Vec<Edit>,
}

/// One byte that was changed, as a way back to the right file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The byte at this offset was this one.
    Replaced(usize, u8),
    /// Before this offset stood this byte.
    Removed(usize, u8),
    /// The byte at this offset was not there.
    Added(usize),
}

impl Edit {
    /// 0-based offset in the file as it is now.
    pub fn offset(self) -> usize {
        match self {
            Edit::Replaced(offset, _) | Edit::Removed(offset, _) | Edit::Added(offset) => offset,
        }
    }

    /// The file without the change.
    pub fn undo(self, bytes: &[u8]) -> Vec<u8> {
        let mut right = bytes.to_vec();
        match self {
            Edit::Replaced(offset, byte) if offset < right.len() => right[offset] = byte,
            Edit::Removed(offset, byte) if offset <= right.len() => right.insert(offset, byte),
            Edit::Added(offset) if offset < right.len() => {
                let _ = right.remove(offset);
            }
            _ => {}
        }
        right
    }
}

impl LineSums {
    /// Sums up one more file.
    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        let sums = pieces(bytes).map(short).collect();
        let _ = self.files.insert(path.to_owned(), sums);
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for (path, sums) in &self.files {
            text.push_str(&format!("{} {path}\n", sums.len()));
            for line in sums.chunks(SUMS_IN_A_LINE) {
                let digits: Vec<String> = line.iter().map(hex::encode).collect();
                text.push_str(&digits.join(" "));
                text.push('\n');
            }
        }
        text
    }

    /// Reads the text of the file; none if it is not what [`LineSums::text`] writes.
    pub fn parse(text: &str) -> Option<LineSums> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next() != Some(HEAD) {
            return None;
        }
        let mut files = BTreeMap::new();
        while let Some(head) = lines.next() {
            let (count, path) = head.split_once(' ')?;
            let count: usize = count.parse().ok()?;
            let mut sums: Vec<ShortSum> = Vec::new();
            while sums.len() < count {
                for digits in lines.next()?.split(' ') {
                    let mut sum = ShortSum::default();
                    hex::decode_to_slice(digits, &mut sum).ok()?;
                    sums.push(sum);
                }
            }
            if sums.len() != count {
                return None;
            }
            let _ = files.insert(path.to_owned(), sums);
        }
        Some(LineSums { files })
    }

    /// Was a file of this name summed?
    pub fn knows(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Where `bytes` differ from the file of this name that was summed; none if no line does, or if the file is
    /// not known.
    pub fn compare(&self, path: &str, bytes: &[u8]) -> Option<ChangedPlace> {
        let there = self.files.get(path)?;
        let here: Vec<&[u8]> = pieces(bytes).collect();
        let sums: Vec<ShortSum> = here.iter().map(|piece| short(piece)).collect();
        let same_begin = there.iter().zip(&sums).take_while(|(a, b)| a == b).count();
        let most = there.len().min(sums.len()) - same_begin;
        let ends = there.iter().rev().zip(sums.iter().rev()).take(most);
        let same_end = ends.take_while(|(a, b)| a == b).count();
        let changed_there = &there[same_begin..there.len() - same_end];
        let changed_here = &here[same_begin..here.len() - same_end];
        if changed_there.is_empty() && changed_here.is_empty() {
            return None;
        }
        let length = |pieces: &[&[u8]]| pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let start = length(&here[..same_begin]);
        let range = start..start + length(changed_here);
        let last = range.end.saturating_sub(1).max(start);
        Some(ChangedPlace {
            lines: (line_at(bytes, start).0, line_at(bytes, last).0),
            pieces: (changed_there.len(), changed_here.len()),
            candidates: candidates(bytes, &range, changed_there),
            bytes: range,
        })
    }
}

/// Line and column (in bytes), both from 1, of a 0-based offset.
pub fn line_at(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    (line, before.len() - start + 1)
}

/// Lines with their line ends; long ones in parts.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| line.chunks(PIECE_MAX))
}

fn short(piece: &[u8]) -> ShortSum {
    let digest = Digest::of(piece);
    let [first, second, third, ..] = *digest.bytes();
    [first, second, third]
}

/// Every single byte that, undone, gives the sums that were there.
fn candidates(bytes: &[u8], range: &Range<usize>, there: &[ShortSum]) -> Vec<Edit> {
    let place = &bytes[range.clone()];
    if place.len() > SEARCHED_MAX {
        return Vec::new();
    }
    let fits = |edited: &[u8]| {
        let mut sums = there.iter();
        pieces(edited).all(|piece| sums.next().is_some_and(|sum| *sum == short(piece)))
            && sums.next().is_none()
    };
    let mut found = Vec::new();
    let mut edited = place.to_vec();
    for at in 0..place.len() {
        for byte in 0..=u8::MAX {
            edited[at] = byte;
            if byte != place[at] && fits(&edited) {
                found.push(Edit::Replaced(range.start + at, byte));
            }
        }
        edited[at] = place[at];
    }
    for at in 0..place.len() {
        let edit = Edit::Added(at);
        if fits(&edit.undo(place)) {
            found.push(Edit::Added(range.start + at));
        }
    }
    for at in 0..=place.len() {
        let mut edited = place.to_vec();
        edited.insert(at, 0);
        for byte in 0..=u8::MAX {
            edited[at] = byte;
            if fits(&edited) {
                found.push(Edit::Removed(range.start + at, byte));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"first line\nsecond line\nthird line\n";

    fn sums() -> LineSums {
        let mut sums = LineSums::default();
        sums.add("a.txt", TEXT);
        sums.add("empty", b"");
        sums.add("long", &[b'x'; 1000]);
        sums
    }

    #[test]
    fn the_text_reads_back_and_nothing_else_does() {
        let text = sums().text();
        assert_eq!(LineSums::parse(&text), Some(sums()));
        for broken in [
            "",
            "oneroof line sums 2\n",
            text.trim_end(),
            &text.replace("3 a.txt", "4 a.txt"),
            &text.replace("3 a.txt", "2 a.txt"),
            &format!("{text}9 b\n"),
        ] {
            assert_eq!(LineSums::parse(broken), None, "{broken}");
        }
    }

    #[track_caller]
    fn found(bytes: &[u8]) -> (ChangedPlace, Option<Edit>) {
        let place = sums().compare("a.txt", bytes).unwrap();
        let right = place
            .candidates
            .iter()
            .copied()
            .find(|edit| Digest::of(&edit.undo(bytes)) == Digest::of(TEXT));
        (place, right)
    }

    #[test]
    fn the_byte_that_was_changed_is_found() {
        assert_eq!(sums().compare("a.txt", TEXT), None);
        let (place, edit) = found(b"first line\nsecond lime\nthird line\n");
        assert_eq!(place.lines, (2, 2));
        assert_eq!(edit, Some(Edit::Replaced(20, b'n')));
        assert_eq!(
            line_at(b"first line\nsecond lime\nthird line\n", 20),
            (2, 10)
        );
        let (_, edit) = found(b"first line\nseccond line\nthird line\n");
        assert!(matches!(edit, Some(Edit::Added(13 | 14))), "{edit:?}");
        let (_, edit) = found(b"first line\nsecond line\nthrd line\n");
        assert_eq!(edit, Some(Edit::Removed(25, b'i')));
        // Line ends too.
        let (_, edit) = found(b"first line second line\nthird line\n");
        assert_eq!(edit, Some(Edit::Replaced(10, b'\n')));
        let (_, edit) = found(b"first line\nsecond line\nthird line");
        assert_eq!(edit, Some(Edit::Removed(33, b'\n')));
    }

    #[test]
    fn a_change_of_more_than_a_byte_is_found_by_its_lines() {
        let (place, edit) = found(b"first line\nanother line\nthird line\n");
        assert_eq!((place.lines, place.pieces, edit), ((2, 2), (1, 1), None));
        let (place, _) = found(b"first line\nsecond line\nthird line\nfourth\nfifth\n");
        assert_eq!((place.lines, place.pieces), ((4, 5), (0, 2)));
        let (place, _) = found(b"first line\n");
        assert_eq!((place.bytes.len(), place.pieces), (0, (2, 0)));
        assert_eq!(found(b"").0.pieces, (3, 0));
    }
}
