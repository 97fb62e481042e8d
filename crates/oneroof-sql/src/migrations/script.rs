//! Makes a script ready to run: a `begin` and `commit` of its own are lifted into the transaction that it gets here.

use oneroof_model::MigrationTool;

use super::text::blank;
use super::{MigrationFile, Piece, Reading, Script, psql};
use crate::lexer::skip_blank;
use crate::parse::ParseErrorKind;
use crate::split::{Statement, StatementKind, split};

/// What a script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
    Verify,
}

/// The text as it runs, and whether in a transaction.
pub(super) fn ready(
    tool: MigrationTool,
    files: &[MigrationFile],
    piece: Piece,
    way: Way,
    reading: &mut Reading,
) -> Script {
    let mut text = piece.text;
    if tool == MigrationTool::Sqitch {
        text = match psql::run(&piece.file, &text, files) {
            Ok(text) => text,
            Err(fault) => {
                reading.error(&fault.file, Some(fault.line), fault.message, fault.hint);
                text
            }
        };
    }
    let mut script = Script {
        file: piece.file,
        section: piece.section,
        text,
        transaction: !piece.no_transaction,
    };
    let statements = match split(&script.text) {
        Ok(statements) => statements,
        Err(error) => {
            let hint = match error.kind {
                ParseErrorKind::PsqlCommand(_) | ParseErrorKind::PsqlVariable(_) => {
                    "psql reads this, and the server does not: write it as SQL"
                }
                ParseErrorKind::CopyData => "write the rows as insert statements",
                _ => "",
            };
            let message = if tool == MigrationTool::Sqitch || !names_psql(&error.kind) {
                error.message.clone()
            } else {
                format!("{} ({tool} does not run psql either)", error.message)
            };
            reading.error(&script.file, Some(error.line), message, hint);
            return script;
        }
    };
    lift(&mut script, &statements, way, reading);
    if statements
        .iter()
        .any(|statement| statement.refuses_transaction)
    {
        script.transaction = false;
    }
    script
}

fn names_psql(kind: &ParseErrorKind) -> bool {
    matches!(
        kind,
        ParseErrorKind::PsqlCommand(_) | ParseErrorKind::PsqlVariable(_)
    )
}

/// Which end of a transaction a statement is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Close,
    Undo,
}

fn end_of(statement: &Statement) -> Option<End> {
    if statement.kind != StatementKind::TransactionControl {
        return None;
    }
    let mut words = statement
        .text
        .split_ascii_whitespace()
        .map(str::to_ascii_lowercase);
    match words.next()?.trim_end_matches(';') {
        "begin" | "start" => Some(End::Open),
        "commit" | "end" => Some(End::Close),
        // `rollback to savepoint` stays: it is within the transaction
        "rollback" | "abort" => match words.next().as_deref() {
            Some("to") => None,
            _ => Some(End::Undo),
        },
        _ => None,
    }
}

fn lift(script: &mut Script, statements: &[Statement], way: Way, reading: &mut Reading) {
    let mut open = false;
    let mut pairs = 0;
    let mut outside = false;
    for statement in statements {
        let fault = match (end_of(statement), open) {
            (Some(End::Open), true) => Some("`begin` inside a transaction"),
            (Some(End::Open), false) => {
                open = true;
                None
            }
            (Some(End::Close), false) => Some("`commit` without a `begin`"),
            (Some(End::Undo), _) if way != Way::Verify => {
                Some("`rollback` takes back what the migration did")
            }
            (Some(End::Close | End::Undo), _) => {
                open = false;
                pairs += 1;
                None
            }
            (None, false) => {
                outside = true;
                None
            }
            (None, true) => None,
        };
        if let Some(message) = fault {
            reading.error(&script.file, Some(statement.line), message.to_owned(), "");
        }
        if end_of(statement).is_some() {
            let end = skip_blank(&script.text, statement.offset + statement.text.len());
            let end = match script.text.as_bytes().get(end) {
                Some(b';') => end + 1,
                _ => statement.offset + statement.text.len(),
            };
            script.text = blank(&script.text, statement.offset..end);
        }
    }
    if open {
        let message = "`begin` without a `commit`".to_owned();
        reading.error(
            &script.file,
            statements.last().map(|last| last.line),
            message,
            "",
        );
    }
    if pairs > 1 || (pairs == 1 && outside) {
        let message = match pairs {
            1 => "statements stand outside its own transaction: they run in it here".to_owned(),
            _ => format!("it has {pairs} transactions of its own: they run as one here"),
        };
        reading.warn(
            &script.file,
            None,
            message,
            "one file is one step: all of it or nothing",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::testing::{files, remarks};
    use super::*;

    fn one(text: &str) -> (Script, Vec<String>) {
        let set = read(MigrationTool::Sqlx, &files(&[("1_a.sql", text)]));
        (set.migrations[0].up.clone(), remarks(&set))
    }

    #[test]
    fn a_transaction_of_its_own_is_lifted_and_lines_stay() {
        let (script, said) = one("-- x\nBEGIN;\ncreate table t (a int);\nCOMMIT;\n");
        assert_eq!(
            script.text,
            "-- x\n      \ncreate table t (a int);\n       \n"
        );
        assert!(script.transaction && said.is_empty(), "{said:?}");
    }

    #[test]
    fn what_refuses_a_transaction_gets_none() {
        let (script, _) = one("create index concurrently i on t (a)");
        assert!(!script.transaction);
        let (script, _) = one("-- no-transaction\nselect 1");
        assert!(!script.transaction);
    }

    #[test]
    fn what_cannot_be_lifted_is_named_with_its_line() {
        for (text, expected) in [
            ("select 1;\ncommit;", "1_a.sql:2 `commit` without a `begin`"),
            ("begin;\nselect 1;", "1_a.sql:2 `begin` without a `commit`"),
            (
                "begin;\nselect 1;\nrollback;",
                "1_a.sql:3 `rollback` takes back",
            ),
            (
                "begin; select 1; commit; begin; select 2; commit;",
                "2 transactions of its own",
            ),
            (
                "begin; select 1; commit; select 2",
                "outside its own transaction",
            ),
            ("select 1;\n\\i other.sql\n", "1_a.sql:2"),
            ("selec 1", "1_a.sql:1 syntax error"),
        ] {
            let (_, said) = one(text);
            assert!(
                said.iter().any(|said| said.contains(expected)),
                "{text}: {said:?}"
            );
        }
    }

    #[test]
    fn marks_and_windows_lines_do_no_harm() {
        let (script, said) = one("\u{feff}begin;\r\nselect 1;\r\ncommit;\r\n");
        assert_eq!(script.text, "      \r\nselect 1;\r\n       \r\n");
        assert_eq!(said, Vec::<String>::new());
    }
}
