//! Whoever changes anything after the yes finds the gate closed, and is told why. One project, one production; each
//! case changes one thing, and is put back.

use serde_json::Value;

use crate::gated::Gated;

const READY: &str = "gate paying --target shop";

/// What a case does, and how the gate must answer.
struct Case {
    /// In words.
    name: &'static str,
    /// A line of bash in the project: `$approval` is Bob's yes, `$evidence` the folder of the evidence.
    bash: &'static str,
    /// SQL as superuser in the target, and what puts it back.
    sql: [&'static str; 2],
    /// Code of a blocker that must be there.
    code: &'static str,
    /// Part of its message, or of the reason why an approval does not count.
    says: &'static str,
}

const fn file(
    name: &'static str,
    bash: &'static str,
    code: &'static str,
    says: &'static str,
) -> Case {
    Case {
        name,
        bash,
        sql: ["", ""],
        code,
        says,
    }
}

const fn sql(
    name: &'static str,
    does: &'static str,
    undoes: &'static str,
    code: &'static str,
    says: &'static str,
) -> Case {
    Case {
        name,
        bash: "",
        sql: [does, undoes],
        code,
        says,
    }
}

/// Changes one member of Bob's yes without signing it again.
const CASES: &[Case] = &[
    file(
        "one byte of the package",
        "printf ' ' >> packages/paying/tiers/rows.sql && $oneroof package seal packages/paying",
        "evidence_other_bytes",
        "another package",
    ),
    file(
        "the version",
        "sed -i s/1.0.0/1.0.1/ packages/paying/release.toml && $oneroof package seal packages/paying",
        "evidence_other_bytes",
        "another package",
    ),
    file(
        "the rollback",
        "printf ' ' >> packages/paying/rollback/rows.sql && $oneroof package seal packages/paying",
        "approval_void",
        "another package",
    ),
    file(
        "no evidence",
        "rm -r $evidence",
        "evidence_missing",
        "not rehearsed",
    ),
    file(
        "evidence without signature",
        "rm $evidence/SHA256SUMS.sig",
        "evidence_unsigned",
        "not signed",
    ),
    file(
        "a signature that was cut",
        "sed -i '$d' $evidence/SHA256SUMS.sig",
        "evidence_unsigned",
        "signature",
    ),
    file(
        "evidence signed by an approver",
        "rm $evidence/SHA256SUMS.sig; ssh-keygen -q -Y sign -n oneroof-evidence -f ada $evidence/SHA256SUMS",
        "evidence_unknown_runner",
        "no runner",
    ),
    file(
        "evidence signed by a stranger",
        "rm $evidence/SHA256SUMS.sig; ssh-keygen -q -Y sign -n oneroof-evidence -f eve $evidence/SHA256SUMS",
        "evidence_unknown_runner",
        "no runner",
    ),
    file(
        "evidence signed as an approval",
        "rm $evidence/SHA256SUMS.sig; ssh-keygen -q -Y sign -n oneroof-approval -f ci $evidence/SHA256SUMS",
        "evidence_unsigned",
        "signature",
    ),
    file(
        "one byte of the report",
        "sed -i 's/paying/Paying/' $evidence/report.md",
        "evidence_unsigned",
        "report.md",
    ),
    file(
        "one figure of the record",
        "sed -i '0,/\"duration_ms\": /s//\"duration_ms\": 1/' $evidence/rehearsal.json",
        "evidence_missing",
        "not rehearsed",
    ),
    file(
        "a file more",
        "echo hello > $evidence/hello.txt",
        "evidence_unsigned",
        "hello.txt",
    ),
    file(
        "a file less",
        "rm $evidence/report.html",
        "evidence_unsigned",
        "report.html",
    ),
    file(
        "a way out of the folder",
        "echo '0000000000000000000000000000000000000000000000000000000000000000  ../../oneroof.toml' >> $evidence/SHA256SUMS",
        "evidence_unsigned",
        "SHA256SUMS",
    ),
    file(
        "a record and its sum",
        "sed -i 's/\"passed\"/\"Passed\"/' $evidence/rehearsal.json && (cd $evidence && find . -type f ! -name 'SHA256SUMS*' -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)",
        "evidence_unsigned",
        "signature",
    ),
    file(
        "no approval",
        "rm $approval",
        "approval_missing",
        "level L2",
    ),
    file(
        "an approval without signature",
        "rm $approval.sig",
        "approval_void",
        "signature",
    ),
    file(
        "the reason of an approval",
        "sed -i s/reviewed/REVIEWED/ $approval",
        "approval_void",
        "were changed",
    ),
    file(
        "the level of an approval",
        "sed -i 's/\"L2\"/\"L4\"/' $approval",
        "approval_void",
        "were changed",
    ),
    file(
        "a longer life",
        "sed -i 's/\"expires_at\": \"20/\"expires_at\": \"21/' $approval",
        "approval_void",
        "were changed",
    ),
    file(
        "a blank at the end",
        "printf ' ' >> $approval",
        "approval_void",
        "were changed",
    ),
    file(
        "the signature of another approval",
        "cp $other.sig $approval.sig",
        "approval_void",
        "were changed",
    ),
    file(
        "an approval that Ada signs for Bob",
        "rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f ada $approval",
        "approval_void",
        "`ada` signed it",
    ),
    file(
        "an approval that a stranger signs",
        "rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f eve $approval",
        "approval_void",
        "no approver's",
    ),
    file(
        "an approval that the runner signs",
        "rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f ci $approval",
        "approval_void",
        "no approver's",
    ),
    file(
        "an approval signed as a letter",
        "rm $approval.sig; ssh-keygen -q -Y sign -n file -f bob $approval",
        "approval_void",
        "not for `oneroof-approval`",
    ),
    file(
        "Bob himself asks for less",
        "sed -i '/\"rows\"/d; s/\"column\",/\"column\"/' $approval; rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f bob $approval",
        "approval_void",
        "tier rows",
    ),
    file(
        "Bob himself names another database",
        "sed -i 's/\"database_name\": \"shop\"/\"database_name\": \"stop\"/' $approval; rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f bob $approval",
        "approval_void",
        "another database",
    ),
    file(
        "Bob himself gives it for ever",
        "sed -i 's/\"expires_at\": \"20/\"expires_at\": \"21/' $approval; rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f bob $approval",
        "approval_void",
        "longer than 14d",
    ),
    file(
        "Bob himself let it end",
        "sed -i 's/\"created_at\": \"20[0-9-]*/\"created_at\": \"2026-01-01/; s/\"expires_at\": \"20[0-9-]*/\"expires_at\": \"2026-01-08/' $approval; rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f bob $approval",
        "approval_expired",
        "it ended",
    ),
    file(
        "Bob lives in the future",
        "sed -i 's/\"created_at\": \"20/\"created_at\": \"21/; s/\"expires_at\": \"20/\"expires_at\": \"21/' $approval; rm $approval.sig; ssh-keygen -q -Y sign -n oneroof-approval -f bob $approval",
        "approval_void",
        "future",
    ),
    file(
        "an approval that is no JSON",
        "head -c 100 $approval > x; mv x $approval",
        "approval_missing",
        "level L2",
    ),
    file(
        "a member more",
        "sed -i 's/\"format\": 1,/\"format\": 1, \"also\": \"everything\",/' $approval",
        "approval_missing",
        "level L2",
    ),
    file(
        "a member twice",
        "sed -i 's/\"format\": 1,/\"format\": 1, \"decision\": \"approve\",/' $approval",
        "approval_missing",
        "level L2",
    ),
    file(
        "a link instead of a file",
        "mv $approval elsewhere; ln -s ../elsewhere $approval",
        "approval_missing",
        "level L2",
    ),
    file(
        "a file of half a megabyte",
        "head -c 500000 /dev/zero | tr '\\0' ' ' >> $approval",
        "approval_missing",
        "level L2",
    ),
    file(
        "a no of Cid",
        "$oneroof approve paying --target shop --decision reject --reason freeze --key cid",
        "approval_rejected",
        "cid (L2) said no",
    ),
    file(
        "Bob takes it back",
        "$oneroof approve paying --target shop --revoke $approval --reason doubts --key bob",
        "approval_revoked",
        "doubts",
    ),
    file(
        "a store behind its upstream",
        "git init -q -b main . && git add oneroof.toml && git -c user.name=x -c user.email=x commit -qm one && git clone -q --bare . ../upstream.git && git remote add origin ../upstream.git && git fetch -q && git branch -q -u origin/main && git clone -q ../upstream.git ../clone && cd ../clone && touch no && git add no && git -c user.name=x -c user.email=x commit -qm two && git push -q && cd - && git fetch -q",
        "store_behind",
        "1 commits behind",
    ),
    sql(
        "a column more",
        "alter table public.orders add column more int",
        "alter table public.orders drop column more",
        "definition_changed",
        "not those",
    ),
    sql(
        "a table more",
        "create table public.more (id int)",
        "drop table public.more",
        "definition_changed",
        "not those",
    ),
    sql(
        "a grant more",
        "grant select on public.orders to public",
        "revoke select on public.orders from public",
        "definition_changed",
        "not those",
    ),
    sql(
        "another name of the database",
        "alter database shop rename to shop_restored",
        "alter database shop_restored rename to shop",
        "",
        "",
    ),
    sql(
        "another ledger",
        "alter table oneroof.target disable trigger user; update oneroof.target set genesis = repeat('0', 64)",
        "GENESIS",
        "approval_void",
        "another database",
    ),
    sql(
        "a policy that a superuser wrote past the ledger",
        "alter table oneroof.policy disable trigger user; insert into oneroof.policy (version, body, digest) select p.version + 1, b.body, encode(sha256(convert_to(b.body::text, 'UTF8')), 'hex') from oneroof.policy as p, lateral (select p.body || '{\"rehearsal_max_age\": \"30d\"}' as body) as b",
        "delete from oneroof.policy where version = 2",
        "policy_forged",
        "the ledger does not know",
    ),
    sql(
        "no policy",
        "alter table oneroof.policy disable trigger user; create table public.kept as select * from oneroof.policy; delete from oneroof.policy",
        "insert into oneroof.policy select * from public.kept; drop table public.kept",
        "policy_missing",
        "no policy",
    ),
];

#[test]
fn every_change_after_the_yes_closes_the_gate() {
    let gated = Gated::new();
    let world = &gated.world;
    let other = gated.approve("ada");
    let approval = gated.approve("bob");
    let evidence = format!("evidence/{}", gated.evidence);
    gated.is_ready();
    gated.bash("cp -a . ../kept");
    let genesis = world.value("shop", "select genesis from oneroof.target");
    for case in CASES {
        if !case.bash.is_empty() {
            gated.bash(&format!(
                "set -e; approval={approval}; other={other}; evidence={evidence}; {}",
                case.bash
            ));
        }
        if !case.sql[0].is_empty() {
            let database = if case.code.is_empty() {
                "postgres"
            } else {
                "shop"
            };
            world.sql(database, case.sql[0]);
        }
        let (code, report) = world.json(READY);
        if case.code.is_empty() {
            // The target's connection leads nowhere: no verdict at all, and certainly no READY.
            assert_eq!(code, 1, "{}: {report:#}", case.name);
        } else {
            assert_eq!(code, 10, "{}: {report:#}", case.name);
            expect(case, &report);
            let (code, refused) = world.json("apply paying --target shop --execute");
            assert_eq!(
                (code, &refused["error"]["code"]),
                (3, &"gate-closed".into()),
                "{}: {refused:#}",
                case.name
            );
        }
        if !case.sql[1].is_empty() {
            let database = if case.code.is_empty() {
                "postgres"
            } else {
                "shop"
            };
            let undo = case.sql[1].replace(
                "GENESIS",
                &format!("update oneroof.target set genesis = '{genesis}'"),
            );
            world.sql(database, &undo);
        }
        if !case.bash.is_empty() {
            gated.bash("find . -mindepth 1 -delete && cp -a ../kept/. .");
        }
        let (code, report) = world.json(READY);
        assert_eq!(code, 0, "{} was not put back: {report:#}", case.name);
    }
    assert!(CASES.len() > 30);
    // Nothing of all this wrote anything.
    assert_eq!(world.ledger("shop"), "adopted");
    assert_eq!(
        world.value(
            "shop",
            "select coalesce(to_regclass('public.bills')::text, 'nothing')"
        ),
        "nothing"
    );
}

#[track_caller]
fn expect(case: &Case, report: &Value) {
    let items = |member: &str| report[member].as_array().cloned().unwrap_or_default();
    let blockers = items("blockers");
    let found = blockers.iter().find(|blocker| blocker["code"] == case.code);
    let blocker =
        found.unwrap_or_else(|| panic!("{}: no {} in {blockers:#?}", case.name, case.code));
    let approvals = items("approvals");
    let whys = approvals
        .iter()
        .flat_map(|approval| approval["why"].as_array().cloned().unwrap_or_default());
    let texts: Vec<String> = whys
        .chain([blocker["message"].clone()])
        .map(|text| text.to_string())
        .collect();
    assert!(
        texts.iter().any(|text| text.contains(case.says)),
        "{}: `{}` is not in {texts:#?}",
        case.name,
        case.says
    );
}

/// A restored copy is another database, even with everything in it.
#[test]
fn a_restored_copy_of_a_production_is_not_approved() {
    let gated = Gated::new();
    let world = &gated.world;
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    gated.is_ready();
    world.sql(
        "postgres",
        "create database copy owner app_owner template shop",
    );
    let config = world
        .sandbox
        .read("oneroof.toml")
        .replace("dbname=shop", "dbname=copy");
    world.sandbox.write("oneroof.toml", &config);
    let (code, report) = world.json(READY);
    assert_eq!(
        (code, report["word"].as_str()),
        (10, Some("BLOCKED")),
        "{report:#}"
    );
    let codes: Vec<&str> = report["blockers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert!(
        codes.contains(&"evidence_other_target") && codes.contains(&"approval_void"),
        "{codes:?}"
    );
    let refused = world.refused("apply paying --target shop --execute", "gate-closed");
    assert_eq!(refused["exit"], 3);
}

/// Old approvals do not fit a new policy.
#[test]
fn a_new_policy_makes_old_approvals_void() {
    let gated = Gated::new();
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    gated.is_ready();
    gated.world.sandbox.write(
        "policy.toml",
        &gated
            .policy("")
            .replace("format = 1\n", "format = 1\nrehearsal_max_age = \"3d\"\n"),
    );
    gated.adopt();
    assert_eq!(gated.blockers(), ["approval_void", "approval_void"]);
    let _ = gated.approve("ada");
    let _ = gated.approve("cid");
    gated.is_ready();
}

/// The apply role is not a DBA: it cannot give itself a policy.
#[test]
fn the_apply_role_cannot_install_a_policy() {
    let gated = Gated::new();
    let apply = gated.world.words("shop", "app_apply");
    let arguments = [
        "adopt",
        "shop",
        "--policy",
        "policy.toml",
        "--execute",
        "--dba",
        &apply,
    ];
    let _ = gated
        .world
        .sandbox
        .run(&arguments)
        .exits(1)
        .says(&["create roles"]);
    for statement in [
        "insert into oneroof.policy (version, body, digest) values (9, '{}', encode(sha256('{}'), 'hex'))",
        "update oneroof.policy set body = '{}'",
        "delete from oneroof.policy",
        "update oneroof.target set class = 'clone'",
    ] {
        let refused = gated
            .world
            .psql("shop", "app_apply", &format!("-c \"{statement}\""));
        assert!(
            refused.stderr.contains("permission denied"),
            "{statement}: {refused:?}"
        );
    }
}
