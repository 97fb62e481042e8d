//! `set-not-null`: `set not null` reads the whole table under its lock.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::SetNotNull,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("`set not null` of `{table}.{detail}` reads all rows while readers and writers wait"),
            "add `check (… is not null) not valid`, validate it, then `set not null`: it reads nothing then",
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
            "set-not-null",
            &[
                (
                    r#"alter table t alter a set not null"#,
                    "`set not null` of `t.a`",
                ),
                (r#"alter table t alter a drop not null"#, ""),
            ],
        );
    }
}
