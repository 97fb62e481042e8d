//! `release.toml` of a change: what is read before and after, what must be so, what is counted, what is never touched.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use oneroof_pg::change::TABLES;
use serde::Serialize;

use super::Facts;
use crate::governance::change::before;
use crate::governance::change::preview::{Preview, RowOperation};
use crate::governance::change::{Change, OWNER_ROLE, VERSION};

/// Tables that no change writes; names that a target lacks are ignored.
const NEVER: [&str; 20] = [
    "public.directus_collections",
    "public.collection_registry",
    "public.approval_requests",
    "public.apr_approvals",
    "public.os_proposals",
    "public.os_proposal_approvals",
    "public.taxonomy_facets",
    "public.taxonomy",
    "public.label_rules",
    "public.entity_labels",
    "public.system_issues",
    "taxonomy_facets",
    "taxonomy",
    "label_rules",
    "entity_labels",
    "event_type_registry",
    "event_outbox",
    "governance_scan_run",
    "governance_drift_state",
    "governance_event_log",
];

/// Columns that hold a moment, or a key that is made: two equal runs differ in them.
pub(in crate::governance::change) const VOLATILE: [(&str, &[&str]); 7] = [
    ("governance_registry", &["created_at"]),
    (
        "governance_object_ownership",
        &["effective_from", "effective_to", "created_at", "updated_at"],
    ),
    ("axis_registry", &["created_at"]),
    ("axis_value", &["provenance", "created_at"]),
    (
        "axis_assignment",
        &["assigned_at", "valid_from", "valid_to", "created_at"],
    ),
    (
        "axis_object_ownership",
        &["effective_from", "effective_to", "created_at"],
    ),
    ("topic_label_reconcile_decision", &["decided_at"]),
];

/// Tables with a row that something happens to, in the order of [`TABLES`].
pub(super) fn with(preview: &Preview, wanted: impl Fn(RowOperation) -> bool) -> Vec<&'static str> {
    TABLES
        .into_iter()
        .filter(|table| {
            preview
                .rows
                .iter()
                .any(|row| row.table == *table && wanted(row.operation))
        })
        .collect()
}

/// The plan, in the order in which it is read.
#[derive(Serialize)]
pub(super) struct Plan {
    format: u32,
    package: Package,
    parameters: BTreeMap<&'static str, Parameter>,
    metric: Vec<Metric>,
    precondition: Vec<Check>,
    tier: Vec<Tier>,
    verify: Verify,
    invariant: Vec<Check>,
    #[serde(skip_serializing_if = "Rollback::is_empty")]
    rollback: Rollback,
    effects: Effects,
}

#[derive(Serialize)]
struct Package {
    name: String,
    version: &'static str,
    summary: String,
    database: String,
    postgres: &'static str,
    requires: Vec<&'static str>,
    schema: BTreeMap<&'static str, &'static str>,
    run_as: &'static str,
}

#[derive(Serialize)]
struct Parameter {
    #[serde(rename = "type")]
    kind: &'static str,
    meaning: &'static str,
    default: String,
}

#[derive(Serialize)]
struct Metric {
    name: &'static str,
    meaning: &'static str,
    query: &'static str,
}

#[derive(Serialize)]
struct Check {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    required: String,
    message: String,
    hint: String,
}

#[derive(Serialize)]
struct Tier {
    id: &'static str,
    file: &'static str,
    summary: String,
    rollback: &'static str,
    marker: String,
    expect: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<Rows>,
}

#[derive(Serialize)]
struct Rows {
    table: &'static str,
    #[serde(rename = "where")]
    predicate: String,
}

#[derive(Serialize)]
struct Verify {
    table: Vec<&'static str>,
}

#[derive(Serialize)]
struct Rollback {
    precondition: Vec<Check>,
}

impl Rollback {
    fn is_empty(&self) -> bool {
        self.precondition.is_empty()
    }
}

#[derive(Serialize)]
struct Effects {
    never_touch: Vec<String>,
    volatile_columns: Vec<String>,
}

