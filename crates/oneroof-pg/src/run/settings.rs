//! Transaction settings of a tier, a check or a rollback: role, search path, limits, parameters.

use crate::connect::Session;
use crate::error::PgError;

/// What a transaction of a run is set to. All of it ends with the transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// How long settings hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the end of the present transaction.
    Transaction,
    /// Until the end of the session: for statements that PostgreSQL refuses in a transaction.
    Session,
}

/// What a transaction was set to, to be compared with at its end.
#[derive(Debug, Clone)]
pub struct AppliedSettings {
    names: Vec<String>,
    values: Vec<String>,
}

impl RunSettings {
    /// Sets everything, for the present transaction only; see [`Self::apply_for`].
    ///
    /// # Errors
    /// As [`Self::apply_for`].
    pub async fn apply(&self, session: &Session) -> Result<AppliedSettings, PgError> {
        self.apply_for(session, Lifetime::Transaction).await
    }

    /// Sets everything. Without a schema of its own the package gets
    /// the search path that the session has. The role comes last, so that a role without rights on
    /// settings cannot be in the way.
    ///
    /// # Errors
    /// What the server says: 42501 or 22023 for a role that may not be taken.
    pub async fn apply_for(
        &self,
        session: &Session,
        lifetime: Lifetime,
    ) -> Result<AppliedSettings, PgError> {
        let rows = session
            .query(include_str!("search_path.sql"), &[&self.schema])
            .await?;
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
        wanted.extend(
            rows.first()
                .map(|row| ("search_path".to_owned(), row.get(0))),
        );
        if let Some(role) = &self.role {
            wanted.push(("role".into(), role.clone()));
        }
        let (names, values): (Vec<String>, Vec<String>) = wanted.into_iter().unzip();
        session
            .query(
                include_str!("settings_apply.sql"),
                &[&names, &values, &(lifetime == Lifetime::Transaction)],
            )
            .await?;
        Ok(AppliedSettings { names, values })
    }
}

impl AppliedSettings {
    /// The settings whose value is another one now.
    ///
    /// # Errors
    /// What the server says.
    pub async fn changed(&self, session: &Session) -> Result<Vec<SettingsChanged>, PgError> {
        let rows = session
            .query(
                include_str!("settings_changed.sql"),
                &[&self.names, &self.values],
            )
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
}
