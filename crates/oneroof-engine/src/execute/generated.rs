//! The way back of a tier that brings no rollback file: its rows go by their keys and its objects by their
//! drops, all from the ledger.
//!
//! That undoes a tier that only created objects and inserted declared rows. What else a tier did (altered,
//! updated, deleted, truncated, dropped) has no way back in the ledger: then the rollback is refused with the
//! list, in the rehearsal already.

use std::collections::BTreeSet;

use oneroof_model::package::Tier;
use oneroof_model::{AppliedTier, ObjectChange, Refusal, RefusalCode};
use oneroof_pg::connect::Session;
use oneroof_pg::effects::{self, MadeObject};
use oneroof_pg::ledger::{self, MadeEntry};
use oneroof_pg::run::delete_rows;

use super::forward::declared_rows_failure;
use super::release::ReleaseRun;
use crate::error::{EngineError, Failure};

/// Stands where a rollback file would be named.
pub(crate) const FROM_THE_LEDGER: &str = "generated from the ledger";

impl ReleaseRun<'_> {
    /// Undoes a tier from the ledger; gives the statements. `declared` is the number of rows that its
    /// transaction declared as its own.
    pub(super) async fn undo_from_ledger(
        &self,
        session: &Session,
        ledger: &Session,
        tier: &Tier,
        standing: &AppliedTier,
        declared: i64,
    ) -> Result<Vec<String>, EngineError> {
        let entries = ledger::made(ledger)
            .await
            .map_err(EngineError::database("read what the tiers made"))?;
        let entry = entries
            .iter()
            .find(|entry| entry.seq == standing.seq)
            .ok_or_else(|| {
                EngineError::other(format!("find the ledger entry of tier `{}`", tier.id))
            })?;
        let mut why = no_way_back(entry, declared);
        if why.is_empty() {
            let mut statements = self.delete_declared(session, tier, standing).await?;
            let created: Vec<&MadeObject> = entry
                .made
                .iter()
                .filter(|object| object.change == ObjectChange::Created)
                .collect();
            let drops = effects::drops(session, &created)
                .await
                .map_err(EngineError::database("order the drops of a rollback"))?;
            why.extend(
                drops
                    .left
                    .iter()
                    .map(|name| format!("created {name}, which has no simple drop")),
            );
            if why.is_empty() {
                for statement in drops.statements {
                    session
                        .simple(&statement)
                        .await
                        .map_err(|error| drop_error(error, tier, &statement))?;
                    statements.push(statement);
                }
                return Ok(statements);
            }
        }
        Err(Refusal::new(
            RefusalCode::RollbackBlocked,
            format!(
                "ROLLBACK REFUSED: no rollback can be generated for tier {}: it {}",
                tier.title(),
                why.first().map_or("", String::as_str)
            ),
        )
        .reasons(why)
        .hint("write a rollback file for it, or say in `irreversible` why nothing undoes it")
        .into())
    }

    async fn delete_declared(
        &self,
        session: &Session,
        tier: &Tier,
        standing: &AppliedTier,
    ) -> Result<Vec<String>, EngineError> {
        let mut statements = Vec::new();
        for rows in tier.rows.iter().rev() {
            let declared = standing.declared_rows.as_array().into_iter().flatten();
            let keys: Vec<serde_json::Value> = declared
                .filter(|declared| {
                    declared["table"] == rows.table.as_str()
                        && declared["predicate"] == rows.predicate.as_str()
                })
                .flat_map(|declared| declared["keys"].as_array().into_iter().flatten())
                .cloned()
                .collect();
            if keys.is_empty() {
                continue;
            }
            let (statement, deleted) = delete_rows(session, &rows.table, &keys)
                .await
                .map_err(|fault| declared_rows_failure(fault, tier, rows))?;
            if deleted != keys.len() as u64 {
                return Err(Refusal::new(
                    RefusalCode::RollbackBlocked,
                    format!(
                        "ROLLBACK REFUSED: `{}` had {} rows of tier {}, {deleted} were there to delete",
                        rows.table,
                        keys.len(),
                        tier.title()
                    ),
                )
                .hint("nothing was undone; look who deleted the others")
                .into());
            }
            statements.push(statement);
        }
        Ok(statements)
    }
}

