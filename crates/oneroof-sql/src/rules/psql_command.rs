//! `psql-command`: a command or variable of psql in a text that psql never reads.

use crate::check::{Package, Report};
use crate::parse::ParseErrorKind;
use crate::query::check_single_select;

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    let queries = package.source.checks.iter().chain(&package.source.queries);
    let queries = queries.filter_map(|(place, text)| {
        check_single_select(text)
            .err()
            .map(|error| (place.as_str(), error))
    });
    let files = package
        .files
        .iter()
        .filter_map(|file| Some((file.file, file.error.clone()?)));
    for (place, error) in files.chain(queries) {
        match &error.kind {
            ParseErrorKind::PsqlCommand(_) => report.parse_error(
                place,
                &error,
                "take it out; conditions belong into a `do` block or into `when` of the tier, other files are tiers of their own",
            ),
            ParseErrorKind::PsqlVariable(_) => report.parse_error(
                place,
                &error,
                "declare a parameter and read it with `current_setting('oneroof.NAME', true)`",
            ),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check_rule;

    #[test]
    fn commands_and_variables() {
        check_rule(
            "psql-command",
            &[
                ("select 1;\n\\i x.sql", ":2:1 psql command `\\i`"),
                (
                    "\\set ON_ERROR_STOP on\nselect 1;",
                    ":1:1 psql command `\\set`",
                ),
                ("select * from t where a = :id", "psql variable `:id`"),
                ("select a[1:2], b::text, '\\i'", ""),
            ],
        );
    }
}
