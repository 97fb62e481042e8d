//! docs/guides/gate.sh is what a user would type: it must go through to its end, and what it leaves must be there.

use oneroof_pg::testing::SUPERUSER;

use crate::gated::{COLUMN, ROWS};
use crate::world::World;

#[test]
fn the_guide_leads_from_a_closed_gate_to_a_change_that_anybody_can_check() {
    let world = World::new();
    world.production(
        "shop",
        "create table public.orders (id int primary key, amount int not null default 0);
         insert into public.orders select n, n from generate_series(1, 10) as n;",
    );
    world.package("paying", "", &[COLUMN, ROWS]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/gate.sh");
    let dba = world.words("shop", SUPERUSER);
    let out = world.sandbox.bash(&format!(
        "ONEROOF=$oneroof bash '{script}' paying shop \"{dba}\""
    ));
    let text = out.exits(0).stdout;
    for part in [
        "GATE: BLOCKED",
        "approval_missing",
        "GATE: READY",
        "CLONE-PROVEN paying@1.0.0",
        "LIVE paying@1.0.0",
        "release_finished",
        "Good \"oneroof-evidence\" signature for runner",
        "Good \"oneroof-approval\" signature for ada",
        "Good \"oneroof-approval\" signature for bob",
        "== done",
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    // Executor and approvers on one line, more lines for the runs that were refused.
    let audit = text
        .split("== who did what")
        .nth(1)
        .unwrap()
        .split("== the same")
        .next()
        .unwrap();
    let line = audit
        .lines()
        .find(|line| line.contains("ada") && line.contains("bob"));
    assert!(line.is_some_and(|line| line.contains("paying")), "{audit}");
    assert!(audit.contains("gate-closed"), "{audit}");
    assert_eq!(
        world.value("shop", "select to_regclass('public.bills')::text"),
        "bills"
    );
}
