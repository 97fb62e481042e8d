//! `unknown-reference`: what the release needs from its target, listed once.

use oneroof_model::DiagnosticSeverity;

use crate::check::{Package, Report};
use crate::references::ObjectRef;

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    let ours: Vec<&ObjectRef> = package
        .tiers()
        .flat_map(|(_, file)| &file.facts)
        .flat_map(|facts| &facts.created)
        .filter(|created| created.class() == "relation")
        .collect();
    let transitions: Vec<&String> = package
        .tiers()
        .flat_map(|(_, file)| &file.facts)
        .flat_map(|facts| &facts.transition_tables)
        .collect();
    let mut first = None;
    let mut needed: Vec<String> = Vec::new();
    for (_, file) in package.tiers() {
        for facts in &file.facts {
            let uses = [&facts.read, &facts.written, &facts.altered];
            for used in uses.into_iter().flatten() {
                let relation =
                    matches!(used.class(), "relation") && used.certain && !used.temporary;
                let known = ours.iter().any(|own| is_same(own, used))
                    || is_system(used)
                    || (used.schema.is_none() && transitions.contains(&&used.name))
                    || package.source.declared.iter().any(|declared| {
                        *declared == used.qualified()
                            || *declared == used.name
                            || declared.ends_with(&format!(".{}", used.qualified()))
                    });
                if !relation || known || needed.contains(&used.qualified()) {
                    continue;
                }
                needed.push(used.qualified());
                // The lists of a statement are by kind: the first place is the lowest one.
                match &mut first {
                    None => first = Some((file.file, file.text, used.offset)),
                    Some((known, _, offset)) if *known == file.file => {
                        *offset = used.offset.min(*offset);
                    }
                    Some(_) => {}
                }
            }
        }
    }
    if let Some((file, text, offset)) = first {
        needed.sort_unstable();
        report.add(
            DiagnosticSeverity::Info,
            file,
            (text, offset),
            format!("needs from the target: {}", needed.join(", ")),
            "the release neither creates nor declares these; a name that surprises you is a typing mistake",
        );
    }
}

fn is_same(own: &ObjectRef, used: &ObjectRef) -> bool {
    own.name == used.name
        && (own.schema.is_none() || used.schema.is_none() || own.schema == used.schema)
}

fn is_system(used: &ObjectRef) -> bool {
    match used.schema.as_deref() {
        Some(schema) => schema == "information_schema" || schema.starts_with("pg_"),
        None => used.name.starts_with("pg_"),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check_rule, package, said};

    #[test]
    fn listed_once() {
        check_rule(
            "unknown-reference",
            &[
                (
                    "insert into b select * from a, public.c, a;\nalter table d add x int",
                    "tiers/0.sql:1:13 needs from the target: a, b, d, public.c",
                ),
                (
                    "create table a (); select * from a, pg_class, information_schema.tables, pg_catalog.pg_proc",
                    "",
                ),
                ("with a as (select 1) select * from a", ""),
                ("select 1::text, now(), count(*)", ""),
                (
                    "create table t (id int); create function f() returns trigger language plpgsql as $$ begin insert into t select id from fresh; return null; end $$; create trigger g after insert on t referencing new table as fresh execute function f()",
                    "",
                ),
                (
                    "create table t (id serial); grant usage on sequence t_id_seq to r",
                    "",
                ),
                (
                    "drop table if exists a; alter table if exists b add c int",
                    "",
                ),
            ],
        );
        let mut source = package(&["select * from public.a"]);
        source.declared = vec![String::from("public.a")];
        assert!(said("unknown-reference", &source).is_empty());
    }
}