/// The plan of a change.
pub(super) fn plan(change: &Change, preview: &Preview, facts: &Facts<'_>) -> Plan {
    let metrics = metrics(facts.with_axes);
    let names: Vec<&'static str> = metrics.iter().map(|metric| metric.name).collect();
    let touched = preview.tables();
    let inserted = with(preview, |operation| operation == RowOperation::Inserted);
    let parameter = |meaning, default| Parameter {
        kind: "text",
        meaning,
        default,
    };
    let document = serde_json::to_string_pretty(&change.document()).unwrap_or_default() + "\n";
    Plan {
        format: 1,
        package: Package {
            name: change.package_name(),
            version: VERSION,
            summary: change.summary.clone(),
            database: facts.database.to_owned(),
            postgres: ">=14, <19",
            requires: vec![if facts.with_axes {
                "one-roof"
            } else {
                "one-roof-base"
            }],
            schema: BTreeMap::from([("parameter", "schema")]),
            run_as: OWNER_ROLE,
        },
        parameters: BTreeMap::from([
            (
                "schema",
                parameter("the schema of both packages", facts.schema.to_owned()),
            ),
            (
                "change",
                parameter("what is changed: the document that the SQL reads", document),
            ),
            (
                "before",
                parameter(
                    "the rows as they were when the change was previewed: what undoing restores, and what must still be so",
                    before::document(preview),
                ),
            ),
        ]),
        precondition: preconditions(preview, &inserted),
        tier: vec![Tier {
            id: "change",
            file: "tiers/10_change.sql",
            summary: change.summary.clone(),
            rollback: "rollback/10_change.sql",
            marker: marker(&change.name, &names),
            expect: expect(preview, facts.with_axes),
            rows: inserted.iter().map(|table| rows(table)).collect(),
        }],
        verify: Verify { table: names },
        invariant: invariants(preview, &inserted),
        rollback: Rollback {
            precondition: with(preview, |operation| operation == RowOperation::Updated)
                .into_iter()
                .map(after_check)
                .collect(),
        },
        effects: Effects {
            never_touch: NEVER
                .iter()
                .chain(TABLES.iter().filter(|table| !touched.contains(**table)))
                .map(|table| (*table).to_owned())
                .collect(),
            volatile_columns: VOLATILE
                .iter()
                .filter(|(table, _)| touched.contains(table))
                .flat_map(|(table, columns)| {
                    columns
                        .iter()
                        .map(move |column| format!("{table}.{column}"))
                })
                .collect(),
        },
        metric: metrics,
    }
}

fn metrics(with_axes: bool) -> Vec<Metric> {
    let mut metrics = vec![
        Metric {
            name: "cells",
            meaning: "cells (born object x active scope) that need an owner",
            query: "select (select count(*) from v_governance_object_inventory i where i.born and i.requires_owner) * (select count(*) from governance_responsibility_scope s where s.status = 'active')",
        },
        Metric {
            name: "gap",
            meaning: "of these, cells without an accountable owner",
            query: "select count(*) from v_object_owner_gap",
        },
        Metric {
            name: "conflict",
            meaning: "objects and scopes with more than one active accountable row",
            query: "select count(*), string_agg(c.object_type || ':' || c.object_ref || '/' || c.scope, ', ') from v_object_owner_conflict c",
        },
    ];
    if with_axes {
        metrics.push(Metric {
            name: "axes_cells",
            meaning: "required cells of all axes",
            query: "select count(*) from v_axis_required_cell",
        });
        metrics.push(Metric {
            name: "axes_gap",
            meaning: "of these, cells without an owner of the required kind",
            query: "select count(*) from v_axis_coverage_gap",
        });
    }
    metrics
}

/// How far each figure moves, as the preview saw it. Other changes may have come between: only the step is fixed.
fn expect(preview: &Preview, with_axes: bool) -> BTreeMap<&'static str, String> {
    let mut steps: BTreeMap<&'static str, i64> = BTreeMap::new();
    for change in &preview.coverage {
        let step = |figure: fn(&oneroof_pg::change::AxisCoverage) -> i64| {
            change.after.as_ref().map_or(0, figure) - change.before.as_ref().map_or(0, figure)
        };
        let (required, gap) = (step(|axis| axis.required), step(|axis| axis.gap));
        if change.axis == "responsibility" {
            steps.insert("cells", required);
            steps.insert("gap", gap);
            steps.insert("conflict", step(|axis| axis.conflict));
        }
        if with_axes {
            *steps.entry("axes_cells").or_default() += required;
            *steps.entry("axes_gap").or_default() += gap;
        }
    }
    steps
        .into_iter()
        .map(|(name, step)| {
            let expression = match step {
                0 => "before".to_owned(),
                step if step > 0 => format!("before + {step}"),
                step => format!("before - {}", -step),
            };
            (name, expression)
        })
        .collect()
}

