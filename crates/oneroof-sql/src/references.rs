//! What each statement of a file touches: [`references()`] gives one [`StatementFacts`] a statement.
//!
//! Everything is read from the tree of the real parser; bodies of `do` blocks and functions are cut by `body.rs` and
//! parsed piece by piece. Names are as written: what an unqualified name means is decided by whoever knows the search
//! path. Dynamic SQL is followed as far as its text is a constant.

use serde::Serialize;

use crate::hazards::{self, Hazard};
use crate::parse::{ParseError, Places, with_parsed};
use crate::split::{Statement, StatementKind, statement};
use crate::tree::{Arena, Item};
use crate::walk::Walker;
use oneroof_model::locks::LockMode;

/// When the place of a reference is looked at by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// When the statement runs.
    Now,
    /// When the statement runs, inside a `do` block.
    Block,
    /// When the statement runs, and kept: view queries, defaults, checks, policies, bodies of SQL functions.
    Stored,
    /// Not before the function is called: PL/pgSQL bodies.
    Late,
}

/// One object as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectRef {
    /// `table`, `view`, `index`, `function`, `column`, …; `relation` or `type` where the statement does not say.
    pub kind: &'static str,
    /// As written; `None` if unqualified.
    pub schema: Option<String>,
    /// As written.
    pub name: String,
    /// The table that an index, trigger, policy, rule, column, constraint, owned sequence or partition hangs on.
    pub on: Option<Box<ObjectRef>>,
    /// Byte offset in the file.
    pub offset: usize,
    /// When it is looked up.
    pub phase: Phase,
    /// No `if exists`, `if not exists`, `or replace`, and not behind a branch of a block.
    pub certain: bool,
    /// A temporary table, gone with the session.
    pub temporary: bool,
    /// Made by another object and dropped with it: the sequence of a `serial` column.
    pub implicit: bool,
}

impl ObjectRef {
    /// `schema.name`, or `name` as written.
    #[must_use]
    pub fn qualified(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The kind with the name, and with the table that it hangs on: trigger `a` on `b`.
    #[must_use]
    pub fn described(&self) -> String {
        match &self.on {
            Some(on) => format!(
                "{} `{}` on `{}`",
                self.kind,
                self.qualified(),
                on.qualified()
            ),
            None => format!("{} `{}`", self.kind, self.qualified()),
        }
    }

    /// The name space of the kind: two objects of one class cannot have the same name in one schema.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self.kind {
            "table" | "view" | "materialized view" | "foreign table" | "index" | "sequence"
            | "relation" => "relation",
            "domain" => "type",
            "procedure" | "aggregate" | "routine" => "function",
            kind => kind,
        }
    }

    /// Whether both can be the same object, an unqualified name being any schema's.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        self.same_name(other)
            && (self.schema.is_none() || other.schema.is_none() || self.schema == other.schema)
    }

    /// Whether both are the same object if unqualified names live in `schema`.
    #[must_use]
    pub fn is_in(&self, other: &Self, schema: Option<&str>) -> bool {
        let of = |object: &Self| object.schema.clone().or_else(|| schema.map(str::to_owned));
        self.same_name(other) && of(self) == of(other)
    }

    fn same_name(&self, other: &Self) -> bool {
        // A table is a type of the same name too.
        let class = self.class() == other.class()
            || matches!(
                (self.class(), other.class()),
                ("type", "relation") | ("relation", "type")
            );
        let on = match (&self.on, &other.on) {
            (Some(one), Some(two)) => {
                matches!(self.class(), "relation" | "type") || one.may_be(two)
            }
            _ => true,
        };
        class && on && self.name == other.name
    }
}

/// A table lock that a statement takes on a relation that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelationLock {
    /// What is locked.
    pub relation: ObjectRef,
    /// How.
    pub mode: LockMode,
    /// The form of the statement: `add column`, `create index`.
    pub form: &'static str,
}

