//! `approve`: shows a human exactly what their yes would mean, writes it down and has them sign it. Nothing here can
//! sign for anybody: the key is theirs, and `ssh-keygen` asks them for it.

use std::path::{Path, PathBuf};

use chrono::{Duration, SecondsFormat};
use oneroof_model::gate::{
    Act, Age, Approval, ApprovalFile, Approver, Decision, EvidenceNamed, Level, Policy, Revocation,
};
use oneroof_model::locks::TierLock;
use oneroof_model::{Digest, Effects, Refusal, RefusalCode, Value};
use serde::Serialize;

use crate::context::Context;
use crate::enrolment::{self, PasskeySeen};
use crate::error::EngineError;
use crate::gate::{GateReport, Question};
use crate::signature::{self, SignedBy};
use crate::store::approvals;
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::package_files::OpenPackage;
use crate::{apply, clock, open, parameters, rehearsed, run_id};

/// What somebody is asked to decide on.
#[derive(Debug, Clone, Default)]
pub struct ApproveOptions {
    /// The rollback of the release, not the release.
    pub rollback: bool,
    /// The tiers up to this one.
    pub through: Option<String>,
    /// The rehearsal, by the name of its folder; the newest that counts if `None`.
    pub evidence: Option<String>,
    /// How long it is valid; as long as the policy allows, at most 7 days, if `None`.
    pub valid_for: Option<Age>,
    /// `--params` files.
    pub params: Vec<PathBuf>,
}

/// Everything that the decision is about, for one screen.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovalScreen {
    /// The state of the gate before this decision.
    pub gate: GateReport,
    /// One line about the release.
    pub summary: String,
    /// The tiers with what they did in the rehearsal.
    pub tiers: Vec<ApprovedTier>,
    /// Figures of the package that a decision needs.
    pub figures: Vec<(String, Value)>,
    /// What the rehearsal proved about the way back, in words.
    pub way_back: Vec<String>,
    /// What the rehearsal did not cover.
    pub not_covered: Vec<String>,
    /// Inputs that the release rests on: what, and whether it is there.
    pub inputs: Vec<String>,
    /// What a yes is no leave for.
    pub does_not_authorise: Vec<String>,
    /// When the yes would end, UTC.
    pub expires_at: String,
    /// Why nothing can be approved; empty if it can.
    pub not_approvable: Vec<String>,
    #[serde(skip)]
    policy: Option<Policy>,
    #[serde(skip)]
    created_at: String,
}

/// A tier as the approver sees it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovedTier {
    /// Its id.
    pub tier: String,
    /// Its label.
    pub label: Option<String>,
    /// One line.
    pub summary: String,
    /// The role it runs as.
    pub role: Option<String>,
    /// Why it cannot be undone, if it cannot.
    pub irreversible: Option<String>,
    /// What it did in the rehearsal.
    pub effects: Option<Effects>,
    /// The locks that it took there.
    pub locks: Vec<TierLock>,
}

/// A signed decision.
#[derive(Debug, Serialize)]
pub struct SignedApproval {
    /// The file, relative to the project; its signature is beside it with `.sig`.
    pub file: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// Yes or no.
    pub decision: Decision,
    /// Who decided.
    pub approver: String,
    /// Their level.
    pub level: Level,
    /// Fingerprint of the key.
    pub key: String,
    /// When it ends, UTC.
    pub expires_at: String,
}

