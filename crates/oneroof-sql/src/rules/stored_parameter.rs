//! `stored-parameter`: a parameter of the run inside something that outlives the run.

use crate::check::{Package, Report};
use crate::references::Phase;

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in package
        .files
        .iter()
        .filter(|file| file.runs_in_production())
    {
        for facts in &file.facts {
            // A helper in `pg_temp` ends with the session.
            if facts.created.iter().any(|created| created.temporary) {
                continue;
            }
            for setting in facts.settings.iter().filter(|setting| {
                !setting.writes
                    && setting.name.starts_with("oneroof.")
                    && matches!(setting.phase, Phase::Stored | Phase::Late)
            }) {
                report.error(
                    file,
                    setting.offset,
                    format!(
                        "`current_setting('{}')` inside `{}` is empty after the release",
                        setting.name,
                        facts.statement.kind.tag()
                    ),
                    "put the value into the definition: `execute format('create … %L …', current_setting('oneroof.NAME', true))` in a `do` block",
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
            "stored-parameter",
            &[
                (
                    "create view v as\n select current_setting('oneroof.a', true)",
                    ":2:9 ",
                ),
                (
                    "create materialized view v as select current_setting('oneroof.a', true)",
                    "materialized view",
                ),
                (
                    "create function f() returns text language sql as $$\nselect current_setting('oneroof.a') $$",
                    ":2:8 ",
                ),
                (
                    "create function f() returns text language plpgsql as $$ begin\nreturn current_setting('oneroof.a'); end $$",
                    ":2:8 ",
                ),
                (
                    "create function f(a text default current_setting('oneroof.a')) returns text language sql as 'select a'",
                    "function",
                ),
                (
                    "create table t (a text default current_setting('oneroof.a'))",
                    "create table",
                ),
                (
                    "create table t (a text check (a = current_setting('oneroof.a')))",
                    "create table",
                ),
                (
                    "alter table t alter a set default current_setting('oneroof.a')",
                    "alter table",
                ),
                (
                    "create policy p on t using (a = current_setting('oneroof.a'))",
                    "policy",
                ),
                (
                    "do $$ begin execute 'create view v as select current_setting(''oneroof.a'')'; end $$",
                    "oneroof.a",
                ),
                (
                    "insert into t select current_setting('oneroof.a', true)",
                    "",
                ),
                (
                    "create function pg_temp.f() returns text language sql as $$ select current_setting('oneroof.a') $$",
                    "",
                ),
                (
                    "create table t as select current_setting('oneroof.a', true) as a",
                    "",
                ),
                (
                    "do $$ begin execute format('create view v as select %L', current_setting('oneroof.a', true)); end $$",
                    "",
                ),
                (
                    "create view v as select current_setting('other.a', true)",
                    "",
                ),
            ],
        );
    }
}
