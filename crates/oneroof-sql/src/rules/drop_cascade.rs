//! `drop-cascade`: `cascade` removes what nobody listed.

use crate::check::{Package, Report};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in package
        .files
        .iter()
        .filter(|file| file.runs_in_production())
    {
        for facts in &file.facts {
            for offset in &facts.cascades {
                report.error(
                    file,
                    *offset,
                    format!(
                        "`cascade` in `{}` takes along what nobody has seen",
                        facts.statement.kind.tag()
                    ),
                    "name every object in the right order, dependants first; a refusal by PostgreSQL is what you want to hear",
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
            "drop-cascade",
            &[
                ("drop table t cascade", "`drop table`"),
                ("alter table t drop column a cascade", "`alter table`"),
                ("truncate t cascade", "`truncate`"),
                ("select 1^drop schema s cascade", "rollback/0.sql:1:1 "),
                ("do $$ begin\n  drop view v cascade; end $$", "`do`"),
                ("drop table t", ""),
                ("drop table t restrict", ""),
                ("create table t (a int references b on delete cascade)", ""),
                (
                    "create function f() returns void language plpgsql as $$ begin drop table t cascade; end $$",
                    "",
                ),
            ],
        );
    }
}