/// Reads everything that the decision is about. Nothing is written.
///
/// # Errors
/// As [`crate::gate::gate`]; an unknown tier or rehearsal.
pub async fn screen(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    options: &ApproveOptions,
) -> Result<ApprovalScreen, EngineError> {
    crate::check::require_fit(package)?;
    let target = &open::target(context, target)?;
    let parameters = &parameters::resolve(package, target, &options.params)?;
    let cut = apply::cut(package, parameters, options.through.as_deref())?;
    let evidence = match &options.evidence {
        None => None,
        Some(word) => {
            let kept = KeptRehearsal::open(
                context,
                word,
                "approve",
                "--evidence takes the folder of a rehearsal's evidence",
            )?;
            kept.folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
        }
    };
    let run_id = &run_id::new();
    let act = match options.rollback {
        true => Act::Rollback,
        false => Act::Apply,
    };
    let tiers = cut.iter().map(|tier| tier.id.clone()).collect();
    let question = Question {
        context,
        package,
        parameters,
        target,
        run_id,
        act,
        tiers,
        evidence,
    };
    let answer = question.ask().await?;
    let (gate, facts) = answer.parts();
    let policy = facts.policy.map(|(policy, _, _)| policy);
    let kept = gate.verdict.evidence.as_ref().map(|evidence| {
        KeptRehearsal::open(
            context,
            &evidence.name,
            "read the rehearsal",
            "rehearse again",
        )
    });
    let kept = kept.transpose()?;
    let proven = match &gate.verdict.evidence {
        Some(evidence) if evidence.why_not.is_empty() => Some(rehearsed::read(
            context,
            package,
            parameters,
            facts.server_major,
            &evidence.name,
        )?),
        _ => None,
    };
    let now = clock::instant();
    let longest = policy
        .as_ref()
        .map_or(Age::days(7), |policy| policy.approval_max_age);
    let valid_for = options.valid_for.unwrap_or(longest.min(Age::days(7)));
    if valid_for > longest {
        return Err(EngineError::input(
            format!("approve for {valid_for}: the policy allows {longest} at most"),
            format!("--valid-for {longest}"),
        ));
    }
    let second = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let expires_at = second(now + Duration::seconds(valid_for.seconds()));
    let asked: Vec<_> = cut
        .iter()
        .filter(|tier| gate.tiers.contains(&tier.id))
        .collect();
    let tiers = asked
        .iter()
        .map(|tier| ApprovedTier {
            tier: tier.id.clone(),
            label: tier.label.clone(),
            summary: tier.summary.clone(),
            role: package.plan.run_as(tier).map(str::to_owned),
            irreversible: tier.irreversible.clone(),
            effects: proven
                .as_ref()
                .and_then(|proven| proven.effects.get(&tier.id))
                .cloned(),
            locks: proven
                .as_ref()
                .and_then(|proven| proven.locks.get(&tier.id))
                .cloned()
                .unwrap_or_default(),
        })
        .collect();
    Ok(ApprovalScreen {
        summary: package.plan.package.summary.clone(),
        tiers,
        figures: gate.detail.clone(),
        way_back: kept.as_ref().map(way_back).unwrap_or_default(),
        not_covered: kept.as_ref().map(not_covered).unwrap_or_default(),
        inputs: package
            .plan
            .inputs
            .iter()
            .map(|input| {
                format!(
                    "{}{}",
                    input.name,
                    if input.required { "" } else { " (immaterial)" }
                )
            })
            .collect(),
        does_not_authorise: does_not_authorise(package, &gate, &expires_at),
        not_approvable: not_approvable(&gate, policy.is_some()),
        expires_at,
        created_at: second(now),
        policy,
        gate,
    })
}

/// Has the decision signed and keeps it. `key` is the approver's: a private key, or a `.pub` whose private half is in
/// the agent.
///
/// # Errors
/// Refuses (`not-an-approver`) a key that the policy does not know, and (`nothing-to-approve`) a yes to what no
/// rehearsal proved.
pub fn sign(
    context: &Context,
    screen: &ApprovalScreen,
    decision: Decision,
    rationale: &str,
    key: &Path,
) -> Result<SignedApproval, EngineError> {
    let by = signature::public_half(key)?;
    let approval = decided(screen, decision, rationale, &by)?;
    let text = text_of(&approval)?;
    let armored = signature::sign(key, signature::APPROVAL, text.as_bytes())?;
    keep(context, &approval, &text, &armored, &by)
}

