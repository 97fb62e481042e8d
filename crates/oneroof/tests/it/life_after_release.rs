//! Life after the release: what happens to a governed production, what the views say at once, and what `sync`
//! makes of it. Each on a server of its own, since databases of one server can be copied but not the time.

use serde_json::Value;

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

const SYNC: &str = "sync --target directus --params wish.toml";

/// The wish of the reference, with what a test says in addition.
fn wish(governed: &Governed, text: &str) {
    governed.sandbox.write("wish.toml", text);
}

/// Gap, conflict, required cells and gaps of the two axes, containment rows that do not fit.
fn figures(governed: &Governed) -> String {
    governed.value(
        DIRECTUS,
        "select format('gap %s conflict %s responsibility %s/%s containment %s/%s wrong %s',
             (select count(*) from v_object_owner_gap),
             (select count(*) from v_object_owner_conflict),
             (select required_cells from v_axis_coverage_summary where axis_code = 'responsibility'),
             (select gap_cells from v_axis_coverage_summary where axis_code = 'responsibility'),
             (select required_cells from v_axis_coverage_summary where axis_code = 'containment'),
             (select gap_cells from v_axis_coverage_summary where axis_code = 'containment'),
             (select count(*) from v_axis_missing_assignment))",
    )
}

/// Syncs, and a second sync finds nothing: what was done is what was wanted.
#[track_caller]
fn synced(governed: &Governed) -> Value {
    let shown = governed.done(SYNC);
    assert_eq!(shown["outcome"], "shown", "{shown:#}");
    let done = governed.done(&format!("{SYNC} --execute"));
    assert_eq!(done["outcome"], "done", "{done:#}");
    assert_eq!(done["preview"]["coverage"], shown["preview"]["coverage"]);
    let again = governed.done(&format!("{SYNC} --execute"));
    assert_eq!(again["change"], Value::Null, "{again:#}");
    let verified = governed.run("verify one-roof --target directus");
    assert_eq!(verified.code, Some(0), "{verified:#?}");
    done
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

const GOVERN: &str = "insert into collection_registry
    select (jsonb_populate_record(r, jsonb_build_object('id', 9001, 'code', 'CAT-9001', 'collection_name', 'invoices'))).*
    from collection_registry r where r.collection_name = 'tasks'";

#[test]
fn nothing_to_do_is_said_and_is_no_fault() {
    let governed = Governed::one_roof();
    wish(&governed, "");
    let before = governed.value(DIRECTUS, "select count(*) from axis_assignment");
    for more in ["", " --execute", " --write"] {
        let outcome = governed.run(&format!("{SYNC}{more}")).exits(0);
        assert!(outcome.stdout.contains("nothing to do"), "{outcome:#?}");
    }
    assert_eq!(
        governed.value(DIRECTUS, "select count(*) from axis_assignment"),
        before
    );
    let _ = governed.error("sync one-rof --target directus", 2, "input");
}

#[test]
fn a_seventh_scope_is_a_gap_until_it_is_synced() {
    let governed = Governed::one_roof();
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    governed.sql(DIRECTUS, "insert into governance_responsibility_scope (scope_code, description, sort) values ('privacy', 'protects people', 7)");
    assert_eq!(
        figures(&governed),
        "gap 35 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.run("verify one-roof --target directus").code,
        Some(4)
    );

    wish(&governed, "");
    let report = governed.done(SYNC);
    assert!(
        notes(&report).contains("scope privacy is in the target and not in governance.toml"),
        "{report:#}"
    );
    wish(&governed, &seven_scopes());
    let done = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 245/0 containment 35/0 wrong 0"
    );
    assert_eq!(done["preview"]["gaps_closed"].as_array().unwrap().len(), 35);
    assert_eq!(
        governed.value(DIRECTUS, "select count(*) from governance_object_ownership"),
        "35"
    );

    // And it ends again, with its anchors, when people say so.
    wish(&governed, "[[retire]]\nscope = 'privacy'\n");
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(
            DIRECTUS,
            "select status from axis_value where value_code = 'privacy'"
        ),
        "retired"
    );
    assert_eq!(
        governed.value(
            DIRECTUS,
            "select count(*) from governance_object_ownership where lifecycle_status = 'revoked'"
        ),
        "5"
    );
}

#[test]
fn a_scope_that_only_the_file_names_comes_with_its_owners() {
    let governed = Governed::one_roof();
    wish(&governed, &seven_scopes());
    let done = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 245/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        done["preview"]["gaps_opened"].as_array().map(Vec::len),
        Some(0)
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(concat_ws(' ', scope_code, description, status), ', ') from governance_responsibility_scope where sort = 7"),
        "privacy protects people active"
    );
}

