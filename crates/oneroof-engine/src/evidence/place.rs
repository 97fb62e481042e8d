//! Where in a changed file the change is.

use oneroof_model::Digest;
use oneroof_model::evidence::{ChangedPlace, Edit, LineSums, SUMS_FILE, SumLine};

use super::fault::{EvidenceFault, FaultKind, ill_formed};

/// Completes the fault of a changed file with its place: the very byte if one was changed, else the lines, else where
/// it stops being well-formed.
pub(super) fn locate(
    fault: EvidenceFault,
    line: &SumLine,
    bytes: &[u8],
    line_sums: Option<&LineSums>,
) -> EvidenceFault {
    let known = line_sums.filter(|sums| sums.knows(&line.path));
    let fault = match known.map(|sums| sums.compare(&line.path, bytes)) {
        // Each line is what it was, so the list is at fault.
        Some(None) => {
            return EvidenceFault {
                line: Some(line.line),
                message: format!(
                    "its sum of `{}` is not the file's, and no line of that file was changed: the list was",
                    line.path
                ),
                ..EvidenceFault {
                    file: SUMS_FILE.to_owned(),
                    ..fault
                }
            };
        }
        Some(Some(place)) => at_place(fault, line, bytes, &place),
        None => fault,
    };
    let Some(broken) = ill_formed(&line.path, bytes) else {
        return fault;
    };
    let message = format!("{}; {}", fault.message, broken.message);
    match fault.line {
        Some(_) => EvidenceFault { message, ..fault },
        None => EvidenceFault {
            message,
            line: broken.line,
            column: broken.column,
            byte: broken.byte,
            ..fault
        },
    }
}

fn at_place(
    fault: EvidenceFault,
    line: &SumLine,
    bytes: &[u8],
    place: &ChangedPlace,
) -> EvidenceFault {
    let is_right = |edit: &&Edit| Digest::of(&edit.undo(bytes)) == line.digest;
    if let Some(edit) = place.candidates.iter().find(is_right) {
        let message = match edit {
            Edit::Replaced(offset, was) => format!(
                "this byte was changed: it is {}, it was {}",
                shown(bytes[*offset]),
                shown(*was)
            ),
            Edit::Removed(_, was) => format!("before this byte {} was removed", shown(*was)),
            Edit::Added(offset) => format!("this byte was added: {}", shown(bytes[*offset])),
        };
        return EvidenceFault { message, ..fault }.at(bytes, edit.offset());
    }
    let (first, last) = place.lines;
    let lines = match first == last {
        true => format!("line {first} was"),
        false => format!("lines {first} to {last} were"),
    };
    let (there, here) = place.pieces;
    let message = match (there, here) {
        (0, _) => format!("{lines} added"),
        (_, 0) if place.bytes.start >= bytes.len() => "it was cut off at its end".to_owned(),
        (_, 0) => format!("something was removed before line {first}"),
        _ => format!("{lines} changed"),
    };
    let kind = match (here, place.bytes.start >= bytes.len()) {
        (0, true) => FaultKind::Truncated,
        _ => fault.kind,
    };
    EvidenceFault {
        kind,
        message,
        ..fault
    }
    .at(bytes, place.bytes.start)
}

fn shown(byte: u8) -> String {
    match byte {
        b'\n' => "a line end".to_owned(),
        b' ' => "a blank".to_owned(),
        0x21..=0x7e => format!("`{}`", char::from(byte)),
        other => format!("byte {other:#04x}"),
    }
}

/// The list of line sums can be made again from the other files; where it differs is told if that gives the listed
/// sum.
pub(super) fn locate_in_line_sums(fault: EvidenceFault, right: &str, seen: &[u8]) -> EvidenceFault {
    let same = right.bytes().zip(seen).take_while(|(a, b)| a == *b).count();
    match fault.expected.as_deref() == Some(&Digest::of(right.as_bytes()).to_string()) {
        true => EvidenceFault {
            message: "it differs from here on from the line sums of the files".to_owned(),
            ..fault
        }
        .at(seen, same),
        false => fault,
    }
}
