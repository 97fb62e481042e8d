//! Every way in which the gate must stay closed, and the one in which it opens.

use super::*;
use crate::gate::{
    ApprovalUse, BrokenCondition, EvidenceNamed, Level, Revocation, RevocationFile, ShownAt,
    SignedFile, Signer, Target,
};

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

fn key(who: &str) -> String {
    format!("ssh-ed25519 AAAA{who}")
}

fn by(who: &str) -> Signer {
    Signer {
        key: key(who),
        origin: None,
    }
}

fn policy() -> Policy {
    Policy::read(
        "policy.toml",
        "format = 1\n\
         [[rule]]\npackages = [\"shop\"]\nquorum = { L4 = 1, L2 = 1 }\n\
         [[approver]]\nname = \"ada\"\nlevel = \"L4\"\nkeys = [\"ssh-ed25519 AAAAada\"]\n\
         [[approver]]\nname = \"bob\"\nlevel = \"L2\"\nkeys = [\"ssh-ed25519 AAAAbob\"]\nalso = [\"bobby\"]\n\
         [[approver]]\nname = \"cid\"\nlevel = \"L2\"\nkeys = [\"ssh-ed25519 AAAAcid\"]\n\
         [[runner]]\nname = \"ci\"\nkey = \"ssh-ed25519 AAAAci\"\n",
    )
    .unwrap()
}

fn target() -> Target {
    Target {
        name: "production".into(),
        database_name: "shop".into(),
        database_oid: 16384,
        system_identifier: Some("7000".into()),
        genesis: Some("f".repeat(64)),
        shown: ShownAt {
            host: "db".into(),
            port: 5432,
        },
    }
}

fn signed(digest: &str, by: &str) -> SignedFile {
    SignedFile {
        file: format!("{digest}.json"),
        digest: digest.into(),
        signed_by: Ok(self::by(by)),
    }
}

fn approval(who: &str, level: &str) -> ApprovalFile {
    ApprovalFile {
        signed: signed(&format!("approval-of-{who}"), who),
        approval: Approval {
            format: 1,
            id: who.into(),
            decision: Decision::Approve,
            act: Act::Apply,
            package: "shop@1".into(),
            package_digest: "package".into(),
            params_digest: "params".into(),
            tiers: vec!["one".into(), "two".into()],
            target: target(),
            policy_digest: "policy".into(),
            definition_digest: "definitions".into(),
            evidence: EvidenceNamed {
                name: "e".into(),
                digest: "evidence".into(),
            },
            does_not_authorise: vec![],
            approver: who.into(),
            level: Level::parse(level).unwrap(),
            rationale: "because".into(),
            created_at: "then".into(),
            expires_at: format!("later-{who}"),
        },
        created_at: NOW - DAY,
        expires_at: NOW + DAY,
    }
}

fn facts() -> GateFacts {
    GateFacts {
        now: NOW,
        policy: Some((policy(), 1, "policy".into())),
        act: Act::Apply,
        package: "shop".into(),
        package_digest: "package".into(),
        params_digest: "params".into(),
        tiers: vec!["one".into(), "two".into()],
        target: target(),
        server_major: 15,
        engine_version: "1".into(),
        definition_digest: Some("definitions".into()),
        evidence: vec![EvidenceFacts {
            name: "e".into(),
            signed: signed("evidence", "ci"),
            verdict: "passed".into(),
            package_digest: "package".into(),
            params_digest: "params".into(),
            started_at: NOW - DAY,
            rows_at: None,
            engine_version: "1".into(),
            server_major: 15,
            system_identifier: Some("7000".into()),
            database_oid: 16384,
            definition_digest: "definitions".into(),
            steps_not_passed: vec![],
            tiers: vec!["one".into(), "two".into()],
            is_whole: true,
            proposer: Some("eve".into()),
        }],
        approvals: vec![approval("ada", "L4"), approval("bob", "L2")],
        revocations: vec![],
        revoked_in_ledger: vec![],
        uses: vec![],
        begun_with: vec![],
        broken: vec![],
    }
}

