//! The decision itself.

use std::collections::BTreeSet;

use super::approval::{Act, Approval, Decision};
use super::facts::{ApprovalFile, EvidenceFacts, GateFacts, Signer};
use super::policy::{Approver, Policy, Rule};
use super::verdict::{
    ApprovalStanding, Blocker, EvidenceStanding, GateVerdict, GateWord, QuorumLine, Standing,
};

/// How far a clock may be ahead of ours, seconds.
const CLOCK_SKEW_MAX: i64 = 300;

/// Steps that a rehearsal leaves out only where there is nothing to do: a package without a gate of its own, without
/// `[simulate]`, negatives or repeats; a cut, whose invariants are not due; a clone that was kept.
const HAS_NOTHING_TO_DO: [u32; 6] = [5, 6, 8, 9, 11, 17];

/// Judges. READY only if a policy, a rule of it, a rehearsal, the quorum of that rule and every condition say so.
pub fn judge(facts: &GateFacts) -> GateVerdict {
    let mut verdict = GateVerdict {
        word: GateWord::Blocked,
        blockers: Vec::new(),
        policy: None,
        evidence: None,
        quorum: Vec::new(),
        approvals: Vec::new(),
        expires_at: None,
    };
    let dba = "a DBA of the target";
    let Some((policy, version, digest)) = &facts.policy else {
        verdict.block(
            "policy_missing",
            "the target has no policy, so nobody can approve anything",
            dba,
            "oneroof adopt TARGET --policy FILE; docs/reference/policy-toml.md explains the file",
        );
        verdict.conditions(facts);
        return verdict;
    };
    verdict.policy = Some((*version, digest.clone()));
    let Some(rule) = policy.rule(&facts.package) else {
        verdict.block(
            "policy_no_rule",
            &format!("no rule of the policy is about package `{}`", facts.package),
            dba,
            "add a [[rule]] for it to the policy and adopt it",
        );
        verdict.conditions(facts);
        return verdict;
    };
    let judged = Judged {
        facts,
        policy,
        policy_digest: digest,
    };
    let named: BTreeSet<&str> = facts
        .approvals
        .iter()
        .map(|file| file.approval.evidence.digest.as_str())
        .collect();
    let standings: Vec<(&EvidenceFacts, EvidenceStanding, Vec<Blocker>)> = facts
        .evidence
        .iter()
        .map(|evidence| judged.evidence(evidence))
        .collect();
    // The newest that counts and that somebody approved, else the newest that counts, else the newest.
    let chosen = standings
        .iter()
        .filter(|(_, _, blockers)| blockers.is_empty())
        .max_by_key(|(evidence, _, _)| {
            (
                named.contains(evidence.signed.digest.as_str()),
                evidence.started_at,
            )
        })
        .or_else(|| standings.first());
    match chosen {
        Some((_, standing, blockers)) => {
            verdict.evidence = Some(standing.clone());
            verdict.blockers.extend(blockers.iter().cloned());
        }
        None => verdict.block(
            "evidence_missing",
            "this package was not rehearsed with these parameters, or its evidence is not in this project",
            "whoever runs releases",
            "oneroof rehearse PACKAGE --from TARGET",
        ),
    }
    verdict.approvals = facts
        .approvals
        .iter()
        .map(|file| judged.approval(file, verdict.evidence.as_ref()))
        .collect();
    verdict.quorum(facts, policy, rule);
    verdict.conditions(facts);
    if verdict.blockers.is_empty() {
        verdict.word = GateWord::Ready;
    }
    let counting = verdict
        .approvals
        .iter()
        .filter(|one| one.standing == Standing::Counts);
    verdict.expires_at = counting.map(|one| one.expires_at.clone()).min();
    verdict
}

impl GateVerdict {
    fn block(&mut self, code: &str, message: &str, who: &str, how: &str) {
        self.blockers.push(blocker(code, message, who, how));
    }

    fn conditions(&mut self, facts: &GateFacts) {
        for broken in &facts.broken {
            self.block(&broken.code, &broken.message, &broken.who, &broken.how);
        }
    }

