//! `refresh-not-concurrent`: a materialized view that nobody can read while it is made.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::RefreshBlocks,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            report.add(
                DiagnosticSeverity::Warning,
                file.file,
                (file.text, facts.statement.offset),
                format!("readers of `{table}` wait while it is made anew"),
                "`refresh materialized view concurrently`, which needs a unique index",
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
            "refresh-not-concurrent",
            &[
                (r#"refresh materialized view v"#, "readers of `v` wait"),
                (r#"refresh materialized view concurrently v"#, ""),
                (
                    r#"create materialized view v as select 1; refresh materialized view v"#,
                    "",
                ),
            ],
        );
    }
}
