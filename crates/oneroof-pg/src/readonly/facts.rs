//! Loads what the catalog says about the objects of one statement.
//!
//! Everything is read in a transaction that the caller opened, under `search_path = pg_catalog`: the server then prints
//! every name that is not its own with its schema. Queries that do not wait for one another are sent together.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::readonly::facts::{
    CastFact, ColumnFact, Dependency, ExpressionFact, Facts, FunctionFact, OperatorFact, Questions,
    RelationFact, TypeFact,
};
use oneroof_model::readonly::{Name, Policy};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::trusted::trusted;
use crate::connect::Session;
use crate::error::PgError;

/// The schemas that names without one are searched in, in order; to be read before [`enter_catalog`].
///
/// # Errors
/// What the server says.
pub async fn search_path(session: &Session) -> Result<Vec<String>, PgError> {
    let rows = session.query(include_str!("path.sql"), &[]).await?;
    match rows.first() {
        Some(row) => Ok(row.try_get("path")?),
        None => Ok(Vec::new()),
    }
}

/// Sets the search path to `pg_catalog` for the rest of the transaction: the server then prints every name that is not
/// its own with its schema.
///
/// # Errors
/// What the server says.
pub async fn enter_catalog(session: &Session) -> Result<(), PgError> {
    session.simple("set local search_path = pg_catalog").await?;
    Ok(())
}

/// Begins: [`enter_catalog`], resolves the policy and reads the casts; `path` is what [`search_path`] said. The result
/// answers no question yet; it may be kept for other transactions as long as the database's definition is the same.
///
/// # Errors
/// What the server says.
pub async fn begin_facts(
    session: &Session,
    path: &[String],
    policy: &Policy,
) -> Result<Facts, PgError> {
    let ((), casts) = tokio::try_join!(enter_catalog(session), casts(session))?;
    Ok(Facts {
        path: path
            .iter()
            .filter(|schema| *schema != "pg_catalog")
            .cloned()
            .collect(),
        trusted: trusted(session, policy).await?,
        casts,
        ..Facts::default()
    })
}

/// Answers questions; every one of them has an answer afterwards.
///
/// # Errors
/// What the server says.
pub async fn load_facts(
    session: &Session,
    questions: &Questions,
    facts: &mut Facts,
) -> Result<(), PgError> {
    let mut path = vec![String::from("pg_catalog")];
    path.extend(facts.path.iter().cloned());
    let (relation_names, type_names, functions, operators) = tokio::try_join!(
        names(
            session,
            include_str!("relation_names.sql"),
            &questions.relations,
            &path
        ),
        names(
            session,
            include_str!("type_names.sql"),
            &questions.types,
            &path
        ),
        functions(session, questions),
        operators(session, &questions.operators),
    )?;
    for name in &questions.functions {
        facts.functions.entry(name.clone()).or_default();
    }
    for function in functions {
        facts
            .functions
            .entry(function.name.clone())
            .or_default()
            .push(function);
    }
    for name in &questions.operators {
        facts.operators.entry(name.clone()).or_default();
    }
    for operator in operators {
        facts
            .operators
            .entry(operator.name.clone())
            .or_default()
            .push(operator);
    }
    let mut relation_oids = questions.relation_oids.clone();
    relation_oids.extend(relation_names.values().flatten());
    let mut type_oids = questions.type_oids.clone();
    type_oids.extend(type_names.values().flatten());
    facts.relation_names.extend(relation_names);
    facts.type_names.extend(type_names);
    let (relations, types) = tokio::try_join!(
        relations(session, &relation_oids),
        types(session, &type_oids, &relation_oids),
    )?;
    for oid in relation_oids {
        facts.relations.entry(oid).or_insert(None);
    }
    for oid in type_oids {
        facts.types.entry(oid).or_insert(None);
    }
    for (oid, fact) in relations {
        // Stored texts name relations with their schema, but for those of pg_catalog.
        let name = match fact.schema.as_str() {
            "pg_catalog" => Name::bare(&fact.name),
            schema => Name::in_schema(schema, &fact.name),
        };
        facts.relation_names.entry(name).or_insert(Some(oid));
        facts.relations.insert(oid, Some(fact));
    }
    for (oid, fact) in types {
        let name = Name::in_schema(&fact.schema, &fact.name);
        facts.type_names.entry(name).or_insert(Some(oid));
        facts.types.insert(oid, Some(fact));
    }
    Ok(())
}

