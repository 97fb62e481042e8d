//! Texts that must be one query or one condition, and nothing else.
//!
//! Metrics, preconditions and invariants are read only by promise of their package; these checks make the promise one
//! of grammar. What functions do cannot be seen here: such queries still run in read-only transactions.

use pg_query::protobuf::SetOperation;

use crate::parse::{ParseError, ParseErrorKind, with_parsed};
use crate::tree::{Arena, Item, Record};

/// Checks that `text` is exactly one `select`, `values` or `table`, optionally with CTEs, that changes and locks nothing.
///
/// A closing semicolon is fine; [`split`](crate::split()) gives the text without it.
///
/// # Errors
/// What is wrong, at its place: PostgreSQL's refusal, or [`ParseErrorKind::NotAllowed`].
pub fn check_single_select(text: &str) -> Result<(), ParseError> {
    let refusal = with_parsed(text, |tree| {
        let arena = Arena::new();
        let item = Item::of(&arena, tree);
        let statements: Vec<&Record> = item
            .as_record()
            .map(|tree| tree.records("stmts").collect())
            .unwrap_or_default();
        let first = match statements.as_slice() {
            [] => {
                return Some((
                    0,
                    String::from("there is no statement; exactly one SELECT is needed"),
                ));
            }
            [first] => first,
            [_, second, ..] => {
                let offset = usize::try_from(second.number("stmt_location")).unwrap_or(0);
                return Some((
                    crate::lexer::skip_blank(text, offset),
                    String::from("there is a second statement; exactly one SELECT is needed"),
                ));
            }
        };
        let start = crate::lexer::skip_blank(
            text,
            usize::try_from(first.number("stmt_location")).unwrap_or(0),
        );
        let Some(statement) = first.record("stmt") else {
            return Some((start, String::from("there is no statement")));
        };
        if statement.name != "SelectStmt" {
            return Some((
                start,
                String::from("only SELECT, VALUES and WITH … SELECT are allowed here"),
            ));
        }
        refused_inside(statement, start)
    })?;
    match refusal {
        None => Ok(()),
        Some((offset, message)) => Err(ParseError::at(
            text,
            offset,
            ParseErrorKind::NotAllowed,
            message,
        )),
    }
}

