//! `rehearse --from golden`: a rehearsal for the source on a copy of its golden clone, with what that is behind it.

use serde_json::{Value, json};

use crate::gated::Gated;
use crate::world::{World, says, tier};

/// The lines of the record that a step left.
fn step(report: &Value, number: u64) -> &Value {
    let steps = report["steps"].as_array().unwrap();
    steps
        .iter()
        .find(|step| step["step"] == number)
        .unwrap_or_else(|| panic!("step {number}: {report:#}"))
}

#[test]
fn a_rehearsal_from_the_golden_clone_opens_the_gate_while_its_rows_are_young() {
    let gated = Gated::new();
    let world = &gated.world;
    let golden = world.done("clone create --from shop --golden");
    let id = golden["id"].as_str().unwrap();
    gated.bash("rm -rf evidence/*");

    let from_golden = |line: &str| {
        let report = world.done(line);
        let evidence = report["evidence"].as_str().unwrap().to_owned();
        gated.sign_evidence(evidence.strip_prefix("evidence/").unwrap(), "ci");
        (report, evidence)
    };
    let (report, evidence) = from_golden("rehearse paying --from golden --proposer eve");
    assert_eq!(report["source"]["target"], "shop");
    assert_eq!(report["clone"]["strategy"], "template");
    assert_eq!(report["clone"]["golden"]["id"], golden["id"]);
    assert_eq!(report["clone"]["golden"]["data_at"], golden["data_at"]);
    assert!(report["clone"]["golden"]["age_seconds"].as_u64().unwrap() < 600);
    assert_eq!(
        report["clone"]["golden"]["revalidated"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    says(
        step(&report, 2),
        "detail",
        &["golden clone", id, "rows are of"],
    );
    let rows = &report["clone"]["rows"];
    assert_eq!(
        (&rows["with"], &rows["counted"], &rows["not_compared"]),
        (&"source".into(), &json!([]), &json!([])),
        "{rows}"
    );
    assert!(rows["rows"].as_u64().unwrap() >= 10, "{rows}");
    let said = format!(
        "that the source sent for golden clone {id}, {}",
        golden["data_at"].as_str().unwrap()
    );
    says(step(&report, 3), "detail", &[&said]);
    let record = world.sandbox.read(&format!("{evidence}/report.md"));
    assert!(
        record.contains(&format!("golden clone {id}: rows of")),
        "{record}"
    );
    assert_eq!(gated.blockers(), ["approval_missing", "approval_missing"]);

    // Nothing but the golden clone is there, and it is as it was.
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 1);
    let _ = world.done("clone check golden");

    // The same in other words; with rows that are older than the policy allows, the gate does not take it.
    gated.bash("rm -rf evidence/*");
    let file = format!(".oneroof/clones/{id}.json");
    let entry = world.sandbox.read(&file);
    world.sandbox.write(
        &file,
        &entry.replacen('{', "{ \"data_at\": \"2026-01-02T03:04:05Z\",", 1),
    );
    let (report, _) = from_golden("rehearse paying --from shop --strategy template --proposer eve");
    assert_eq!(report["clone"]["golden"]["data_at"], "2026-01-02T03:04:05Z");
    let gate = gated.gate();
    let blocker = &gate["blockers"][0];
    assert_eq!(blocker["code"], "evidence_stale", "{gate:#}");
    says(blocker, "message", &["golden clone whose rows are older"]);

    let error = world.error(
        "rehearse paying --from golden --strategy logical",
        2,
        "input",
    );
    says(&error, "hint", &["--from shop"]);
    let _ = world.done(&format!("clone drop {id}"));
    let error = world.error(
        "rehearse paying --from shop --strategy template",
        2,
        "input",
    );
    says(&error, "hint", &["clone create --from shop --golden"]);
    world.nothing_is_left();
}

#[test]
fn a_golden_clone_that_is_no_longer_its_source_is_refused() {
    let gated = Gated::new();
    let world = &gated.world;
    let _ = world.done("clone create --from shop --golden");

    // Rows that changed are shown.
    world.package(
        "figures",
        "[[metric]]\nname = \"orders\"\nmeaning = \"orders\"\nquery = \"select count(*) from public.orders\"\n",
        &[tier(
            "note",
            "comment on table public.orders is 'x'",
            "comment on table public.orders is null",
        )],
    );
    world.sql("shop", "delete from public.orders where id > 7");
    let report = world.done("rehearse figures --from golden");
    assert_eq!(
        report["clone"]["golden"]["figures_behind"].to_string(),
        r#"["orders: 7 in the source, 10 here"]"#
    );

    // A release that fails on it leaves nothing in its server.
    world.package(
        "failing",
        "",
        &[tier("fail", "do $$ begin raise 'no'; end $$;", "select 1;")],
    );
    let (code, report) = world.json("rehearse failing --from golden");
    assert_eq!((code, &report["failure"]["step"]), (4, &7.into()));
    assert_eq!(world.done("clone list").as_array().unwrap().len(), 1);

    // Definitions that changed end it, and so do roles.
    world.sql("shop", "alter table public.orders add column later int");
    let (code, report) = world.json("rehearse figures --from golden");
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &3.into()),
        "{report:#}"
    );
    world.sql("shop", "create role newcomer");
    let (code, report) = world.json("rehearse figures --from golden");
    assert_eq!(
        (code, &report["failure"]["step"]),
        (4, &2.into()),
        "{report:#}"
    );
    says(
        &report,
        "failure",
        &["roles", "newcomer", "clone refresh golden:"],
    );

    let _ = world.done("clone refresh golden");
    let report = world.done("rehearse figures --from golden");
    assert_eq!(
        report["clone"]["golden"]["figures_behind"],
        Value::Array(Vec::new())
    );
    let _ = world.done("clone prune --older-than 0s --golden --execute");
    world.nothing_is_left();
}

