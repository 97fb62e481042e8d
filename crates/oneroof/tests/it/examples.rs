//! Runs everything in `examples/`: the honest packages pass, their broken twins fail as their
//! READMEs say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;
use crate::world::World;

/// What `rehearse` must answer for a package of `examples/`.
struct Expected {
    folder: &'static str,
    /// The step that fails; `None` if all pass.
    step: Option<u64>,
    /// The code of the refusal behind it, if it is one.
    code: Option<&'static str>,
    /// What the error says: a member of its JSON, and a part of its text.
    says: &'static [(&'static str, &'static str)],
}

const fn passes(folder: &'static str) -> Expected {
    Expected {
        folder,
        step: None,
        code: None,
        says: &[],
    }
}

const fn fails(
    folder: &'static str,
    step: u64,
    says: &'static [(&'static str, &'static str)],
) -> Expected {
    Expected {
        folder,
        step: Some(step),
        code: None,
        says,
    }
}

const fn refused(
    folder: &'static str,
    step: u64,
    code: &'static str,
    says: &'static [(&'static str, &'static str)],
) -> Expected {
    Expected {
        folder,
        step: Some(step),
        code: Some(code),
        says,
    }
}

/// The production of `add-column-backfill`.
const BACKFILL: &[Expected] = &[
    passes("add-column-backfill"),
    passes("large-table"),
    fails(
        "broken/backfill-incomplete",
        7,
        &[
            ("tier", "backfill"),
            ("message", "metric `orders_without_currency` is 20000"),
            ("expected", "orders_without_currency 0 (0)"),
            ("seen", "20000"),
        ],
    ),
    fails(
        "broken/backfill-sql-error",
        7,
        &[
            ("tier", "backfill"),
            ("file", "tiers/20_backfill.sql"),
            ("line", "13"),
            ("column", "9"),
            ("sqlstate", "42703"),
            ("statement", "update public.orders as o"),
            ("message", "column c.cuntry does not exist"),
        ],
    ),
    fails(
        "broken/backfill-undeclared-insert",
        7,
        &[
            ("tier", "backfill"),
            ("file", "tiers/20_backfill.sql"),
            (
                "message",
                "inserted 1 rows into `public.order_log`, which existed before",
            ),
            ("hint", "[[tier.rows]]"),
        ],
    ),
    fails(
        "broken/backfill-touches-payments",
        7,
        &[
            ("tier", "backfill"),
            (
                "message",
                "touched `public.payments`, which the package must never touch",
            ),
            ("message", "0 inserted, 10000 updated, 0 deleted"),
            ("hint", "never_touch"),
        ],
    ),
    fails(
        "broken/backfill-never-validated",
        8,
        &[
            ("expected", "constraint_is_valid valid"),
            ("seen", "constraint_is_valid not valid"),
            ("message", "orders_currency_known is not valid"),
        ],
    ),
    fails(
        "broken/backfill-rollback-forgets",
        12,
        &[
            ("message", "does not restore the state before it"),
            ("detail", "index `public.orders_by_day` is new"),
            ("hint", "rollback"),
        ],
    ),
];

/// The production of `reporting-schema`.
const REPORTING: &[Expected] = &[
    passes("reporting-schema"),
    refused(
        "broken/reporting-role-missing",
        4,
        "precondition-failed",
        &[
            ("message", "ABORT: there is no role reporting_auditor"),
            ("hint", "create role reporting_auditor nologin;"),
        ],
    ),
    fails(
        "broken/reporting-grants-too-much",
        8,
        &[
            (
                "message",
                "analysts may read 1 tables with personal data: customers",
            ),
            ("expected", "analysts_read_no_table 0"),
            ("seen", "analysts_read_no_table 1"),
        ],
    ),
    fails(
        "broken/reporting-rollback-forgets",
        12,
        &[
            ("message", "does not restore the state before it"),
            ("detail", "function `public.in_euros(bigint)` is new"),
        ],
    ),
    refused(
        "broken/reporting-rollback-blocked",
        12,
        "rollback-blocked",
        &[
            ("message", "ROLLBACK REFUSED: cannot drop schema reporting"),
            (
                "reasons",
                "view reporting.amount_by_country depends on schema reporting",
            ),
            ("reasons", "rollback/20_views.sql:2"),
            ("hint", "nothing was changed"),
        ],
    ),
];

/// Errors of the package itself: there is nothing to rehearse.
const NOT_SEALED: &str = "broken/backfill-transaction-control";

