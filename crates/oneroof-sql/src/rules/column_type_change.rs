//! `column-type-change`: another type for a column, which usually writes the table anew.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::TypeChange,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("column `{detail}` of `{table}` gets another type: the table is written anew, unless the old type is a part of the new one"),
            "add a new column, fill it in batches, and change over",
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
            "column-type-change",
            &[
                (
                    r#"alter table t alter a type bigint"#,
                    "column `a` of `t` gets another type",
                ),
                (
                    r#"create table t (a int); alter table t alter a type bigint"#,
                    "",
                ),
            ],
        );
    }
}
