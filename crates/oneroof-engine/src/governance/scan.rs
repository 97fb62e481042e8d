//! `scan`: the drift detectors look, and what they see is stored. Needs no gate, on a production neither: it
//! runs as `one_roof_operator` and writes the three tables of the scanner.

use oneroof_model::{Refusal, RefusalCode};
use oneroof_pg::PgError;
use oneroof_pg::connect::Session;
use oneroof_pg::governance::scan::scan as run_scan;
use oneroof_pg::run::{AdvisoryLock, lock_holder};
use serde::Serialize;

use super::operator::Operator;
use crate::context::Context;
use crate::error::EngineError;

pub use oneroof_pg::governance::scan::ScanOutcome;

/// SQLSTATE of "another scan is running".
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Why it is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScanMode {
    /// A person asked for it.
    #[default]
    Manual,
    /// A clock did.
    Scheduled,
}

impl ScanMode {
    /// `manual` or `scheduled`
    pub fn as_str(self) -> &'static str {
        match self {
            ScanMode::Manual => "manual",
            ScanMode::Scheduled => "scheduled",
        }
    }
}

/// What a scan did.
#[derive(Debug, Serialize)]
pub struct ScanReport {
    /// The target's name.
    pub target: String,
    /// The scan.
    #[serde(flatten)]
    pub scan: ScanOutcome,
}

/// Scans a target; `actor` is the user of the operating system unless somebody else is named.
pub async fn scan(
    context: &Context,
    target: &str,
    mode: ScanMode,
    actor: Option<&str>,
) -> Result<ScanReport, EngineError> {
    let actor = actor.unwrap_or(&context.operator);
    if actor.trim().is_empty() {
        return Err(EngineError::input(
            "scan for nobody: the actor is empty",
            "--actor NAME says who scans".to_owned(),
        ));
    }
    let operator = Operator::open(context, target, "scan").await?;
    let outcome = operator
        .act(
            async |session| match run_scan(session, actor, mode.as_str()).await {
                Ok(outcome) => Ok(outcome),
                Err(error) if is_busy(&error) => Err(busy(session, operator.target()).await),
                Err(error) => Err(operator.right_missing(
                    "execute on function {schema}.fn_governance_scan(text, text)",
                    error,
                )),
            },
        )
        .await;
    let target = operator.target().to_owned();
    operator.close().await;
    Ok(ScanReport {
        target,
        scan: outcome?,
    })
}

/// A lock that was waited for in vain has the same SQLSTATE, but not this message.
fn is_busy(error: &PgError) -> bool {
    error.sqlstate() == Some(LOCK_NOT_AVAILABLE)
        && error
            .server_error()
            .is_some_and(|error| error.message == "SCAN BUSY")
}

/// Who scans is asked in a transaction of its own: the failed one answers nothing any more.
async fn busy(session: &Session, target: &str) -> EngineError {
    let holder = match session.simple("rollback").await {
        Ok(_) => lock_holder(session, AdvisoryLock::Scan)
            .await
            .ok()
            .flatten(),
        Err(_) => None,
    };
    let message = format!("another scan of target `{target}` is running");
    Refusal::new(RefusalCode::ScanBusy, message)
        .reasons(
            holder
                .map(|holder| format!("SCAN BUSY: {holder}"))
                .into_iter()
                .collect(),
        )
        .hint("wait until it has ended, then scan again; its findings are stored as well")
        .into()
}