/// The approval's text for somebody who signs it elsewhere: on a phone, or on a machine without oneroof.
///
/// # Errors
/// As [`sign`].
pub fn unsigned(
    screen: &ApprovalScreen,
    decision: Decision,
    rationale: &str,
    public_key: &str,
) -> Result<String, EngineError> {
    let by = signature::public_key(public_key)
        .map_err(|fault| EngineError::input(format!("read the public key: it {fault}"), None))?;
    text_of(&decided(screen, decision, rationale, &by)?)
}

/// The passkeys of the policy that can sign at this origin.
pub fn passkeys_at(screen: &ApprovalScreen, origin: &str) -> Vec<PasskeySeen> {
    let approvers = screen.policy.iter().flat_map(|policy| &policy.approvers);
    let all = approvers.flat_map(|approver| {
        let own = approver.passkeys.iter();
        own.map(|one| enrolment::seen(&approver.name, approver.level, one))
    });
    all.filter(|one| one.origin == origin).collect()
}

/// The approval's text for somebody who signs it with a passkey at this origin, and that passkey.
///
/// # Errors
/// As [`sign`]; a passkey that the policy does not know there.
pub fn unsigned_for_passkey(
    screen: &ApprovalScreen,
    decision: Decision,
    rationale: &str,
    credential: &str,
    origin: &str,
) -> Result<(String, PasskeySeen), EngineError> {
    let mut all = passkeys_at(screen, origin);
    all.retain(|one| one.credential == credential);
    let passkey = all.pop().ok_or_else(|| {
        Refusal::new(
            RefusalCode::NotAnApprover,
            format!(
                "this passkey is no approver's of the policy of target `{}` at {origin}",
                screen.gate.target.name
            ),
        )
        .hint("the page /passkeys shows those that count, and lets a new one be wished for")
    })?;
    let by = SignedBy {
        public_key: passkey.key.clone(),
        fingerprint: passkey.fingerprint.clone(),
        origin: Some(origin.to_owned()),
    };
    let text = text_of(&decided(screen, decision, rationale, &by)?)?;
    Ok((text, passkey))
}

/// Keeps an approval that was signed elsewhere. Whether it counts is the gate's to say; here it must be whole.
///
/// # Errors
/// A text that is no approval, or a signature that does not fit it.
pub fn accept(context: &Context, text: &str, armored: &str) -> Result<SignedApproval, EngineError> {
    let approval: Approval = serde_json::from_str(text).map_err(|error| {
        EngineError::input(
            format!("read the approval: {error}"),
            "give the file as it was written, byte for byte".to_owned(),
        )
    })?;
    let by = signature::verify(armored, signature::APPROVAL, text.as_bytes()).map_err(|fault| {
        EngineError::input(
            format!("check the signature: it {fault}"),
            format!(
                "sign the file as it is: ssh-keygen -Y sign -n {} -f KEY FILE",
                signature::APPROVAL
            ),
        )
    })?;
    keep(context, &approval, text, armored, &by)
}

/// Takes an approval back; only its approver's key can.
///
/// # Errors
/// No such approval; refuses (`not-an-approver`) another key than the one that signed it.
pub fn revoke(
    context: &Context,
    word: &str,
    rationale: &str,
    key: &Path,
) -> Result<SignedApproval, EngineError> {
    let found = approvals::find(&context.root, word)?;
    let by = signature::public_half(key)?;
    if found.signed.signed_by.as_ref() != Ok(&by.clone().signer()) {
        return Err(Refusal::new(
            RefusalCode::NotAnApprover,
            format!(
                "{} was not signed with this key, so this key cannot take it back",
                found.signed.file
            ),
        )
        .reasons(vec![format!(
            "it is {}'s approval; the key is {}",
            found.approval.approver, by.fingerprint
        )])
        .hint("take it back with the key that signed it")
        .into());
    }
    let text = text_of(&revocation(&found, rationale)?)?;
    let armored = signature::sign(key, signature::APPROVAL, text.as_bytes())?;
    keep_revocation(context, found, &text, &armored, by)
}

