//! What can be wrong with evidence.

use oneroof_model::evidence::line_at;
use serde::Serialize;

use crate::store::evidence::EVENTS_FILE;

/// Something that is wrong with a file of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceFault {
    /// The file, relative to the folder.
    pub file: String,
    /// What kind of fault.
    pub kind: FaultKind,
    /// One sentence.
    pub message: String,
    /// 1-based line, where it is known.
    pub line: Option<usize>,
    /// 1-based byte within the line.
    pub column: Option<usize>,
    /// 1-based byte within the file, as `cmp` counts.
    pub byte: Option<usize>,
    /// What should be there: a sum, a key, a value.
    pub expected: Option<String>,
    /// What is there.
    pub seen: Option<String>,
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum FaultKind {
    /// It should be there.
    Missing,
    /// It should not be there.
    Additional,
    /// It is not what it was.
    Changed,
    /// It ends too early.
    Truncated,
    /// It is not what its name says.
    IllFormed,
    /// It says something else than another file.
    DoesNotFit,
    /// It cannot be read, or is too long.
    Unreadable,
    /// A link, a socket, a name that is no text.
    Strange,
    /// The signature does not hold.
    WrongSignature,
    /// Signed with another key than the record names.
    OtherSigner,
    /// Signed by somebody who is not in the list.
    UnknownSigner,
    /// Its time cannot be.
    Clock,
}

impl EvidenceFault {
    pub(super) fn of(file: &str, kind: FaultKind, message: impl Into<String>) -> EvidenceFault {
        EvidenceFault {
            file: file.to_owned(),
            kind,
            message: message.into(),
            line: None,
            column: None,
            byte: None,
            expected: None,
            seen: None,
        }
    }

    /// The same at a 0-based offset of the file.
    pub(super) fn at(mut self, bytes: &[u8], offset: usize) -> EvidenceFault {
        let (line, column) = line_at(bytes, offset);
        self.line = Some(line);
        self.column = Some(column);
        self.byte = Some(offset + 1);
        self
    }

    /// `rehearsal.json, line 12, column 3 (byte 411)`
    pub fn place(&self) -> String {
        let mut place = self.file.clone();
        if let Some(line) = self.line {
            place.push_str(&format!(", line {line}"));
        }
        if let Some(column) = self.column {
            place.push_str(&format!(", column {column}"));
        }
        if let Some(byte) = self.byte {
            place.push_str(&format!(" (byte {byte})"));
        }
        place
    }
}

/// Where a file stops being the text that its name says; none if it is well-formed.
pub(super) fn ill_formed(path: &str, bytes: &[u8]) -> Option<EvidenceFault> {
    let fault = |message: String| EvidenceFault::of(path, FaultKind::IllFormed, message);
    if let Err(error) = std::str::from_utf8(bytes) {
        return Some(
            fault("it is no UTF-8 from here on".to_owned()).at(bytes, error.valid_up_to()),
        );
    }
    if path == EVENTS_FILE {
        let mut start = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some((message, offset)) = not_json(line) {
                return Some(fault(message).at(bytes, start + offset));
            }
            start += line.len();
        }
        return None;
    }
    if path.ends_with(".json") {
        let (message, offset) = not_json(bytes)?;
        return Some(fault(message).at(bytes, offset));
    }
    None
}

/// What is wrong with a JSON document, and at which 0-based offset.
fn not_json(bytes: &[u8]) -> Option<(String, usize)> {
    let error = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).err()?;
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let offset = before + error.column().saturating_sub(1);
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends in the middle: it was cut off".to_owned(),
        _ => {
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            format!("it stops being JSON here: {what}")
        }
    };
    Some((what, offset.min(bytes.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &[u8], place: Option<&str>) {
        let found = ill_formed(path, text).map(|fault| fault.place());
        assert_eq!(found.as_deref(), place, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn the_place_where_a_text_breaks_is_named() {
        check("a.json", b"{\n  \"a\": 1\n}\n", None);
        check(
            "a.json",
            b"{\n  \"a\": x\n}\n",
            Some("a.json, line 2, column 8 (byte 10)"),
        );
        check(
            "a.json",
            b"{\n  \"a\": 1",
            Some("a.json, line 2, column 8 (byte 10)"),
        );
        check(
            "a.json",
            b"\"\xff\"",
            Some("a.json, line 1, column 2 (byte 2)"),
        );
        check("events.jsonl", b"{}\n{}\n", None);
        check(
            "events.jsonl",
            b"{}\n{]\n",
            Some("events.jsonl, line 2, column 2 (byte 5)"),
        );
        check("report.md", b"# anything", None);
    }
}