fn marker(name: &str, metrics: &[&str]) -> String {
    let mut marker = format!("CHANGE APPLIED: {name}");
    for metric in metrics {
        let _ = write!(marker, " {metric}={{{metric}}}");
    }
    marker
}

fn tag_column(table: &str) -> &'static str {
    match table {
        "topic_label_reconcile_decision" => "tag",
        _ => "created_by",
    }
}

fn rows(table: &'static str) -> Rows {
    let predicate = match before::natural_key(table) {
        None => format!(
            "{} = current_setting('oneroof.release_tag', true)",
            tag_column(table)
        ),
        Some(columns) => {
            let values: Vec<String> = columns
                .iter()
                .map(|column| format!("n.entry ->> '{column}'"))
                .collect();
            format!(
                "({}) in (select {} from jsonb_array_elements(nullif(current_setting('oneroof.before', true), '')::jsonb -> 'new' -> '{table}') as n (entry))",
                columns.join(", "),
                values.join(", ")
            )
        }
    };
    Rows { table, predicate }
}

fn check(name: String, required: &str, message: String, hint: &str) -> Check {
    Check {
        name,
        metric: None,
        query: None,
        file: None,
        required: required.to_owned(),
        message,
        hint: hint.to_owned(),
    }
}

/// First whether the change is there already: then its facts have changed too, but that is not the news.
fn preconditions(preview: &Preview, inserted: &[&'static str]) -> Vec<Check> {
    let tagged = inserted
        .iter()
        .find(|table| before::natural_key(table).is_none())
        .map(|table| Check {
            query: Some(tagged_rows(table)),
            ..check(
                "not_there_yet".to_owned(),
                "0",
                format!("CHANGE IS THERE ALREADY: {{value}} row(s) of it are in {table}"),
                "there is nothing to do",
            )
        });
    let changed = with(preview, |operation| operation != RowOperation::Inserted);
    tagged
        .into_iter()
        .chain(changed.into_iter().map(before_check))
        .collect()
}

/// Counts the rows of a change in a table.
fn tagged_rows(table: &str) -> String {
    format!(
        "select count(*) from {table} where {} = current_setting('oneroof.release_tag', true)",
        tag_column(table)
    )
}

fn before_check(table: &str) -> Check {
    Check {
        file: Some(format!("checks/before_{table}.sql")),
        ..check(
            format!("{table}_is_as_it_was"),
            "0",
            format!(
                "FACTS CHANGED: {{value}} row(s) of {table} are not as they were when this change was previewed: {{detail}}"
            ),
            "look at them, remove this package and run the verb again: it shows what it means now",
        )
    }
}

fn after_check(table: &str) -> Check {
    Check {
        file: Some(format!("checks/after_{table}.sql")),
        ..check(
            format!("{table}_was_left_alone"),
            "0",
            format!("ROLLBACK REFUSED: {{value}} row(s) of {table} were changed later: {{detail}}"),
            "roll back the later change first",
        )
    }
}

fn invariants(preview: &Preview, inserted: &[&'static str]) -> Vec<Check> {
    let mut checks = vec![Check {
        metric: Some("conflict".to_owned()),
        ..check(
            "no_new_conflict".to_owned(),
            "<= entry",
            "{value} objects and scopes have more than one accountable owner: {detail}".to_owned(),
            "oneroof owner list shows the rows; end the wrong one",
        )
    }];
    for table in inserted
        .iter()
        .filter(|table| before::natural_key(table).is_none())
    {
        let count = preview
            .rows
            .iter()
            .filter(|row| row.table == **table && row.operation == RowOperation::Inserted)
            .count();
        checks.push(Check {
            query: Some(tagged_rows(table)),
            ..check(
                format!("{table}_has_its_rows"),
                &count.to_string(),
                format!("{{value}} rows of this change are in {table}, {count} were written"),
                "history rows are never deleted: somebody did",
            )
        });
    }
    checks
}