/// The revocation's text for its approver, who signs it elsewhere, and their name.
///
/// # Errors
/// No such approval.
pub fn unsigned_revocation(
    context: &Context,
    word: &str,
    rationale: &str,
) -> Result<(String, String), EngineError> {
    let found = approvals::find(&context.root, word)?;
    let revocation = revocation(&found, rationale)?;
    Ok((text_of(&revocation)?, revocation.approver))
}

/// Keeps a revocation that was signed elsewhere.
///
/// # Errors
/// A text that is none, or is about no approval of this project; refuses (`not-an-approver`) what somebody else signed.
pub async fn accept_revocation(
    context: &Context,
    target: &str,
    text: &str,
    armored: &str,
) -> Result<SignedApproval, EngineError> {
    let said: Revocation = serde_json::from_str(text).map_err(|error| {
        EngineError::input(
            format!("read the revocation: {error}"),
            "give the file as it was written, byte for byte".to_owned(),
        )
    })?;
    let by = signature::verify(armored, signature::APPROVAL, text.as_bytes()).map_err(|fault| {
        EngineError::input(
            format!("check the signature: it {fault}"),
            "sign the file as it is".to_owned(),
        )
    })?;
    let found = approvals::find(&context.root, &said.revokes)?;
    let signer = by.clone().signer();
    let is_same_key = found.signed.signed_by.as_ref() == Ok(&signer);
    if !is_same_key || said.approver != found.approval.approver {
        let moment = crate::ledger::open(context, target).await?;
        let (_, policy) = crate::policy::read(&moment, target).await?;
        moment.close().await?;
        let signed_by = policy.signer(&signer).map(|one| one.name.clone());
        if signed_by.as_ref() != Ok(&found.approval.approver)
            || said.approver != found.approval.approver
        {
            return Err(Refusal::new(
                RefusalCode::NotAnApprover,
                format!(
                    "{} is {}'s decision, and nobody else takes it back",
                    found.signed.file, found.approval.approver
                ),
            )
            .reasons(vec![match signed_by {
                Ok(name) => format!("{name} signed"),
                Err(fault) => fault,
            }])
            .hint("take it back with a key or a passkey of whoever gave it")
            .into());
        }
    }
    keep_revocation(context, found, text, armored, by)
}

fn revocation(found: &ApprovalFile, rationale: &str) -> Result<Revocation, EngineError> {
    require_one_line(rationale)?;
    Ok(Revocation {
        format: 1,
        revokes: found.signed.digest.clone(),
        approver: found.approval.approver.clone(),
        rationale: rationale.to_owned(),
        created_at: clock::instant().to_rfc3339_opts(SecondsFormat::Secs, true),
    })
}

fn keep_revocation(
    context: &Context,
    found: ApprovalFile,
    text: &str,
    armored: &str,
    by: SignedBy,
) -> Result<SignedApproval, EngineError> {
    let name = found
        .signed
        .file
        .trim_start_matches("approvals/")
        .trim_end_matches(".json");
    let file = approvals::write(&context.root, &format!("{name}.revoked"), text, armored)?;
    Ok(SignedApproval {
        file,
        digest: Digest::of(text.as_bytes()).to_string(),
        decision: found.approval.decision,
        approver: found.approval.approver,
        level: found.approval.level,
        key: by.fingerprint,
        expires_at: found.approval.expires_at,
    })
}

fn require_one_line(rationale: &str) -> Result<(), EngineError> {
    match rationale.chars().any(char::is_control) {
        false => Ok(()),
        true => Err(EngineError::input(
            "sign a reason with line ends or other control characters in it".to_owned(),
            "write it on one line".to_owned(),
        )),
    }
}

