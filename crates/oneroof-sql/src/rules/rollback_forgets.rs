//! `rollback-forgets`: an object that a tier creates and no rollback drops.
//!
//! Rollback runs from the last tier to the first, so the rollback of the tier itself or of any tier before it may drop
//! the object. A tier without a rollback of its own gets a generated one and is not judged.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::references::{ObjectRef, Phase, StatementFacts};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    let tiers: Vec<_> = package.tiers().collect();
    for (number, file) in &tiers {
        let tier = &package.source.tiers[*number];
        let Some((rollback_file, _)) = tier.rollback.as_ref().filter(|_| !tier.irreversible) else {
            continue;
        };
        // An alternative of this tier does not run, and so neither does its rollback.
        let runs_too = |other: usize| package.source.tiers[other].runs_whenever(tier);
        let undo: Vec<&StatementFacts> = package
            .rollbacks()
            .filter(|(of, _)| of <= number && runs_too(*of))
            .flat_map(|(_, file)| &file.facts)
            .collect();
        // A rollback that does not parse is reported already.
        if package
            .rollbacks()
            .any(|(of, file)| of <= *number && file.error.is_some())
        {
            continue;
        }
        for (index, facts) in file.facts.iter().enumerate() {
            for created in facts.created.iter().filter(|created| {
                matches!(created.phase, Phase::Now | Phase::Block)
                    && !created.temporary
                    && !created.implicit
                    && !created.name.is_empty()
            }) {
                let later = file.facts[index + 1..].iter().chain(
                    tiers
                        .iter()
                        .filter(|(other, _)| other > number && runs_too(*other))
                        .flat_map(|(_, file)| &file.facts),
                );
                let gone = later
                    .flat_map(|facts| &facts.dropped)
                    .any(|dropped| dropped.may_be(created));
                if gone || is_undone(created, &undo) {
                    continue;
                }
                // Dynamic SQL may drop it where we cannot see it.
                let severity = if undo.iter().any(|facts| facts.unknown_dynamic) {
                    DiagnosticSeverity::Info
                } else {
                    DiagnosticSeverity::Warning
                };
                report.add(
                    severity,
                    file.file,
                    (file.text, created.offset),
                    format!(
                        "{} is created here and {rollback_file} does not drop it",
                        created.described()
                    ),
                    "drop it in the rollback of this tier, or put back what was there before",
                );
            }
        }
    }
}

/// Dropped, put back, or gone with the table that it hangs on.
fn is_undone(created: &ObjectRef, undo: &[&StatementFacts]) -> bool {
    let dropped = undo
        .iter()
        .flat_map(|facts| facts.dropped.iter().chain(&facts.created))
        .any(|object| object.may_be(created));
    dropped
        || created
            .on
            .as_deref()
            .is_some_and(|on| is_undone_table(on, undo))
}

fn is_undone_table(table: &ObjectRef, undo: &[&StatementFacts]) -> bool {
    undo.iter().flat_map(|facts| &facts.dropped).any(|dropped| {
        matches!(dropped.class(), "relation")
            && dropped.name == table.name
            && (dropped.schema.is_none()
                || table.schema.is_none()
                || dropped.schema == table.schema)
    })
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check_rule, package, said};

    #[test]
    fn inside_one_tier() {
        check_rule(
            "rollback-forgets",
            &[
                (
                    "create table a ();\ncreate view v as select 1;^drop table a",
                    ":2:13 view `v` is created here and rollback/0.sql",
                ),
                (
                    "create function f() returns int language sql as 'select 1'^select 1",
                    "function `f`",
                ),
                (
                    "alter table t add column a int^select 1",
                    "column `a` on `t`",
                ),
                (
                    "alter table t add constraint k check (true)^select 1",
                    "constraint `k`",
                ),
                (
                    "create trigger g after insert on t execute function f()^drop function f()",
                    "trigger `g`",
                ),
                ("create type e as enum ('a')^select 1", "type `e`"),
                ("create index i on t (a)^select 1", "index `i`"),
                ("create role r^select 1", "role `r`"),
                (
                    "create table a (id serial, b int); create index i on a (b); alter table a add c int^drop table a",
                    "",
                ),
                (
                    "create schema s; create table s.a ()^drop table s.a; drop schema s",
                    "",
                ),
                ("create table a ()^drop table if exists public.a", ""),
                (
                    "create or replace view v as select 2^create or replace view v as select 1",
                    "",
                ),
                (
                    "create table a (); alter table a rename to b^drop table b",
                    "",
                ),
                (
                    "alter table t add column a int^alter table t drop column a",
                    "",
                ),
                ("create temp table x (); drop table x^select 1", ""),
                ("create table a (); drop table a^select 1", ""),
                ("insert into t values (1)^delete from t", ""),
                ("create table a ()", ""),
                ("create table p partition of t default^drop table t", ""),
                (
                    "create view v as select 1^do $$ begin execute 'drop view v'; end $$",
                    "",
                ),
                ("create procedure p() language sql as ''^drop routine p", ""),
                ("create domain d as text^drop type d", ""),
            ],
        );
    }

    #[test]
    fn a_lower_rollback_counts_and_a_higher_does_not() {
        assert!(
            said(
                "rollback-forgets",
                &package(&[
                    "create table a ()^drop view v; drop table a",
                    "create view v as select 1^select 1"
                ])
            )
            .is_empty()
        );
        let found = said(
            "rollback-forgets",
            &package(&["create table a ()^select 1", "select 1^drop table a"]),
        );
        assert_eq!(found.len(), 1);
        // An alternative tier drops the same name, and does not run.
        let mut source = package(&[
            "create view v as select 1^drop view v",
            "create view v as select 2^select 1",
        ]);
        assert!(said("rollback-forgets", &source).is_empty());
        for (tier, value) in source.tiers.iter_mut().zip(["a", "b"]) {
            tier.when.insert(String::from("kind"), String::from(value));
        }
        assert_eq!(said("rollback-forgets", &source).len(), 1);
        let mut source = package(&["create table a ()^select 1"]);
        source.tiers[0].irreversible = true;
        assert!(said("rollback-forgets", &source).is_empty());
    }
}
