//! `index-not-concurrent`: an index that is built while writers wait.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::IndexBlocks,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            report.add(
                DiagnosticSeverity::Warning,
                file.file,
                (file.text, facts.statement.offset),
                format!("index on `{table}` is built while writers wait"),
                "`create index concurrently`, in a tier or file of its own without transaction",
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
            "index-not-concurrent",
            &[
                (
                    r#"create index i on t (a)"#,
                    "index on `t` is built while writers wait",
                ),
                (r#"create index concurrently i on t (a)"#, ""),
                (r#"create table t (a int); create index i on t (a)"#, ""),
            ],
        );
    }
}
