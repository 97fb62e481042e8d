//! `drop-index-not-concurrent`: an index that is dropped while readers and writers wait.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::IndexDropBlocks,
        Tables::All,
        |file, facts, hazard| {
            let detail = &hazard.detail;
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("index `{detail}` is dropped under a lock that stops readers and writers of its table"),
            "`drop index concurrently`, without transaction",
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
            "drop-index-not-concurrent",
            &[
                (r#"drop index i"#, "index `i` is dropped"),
                (r#"drop index concurrently i"#, ""),
            ],
        );
    }
}