    /// Counts heads: each person once, whatever they signed.
    fn quorum(&mut self, facts: &GateFacts, policy: &Policy, rule: &Rule) {
        for no in self
            .approvals
            .iter()
            .filter(|one| one.standing == Standing::Rejects)
        {
            self.blockers.push(blocker(
                "approval_rejected",
                &format!("{} ({}) said no", no.approver, no.level),
                &no.approver,
                "only they can take it back: oneroof approve PACKAGE --target TARGET --revoke FILE",
            ));
        }
        let proposer = self
            .evidence
            .as_ref()
            .and_then(|evidence| evidence.proposer.clone());
        for (level, needed) in &rule.quorum {
            let given_by: BTreeSet<&String> = self
                .approvals
                .iter()
                .filter(|one| one.standing == Standing::Counts && one.level == *level)
                .map(|one| &one.approver)
                .collect();
            let open_to: Vec<String> = policy
                .approvers
                .iter()
                .filter(|approver| approver.level == *level && !given_by.contains(&approver.name))
                .filter(|approver| {
                    proposer
                        .as_deref()
                        .is_none_or(|proposer| !is_same(approver, proposer))
                })
                .map(|approver| approver.name.clone())
                .collect();
            let line = QuorumLine {
                level: *level,
                needed: *needed,
                given_by: given_by.into_iter().cloned().collect(),
                open_to,
            };
            if !line.is_reached() {
                let blocker = self.missing(facts, &line);
                self.blockers.push(blocker);
            }
            self.quorum.push(line);
        }
    }

    /// A level that is not reached: nobody said yes yet, or what they said no longer counts.
    fn missing(&self, facts: &GateFacts, line: &QuorumLine) -> Blocker {
        let lapsed = |standing: Standing| {
            self.approvals.iter().any(|one| {
                let is_here = one.level == line.level || line.open_to.contains(&one.approver);
                is_here && one.standing == standing
            })
        };
        let code = match () {
            () if lapsed(Standing::Expired) => "approval_expired",
            () if lapsed(Standing::Consumed) => "approval_consumed",
            () if lapsed(Standing::Revoked) => "approval_revoked",
            () if lapsed(Standing::Void) => "approval_void",
            () => "approval_missing",
        };
        let open_to = match line.open_to.is_empty() {
            true => "nobody of the policy is left: a DBA may name more approvers".to_owned(),
            false => line.open_to.join(", "),
        };
        let act = match facts.act {
            Act::Apply => "",
            Act::Rollback => " --rollback",
        };
        blocker(
            code,
            &format!(
                "{} of {} approvals of level {}",
                line.given_by.len(),
                line.needed,
                line.level
            ),
            &open_to,
            &format!("oneroof approve PACKAGE --target TARGET{act}"),
        )
    }
}

fn blocker(code: &str, message: &str, who: &str, how: &str) -> Blocker {
    Blocker {
        code: code.to_owned(),
        message: message.to_owned(),
        who: who.to_owned(),
        how: how.to_owned(),
    }
}

/// Is the proposer this approver, under any of their names?
fn is_same(approver: &Approver, proposer: &str) -> bool {
    approver.name == proposer || approver.also.iter().any(|name| name == proposer)
}

struct Judged<'a> {
    facts: &'a GateFacts,
    policy: &'a Policy,
    policy_digest: &'a str,
}

