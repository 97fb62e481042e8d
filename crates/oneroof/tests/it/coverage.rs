//! Who covers what: the figures of the reference, and cells that are not as they should be.

use std::time::{Duration, Instant};

use oneroof_pg::governance::matrix::MatrixQuery;
use oneroof_pg::governance::{self, coverage};
use serde_json::{Value, json};

use crate::governed::{DIRECTUS, Governed};
use crate::world::says;

#[test]
fn the_base_alone_shows_every_gap() {
    let governed = Governed::base();
    let report = governed.done("coverage --target directus");
    assert_eq!(
        report["summary"],
        json!({
            "total_cells": 210, "covered_cells": 0, "gap_cells": 210, "coverage_pct": "0.00",
            "conflicts": 0, "objects": 35, "scopes": 6, "ownership_anchors": 0
        })
    );
    assert_eq!(report["scan_status"], json!({ "scanned": false }));
    assert!(
        report["left_out"]["relations"].as_u64() > Some(0),
        "{report:#}"
    );
    let scopes = governed.done("coverage --target directus --by scope");
    let scopes = scopes["by_scope"].as_array().unwrap();
    assert_eq!(scopes.len(), 6);
    for scope in scopes {
        assert_eq!(
            (&scope["objects"], &scope["covered"], &scope["gap"]),
            (&json!(35), &json!(0), &json!(35)),
            "{scope:#}"
        );
    }
    let gaps = governed.done("coverage --target directus --gaps");
    assert_eq!(gaps["gaps"].as_array().unwrap().len(), 210);
    assert_eq!(
        governed.done("coverage --target directus --by owner")["by_owner"],
        json!([])
    );
    assert_eq!(
        letters(&governed, "coverage --target directus --matrix"),
        vec!["------"; 35]
    );
    for line in [
        "coverage --target directus --by axis",
        "coverage --target directus --matrix --axis topic",
        "drift --target directus",
        "scan --target directus",
        "drift prune --target directus --execute",
        "topic list --target directus",
        "reconcile list --target directus",
        "event export --target directus",
    ] {
        let error = governed.refused(line, "requirement-missing");
        says(&error, "message", &["`one-roof`", "`directus`", "`public`"]);
        says(
            &error,
            "hint",
            &["oneroof rehearse one-roof --from directus"],
        );
    }

    // Nothing of ours at all, and the schema that has it.
    governed.sql("postgres", "create database bare owner directus");
    governed.target("bare", "bare", "oneroof");
    let error = governed.refused("coverage --target bare", "requirement-missing");
    says(&error, "message", &["`one-roof-base`"]);
    says(
        &error,
        "hint",
        &[
            "oneroof init --governance",
            "oneroof rehearse one-roof-base",
        ],
    );
    governed.configure("[targets.bare.packages.one-roof-base]\nschema = \"elsewhere\"");
    governed.sql(
        "bare",
        "create schema one_roof; create view one_roof.v_object_owner_gap as select 1 as one",
    );
    let error = governed.refused("coverage --target bare", "requirement-missing");
    says(&error, "message", &["`elsewhere`"]);
    says(&error, "hint", &["schema = \"one_roof\""]);
}

