//! A stretch of reading under fixed settings: the same object then prints the same text, whoever
//! asks, and all queries of the stretch see one snapshot if we opened the transaction ourselves.

use crate::connect::Session;
use crate::error::PgError;

/// Plans are made once for a text, and not for each parameter anew. They are made before the transaction, so they may
/// not trust in small catalogs: an index where there is one.
pub(crate) const KEEP_PLANS: &str =
    "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off";
/// Plans for just these parameters and these catalogs.
pub(super) const FRESH_PLANS: &str =
    "set local plan_cache_mode = force_custom_plan; set local enable_seqscan = on";

/// A transaction of ours, or a savepoint in the caller's, with the settings of `pin.sql`.
///
/// [`Pinned::finish`] must be called on every path; it gives the caller's settings back.
pub(crate) struct Pinned<'a> {
    session: &'a Session,
    inside: bool,
}

impl<'a> Pinned<'a> {
    /// Begins it. In a transaction of the caller its isolation level holds, otherwise
    /// REPEATABLE READ, READ ONLY.
    pub(crate) async fn begin(session: &'a Session) -> Result<Self, PgError> {
        let outcome = session.simple(include_str!("in_transaction.sql")).await?;
        let inside = outcome.rows.first().and_then(|row| row.first()?.as_deref()) == Some("t");
        session
            .simple(if inside {
                "savepoint oneroof_catalog"
            } else {
                "begin isolation level repeatable read read only"
            })
            .await?;
        let pinned = Self { session, inside };
        match session.simple(include_str!("pin.sql")).await {
            Ok(_) => Ok(pinned),
            Err(error) => {
                pinned.abandon().await;
                Err(error)
            }
        }
    }

    /// Begins it in the caller's transaction, for the questions about what that did; their plans are kept, and not
    /// made for each parameter anew.
    pub(crate) async fn measuring(session: &'a Session) -> Result<Self, PgError> {
        let pinned = Self {
            session,
            inside: true,
        };
        let begin = format!(
            "savepoint oneroof_catalog;\n{};\n{KEEP_PLANS}",
            include_str!("pin.sql")
        );
        match session.simple(&begin).await {
            Ok(_) => Ok(pinned),
            Err(error) => {
                pinned.abandon().await;
                Err(error)
            }
        }
    }

    /// Ends it and passes the result on. A transaction of ours is rolled back, and must not have
    /// got a transaction id: then nothing in it wrote.
    pub(crate) async fn finish<T>(self, result: Result<T, PgError>) -> Result<T, PgError> {
        let value = match result {
            Ok(value) => value,
            Err(error) => {
                self.abandon().await;
                return Err(error);
            }
        };
        if !self.inside {
            match super::assigned_transaction_id(self.session).await {
                Ok(None) => {}
                Ok(Some(id)) => {
                    self.abandon().await;
                    return Err(PgError::Client {
                        detail: format!("a reading transaction got the transaction id {id}"),
                    });
                }
                Err(error) => {
                    self.abandon().await;
                    return Err(error);
                }
            }
        }
        self.session.simple(self.end()).await?;
        Ok(value)
    }

    /// Ends it after a failure; that failure is what the caller hears about, not a second one.
    async fn abandon(self) {
        let _ = self.session.simple(self.end()).await;
    }

    fn end(&self) -> &'static str {
        if self.inside {
            "rollback to savepoint oneroof_catalog; release savepoint oneroof_catalog"
        } else {
            "rollback"
        }
    }
}
