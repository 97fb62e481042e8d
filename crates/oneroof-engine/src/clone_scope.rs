//! `--scope package:PKG`: which tables a package can read, and so which rows a clone need not have.
//!
//! What the package names is read by the parser, in its SQL files and in `release.toml`; from there through views,
//! functions, triggers, policies, defaults, inheritance and, towards the referenced side, foreign keys. Names count
//! without their schema where none is written. What this misses, because SQL is put together at run time, fails on the
//! clone, which has no file for a table that was left out.

use std::collections::{BTreeSet, HashMap};

use oneroof_pg::clone::{ScopeObject, scope_objects};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_sql::{Reach, WrittenName};

use crate::error::EngineError;
use crate::rehearse::clone::clone_error;
use crate::store::package_files::OpenPackage;

/// Members of release.toml that are written for people.
const PROSE: [&str; 7] = [
    "summary",
    "meaning",
    "message",
    "hint",
    "why",
    "differs",
    "description",
];
/// Builds test productions; never runs in a rehearsal.
const FIXTURES: &str = "fixtures/";

/// What a package names.
#[derive(Debug, Clone, Default)]
pub struct PackageScope {
    names: Reach,
}

impl PackageScope {
    /// Reads all that the package may run.
    pub fn of(package: &OpenPackage) -> Self {
        let mut names = Reach::default();
        for (path, bytes) in package.files() {
            let text = String::from_utf8_lossy(bytes);
            if path.ends_with(".sql") && !path.starts_with(FIXTURES) {
                add_text(&mut names, &text);
            } else if path == "release.toml"
                && let Ok(plan) = text.parse::<toml::Table>()
            {
                plan.values().for_each(|value| add_value(&mut names, value));
            }
        }
        Self { names }
    }

    /// The tables and materialized views of the source that it cannot read, sorted.
    pub(crate) async fn left_out(
        &self,
        source: &ConnInfo,
        run_id: &str,
    ) -> Result<Vec<String>, EngineError> {
        let objects = scope_objects(source, &format!("oneroof/clone/{run_id}"))
            .await
            .map_err(clone_error)?;
        Ok(left_out(&self.names, &objects))
    }
}

/// SQL, or what may be the name of a table.
fn add_text(names: &mut Reach, text: &str) {
    if names.add(text) {
        return;
    }
    // A file that the parser does not take, or a bare name: each word may be one.
    let is_part = |character: char| character.is_alphanumeric() || "_$.".contains(character);
    for word in text.split(|character: char| !is_part(character)) {
        for name in word.split('.').filter(|name| !name.is_empty()) {
            names.add_relation(None, name);
        }
    }
}

fn add_value(names: &mut Reach, value: &toml::Value) {
    match value {
        toml::Value::String(text) => add_text(names, text),
        toml::Value::Array(values) => values.iter().for_each(|value| add_value(names, value)),
        toml::Value::Table(table) => {
            let read = table
                .iter()
                .filter(|(key, _)| !PROSE.contains(&key.as_str()));
            read.for_each(|(_, value)| add_value(names, value));
        }
        _ => {}
    }
}

/// What is not reached from the names.
fn left_out(names: &Reach, objects: &[ScopeObject]) -> Vec<String> {
    let by_oid: HashMap<(bool, u32), &ScopeObject> = objects
        .iter()
        .map(|object| ((object.is_function, object.oid), object))
        .collect();
    let mut reached: BTreeSet<(bool, u32)> = BTreeSet::new();
    let mut open: Vec<&ScopeObject> = objects
        .iter()
        .filter(|object| object.always || is_named(names, object))
        .collect();
    while let Some(object) = open.pop() {
        if !reached.insert((object.is_function, object.oid)) {
            continue;
        }
        let relations = object.relations.iter().map(|oid| (false, *oid));
        let functions = object.functions.iter().map(|oid| (true, *oid));
        open.extend(
            relations
                .chain(functions)
                .filter_map(|key| by_oid.get(&key)),
        );
        if let Some(definition) = &object.definition {
            let mut named = Reach::default();
            add_text(&mut named, definition);
            open.extend(objects.iter().filter(|other| is_named(&named, other)));
        }
    }
    let mut left_out: Vec<String> = objects
        .iter()
        .filter(|object| object.has_rows && !reached.contains(&(false, object.oid)))
        .map(|object| object.identity.clone())
        .collect();
    left_out.sort();
    left_out
}

fn is_named(names: &Reach, object: &ScopeObject) -> bool {
    let list = match object.is_function {
        true => &names.functions,
        false => &names.relations,
    };
    [None, Some(object.schema.clone())]
        .into_iter()
        .any(|schema| {
            list.contains(&WrittenName {
                schema,
                name: object.name.clone(),
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(oid: u32, name: &str) -> ScopeObject {
        ScopeObject {
            is_function: false,
            oid,
            schema: "public".to_owned(),
            name: name.to_owned(),
            identity: format!("public.{name}"),
            has_rows: true,
            always: false,
            definition: None,
            relations: Vec::new(),
            functions: Vec::new(),
        }
    }

    #[test]
    fn what_is_read_on_the_way_is_in_the_scope() {
        let objects = [
            ScopeObject {
                has_rows: false,
                relations: vec![2],
                functions: vec![1],
                ..object(1, "a_view")
            },
            ScopeObject {
                relations: vec![3],
                ..object(2, "orders")
            },
            object(3, "customers"),
            object(4, "audit"),
            object(5, "big"),
            ScopeObject {
                is_function: true,
                has_rows: false,
                definition: Some(
                    "create function public.f() returns bigint language sql as $$ select count(*) from audit $$"
                        .to_owned(),
                ),
                ..object(1, "f")
            },
            ScopeObject {
                always: true,
                ..object(6, "ledger")
            },
        ];
        let reading = |text: &str| {
            let mut names = Reach::default();
            add_text(&mut names, text);
            left_out(&names, &objects)
        };
        assert_eq!(reading("select * from public.a_view"), ["public.big"]);
        assert_eq!(
            reading("select * from other.orders"),
            [
                "public.audit",
                "public.big",
                "public.customers",
                "public.orders"
            ]
        );
        assert_eq!(
            reading("customers"),
            ["public.audit", "public.big", "public.orders"]
        );
    }
}
