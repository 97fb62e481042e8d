//! The journal of a rehearsal, `events.jsonl`, read while it is written.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::error::EngineError;
use crate::store::evidence::EVENTS_FILE;
use crate::under_way::Standing;

/// A piece is never longer; the next one goes on.
const PIECE_BYTES_MAX: u64 = 1024 * 1024;
const PARTIAL: &str = ".partial";

/// A piece of a journal.
pub(crate) struct Journal {
    /// Its whole lines.
    pub(crate) lines: Vec<String>,
    /// Where the next one begins.
    pub(crate) next: u64,
    pub(crate) standing: Standing,
}

/// The names of rehearsals that are not evidence yet, sorted.
pub(crate) fn partial_names(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("evidence"))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(PARTIAL).map(str::to_owned))
        .filter(|name| is_name(name))
        .collect();
    names.sort();
    names
}

/// One part of a path, and no hidden one.
fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_part)
}

/// Reads whole lines from a place on.
pub(crate) fn read(root: &Path, name: &str, from: u64) -> Result<Journal, EngineError> {
    if !is_name(name) {
        return Err(EngineError::input(
            format!("find rehearsal `{name}`"),
            "the list of rehearsals names those that there are".to_owned(),
        ));
    }
    let evidence = root.join("evidence");
    // It gets its name when it is done: then it is under the other one.
    for (folder, standing) in [
        (format!("{name}{PARTIAL}"), Standing::Going),
        (name.to_owned(), Standing::Finished),
    ] {
        let path = evidence.join(folder).join(EVENTS_FILE);
        let reading = || EngineError::file(format!("read `{}`", path.display()));
        match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => {
                let (lines, next) = piece(opened.map_err(reading())?, from).map_err(reading())?;
                return Ok(Journal {
                    lines,
                    next,
                    standing,
                });
            }
        }
    }
    Ok(Journal {
        lines: Vec::new(),
        next: from,
        standing: Standing::Gone,
    })
}

fn piece(mut file: File, from: u64) -> std::io::Result<(Vec<String>, u64)> {
    let _ = file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    let _ = file.take(PIECE_BYTES_MAX).read_to_end(&mut bytes)?;
    // What follows the last line end is still being written.
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    bytes.truncate(whole);
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::to_owned).collect();
    Ok((lines, from + whole as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_read_as_they_come_wherever_the_journal_is() {
        let root = tempfile::tempdir().unwrap();
        let partial = root.path().join("evidence/one.partial");
        std::fs::create_dir_all(&partial).unwrap();
        let file = partial.join(EVENTS_FILE);
        std::fs::write(&file, "{\"a\":1}\n{\"b\"").unwrap();
        let at = |from: u64| read(root.path(), "one", from).unwrap();
        let first = at(0);
        assert_eq!(
            (first.lines.as_slice(), first.next),
            (&["{\"a\":1}".to_owned()][..], 8)
        );
        assert!(at(8).lines.is_empty());
        std::fs::write(&file, "{\"a\":1}\n{\"b\":2}\n").unwrap();
        let second = at(8);
        assert_eq!(
            (second.lines[0].as_str(), second.standing),
            ("{\"b\":2}", Standing::Going)
        );
        assert_eq!(partial_names(root.path()), ["one"]);
        std::fs::rename(&partial, root.path().join("evidence/one")).unwrap();
        assert_eq!((at(8).lines.len(), at(8).standing), (1, Standing::Finished));
        assert!(partial_names(root.path()).is_empty());
        std::fs::remove_dir_all(root.path().join("evidence/one")).unwrap();
        assert_eq!(at(8).standing, Standing::Gone);
        for bad in ["..", "a/b", "", ".hidden", "a\\b"] {
            assert!(read(root.path(), bad, 0).is_err(), "{bad}");
        }
    }
}