fn decided(
    screen: &ApprovalScreen,
    decision: Decision,
    rationale: &str,
    by: &SignedBy,
) -> Result<Approval, EngineError> {
    let gate = &screen.gate;
    require_one_line(rationale)?;
    let approver = approver(screen, by)?;
    if decision == Decision::Approve && !screen.not_approvable.is_empty() {
        return Err(Refusal::new(
            RefusalCode::NothingToApprove,
            format!("a yes to {} could not count now", gate.package),
        )
        .reasons(screen.not_approvable.clone())
        .hint("oneroof rehearse PACKAGE --from TARGET makes the evidence that a yes rests on")
        .into());
    }
    let proposer = gate
        .verdict
        .evidence
        .as_ref()
        .and_then(|evidence| evidence.proposer.clone());
    let is_own = proposer
        .as_ref()
        .is_some_and(|proposer| approver.name == *proposer || approver.also.contains(proposer));
    if decision == Decision::Approve && is_own {
        return Err(Refusal::new(
            RefusalCode::NotAnApprover,
            format!(
                "{} proposed this release, and nobody approves their own",
                approver.name
            ),
        )
        .hint("another approver of the policy decides; `oneroof gate` lists them")
        .into());
    }
    let evidence = gate.verdict.evidence.as_ref();
    Ok(Approval {
        format: 1,
        id: uuid::Uuid::now_v7().to_string(),
        decision,
        act: gate.act,
        package: gate.package.clone(),
        package_digest: gate.package_digest.to_string(),
        params_digest: gate.params_digest.to_string(),
        tiers: gate.tiers.clone(),
        target: gate.target.clone(),
        policy_digest: gate
            .verdict
            .policy
            .clone()
            .map(|(_, digest)| digest)
            .unwrap_or_default(),
        definition_digest: evidence
            .map(|evidence| evidence.definition_digest.clone())
            .unwrap_or_default(),
        evidence: EvidenceNamed {
            name: evidence
                .map(|evidence| evidence.name.clone())
                .unwrap_or_default(),
            digest: evidence
                .map(|evidence| evidence.digest.clone())
                .unwrap_or_default(),
        },
        does_not_authorise: screen.does_not_authorise.clone(),
        approver: approver.name.clone(),
        level: approver.level,
        rationale: rationale.to_owned(),
        created_at: screen.created_at.clone(),
        expires_at: screen.expires_at.clone(),
    })
}

fn approver<'s>(screen: &'s ApprovalScreen, by: &SignedBy) -> Result<&'s Approver, EngineError> {
    let target = &screen.gate.target.name;
    let Some(policy) = &screen.policy else {
        return Err(Refusal::new(
            RefusalCode::PolicyMissing,
            format!("target `{target}` has no policy, so no approval could count"),
        )
        .hint(format!(
            "a DBA installs one: oneroof adopt {target} --policy FILE"
        ))
        .into());
    };
    policy.approver_with(&by.clone().signer()).ok_or_else(|| {
        let known = policy
            .approvers
            .iter()
            .map(|approver| format!("{} ({})", approver.name, approver.level));
        Refusal::new(
            RefusalCode::NotAnApprover,
            format!(
                "key {} is no approver's of the policy of target `{target}`",
                by.fingerprint
            ),
        )
        .reasons(vec![format!(
            "the approvers are {}",
            known.collect::<Vec<_>>().join(", ")
        )])
        .hint("sign with one of their keys (--key FILE), or ask a DBA to add yours to the policy")
        .into()
    })
}

fn keep(
    context: &Context,
    approval: &Approval,
    text: &str,
    armored: &str,
    by: &SignedBy,
) -> Result<SignedApproval, EngineError> {
    let plain = |text: &str| -> String {
        text.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '-'
                }
            })
            .take(60)
            .collect()
    };
    let package = approval.package.split('@').next().unwrap_or_default();
    let short = approval.id.rsplit('-').next().unwrap_or_default();
    let name = format!(
        "{}-{}-{}-{}",
        clock::folder_stamp(),
        plain(package),
        plain(&approval.approver),
        plain(short)
    );
    let file = approvals::write(&context.root, &name, text, armored)?;
    Ok(SignedApproval {
        file,
        digest: Digest::of(text.as_bytes()).to_string(),
        decision: approval.decision,
        approver: approval.approver.clone(),
        level: approval.level,
        key: by.fingerprint.clone(),
        expires_at: approval.expires_at.clone(),
    })
}

fn text_of(value: &impl Serialize) -> Result<String, EngineError> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))
}

