//! `definer-without-search-path`: `security definer` with the search path of whoever calls.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::hazards::HazardKind;
use crate::rules::hazards::{Tables, each};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    each(
        package,
        HazardKind::DefinerWithoutPath,
        Tables::All,
        |file, facts, hazard| {
            let detail = &hazard.detail;
            report.add(
                DiagnosticSeverity::Warning,
                file.file,
                (file.text, facts.statement.offset),
                format!("function `{detail}` is `security definer` without `set search_path`"),
                "add `set search_path = pg_catalog, pg_temp`, and write names with their schema",
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
            "definer-without-search-path",
            &[
                (
                    r#"create function f() returns int language sql security definer as 'select 1'"#,
                    "function `f` is `security definer`",
                ),
                (
                    r#"create function f() returns int language sql security definer set search_path = pg_catalog as 'select 1'"#,
                    "",
                ),
                (
                    r#"create function f() returns int language sql as 'select 1'"#,
                    "",
                ),
            ],
        );
    }
}
