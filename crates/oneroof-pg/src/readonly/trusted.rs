//! Turns the operator's policy into identities: an entry is one object of this database, or it is unresolved.

use std::collections::BTreeSet;

use oneroof_model::readonly::Policy;
use oneroof_model::readonly::facts::{FunctionFact, OperatorFact, Trusted, UnresolvedEntry};

use crate::connect::Session;
use crate::error::PgError;

/// Resolves a policy, in the open transaction and under `search_path = pg_catalog`.
pub(super) async fn trusted(session: &Session, policy: &Policy) -> Result<Trusted, PgError> {
    let mut trusted = Trusted::default();
    for entry in &policy.functions {
        match listed_function(session, entry).await? {
            Ok(function) => {
                trusted.functions.insert(function.oid, function);
            }
            Err(reason) => trusted.unresolved.push(UnresolvedEntry {
                key: "functions",
                entry: entry.clone(),
                reason,
            }),
        }
    }
    if !policy.extensions.is_empty() {
        extensions(session, policy, &mut trusted).await?;
    }
    Ok(trusted)
}

/// The function of a signature; the outer error ends the run, the inner one is the entry's.
async fn listed_function(
    session: &Session,
    entry: &str,
) -> Result<Result<FunctionFact, String>, PgError> {
    let well_formed = entry
        .split_once('(')
        .is_some_and(|(name, rest)| name.contains('.') && rest.trim_end().ends_with(')'));
    if !well_formed {
        return Ok(Err(String::from(
            "a signature is written with its schema: app.f(integer)",
        )));
    }
    // PostgreSQL raises an error for a text that is no signature.
    session.simple("savepoint oneroof_listed").await?;
    let found = session
        .query(include_str!("listed_function.sql"), &[&entry])
        .await;
    session
        .simple("rollback to savepoint oneroof_listed; release savepoint oneroof_listed")
        .await?;
    let rows = match found {
        Ok(rows) => rows,
        Err(PgError::Server(error)) => return Ok(Err(error.message.clone())),
        Err(error) => return Err(error),
    };
    let Some(row) = rows.first() else {
        return Ok(Err(String::from(
            "there is no such function in this database",
        )));
    };
    let function = FunctionFact {
        oid: row.try_get("oid")?,
        schema: row.try_get("schema_name")?,
        name: row.try_get("name")?,
        signature: row.try_get("signature")?,
        extension: None,
    };
    let kind: String = row.try_get("kind")?;
    Ok(if function.schema == "pg_catalog" {
        Err(String::from(
            "it is PostgreSQL's own: what may be called of those is reviewed and cannot be listed",
        ))
    } else if kind == "p" {
        Err(String::from("it is a procedure, which no query calls"))
    } else {
        Ok(function)
    })
}

async fn extensions(
    session: &Session,
    policy: &Policy,
    trusted: &mut Trusted,
) -> Result<(), PgError> {
    let installed: BTreeSet<String> = session
        .query(
            include_str!("extensions_installed.sql"),
            &[&policy.extensions],
        )
        .await?
        .iter()
        .map(|row| row.try_get("name"))
        .collect::<Result<_, _>>()?;
    for entry in &policy.extensions {
        if !installed.contains(entry) {
            trusted.unresolved.push(UnresolvedEntry {
                key: "extensions",
                entry: entry.clone(),
                reason: String::from("there is no such extension in this database"),
            });
        }
    }
    for row in session
        .query(include_str!("extension_objects.sql"), &[&policy.extensions])
        .await?
    {
        let kind: String = row.try_get("kind")?;
        let oid: u32 = row.try_get("oid")?;
        let schema: String = row.try_get("schema_name")?;
        let name: String = row.try_get("name")?;
        let signature: String = row.try_get("signature")?;
        let extension: Option<String> = row.try_get("extension")?;
        trusted.schemas.insert(schema.clone());
        match kind.as_str() {
            "function" => {
                trusted.functions.insert(
                    oid,
                    FunctionFact {
                        oid,
                        schema,
                        name,
                        signature,
                        extension,
                    },
                );
            }
            "operator" => {
                let function = row.try_get::<_, Option<u32>>("function_oid")?.unwrap_or(0);
                trusted.operators.insert(
                    oid,
                    OperatorFact {
                        oid,
                        schema,
                        name,
                        signature,
                        function,
                        extension,
                    },
                );
            }
            "type" => {
                trusted.types.insert(oid);
            }
            _ => {
                trusted.relations.insert(oid);
            }
        }
    }
    Ok(())
}
