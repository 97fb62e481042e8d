//! Which relations and functions a text names, wherever it names them: what it may read when it runs. Bodies of
//! functions and blocks are followed, dynamic SQL as far as its text is a constant.

use std::collections::BTreeSet;

use crate::references::{ObjectRef, StatementFacts, references};

/// A name as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenName {
    /// `None` if unqualified.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

/// What a text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Tables, views and whatever else bears such a name.
    pub relations: BTreeSet<WrittenName>,
    /// Functions and procedures.
    pub functions: BTreeSet<WrittenName>,
}

impl Reach {
    /// Adds what `text` names; says whether it could be read.
    pub fn add(&mut self, text: &str) -> bool {
        let Ok(statements) = references(text) else {
            return false;
        };
        for facts in &statements {
            self.add_statement(facts);
        }
        true
    }

    /// Adds the name of a relation.
    pub fn add_relation(&mut self, schema: Option<&str>, name: &str) {
        self.relations.insert(WrittenName {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
        });
    }

    fn add_statement(&mut self, facts: &StatementFacts) {
        let lists = [
            &facts.created,
            &facts.altered,
            &facts.dropped,
            &facts.read,
            &facts.written,
            &facts.called,
        ];
        for object in lists.into_iter().flatten() {
            self.add_object(object);
        }
        for lock in &facts.locks {
            self.add_object(&lock.relation);
        }
    }

    fn add_object(&mut self, object: &ObjectRef) {
        let name = WrittenName {
            schema: object.schema.clone(),
            name: object.name.clone(),
        };
        match object.class() {
            "function" => self.functions.insert(name),
            _ => self.relations.insert(name),
        };
        if let Some(on) = &object.on {
            self.add_object(on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, relations: &[&str], functions: &[&str]) {
        let mut reach = Reach::default();
        assert!(reach.add(text), "{text}");
        let found = |names: &BTreeSet<WrittenName>, wanted: &str| {
            names.iter().any(|name| match &name.schema {
                Some(schema) => format!("{schema}.{}", name.name) == wanted,
                None => name.name == wanted,
            })
        };
        for wanted in relations {
            assert!(found(&reach.relations, wanted), "{wanted}: {reach:?}");
        }
        for wanted in functions {
            assert!(found(&reach.functions, wanted), "{wanted}: {reach:?}");
        }
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        check("select * from a join s.b using (id)", &["a", "s.b"], &[]);
        check(
            "select (select max(x) from a), s.f(1) where exists (select from b)",
            &["a", "b"],
            &["s.f"],
        );
        check("insert into a select * from b", &["a", "b"], &[]);
        check("update a set x = 1 from b", &["a", "b"], &[]);
        check("delete from only s.a using b", &["s.a", "b"], &[]);
        check("alter table s.a add column x int", &["s.a"], &[]);
        check("create index on s.a (x)", &["s.a"], &[]);
        check(
            "create table t (x int references s.a); create view v as select * from b",
            &["s.a", "b"],
            &[],
        );
        check(
            "do $$ begin perform 1 from s.a; execute 'select * from b'; end $$",
            &["s.a", "b"],
            &[],
        );
        check(
            "create function f() returns void language plpgsql as $$ begin delete from s.a; perform g(); end $$",
            &["s.a"],
            &["g"],
        );
        check(
            "create function f() returns bigint language sql as $$ select count(*) from s.a $$",
            &["s.a"],
            &[],
        );
        check(
            "create trigger t after insert on s.a for each row execute function s.f()",
            &["s.a"],
            &["s.f"],
        );
        check(
            "truncate a, b; lock table c; copy d to stdout",
            &["a", "b", "c", "d"],
            &[],
        );
        check("with x as (select * from a) select * from x", &["a"], &[]);
        check("call s.p(1)", &[], &["s.p"]);
    }

    #[test]
    fn what_does_not_parse_is_said() {
        assert!(!Reach::default().add("no sql at all"));
    }
}
