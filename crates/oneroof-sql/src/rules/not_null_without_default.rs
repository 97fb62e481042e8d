//! `not-null-without-default`: a new column that no row that is there can have.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::NotNullWithoutDefault,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("column `{detail}` is not null and has no default: it fails if `{table}` has a row"),
            "give it a default, or add it without `not null` and fill it first",
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
            "not-null-without-default",
            &[
                (
                    r#"alter table t add a int not null"#,
                    "column `a` is not null and has no default",
                ),
                (r#"alter table t add a int not null default 0"#, ""),
                (r#"alter table t add a int"#, ""),
            ],
        );
    }
}
