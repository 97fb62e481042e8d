//! `needs-transaction`: a statement that could be undone with its tier, in a tier without a transaction.

use oneroof_model::outside::Aim;

use crate::check::{Package, Report, Role, TierTransaction};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        let Role::Tier(number) = file.role else {
            continue;
        };
        if package.source.tiers[number].transaction != TierTransaction::None {
            continue;
        }
        let Ok(statements) = crate::outside(file.text) else {
            continue; // syntax-error says it
        };
        for (facts, outside) in file.facts.iter().zip(statements) {
            match outside.map(|statement| statement.aim) {
                None => report.error(
                    file,
                    facts.statement.offset,
                    format!(
                        "`{}` may run inside a transaction, where a failure undoes it",
                        facts.statement.kind.tag()
                    ),
                    "put it into a tier of its own without `transaction = \"none\"`",
                ),
                Some(Aim::CreateIndex { index: None, .. }) => report.error(
                    file,
                    facts.statement.offset,
                    "this index has no name, so nobody could find it after a crash".into(),
                    "name it: create index concurrently NAME on …",
                ),
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::TierTransaction;
    use crate::check::testing::{package, said};

    #[track_caller]
    fn check_none(sql: &str, expected: &str) {
        let mut source = package(&[sql]);
        source.tiers[0].transaction = TierTransaction::None;
        let said = said("needs-transaction", &source).join("\n");
        assert_eq!(said.is_empty(), expected.is_empty(), "{sql}: {said}");
        assert!(said.contains(expected), "{sql}: {said}");
    }

    #[test]
    fn cases() {
        check_none("create index concurrently i on t (a); vacuum t", "");
        check_none("create index i on t (a)", "`create index` may run inside");
        check_none("update t set a = 1", "`update` may run inside");
        check_none("create index concurrently on t (a)", "has no name");
        check_none("analyze t", "`analyze` may run inside");
        assert!(said("needs-transaction", &package(&["create index i on t (a)"])).is_empty());
    }
}