#[test]
fn the_figures_of_the_release() {
    let governed = Governed::one_roof();
    let report = governed.done("coverage --target directus");
    assert_eq!(
        report["summary"],
        json!({
            "total_cells": 210, "covered_cells": 210, "gap_cells": 0, "coverage_pct": "100.00",
            "conflicts": 0, "objects": 35, "scopes": 6, "ownership_anchors": 30
        })
    );
    assert_eq!(
        (
            &report["scan_status"]["mode"],
            &report["scan_status"]["open"]
        ),
        (&json!("baseline"), &json!(14))
    );
    let owners = governed.done("coverage --target directus --by owner");
    let owners: Vec<_> = owners["by_owner"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| {
            let figure = |member: &str| owner[member].as_u64().unwrap();
            (
                owner["owner"].as_str().unwrap(),
                figure("total"),
                figure("direct"),
                figure("inherited"),
            )
        })
        .collect();
    assert_eq!(
        owners,
        [
            ("GOV-COUNCIL", 102, 6, 96),
            ("GOV-KG-SYS", 90, 6, 84),
            ("GOV-DOT", 30, 12, 18),
            ("GOV-MOIT", 18, 6, 12)
        ]
    );
    let axes = governed.done("coverage --target directus --by axis");
    let axes: Vec<_> = axes["by_axis"]
        .as_array()
        .unwrap()
        .iter()
        .map(|axis| {
            let figure = |member: &str| axis[member].as_u64().unwrap();
            (
                axis["axis"].as_str().unwrap(),
                figure("required_cells"),
                figure("gap_cells"),
            )
        })
        .collect();
    assert_eq!(
        axes,
        [
            ("containment", 35, 0),
            ("responsibility", 210, 0),
            ("topic", 0, 0)
        ]
    );
    let detail = governed.done("coverage --target directus --object agents");
    let detail = detail["ownership_detail"].as_array().unwrap();
    assert_eq!(detail.len(), 6);
    for row in detail {
        assert_eq!(
            [
                &row["owner_gov_code"],
                &row["owner_kind"],
                &row["resolution"]
            ],
            ["GOV-DOT", "accountable", "inherited"],
            "{row:#}"
        );
        assert_eq!(
            (
                &row["source_anchor_type"],
                &row["source_anchor_ref"],
                &row["depth"]
            ),
            (&json!("group"), &json!("GRP-AI"), &json!(1))
        );
    }
    assert_eq!(
        letters(&governed, "coverage --target directus --matrix"),
        vec!["iiiiii"; 35]
    );
    assert_eq!(
        letters(
            &governed,
            "coverage --target directus --matrix --group GRP-BUSINESS"
        ),
        vec!["iiiiii"; 2]
    );
    assert_eq!(
        letters(&governed, "coverage --target directus --matrix --page 2"),
        Vec::<String>::new()
    );
    // One value of five is assigned to each object; six objects have a topic, which nobody owns.
    let contained = letters(
        &governed,
        "coverage --target directus --matrix --axis containment",
    );
    assert_eq!(contained.len(), 35);
    for row in &contained {
        assert_eq!(row.replace('.', ""), "D", "{contained:?}");
    }
    let topics = letters(
        &governed,
        "coverage --target directus --matrix --axis topic",
    );
    assert_eq!(topics.len(), 6);
    for row in &topics {
        assert_eq!(row.replace('.', ""), "-", "{topics:?}");
    }
    let by_object = governed.done("coverage --target directus --by object");
    assert_eq!(by_object["by_object"].as_array().unwrap().len(), 35);
    for (line, nearest) in [
        ("coverage --target directus --object agent", "`agents`"),
        (
            "coverage --target directus --gaps --object collection:agnts",
            "`agents`",
        ),
        (
            "coverage --target directus --matrix --group GRP-A",
            "`GRP-AI`",
        ),
        (
            "coverage --target directus --matrix --axis topics",
            "`topic`",
        ),
        ("owner list --target directus --scope aproval", "`approval`"),
        (
            "owner list --target directus --agency GOV-DOTS",
            "`GOV-DOT`",
        ),
        (
            "drift --target directus --detector label_orphans",
            "`label_orphan`",
        ),
        ("drift --target directus --severity warn", "`warning`"),
        ("topic list --target directus --status activ", "`active`"),
    ] {
        let error = governed.error(line, 2, "input");
        says(&error, "hint", &["did you mean", nearest]);
    }
    let error = governed.error(
        "coverage --target directus --by scope --object agents",
        2,
        "input",
    );
    says(&error, "hint", &["--by object"]);
    let text = governed.run("coverage --target directus --matrix --object tasks");
    assert!(
        text.stdout.contains("│ tasks") && text.stdout.contains("D direct, i inherited"),
        "{}",
        text.stdout
    );
}