#[test]
fn the_gate_opens_when_everything_fits() {
    let verdict = judge(&facts());
    assert_eq!(verdict.blockers, []);
    assert_eq!(verdict.word, GateWord::Ready);
    assert_eq!(verdict.quorum.len(), 2);
    assert_eq!(verdict.expires_at.as_deref(), Some("later-ada"));
}

/// Changes one thing; the gate must be closed, for exactly this reason, in words that contain `said`.
#[track_caller]
fn closed(code: &str, said: &str, change: impl FnOnce(&mut GateFacts)) {
    let mut facts = facts();
    change(&mut facts);
    let verdict = judge(&facts);
    assert_eq!(verdict.word, GateWord::Blocked, "{code}");
    let blocker = verdict.blockers.iter().find(|blocker| blocker.code == code);
    let blocker = blocker.unwrap_or_else(|| panic!("{code} is not among {:?}", verdict.blockers));
    assert!(!blocker.who.is_empty() && !blocker.how.is_empty(), "{code}");
    let why = verdict.approvals.iter().flat_map(|one| &one.why);
    let all: Vec<&str> = why
        .map(String::as_str)
        .chain([blocker.message.as_str()])
        .collect();
    assert!(
        all.iter().any(|text| text.contains(said)),
        "{code}: `{said}` is not in {all:?}"
    );
}

#[test]
fn each_single_change_closes_it_for_its_own_reason() {
    closed("policy_missing", "no policy", |f| f.policy = None);
    closed("policy_no_rule", "no rule", |f| f.package = "other".into());
    closed("evidence_missing", "not rehearsed", |f| f.evidence.clear());
    closed("evidence_unsigned", "was changed", |f| {
        f.evidence[0].signed.signed_by = Err("rehearsal.json was changed".into());
    });
    closed("evidence_unknown_runner", "no runner", |f| {
        f.evidence[0].signed.signed_by = Ok(by("ada"))
    });
    closed("evidence_failed", "failed", |f| {
        f.evidence[0].verdict = "failed".into()
    });
    closed("evidence_other_bytes", "another package", |f| {
        f.package_digest = "changed".into()
    });
    closed("evidence_other_bytes", "another parameters", |f| {
        f.params_digest = "changed".into()
    });
    closed("evidence_other_target", "another database", |f| {
        f.evidence[0].database_oid = 1
    });
    closed("evidence_other_target", "another database", |f| {
        f.evidence[0].system_identifier = Some("other".into());
    });
    closed("evidence_stale", "older than 7d", |f| {
        f.evidence[0].started_at = NOW - 8 * DAY
    });
    closed(
        "evidence_stale",
        "golden clone whose rows are older than 7d",
        |f| f.evidence[0].rows_at = Some(NOW - 8 * DAY),
    );
    closed("evidence_stale", "future", |f| {
        f.evidence[0].started_at = NOW + DAY
    });
    closed("evidence_other_engine", "this is 1", |f| {
        f.evidence[0].engine_version = "0".into()
    });
    closed("evidence_other_server", "PostgreSQL 14", |f| {
        f.evidence[0].server_major = 14
    });
    closed("evidence_incomplete", "step 12, 13", |f| {
        f.evidence[0].steps_not_passed = vec![12, 13]
    });
    closed("evidence_partial", "every table", |f| {
        f.evidence[0].is_whole = false
    });
    closed("evidence_other_tiers", "did not run tier two", |f| {
        let _ = f.evidence[0].tiers.pop();
    });
    closed("definition_changed", "not those", |f| {
        f.definition_digest = Some("drifted".into())
    });
    closed("proposer_unknown", "who proposes", |f| {
        f.evidence[0].proposer = None
    });
    closed("approval_missing", "0 of 1 approvals of level L2", |f| {
        let _ = f.approvals.pop();
    });
    closed("approval_expired", "it ended", |f| {
        f.approvals[1].expires_at = NOW
    });
    closed("approval_consumed", "run r consumed it", |f| {
        f.uses = vec![ApprovalUse {
            digest: "approval-of-bob".into(),
            at: "t".into(),
            run_id: "r".into(),
        }];
    });
    closed("approval_revoked", "ledger", |f| {
        f.revoked_in_ledger = vec!["approval-of-bob".into()]
    });
    closed("approval_rejected", "bob (L2) said no", |f| {
        f.approvals[1].approval.decision = Decision::Reject
    });
    closed("nobody_idle", "somebody is idle", |f| {
        f.broken = vec![BrokenCondition {
            code: "nobody_idle".into(),
            message: "somebody is idle".into(),
            who: "they".into(),
            how: "commit".into(),
        }];
    });
}

