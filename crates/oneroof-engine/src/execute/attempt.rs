//! Tries again where locks are in the way, with growing rests.

use std::time::Duration;

use oneroof_model::Event;
use oneroof_model::package::Tier;

use super::forward::millis;
use super::release::ReleaseRun;
use super::statements::StatementError;
use crate::error::EngineError;

/// Longest rest between two tries.
const REST_MAX: Duration = Duration::from_secs(30);

/// Why an attempt ended.
pub(super) enum AttemptError {
    /// A lock was not to be had in time; the same may be tried again.
    Locked {
        tier: String,
        blockers: Vec<String>,
        error: EngineError,
    },
    Ended(EngineError),
}

impl AttemptError {
    /// The error, whether or not it could be tried again.
    pub(super) fn into_error(self) -> EngineError {
        match self {
            AttemptError::Locked { error, .. } | AttemptError::Ended(error) => error,
        }
    }
}

impl From<EngineError> for AttemptError {
    fn from(error: EngineError) -> Self {
        AttemptError::Ended(error)
    }
}

/// A statement failed: 55P03 (lock not available) and 40P01 (deadlock) may be tried again.
pub(super) fn statement_error(
    tier: &Tier,
    error: StatementError,
    blockers: Vec<String>,
) -> AttemptError {
    let waits = matches!(error.source.sqlstate(), Some("55P03" | "40P01"));
    let error = error.into_engine_error(Some(&tier.id));
    if waits {
        AttemptError::Locked {
            tier: tier.id.clone(),
            blockers,
            error,
        }
    } else {
        AttemptError::Ended(error)
    }
}

/// How often something was tried, and who was in the way.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempts {
    /// At least 1.
    pub(super) number: u32,
    /// One line for each session that was in the way of an attempt.
    pub(super) blocked_by: Vec<String>,
}

impl ReleaseRun<'_> {
    /// Attempts until it succeeds or fails otherwise than by locks, at most `attempts_max` times.
    pub(super) async fn retried<T>(
        &self,
        attempts_max: u32,
        mut attempt: impl AsyncFnMut() -> Result<T, AttemptError>,
    ) -> Result<(T, Attempts), EngineError> {
        let mut blocked_by = Vec::new();
        let mut rest = Duration::from_secs(1);
        for number in 1.. {
            match attempt().await {
                Ok(outcome) => return Ok((outcome, Attempts { number, blocked_by })),
                Err(AttemptError::Locked {
                    tier,
                    blockers,
                    error,
                }) => {
                    let named = blockers.iter();
                    blocked_by.extend(named.map(|who| format!("attempt {number}: {who}")));
                    if number >= attempts_max {
                        return Err(gave_up(error, number, &blocked_by));
                    }
                    let rest_now = rest + jitter(rest);
                    self.context.emit(Event::LockRetry {
                        tier,
                        attempt: number,
                        attempts_max,
                        rest_ms: millis(rest_now),
                        blockers,
                    });
                    tokio::time::sleep(rest_now).await;
                    rest = (rest * 2).min(REST_MAX);
                }
                Err(AttemptError::Ended(error)) => return Err(error),
            }
        }
        Err(EngineError::other("try a tier at least once"))
    }
}

/// The last attempt's error, with who was in the way of all of them.
fn gave_up(error: EngineError, attempts: u32, blocked_by: &[String]) -> EngineError {
    let EngineError::Failed(mut failure) = error else {
        return error;
    };
    let detail = failure.detail.take().into_iter();
    let detail: Vec<String> = detail.chain(blocked_by.iter().cloned()).collect();
    failure.detail = Some(detail.join("\n")).filter(|detail| !detail.is_empty());
    let times = match attempts {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    };
    failure.hint.get_or_insert(format!(
        "tried {times}; earlier tiers stand: run the verb again when the lock is free, it resumes, or raise \
         `lock_timeout` or `lock_retries` of the tier"
    ));
    EngineError::Failed(failure)
}

/// Up to a quarter of the rest, from the run's own randomness, so that two losers do not meet again.
fn jitter(rest: Duration) -> Duration {
    let random = uuid::Uuid::now_v7().as_u128() & 0xff;
    rest.mul_f64(f64::from(u8::try_from(random).unwrap_or(0)) / 1024.0)
}
