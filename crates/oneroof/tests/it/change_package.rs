//! A change on a production is never executed: it becomes a sealed package, which rehearses like any other.

use serde_json::Value;

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

#[test]
fn a_change_of_a_production_is_a_package_that_rehearses_from_tier_to_rollback() {
    let world = Governed::one_roof();
    world.copy("production");
    let digest = || {
        world.value(
            "production",
            "select md5(string_agg(o::text, ',' order by o.id)) from governance_object_ownership o",
        )
    };
    let before = digest();
    // A successor updates a row and inserts one: both must be undone exactly.
    let line = "owner supersede --object GRP-AI --scope policy --agency GOV-COUNCIL --anchor --approval APR-9 --target production";

    let shown = world.done(line);
    assert_eq!(
        (&shown["class"], &shown["outcome"]),
        (&"production".into(), &"shown".into())
    );
    assert_eq!(world.entries("packages"), Vec::<String>::new());
    let written = world.done(&format!("{line} --execute"));
    assert_eq!(written["outcome"], "written");
    assert_eq!(written["preview"]["cells"], shown["preview"]["cells"]);
    assert_eq!(digest(), before);
    let package = written["package"].as_str().unwrap();
    assert_eq!(world.entries("packages"), [package]);

    // The same change gives the same bytes.
    let again = world.done(&format!("{line} --write"));
    assert_eq!(
        (&again["unchanged"], &again["digest"]),
        (&true.into(), &written["digest"])
    );

    let checked = world.done(&format!("package check packages/{package}"));
    assert_eq!(
        (&checked["errors"], &checked["sealed"]),
        (&0.into(), &true.into()),
        "{checked:#}"
    );
    let rehearsed = world.done(&format!("rehearse {package} --from production"));
    assert_eq!(rehearsed["verdict"], "passed", "{rehearsed:#}");
    let step = |number: u64| {
        let steps = rehearsed["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == number).unwrap()["outcome"].clone()
    };
    for number in [3, 4, 7, 8, 10, 13, 14, 16] {
        assert_eq!(step(number), "passed", "step {number}");
    }
    assert!(
        rehearsed["second_apply"]["message"]
            .as_str()
            .unwrap()
            .starts_with("CHANGE IS THERE ALREADY: 1 row(s)")
    );

    // Rows that changed since the preview are named.
    world.sql("production", "update governance_object_ownership set approval_ref = 'APR-OTHER' where object_ref = 'GRP-AI' and scope = 'policy'");
    let (code, failed) = world.json(&format!("rehearse {package} --from production"));
    assert_ne!(code, 0);
    assert!(
        failed
            .to_string()
            .contains("FACTS CHANGED: 1 row(s) of governance_object_ownership"),
        "{failed:#}"
    );
    let error = world.refused(&format!("{line} --execute"), "package-invalid");
    says(&error, "message", &["the rows of the target have changed"]);
    world.nothing_is_left();
    assert_eq!(world.ledger(DIRECTUS), world.ledger("production"));
}

/// Writes the package of a change and rehearses it. Gives the rehearsal.
fn rehearsed(world: &Governed, line: &str, production: &str) -> Value {
    let written = world.done(&format!("{line} --target {production} --execute"));
    assert_eq!(written["outcome"], "written");
    let package = written["package"].as_str().unwrap();
    let rehearsal = world.done(&format!("rehearse {package} --from {production}"));
    assert_eq!(rehearsal["verdict"], "passed", "{rehearsal:#}");
    assert_eq!(
        rehearsal["baseline"]["differences"],
        Value::Array(Vec::new())
    );
    rehearsal
}

#[test]
fn a_merge_with_everything_that_moves_is_undone_exactly() {
    let world = Governed::one_roof();
    let _ = world.done("owner assign --object governance_registry --axis topic --value registry-kg --agency GOV-KG-SYS --approval A --target directus --execute");
    world.copy("production");
    let rehearsal = rehearsed(
        &world,
        "topic merge registry-kg --into ai-ops",
        "production",
    );
    let rows = rehearsal["tiers"][0]["rows"].as_array().unwrap();
    let tables: Vec<&str> = rows
        .iter()
        .map(|row| row["table"].as_str().unwrap())
        .collect();
    for table in ["axis_value", "axis_assignment", "axis_object_ownership"] {
        assert!(
            tables.contains(&format!("public.{table}").as_str()),
            "{tables:?}"
        );
    }
    // A change that only updates.
    let _ = rehearsed(&world, "reconcile withdraw agents ai-ops", "production");
    world.nothing_is_left();
}

#[test]
fn the_base_alone_takes_a_change_too() {
    let world = Governed::base();
    // On a clone or scratch it may be written too, and is not executed then.
    let written = world.done("owner assign --object GRP-AI --scope health --agency GOV-SIV --approval A --target directus --write");
    assert_eq!(written["outcome"], "written");
    assert_eq!(
        world.value(DIRECTUS, "select count(*) from governance_object_ownership"),
        "0"
    );

    world.copy("production");
    let line = "owner assign --object GRP-AI --scope audit --agency GOV-SIV --anchor --approval A";
    let rehearsal = rehearsed(&world, line, "production");
    assert_eq!(rehearsal["probes"]["entry"]["gap"], 210);
    assert_eq!(rehearsal["probes"]["change"]["gap"], 209);
    world.nothing_is_left();
}
