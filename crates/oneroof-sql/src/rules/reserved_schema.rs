//! `reserved-schema`: schema `oneroof` and settings `oneroof.…` belong to the engine.

use crate::check::{Package, Report};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in package
        .files
        .iter()
        .filter(|file| file.runs_in_production())
    {
        for facts in &file.facts {
            for offset in &facts.reserved {
                report.error(
                    file,
                    *offset,
                    String::from("schema `oneroof` belongs to the engine"),
                    "a release neither reads nor writes the ledger; use a schema of your own",
                );
            }
            for setting in facts.settings.iter().filter(|setting| {
                setting.writes
                    && (setting.name == "oneroof" || setting.name.starts_with("oneroof."))
            }) {
                report.error(
                    file,
                    setting.offset,
                    format!("setting `{}` is given by the engine", setting.name),
                    "declare a parameter in release.toml and only read it",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check_rule;

    #[test]
    fn cases() {
        check_rule(
            "reserved-schema",
            &[
                (
                    "select 1;\ninsert into oneroof.entry values (1)",
                    ":2:13 schema",
                ),
                ("drop schema oneroof", "schema"),
                (
                    "select set_config('oneroof.release_tag', 'x', true)",
                    "setting `oneroof.release_tag`",
                ),
                ("set local oneroof.mark = '1'", "setting `oneroof.mark`"),
                (
                    "alter database d set oneroof.mark = 'x'",
                    "setting `oneroof.mark`",
                ),
                (
                    "create function f() returns void language plpgsql as $$ begin\n delete from oneroof.entry; end $$",
                    ":2:14 schema",
                ),
                ("select current_setting('oneroof.owner_matrix', true)", ""),
                ("select 1 from pg_namespace where nspname <> 'oneroof'", ""),
                ("create table one_roof.t ()", ""),
            ],
        );
    }
}