#[test]
fn an_approval_that_does_not_fit_is_void() {
    closed("approval_void", "signature", |f| {
        f.approvals[1].signed.signed_by = Err("no signature".into())
    });
    closed("approval_void", "no approver's", |f| {
        f.approvals[1].signed.signed_by = Ok(by("stranger"))
    });
    closed("approval_void", "no approver's", |f| {
        f.approvals[1].signed.signed_by = Ok(by("ci"))
    });
    closed("approval_void", "`cid` signed it", |f| {
        f.approvals[1].signed.signed_by = Ok(by("cid"))
    });
    closed("approval_void", "the policy says L2", |f| {
        f.approvals[1].approval.level = Level::parse("L4").unwrap()
    });
    closed("approval_void", "nobody approves their own", |f| {
        f.evidence[0].proposer = Some("bob".into())
    });
    closed("approval_void", "nobody approves their own", |f| {
        f.evidence[0].proposer = Some("bobby".into())
    });
    closed("approval_void", "about `rollback`", |f| {
        f.approvals[1].approval.act = Act::Rollback
    });
    closed("approval_void", "another package", |f| {
        f.approvals[1].approval.package_digest = "x".into()
    });
    closed("approval_void", "another set of parameters", |f| {
        f.approvals[1].approval.params_digest = "x".into()
    });
    closed("approval_void", "another policy", |f| {
        f.approvals[1].approval.policy_digest = "x".into()
    });
    closed("approval_void", "another policy", |f| {
        f.policy = Some((policy(), 2, "changed".into()))
    });
    closed("approval_void", "another rehearsal", |f| {
        f.approvals[1].approval.evidence.digest = "x".into()
    });
    closed("approval_void", "definitions", |f| {
        f.approvals[1].approval.definition_digest = "x".into()
    });
    closed("approval_void", "another database", |f| {
        f.approvals[1].approval.target.database_oid = 5
    });
    closed("approval_void", "another database", |f| {
        f.approvals[1].approval.target.genesis = None
    });
    closed("approval_void", "another database", |f| {
        f.target.genesis = Some("0".repeat(64))
    });
    closed("approval_void", "another database", |f| {
        f.target.database_name = "restored".into()
    });
    closed("approval_void", "tier two", |f| {
        let _ = f.approvals[1].approval.tiers.pop();
    });
    closed("approval_void", "future", |f| {
        f.approvals[1].created_at = NOW + 2 * CLOCK_SKEW_MAX
    });
    closed("approval_void", "longer than 14d", |f| {
        f.approvals[1].expires_at = NOW + 30 * DAY
    });
}

#[test]
fn one_person_counts_once() {
    closed("approval_missing", "0 of 1 approvals of level L2", |f| {
        f.approvals = vec![approval("ada", "L4"), approval("ada", "L4")];
    });
    let mut twice = facts();
    twice.approvals.push(approval("bob", "L2"));
    assert_eq!(judge(&twice).quorum[0].given_by, ["bob"]);
}

#[test]
fn a_revocation_counts_only_from_the_approver() {
    let revocation = |by: &str| RevocationFile {
        signed: signed("revocation", by),
        revocation: Revocation {
            format: 1,
            revokes: "approval-of-bob".into(),
            approver: "bob".into(),
            rationale: "I changed my mind".into(),
            created_at: "t".into(),
        },
    };
    closed("approval_revoked", "changed my mind", |f| {
        f.revocations = vec![revocation("bob")]
    });
    let mut forged = facts();
    forged.revocations = vec![revocation("ada")];
    assert_eq!(judge(&forged).word, GateWord::Ready);
}

