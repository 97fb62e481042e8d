//! `drops-data`: a table or column that goes with what it holds.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::DropsData,
        Tables::Earlier,
        |file, facts, hazard| {
            let what = match (hazard.table(), hazard.detail.as_str()) {
                (table, detail) if detail.is_empty() || detail == table => format!("`{table}`"),
                (table, column) => format!("`{table}.{column}`"),
            };
            report.add(
                DiagnosticSeverity::Warning,
                file.file,
                (file.text, facts.statement.offset),
                format!("{what} is dropped with what it holds: no rollback brings that back"),
                "keep a copy, or rename it and drop it when nobody missed it",
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
            "drops-data",
            &[
                (r#"drop table t"#, "`t` is dropped with what it holds"),
                (r#"alter table t drop column a"#, "`t.a` is dropped"),
                (r#"create table t (a int); drop table t"#, ""),
            ],
        );
    }
}
