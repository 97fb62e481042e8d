//! `owner assign | supersede | end`, on a scratch database.

use serde_json::Value;

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

const GOV: &str = "--target directus --approval APR-7";

/// All ownership rows, in one text: what a dry run or a refusal must leave as it is.
fn rows(world: &Governed) -> String {
    world.value(
        DIRECTUS,
        "select coalesce(string_agg(o::text, E'\\n' order by o.id), '') || (select coalesce(string_agg(a::text, E'\\n' order by a.ownership_id), '') from axis_object_ownership a)
         from governance_object_ownership o",
    )
}

fn coverage<'a>(report: &'a Value, axis: &str) -> &'a Value {
    report["preview"]["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .find(|coverage| coverage["axis"] == axis)
        .unwrap()
}

#[test]
fn a_cell_gets_an_owner_a_successor_and_an_end_and_history_stays() {
    let world = Governed::one_roof();
    let before = rows(&world);

    // Shown, not done.
    let line = format!("owner assign --object agents --scope audit --agency GOV-KG-SYS {GOV}");
    let shown = world.done(&line);
    assert_eq!(shown["outcome"], "shown");
    assert_eq!(rows(&world), before);
    let preview = &shown["preview"];
    assert_eq!(preview["rows"].as_array().unwrap().len(), 1);
    assert_eq!(preview["rows"][0]["operation"], "inserted");
    assert_eq!(preview["cells"][0]["before"], "GOV-DOT (from GRP-AI)");
    assert_eq!(preview["cells"][0]["after"], "GOV-KG-SYS");
    assert_eq!(coverage(&shown, "responsibility")["after"]["gap"], 0);

    // Done, and seen by another eye. The preview was no other than what happened.
    let done = world.done(&format!("{line} --execute"));
    assert_eq!(done["outcome"], "done");
    assert_eq!(done["preview"]["cells"], preview["cells"]);
    assert_eq!(
        world.value(DIRECTUS, "select owner_gov_code || ' ' || resolution from v_object_effective_owner where object_ref = 'agents' and scope = 'audit'"),
        "GOV-KG-SYS direct"
    );
    let tag = done["tag"].as_str().unwrap();
    assert!(
        tag.starts_with("one-roof-owner-assign-") && tag.ends_with("@1.0.0"),
        "{tag}"
    );
    assert_eq!(
        world.value(DIRECTUS, "select created_by || ' ' || approval_ref from governance_object_ownership where object_ref = 'agents'"),
        format!("{tag} APR-7")
    );

    // A second owner is refused, with who holds it; the same one too.
    let error = world.refused(
        &format!("owner assign --object agents --scope audit --agency GOV-SIV {GOV} --execute"),
        "change-refused",
    );
    says(
        &error,
        "message",
        &[
            "GOV-KG-SYS holds collection:agents / scope audit already",
            "APR-7",
        ],
    );
    says(&error, "hint", &["owner supersede"]);

    // The successor names the old row, which ends.
    let _ = world.done(&format!(
        "owner supersede --object agents --scope audit --agency GOV-SIV {GOV} --execute"
    ));
    assert_eq!(
        world.value(
            DIRECTUS,
            "select string_agg(o.owner_gov_code || ' ' || o.lifecycle_status || ' ' || (o.effective_to is null) || ' ' || coalesce((select p.owner_gov_code from governance_object_ownership p where p.id = o.supersedes_id), '-'), ', ' order by o.id)
             from governance_object_ownership o where o.object_ref = 'agents'"
        ),
        "GOV-KG-SYS superseded false -, GOV-SIV active true GOV-KG-SYS"
    );

    // The end of a direct row falls back to the anchor; the end of the anchor opens the gaps of its members.
    let ended = world.done(&format!(
        "owner end --object agents --scope audit {GOV} --execute"
    ));
    assert_eq!(
        ended["preview"]["cells"][0]["after"],
        "GOV-DOT (from GRP-AI)"
    );
    let ended = world.done(&format!("owner end --object GRP-AI --scope audit {GOV}"));
    assert_eq!(coverage(&ended, "responsibility")["before"]["gap"], 0);
    assert_eq!(coverage(&ended, "responsibility")["after"]["gap"], 1);
    assert_eq!(ended["preview"]["gaps_opened"][0]["object_ref"], "agents");
    let _ = world.done(&format!(
        "owner end --object GRP-AI --scope audit {GOV} --execute"
    ));
    assert_eq!(
        world.value(DIRECTUS, "select count(*) from v_object_owner_gap"),
        "1"
    );
    assert_eq!(
        world.value(DIRECTUS, "select lifecycle_status || ' ' || audit_ref from governance_object_ownership where object_ref = 'GRP-AI' and scope = 'audit'"),
        "revoked APR-7"
    );
    let error = world.refused(
        &format!("owner end --object GRP-AI --scope audit {GOV}"),
        "change-refused",
    );
    says(
        &error,
        "message",
        &["nobody holds group:GRP-AI / scope audit"],
    );

    // The same wish at another time is another change: it has a tag of its own.
    let again = world.done(&format!("{line} --execute"));
    assert_ne!(again["tag"], done["tag"]);
}

