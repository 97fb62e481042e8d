//! `constraint-validated-at-once`: a check or foreign key that reads the whole table under its lock.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::ConstraintValidated,
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
                format!(
                    "constraint{named} of `{table}` is checked against all rows while others wait"
                ),
                "add it `not valid`, and validate it in a later tier or file",
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
            "constraint-validated-at-once",
            &[
                (
                    r#"alter table t add constraint k check (a > 0)"#,
                    "constraint `k` of `t` is checked",
                ),
                (
                    r#"alter table t add foreign key (a) references u"#,
                    "constraint of `t` is checked",
                ),
                (
                    r#"alter table t add constraint k check (a > 0) not valid"#,
                    "",
                ),
                (
                    r#"create table t (a int); alter table t add check (a > 0)"#,
                    "",
                ),
            ],
        );
    }
}
