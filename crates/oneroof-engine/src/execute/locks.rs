//! Which locks each statement of a tier takes on objects that existed before, and how long they are held.
//!
//! Only a rehearsal asks: it costs one short query a statement, which an apply on production does not pay.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use oneroof_model::locks::{LockMode, TierLock};
use oneroof_model::package::Tier;
use oneroof_pg::PgError;
use oneroof_pg::connect::Session;
use oneroof_pg::run::{LockableRelation, lockable_relations, locks};
use oneroof_sql::Statement;

use super::forward::{TierRecord, millis};
use super::statements::shorten;
use crate::error::EngineError;

/// The statement that took a lock is shown up to so many characters.
const STATEMENT_CHARACTERS_MAX: usize = 120;

/// Does a run look at its locks?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockReading {
    /// After each statement.
    On,
    /// Never.
    Off,
}

/// The locks of one unit of tiers, from its first statement to its commit.
pub(super) struct UnitLocks {
    /// `None` where nobody asks.
    reading: Option<Reading>,
}

struct Reading {
    /// What existed before the unit.
    before: BTreeMap<u32, LockableRelation>,
    /// Each lock once, with the statement that took it first.
    taken: BTreeMap<(u32, LockMode), Taken>,
    /// How long we have asked so far: on production nobody asks, and the locks are held so much shorter.
    asked: Duration,
}

struct Taken {
    at: Instant,
    /// How long we had asked until then.
    asked: Duration,
    /// None: it was there before the tier's first statement, by our own checks.
    by: Option<Taker>,
}

struct Taker {
    tier: String,
    file: String,
    statement: Option<(u32, String)>,
}

impl UnitLocks {
    /// Begins to look, right after the transaction began.
    pub(super) async fn begin(
        reading: LockReading,
        session: &Session,
    ) -> Result<UnitLocks, EngineError> {
        if reading == LockReading::Off {
            return Ok(UnitLocks { reading: None });
        }
        let before = lockable_relations(session)
            .await
            .map_err(EngineError::database("read what may be locked"))?;
        Ok(UnitLocks {
            reading: Some(Reading {
                before,
                taken: BTreeMap::new(),
                asked: Duration::ZERO,
            }),
        })
    }

    /// What is held now was taken by checks of ours.
    pub(super) async fn before_tier(&mut self, session: &Session) -> Result<(), EngineError> {
        self.read(session, Instant::now(), || None)
            .await
            .map_err(EngineError::database("read the locks of the tier"))
    }

    /// What is new was taken by this statement, which began at that moment.
    pub(super) async fn after_statement(
        &mut self,
        session: &Session,
        tier: &Tier,
        statement: &Statement,
        began: Instant,
    ) -> Result<(), PgError> {
        let taker = || {
            Some(Taker {
                tier: tier.id.clone(),
                file: tier.file.clone(),
                statement: Some((
                    statement.line,
                    shorten(&statement.text, STATEMENT_CHARACTERS_MAX),
                )),
            })
        };
        self.read(session, began, taker).await
    }

    /// What is new was taken when the deferred constraints spoke, after the tier's last statement.
    pub(super) async fn after_constraints(
        &mut self,
        session: &Session,
        tier: &Tier,
        began: Instant,
    ) -> Result<(), EngineError> {
        let taker = || {
            Some(Taker {
                tier: tier.id.clone(),
                file: tier.file.clone(),
                statement: None,
            })
        };
        self.read(session, began, taker)
            .await
            .map_err(EngineError::database("read the locks of the tier"))
    }

    /// The transaction is committed: gives every tier its locks.
    pub(super) fn end(self, records: &mut [TierRecord]) {
        let Some(reading) = self.reading else {
            return;
        };
        let now = Instant::now();
        for record in records.iter_mut() {
            record.locks = Some(Vec::new());
        }
        for ((oid, mode), taken) in reading.taken {
            let (Some(taker), Some(relation)) = (taken.by, reading.before.get(&oid)) else {
                continue;
            };
            let record = records.iter_mut().find(|record| record.tier == taker.tier);
            let Some(locks) = record.and_then(|record| record.locks.as_mut()) else {
                continue;
            };
            let held = now.duration_since(taken.at);
            let asked = reading.asked.saturating_sub(taken.asked);
            let (line, statement) = taker.statement.unzip();
            locks.push(TierLock {
                object: relation.name.clone(),
                kind: relation.kind.into(),
                mode,
                held_ms: millis(held.saturating_sub(asked)),
                blocks: mode.blocks(),
                file: taker.file,
                line,
                statement,
            });
        }
        for record in records {
            if let Some(locks) = &mut record.locks {
                locks.sort_by(|a, b| (&a.object, b.mode).cmp(&(&b.object, a.mode)));
            }
        }
    }

    async fn read(
        &mut self,
        session: &Session,
        at: Instant,
        by: impl Fn() -> Option<Taker>,
    ) -> Result<(), PgError> {
        let Some(reading) = &mut self.reading else {
            return Ok(());
        };
        let asking = Instant::now();
        for (oid, mode) in locks(session).await? {
            if reading.before.contains_key(&oid) {
                let taken = || Taken {
                    at,
                    asked: reading.asked,
                    by: by(),
                };
                reading.taken.entry((oid, mode)).or_insert_with(taken);
            }
        }
        reading.asked += asking.elapsed();
        Ok(())
    }
}

/// Of the locks that the transactions of one tier took, each once, for the longest time.
pub(super) fn longest(all: &mut Option<Vec<TierLock>>, more: Option<Vec<TierLock>>) {
    let Some(more) = more else { return };
    let all = all.get_or_insert_default();
    for lock in more {
        let same = |one: &&mut TierLock| one.object == lock.object && one.mode == lock.mode;
        match all.iter_mut().find(same) {
            Some(one) if one.held_ms < lock.held_ms => *one = lock,
            Some(_) => {}
            None => all.push(lock),
        }
    }
}