/// A configuration setting that is read or set by function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingUse {
    /// `oneroof.owner_matrix`; empty if it is not a constant.
    pub name: String,
    /// `set_config` or `set`, not `current_setting`.
    pub writes: bool,
    /// Lasts longer than the transaction.
    pub session: bool,
    /// Byte offset in the file.
    pub offset: usize,
    /// Where it stands.
    pub phase: Phase,
}

/// A statement inside a `do` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InnerStatement {
    /// What kind it is.
    pub kind: StatementKind,
    /// PostgreSQL refuses it in a transaction, and so in a block.
    pub refuses_transaction: bool,
    /// Byte offset in the file.
    pub offset: usize,
}

/// What one statement touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementFacts {
    /// The statement itself.
    pub statement: Statement,
    /// Objects that exist afterwards and did not before; for `rename`, the new name.
    pub created: Vec<ObjectRef>,
    /// Objects whose definition, owner, rights or comment change.
    pub altered: Vec<ObjectRef>,
    /// Objects that are gone afterwards; for `rename`, the old name.
    pub dropped: Vec<ObjectRef>,
    /// Relations, types and schemas that are looked at.
    pub read: Vec<ObjectRef>,
    /// Relations whose rows change.
    pub written: Vec<ObjectRef>,
    /// Functions and procedures that are called.
    pub called: Vec<ObjectRef>,
    /// Roles that are named.
    pub roles: Vec<String>,
    /// Table locks of DDL.
    pub locks: Vec<RelationLock>,
    /// Settings read or set.
    pub settings: Vec<SettingUse>,
    /// Offsets where schema `oneroof` is used.
    pub reserved: Vec<usize>,
    /// Offsets of `cascade` in what runs now.
    pub cascades: Vec<usize>,
    /// Statements inside a `do` block.
    pub inner: Vec<InnerStatement>,
    /// `copy … from stdin`.
    pub copies_from_stdin: bool,
    /// It runs SQL whose text cannot be known before.
    pub unknown_dynamic: bool,
    /// Names that a trigger gives to its transition tables.
    pub transition_tables: Vec<String>,
    /// SQL functions whose body does not parse.
    pub body_errors: Vec<ParseError>,
    /// What is known to hurt a running application.
    pub hazards: Vec<Hazard>,
}

impl StatementFacts {
    pub(crate) fn new(statement: Statement) -> Self {
        Self {
            statement,
            created: Vec::new(),
            altered: Vec::new(),
            dropped: Vec::new(),
            read: Vec::new(),
            written: Vec::new(),
            called: Vec::new(),
            roles: Vec::new(),
            locks: Vec::new(),
            settings: Vec::new(),
            reserved: Vec::new(),
            cascades: Vec::new(),
            inner: Vec::new(),
            copies_from_stdin: false,
            unknown_dynamic: false,
            transition_tables: Vec::new(),
            body_errors: Vec::new(),
            hazards: Vec::new(),
        }
    }
}