/// Blockers that no approval lifts: those about the policy and the evidence.
fn not_approvable(gate: &GateReport, has_policy: bool) -> Vec<String> {
    let mut why = Vec::new();
    if !has_policy || gate.verdict.quorum.is_empty() {
        why.extend(
            gate.verdict
                .blockers
                .iter()
                .filter(|one| one.code.starts_with("policy_"))
                .map(|one| one.message.clone()),
        );
    }
    match &gate.verdict.evidence {
        Some(evidence) => why.extend(evidence.why_not.iter().cloned()),
        None if has_policy && !gate.verdict.quorum.is_empty() => {
            why.push("it was not rehearsed with these parameters, or its evidence is not in this project".to_owned());
        }
        None => {}
    }
    why
}

fn does_not_authorise(package: &OpenPackage, gate: &GateReport, expires_at: &str) -> Vec<String> {
    let plan = &package.plan;
    let mut not = vec![
        format!("any other package, version or parameter value than {} as it is now, byte for byte", gate.package),
        format!(
            "any other database than `{}` of this cluster, and no restored copy of it",
            gate.target.database_name
        ),
        "anything that the rehearsal did not do: a tier that does more, less or something else is not committed".to_owned(),
        format!("anything after {expires_at}, or a second time"),
    ];
    let left: Vec<&str> = plan
        .tiers
        .iter()
        .map(|tier| tier.id.as_str())
        .filter(|id| !gate.tiers.iter().any(|tier| tier == id))
        .collect();
    if !left.is_empty() {
        not.push(format!("tier {}", left.join(", ")));
    }
    if gate.act == Act::Rollback {
        not.push("applying it again".to_owned());
    }
    if !plan.effects.never_touch.is_empty() {
        not.push(format!(
            "writing a row of {}",
            plan.effects.never_touch.join(", ")
        ));
    }
    not
}

/// What the rehearsal proved about undoing.
fn way_back(kept: &KeptRehearsal) -> Vec<String> {
    let report = &kept.report;
    let mut proved = Vec::new();
    let steps = report["steps"].as_array().into_iter().flatten();
    for step in steps {
        let number = step["step"].as_u64().unwrap_or(0);
        if (12..=15).contains(&number) {
            let title = step["title"].as_str().unwrap_or_default();
            let outcome = step["outcome"].as_str().unwrap_or_default();
            let detail = step["detail"].as_str().unwrap_or_default();
            proved.push(format!(
                "{title}: {outcome}{}{detail}",
                if detail.is_empty() { "" } else { ", " }
            ));
        }
    }
    let baseline = &report["baseline"];
    if baseline.is_object() {
        let same = baseline["definition_before"] == baseline["definition_after"]
            && baseline["data_before"] == baseline["data_after"];
        proved.push(match same {
            true => {
                "after the rollback, definitions and rows were those from before, digest for digest"
                    .to_owned()
            }
            false => "AFTER THE ROLLBACK THE CLONE WAS NOT AS BEFORE".to_owned(),
        });
    }
    proved
}

fn not_covered(kept: &KeptRehearsal) -> Vec<String> {
    let gaps = kept.report["not_covered"].as_array().into_iter().flatten();
    gaps.map(|gap| {
        let part = |member: &str| gap[member].as_str().unwrap_or_default().to_owned();
        match (part("gap"), part("why")) {
            (gap, why) if why.is_empty() => gap,
            (gap, why) => format!("{gap}: {why}"),
        }
    })
    .collect()
}

/// The only approver whose key file lies in the usual place, for `--key`'s default.
///
/// # Errors
/// No such file.
pub fn usual_key(home: &Path) -> Result<PathBuf, EngineError> {
    let names = ["id_ed25519_sk", "id_ecdsa_sk", "id_ed25519", "id_ecdsa"];
    let found = names
        .iter()
        .map(|name| home.join(".ssh").join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        EngineError::input(
            "find your key: there is none in ~/.ssh".to_owned(),
            "name it with --key FILE; make one: ssh-keygen -t ed25519".to_owned(),
        )
    })
}
