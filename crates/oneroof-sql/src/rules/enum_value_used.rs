//! `enum-value-used`: a value of an enum is used in the transaction that adds it.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::references::StatementFacts;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::EnumValueAdded,
        Tables::All,
        |file, facts, hazard| {
            let quoted = format!("'{}'", hazard.detail.replace('\'', "''"));
            let later = file
                .facts
                .iter()
                .filter(|later| later.statement.offset > facts.statement.offset);
            let mut uses = later.filter(|later| later.statement.text.contains(&quoted));
            let is_added = |later: &StatementFacts| {
                later
                    .hazards
                    .iter()
                    .any(|other| other.kind == HazardKind::EnumValueAdded)
            };
            if !uses.any(|later| !is_added(later)) {
                return;
            }
            let table = hazard.table();
            let detail = &hazard.detail;
            report.add(
                DiagnosticSeverity::Error,
                file.file,
                (file.text, facts.statement.offset),
                format!("value `{detail}` is used in the transaction that adds it to `{table}`"),
                "use it in a later tier or file",
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
            "enum-value-used",
            &[
                (
                    r#"alter type e add value 'x'; insert into t values ('x')"#,
                    "value `x` is used",
                ),
                (
                    r#"alter type e add value 'x'; insert into t values ('y')"#,
                    "",
                ),
                (r#"alter type e add value 'x'"#, ""),
            ],
        );
    }
}
