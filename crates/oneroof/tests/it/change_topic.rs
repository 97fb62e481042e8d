//! `topic propose | ratify | deprecate | merge | split`, on a scratch database.

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

/// Topics, assignments and owners of topics, in one text.
fn topics(world: &Governed) -> String {
    world.value(
        DIRECTUS,
        "select (select string_agg(v::text, E'\\n' order by v.value_code) from axis_value v where v.axis_code = 'topic')
             || (select string_agg(a::text, E'\\n' order by a.assignment_id) from axis_assignment a where a.axis_code = 'topic')
             || (select coalesce(string_agg(o::text, E'\\n' order by o.ownership_id), '') from axis_object_ownership o where o.axis_code = 'topic')",
    )
}

/// Status, parent and level of a topic, and its transitions.
fn topic(world: &Governed, code: &str) -> String {
    world.value(
        DIRECTUS,
        &format!(
            "select concat_ws(' ', v.status, coalesce(v.parent_value_code, '-'), v.level,
                 (select string_agg(concat_ws('>', coalesce(t ->> 'from', ''), t ->> 'to'), ',') from jsonb_array_elements(v.provenance -> 'transitions') t))
             from axis_value v where v.axis_code = 'topic' and v.value_code = '{code}'"
        ),
    )
}

/// Where an object is assigned, oldest first.
fn assigned(world: &Governed, object: &str) -> String {
    world.value(
        DIRECTUS,
        &format!(
            "select string_agg(concat_ws(' ', a.value_code, a.status, a.revision, coalesce(n.value_code, '-')), ', ' order by a.assignment_id)
             from axis_assignment a left join axis_assignment n on n.assignment_id = a.superseded_by
             where a.axis_code = 'topic' and a.object_ref = '{object}'"
        ),
    )
}

#[test]
fn a_topic_is_proposed_and_ratified_with_each_step_in_its_provenance() {
    let world = Governed::one_roof();
    let before = topics(&world);
    let propose = "topic propose billing --parent ai-ops --kind kg_provisional --reason graph --target directus";
    let shown = world.done(propose);
    assert_eq!(shown["outcome"], "shown");
    assert_eq!(topics(&world), before);
    let _ = world.done(&format!("{propose} --execute"));
    assert_eq!(topic(&world, "billing"), "candidate ai-ops 2 >candidate");

    // A child of the candidate: its level must follow when the candidate moves.
    let _ = world
        .done("topic propose invoices --parent billing --reason x --target directus --execute");
    let error = world.refused(
        "topic ratify invoices --by GOV-DOT --approval APR-2 --target directus",
        "change-refused",
    );
    says(&error, "message", &["billing", "candidate"]);
    let _ = world.done("topic ratify billing --by GOV-DOT --parent workflow --approval APR-2 --target directus --execute");
    assert_eq!(
        topic(&world, "billing"),
        "active workflow 1 >candidate,candidate>active"
    );
    assert_eq!(topic(&world, "invoices"), "candidate billing 2 >candidate");
    assert_eq!(
        world.value(DIRECTUS, "select concat_ws(' ', provenance ->> 'kind', provenance ->> 'prior_kind', provenance ->> 'ratified_by', provenance #>> '{transitions,1,approval_ref}') from axis_value where value_code = 'billing'"),
        "kg_ratified kg_provisional GOV-DOT APR-2"
    );
    let _ = world.done(
        "topic ratify invoices --by GOV-DOT --root --approval APR-3 --target directus --execute",
    );
    assert_eq!(
        topic(&world, "invoices"),
        "active - 0 >candidate,candidate>active"
    );

    for (line, code, message) in [
        (
            "topic propose billing --reason x --target directus",
            "change-refused",
            "exists already: it is active",
        ),
        (
            "topic ratify billing --by GOV-DOT --approval A --target directus",
            "change-refused",
            "is active",
        ),
        (
            "topic ratify billing --by GOV-MOT --approval A --target directus",
            "change-refused",
            "active",
        ),
        (
            "topic propose x --parent nowhere --reason x --target directus",
            "",
            "nowhere",
        ),
        (
            "topic propose Billing2 --reason x --target directus",
            "",
            "Billing2",
        ),
        (
            "topic propose x --kind human --reason x --target directus",
            "",
            "human",
        ),
    ] {
        let error = if code.is_empty() {
            world.error(line, 2, "input")
        } else {
            world.refused(line, code)
        };
        says(&error, "message", &[message]);
    }
}