#[test]
fn a_cell_of_another_axis_gets_its_owner_and_the_finding_closes() {
    let world = Governed::one_roof();
    let line = format!(
        "owner assign --object tasks --axis topic --value ai-ops --agency GOV-DOT {GOV} --execute"
    );
    let done = world.done(&line);
    let closed = done["preview"]["findings_closed"].as_array().unwrap();
    assert!(
        closed
            .iter()
            .any(|finding| finding["detector"] == "ui_visible_unapproved"
                && finding["object_ref"] == "tasks"),
        "{closed:#?}"
    );
    assert_eq!(
        world.value(DIRECTUS, "select owner_gov_code || ' ' || (provenance ->> 'kind') from axis_object_ownership where axis_code = 'topic'"),
        "GOV-DOT human_ratified"
    );
    let error = world.refused(&line, "change-refused");
    says(
        &error,
        "message",
        &["GOV-DOT holds collection:tasks / topic ai-ops already"],
    );
    let _ = world.done(&format!("owner supersede --object tasks --axis topic --value ai-ops --agency GOV-KG-SYS {GOV} --execute"));
    let _ = world.done(&format!(
        "owner end --object tasks --axis topic --value ai-ops {GOV} --execute"
    ));
    assert_eq!(
        world.value(DIRECTUS, "select string_agg(owner_gov_code || ' ' || lifecycle_status, ', ' order by ownership_id) from axis_object_ownership where axis_code = 'topic'"),
        "GOV-DOT superseded, GOV-KG-SYS revoked"
    );
    let error = world.error(
        &format!("owner assign --object tasks --axis topic --value ai-opps --agency GOV-DOT {GOV}"),
        2,
        "input",
    );
    says(&error, "hint", &["ai-ops"]);
    let error = world.error(
        &format!("owner assign --object tasks --axis topik --value ai-ops --agency GOV-DOT {GOV}"),
        2,
        "input",
    );
    says(&error, "hint", &["topic"]);
}

#[test]
fn what_cannot_be_is_said_before_any_sql_and_changes_nothing() {
    let world = Governed::one_roof();
    let before = rows(&world);
    let assign = |rest: &str| format!("owner assign {rest} {GOV} --execute");
    let cell = "--object agents --scope audit";
    for (line, message, hint) in [
        (
            assign("--object agentz --scope audit --agency GOV-SIV"),
            "agentz",
            "agents",
        ),
        (
            assign("--object agents --scope audits --agency GOV-SIV"),
            "audits",
            "audit",
        ),
        (
            assign(&format!("{cell} --agency GOV-SIW")),
            "GOV-SIW",
            "GOV-SIV",
        ),
        (
            assign(&format!("{cell} --agency GOV-SIV --kind acountable")),
            "acountable",
            "accountable",
        ),
        (
            assign(&format!("{cell} --agency GOV-SIV --kind delegated")),
            "delegate without an end",
            "--to",
        ),
        (
            assign(&format!("{cell} --agency GOV-SIV --anchor")),
            "anchor",
            "--anchor",
        ),
        (
            assign(&format!("{cell} --agency GOV-SIV --to yesterday")),
            "yesterday",
            "2026-12-31",
        ),
        (
            assign(&format!("{cell} --agency GOV-SIV --to 2020-01-01")),
            "not after its begin",
            "gap",
        ),
        (
            format!("owner supersede {cell} --agency GOV-SIV --from 2999-01-01 {GOV} --execute"),
            "--from",
            "leave --from out",
        ),
        (
            format!("owner end {cell} --on 2020-01-01 {GOV} --execute"),
            "has passed",
            "--on",
        ),
    ] {
        let error = world.error(&line, 2, "input");
        says(&error, "message", &[message]);
        says(&error, "hint", &[hint]);
    }
    let draft = assign(&format!("{cell} --agency GOV-MOT"));
    let error = world.refused(&draft, "change-refused");
    says(&error, "message", &["GOV-MOT", "draft"]);
    says(&error, "hint", &["--accept-draft"]);
    let error = world.refused(
        &format!("owner supersede {cell} --agency GOV-SIV {GOV}"),
        "change-refused",
    );
    says(
        &error,
        "message",
        &["nobody holds collection:agents / scope audit by a row of its own"],
    );
    assert_eq!(rows(&world), before);
    let _ = world.done(&format!("{draft} --accept-draft"));
    assert_ne!(rows(&world), before);
}

