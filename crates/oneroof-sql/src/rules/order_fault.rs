//! `order-fault`: something is used before the statement that creates it.
//!
//! Only objects that the package itself creates can be judged. A plain `create` is proof that the object was not there
//! before, so that is an error; `or replace` and `if not exists` are none, so that is a warning.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report, SourceFile};
use crate::references::{ObjectRef, Phase, StatementFacts};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    let schema = package.source.schema.as_deref();
    let statements: Vec<(usize, &SourceFile<'_>, &StatementFacts)> = package
        .tiers()
        .flat_map(|(tier, file)| file.facts.iter().map(move |facts| (tier, file, facts)))
        .collect();
    for (number, (creator_tier, creator_file, creator)) in statements.iter().enumerate() {
        for created in creator.created.iter().filter(|created| {
            // What hangs on a table cannot be used by its own name alone.
            matches!(created.class(), "relation" | "type" | "function" | "schema")
                && matches!(created.phase, Phase::Now | Phase::Block)
        }) {
            let same = |other: &ObjectRef| other.is_in(created, schema);
            let tiers = &package.source.tiers;
            let earlier = || {
                statements[..number]
                    .iter()
                    .filter(|(tier, _, _)| tiers[*tier].can_run_with(&tiers[*creator_tier]))
            };
            // Made or dropped before: it was there, or nobody can say.
            if earlier().any(|(_, _, facts)| facts.created.iter().chain(&facts.dropped).any(same)) {
                continue;
            }
            for (_, file, facts) in earlier() {
                let uses = [&facts.read, &facts.written, &facts.altered, &facts.called];
                let Some(used) = uses
                    .into_iter()
                    .flatten()
                    .find(|used| used.certain && used.phase != Phase::Late && same(used))
                else {
                    continue;
                };
                let severity = if created.certain && creator.statement.kind.tag() != "do" {
                    DiagnosticSeverity::Error
                } else {
                    DiagnosticSeverity::Warning
                };
                let (line, _) = crate::parse::locate(creator_file.text, creator.statement.offset);
                report.add(
                    severity,
                    file.file,
                    (file.text, used.offset),
                    format!(
                        "{} is used here and created later, in {} line {line}",
                        created.described(),
                        creator_file.file
                    ),
                    "move the `create` before its first use",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check_rule, package, said};

    #[test]
    fn inside_a_file() {
        check_rule(
            "order-fault",
            &[
                (
                    "create view v as\n select * from t; create table t ()",
                    ":2:16 table `t`",
                ),
                (
                    "insert into t values (1); create table t (a int)",
                    "table `t`",
                ),
                (
                    "grant select on t to r; create table t (a int)",
                    "table `t`",
                ),
                (
                    "create table a (x e); create type e as enum ('y')",
                    "type `e`",
                ),
                (
                    "select f(); create function f() returns int language sql as 'select 1'",
                    "function `f`",
                ),
                (
                    "create trigger g after insert on t execute function f(); create function f() returns trigger language plpgsql as ''",
                    "function `f`",
                ),
                (
                    "grant usage on schema s to r; create schema s",
                    "schema `s`",
                ),
                (
                    "do $$ begin insert into t values (1); end $$; create table t (a int)",
                    "table `t`",
                ),
                // Late, conditional, dropped before, self reference, other schema, if exists: all fine.
                (
                    "create function f() returns void language plpgsql as $$ begin insert into t values (1); end $$; create table t (a int)",
                    "",
                ),
                (
                    "do $$ begin if to_regclass('t') is not null then insert into t values (1); end if; end $$; create table t (a int)",
                    "",
                ),
                (
                    "select * from v; drop view v; create view v as select 1",
                    "",
                ),
                ("drop view if exists v; create view v as select 1", ""),
                ("create table t (a int references t)", ""),
                ("select * from public.t; create table s.t (a int)", ""),
                (
                    "alter table if exists t add a int; create table t (a int)",
                    "",
                ),
                (
                    "create table t (a int); select * from t; create table if not exists t (a int)",
                    "",
                ),
                (
                    "with t as (select 1) select * from t; create table t ()",
                    "",
                ),
            ],
        );
    }

    #[test]
    fn across_tiers() {
        let found = said(
            "order-fault",
            &package(&[
                "create view v as select * from t",
                "select 1;\ncreate table t ()",
            ]),
        );
        assert_eq!(
            found,
            ["tiers/0.sql:1:32 table `t` is used here and created later, in tiers/1.sql line 2"]
        );
        let mut source = package(&["select * from t", "create table t ()"]);
        for (tier, value) in source.tiers.iter_mut().zip(["a", "b"]) {
            tier.when.insert(String::from("kind"), String::from(value));
        }
        assert!(said("order-fault", &source).is_empty());
        let mut source = package(&["select * from public.t", "create table t ()"]);
        assert!(said("order-fault", &source).is_empty());
        source.schema = Some(String::from("public"));
        assert_eq!(said("order-fault", &source).len(), 1);
    }
}