async fn names(
    session: &Session,
    sql: &str,
    asked: &BTreeSet<Name>,
    path: &[String],
) -> Result<BTreeMap<Name, Option<u32>>, PgError> {
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let schemas: Vec<Option<&str>> = asked.iter().map(|name| name.schema.as_deref()).collect();
    let names: Vec<&str> = asked.iter().map(|name| name.name.as_str()).collect();
    let rows = session.query(sql, &[&schemas, &names, &path]).await?;
    rows.iter()
        .map(|row| {
            let name = Name {
                schema: row.try_get("schema_name")?,
                name: row.try_get("name")?,
            };
            Ok((name, row.try_get("oid")?))
        })
        .collect()
}

async fn functions(session: &Session, questions: &Questions) -> Result<Vec<FunctionFact>, PgError> {
    if questions.functions.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<&String> = questions.functions.iter().collect();
    let of_catalog: Vec<&String> = questions.functions_of_catalog.iter().collect();
    let rows = session
        .query(include_str!("functions.sql"), &[&asked, &of_catalog])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(FunctionFact {
                oid: row.try_get("oid")?,
                schema: row.try_get("schema_name")?,
                name: row.try_get("name")?,
                signature: row.try_get("signature")?,
                extension: row.try_get("extension")?,
            })
        })
        .collect()
}

async fn operators(
    session: &Session,
    asked: &BTreeSet<String>,
) -> Result<Vec<OperatorFact>, PgError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<&String> = asked.iter().collect();
    let rows = session
        .query(include_str!("operators.sql"), &[&asked])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(OperatorFact {
                oid: row.try_get("oid")?,
                schema: row.try_get("schema_name")?,
                name: row.try_get("name")?,
                signature: row.try_get("signature")?,
                function: row.try_get("function_oid")?,
                extension: row.try_get("extension")?,
            })
        })
        .collect()
}

async fn casts(session: &Session) -> Result<Vec<CastFact>, PgError> {
    let rows = session.query(include_str!("casts.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(CastFact {
                source: row.try_get("source")?,
                target: row.try_get("target")?,
                source_name: row.try_get("source_name")?,
                target_name: row.try_get("target_name")?,
                implicit: row.try_get("implicit")?,
                function: FunctionFact {
                    oid: row.try_get("function_oid")?,
                    schema: row.try_get("schema_name")?,
                    name: row.try_get("name")?,
                    signature: row.try_get("signature")?,
                    extension: None,
                },
            })
        })
        .collect()
}

