//! The gate of a production: closed, opened by two people with keys of their own, used once, closed again.

use std::time::Duration;

use serde_json::Value;

use crate::gated::Gated;
use crate::sandbox::binary;
use crate::world::says;

const APPLY: &str = "apply paying --target shop --execute";

/// What the release made: a column and a table.
const MADE: &str = "select concat_ws(' ',
    (select count(*) from information_schema.columns where table_name = 'orders' and column_name = 'paid'),
    to_regclass('public.bills'))";

#[test]
fn two_people_open_the_gate_and_it_closes_behind_the_run() {
    let gated = Gated::new();
    let world = &gated.world;
    assert_eq!(gated.blockers(), ["approval_missing", "approval_missing"]);
    let refused = world.refused(APPLY, "gate-closed");
    says(
        &refused,
        "reasons",
        &["0 of 1 approvals of level L2", "bob, cid can lift it"],
    );
    assert_eq!(world.value("shop", MADE), "0");

    let first = gated.approve("ada");
    assert_eq!(gated.blockers(), ["approval_missing"]);
    let _ = world.refused(APPLY, "gate-closed");
    let _ = gated.approve("bob");
    gated.is_ready();

    // The dry run shows the leave, the rehearsal and the gate, and consumes nothing.
    let plan = world.done("apply paying --target shop");
    assert_eq!(plan["gate"]["word"], "READY", "{plan:#}");
    assert_eq!(plan["planned"][1]["effects"]["rows"][0]["updated"], 10);
    gated.is_ready();

    let done = world.done(APPLY);
    assert_eq!(
        done["approved"]["approvals"].as_array().unwrap().len(),
        2,
        "{done:#}"
    );
    assert_eq!(world.value("shop", MADE), "1 bills");
    assert_eq!(
        world.ledger("shop"),
        "adopted run_started approval_used tier_applied:column tier_applied:rows run_finished"
    );
    // Consumed for good, and the release is finished: each alone closes the gate.
    let report = gated.gate();
    let codes = report["blockers"].as_array().unwrap().iter();
    let codes: Vec<&str> = codes.map(|one| one["code"].as_str().unwrap()).collect();
    assert!(
        codes.contains(&"release_finished") && codes.contains(&"approval_consumed"),
        "{codes:?}"
    );
    let _ = world.refused(APPLY, "release-finished");

    // What was applied may be undone while the approvals last; then nothing is left of either.
    let undone = world.done("rollback paying --target shop --execute");
    assert_eq!(undone["tiers"].as_array().unwrap().len(), 2);
    assert_eq!(world.value("shop", MADE), "0");
    assert_eq!(
        world.done("rollback paying --target shop --execute")["nothing_to_do"],
        true
    );
    let again = world.refused(APPLY, "gate-closed");
    says(&again, "reasons", &["approval_consumed"]);
    assert!(first.starts_with("approvals/"));

    // Every run has left its log: also those that were refused.
    let logs = world.entries("runs");
    let ended = |log: &String| -> Value {
        let text = world.sandbox.read(&format!("runs/{log}"));
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    };
    let ends: Vec<Value> = logs
        .iter()
        .filter(|name| name.ends_with(".jsonl"))
        .map(ended)
        .collect();
    let refused = ends.iter().filter(|end| end["verdict"] == "refused");
    assert_eq!((ends.len(), refused.count()), (7, 4), "{ends:#?}");
}