/// The scopes of the reference and one more.
fn seven_scopes() -> String {
    let reference: toml::Table = toml::from_str(include_str!(
        "../../../../packages/one-roof/fixtures/reference.toml"
    ))
    .unwrap();
    let mut scopes = reference["packages"]["one-roof-base"]["scopes"]
        .as_array()
        .unwrap()
        .clone();
    scopes.push(
        toml::from_str::<toml::Table>(
            "code = 'privacy'\ndescription = 'protects people'\nsort = 7",
        )
        .unwrap()
        .into(),
    );
    format!(
        "[packages.one-roof-base]\nscopes = {}\n",
        toml::Value::Array(scopes)
    )
}

#[test]
fn an_object_that_comes_and_leaves_again() {
    let governed = Governed::one_roof();
    wish(&governed, "");
    governed.sql(DIRECTUS, GOVERN);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 216/0 containment 35/0 wrong 1"
    );
    assert_eq!(
        governed.run("verify one-roof --target directus").code,
        Some(0)
    );
    let done = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 216/0 containment 36/0 wrong 0"
    );
    assert_eq!(
        done["preview"]["findings_closed"].as_array().unwrap().len(),
        1,
        "{done:#}"
    );

    governed.sql(
        DIRECTUS,
        "delete from collection_registry where collection_name = 'agents'",
    );
    // agents lies on two axes: containment and topic.
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 2"
    );
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(axis_code || ' ' || status, ', ' order by axis_code) from axis_assignment where object_ref = 'agents'"),
        "containment retired, topic retired"
    );
    assert_eq!(
        governed.value(
            DIRECTUS,
            "select lifecycle_status from axis_object_ownership where object_ref = 'agents'"
        ),
        "revoked"
    );
}

#[test]
fn an_object_without_a_group_waits_for_people() {
    let governed = Governed::one_roof();
    wish(&governed, "");
    governed.sql(DIRECTUS, GOVERN);
    governed.sql(
        DIRECTUS,
        "update collection_registry set \"group\" = null where collection_name = 'invoices'",
    );
    assert_eq!(
        figures(&governed),
        "gap 6 conflict 0 responsibility 216/6 containment 35/0 wrong 1"
    );
    assert_eq!(
        governed.run("verify one-roof --target directus").code,
        Some(4)
    );
    let report = governed.done(SYNC);
    assert_eq!(report["change"], Value::Null);
    assert!(
        notes(&report).contains("invoices has no group"),
        "{report:#}"
    );
    governed.sql(
        DIRECTUS,
        "update collection_registry set \"group\" = 'GRP-AI' where collection_name = 'invoices'",
    );
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 216/0 containment 36/0 wrong 0"
    );
}

#[test]
fn an_object_that_moves_keeps_its_history() {
    let governed = Governed::one_roof();
    wish(&governed, "");
    governed.sql(DIRECTUS, "update collection_registry set \"group\" = 'GRP-GOVERNANCE' where collection_name = 'agents'");
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 1"
    );
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(format('%s %s r%s %s', value_code, status, revision, superseded_by is not null), '; ' order by revision)
             from axis_assignment where axis_code = 'containment' and object_ref = 'agents'"),
        "GRP-AI superseded r1 t; GRP-GOVERNANCE active r2 f"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(format('%s %s %s', owner_gov_code, lifecycle_status, supersedes_id is not null), '; ' order by ownership_id)
             from axis_object_ownership where axis_code = 'containment' and object_ref = 'agents'"),
        "GOV-DOT superseded f; GOV-COUNCIL active t"
    );
}

