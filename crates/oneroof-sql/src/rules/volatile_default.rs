//! `volatile-default`: a new column whose values are worked out row by row.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::VolatileDefault,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("column `{detail}` has another value in each row: `{table}` is written anew under its lock"),
            "add the column without default, set the default, and fill the rows in batches",
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
            "volatile-default",
            &[
                (
                    r#"alter table t add a uuid default gen_random_uuid()"#,
                    "column `a` has another value",
                ),
                (r#"alter table t add a serial"#, "column `a`"),
                (r#"alter table t add a timestamptz default now()"#, ""),
                (r#"alter table t add a int default 1 + 2"#, ""),
                (
                    r#"alter table t add a int generated always as (b + 1) stored"#,
                    "column `a`",
                ),
            ],
        );
    }
}
