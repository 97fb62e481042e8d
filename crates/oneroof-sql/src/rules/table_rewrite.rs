//! `table-rewrite`: a command that writes a whole table anew under its lock.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::Rewrite,
        Tables::Earlier,
        |file, facts, hazard| {
            let detail = &hazard.detail;
            let what_table = match hazard.table() {
                table if table.is_empty() => "the table".to_owned(),
                table => format!("`{table}`"),
            };
            report.add(
                DiagnosticSeverity::Warning,
                file.file,
                (file.text, facts.statement.offset),
                format!("`{detail}` writes {what_table} anew while readers and writers wait"),
                "take a quiet hour, or a tool that copies beside and changes over",
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
            "table-rewrite",
            &[
                (r#"vacuum full t"#, "`vacuum full` writes"),
                (r#"cluster t using i"#, "`cluster` writes `t` anew"),
                (r#"alter table t set unlogged"#, "`set unlogged` writes `t`"),
                (r#"vacuum t"#, ""),
            ],
        );
    }
}
