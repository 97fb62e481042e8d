//! `constraint-builds-index`: a key that builds its index under the strongest lock.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::ConstraintBuildsIndex,
        Tables::Earlier,
        |file, facts, hazard| {
            let table = hazard.table();
            let named = match hazard.detail.as_str() {
                "" => String::new(),
                name => format!(" `{name}`"),
            };
            report.add(
            DiagnosticSeverity::Warning,
            file.file,
            (file.text, facts.statement.offset),
            format!("the index of a key or exclusion{named} of `{table}` is built while readers and writers wait"),
            "build a unique index concurrently first, then `add constraint … using index`",
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
            "constraint-builds-index",
            &[
                (
                    r#"alter table t add primary key (a)"#,
                    "of `t` is built while readers",
                ),
                (r#"alter table t add constraint k unique using index i"#, ""),
                (r#"alter table t add column a int unique"#, "`a` of `t`"),
            ],
        );
    }
}