/// What the tier did that the ledger does not bring back, each as `altered table app.orders`.
fn no_way_back(entry: &MadeEntry, declared: i64) -> Vec<String> {
    let mut why = Vec::new();
    let mut inserted = Vec::new();
    let known: BTreeSet<(&str, &str)> = entry
        .made
        .iter()
        .map(|object| (object.kind.as_str(), object.identity.as_str()))
        .collect();
    for effect in &entry.objects {
        let name = format!("{} {}", effect.kind, effect.identity);
        match effect.change {
            ObjectChange::Altered => why.push(format!("altered {name}")),
            ObjectChange::Dropped => why.push(format!("dropped {name}")),
            ObjectChange::Created
                if !known.contains(&(effect.kind.as_str(), effect.identity.as_str())) =>
            {
                why.push(format!(
                    "created {name}, which is no object of the database"
                ));
            }
            ObjectChange::Created => {}
        }
    }
    for rows in &entry.rows {
        let is_own = entry
            .made
            .iter()
            .any(|object| object.change == ObjectChange::Created && object.identity == rows.table);
        if !is_own && rows.updated + rows.deleted > 0 {
            why.push(format!(
                "updated {} and deleted {} rows of {}",
                rows.updated, rows.deleted, rows.table
            ));
        }
        if !is_own && rows.inserted > 0 {
            inserted.push(rows);
        }
    }
    if inserted.iter().map(|rows| rows.inserted).sum::<i64>() > declared {
        why.extend(inserted.iter().map(|rows| {
            format!(
                "inserted {} rows into {}, which it does not declare",
                rows.inserted, rows.table
            )
        }));
    }
    why.extend(
        entry
            .new_files
            .iter()
            .map(|table| format!("truncated or rewrote {table}")),
    );
    why
}

fn drop_error(error: oneroof_pg::PgError, tier: &Tier, statement: &str) -> EngineError {
    let oneroof_pg::PgError::Server(server) = &error else {
        return EngineError::database("drop what a tier made")(error);
    };
    let failure = Failure {
        message: format!("{}: {statement}", server.message),
        tier: Some(tier.id.clone()),
        statement: Some(statement.to_owned()),
        sqlstate: Some(server.sqlstate.clone()),
        detail: server.detail.clone(),
        ..Failure::default()
    };
    super::backward::blocked(Some(server.sqlstate.clone()), failure.into())
}

#[cfg(test)]
mod tests {
    use oneroof_model::{ObjectEffect, RowOperations};

    use super::*;

    #[test]
    fn only_new_objects_and_new_rows_have_a_way_back() {
        let effect = |kind: &str, identity: &str, change| ObjectEffect {
            kind: kind.into(),
            identity: identity.into(),
            change,
        };
        let rows = |table: &str, inserted, updated| RowOperations {
            table: table.into(),
            inserted,
            updated,
            deleted: 0,
        };
        let mut entry = MadeEntry {
            seq: 1,
            kind: "tier_applied".into(),
            package: "p".into(),
            version: "1".into(),
            tier: "t".into(),
            made: vec![MadeObject {
                class: "pg_class".into(),
                oid: 1,
                kind: "table".into(),
                identity: "app.made".into(),
                change: ObjectChange::Created,
                facts: Vec::new(),
            }],
            objects: vec![effect("table", "app.made", ObjectChange::Created)],
            rows: vec![rows("app.made", 3, 2), rows("app.old", 4, 0)],
            new_files: Vec::new(),
        };
        assert_eq!(no_way_back(&entry, 4), Vec::<String>::new());
        entry.objects.extend([
            effect("table", "app.old", ObjectChange::Altered),
            effect("view", "app.gone", ObjectChange::Dropped),
            effect("role", "r", ObjectChange::Created),
        ]);
        entry.rows.push(rows("app.other", 0, 5));
        entry.new_files.push("app.log".into());
        assert_eq!(
            no_way_back(&entry, 3),
            [
                "altered table app.old",
                "dropped view app.gone",
                "created role r, which is no object of the database",
                "updated 5 and deleted 0 rows of app.other",
                "inserted 4 rows into app.old, which it does not declare",
                "truncated or rewrote app.log",
            ]
        );
    }
}
