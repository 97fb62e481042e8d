//! Whether a tier can be undone without a rollback file: it creates objects and inserts rows, and does nothing
//! else that its text shows. What dynamic SQL and functions do, the rehearsal shows.

use crate::parse::ParseError;
use crate::references::{ObjectRef, Phase, StatementFacts, references};
use crate::split::StatementKind;

/// What `drop` brings back to nothing, as far as oneroof generates it.
const DROPPED_SIMPLY: [&str; 21] = [
    "aggregate",
    "collation",
    "conversion",
    "domain",
    "event trigger",
    "foreign table",
    "function",
    "index",
    "materialized view",
    "operator",
    "policy",
    "procedure",
    "publication",
    "rule",
    "schema",
    "sequence",
    "statistics",
    "table",
    "trigger",
    "type",
    "view",
];

/// A statement that only a rollback file can undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWayBack {
    /// Line in the file, from 1.
    pub line: u32,
    /// Column in the line, from 1.
    pub column: u32,
    /// What it does, to go after "it": changes table `orders`.
    pub does: String,
}

/// The first statement of `text` that cannot be undone from what the release made.
///
/// # Errors
/// Fails where the text does not parse.
pub fn without_way_back(text: &str) -> Result<Option<NoWayBack>, ParseError> {
    let statements = references(text)?;
    let mut own: Vec<&ObjectRef> = Vec::new();
    for facts in &statements {
        let created = facts.created.iter();
        let here = created.filter(|made| matches!(made.phase, Phase::Now | Phase::Block));
        own.extend(
            here.clone()
                .filter(|made| made.on.is_none() || made.implicit),
        );
        if let Some(does) = lasts(facts, &own) {
            return Ok(Some(NoWayBack {
                line: facts.statement.line,
                column: facts.statement.column,
                does,
            }));
        }
    }
    Ok(None)
}

/// What a statement does beyond creating objects and inserting rows.
fn lasts(facts: &StatementFacts, own: &[&ObjectRef]) -> Option<String> {
    let is_own = |object: &ObjectRef| own.iter().any(|made| made.may_be(object));
    let hangs_on_own = |object: &ObjectRef| object.on.as_deref().is_some_and(is_own);
    let now = |object: &&ObjectRef| matches!(object.phase, Phase::Now | Phase::Block);
    if let Some(part) = facts
        .created
        .iter()
        .filter(now)
        .find(|made| made.on.as_deref().is_some_and(|on| !is_own(on)))
    {
        return Some(format!("adds {}", part.described()));
    }
    if let Some(gone) = facts
        .dropped
        .iter()
        .filter(now)
        .find(|object| !is_own(object) && !hangs_on_own(object))
    {
        return Some(format!("drops {}", gone.described()));
    }
    if let Some(altered) = facts
        .altered
        .iter()
        .filter(now)
        .find(|object| !is_own(object) && !hangs_on_own(object))
    {
        return Some(format!("changes {}", altered.described()));
    }
    let kinds = [facts.statement.kind]
        .into_iter()
        .chain(facts.inner.iter().map(|inner| inner.kind));
    for kind in kinds {
        match kind {
            StatementKind::Create(what)
                if !DROPPED_SIMPLY.contains(&what) && !what.starts_with("text search") =>
            {
                return Some(format!("has `create {what}`"));
            }
            StatementKind::Update | StatementKind::Delete | StatementKind::Merge => {
                let rows = facts.written.iter().filter(now);
                if let Some(table) = rows.clone().find(|table| !is_own(table)) {
                    return Some(format!("has `{}` on `{}`", kind.tag(), table.qualified()));
                }
            }
            StatementKind::Alter(_) | StatementKind::Drop(_) | StatementKind::Other(_)
                if facts.altered.is_empty()
                    && facts.dropped.is_empty()
                    && facts.written.is_empty()
                    && !facts.unknown_dynamic =>
            {
                return Some(format!("has `{}`", kind.tag()));
            }
            StatementKind::Other("truncate") => {
                if let Some(table) = facts.written.iter().find(|table| !is_own(table)) {
                    return Some(format!("truncates `{}`", table.qualified()));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_way_back;

    #[test]
    fn creating_and_inserting_have_a_way_back() {
        for (text, expected) in [
            (
                "create table a (id serial primary key); create index i on a (id); comment on table a is 'x'; grant select on a to public",
                "",
            ),
            (
                "create schema s; create table s.t (a int); create view s.v as select 1; alter table s.t owner to x",
                "",
            ),
            (
                "create type e as enum ('a'); create function f() returns int language sql as 'select 1'",
                "",
            ),
            (
                "create or replace function f() returns int language plpgsql as $$ begin delete from t; return 1; end $$",
                "",
            ),
            ("insert into t values (1); select f()", ""),
            (
                "create table a (); update a set x = 1; delete from a; truncate a; drop table a",
                "",
            ),
            (
                "create table a ();\nalter table b add c int",
                "2: adds column `c` on `b`",
            ),
            ("create index i on b (x)", "adds index `i` on `b`"),
            (
                "create trigger g after insert on t execute function f()",
                "adds trigger `g` on `t`",
            ),
            ("drop view v", "drops view `v`"),
            ("update t set a = 1", "has `update` on `t`"),
            ("do $$ begin delete from t; end $$", "has `delete` on `t`"),
            ("truncate t", "truncates `t`"),
            ("comment on table t is 'x'", "changes table `t`"),
            ("grant select on t to public", "`t`"),
            ("create role r", "has `create role`"),
            ("create extension x", "has `create extension`"),
            ("alter type e add value 'b'", "changes type `e`"),
            (
                "alter default privileges grant select on tables to public",
                "has `",
            ),
        ] {
            let found = without_way_back(text).unwrap();
            let said = found.map_or_else(String::new, |found| {
                format!("{}: {}", found.line, found.does)
            });
            assert!(
                said.contains(expected) && said.is_empty() == expected.is_empty(),
                "{text}: `{said}`"
            );
        }
    }
}
