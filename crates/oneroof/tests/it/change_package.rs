//! A change on a production is never executed: it becomes a sealed package, which rehearses like any other.

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
    assert_eq!(rehearsed["passed"], true, "{rehearsed:#}");

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
