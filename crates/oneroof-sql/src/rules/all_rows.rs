//! `all-rows`: every row of a table in one transaction.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::AllRows,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("`{detail}` of all rows of `{table}` in one transaction: every row stays locked until the commit"),
            "in batches: `transaction = \"batched\"`",
        );
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check_rule;

    #[test]
    fn cases() {
        check_rule(
            "all-rows",
            &[
                (r#"update t set a = 1"#, "`update` of all rows of `t`"),
                (r#"delete from t"#, "`delete` of all rows"),
                (r#"update t set a = 1 where b"#, ""),
                (r#"create table t (a int); update t set a = 1"#, ""),
            ],
        );
    }
}
