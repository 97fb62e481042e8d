//! `seed-not-repeatable`: rows that are there twice, or fail, if the file runs twice.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::InsertRepeats,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            report.add(
            DiagnosticSeverity::Info,
            file.file,
            (file.text, facts.statement.offset),
            format!("rows of `{table}` are inserted without `on conflict`: a second run adds them again, or fails"),
            "`on conflict (…) do nothing`, or insert what a query does not find",
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
            "seed-not-repeatable",
            &[
                (
                    r#"insert into t values (1)"#,
                    "rows of `t` are inserted without",
                ),
                (r#"insert into t values (1) on conflict do nothing"#, ""),
                (r#"insert into t select 1 from u"#, ""),
                (r#"create table t (a int); insert into t values (1)"#, ""),
            ],
        );
    }
}
