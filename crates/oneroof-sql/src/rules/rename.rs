//! `rename`: a new name for what an application uses under the old one.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::Rename,
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
                format!("{what} gets another name: whoever still uses the old one fails at once"),
                "keep the old name as a view or a second column until nobody uses it",
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
            "rename",
            &[
                (r#"alter table t rename to u"#, "`t` gets another name"),
                (r#"alter table t rename a to b"#, "`t.a` gets another name"),
                (r#"create table t (a int); alter table t rename to u"#, ""),
            ],
        );
    }
}