#[test]
fn the_proposer_the_stranger_and_the_same_person_twice_do_not_count() {
    let gated = Gated::new();
    let world = &gated.world;
    let stranger = "approve paying --target shop --decision approve --reason x --key eve";
    says(
        &world.refused(stranger, "not-an-approver"),
        "reasons",
        &["ada (L4), bob (L2), cid (L2)"],
    );
    let _ = gated.approve("bob");
    let _ = gated.approve("bob");
    let _ = gated.approve("cid");
    assert_eq!(gated.blockers(), ["approval_missing"]);

    // Ada rehearses once more and proposes: her yes is not written at all.
    let report = world.done("rehearse paying --from shop --proposer ada");
    let evidence = report["evidence"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    gated.sign_evidence(evidence, "ci");
    let own = format!(
        "approve paying --target shop --evidence {evidence} --decision approve --reason x --key ada"
    );
    says(
        &world.refused(&own, "not-an-approver"),
        "message",
        &["nobody approves their own"],
    );
}

#[test]
fn one_no_stops_and_only_its_author_takes_it_back() {
    let gated = Gated::new();
    let world = &gated.world;
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    gated.is_ready();
    let no = "approve paying --target shop --decision reject --reason freeze --key cid";
    let file = world.done(no)["signed"]["file"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(gated.blockers(), ["approval_rejected"]);
    let _ = world.refused(APPLY, "gate-closed");
    let take_back = |who: &str| {
        format!("approve paying --target shop --revoke {file} --reason settled --key {who}")
    };
    let _ = world.refused(&take_back("bob"), "not-an-approver");
    let _ = world.done(&take_back("cid"));
    gated.is_ready();
}

#[test]
fn a_revoked_yes_closes_the_gate() {
    let gated = Gated::new();
    let _ = gated.approve("ada");
    let yes = gated.approve("bob");
    gated.is_ready();
    let line = format!("approve paying --target shop --revoke {yes} --reason doubts --key bob");
    let _ = gated.world.done(&line);
    assert_eq!(gated.blockers(), ["approval_revoked"]);
    let _ = gated.approve("cid");
    gated.is_ready();
}

#[test]
fn a_yes_that_is_taken_back_in_the_middle_stops_the_run_between_tiers() {
    let gated = Gated::new();
    let world = &gated.world;
    let _ = gated.approve("ada");
    let yes = gated.approve("bob");
    // The second tier waits for a lock that we hold; meanwhile Bob takes his yes back.
    world.sql("shop", "create role blocker");
    let blocker = world.session("shop");
    world.on(
        &blocker,
        "begin; lock table public.orders in row exclusive mode",
    );
    let out = std::thread::scope(|scope| {
        let run = scope.spawn(|| world.run(APPLY));
        world.wait_for(
            "shop",
            "select exists (select from pg_locks where not granted)",
        );
        let line = format!("approve paying --target shop --revoke {yes} --reason doubts --key bob");
        let _ = world.done(&line);
        world.on(&blocker, "commit");
        run.join().unwrap()
    });
    world.end(blocker);
    // The tier that had begun was asked before; the next one is not begun.
    let out = out.exits(3).says(&[
        "the gate was closed while the run was under way",
        "taken back",
    ]);
    assert!(out.stdout.is_empty());
    assert!(
        world
            .ledger("shop")
            .ends_with("approval_used tier_applied:column"),
        "{}",
        world.ledger("shop")
    );
    let _ = world.refused(APPLY, "gate-closed");
    // Somebody else says yes, and the run goes on where it stopped.
    let _ = gated.approve("cid");
    let done = world.done(APPLY);
    assert_eq!(done["resumed_after"][0], "column");
    assert_eq!(world.value("shop", MADE), "1 bills");
}

#[test]
fn a_hand_that_only_looks_signs_nothing() {
    let gated = Gated::new();
    let screen = gated
        .world
        .run("approve paying --target shop --key ada")
        .exits(0)
        .stdout;
    for part in [
        "APPLY paying@1.0.0",
        "package digest",
        "database shop",
        "proposed by      eve",
        "created: 1 table",
        "public.orders ~10",
        "ACCESS EXCLUSIVE",
        "how it is undone",
        "digest for digest",
        "a yes is no leave for",
        "no restored copy of it",
        "0 of 1 yes of level L4 are there",
        "HOLD: nothing was signed",
    ] {
        assert!(screen.contains(part), "`{part}` is not in {screen}");
    }
    assert_eq!(gated.world.entries("approvals"), Vec::<String>::new());
    let _ = gated
        .world
        .sandbox
        .run(&[
            "approve",
            "paying",
            "--target",
            "shop",
            "--decision",
            "reject",
            "--key",
            "ada",
        ])
        .exits(2)
        .says(&["--reason"]);
}

#[test]
fn openssh_alone_checks_an_approval() {
    let gated = Gated::new();
    let file = gated.approve("ada");
    gated.bash("$oneroof policy export shop > allowed_signers");
    let check = |file: &str, namespace: &str| {
        gated.world.sandbox.bash(&format!(
            "ssh-keygen -Y verify -f allowed_signers -I ada -n {namespace} -s {file}.sig < {file}"
        ))
    };
    let _ = check(&file, "oneroof-approval").exits(0);
    // Ada may not sign evidence, and `ci` may sign nothing else.
    assert_ne!(check(&file, "oneroof-evidence").code, Some(0));
    gated.bash(&format!(
        "ssh-keygen -Y verify -f allowed_signers -I ci -n oneroof-evidence -s evidence/{0}/SHA256SUMS.sig < evidence/{0}/SHA256SUMS",
        gated.evidence
    ));
    gated.bash(&format!("sed -i s/reviewed/Reviewed/ {file}"));
    assert_ne!(check(&file, "oneroof-approval").code, Some(0));
}

/// The private half may be in an agent only, as with a hardware key.
#[test]
fn a_key_in_the_agent_signs_too() {
    let gated = Gated::new();
    gated.bash(
        "eval $(ssh-agent -a ../agent.sock) && trap 'kill $SSH_AGENT_PID' EXIT && ssh-add -q ada && mv ada ../ada.gone && \
         $oneroof approve paying --target shop --decision approve --reason reviewed --key ada.pub",
    );
    assert_eq!(gated.blockers(), ["approval_missing"]);
    // Without the agent there is nothing that could sign; the file that is missing is named.
    let line = "approve paying --target shop --decision approve --reason x --key";
    let (code, gone) = gated.world.json(&format!("{line} ada"));
    assert_eq!(code, 2, "{gone:#}");
    says(&gone["error"], "message", &["key `ada`"]);
    let (code, locked) = gated.world.json(&format!("{line} ada.pub"));
    assert_eq!(code, 2, "{locked:#}");
    says(&locked["error"], "hint", &["ssh-add -L"]);
    assert_eq!(gated.world.entries("approvals").len(), 2);
}

#[test]
fn a_watch_tells_changes_only_and_calls_the_hook() {
    let gated = Gated::new();
    let project = gated.world.sandbox.project();
    #[expect(clippy::disallowed_methods, reason = "the test stops the watch itself")]
    let mut watch = std::process::Command::new(binary())
        .args([
            "gate",
            "paying",
            "--target",
            "shop",
            "--quiet",
            "--watch",
            "--every",
            "1",
            "--on-change",
        ])
        .arg("echo $GATE > hook.txt; cat > hook.json")
        .current_dir(&project)
        .stdout(std::fs::File::create(project.join("watched")).unwrap())
        .spawn()
        .unwrap();
    let lines = || {
        gated
            .world
            .sandbox
            .read("watched")
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    gated
        .world
        .wait_until("the first word", || !lines().is_empty());
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(lines(), ["BLOCKED"]);
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    gated.world.wait_until("the gate opens", || {
        lines().last().is_some_and(|line| line == "READY")
    });
    gated.world.wait_until("the hook is called", || {
        std::fs::read_to_string(project.join("hook.txt")).is_ok_and(|text| text == "READY\n")
    });
    watch.kill().unwrap();
    let _ = watch.wait().unwrap();
    let told: Value = serde_json::from_str(&gated.world.sandbox.read("hook.json")).unwrap();
    assert_eq!(told["word"], "READY");
}

#[test]
fn a_condition_of_the_policy_is_one_more_lock() {
    let gated = Gated::with_policy(
        "[[condition]]\nname = \"freeze\"\nquery = \"select count(*) from public.orders where amount = 7\"\n\
         required = 0\nmessage = \"order 7 is still open\"\nwho = \"the shop\"\n",
    );
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    let report = gated.gate();
    assert_eq!(report["blockers"][0]["code"], "freeze", "{report:#}");
    assert_eq!(report["blockers"][0]["who"], "the shop");
    gated
        .world
        .sql("shop", "delete from public.orders where amount = 7");
    gated.is_ready();
}

#[test]
fn evidence_of_a_masked_clone_counts_only_if_the_policy_says_so() {
    let gated = Gated::new();
    gated.bash("rm -r evidence");
    gated
        .world
        .configure("[targets.shop.mask]\n\"public.orders.amount\" = { expression = \"0\" }");
    let _ = gated.rehearse("paying");
    let blockers = gated.blockers();
    assert!(
        blockers.contains(&"evidence_partial".to_owned()),
        "{blockers:?}"
    );
    let loose = gated
        .policy("")
        .replace("format = 1\n", "format = 1\npartial_clones = true\n");
    gated.world.sandbox.write("policy.toml", &loose);
    gated.adopt();
    assert_eq!(gated.blockers(), ["approval_missing", "approval_missing"]);
    let _ = gated
        .world
        .sandbox
        .run(&["policy", "check", "polciy.toml"])
        .exits(2)
        .says(&["find policy `polciy.toml`"]);
}

#[test]
fn what_a_project_asks_beyond_the_policy_counts_and_less_does_not() {
    let gated = Gated::new();
    let _ = gated.approve("ada");
    let _ = gated.approve("bob");
    gated.is_ready();
    let config = gated.world.sandbox.read("oneroof.toml");
    gated
        .world
        .configure("[targets.shop.gate]\nquorum = { L2 = 2 }");
    assert_eq!(gated.blockers(), ["approval_missing"]);
    gated.world.sandbox.write("oneroof.toml", &config);
    gated
        .world
        .configure("[targets.shop.gate]\nquorum = { L2 = 0 }\nrehearsal_max_age = \"900d\"");
    gated.is_ready();
}
