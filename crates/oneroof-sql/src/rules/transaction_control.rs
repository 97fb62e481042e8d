//! `transaction-control`: a statement that begins, ends or splits the transaction that the engine owns.

use crate::check::{Package, Report};
use crate::split::StatementKind;

const HINT: &str = "take it out: the engine puts each tier into one transaction (`transaction` and `group` in release.toml)";

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        for facts in &file.facts {
            let outer = (facts.statement.kind, facts.statement.offset);
            let inner = facts.inner.iter().map(|inner| (inner.kind, inner.offset));
            for (kind, offset) in std::iter::once(outer).chain(inner) {
                if kind == StatementKind::TransactionControl {
                    // A place inside a quoted body may be off by an escape.
                    let word = file
                        .text
                        .get(offset..)
                        .unwrap_or("")
                        .split(|character: char| !character.is_alphanumeric())
                        .find(|word| !word.is_empty())
                        .unwrap_or("statement")
                        .to_lowercase();
                    report.error(
                        file,
                        offset,
                        format!("`{word}` controls the transaction, which belongs to the engine"),
                        HINT,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check_rule;

    #[test]
    fn cases() {
        check_rule(
            "transaction-control",
            &[
                ("select 1;\n  begin;", ":2:3 `begin`"),
                ("COMMIT", "`commit`"),
                ("rollback to savepoint a", "`rollback`"),
                ("savepoint a", "`savepoint`"),
                ("set transaction isolation level serializable", "`set`"),
                ("do $$ begin\n  commit;\nend $$", ":2:3 `commit`"),
                (
                    "do $$ begin perform 1; exception when others then null; end $$",
                    "",
                ),
                (
                    "create procedure p() language plpgsql as $$ begin commit; end $$",
                    "",
                ),
                ("select 1^drop table a; end", "rollback/0.sql:1:15 `end`"),
            ],
        );
    }
}
