//! `check-not-select`: a query that does more than read, or a condition that is more than one.

use crate::check::{Package, Report};
use crate::parse::ParseErrorKind;
use crate::query::{check_predicate, check_single_select};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for (place, text) in package.source.checks.iter().chain(&package.source.queries) {
        if let Err(error) = check_single_select(text)
            && error.kind == ParseErrorKind::NotAllowed
        {
            report.parse_error(
                place,
                &error,
                "write exactly one SELECT; what changes something belongs into a tier",
            );
        }
    }
    for (place, text) in &package.source.predicates {
        if let Err(error) = check_predicate(text)
            && error.kind == ParseErrorKind::NotAllowed
        {
            report.parse_error(
                place,
                &error,
                "write one condition as after `where`, without semicolon, clauses and line comments",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::PackageSource;
    use crate::check::testing::said;

    #[test]
    fn cases() {
        let list = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (String::from("checks/a.sql"), (*text).to_owned()))
                .collect::<Vec<_>>()
        };
        let source = PackageSource {
            checks: list(&["select 1", "delete from t"]),
            queries: list(&["select 1 into t", "values (1)", "select 1; select 2"]),
            predicates: list(&["a = 1", "true order by 1"]),
            ..PackageSource::default()
        };
        assert_eq!(
            said("check-not-select", &source),
            [
                "checks/a.sql:1:1 only SELECT, VALUES and WITH … SELECT are allowed here",
                "checks/a.sql:1:1 more than one condition: only what may stand after WHERE is allowed",
                "checks/a.sql:1:11 there is a second statement; exactly one SELECT is needed",
                "checks/a.sql:1:15 SELECT … INTO creates a table and is not allowed here",
            ]
        );
    }
}
