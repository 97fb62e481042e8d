//! `blocking-lock`: a lock that lets readers or writers of a table wait that was there before the release.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::references::{ObjectRef, Phase, RelationLock};

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    let mut ours: Vec<&ObjectRef> = Vec::new();
    for (_, file) in package.tiers() {
        if package.source.separate {
            ours.clear();
        }
        for facts in &file.facts {
            let created: Vec<&ObjectRef> = facts
                .created
                .iter()
                .filter(|created| created.class() == "relation" && created.certain)
                .collect();
            let mut worst: Vec<&RelationLock> = Vec::new();
            for lock in facts.locks.iter().filter(|lock| {
                lock.mode.blocks_writers()
                    && matches!(lock.relation.phase, Phase::Now | Phase::Block)
                    && !lock.relation.temporary
                    && !ours
                        .iter()
                        .chain(&created)
                        .any(|own| is_own(own, &lock.relation))
            }) {
                match worst
                    .iter_mut()
                    .find(|known| known.relation.qualified() == lock.relation.qualified())
                {
                    Some(known) if known.mode < lock.mode => *known = lock,
                    Some(_) => {}
                    None => worst.push(lock),
                }
            }
            for lock in worst {
                let who = if lock.mode.blocks_readers() {
                    "readers and writers wait"
                } else {
                    "writers wait"
                };
                report.add(
                    DiagnosticSeverity::Warning,
                    file.file,
                    (file.text, lock.relation.offset),
                    format!(
                        "`{}` ({}) locks `{}` in {} mode: {who} until the transaction ends",
                        facts.statement.kind.tag(),
                        lock.form,
                        lock.relation.qualified(),
                        lock.mode.name()
                    ),
                    "keep the tier short and let `lock_timeout` and `lock_retries` do their work; see the page of this rule for gentler forms",
                );
            }
            ours.extend(created);
        }
    }
}

fn is_own(own: &ObjectRef, locked: &ObjectRef) -> bool {
    own.name == locked.name
        && (own.schema.is_none() || locked.schema.is_none() || own.schema == locked.schema)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check_rule, package, said};

    #[test]
    fn cases() {
        check_rule(
            "blocking-lock",
            &[
                (
                    "select 1;\nalter table t add a int",
                    ":2:13 `alter table` (add column) locks `t` in ACCESS EXCLUSIVE mode: readers and writers wait",
                ),
                ("create index i on t (a)", "SHARE mode: writers wait"),
                (
                    "create table a (b int references public.u)",
                    "locks `public.u` in SHARE ROW EXCLUSIVE",
                ),
                ("drop view v", "locks `v`"),
                (
                    "alter table t add a int, validate constraint k",
                    "ACCESS EXCLUSIVE",
                ),
                ("do $$ begin execute 'truncate t'; end $$", "locks `t`"),
                (
                    "create table t (a int); alter table t add b int; create index on t (a)",
                    "",
                ),
                (
                    "create table s.t (a int); create index on s.t (a); alter table t add b int",
                    "",
                ),
                ("create index concurrently i on t (a)", ""),
                ("alter table t validate constraint k", ""),
                ("insert into t values (1)", ""),
                ("create view v as select * from t", ""),
                ("comment on table t is 'x'", ""),
                (
                    "create function f() returns void language plpgsql as $$ begin truncate t; end $$",
                    "",
                ),
                (
                    "create table a (id int primary key); create table b (a int references a)",
                    "",
                ),
            ],
        );
    }

    #[test]
    fn tables_of_earlier_tiers_are_ours() {
        let source = package(&["create table t (a int)", "create index on t (a)"]);
        assert!(said("blocking-lock", &source).is_empty());
    }
}
