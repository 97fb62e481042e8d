//! Transaction settings of a tier, a check or a rollback: role, search path, limits, parameters.

use crate::connect::Session;
use crate::error::PgError;

/// What a transaction of a run is set to. All of it ends with the transaction.
#[derive(Debug, Clone, Default)]
pub struct RunSettings {
    /// `set local role`, if any.
    pub role: Option<String>,
    /// `set local search_path = <schema>, pg_temp`, if any.
    pub schema: Option<String>,
    /// `oneroof.<name>` = value; the names come without their prefix.
    pub values: Vec<(String, String)>,
    /// Milliseconds; 0 = no limit.
    pub lock_timeout_ms: u64,
    /// Milliseconds; 0 = no limit.
    pub statement_timeout_ms: u64,
}

/// A tier left its transaction with other settings than it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsChanged {
    /// Which setting.
    pub name: String,
    /// What it was set to.
    pub expected: String,
    /// What it is now.
    pub seen: String,
}

impl RunSettings {
    /// Sets everything, for the present transaction only. The role comes last, so that a role
    /// without rights on settings cannot be in the way.
    pub async fn apply(&self, session: &Session) -> Result<(), PgError> {
        let (names, values) = self.wanted(session).await?;
        session
            .query(include_str!("settings_apply.sql"), &[&names, &values])
            .await?;
        Ok(())
    }

    /// Compares what is set now with what [`RunSettings::apply`] had set.
    pub async fn changed(&self, session: &Session) -> Result<Vec<SettingsChanged>, PgError> {
        let (names, values) = self.wanted(session).await?;
        let rows = session
            .query(include_str!("settings_changed.sql"), &[&names, &values])
            .await?;
        Ok(rows
            .iter()
            .map(|row| SettingsChanged {
                name: row.get(0),
                expected: row.get(1),
                seen: row.get(2),
            })
            .collect())
    }

    /// Names and values in the order in which they are set.
    async fn wanted(&self, session: &Session) -> Result<(Vec<String>, Vec<String>), PgError> {
        let mut wanted: Vec<(String, String)> = self
            .values
            .iter()
            .map(|(name, value)| (format!("oneroof.{name}"), value.clone()))
            .collect();
        wanted.push(("lock_timeout".into(), format!("{}ms", self.lock_timeout_ms)));
        wanted.push((
            "statement_timeout".into(),
            format!("{}ms", self.statement_timeout_ms),
        ));
        if let Some(schema) = &self.schema {
            let rows = session
                .query("select format('%I, pg_temp', $1::text)", &[schema])
                .await?;
            wanted.extend(
                rows.first()
                    .map(|row| ("search_path".to_owned(), row.get(0))),
            );
        }
        if let Some(role) = &self.role {
            wanted.push(("role".into(), role.clone()));
        }
        Ok(wanted.into_iter().unzip())
    }
}
