//! `needs-no-transaction`: a statement that PostgreSQL refuses inside a transaction, in a tier that has one.

use crate::check::{Package, Report, Role, TierTransaction};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        // A rollback is one transaction, whatever its tier was.
        let (in_transaction, hint) = match file.role {
            Role::Tier(number) => (
                package.source.tiers[number].transaction != TierTransaction::None,
                "put it into a tier of its own with `transaction = \"none\"`",
            ),
            Role::Rollback(_) => (
                true,
                "a rollback is one transaction: write it without `concurrently`, or say why the tier is `irreversible`",
            ),
            Role::Script => continue,
        };
        for facts in &file.facts {
            if facts.statement.refuses_transaction && in_transaction {
                report.error(
                    file,
                    facts.statement.offset,
                    format!(
                        "PostgreSQL refuses this `{}` inside a transaction",
                        facts.statement.kind.tag()
                    ),
                    hint,
                );
            }
            for inner in facts.inner.iter().filter(|inner| inner.refuses_transaction) {
                report.error(
                    file,
                    inner.offset,
                    format!(
                        "PostgreSQL refuses this `{}` inside a block",
                        inner.kind.tag()
                    ),
                    "write it as a statement of its own in a tier with `transaction = \"none\"`",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::TierTransaction;
    use crate::check::testing::{check_rule, package, said};

    #[test]
    fn cases() {
        check_rule(
            "needs-no-transaction",
            &[
                ("create index concurrently i on t (a)", "create index"),
                ("vacuum t", "vacuum"),
                ("create database d", "create database"),
                ("alter system set work_mem = '1MB'", "alter system"),
                ("do $$ begin execute 'vacuum t'; end $$", "inside a block"),
                ("select 1^drop index concurrently i", "rollback/0.sql"),
                ("create index i on t (a)", ""),
                ("alter type t add value 'x'", ""),
            ],
        );
        let mut source =
            package(&["create index concurrently i on t (a)^drop index concurrently i"]);
        source.tiers[0].transaction = TierTransaction::None;
        let said = said("needs-no-transaction", &source);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("rollback/0.sql"), "{said:?}");
    }
}