#[test]
fn a_topic_never_stands_below_itself() {
    let world = Governed::one_roof();
    let _ = world.done("topic propose one --reason x --target directus --execute");
    let _ = world.done("topic propose two --parent one --reason x --target directus --execute");
    let _ = world.done("topic propose three --parent two --reason x --target directus --execute");
    let before = topics(&world);
    let error = world.refused(
        "topic ratify one --by GOV-DOT --parent three --approval A --target directus --execute",
        "change-refused",
    );
    says(&error, "message", &["one > two > three"]);
    let error = world.refused(
        "topic ratify one --by GOV-DOT --parent one --approval A --target directus",
        "change-refused",
    );
    says(&error, "message", &["cannot be ratified below `one`"]);
    let error = world.refused(
        "topic merge governance --into kg-domain-x --target directus --execute",
        "change-refused",
    );
    says(
        &error,
        "message",
        &["governance > registry-kg > kg-domain-x"],
    );
    let error = world.refused(
        "topic merge ai-ops --into ai-ops --target directus",
        "change-refused",
    );
    says(&error, "message", &["itself"]);
    assert_eq!(topics(&world), before);
}

#[test]
fn a_merge_gives_everything_to_the_survivor() {
    let world = Governed::one_roof();
    let _ = world.done("owner assign --object governance_registry --axis topic --value registry-kg --agency GOV-KG-SYS --approval A --target directus --execute");
    // One object has both topics already: it keeps the survivor's assignment.
    world.sql(
        DIRECTUS,
        "insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, confidence, provenance, assigned_kind, created_by)
         values ('collection', 'tasks', 'topic', 'registry-kg', 'approved', 0.80, '{\"kind\": \"test\"}', 'human', 'test')",
    );
    let line = "topic merge registry-kg --into ai-ops --target directus";
    let before = topics(&world);
    let shown = world.done(line);
    assert_eq!(topics(&world), before);
    let done = world.done(&format!("{line} --execute"));
    assert_eq!(
        done["preview"]["rows"].as_array().unwrap().len(),
        shown["preview"]["rows"].as_array().unwrap().len()
    );
    assert_eq!(
        assigned(&world, "governance_registry"),
        "registry-kg superseded 1 ai-ops, ai-ops active 2 -"
    );
    assert_eq!(
        assigned(&world, "tasks"),
        "ai-ops active 1 -, registry-kg superseded 1 ai-ops"
    );
    assert_eq!(
        topic(&world, "registry-kg"),
        "deprecated governance 1 >active,active>deprecated"
    );
    assert_eq!(
        topic(&world, "kg-domain-x"),
        "active ai-ops 2 >candidate,candidate>active"
    );
    assert_eq!(
        world.value(
            DIRECTUS,
            "select provenance ->> 'merged_into' from axis_value where value_code = 'registry-kg'"
        ),
        "ai-ops"
    );
    assert_eq!(
        world.value(DIRECTUS, "select string_agg(concat_ws(' ', value_code, lifecycle_status, supersedes_id is not null), ', ' order by ownership_id) from axis_object_ownership where axis_code = 'topic'"),
        "registry-kg superseded f, ai-ops active t"
    );
    let error = world.refused(line, "change-refused");
    says(&error, "message", &["deprecated", "merged into ai-ops"]);
}

#[test]
fn a_split_makes_children_and_a_deprecation_needs_a_reason_and_no_one_left() {
    let world = Governed::one_roof();
    let error = world.error(
        "topic split workflow --into one --reason x --target directus",
        2,
        "input",
    );
    says(&error, "message", &["1 part"]);
    let error = world.error(
        "topic split workflow --into one=agents --into two --reason x --target directus",
        2,
        "input",
    );
    says(&error, "message", &["agents"]);
    let _ = world.done("topic split workflow --into flow-design=modules --into flow-runs --reason teams --target directus --execute");
    assert_eq!(topic(&world, "flow-design"), "active workflow 1 >active");
    assert_eq!(topic(&world, "workflow"), "active - 0 >active");
    assert_eq!(
        assigned(&world, "modules"),
        "workflow superseded 1 flow-design, flow-design active 2 -"
    );
    assert_eq!(assigned(&world, "workflows"), "workflow active 1 -");

    let error = world.refused(
        "topic deprecate workflow --reason x --target directus",
        "change-refused",
    );
    says(
        &error,
        "message",
        &["flow-design", "flow-runs", "workflow-exec"],
    );
    let error = world.refused(
        "topic deprecate flow-design --reason x --target directus",
        "change-refused",
    );
    says(&error, "message", &["modules"]);
    assert_eq!(
        world
            .run("topic deprecate observability --target directus")
            .code,
        Some(2)
    );
    let _ = world.done("topic deprecate observability --reason unused --target directus --execute");
    assert_eq!(
        topic(&world, "observability"),
        "deprecated - 0 >active,active>deprecated"
    );
    let _ = world.done(
        "topic deprecate flow-design --reason x --retire-assignments --target directus --execute",
    );
    assert_eq!(
        assigned(&world, "modules"),
        "workflow superseded 1 flow-design, flow-design retired 2 -"
    );
}
