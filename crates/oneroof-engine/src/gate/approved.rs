//! The leave to change a production. Only the gate makes it, and each tier asks again whether it still holds.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use oneroof_model::gate::{ApprovalStanding, Policy};
use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::connect::Session;
use oneroof_pg::policy;
use serde::Serialize;

use super::Answer;
use super::seen::{revoked, uses};
use crate::clock;
use crate::error::EngineError;
use crate::execute::release::entries;
use crate::store::approvals;

/// Leave of named humans to do one thing to one production.
#[derive(Debug, Serialize)]
pub struct Approved {
    /// The approvals that it rests on.
    pub approvals: Vec<ApprovalStanding>,
    /// Name of the rehearsal whose effects the tiers must have.
    pub evidence: String,
    /// SHA-256 of its SHA256SUMS.
    pub evidence_digest: String,
    /// Digest of the policy.
    pub policy_digest: String,
    /// When the first of the approvals ends, seconds since 1970.
    #[serde(skip)]
    expires_at: i64,
    /// Digests of the approvals that the release was begun with.
    #[serde(skip)]
    begun_with: Vec<String>,
    #[serde(skip)]
    target: serde_json::Value,
    #[serde(skip)]
    is_consumed: AtomicBool,
}

impl Approved {
    pub(super) fn of(
        answer: Answer,
        approvals: Vec<ApprovalStanding>,
    ) -> Result<Approved, EngineError> {
        let (Some(evidence), Some((_, policy_digest))) =
            (answer.report.verdict.evidence, answer.report.verdict.policy)
        else {
            return Err(EngineError::other("find what an open gate rests on"));
        };
        let taken: Vec<&str> = approvals.iter().map(|one| one.digest.as_str()).collect();
        let ends = answer.facts.approvals.iter();
        let ends = ends
            .filter(|file| taken.contains(&file.signed.digest.as_str()))
            .map(|file| file.expires_at);
        Ok(Approved {
            expires_at: ends.min().unwrap_or(i64::MIN),
            is_consumed: AtomicBool::new(
                taken
                    .iter()
                    .all(|digest| answer.facts.begun_with.iter().any(|known| known == digest)),
            ),
            begun_with: answer.facts.begun_with,
            target: bound(&answer.facts.target),
            evidence: evidence.name,
            evidence_digest: evidence.digest,
            policy_digest,
            approvals,
        })
    }

    /// Asks again, in the very session that is going to change something: the database, the policy, and each
    /// approval neither expired nor revoked nor consumed by another run.
    ///
    /// # Errors
    /// Refuses (`gate-closed`).
    pub(crate) async fn still_holds(
        &self,
        session: &Session,
        root: &Path,
        run_id: &str,
    ) -> Result<(), EngineError> {
        let closed = |why: String| -> EngineError {
            Refusal::new(
                RefusalCode::GateClosed,
                "the gate was closed while the run was under way".to_owned(),
            )
            .reasons(vec![why])
            .hint(
                "nothing of the next tier was changed; `oneroof gate` says what is needed to go on",
            )
            .into()
        };
        let identity = oneroof_pg::catalog::identity(session)
            .await
            .map_err(EngineError::database("read the target's identity"))?;
        if identity.adopted_class != Some(TargetClass::Production) {
            return Err(closed(
                "the database no longer says that it is a production".to_owned(),
            ));
        }
        if identity.bound() != self.target {
            return Err(closed(
                "this is another database than the one that was approved".to_owned(),
            ));
        }
        let installed = policy::policy(session)
            .await
            .map_err(EngineError::database("read the policy of the target"))?
            .filter(|policy| policy.digest == self.policy_digest);
        let Some(policy) =
            installed.and_then(|installed| serde_json::from_value::<Policy>(installed.body).ok())
        else {
            return Err(closed("the policy of the target was changed".to_owned()));
        };
        if clock::instant().timestamp() >= self.expires_at {
            return Err(closed("an approval expired".to_owned()));
        }
        let entries = entries(session).await?;
        let in_ledger = revoked(&entries);
        let files = approvals::read(root)?;
        for approval in &self.approvals {
            let by = &approval.approver;
            let in_store = files.revocations.iter().any(|file| {
                let signer = file
                    .signed
                    .signed_by
                    .as_ref()
                    .ok()
                    .and_then(|key| policy.approver_with(key));
                file.revocation.revokes == approval.digest
                    && signer.is_some_and(|signer| signer.name == *by)
            });
            if in_store || in_ledger.contains(&approval.digest) {
                return Err(closed(format!("the approval of {by} was taken back")));
            }
            let is_ours = self.begun_with.contains(&approval.digest);
            let other = uses(&entries)
                .into_iter()
                .find(|one| one.digest == approval.digest && one.run_id != run_id);
            if let Some(other) = other.filter(|_| !is_ours) {
                return Err(closed(format!(
                    "run {} consumed the approval of {by}",
                    other.run_id
                )));
            }
        }
        Ok(())
    }

    /// What the ledger has to keep before anything is changed; `None` once it has.
    pub(crate) fn to_consume(&self) -> Option<serde_json::Value> {
        if self.is_consumed.load(Ordering::SeqCst) {
            return None;
        }
        let fresh = self
            .approvals
            .iter()
            .filter(|one| !self.begun_with.contains(&one.digest));
        let approvals: Vec<serde_json::Value> = fresh
            .map(|one| {
                serde_json::json!({
                    "digest": one.digest, "approver": one.approver, "level": one.level, "file": one.file,
                    "expires_at": one.expires_at,
                })
            })
            .collect();
        Some(serde_json::json!({
            "approvals": approvals,
            "policy_digest": self.policy_digest,
            "evidence": self.evidence,
            "evidence_digest": self.evidence_digest,
        }))
    }

    /// The transaction that consumed it was committed.
    pub(crate) fn consumed(&self) {
        self.is_consumed.store(true, Ordering::SeqCst);
    }
}

/// As [`oneroof_pg::catalog::TargetIdentity::bound`] has it.
fn bound(target: &oneroof_model::gate::Target) -> serde_json::Value {
    serde_json::json!({
        "system_identifier": target.system_identifier,
        "database_oid": target.database_oid,
        "database_name": target.database_name,
        "genesis": target.genesis,
    })
}
