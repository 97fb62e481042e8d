//! `copy-from-stdin`: data that only psql could send.

use crate::check::{Package, Report};
use crate::parse::ParseErrorKind;

const HINT: &str = "write `insert … values` or `insert … select … from jsonb_to_recordset('…')`";

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in &package.files {
        if let Some(error) = file
            .error
            .as_ref()
            .filter(|error| error.kind == ParseErrorKind::CopyData)
        {
            report.parse_error(file.file, error, HINT);
        }
        for facts in file.facts.iter().filter(|facts| facts.copies_from_stdin) {
            report.error(
                file,
                facts.statement.offset,
                String::from("`copy … from stdin` has nobody who sends the data"),
                HINT,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check_rule;

    #[test]
    fn with_and_without_data() {
        check_rule(
            "copy-from-stdin",
            &[
                ("select 1;\ncopy t from stdin;\n1\t2\n\\.\n", ":2:1 "),
                ("copy t from stdin", ":1:1 "),
                ("copy t to stdout", ""),
            ],
        );
    }
}