/// The first node below `root` that a query for reading must not have.
fn refused_inside(root: &Record, start: usize) -> Option<(usize, String)> {
    let mut found: Option<(usize, String)> = None;
    root.each(&mut |record| {
        let what = match record.name {
            "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => Some(String::from(
                "a WITH query that changes data is not allowed here",
            )),
            "IntoClause" => Some(String::from(
                "SELECT … INTO creates a table and is not allowed here",
            )),
            "LockingClause" => Some(String::from(
                "FOR UPDATE and FOR SHARE lock rows and are not allowed here",
            )),
            "ParamRef" => Some(String::from(
                "there is no value for a parameter like $1 here",
            )),
            "FuncCall" => {
                let names = record.names("funcname");
                match names.last().map(String::as_str) {
                    Some(name) if name == "set_config" || is_session_lock(name) => Some(format!(
                        "`{name}` changes the session and is not allowed here"
                    )),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(what) = what
            && found.is_none()
        {
            found = Some((place(record).unwrap_or(start), what));
        }
    });
    found
}

/// Advisory lock functions whose lock outlives the transaction, or that give one back.
pub(crate) fn is_session_lock(name: &str) -> bool {
    (name.starts_with("pg_advisory_") || name.starts_with("pg_try_advisory_"))
        && !name.contains("_xact_")
}

/// The first location in or below a node.
fn place(root: &Record) -> Option<usize> {
    let mut first: Option<usize> = None;
    root.each(&mut |record| {
        if let Some(Item::Number(location)) = record.get("location")
            && let Ok(location) = usize::try_from(*location)
        {
            first = Some(first.map_or(location, |first: usize| first.min(location)));
        }
    });
    first
}

/// Checks that `text` is exactly one condition, fit to stand after `where` in parentheses on one line.
///
/// Nothing can be smuggled: no second clause, no second statement, no closing parenthesis that opens another one, no
/// comment that swallows what follows, no parameter.
///
/// # Errors
/// What is wrong, at its place in `text`.
pub fn check_predicate(text: &str) -> Result<(), ParseError> {
    // Both forms must parse: `a) or (b` only fits into the second, `a group by b` only into the first.
    for (head, tail) in [("select where ", ""), ("select where (", ")")] {
        let whole = format!("{head}{text}{tail}");
        let in_text = |offset: usize| offset.saturating_sub(head.len()).min(text.len());
        let refusal = with_parsed(&whole, |tree| {
            let arena = Arena::new();
            predicate_refusal(&Item::of(&arena, tree))
        })
        .map_err(|error| ParseError::at(text, in_text(error.offset), error.kind, error.message))?;
        if let Some((offset, message)) = refusal {
            return Err(ParseError::at(
                text,
                in_text(offset),
                ParseErrorKind::NotAllowed,
                message,
            ));
        }
    }
    Ok(())
}

fn predicate_refusal(item: &Item) -> Option<(usize, String)> {
    let more = || {
        Some((
            0,
            String::from("more than one condition: only what may stand after WHERE is allowed"),
        ))
    };
    let statements: Vec<&Record> = item
        .as_record()
        .map(|tree| tree.records("stmts").collect())
        .unwrap_or_default();
    let [only] = statements.as_slice() else {
        return more();
    };
    // A semicolon shows as a length.
    if only.number("stmt_len") != 0 {
        return Some((0, String::from("a condition has no semicolon")));
    }
    let Some(select) = only.record("stmt").filter(|stmt| stmt.name == "SelectStmt") else {
        return more();
    };
    let expected = select.fields.iter().all(|(name, value)| match *name {
        "where_clause" => true,
        "op" => *value == Item::Number(SetOperation::SetopNone as i64),
        "limit_option" => matches!(value, Item::Number(0 | 1)),
        _ => false,
    });
    match select.record("where_clause") {
        Some(condition) if expected => refused_inside(condition, 0),
        _ => more(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        for text in [
            "select 1",
            "select count(*) from t;",
            "values (1, 'x')",
            "table t",
            "with a as (select 1), b as materialized (select 2) select * from a, b",
            "with recursive a as (select 1 union all select 2) select * from a -- end",
            "(select 1) union (select 2) order by 1 limit 1",
            "/* head */ select (select max(a) from t)",
            "select pg_try_advisory_xact_lock(1)",
        ] {
            assert_eq!(check_single_select(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn queries_that_are_refused() {
        for (text, word) in [
            ("", "no statement"),
            ("select 1; select 2", "second statement"),
            ("select 1; drop table t", "second statement"),
            ("insert into t values (1)", "only SELECT"),
            ("explain select 1", "only SELECT"),
            ("show all", "only SELECT"),
            ("select 1 into t", "INTO"),
            ("select * from (select 1 for update) a", "FOR UPDATE"),
            ("select * from t for no key update of t", "FOR UPDATE"),
            (
                "with a as (delete from t returning *) select * from a",
                "changes data",
            ),
            (
                "select * from (with a as (update t set a = 1 returning *) select * from a) b",
                "changes data",
            ),
            (
                "with a as (merge into t using s on true when matched then delete returning *) select 1 from a",
                "changes data",
            ),
            ("select set_config('a.b', '1', true)", "set_config"),
            ("select pg_advisory_lock(1)", "pg_advisory_lock"),
            (
                "select pg_catalog.pg_advisory_unlock_all()",
                "pg_advisory_unlock_all",
            ),
            ("select $1", "parameter"),
            ("selec 1", "syntax error"),
            ("begin", "only SELECT"),
        ] {
            let error = check_single_select(text).expect_err(text);
            assert!(error.message.contains(word), "{text}: {error}");
        }
        let error = check_single_select("select 1;\n  drop table t").unwrap_err();
        assert_eq!((error.line, error.column), (2, 3));
    }

    #[test]
    fn predicates() {
        for text in [
            "true",
            "created_by = current_setting('oneroof.release_tag', true)",
            "a = 1 and (b or not c)",
            "exists (select 1 from t where t.a = x.a order by 1 limit 1)",
            "a in (select b from c union select d from e)",
            "a = 'x) union select ('",
            "a /* why */ is null",
        ] {
            assert_eq!(check_predicate(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn predicates_that_are_refused() {
        for text in [
            "",
            "true; drop table t",
            "true;",
            "true order by 1",
            "true group by a",
            "true limit 1",
            "true offset 1",
            "true fetch first row with ties",
            "true union select 1",
            "true for update",
            "true window w as ()",
            "true having true",
            "a) or (b",
            "true) union select (1",
            "true -- and the rest",
            "true /*",
            "(true",
            "a, b",
            "select 1",
            "$1 = 2",
            "exists (select 1 from t for update)",
            "a = 'x",
            "\\i x",
            "true returning *",
        ] {
            assert!(check_predicate(text).is_err(), "{text}");
        }
        let error = check_predicate("a = \nb b b").unwrap_err();
        assert_eq!(error.line, 2);
    }
}