#[test]
fn another_owner_in_the_matrix_supersedes_the_old_one() {
    let governed = Governed::one_roof();
    wish(&governed, "[packages.one-roof]\nowner_matrix = [
        { container = \"GRP-AI\", owner = \"GOV-SIV\" }, { container = \"GRP-BUSINESS\", owner = \"GOV-MOIT\" },
        { container = \"GRP-GOVERNANCE\", owner = \"GOV-COUNCIL\" }, { container = \"GRP-REGISTRY\", owner = \"GOV-KG-SYS\" },
        { container = \"GRP-WORKFLOW\", owner = \"GOV-DOT\" }]\n");
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(format('%s %s %s %s', owner_gov_code, lifecycle_status, effective_to is not null, supersedes_id is not null), '; ' order by id)
             from governance_object_ownership where object_ref = 'GRP-AI' and scope = 'audit'"),
        "GOV-DOT superseded t f; GOV-SIV active f t"
    );
    assert_eq!(governed.value(DIRECTUS, "select owner_gov_code from axis_object_ownership where object_ref = 'agents' and lifecycle_status = 'active'"), "GOV-SIV");
    // The release that it stands on is not rolled back under it.
    let refused = governed.refused(
        "rollback one-roof --target directus --execute",
        "rollback-blocked",
    );
    says(&refused, "message", &["ROLLBACK REFUSED"]);
}

#[test]
fn an_agency_leaves_only_with_a_successor() {
    let governed = Governed::one_roof();
    governed.sql(DIRECTUS, "insert into governance_object_ownership (object_type, object_ref, scope, owner_kind, owner_gov_code, created_by)
        values ('collection', 'agents', 'audit', 'accountable', 'GOV-MOIT', 'test')");
    let agencies = "[packages.one-roof-base]\nagencies = [
        { code = \"GOV-COUNCIL\", name = \"Council\", status = \"active\" }, { code = \"GOV-DOT\", name = \"DOT administration\", status = \"active\" },
        { code = \"GOV-KG-SYS\", name = \"Knowledge Graph system\", status = \"active\" }, { code = \"GOV-MOT\", name = \"Mother of Tables\", status = \"draft\" },
        { code = \"GOV-MOUT\", name = \"Mother of Output Templates\", status = \"draft\" }, { code = \"GOV-MOW\", name = \"Mother of Workflows\", status = \"active\" },
        { code = \"GOV-NRM-SYS\", name = \"Normative system\", status = \"active\" }, { code = \"GOV-SIV\", name = \"System Integrity Verification\", status = \"active\" }]
        [packages.one-roof]\nowner_matrix = [{ container = \"GRP-BUSINESS\", owner = \"GOV-MOW\" }, { container = \"GRP-AI\", owner = \"GOV-DOT\" },
        { container = \"GRP-GOVERNANCE\", owner = \"GOV-COUNCIL\" }, { container = \"GRP-REGISTRY\", owner = \"GOV-KG-SYS\" }, { container = \"GRP-WORKFLOW\", owner = \"GOV-DOT\" }]\n";
    wish(
        &governed,
        &format!("{agencies}[[retire]]\nagency = \"GOV-MOIT\"\n"),
    );
    let before = governed.value(
        DIRECTUS,
        "select md5(string_agg(o::text, ';' order by id)) from governance_object_ownership o",
    );
    let refused = governed.refused(&format!("{SYNC} --execute"), "change-refused");
    says(
        &refused,
        "reasons",
        &["GOV-MOIT cannot be retired: it holds collection:agents/audit"],
    );
    assert_eq!(
        governed.value(
            DIRECTUS,
            "select md5(string_agg(o::text, ';' order by id)) from governance_object_ownership o"
        ),
        before
    );

    wish(
        &governed,
        &format!("{agencies}[[retire]]\nagency = \"GOV-MOIT\"\nsuccessor = \"GOV-SIV\"\n"),
    );
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(code || ' ' || name || ' ' || status, ', ' order by code) from governance_registry where code in ('GOV-MOIT', 'GOV-COUNCIL', 'GOV-MOW')"),
        "GOV-COUNCIL Council active, GOV-MOIT Mother of Input Templates retired, GOV-MOW Mother of Workflows active"
    );
    assert_eq!(governed.value(DIRECTUS, "select count(*) from governance_object_ownership where lifecycle_status = 'active' and owner_gov_code = 'GOV-MOIT'"), "0");
    assert_eq!(governed.value(DIRECTUS, "select owner_gov_code from v_object_effective_owner where object_ref = 'agents' and scope = 'audit'"), "GOV-SIV");
    assert_eq!(governed.value(DIRECTUS, "select string_agg(distinct owner_gov_code, ',') from v_axis_effective_owner where object_ref = 'tasks'"), "GOV-MOW");
}

#[test]
fn rows_whose_time_is_over_are_closed() {
    let governed = Governed::one_roof();
    wish(&governed, "");
    governed.sql(DIRECTUS, "update governance_object_ownership set effective_from = now() - interval '2 days', effective_to = now() - interval '1 day' where object_ref = 'GRP-AI' and scope = 'audit';
        insert into governance_object_ownership (object_type, object_ref, scope, owner_kind, owner_gov_code, effective_from, effective_to, created_by)
        values ('collection', 'tasks', 'audit', 'delegated', 'GOV-SIV', now() - interval '2 days', now() - interval '1 day', 'test')");
    assert_eq!(
        figures(&governed),
        "gap 1 conflict 0 responsibility 210/1 containment 35/0 wrong 0"
    );
    let _ = synced(&governed);
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(object_ref || ' ' || lifecycle_status, ', ' order by id) from governance_object_ownership where effective_to is not null"),
        "GRP-AI superseded, tasks expired"
    );
}

#[test]
fn a_renamed_object_keeps_what_it_had_when_people_say_so() {
    let governed = Governed::one_roof();
    governed.sql(DIRECTUS, "insert into governance_object_ownership (object_type, object_ref, scope, owner_kind, owner_gov_code, created_by)
        values ('collection', 'agents', 'audit', 'accountable', 'GOV-SIV', 'test');
        update collection_registry set collection_name = 'assistants' where collection_name = 'agents'");
    wish(&governed, "");
    let alone = governed.done(SYNC);
    assert!(
        notes(&alone).contains("possible rename: agents is gone and assistants is new"),
        "{alone:#}"
    );

    wish(
        &governed,
        "[[rename]]\nfrom = \"agents\"\nto = \"assistants\"\n",
    );
    let done = synced(&governed);
    assert!(!notes(&done).contains("possible rename"), "{done:#}");
    assert_eq!(
        figures(&governed),
        "gap 0 conflict 0 responsibility 210/0 containment 35/0 wrong 0"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(format('%s/%s %s r%s', axis_code, value_code, zone, revision), ', ' order by axis_code) from axis_assignment where object_ref = 'assistants' and status = 'active'"),
        "containment/GRP-AI approved r2, topic/ai-ops candidate r2"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(format('%s %s %s', object_ref, lifecycle_status, supersedes_id is not null), ', ' order by id) from governance_object_ownership where object_type = 'collection'"),
        "agents superseded f, assistants active t"
    );
}

#[test]
fn topics_and_labels_of_the_seed_are_added() {
    let governed = Governed::one_roof();
    wish(&governed, "[packages.one-roof.topic_seed]\nvalues = [
        { value = \"quality\", kind = \"human_designated\" }, { value = \"quality-data\", kind = \"human_designated\", parent = \"quality\" }]
        map = [{ value = \"quality\", label = \"LBL-105\", map_kind = \"direct\" }]
        assign = [{ collection = \"system_issues\", value = \"quality-data\", zone = \"candidate\", confidence = 0.8, kind = \"human\" }]\n");
    let _ = synced(&governed);
    assert_eq!(
        governed.value(DIRECTUS, "select string_agg(format('%s %s %s', topic, status, depth), ', ' order by topic) from v_ui_topic_tree where topic like 'quality%'"),
        "quality active 0, quality-data active 1"
    );
    assert_eq!(
        governed.value(DIRECTUS, "select count(*) from topic_taxonomy_map"),
        "8"
    );
    assert_eq!(governed.value(DIRECTUS, "select value_code from axis_assignment where object_ref = 'system_issues' and axis_code = 'topic'"), "quality-data");
}

#[test]
fn a_second_version_of_the_package_is_refused_and_nothing_changes() {
    let governed = Governed::one_roof();
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packages/one-roof");
    let copied = governed.sandbox.bash(&format!(
        "mkdir packages && cp -r '{package}' packages/next && chmod -R u+w packages && \
         sed -i 's/^version  = \"1.0.0\"/version  = \"1.0.1\"/' packages/next/release.toml && grep -c '\"1.0.1\"' packages/next/release.toml"
    ));
    assert_eq!(copied.exits(0).stdout, "1\n");
    let _ = governed.run("package seal packages/next").exits(0);
    let state = |governed: &Governed| {
        governed.value(
            DIRECTUS,
            "select format('%s %s %s', (select count(*) from oneroof.entry), (select count(*) from axis_value), (select count(*) from governance_object_ownership))",
        )
    };
    let before = state(&governed);
    for line in [
        "apply packages/next --target directus",
        "apply packages/next --target directus --execute",
    ] {
        let (code, report) = governed.json(line);
        assert_eq!(code, 3, "{line}: {report:#}");
        assert!(
            report["error"]
                .to_string()
                .contains("PREFLIGHT ABORT: axis substrate already present (6 tables)"),
            "{line}: {report:#}"
        );
    }
    assert_eq!(state(&governed), before);
    // What the first version made is not undone in the name of the second.
    let refused = governed.refused(
        "rollback packages/next --target directus --execute",
        "rollback-blocked",
    );
    says(&refused, "message", &["made later by: one-roof@1.0.0"]);
    assert_eq!(state(&governed), before);
    assert_eq!(
        governed.run("verify one-roof --target directus").code,
        Some(0)
    );
}
