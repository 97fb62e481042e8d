//! How a source bears a copy: limits, and the looks at it before anything is made and while it is copied. Who passes
//! one is named; the copy is given up, and the source is let go.

use std::time::Duration;

use super::error::{CloneError, database};
use super::rights::MissingRight;
use super::snapshot::{Snapshot, end_reading};
use crate::connect::Session;
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// How often the source is asked how it bears it.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// When a copy gives up for the sake of its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CloneLimits {
    /// Its replicas lag behind by more than this.
    pub replication_lag: Option<Duration>,
    /// The snapshot, which keeps the source from cleaning up, is older than this.
    pub snapshot_age: Option<Duration>,
    /// The oldest transaction there is older than this, whoever holds it.
    pub transaction_age: Option<Duration>,
}

impl CloneLimits {
    /// These, and where there is none the other's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            replication_lag: self.replication_lag.or(other.replication_lag),
            snapshot_age: self.snapshot_age.or(other.snapshot_age),
            transaction_age: self.transaction_age.or(other.transaction_age),
        }
    }

    /// Is there anything to ask the source?
    pub(super) fn ask(&self) -> bool {
        self.replication_lag.is_some() || self.transaction_age.is_some()
    }

    /// Looks at the source, within a transaction of this session.
    pub(super) async fn look(
        &self,
        session: &Session,
        source: &ConnInfo,
    ) -> Result<(), CloneError> {
        let looking = || database("look how the source bears it");
        if !self.ask() {
            return Ok(());
        }
        session
            .simple(include_str!("look_anew.sql"))
            .await
            .map_err(looking())?;
        if let Some(limit) = self.transaction_age {
            let asked = session.query(include_str!("oldest_transaction.sql"), &[]);
            for row in asked.await.map_err(looking())? {
                all_shown(&row, source, "the age of others' transactions")?;
                let (seconds, who): (f64, String) = (row.get("seconds"), row.get("who"));
                if seconds > limit.as_secs_f64() {
                    return Err(CloneError::Limit {
                        what: format!(
                            "the oldest transaction on the source is {seconds:.0} s old, {} are allowed: {who}",
                            limit.as_secs()
                        ),
                    });
                }
            }
        }
        if let Some(limit) = self.replication_lag {
            let asked = session.query(include_str!("replication_lag.sql"), &[]);
            for row in asked.await.map_err(looking())? {
                all_shown(&row, source, "the lag of replicas")?;
                let seconds: f64 = row.get("seconds");
                if seconds > limit.as_secs_f64() {
                    return Err(CloneError::Limit {
                        what: format!(
                            "a replica of the source lags behind by {seconds:.0} s, {} are allowed",
                            limit.as_secs()
                        ),
                    });
                }
            }
        }
        Ok(())
    }

    /// The same in a transaction of its own, which is asked before its end whether it wrote.
    pub(super) async fn look_once(
        &self,
        session: &Session,
        source: &ConnInfo,
    ) -> Result<(), CloneError> {
        session
            .simple("begin transaction isolation level read committed read only")
            .await
            .map_err(database("look how the source bears it"))?;
        self.look(session, source).await?;
        end_reading(session).await
    }

    /// Looks at the source and at the age of the snapshot.
    pub(super) async fn check(&self, snapshot: &Snapshot) -> Result<(), CloneError> {
        if let Some(limit) = self.snapshot_age
            && snapshot.age() > limit
        {
            return Err(CloneError::Limit {
                what: format!(
                    "the snapshot is older than {} s and keeps the source from cleaning up",
                    limit.as_secs()
                ),
            });
        }
        self.look(snapshot.session(), snapshot.source()).await
    }

    /// Does the work as long as the source bears it.
    pub(super) async fn during<T>(
        &self,
        snapshot: &Snapshot,
        work: impl Future<Output = Result<T, CloneError>>,
    ) -> Result<T, CloneError> {
        let mut work = std::pin::pin!(work);
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = tick.tick() => self.check(snapshot).await?,
            }
        }
    }
}

/// What is hidden from us is no sign that all is well.
fn all_shown(row: &tokio_postgres::Row, source: &ConnInfo, what: &str) -> Result<(), CloneError> {
    let reading = |error: tokio_postgres::Error| {
        database("look how the source bears it")(PgError::from(error))
    };
    let hidden: i64 = row.try_get("hidden").map_err(reading)?;
    if hidden == 0 {
        return Ok(());
    }
    Err(CloneError::Rights {
        database: source.dbname().to_owned(),
        role: source.user().to_owned(),
        missing: vec![MissingRight {
            missing: format!("{what}, which a limit is set for"),
            sql: row.try_get("grant_statement").map_err(reading)?,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_limit_at_a_time_is_replaced() {
        let seconds = |n| Some(Duration::from_secs(n));
        let configured = CloneLimits {
            replication_lag: seconds(1),
            snapshot_age: seconds(2),
            transaction_age: None,
        };
        let asked = CloneLimits {
            snapshot_age: seconds(9),
            ..CloneLimits::default()
        };
        let both = asked.or(configured);
        assert_eq!(
            (
                both.replication_lag,
                both.snapshot_age,
                both.transaction_age
            ),
            (seconds(1), seconds(9), None)
        );
        assert!(both.ask() && !asked.ask());
    }
}