#[test]
fn step_three_compares_files_and_what_a_golden_clone_held() {
    let world = World::that_replicates(15);
    world.production(
        "shop",
        "create table public.orders (id int primary key);
         insert into public.orders select generate_series(1, 10)",
    );
    world.package(
        "noting",
        "",
        &[tier(
            "note",
            "comment on table public.orders is 'x'",
            "comment on table public.orders is null",
        )],
    );
    let report = world.done("rehearse noting --from shop --strategy physical");
    says(
        step(&report, 3),
        "detail",
        &["are those that the source sent, by the CRC-32C of each"],
    );
    let clone = &report["clone"];
    assert!(clone["files"]["files"].as_u64().unwrap() > 500, "{clone}");
    assert_eq!(clone["rows"], Value::Null);
    assert!(!report["not_covered"].to_string().contains("\"step\":3"));

    // What is known of a golden clone goes with its snapshot, and copies of what is restored must have it.
    let _ = world.done("clone create --from shop --strategy physical --golden");
    let _ = world.done("clone snapshot golden --name one");
    let restored = world.done("clone restore one");
    let id = restored["id"].as_str().unwrap();
    let report = world.done("rehearse noting --from golden");
    assert_eq!(report["clone"]["rows"]["with"], "source_files");
    says(step(&report, 3), "detail", &["10 rows of 1 tables", id]);

    let file = format!(".oneroof/clones/{id}.rows");
    let kept = world.sandbox.read(&file);
    let changed = kept.replacen("\"rows\":10", "\"rows\":11", 1);
    assert_ne!(changed, kept);
    world.sandbox.write(&file, &changed);
    let (code, report) = world.json("rehearse noting --from golden");
    assert_eq!((code, &report["failure"]["step"]), (4, &3.into()));
    says(
        &report,
        "clone_unfaithful",
        &["`public.orders` has 10 rows here, the golden clone held 11"],
    );

    // One that an earlier version made golden: nothing is known, which is said.
    let _ = world.sandbox.bash(&format!("rm {file}")).exits(0);
    let report = world.done("rehearse noting --from golden");
    says(step(&report, 3), "detail", &["rows were not compared"]);
    says(&report, "not_covered", &["clone refresh golden:"]);
    let _ = world.done("clone snapshot drop one");
    let _ = world.done(&format!("clone drop {id}"));
    world.nothing_is_left();
}