#[test]
fn dates_decide_what_stands_in_the_way() {
    let world = Governed::one_roof();
    let cell = "--object agents --scope audit";
    // Ended yesterday, but still called active: the next writer closes it.
    world.sql(
        DIRECTUS,
        "insert into governance_object_ownership (object_type, object_ref, scope, owner_kind, owner_gov_code, effective_from, effective_to, created_by)
         values ('collection', 'agents', 'audit', 'accountable', 'GOV-SIV', now() - interval '9 days', now() - interval '1 day', 'test')",
    );
    let _ = world.done(&format!(
        "owner assign {cell} --agency GOV-DOT {GOV} --execute"
    ));
    let states = "select string_agg(owner_gov_code || ' ' || lifecycle_status, ', ' order by id) from governance_object_ownership where object_ref = 'agents'";
    assert_eq!(
        world.value(DIRECTUS, states),
        "GOV-SIV expired, GOV-DOT active"
    );
    assert_eq!(
        world.value(DIRECTUS, "select (effective_to < now() - interval '23 hours')::text from governance_object_ownership where owner_gov_code = 'GOV-SIV' and object_ref = 'agents'"),
        "true"
    );
    // A row that begins later, beside the active one.
    let error = world.refused(
        &format!("owner assign {cell} --agency GOV-SIV --from 2999-01-01 {GOV}"),
        "change-refused",
    );
    says(&error, "message", &["GOV-DOT holds"]);
    // An end in the future leaves the row active until then.
    let _ = world.done(&format!("owner end {cell} --on 2999-01-01 {GOV} --execute"));
    assert_eq!(
        world.value(DIRECTUS, "select lifecycle_status || ' ' || effective_to::date from governance_object_ownership where object_ref = 'agents' and owner_gov_code = 'GOV-DOT'"),
        "active 2999-01-01"
    );
    // Expired, and named by its successor.
    world.sql(DIRECTUS, "update governance_object_ownership set effective_to = now() where object_ref = 'agents' and owner_gov_code = 'GOV-DOT'");
    let _ = world.done(&format!(
        "owner supersede {cell} --agency GOV-SIV {GOV} --execute"
    ));
    assert_eq!(
        world.value(DIRECTUS, states),
        "GOV-SIV expired, GOV-DOT superseded, GOV-SIV active"
    );
    // A delegation has an end and stands beside the accountable owner.
    let _ = world.done(&format!(
        "owner assign {cell} --agency GOV-KG-SYS --kind delegated --to 2999-01-01 {GOV} --execute"
    ));
    assert_eq!(
        world.value(DIRECTUS, "select count(*) from v_object_owner_conflict"),
        "0"
    );
}

#[test]
fn the_base_alone_has_owners_but_no_topics() {
    let world = Governed::base();
    let done = world.done(&format!(
        "owner assign --object GRP-AI --scope audit --agency GOV-SIV --anchor {GOV} --execute"
    ));
    assert_eq!(coverage(&done, "responsibility")["before"]["gap"], 210);
    assert_eq!(coverage(&done, "responsibility")["after"]["gap"], 209);
    let error = world.refused(
        "topic deprecate ai-ops --reason x --target directus",
        "requirement-missing",
    );
    says(&error, "message", &["one-roof"]);
}
