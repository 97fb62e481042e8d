//! `rollback-of-a-part`: the rollback of a tier without a transaction that fails where the tier was cut.

use crate::check::{Package, Report, Role, TierTransaction};
use crate::split::StatementKind;

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        let Role::Rollback(number) = file.role else {
            continue;
        };
        if package.source.tiers[number].transaction != TierTransaction::None {
            continue;
        }
        for facts in &file.facts {
            let is_drop = matches!(facts.statement.kind, StatementKind::Drop(_));
            if is_drop && facts.dropped.iter().any(|dropped| dropped.certain) {
                report.error(
                    file,
                    facts.statement.offset,
                    "the tier may be cut after any statement, and then this has nothing to drop"
                        .into(),
                    "write `drop … if exists`",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::TierTransaction;
    use crate::check::testing::{package, said};

    #[test]
    fn cases() {
        let mut source = package(&["create index concurrently i on t (a)^drop index i"]);
        assert!(said("rollback-of-a-part", &source).is_empty());
        source.tiers[0].transaction = TierTransaction::None;
        assert_eq!(said("rollback-of-a-part", &source).len(), 1);
        let mut source = package(&["create index concurrently i on t (a)^drop index if exists i"]);
        source.tiers[0].transaction = TierTransaction::None;
        assert!(said("rollback-of-a-part", &source).is_empty());
    }
}
