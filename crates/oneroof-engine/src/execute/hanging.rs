//! Somebody's rows that refer to rows which a rollback deletes: a foreign key may delete or change them with
//! ours, without a word.

use oneroof_model::package::Tier;
use oneroof_model::{AppliedTier, Refusal, RefusalCode};
use oneroof_pg::connect::Session;
use oneroof_pg::run::{hanging_rows, tables_named};
use serde_json::Value;

use super::release::ReleaseRun;
use crate::error::EngineError;

/// How many rows of ours a refusal names.
const KEYS_SHOWN_MAX: usize = 20;

impl ReleaseRun<'_> {
    /// Refuses if rows of somebody else hang on the tier's declared rows. Where the package brings the
    /// rollback, it may look after those that the server would refuse to leave alone; the others would just
    /// vanish.
    pub(super) async fn refuse_hanging_rows(
        &self,
        session: &Session,
        tier: &Tier,
        standing: &AppliedTier,
    ) -> Result<(), EngineError> {
        let looking = || EngineError::database("look for rows that refer to rows of the release");
        let mut own: Vec<(String, Vec<Value>)> = Vec::new();
        for declared in standing.declared_rows.as_array().into_iter().flatten() {
            let table = declared["table"].as_str().unwrap_or_default().to_owned();
            let keys = declared["keys"].as_array().cloned().unwrap_or_default();
            let names = tables_named(session, &[table]).await.map_err(looking())?;
            own.extend(names.into_iter().map(|name| (name, keys.clone())));
        }
        let mut reasons = Vec::new();
        for (table, keys) in &own {
            let found = hanging_rows(session, table, keys, &own).await;
            for rows in found.map_err(looking())? {
                if rows.silently.is_none() && tier.rollback.is_some() {
                    continue;
                }
                let what = match &rows.silently {
                    Some(what) => format!("and would be {what} with it"),
                    None => "and stay there".to_owned(),
                };
                reasons.push(match (rows.rows, &rows.key) {
                    (Some(count), Some(key)) => format!(
                        "{count} rows of {} refer to row {key} of {table}, {what} ({})",
                        rows.table, rows.constraint
                    ),
                    // The server itself refuses to delete what is still referred to.
                    _ if rows.silently.is_none() => continue,
                    _ => format!(
                        "rows of {} may refer to rows of {table}, {what} ({}), and this role may not read that table",
                        rows.table, rows.constraint
                    ),
                });
            }
        }
        let Some(first) = reasons.first() else {
            return Ok(());
        };
        let message = format!("ROLLBACK REFUSED: {first}");
        if reasons.len() > KEYS_SHOWN_MAX {
            let more = reasons.len() - KEYS_SHOWN_MAX;
            reasons.truncate(KEYS_SHOWN_MAX);
            reasons.push(format!("and {more} more"));
        }
        Err(Refusal::new(RefusalCode::RollbackBlocked, message)
            .reasons(reasons)
            .hint("nothing was undone; let their owner move these rows to another one, or delete them; a table that may not be read needs: grant select on it to the role of the tier")
            .into())
    }
}