#[test]
fn rehearsals_of_the_backfill_and_its_twins_end_as_they_must() {
    check("add-column-backfill", "shop", BACKFILL);
}

#[test]
fn rehearsals_of_the_reporting_schema_and_its_twins_end_as_they_must() {
    check("reporting-schema", "sales", REPORTING);
}

#[test]
fn a_tier_that_commits_is_refused_before_anything_runs() {
    let sandbox = Sandbox::with_config("format = 1\n");
    let package = examples().join(NOT_SEALED).display().to_string();
    let place = "tiers/20_backfill.sql:17:1";
    let outcome = sandbox.run(&["package", "check", &package]).exits(4);
    assert!(
        outcome.stdout.contains(&format!("{place}: error: ")),
        "{outcome:#?}"
    );
    assert!(
        outcome.stdout.contains("[transaction-control]"),
        "{outcome:#?}"
    );
    let _ = sandbox
        .run(&["package", "seal", &package])
        .exits(3)
        .says(&[place, "exit 3 (refused: package-invalid)"]);
    let _ = sandbox
        .run(&["rehearse", &package, "--from", "shop"])
        .exits(3)
        .says(&["exit 3 (refused: package-not-sealed)"]);
}

#[test]
fn every_example_is_expected_sealed_and_listed() {
    let listed = fs::read_to_string(examples().join("README.md")).unwrap();
    let expected: BTreeSet<&str> = BACKFILL
        .iter()
        .chain(REPORTING)
        .map(|expected| expected.folder)
        .chain([NOT_SEALED])
        .collect();
    let mut there = BTreeSet::new();
    for folder in [examples(), examples().join("broken")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.join("release.toml").is_file() {
                there.insert(path.strip_prefix(examples()).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(expected, there.iter().map(String::as_str).collect());
    let sandbox = Sandbox::new();
    for folder in expected {
        assert!(
            listed.contains(&format!("({folder}/README.md)")),
            "{folder} is not listed"
        );
        let package = examples().join(folder).display().to_string();
        let report = sandbox
            .run(&["package", "check", &package, "--json"])
            .json();
        assert_eq!(report["sealed"], folder != NOT_SEALED, "{report}");
    }
}

#[track_caller]
fn check(fixture: &str, database: &str, cases: &[Expected]) {
    let world = World::without_roles();
    let sql = examples().join(fixture).join("fixtures/production.sql");
    world.sql(
        "postgres",
        &format!("create database {database} template template0"),
    );
    world.sql(database, &fs::read_to_string(sql).unwrap());
    world.target(database, database, database);
    let tables =
        "select md5(string_agg(c.oid::regclass || ' ' || c.relfilenode, ',' order by c.oid)) || (select count(*) from public.orders)
         from pg_class as c where c.relnamespace = 'public'::regnamespace";
    let before = world.value(database, tables);
    for case in cases {
        rehearse(&world, database, case);
    }
    assert_eq!(
        world.value(database, tables),
        before,
        "the production was changed"
    );
    world.nothing_is_left();
}

#[track_caller]
fn rehearse(world: &World, target: &str, case: &Expected) {
    let folder = case.folder;
    let package = examples().join(folder).display().to_string();
    let outcome = world
        .sandbox
        .run(&["rehearse", &package, "--from", target, "--json"]);
    let report = outcome.json();
    let Some(step) = case.step else {
        assert_eq!(outcome.code, Some(0), "{folder}: {outcome:#?}");
        assert_eq!(report["verdict"], "passed", "{folder}: {report}");
        assert!(report["error"].is_null(), "{folder}: {report}");
        return;
    };
    let error = &report["error"];
    assert_eq!(outcome.code, Some(4), "{folder}: {outcome:#?}");
    assert_eq!(report["verdict"], "failed", "{folder}: {report}");
    assert_eq!(report["failure"]["step"], step, "{folder}: {error:#}");
    assert_eq!(error["code"].as_str(), case.code, "{folder}: {error:#}");
    assert_eq!(
        (&error["kind"], &error["exit"]),
        (&"failed".into(), &4.into()),
        "{folder}: {error:#}"
    );
    for (member, part) in case.says {
        let value = &error[*member];
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        assert!(
            text.contains(part),
            "{folder}: `{part}` is not in {member} of {error:#}"
        );
    }
    // Nothing after the failed step but the look at the source, the clean-up and the record.
    let failed: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["outcome"] == "failed")
        .map(|step| step["step"].as_u64().unwrap())
        .collect();
    assert_eq!(failed, [step], "{folder}: {report}");
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .canonicalize()
        .unwrap()
}
