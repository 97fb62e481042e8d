//! The roles of a kept clone's server, which belong to all databases in it: are they still the source's, and what a
//! release made there is taken away again.

use std::collections::BTreeSet;

use super::error::{CloneError, database};
use super::snapshot::end_reading;
use crate::catalog::{self, RoleStatement, RoleStatementKind};
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// The ledger's owner: a rehearsal makes it where the source has no ledger.
const LEDGER_OWNER: &str = "oneroof_ledger";
/// SQLSTATE of a role that something in another database depends on.
pub(super) const IN_USE: &str = "2BP01";

/// In what the roles of a kept clone's server differ from its source's by now, in words. `source` is read in one
/// transaction, which is asked before its end whether it wrote.
///
/// # Errors
/// What the servers say.
pub async fn role_differences(
    source: &ConnInfo,
    server: &ConnInfo,
    application_name: &str,
) -> Result<Vec<String>, CloneError> {
    let reading = || database("read the roles of the source");
    let there = connect(source, &SessionOptions::read_only(application_name))
        .await
        .map_err(database("open the source"))?;
    there
        .simple("begin transaction isolation level repeatable read read only")
        .await
        .map_err(reading())?;
    let wanted = catalog::roles(&there).await.map_err(reading())?;
    end_reading(&there).await?;
    there.close().await;
    let here = connect(server, &SessionOptions::read_only(application_name))
        .await
        .map_err(database("open the private server"))?;
    let found = catalog::roles(&here)
        .await
        .map_err(database("read the roles of the private server"))?;
    here.close().await;
    Ok(differences(&wanted, &found))
}

fn differences(wanted: &[RoleStatement], found: &[RoleStatement]) -> Vec<String> {
    // A setting that the private server did not take was told when the clone was made.
    let texts = |roles: &[RoleStatement]| -> BTreeSet<String> {
        let kept = roles.iter().filter(|role| {
            matches!(
                role.kind,
                RoleStatementKind::Role | RoleStatementKind::Membership
            )
        });
        kept.map(|role| role.statement.clone()).collect()
    };
    let is_adopted = wanted.iter().any(|role| role.role == LEDGER_OWNER);
    let found: Vec<RoleStatement> = found
        .iter()
        .filter(|role| is_adopted || role.role != LEDGER_OWNER)
        .cloned()
        .collect();
    let (wanted, found) = (texts(wanted), texts(&found));
    let missing = wanted.difference(&found);
    let missing = missing.map(|statement| format!("not there: {statement}"));
    let strange = found.difference(&wanted);
    let strange = strange.map(|statement| format!("only there: {statement}"));
    missing.chain(strange).collect()
}

/// Waits until no other rehearsal works in this server; holds as long as the session.
pub(super) async fn be_alone(server: &Session) -> Result<(), PgError> {
    server.simple(include_str!("alone.sql")).await?;
    Ok(())
}

/// The roles that there are.
pub(super) async fn names(server: &Session) -> Result<Vec<String>, PgError> {
    let rows = server.query(include_str!("role_names.sql"), &[]).await?;
    rows.iter()
        .map(|row| row.try_get("name").map_err(PgError::from))
        .collect()
}

/// Drops the roles that were not there before. One that another database depends on stays.
pub(super) async fn drop_new(server: &Session, before: &[String]) -> Result<(), PgError> {
    let rows = server
        .query(include_str!("new_roles.sql"), &[&before])
        .await?;
    for row in rows {
        match server.simple(row.try_get("statement")?).await {
            Err(error) if error.sqlstate() != Some(IN_USE) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(statement: &str, kind: RoleStatementKind) -> RoleStatement {
        RoleStatement {
            kind,
            role: "a".to_owned(),
            statement: statement.to_owned(),
        }
    }

    #[test]
    fn roles_differ_by_their_statements() {
        let (one, two) = (
            role("create role a", RoleStatementKind::Role),
            role("create role b", RoleStatementKind::Role),
        );
        let setting = role("alter role a set x to 1", RoleStatementKind::Setting);
        let same = differences(&[one.clone(), setting], std::slice::from_ref(&one));
        assert_eq!(same, Vec::<String>::new());
        let ledger = RoleStatement {
            role: LEDGER_OWNER.to_owned(),
            ..two.clone()
        };
        let ours = differences(std::slice::from_ref(&one), &[one.clone(), ledger]);
        assert_eq!(ours, Vec::<String>::new());
        assert_eq!(
            differences(&[one], &[two]),
            ["not there: create role a", "only there: create role b"]
        );
    }
}