async fn relations(
    session: &Session,
    asked: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, RelationFact>, PgError> {
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let oids: Vec<u32> = asked.iter().copied().collect();
    let rows = session
        .query(include_str!("relations.sql"), &[&oids])
        .await?;
    let mut found: BTreeMap<u32, RelationFact> = BTreeMap::new();
    for row in &rows {
        let fact = relation(row)?;
        found.insert(fact.oid, fact);
    }
    let reached: Vec<u32> = found.keys().copied().collect();
    let parameters: [&(dyn ToSql + Sync); 1] = [&reached];
    let (expressions, depends) = tokio::try_join!(
        session.query(include_str!("expressions.sql"), &parameters),
        session.query(include_str!("depends.sql"), &parameters),
    )?;
    for row in &expressions {
        let expression = ExpressionFact {
            name: row.try_get("name")?,
            text: row.try_get("text")?,
        };
        if let Some(fact) = found.get_mut(&row.try_get("relation_oid")?) {
            match row.try_get("kind")? {
                "policy" => fact.policies.push(expression),
                "computed" => fact.computed.push(expression),
                _ => fact.planned.push(expression),
            }
        }
    }
    for row in &depends {
        if let Some(fact) = found.get_mut(&row.try_get("relation_oid")?) {
            fact.depends.push(dependency(row)?);
        }
    }
    Ok(found)
}

fn relation(row: &Row) -> Result<RelationFact, PgError> {
    let kind: String = row.try_get("kind")?;
    let names: Vec<String> = row.try_get("column_names")?;
    let types: Vec<u32> = row.try_get("column_types")?;
    Ok(RelationFact {
        oid: row.try_get("oid")?,
        schema: row.try_get("schema_name")?,
        name: row.try_get("name")?,
        kind: kind.chars().next().unwrap_or('?'),
        definition: row.try_get("definition")?,
        depends: Vec::new(),
        policies: Vec::new(),
        computed: Vec::new(),
        planned: Vec::new(),
        children: row.try_get("children")?,
        columns: names
            .into_iter()
            .zip(types)
            .map(|(name, type_oid)| ColumnFact { name, type_oid })
            .collect(),
        foreign_access_method: row.try_get("foreign_access_method")?,
    })
}

fn dependency(row: &Row) -> Result<Dependency, PgError> {
    let oid: u32 = row.try_get("oid")?;
    let text = |column: &str| -> Result<String, PgError> {
        Ok(row
            .try_get::<_, Option<String>>(column)?
            .unwrap_or_default())
    };
    Ok(match row.try_get("kind")? {
        "pg_proc" => Dependency::Function(FunctionFact {
            oid,
            schema: text("schema_name")?,
            name: text("name")?,
            signature: text("signature")?,
            extension: None,
        }),
        "pg_operator" => Dependency::Operator(OperatorFact {
            oid,
            schema: text("schema_name")?,
            name: text("name")?,
            signature: text("signature")?,
            function: row.try_get::<_, Option<u32>>("function_oid")?.unwrap_or(0),
            extension: None,
        }),
        "pg_type" => Dependency::Type { oid },
        _ => Dependency::Relation { oid },
    })
}

async fn types(
    session: &Session,
    asked: &BTreeSet<u32>,
    relations: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, TypeFact>, PgError> {
    if asked.is_empty() && relations.is_empty() {
        return Ok(BTreeMap::new());
    }
    let oids: Vec<u32> = asked.iter().copied().collect();
    let relations: Vec<u32> = relations.iter().copied().collect();
    let rows = session
        .query(include_str!("types.sql"), &[&oids, &relations])
        .await?;
    let mut found: BTreeMap<u32, TypeFact> = BTreeMap::new();
    for row in &rows {
        let kind: String = row.try_get("kind")?;
        let fact = TypeFact {
            oid: row.try_get("oid")?,
            schema: row.try_get("schema_name")?,
            name: row.try_get("name")?,
            kind: kind.chars().next().unwrap_or('?'),
            is_array: row.try_get("is_array")?,
            checks: Vec::new(),
            parts: row.try_get("parts")?,
            depends: Vec::new(),
            extension: row.try_get("extension")?,
        };
        found.insert(fact.oid, fact);
    }
    let reached: Vec<u32> = found.keys().copied().collect();
    if reached.is_empty() {
        return Ok(found);
    }
    for row in session
        .query(include_str!("type_functions.sql"), &[&reached])
        .await?
    {
        let Some(fact) = found.get_mut(&row.try_get("type_oid")?) else {
            continue;
        };
        let oid = row.try_get::<_, Option<u32>>("oid")?.unwrap_or(0);
        let schema = row
            .try_get::<_, Option<String>>("schema_name")?
            .unwrap_or_default();
        let name: String = row.try_get("name")?;
        let text: String = row.try_get("text")?;
        match row.try_get("kind")? {
            "check" => fact.checks.push(ExpressionFact { name, text }),
            "function" => fact.depends.push(Dependency::Function(FunctionFact {
                oid,
                schema,
                name,
                signature: text,
                extension: None,
            })),
            _ => fact.depends.push(Dependency::Operator(OperatorFact {
                oid,
                schema,
                name,
                signature: text,
                function: row.try_get::<_, Option<u32>>("function_oid")?.unwrap_or(0),
                extension: None,
            })),
        }
    }
    Ok(found)
}