/// Facts about every statement of `text`, in order.
///
/// # Errors
/// Fails where [`split`](crate::split()) fails.
pub fn references(text: &str) -> Result<Vec<StatementFacts>, ParseError> {
    with_parsed(text, |tree| {
        let mut places = Places::new(text);
        tree.stmts
            .iter()
            .filter_map(|raw| {
                let mut facts = StatementFacts::new(statement(text, raw, &mut places)?);
                let node = raw.stmt.as_ref().and_then(|node| node.node.as_ref());
                facts.hazards = node.map(hazards::of).unwrap_or_default();
                let arena = Arena::new();
                let item = Item::of(&arena, raw.stmt.as_deref()?);
                Walker::new(text, &mut facts).statement(&item);
                Some(facts)
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> StatementFacts {
        let mut list = references(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(list.len(), 1, "{text}");
        list.remove(0)
    }

    fn names(list: &[ObjectRef]) -> Vec<String> {
        list.iter().map(ObjectRef::qualified).collect()
    }

    fn described(list: &[ObjectRef]) -> Vec<String> {
        list.iter().map(ObjectRef::described).collect()
    }

    #[test]
    fn reads_and_writes() {
        let found = facts(
            "with a as (select * from s.t), r as (insert into w select * from a returning *) \
             select f(x), g.h(y)::m.typ from a join r on true, lateral (select 1 from only u) z",
        );
        assert_eq!(names(&found.read), ["s.t", "m.typ", "u"]);
        assert_eq!(names(&found.written), ["w"]);
        assert_eq!(names(&found.called), ["f", "g.h"]);
        let found = facts("with a as (select * from a) select * from a");
        assert_eq!(names(&found.read), ["a"]);
        let found = facts("with recursive a as (select 1 union select * from a) select * from a");
        assert!(found.read.is_empty());
        assert_eq!(names(&facts("update t set a = 1 from b").written), ["t"]);
        assert_eq!(names(&facts("copy t from '/x'").written), ["t"]);
        assert_eq!(names(&facts("copy t to '/x'").read), ["t"]);
        assert!(facts("copy t from stdin").copies_from_stdin);
        assert_eq!(
            names(&facts("select 's.t'::regclass").read),
            ["s.t", "regclass"]
        );
    }

    #[test]
    fn creations() {
        for (text, expected) in [
            (
                "create table s.t (id serial, a int references b)",
                vec!["table `s.t`", "sequence `s.t_id_seq` on `s.t`"],
            ),
            (
                "create table t (id int generated always as identity)",
                vec!["table `t`", "sequence `t_id_seq` on `t`"],
            ),
            ("create view v as select 1", vec!["view `v`"]),
            (
                "create materialized view v as select 1",
                vec!["materialized view `v`"],
            ),
            ("create table t as select 1", vec!["table `t`"]),
            ("select 1 into t", vec!["table `t`"]),
            ("create index i on s.t (a)", vec!["index `s.i` on `s.t`"]),
            (
                "create function s.f(a int default 1) returns t language sql as 'select 1'",
                vec!["function `s.f`"],
            ),
            (
                "create trigger g after insert on t execute function f()",
                vec!["trigger `g` on `t`"],
            ),
            (
                "create policy p on t using (true)",
                vec!["policy `p` on `t`"],
            ),
            ("create type s.e as enum ('a')", vec!["type `s.e`"]),
            ("create type c as (a int)", vec!["type `c`"]),
            (
                "create domain d as text check (value <> '')",
                vec!["domain `d`"],
            ),
            (
                "create sequence q owned by s.t.a",
                vec!["sequence `q` on `s.t`"],
            ),
            (
                "create schema s create table t (a int)",
                vec!["schema `s`", "table `s.t`"],
            ),
            ("create role r", vec!["role `r`"]),
            ("create extension e", vec!["extension `e`"]),
            (
                "create aggregate a (int) (sfunc = f, stype = int)",
                vec!["aggregate `a`"],
            ),
            (
                "alter table t add a int, add constraint k check (a > 0)",
                vec!["column `a` on `t`", "constraint `k` on `t`"],
            ),
            ("alter table a rename to b", vec!["table `b`"]),
            (
                "alter table a rename column b to c",
                vec!["column `c` on `a`"],
            ),
            (
                "create table p partition of t for values in (1)",
                vec!["table `p` on `t`"],
            ),
        ] {
            assert_eq!(described(&facts(text).created), expected, "{text}");
        }
        assert!(!facts("create or replace view v as select 1").created[0].certain);
        assert!(!facts("create table if not exists t ()").created[0].certain);
        assert!(facts("create temp table t ()").created[0].temporary);
    }

    #[test]
    fn drops_and_alterations() {
        for (text, expected) in [
            ("drop table a, s.b", vec!["table `a`", "table `s.b`"]),
            ("drop function s.f(int)", vec!["function `s.f`"]),
            ("drop type t", vec!["type `t`"]),
            ("drop trigger g on s.t", vec!["trigger `g` on `s.t`"]),
            ("drop schema s", vec!["schema `s`"]),
            ("drop role r", vec!["role `r`"]),
            ("drop index s.i", vec!["index `s.i`"]),
            (
                "alter table t drop a, drop constraint k",
                vec!["column `a` on `t`", "constraint `k` on `t`"],
            ),
            ("alter view a rename to b", vec!["view `a`"]),
        ] {
            assert_eq!(described(&facts(text).dropped), expected, "{text}");
        }
        assert!(!facts("drop table if exists a").dropped[0].certain);
        for (text, expected) in [
            ("comment on column s.t.a is 'x'", vec!["s.t"]),
            ("comment on function f(int) is 'x'", vec!["f"]),
            ("grant select on a, s.b to r", vec!["a", "s.b"]),
            ("grant execute on function s.f(int) to r", vec!["s.f"]),
            ("grant usage on schema s to r", vec!["s"]),
            ("alter table t owner to r", vec!["t"]),
            ("alter function s.f() owner to r", vec!["s.f"]),
            ("alter type t add value 'x'", vec!["t"]),
            ("refresh materialized view v", vec!["v"]),
        ] {
            assert_eq!(names(&facts(text).altered), expected, "{text}");
        }
        assert_eq!(facts("grant select on a to r, s").roles, ["r", "s"]);
    }

    #[test]
    fn locks() {
        for (text, expected) in [
            (
                "alter table t add a int",
                vec![("t", LockMode::AccessExclusive)],
            ),
            (
                "alter table t validate constraint k",
                vec![("t", LockMode::ShareUpdateExclusive)],
            ),
            (
                "alter table t add foreign key (a) references u",
                vec![
                    ("u", LockMode::ShareRowExclusive),
                    ("t", LockMode::ShareRowExclusive),
                ],
            ),
            (
                "create table t (a int references u)",
                vec![("u", LockMode::ShareRowExclusive)],
            ),
            ("create index i on t (a)", vec![("t", LockMode::Share)]),
            (
                "create index concurrently i on t (a)",
                vec![("t", LockMode::ShareUpdateExclusive)],
            ),
            (
                "create trigger g after insert on t execute function f()",
                vec![("t", LockMode::ShareRowExclusive)],
            ),
            ("drop table t", vec![("t", LockMode::AccessExclusive)]),
            (
                "drop trigger g on t",
                vec![("t", LockMode::AccessExclusive)],
            ),
            (
                "truncate t, u",
                vec![
                    ("t", LockMode::AccessExclusive),
                    ("u", LockMode::AccessExclusive),
                ],
            ),
            ("lock table t in share mode", vec![("t", LockMode::Share)]),
            (
                "refresh materialized view concurrently v",
                vec![("v", LockMode::Exclusive)],
            ),
            ("vacuum full t", vec![("t", LockMode::AccessExclusive)]),
            ("analyze t", vec![("t", LockMode::ShareUpdateExclusive)]),
            (
                "create policy p on t using (true)",
                vec![("t", LockMode::AccessExclusive)],
            ),
            (
                "alter table t attach partition p default",
                vec![
                    ("p", LockMode::AccessExclusive),
                    ("t", LockMode::ShareUpdateExclusive),
                ],
            ),
            (
                "comment on table t is 'x'",
                vec![("t", LockMode::ShareUpdateExclusive)],
            ),
            ("insert into t values (1)", vec![]),
            ("grant select on t to r", vec![]),
        ] {
            let found = facts(text);
            let found: Vec<_> = found
                .locks
                .iter()
                .map(|lock| (lock.relation.name.as_str(), lock.mode))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn settings_and_where_they_stand() {
        for (text, phase) in [
            (
                "insert into t select current_setting('oneroof.a', true)",
                Phase::Now,
            ),
            (
                "do $$ begin perform current_setting('oneroof.a'); end $$",
                Phase::Block,
            ),
            (
                "create view v as select current_setting('oneroof.a')",
                Phase::Stored,
            ),
            (
                "create table t (a text default current_setting('oneroof.a'))",
                Phase::Stored,
            ),
            (
                "alter table t alter a set default current_setting('oneroof.a')",
                Phase::Stored,
            ),
            (
                "create function f() returns text language sql as $$ select current_setting('oneroof.a') $$",
                Phase::Stored,
            ),
            (
                "create function f() returns text language plpgsql as 'begin return current_setting(''oneroof.a''); end'",
                Phase::Late,
            ),
            (
                "create function f() returns text begin atomic select current_setting('oneroof.a'); end",
                Phase::Stored,
            ),
            (
                "do $$ begin execute 'create view v as select current_setting(''oneroof.a'')'; end $$",
                Phase::Stored,
            ),
        ] {
            let found = facts(text);
            assert!(!found.settings.is_empty(), "{text}");
            let at_last = found
                .settings
                .iter()
                .map(|setting| setting.phase)
                .max()
                .unwrap();
            assert_eq!(at_last, phase, "{text}");
            assert!(
                found
                    .settings
                    .iter()
                    .all(|setting| setting.name == "oneroof.a"),
                "{text}"
            );
        }
        let text = "do $$ begin\n  perform set_config('a.b', 'x', false);\nend $$";
        let found = facts(text);
        assert!(
            found
                .settings
                .iter()
                .all(|setting| setting.session && setting.writes)
        );
        assert!(text[found.settings[0].offset..].starts_with("set_config"));
    }

    #[test]
    fn blocks_and_bodies() {
        let text = "do $$ declare n int; begin select count(*) into n from s.a; \
                    if n > 0 then insert into b values (n); end if; commit; \
                    execute format('create table %I (a int references c)', 'x'); end $$";
        let found = facts(text);
        assert_eq!(names(&found.read), ["s.a", "c"]);
        assert!(text[found.read[0].offset..].starts_with("s.a"));
        assert_eq!(names(&found.written), ["b"]);
        assert!(found.created.is_empty());
        assert!(found.unknown_dynamic);
        assert!(
            found
                .inner
                .iter()
                .any(|inner| inner.kind == StatementKind::TransactionControl)
        );
        let found = facts(
            "create function f() returns trigger language plpgsql as $$ begin \
             insert into audit select * from new_rows; return new; end $$",
        );
        assert_eq!(names(&found.written), ["audit"]);
        assert_eq!(found.written[0].phase, Phase::Late);
        let found = facts("create function f() returns int language sql as $$ selec 1 $$");
        assert_eq!(found.body_errors.len(), 1);
        assert_eq!(found.body_errors[0].column, 52);
    }

    #[test]
    fn schema_oneroof_and_cascade() {
        for text in [
            "insert into oneroof.entry values (1)",
            "select oneroof.append('a', '{}')",
            "create table oneroof.t ()",
            "drop function oneroof.append(text)",
            "drop schema oneroof",
            "create schema oneroof",
            "grant usage on schema oneroof to r",
            "comment on table oneroof.entry is 'x'",
            "set local search_path = oneroof, public",
            "select 'oneroof.entry'::regclass",
            "create function f() returns void language plpgsql as $$ begin delete from oneroof.entry; end $$",
            "do $$ begin execute 'delete from oneroof.entry'; end $$",
            "alter table t set schema oneroof",
        ] {
            assert!(!facts(text).reserved.is_empty(), "{text}");
        }
        assert!(
            facts("select current_setting('oneroof.entry'), 'oneroof' as oneroof")
                .reserved
                .is_empty()
        );
        for text in [
            "drop table t cascade",
            "drop owned by r cascade",
            "alter table t drop a cascade",
            "truncate t cascade",
            "do $$ begin drop table t cascade; end $$",
            "do $$ begin execute format('drop view %I cascade', v); end $$",
        ] {
            assert_eq!(facts(text).cascades.len(), 1, "{text}");
        }
        for text in [
            "drop table t",
            "create table t (a int references b on delete cascade)",
        ] {
            assert!(facts(text).cascades.is_empty(), "{text}");
        }
    }
}
