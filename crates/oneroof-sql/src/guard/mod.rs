//! Is it read-only? Text in, a [`Draft`] or a refusal out; with facts of the catalog, `Admitted`.
//!
//! Everything here fails closed. A node, function, operator, type or relation that is not on its list is refused, so
//! something new in PostgreSQL is refused until somebody has looked at it. [`admit`] reads the text alone,
//! [`Closure`] follows what it names into the catalog. The threats are in `docs/concepts/readonly-channel.md`, each
//! rule has a page in `docs/guard-rules/`.

mod closure;
mod kind;
mod lists;
mod nodes;
mod relations;
mod size;
mod sizes;
mod splice;
mod stored;
mod types;
mod walk;

use oneroof_model::readonly::{GuardRefusal, GuardRule, Place, StatementKind, TrustedNames, Uses};

use crate::parse::{ParseError, ParseErrorKind, locate, on_parser_thread};
use crate::tree::Record;

pub use closure::{Closure, Step, trusted_names};

/// Longest statement that is read.
pub const GUARD_BYTES_MAX: usize = 64 * 1024;

/// Deepest nesting of nodes. Honest statements stay below 400; PostgreSQL's own limit is near.
const DEPTH_MAX: usize = 1_000;

/// A statement whose text is read-only as far as a text can tell: the catalog has the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text that was read.
    pub text: String,
    /// What kind of statement it is.
    pub kind: StatementKind,
    /// What it names.
    pub uses: Uses,
    /// How many values come with it.
    pub parameters: usize,
}

/// Reads bytes of unknown origin: [`admit`] for what is UTF-8.
///
/// # Errors
/// The refusal.
pub fn admit_bytes(bytes: &[u8], trusted: &TrustedNames) -> Result<Draft, Box<GuardRefusal>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => admit(text, trusted),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Err(Box::new(
                GuardRefusal::new(
                    GuardRule::NotUtf8,
                    "the text is not valid UTF-8",
                    "send the statement in UTF-8",
                )
                .at(Some(place(&valid, valid.len()))),
            ))
        }
    }
}

/// Is `text` one statement that only reads? `trusted` are names that the operator of the target trusts.
///
/// # Errors
/// The first refusal, with its place.
pub fn admit(text: &str, trusted: &TrustedNames) -> Result<Draft, Box<GuardRefusal>> {
    if text.len() > GUARD_BYTES_MAX {
        return Err(Box::new(GuardRefusal::new(
            GuardRule::TextTooLong,
            format!(
                "the text has {} bytes, more than {GUARD_BYTES_MAX}",
                text.len()
            ),
            "split it into several statements, or put long lists into VALUES of a smaller one",
        )));
    }
    admit_any_length(text, trusted, 0)
}

/// The same for a statement that comes with this many values for `$1`, `$2`, …
///
/// # Errors
/// The first refusal, with its place.
pub fn admit_with_parameters(
    bytes: &[u8],
    trusted: &TrustedNames,
    parameters: usize,
) -> Result<Draft, Box<GuardRefusal>> {
    match std::str::from_utf8(bytes) {
        Ok(text) if parameters > 0 && text.len() <= GUARD_BYTES_MAX => {
            admit_any_length(text, trusted, parameters)
        }
        _ => admit_bytes(bytes, trusted),
    }
}

/// The same for texts that the catalog holds, which are as long as they are.
fn admit_any_length(
    text: &str,
    trusted: &TrustedNames,
    parameters: usize,
) -> Result<Draft, Box<GuardRefusal>> {
    let owned_names = trusted.clone();
    let outcome = on_parser_thread(text, move |text, tree| {
        judge(text, tree, &owned_names, parameters)
    });
    match outcome {
        Ok(Ok((kind, uses))) => Ok(Draft {
            text: text.to_owned(),
            kind,
            uses,
            parameters,
        }),
        Ok(Err(refusal)) => Err(refusal),
        Err(error) => Err(Box::new(from_parser(text, error))),
    }
}

/// The verdict about a whole parse tree.
fn judge(
    text: &str,
    tree: &Record,
    trusted: &TrustedNames,
    parameters: usize,
) -> Result<(StatementKind, Uses), Box<GuardRefusal>> {
    let statement = kind::only_statement(text, tree)?;
    let mut walker = walk::Walker::new(text, trusted).with_parameters(parameters);
    let kind = kind::enter(&mut walker, statement)?;
    Ok((kind, walker.finish()))
}

/// Line, column and offset of a byte of `text`.
fn place(text: &str, offset: usize) -> Place {
    let (line, column) = locate(text, offset);
    Place {
        line,
        column,
        offset: offset.min(text.len()),
    }
}

/// A fault of ours is a refusal too.
fn internal(what: &str) -> GuardRefusal {
    GuardRefusal::new(
        GuardRule::InternalError,
        what.to_owned(),
        "this is a fault of oneroof: please report the statement",
    )
}

fn from_parser(text: &str, error: ParseError) -> GuardRefusal {
    let (rule, instead) = match error.kind {
        ParseErrorKind::TooDeep => (
            GuardRule::NestedTooDeep,
            "nest less deep: name parts of the statement in WITH",
        ),
        ParseErrorKind::TooLong => (GuardRule::TextTooLong, "split it into several statements"),
        ParseErrorKind::NulByte => (GuardRule::NulByte, "remove the NUL byte"),
        ParseErrorKind::Internal => (
            GuardRule::InternalError,
            "this is a fault of oneroof: please report the statement",
        ),
        _ => (
            GuardRule::SyntaxError,
            "send one SELECT, VALUES, TABLE, WITH … SELECT, EXPLAIN or SHOW in PostgreSQL's grammar",
        ),
    };
    GuardRefusal::new(rule, error.message, instead).at(Some(place(text, error.offset)))
}

#[cfg(test)]
mod tests;