#[test]
fn an_interrupted_release_goes_on_with_what_it_consumed() {
    let mut resumed = facts();
    let use_of = |digest: &str| ApprovalUse {
        digest: digest.into(),
        at: "t".into(),
        run_id: "r".into(),
    };
    resumed.uses = vec![use_of("approval-of-ada"), use_of("approval-of-bob")];
    resumed.begun_with = vec!["approval-of-ada".into(), "approval-of-bob".into()];
    resumed.definition_digest = None;
    resumed.tiers = vec!["two".into()];
    assert_eq!(judge(&resumed).blockers, []);
    resumed.approvals[0].expires_at = NOW - 1;
    assert_eq!(judge(&resumed).blockers[0].code, "approval_expired");
}

#[test]
fn what_was_applied_may_be_undone_while_its_approvals_last() {
    let mut undone = facts();
    undone.act = Act::Rollback;
    undone.definition_digest = None;
    assert_eq!(judge(&undone).blockers[0].code, "approval_void");
    undone.begun_with = vec!["approval-of-ada".into(), "approval-of-bob".into()];
    undone.evidence[0].started_at = NOW - 100 * DAY;
    assert_eq!(judge(&undone).blockers, []);
}

#[test]
fn a_project_may_only_be_stricter() {
    let stricter = |text: &str| -> crate::gate::Stricter { toml::from_str(text).unwrap() };
    let tight = policy().tightened(&stricter(
        "rehearsal_max_age = \"12h\"\nquorum = { L2 = 2 }",
    ));
    let mut asked = facts();
    asked.policy = Some((tight, 1, "policy".into()));
    let codes: Vec<String> = judge(&asked)
        .blockers
        .into_iter()
        .map(|one| one.code)
        .collect();
    assert_eq!(codes, ["evidence_stale", "approval_missing"]);
    let loose = policy().tightened(&stricter(
        "rehearsal_max_age = \"90d\"\napproval_max_age = \"90d\"\nrequired_steps = [1]\nquorum = { L2 = 0 }",
    ));
    assert_eq!(loose.rehearsal_max_age, policy().rehearsal_max_age);
    assert_eq!(loose.approval_max_age, policy().approval_max_age);
    assert_eq!(loose.required_steps, policy().required_steps);
    assert_eq!(loose.rules[0].quorum, policy().rules[0].quorum);
}

#[test]
fn a_policy_that_cannot_work_is_refused_with_its_place() {
    let base = "format = 1\n[[rule]]\npackages = [\"shop\"]\nquorum = { L4 = 1 }\n";
    let ada = "[[approver]]\nname = \"ada\"\nlevel = \"L4\"\nkeys = [\"ssh-ed25519 AAAAada\"]\n";
    for (text, line, said) in [
        ("format = 2\n".to_owned(), 1, "format 2"),
        ("format = 1\n".to_owned(), 1, "no [[rule]]"),
        (base.to_owned(), 4, "asks 1 of L4, and there are 0"),
        (format!("{base}{ada}{ada}"), 6, "`ada` stands for two"),
        (
            format!("{base}{ada}").replace("L4\"", "L0\""),
            7,
            "nobody is asked",
        ),
        (
            format!("{base}{ada}").replace("ssh-ed25519 AAAAada", "ssh-rsa AAAAada"),
            8,
            "no kind of key",
        ),
        (
            format!("{base}{ada}").replace("AAAAada", ""),
            8,
            "not complete",
        ),
        (
            format!("{base}{ada}")
                .replace("ssh-ed25519 AAAAada", "-----BEGIN OPENSSH PRIVATE KEY-----"),
            8,
            "private key",
        ),
        (
            format!("{base}{ada}").replace("keys", "kyes"),
            8,
            "unknown field",
        ),
        (
            format!("rehearsal_max_age = \"soon\"\n{base}{ada}"),
            1,
            "no length of time",
        ),
        (
            format!("{base}{ada}[[runner]]\nname = \"ci\"\nkey = \"ssh-ed25519 AAAAada\"\n"),
            10,
            "who rehearses does not approve",
        ),
    ] {
        let error = Policy::read("policy.toml", &text).unwrap_err();
        assert!(error.message.contains(said), "{said}: {error}");
        assert_eq!(error.line, Some(line), "{error}\n{text}");
    }
}
