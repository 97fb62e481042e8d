//! A name that the target does not know is refused by every verb before anything runs, with the nearest known one.

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

/// Everything that the verbs below could change.
const CONTENT: &str = "select md5(concat(
    (select string_agg(o::text, ';' order by o.id) from governance_object_ownership o),
    (select string_agg(o::text, ';' order by o.ownership_id) from axis_object_ownership o),
    (select string_agg(v::text, ';' order by v.axis_code, v.value_code) from axis_value v),
    (select string_agg(a::text, ';' order by a.assignment_id) from axis_assignment a),
    (select string_agg(d::text, ';' order by d.decision_id) from topic_label_reconcile_decision d)))";

/// A line that changes something, the unknown name in it, and the nearest known one.
const CASES: &[(&str, &str, &str)] = &[
    (
        "owner assign --object taskz --scope audit --agency GOV-SIV --approval A",
        "taskz",
        "tasks",
    ),
    (
        "owner supersede --object GRP-AJ --scope audit --agency GOV-SIV --approval A",
        "GRP-AJ",
        "GRP-AI",
    ),
    (
        "owner supersede --object GRP-AI --scope audits --agency GOV-SIV --approval A",
        "audits",
        "audit",
    ),
    (
        "owner supersede --object GRP-AI --scope audit --agency GOV-SIF --approval A",
        "GOV-SIF",
        "GOV-SIV",
    ),
    (
        "owner end --object GRP-AJ --scope audit --approval A",
        "GRP-AJ",
        "GRP-AI",
    ),
    (
        "owner end --object GRP-AI --scope polcy --approval A",
        "polcy",
        "policy",
    ),
    (
        "owner end --object tasks --axis topik --value ai-ops --approval A",
        "topik",
        "topic",
    ),
    (
        "owner end --object tasks --axis topic --value ai-ups --approval A",
        "ai-ups",
        "ai-ops",
    ),
    (
        "topic propose billing --parent workflw --reason x",
        "workflw",
        "workflow",
    ),
    (
        "topic propose billing --kind human_designed --reason x",
        "human_designed",
        "human_designated",
    ),
    (
        "topic ratify workflw --by GOV-DOT --approval A",
        "workflw",
        "workflow",
    ),
    (
        "topic deprecate observabilty --reason x",
        "observabilty",
        "observability",
    ),
    (
        "topic merge observabilty --into ai-ops",
        "observabilty",
        "observability",
    ),
    (
        "topic merge observability --into ai-opps",
        "ai-opps",
        "ai-ops",
    ),
    (
        "topic split workflw --into one --into two --reason x",
        "workflw",
        "workflow",
    ),
    (
        "topic split workflow --into one=modulez --into two --reason x",
        "modulez",
        "modules",
    ),
    (
        "reconcile decide agentz ai-ops --as orthogonal-facet --facts 12345678 --rationale x --approval A",
        "agentz",
        "agents",
    ),
    (
        "reconcile decide agents ai-ops --as ortogonal-facet --facts 12345678 --rationale x --approval A",
        "ortogonal-facet",
        "orthogonal-facet",
    ),
    ("reconcile withdraw agentz ai-ops", "agentz", "agents"),
    ("reconcile withdraw agents ai-opps", "ai-opps", "ai-ops"),
];

#[test]
fn every_verb_that_changes_something_names_the_nearest_known_one() {
    let governed = Governed::one_roof();
    let before = governed.value(DIRECTUS, CONTENT);
    for (line, unknown, nearest) in CASES {
        let line = format!("{line} --target directus --execute");
        let error = governed.error(&line, 2, "input");
        says(&error, "message", &[unknown]);
        says(&error, "hint", &[&format!("`{nearest}`")]);
    }
    // A candidate must be one that is known, and so must the agency that ratifies it.
    let _ = governed.done("topic propose billing --reason x --target directus --execute");
    for (line, unknown, nearest) in [
        (
            "topic ratify billing --by GOV-DOTT --approval A",
            "GOV-DOTT",
            "GOV-DOT",
        ),
        (
            "topic ratify billing --by GOV-DOT --parent workflw --approval A",
            "workflw",
            "workflow",
        ),
        (
            "topic ratify biling --by GOV-DOT --approval A",
            "biling",
            "billing",
        ),
    ] {
        let line = format!("{line} --target directus --execute");
        let error = governed.error(&line, 2, "input");
        says(&error, "message", &[unknown]);
        says(&error, "hint", &[&format!("`{nearest}`")]);
    }
    governed.sql(
        DIRECTUS,
        "delete from axis_value where value_code = 'billing'",
    );
    assert_eq!(governed.value(DIRECTUS, CONTENT), before);
}
