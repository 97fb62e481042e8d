//! `SHA256SUMS`: what `sha256sum -c` reads, and stricter, because somebody else may have written it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Digest;

/// The list of sums in an evidence folder.
pub const SUMS_FILE: &str = "SHA256SUMS";
/// Its signature.
pub const SIGNATURE_FILE: &str = "SHA256SUMS.sig";

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumLine {
    /// 1-based.
    pub line: usize,
    /// The sum.
    pub digest: Digest,
    /// The file, relative to the folder.
    pub path: String,
}

/// A line that cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SumFault {
    /// 1-based.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// The text of the list: sorted, one line a file.
pub fn sums_text(files: &BTreeMap<String, Digest>) -> String {
    let lines = files.iter();
    lines
        .map(|(path, digest)| format!("{digest}  {path}\n"))
        .collect()
}

/// Reads a list. Only what [`sums_text`] writes is right: lower-case digits, two blanks, paths that stay in the
/// folder, sorted, none twice, a line end after the last.
pub fn read_sums(bytes: &[u8]) -> (Vec<SumLine>, Vec<SumFault>) {
    let mut lines: Vec<SumLine> = Vec::new();
    let mut faults = Vec::new();
    let mut fault = |line: usize, why: String| faults.push(SumFault { line, why });
    let mut rest = bytes;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = &rest[..end.unwrap_or(rest.len())];
        rest = match end {
            Some(end) => &rest[end + 1..],
            None => {
                fault(
                    number,
                    "it has no line end: the file was cut off".to_owned(),
                );
                &[]
            }
        };
        let (digest, path) = match read_line(line) {
            Ok(read) => read,
            Err(why) => {
                fault(number, why);
                continue;
            }
        };
        if let Some(why) = unsafe_path(&path) {
            fault(number, format!("path `{}` {why}", shown(&path)));
            continue;
        }
        if path == SUMS_FILE || path == SIGNATURE_FILE {
            fault(number, format!("`{path}` cannot be in its own list"));
            continue;
        }
        if let Some(before) = lines.last()
            && before.path >= path
        {
            let why = match before.path == path {
                true => format!("`{path}` is listed twice"),
                false => format!(
                    "`{path}` stands behind `{}`: the list is not sorted",
                    before.path
                ),
            };
            fault(number, why);
            if lines.iter().any(|line| line.path == path) {
                continue;
            }
        }
        lines.push(SumLine {
            line: number,
            digest,
            path,
        });
    }
    if bytes.is_empty() {
        fault(1, "the list is empty".to_owned());
    }
    (lines, faults)
}

fn read_line(line: &[u8]) -> Result<(Digest, String), String> {
    const SHAPE: &str =
        "it is not 64 hexadecimal digits in lower case, two blanks and the path of a file";
    let text = std::str::from_utf8(line).map_err(|error| {
        format!(
            "byte {} of it is no UTF-8",
            error.valid_up_to().saturating_add(1)
        )
    })?;
    let (digits, path) = text.split_once("  ").ok_or(SHAPE)?;
    let is_lower = digits.chars().all(|c| !c.is_ascii_uppercase());
    match Digest::parse(digits) {
        Some(digest) if is_lower => Ok((digest, path.to_owned())),
        _ => Err(SHAPE.to_owned()),
    }
}

/// Why a path may not be followed; `None` for a plain one that stays in its folder.
pub fn unsafe_path(path: &str) -> Option<&'static str> {
    const PATH_MAX: usize = 512;
    if path.is_empty() {
        Some("is empty")
    } else if path.len() > PATH_MAX {
        Some("is too long")
    } else if path.chars().any(char::is_control) {
        Some("has a control character")
    } else if path.contains('\\') {
        Some("has a backslash")
    } else if path.starts_with('/') {
        Some("is absolute")
    } else if path.split('/').any(|part| part == "..") {
        Some("leads out of the folder")
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        Some("is not written plainly")
    } else {
        None
    }
}

fn shown(path: &str) -> String {
    let plain = path.chars().take(80);
    plain
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let files = BTreeMap::from([
            ("probes/entry.json".to_owned(), Digest::of(b"1")),
            ("a b.json".to_owned(), Digest::of(b"2")),
        ]);
        let (lines, faults) = read_sums(sums_text(&files).as_bytes());
        assert_eq!(faults, []);
        let paths: Vec<&str> = lines.iter().map(|line| line.path.as_str()).collect();
        assert_eq!(paths, ["a b.json", "probes/entry.json"]);
    }

    #[track_caller]
    fn check(text: &str, line: usize, part: &str) {
        let (_, faults) = read_sums(text.as_bytes());
        assert!(
            faults
                .iter()
                .any(|fault| fault.line == line && fault.why.contains(part)),
            "{text:?}: {faults:?}"
        );
    }

    #[test]
    fn everything_else_is_named_with_its_line() {
        let digest = Digest::of(b"");
        let line = |path: &str| format!("{digest}  {path}\n");
        let a = line("a");
        check("", 1, "empty");
        check("nonsense\n", 1, "64 hexadecimal digits");
        check(
            &format!("{a}{}", line("b").to_uppercase()),
            2,
            "64 hexadecimal",
        );
        check(&format!("{a}{digest} b\n"), 2, "64 hexadecimal");
        check(&format!("{a}{digest}  b"), 2, "cut off");
        check(&format!("{a}{a}"), 2, "listed twice");
        check(&format!("{}{a}", line("b")), 2, "not sorted");
        check(&line("../etc/passwd"), 1, "leads out");
        check(&line("a/../../b"), 1, "leads out");
        check(&line("/etc/passwd"), 1, "absolute");
        check(&line("./a"), 1, "plainly");
        check(&line("a//b"), 1, "plainly");
        check(&line("a\\nb"), 1, "backslash");
        check(&line("a\u{7}b"), 1, "control");
        check(&line(SIGNATURE_FILE), 1, "own list");
        check(&line(&"x".repeat(600)), 1, "too long");
        let (_, faults) = read_sums(b"\xff\xfe\n");
        assert!(faults[0].why.contains("UTF-8"), "{faults:?}");
    }
}
