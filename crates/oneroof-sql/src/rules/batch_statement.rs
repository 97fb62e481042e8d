//! `batch-statement`: a tier in batches that is not one statement which changes rows.

use crate::check::{Package, Report, Role, TierTransaction};
use crate::split::StatementKind;

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        let Role::Tier(number) = file.role else {
            continue;
        };
        if package.source.tiers[number].transaction != TierTransaction::Batched {
            continue;
        }
        for (place, facts) in file.facts.iter().enumerate() {
            let changes_rows = matches!(
                facts.statement.kind,
                StatementKind::Insert
                    | StatementKind::Update
                    | StatementKind::Delete
                    | StatementKind::Merge
            );
            if !changes_rows {
                report.error(
                    file,
                    facts.statement.offset,
                    format!(
                        "`{}` cannot be repeated until it changes no row",
                        facts.statement.kind.tag()
                    ),
                    "a batch is an insert, update, delete or merge that takes some rows at a time",
                );
            } else if place > 0 {
                report.error(
                    file,
                    facts.statement.offset,
                    "a tier in batches is one statement, and this is another one".into(),
                    "put it into a tier of its own",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::TierTransaction;
    use crate::check::testing::{package, said};

    #[track_caller]
    fn check_batched(sql: &str, expected: &str) {
        let mut source = package(&[sql]);
        source.tiers[0].transaction = TierTransaction::Batched;
        let said = said("batch-statement", &source).join("\n");
        assert_eq!(said.is_empty(), expected.is_empty(), "{sql}: {said}");
        assert!(said.contains(expected), "{sql}: {said}");
    }

    #[test]
    fn cases() {
        let some = "where id in (select id from t where a is null limit 100)";
        check_batched(&format!("update t set a = 1 {some}"), "");
        check_batched(&format!("with d as (select 1) delete from t {some}"), "");
        check_batched(
            &format!("update t set a = 1 {some}; update t set b = 1"),
            "another one",
        );
        check_batched("select 1", "`select` cannot be repeated");
        check_batched("truncate t", "`truncate` cannot be repeated");
        assert!(said("batch-statement", &package(&["select 1; select 2"])).is_empty());
    }
}
