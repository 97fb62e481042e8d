//! `syntax-error`: PostgreSQL's grammar refuses a text of the package.

use crate::check::{Package, Report};
use crate::parse::{ParseError, ParseErrorKind};
use crate::query::{check_predicate, check_single_select};

const HINT: &str = "the place is where the parser gave up; the mistake is there or shortly before";

fn is_syntax(error: &ParseError) -> bool {
    !matches!(
        error.kind,
        ParseErrorKind::PsqlCommand(_)
            | ParseErrorKind::PsqlVariable(_)
            | ParseErrorKind::CopyData
            | ParseErrorKind::NotAllowed
    )
}

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        let bodies = file.facts.iter().flat_map(|facts| &facts.body_errors);
        for error in file
            .error
            .iter()
            .chain(bodies)
            .filter(|error| is_syntax(error))
        {
            report.parse_error(file.file, error, HINT);
        }
    }
    let queries = package.source.checks.iter().chain(&package.source.queries);
    let queries = queries.map(|(place, text)| (place, check_single_select(text)));
    let predicates = package.source.predicates.iter();
    let predicates = predicates.map(|(place, text)| (place, check_predicate(text)));
    for (place, outcome) in queries.chain(predicates) {
        if let Err(error) = outcome
            && is_syntax(&error)
        {
            report.parse_error(place, &error, HINT);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::PackageSource;
    use crate::check::testing::{check_rule, said};

    #[test]
    fn places_are_right() {
        check_rule(
            "syntax-error",
            &[
                (
                    "select 1;\nselec 2;",
                    "tiers/0.sql:2:1 syntax error at or near \"selec\"",
                ),
                (
                    "create function f() returns int language sql as $$\nselec 1\n$$;",
                    ":2:1 syntax error",
                ),
                ("select 1\0", "NUL byte"),
                ("select 'x", "unterminated quoted string"),
                ("select 1^drop tabl x", "rollback/0.sql:1:6"),
                ("\\i x", ""),
                ("select 1", ""),
            ],
        );
        let source = PackageSource {
            checks: vec![(String::from("checks/a.sql"), String::from("selec 1"))],
            predicates: vec![(String::from("rows of t"), String::from("a = = 1"))],
            ..PackageSource::default()
        };
        assert_eq!(said("syntax-error", &source).len(), 2);
    }
}