#[test]
fn cells_that_are_not_as_they_should_be() {
    let governed = Governed::one_roof();
    let row = |object: &str, scope: &str, owner: &str, more: &str| {
        format!(
            "insert into governance_object_ownership
                 (object_type, object_ref, scope, owner_kind, owner_gov_code, created_by, is_inherited_anchor,
                  effective_from, effective_to)
             select split_part('{object}', ':', 1), split_part('{object}', ':', 2), '{scope}', 'accountable',
                    '{owner}', 'test', {more};"
        )
    };
    // A direct owner; two for one cell; two on one anchor; one that has ended; one that has not begun.
    let always = "false, now(), null";
    governed.sql(
        DIRECTUS,
        &[
            "drop index uq_gov_obj_accountable;".to_owned(),
            row("collection:agents", "audit", "GOV-SIV", always),
            row("collection:tasks", "audit", "GOV-SIV", always),
            row("collection:tasks", "audit", "GOV-COUNCIL", always),
            row("group:GRP-BUSINESS", "policy", "GOV-SIV", "true, now(), null"),
            row("collection:agents", "render", "GOV-SIV", "false, now() - interval '2 days', now() - interval '1 day'"),
            row("collection:agents", "health", "GOV-SIV", "false, now() + interval '1 day', null"),
            "delete from governance_object_ownership where object_ref = 'GRP-WORKFLOW' and scope = 'render';".to_owned(),
        ]
        .concat(),
    );
    let matrix = |object: &str| {
        letters(
            &governed,
            &format!("coverage --target directus --matrix --object {object}"),
        )
        .concat()
    };
    // approval, audit, execution, health, policy, render
    assert_eq!(matrix("agents"), "iDiiii");
    let group = governed.value(
        DIRECTUS,
        "select object_ref from v_governance_object_containment where parent_ref = 'GRP-BUSINESS' limit 1",
    );
    assert_eq!(matrix(&group), "iiii!i");
    let tasks = matrix("collection:tasks");
    assert_eq!(tasks.get(1..2), Some("!"), "{tasks}");
    let conflicts = governed.done("coverage --target directus --conflicts");
    let conflicts = conflicts["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), 2, "{conflicts:#?}");
    assert_eq!(conflicts[0]["owners"], json!(["GOV-COUNCIL", "GOV-SIV"]));
    let gaps = governed.done("coverage --target directus --gaps");
    let gaps = gaps["gaps"].as_array().unwrap().len();
    let members = governed.value(
        DIRECTUS,
        "select count(*) from v_governance_object_containment where parent_ref = 'GRP-WORKFLOW'",
    );
    assert_eq!(gaps.to_string(), members);
    let summary = &governed.done("coverage --target directus")["summary"];
    assert_eq!(
        (&summary["gap_cells"], &summary["conflicts"]),
        (&json!(gaps), &json!(2))
    );

    let active = governed.done("owner list --target directus --object agents");
    let with_history = governed.done("owner list --target directus --object agents --history");
    let rows = |report: &Value| report["rows"].as_array().unwrap().len();
    assert_eq!((rows(&active), rows(&with_history)), (3, 3));
    governed.sql(
        DIRECTUS,
        "update governance_object_ownership set lifecycle_status = 'expired' where effective_to < now()",
    );
    let active = governed.done("owner list --target directus --object agents");
    let with_history = governed.done("owner list --target directus --object agents --history");
    assert_eq!((rows(&active), rows(&with_history)), (2, 3));
    let text = governed
        .run("owner list --target directus --object agents")
        .exits(0)
        .stdout;
    assert!(text.contains("active, outside its dates"), "{text}");
}

/// A role without the right is told the grant, and the grant is enough.
#[test]
fn who_may_not_read_is_told_the_grant() {
    let governed = Governed::base();
    governed.sql("postgres", "revoke one_roof_reader from oneroof_read");
    let error = governed.refused("coverage --target directus", "right-missing");
    says(&error, "message", &["`oneroof_read`", "`directus`"]);
    let hint = error["hint"].as_str().unwrap();
    let sql = hint.strip_prefix("a DBA runs: ").unwrap();
    governed.sql("postgres", sql);
    let _ = governed.done("coverage --target directus");
}

/// Rows nobody has analyzed are what makes a planner choose a nested loop, which would take a hundred times as
/// long as reading the owners once.
#[test]
fn five_thousand_objects_are_counted_at_once() {
    let governed = Governed::one_roof();
    let copied = governed.value(
        DIRECTUS,
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
         where attrelid = 'public.collection_registry'::regclass and attnum > 0 and not attisdropped
           and attidentity = '' and attgenerated = '' and not atthasdef and attname not in ('id', 'collection_name')",
    );
    governed.sql(
        DIRECTUS,
        &format!(
            "alter table public.collection_registry set (autovacuum_enabled = false);
             insert into public.collection_registry (collection_name, {copied})
             select 'many_' || i, {copied}
             from public.collection_registry, generate_series(1, 4965) as i
             where collection_name = 'agents'"
        ),
    );
    let session = governed.session(DIRECTUS);
    governed.block_on(async {
        session.simple("begin read only").await.unwrap();
        governance::plan_settings(&session).await.unwrap();
        let owners = time(async || {
            let count = "select count(*) from v_object_effective_owner";
            session.simple(count).await.unwrap().rows.len()
        });
        let (owners, _) = owners.await;
        let all = MatrixQuery::default();
        let contained = MatrixQuery {
            axis: Some("containment".into()),
            ..MatrixQuery::default()
        };
        let matrix = async |query: &MatrixQuery| {
            governance::matrix::matrix(&session, query)
                .await
                .unwrap()
                .rows
                .len()
        };
        let answers = [
            ("matrix", time(async || matrix(&all).await).await, 5_000),
            (
                "containment",
                time(async || matrix(&contained).await).await,
                35,
            ),
            (
                "objects",
                time(async || coverage::by_object(&session, None).await.unwrap().len()).await,
                5_000,
            ),
            (
                "gaps",
                time(async || coverage::gaps(&session, None).await.unwrap().len()).await,
                0,
            ),
            (
                "scopes",
                time(async || coverage::by_scope(&session).await.unwrap().len()).await,
                6,
            ),
            (
                "summary",
                time(async || coverage::summary(&session).await.unwrap().gap_cells as usize).await,
                0,
            ),
        ];
        for (name, (elapsed, rows), expected) in answers {
            assert_eq!(rows, expected, "{name}");
            let ratio = elapsed.as_secs_f64() / owners.as_secs_f64();
            assert!(
                ratio < 20.0,
                "{name}: {elapsed:?}, {ratio:.1} times {owners:?}"
            );
        }
    });
    let page = governed.done("coverage --target directus --matrix --page 50");
    assert_eq!(
        (
            page["matrix"]["rows"].as_array().map(Vec::len),
            &page["matrix"]["more"]
        ),
        (Some(100), &json!(false))
    );
    let page = governed.done("coverage --target directus --matrix --page 49");
    assert_eq!(page["matrix"]["more"], true);
}

/// The best of three, so that a busy machine does not count, and what was answered.
async fn time(work: impl AsyncFn() -> usize) -> (Duration, usize) {
    let mut best = Duration::MAX;
    let mut rows = 0;
    for _ in 0..3 {
        let started = Instant::now();
        rows = work().await;
        best = best.min(started.elapsed());
    }
    (best, rows)
}

/// The rows of the matrix, a letter a column, as the table shows them.
fn letters(governed: &Governed, line: &str) -> Vec<String> {
    let report = governed.done(line);
    let matrix = &report["matrix"];
    let columns = matrix["columns"].as_array().unwrap();
    let rows = matrix["rows"].as_array().unwrap();
    let expected: Vec<String> = rows
        .iter()
        .map(|row| {
            let letter = |column: &Value| match &row["cells"][column.as_str().unwrap()] {
                Value::Null => '.',
                cell if cell["conflict"] == true => '!',
                cell if cell["gap"] == true => '-',
                cell if cell["resolution"] == "inherited" => 'i',
                _ => 'D',
            };
            columns.iter().map(letter).collect()
        })
        .collect();
    // What people see is the same.
    let text = governed.run(line).exits(0).stdout;
    let shown: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with('│'))
        .skip(1)
        .map(|line| {
            let cells = line.split(['│', '┆']).map(str::trim).skip(3);
            cells.collect::<String>()
        })
        .collect();
    assert_eq!(shown, expected, "{text}");
    shown
}
