//! `unqualified-in-function`: a function that finds its tables by the path of whoever calls.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::FunctionWithoutPath,
        Tables::All,
        |file, facts, hazard| {
            let objects = facts.read.iter().chain(&facts.written);
            let plain = objects.filter(|object| {
                object.schema.is_none()
                    && !object.temporary
                    && object.class() == "relation"
                    && !matches!(object.name.as_str(), "new" | "old")
            });
            let mut plain: Vec<String> = plain.map(|object| format!("`{}`", object.name)).collect();
            plain.sort();
            plain.dedup();
            if plain.is_empty() {
                return;
            }
            let names = plain.join(", ");
            let detail = &hazard.detail;
            report.add(
                DiagnosticSeverity::Info,
                file.file,
                (file.text, facts.statement.offset),
                format!(
                    "function `{detail}` names {names} without a schema, and sets no search path"
                ),
                "write the schema, or add `set search_path` to the function",
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
            "unqualified-in-function",
            &[
                (
                    r#"create function f() returns bigint language sql as 'select count(*) from t'"#,
                    "function `f` names `t` without a schema",
                ),
                (
                    r#"create function f() returns bigint language sql as 'select count(*) from s.t'"#,
                    "",
                ),
                (
                    r#"create function f() returns bigint language sql set search_path = s as 'select count(*) from t'"#,
                    "",
                ),
            ],
        );
    }
}
