//! `validated-in-same-transaction`: `not valid` and `validate constraint` in one transaction gain nothing.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::ConstraintValidation,
        Tables::Earlier,
        |file, facts, hazard| {
            let added = file
                .facts
                .iter()
                .flat_map(|facts| &facts.hazards)
                .any(|other| {
                    other.kind == HazardKind::ConstraintNotValid && other.detail == hazard.detail
                });
            if !added {
                return;
            }
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("constraint `{detail}` of `{table}` is validated in the transaction that added it"),
            "validate it in a later tier or file: the lock of the first is held until the commit",
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
            "validated-in-same-transaction",
            &[
                (
                    r#"alter table t add constraint k check (a > 0) not valid; alter table t validate constraint k"#,
                    "constraint `k` of `t` is validated in the transaction",
                ),
                (r#"alter table t validate constraint k"#, ""),
            ],
        );
    }
}
