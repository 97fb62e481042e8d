//! Whether a tier stands, asked of the catalog: a script has no ledger.
//!
//! The parser says which objects a tier makes. All of them there: it stands; none: it does not; some:
//! somebody else was at work, and the rollback is refused. A tier that makes no object stands where the
//! one before it that makes some stands.

use oneroof_model::package::Tier;
use oneroof_sql::{ObjectRef, Phase, references};

use super::quote::{identifier, literal};
use crate::error::{EngineError, Failure};
use crate::store::package_files::OpenPackage;

/// A tier and what the catalog can be asked about it.
pub(super) struct Standing<'a> {
    pub(super) tier: &'a Tier,
    /// Name for people, and an expression that is true where the object is there.
    objects: Vec<(String, String)>,
    pub(super) views: Vec<String>,
    pub(super) functions: Vec<String>,
}

/// Reads the tiers' files, in order.
pub(super) fn of<'a>(
    package: &OpenPackage,
    tiers: &[&'a Tier],
) -> Result<Vec<Standing<'a>>, EngineError> {
    let mut facts = Vec::new();
    for tier in tiers {
        let statements = references(package.text(&tier.file)?).map_err(|error| Failure {
            message: format!("parse {}: {error}", tier.file),
            file: Some(tier.file.clone()),
            ..Failure::default()
        })?;
        facts.push(statements);
    }
    let standing = |number: usize, tier: &&'a Tier| {
        let mut standing = Standing {
            tier,
            objects: Vec::new(),
            views: Vec::new(),
            functions: Vec::new(),
        };
        for (index, statement) in facts[number].iter().enumerate() {
            for made in statement.created.iter().filter(|made| {
                made.phase == Phase::Now && made.certain && !made.temporary && !made.implicit
            }) {
                let later = facts[number][index + 1..]
                    .iter()
                    .chain(facts[number + 1..].iter().flatten());
                let is_gone = later
                    .flat_map(|statement| &statement.dropped)
                    .any(|dropped| dropped.may_be(made));
                if is_gone || made.name.is_empty() {
                    continue;
                }
                if made.kind == "view" {
                    standing.views.push(name(made));
                }
                if made.class() == "function" {
                    standing.functions.push(made.name.clone());
                }
                if let Some(present) = present(made) {
                    standing.objects.push((made.described(), present));
                }
            }
        }
        standing
    };
    Ok(tiers
        .iter()
        .enumerate()
        .map(|(number, tier)| standing(number, tier))
        .collect())
}

/// Rows for the block that looks: tier, title, object, is it there.
pub(super) fn rows(all: &[Standing<'_>]) -> Vec<String> {
    all.iter()
        .flat_map(|standing| {
            standing.objects.iter().map(|(object, present)| {
                format!(
                    "            ({}, {}, {}, {present})",
                    literal(&standing.tier.id),
                    literal(&standing.tier.title()),
                    literal(object)
                )
            })
        })
        .collect()
}

/// A condition of SQL that is true where the tier stands, once the block has looked.
pub(super) fn condition(all: &[Standing<'_>], number: usize) -> String {
    let asked = |standing: &Standing<'_>| {
        format!(
            "current_setting('oneroof_run.stands_{}', true) = 'true'",
            standing.tier.id
        )
    };
    let knows = |standing: &&Standing<'_>| !standing.objects.is_empty();
    if let Some(known) = all[..=number].iter().rev().find(knows) {
        return asked(known);
    }
    let later: Vec<String> = all[number..].iter().filter(knows).map(asked).collect();
    if later.is_empty() {
        // No tier makes an object: the catalog cannot say, so the rollback's own files must.
        "true".to_owned()
    } else {
        format!("({})", later.join(" or "))
    }
}

/// Does any tier make an object, so that the catalog can be asked?
pub(super) fn is_known(all: &[Standing<'_>]) -> bool {
    all.iter().any(|standing| !standing.objects.is_empty())
}

/// Those behind `number` that make objects of their own.
pub(super) fn later<'s, 'a>(
    all: &'s [Standing<'a>],
    number: usize,
) -> impl Iterator<Item = &'s Standing<'a>> {
    all[number + 1..]
        .iter()
        .filter(|standing| !standing.objects.is_empty())
}

/// Quoted, with its schema if it is written.
fn name(object: &ObjectRef) -> String {
    match &object.schema {
        Some(schema) => format!("{}.{}", identifier(schema), identifier(&object.name)),
        None => identifier(&object.name),
    }
}

/// An expression that is true where the object is; none for kinds that are not asked about.
fn present(object: &ObjectRef) -> Option<String> {
    let relation = |object: &ObjectRef| literal(&name(object));
    let own = literal(&object.name);
    let on = object.on.as_deref().map(relation);
    Some(match (object.class(), on) {
        // An index lives in the schema of its table.
        ("relation", Some(_)) if object.kind == "index" => {
            let schema = object.on.as_ref().and_then(|on| on.schema.clone());
            let index = ObjectRef {
                schema: schema.or_else(|| object.schema.clone()),
                ..object.clone()
            };
            format!("to_regclass({}) is not null", relation(&index))
        }
        ("relation", _) => format!("to_regclass({}) is not null", relation(object)),
        ("schema", _) => format!(
            "to_regnamespace({}) is not null",
            literal(&identifier(&object.name))
        ),
        ("type", _) => format!("to_regtype({}) is not null", relation(object)),
        ("function", _) => match &object.schema {
            Some(schema) => format!(
                "exists (select from pg_catalog.pg_proc as p where p.proname = {own} and p.pronamespace = to_regnamespace({}))",
                literal(&identifier(schema))
            ),
            None => format!(
                "exists (select from pg_catalog.pg_proc as p where p.proname = {own} and pg_function_is_visible(p.oid))"
            ),
        },
        ("column", Some(table)) => format!(
            "exists (select from pg_catalog.pg_attribute as a where a.attrelid = to_regclass({table}) and a.attname = {own} and not a.attisdropped)"
        ),
        ("constraint", Some(table)) => format!(
            "exists (select from pg_catalog.pg_constraint as c where c.conrelid = to_regclass({table}) and c.conname = {own})"
        ),
        ("trigger", Some(table)) => format!(
            "exists (select from pg_catalog.pg_trigger as t where t.tgrelid = to_regclass({table}) and t.tgname = {own})"
        ),
        _ => return None,
    })
}
