//! Exactly one statement, of a kind that reads: SELECT and its forms, EXPLAIN of one, SHOW.

use oneroof_model::readonly::{GuardRefusal, GuardRule, StatementKind};

use super::nodes;
use super::walk::Walker;
use super::{internal, place};
use crate::lexer::skip_blank;
use crate::tree::Record;

/// Options of EXPLAIN that only say what to print. ANALYZE executes the statement, which was admitted.
const EXPLAIN_OPTIONS: [&str; 12] = [
    "analyze",
    "buffers",
    "costs",
    "format",
    "generic_plan",
    "memory",
    "serialize",
    "settings",
    "summary",
    "timing",
    "verbose",
    "wal",
];

const READS: &str =
    "send one SELECT, VALUES, TABLE, WITH … SELECT, EXPLAIN of such a statement, or SHOW";

/// The statement of a text that has exactly one.
pub(super) fn only_statement<'a>(
    text: &str,
    tree: &Record<'a>,
) -> Result<&'a Record<'a>, Box<GuardRefusal>> {
    let statements: Vec<&Record> = tree.records("stmts").collect();
    let one = |reason: &str, offset: usize| {
        Err(Box::new(
            GuardRefusal::new(GuardRule::OneStatement, reason, READS).at(Some(place(text, offset))),
        ))
    };
    match statements.as_slice() {
        [] => one("there is no statement", 0),
        [only] => only
            .record("stmt")
            .ok_or_else(|| Box::new(internal("a statement without a tree"))),
        [_, second, ..] => {
            let offset = usize::try_from(second.number("stmt_location")).unwrap_or(0);
            one(
                "there is a second statement",
                skip_blank(text, offset.min(text.len())),
            )
        }
    }
}

/// Walks the statement if it is of a kind that reads.
pub(super) fn enter(
    walker: &mut Walker<'_>,
    statement: &Record,
) -> Result<StatementKind, Box<GuardRefusal>> {
    match statement.name {
        "SelectStmt" => {
            walker.enter(statement)?;
            Ok(StatementKind::Select)
        }
        "VariableShowStmt" => Ok(StatementKind::Show),
        "ExplainStmt" => {
            for option in statement.records("options") {
                explain_option(walker, option)?;
            }
            match statement.record("query") {
                Some(query) if query.name == "SelectStmt" => walker.enter(query)?,
                Some(query) => return Err(not_a_read(walker, query, "EXPLAIN of ")),
                None => return Err(Box::new(internal("EXPLAIN without a statement"))),
            }
            Ok(StatementKind::Explain)
        }
        _ => Err(not_a_read(walker, statement, "")),
    }
}

fn not_a_read(walker: &Walker<'_>, statement: &Record, before: &str) -> Box<GuardRefusal> {
    let words = nodes::statement_words(statement.name);
    let (rule, instead) = match statement.name {
        "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => {
            let (rule, _, instead) = nodes::refusal(statement.name);
            (rule, instead)
        }
        _ => (GuardRule::StatementKind, READS),
    };
    Box::new(
        GuardRefusal::new(rule, format!("{before}{words} is not a read"), instead)
            .object(statement.name)
            .at(Some(place(walker.text(), skip_blank(walker.text(), 0)))),
    )
}

fn explain_option(walker: &Walker<'_>, option: &Record) -> Result<(), Box<GuardRefusal>> {
    let name = option.text("defname");
    let plain = option.name == "DefElem"
        && EXPLAIN_OPTIONS.contains(&name)
        && option.record("arg").is_none_or(|arg| {
            matches!(
                arg.name,
                "String" | "Integer" | "Float" | "Boolean" | "AConst"
            )
        });
    if plain {
        return Ok(());
    }
    Err(Box::new(
        GuardRefusal::new(
            GuardRule::ExplainOption,
            format!("`{name}` is not a reviewed option of EXPLAIN"),
            "use ANALYZE, VERBOSE, COSTS, SETTINGS, BUFFERS, WAL, TIMING, SUMMARY, MEMORY, SERIALIZE or FORMAT",
        )
        .object(name)
        .at(walker.place_of(option)),
    ))
}