impl Judged<'_> {
    fn evidence<'e>(
        &self,
        evidence: &'e EvidenceFacts,
    ) -> (&'e EvidenceFacts, EvidenceStanding, Vec<Blocker>) {
        let facts = self.facts;
        let runner = "whoever runs releases";
        let again = "rehearse again: oneroof rehearse PACKAGE --from TARGET";
        let mut found = Vec::new();
        let mut not = |code: &str, message: String, who: &str, how: &str| {
            found.push(blocker(code, &message, who, how));
        };
        let name = &evidence.name;
        match &evidence.signed.signed_by {
            Err(why) => not(
                "evidence_unsigned",
                format!("evidence {name}: {why}"),
                runner,
                again,
            ),
            Ok(key) if self.policy.runner_with(key).is_none() => not(
                "evidence_unknown_runner",
                format!("evidence {name} is signed with a key that is no runner's of the policy"),
                "a DBA of the target",
                "rehearse with a runner's key, or add the key as [[runner]] and adopt the policy",
            ),
            Ok(_) => {}
        }
        if evidence.verdict != "passed" {
            not(
                "evidence_failed",
                format!("rehearsal {name} {}", evidence.verdict),
                runner,
                again,
            );
        }
        let bytes = [
            ("package", &evidence.package_digest, &facts.package_digest),
            ("parameters", &evidence.params_digest, &facts.params_digest),
        ];
        for (what, there, here) in bytes {
            if there != here {
                let message =
                    format!("rehearsal {name} is about another {what}: {there}, now {here}");
                not("evidence_other_bytes", message, runner, again);
            }
        }
        let source = (&evidence.system_identifier, evidence.database_oid);
        if source != (&facts.target.system_identifier, facts.target.database_oid) {
            let message = format!("rehearsal {name} was made from another database");
            not("evidence_other_target", message, runner, again);
        }
        let is_fresh_start = facts.act == Act::Apply && facts.begun_with.is_empty();
        if is_fresh_start {
            let age = facts.now - evidence.started_at;
            if age > self.policy.rehearsal_max_age.seconds() || age < -CLOCK_SKEW_MAX {
                let limit = self.policy.rehearsal_max_age;
                let message = match age < 0 {
                    true => format!("rehearsal {name} is from the future: compare the clocks"),
                    false => format!("rehearsal {name} is older than {limit}"),
                };
                not("evidence_stale", message, runner, again);
            }
            let limit = self.policy.rehearsal_max_age;
            if let Some(rows_at) = evidence.rows_at
                && facts.now - rows_at > limit.seconds()
            {
                let message = format!(
                    "rehearsal {name} began from a golden clone whose rows are older than {limit}"
                );
                let how = "make the golden clone anew (oneroof clone refresh golden) and rehearse, or rehearse from the target";
                not("evidence_stale", message, runner, how);
            }
            if evidence.engine_version != facts.engine_version {
                let message = format!(
                    "rehearsal {name} was run by oneroof {}, this is {}",
                    evidence.engine_version, facts.engine_version
                );
                not("evidence_other_engine", message, runner, again);
            }
            if evidence.server_major != facts.server_major {
                let message = format!(
                    "rehearsal {name} ran on PostgreSQL {}, the target is {}",
                    evidence.server_major, facts.server_major
                );
                not("evidence_other_server", message, runner, again);
            }
            let missing: Vec<String> = evidence
                .steps_not_passed
                .iter()
                .filter(|step| match self.policy.required_steps.is_empty() {
                    true => !HAS_NOTHING_TO_DO.contains(step),
                    false => self.policy.required_steps.contains(step),
                })
                .map(u32::to_string)
                .collect();
            if !missing.is_empty() {
                let message = format!(
                    "rehearsal {name} left out or failed step {}",
                    missing.join(", ")
                );
                not("evidence_incomplete", message, runner, again);
            }
            if !evidence.is_whole && !self.policy.partial_clones {
                let message =
                    format!("the clone of rehearsal {name} did not hold every table whole");
                not(
                    "evidence_partial",
                    message,
                    runner,
                    "rehearse on a whole clone, or let the policy say partial_clones = true",
                );
            }
            if let Some(now) = &facts.definition_digest
                && *now != evidence.definition_digest
            {
                let message = format!(
                    "the definitions of the target are not those that rehearsal {name} began with"
                );
                not(
                    "definition_changed",
                    message,
                    runner,
                    "see what changed: oneroof diff EVIDENCE TARGET; then rehearse again",
                );
            }
        }
        let missing: Vec<&str> = facts
            .tiers
            .iter()
            .filter(|tier| !evidence.tiers.contains(tier))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            let message = format!("rehearsal {name} did not run tier {}", missing.join(", "));
            not("evidence_other_tiers", message, runner, again);
        }
        if evidence.proposer.is_none() {
            let message = format!("evidence {name} does not say who proposes the release");
            not("proposer_unknown", message, runner, again);
        }
        let standing = EvidenceStanding {
            name: name.clone(),
            digest: evidence.signed.digest.clone(),
            definition_digest: evidence.definition_digest.clone(),
            proposer: evidence.proposer.clone(),
            why_not: found
                .iter()
                .map(|blocker| blocker.message.clone())
                .collect(),
        };
        (evidence, standing, found)
    }

    fn approval(
        &self,
        file: &ApprovalFile,
        evidence: Option<&EvidenceStanding>,
    ) -> ApprovalStanding {
        let approval = &file.approval;
        let why = self.void(file, evidence);
        let (standing, why) = match why.is_empty() {
            false => (Standing::Void, why),
            true => self.lapsed(file),
        };
        ApprovalStanding {
            file: file.signed.file.clone(),
            digest: file.signed.digest.clone(),
            approver: approval.approver.clone(),
            level: approval.level,
            decision: approval.decision,
            expires_at: approval.expires_at.clone(),
            standing,
            why,
        }
    }

    /// Why it never counted: not signed by an approver, or about something else.
    fn void(&self, file: &ApprovalFile, evidence: Option<&EvidenceStanding>) -> Vec<String> {
        let facts = self.facts;
        let approval = &file.approval;
        let mut why = Vec::new();
        let signer = self.signer(&file.signed.signed_by, &mut why);
        if let Some(approver) = signer {
            if approver.name != approval.approver {
                why.push(format!(
                    "it says `{}`, and `{}` signed it",
                    approval.approver, approver.name
                ));
            } else if approver.level != approval.level {
                why.push(format!(
                    "it says {}, and the policy says {}",
                    approval.level, approver.level
                ));
            }
            let proposer = evidence.and_then(|evidence| evidence.proposer.as_deref());
            if approval.decision == Decision::Approve
                && proposer.is_some_and(|proposer| is_same(approver, proposer))
            {
                why.push(format!(
                    "{} proposed the release, and nobody approves their own",
                    approver.name
                ));
            }
        }
        // What may be applied may be undone again, by whoever applied it.
        let is_way_back = facts.act == Act::Rollback
            && approval.act == Act::Apply
            && facts.begun_with.contains(&file.signed.digest);
        if approval.act != facts.act && !is_way_back {
            why.push(format!(
                "it is about `{}`, not `{}`",
                approval.act.as_str(),
                facts.act.as_str()
            ));
        }
        let mut same = |what: &str, there: &str, here: &str| {
            if there != here {
                why.push(format!("another {what}: {there}, now {here}"));
            }
        };
        same("package", &approval.package_digest, &facts.package_digest);
        same(
            "set of parameters",
            &approval.params_digest,
            &facts.params_digest,
        );
        same("policy", &approval.policy_digest, self.policy_digest);
        let is_no = approval.decision == Decision::Reject;
        if let (Some(evidence), false) = (evidence, is_no) {
            same("rehearsal", &approval.evidence.digest, &evidence.digest);
            same(
                "state of the definitions",
                &approval.definition_digest,
                &evidence.definition_digest,
            );
        }
        if !approval.target.is(&facts.target) {
            why.push(format!(
                "another database: `{}` (OID {}), cluster {}, ledger {}",
                approval.target.database_name,
                approval.target.database_oid,
                approval.target.system_identifier.as_deref().unwrap_or("-"),
                approval
                    .target
                    .genesis
                    .as_deref()
                    .map_or("-", |hash| hash.get(..12).unwrap_or(hash)),
            ));
        }
        let missing: Vec<&str> = facts
            .tiers
            .iter()
            .filter(|tier| !approval.tiers.contains(tier))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() && !is_no {
            why.push(format!("it does not name tier {}", missing.join(", ")));
        }
        if file.created_at > facts.now + CLOCK_SKEW_MAX {
            why.push("it was given in the future: compare the clocks".to_owned());
        }
        if file.expires_at - file.created_at > self.policy.approval_max_age.seconds() {
            why.push(format!(
                "it would be valid for longer than {}",
                self.policy.approval_max_age
            ));
        }
        why
    }

    /// Whether a right approval still counts.
    fn lapsed(&self, file: &ApprovalFile) -> (Standing, Vec<String>) {
        let facts = self.facts;
        let digest = &file.signed.digest;
        if facts.revoked_in_ledger.contains(digest) {
            return (
                Standing::Revoked,
                vec!["the ledger says that it was taken back".to_owned()],
            );
        }
        if let Some(why) = self.revoked(digest, &file.approval) {
            return (Standing::Revoked, vec![why]);
        }
        if file.expires_at <= facts.now {
            return (
                Standing::Expired,
                vec![format!("it ended at {}", file.approval.expires_at)],
            );
        }
        if file.approval.decision == Decision::Reject {
            return (Standing::Rejects, Vec::new());
        }
        let is_ours = facts.begun_with.contains(digest);
        match facts.uses.iter().find(|one| one.digest == *digest) {
            Some(used) if !is_ours => (
                Standing::Consumed,
                vec![format!("run {} consumed it at {}", used.run_id, used.at)],
            ),
            _ => (Standing::Counts, Vec::new()),
        }
    }

    /// A revocation counts if the approver themselves signed it.
    fn revoked(&self, digest: &str, approval: &Approval) -> Option<String> {
        let found = self.facts.revocations.iter().find(|file| {
            let by = file.signed.signed_by.as_ref().ok();
            let signer = by.and_then(|key| self.policy.approver_with(key));
            file.revocation.revokes == digest
                && signer.is_some_and(|signer| signer.name == approval.approver)
        })?;
        Some(format!(
            "{} took it back at {}: {}",
            approval.approver, found.revocation.created_at, found.revocation.rationale
        ))
    }

    fn signer(
        &self,
        signed_by: &Result<Signer, String>,
        why: &mut Vec<String>,
    ) -> Option<&Approver> {
        let signer = signed_by
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|signer| self.policy.signer(signer));
        signer.map_err(|fault| why.push(fault)).ok()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
