//! Golden clones: kept ones that nobody opens any more, and what is asked of them on copies.

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::world::{World, says, tier};

const NOTES: &str = "create table public.notes (id int primary key);";

/// Metrics, an invariant, and an act that changes nothing the second time.
const PLAN: &str = r#"
[[metric]]
name = "notes"
meaning = "notes of the application"
query = "select count(*) from public.notes"

[[metric]]
name = "sizes"
meaning = "rows of the release"
query = "select count(*) from public.sizes"
when_relation = "public.sizes"

[[metric]]
name = "of_the_day"
meaning = "what was left by the last run"
query = "select count(*) from public.notes where id >= 100"
differs = "people write notes every day"

[[invariant]]
name = "no_size_is_negative"
query = "select count(*) from public.sizes where n < 0"
required = 0
message = "negative sizes: {value}"

[[repeat]]
name = "measure"
sql = "select public.measure()"
unchanged = ["sizes"]
"#;

const MADE: &str = "
create table public.sizes (id int primary key, n int);
create view public.v_small as select id, n from public.sizes where n < 10;
create view public.v_named as select id, 'size ' || n as name from public.v_small;
comment on view public.v_small is 'Small ones.';
comment on column public.v_small.n is 'how small';
grant select on public.v_small, public.v_named to app_read;
create function public.measure() returns void language sql as $$
    insert into public.sizes select id + 100, n from public.sizes where id < 100 on conflict do nothing $$;
revoke execute on function public.measure() from public;
";

const UNMADE: &str = "
drop function public.measure();
drop view public.v_named;
drop view public.v_small;
drop table public.sizes;
";

/// A kept clone of `shop` with package `sizes` on it.
struct Kept {
    world: World,
    id: String,
    connection: String,
}

impl Kept {
    fn new(plan: &str) -> Kept {
        let world = World::new();
        world.production(
            "shop",
            &format!("{NOTES} insert into public.notes values (1), (2);"),
        );
        world.package("sizes", plan, &[tier("one", MADE, UNMADE)]);
        let report = world.done("rehearse sizes --from shop --keep");
        let text = |member: &str| report["clone"][member].as_str().unwrap().to_owned();
        Kept {
            id: text("id"),
            connection: text("connection"),
            world,
        }
    }

    fn golden(plan: &str) -> Kept {
        let kept = Kept::new(plan);
        let _ = kept.world.done(&format!("clone golden {}", kept.id));
        kept
    }

    fn database(&self) -> &str {
        self.connection.rsplit("dbname=").next().unwrap()
    }

    /// The database `postgres` of the clone's own server.
    fn beside(&self) -> String {
        self.connection.replace(self.database(), "postgres")
    }

    /// Does what no verb does: opens the golden clone, changes it, closes it again.
    fn tamper(&self, sql: &str) {
        let door = |open: bool| {
            let database = self.database();
            self.world.sql_at(
                &self.beside(),
                &format!("alter database {database} with allow_connections {open}"),
            );
        };
        door(true);
        self.world.sql_at(&self.connection, sql);
        door(false);
        // A server process lists its session for a moment after the goodbye.
        let nobody = format!(
            "select count(*) = 0 from pg_stat_activity where datname = '{}'",
            self.database()
        );
        self.world.wait_until("the session has ended", || {
            self.world.value_at(&self.beside(), &nobody) == "t"
        });
    }

    /// Whether it admits connections, how many sessions it ever had, and how many databases there are.
    fn state(&self) -> String {
        self.world.value_at(
            &self.beside(),
            &format!(
                "select concat_ws(' ', d.datallowconn, s.sessions, (select count(*) from pg_database))
                   from pg_database d join pg_stat_database s on s.datid = d.oid where d.datname = '{}'",
                self.database()
            ),
        )
    }

    /// Revalidation must fail; gives the reasons.
    #[track_caller]
    fn broken(&self) -> String {
        let before = self.state();
        let (exit, report) = self.world.json("revalidate sizes --on golden");
        assert_eq!(
            (exit, &report["verdict"]),
            (4, &"failed".into()),
            "{report:#}"
        );
        assert_eq!(report["copy"]["dropped"], true);
        assert_eq!(self.state(), before);
        assert!(report["error"]["hint"].is_string(), "{report:#}");
        report["failures"].to_string()
    }
}

#[test]
fn a_golden_clone_is_revalidated_on_a_copy_and_never_opened() {
    let kept = Kept::new(PLAN);
    let Kept { world, id, .. } = &kept;
    let golden = format!("clone golden {id}");

    // Somebody is connected; a file that fails; a file that would end the transaction.
    let session = world.session_at(&kept.connection);
    let error = world.refused(&golden, "clone-in-use");
    says(&error, "message", &["others are connected", "pid"]);
    let _ = world.refused(&format!("revalidate sizes --on {id}"), "clone-in-use");
    world.end(session);
    world.sandbox.write(
        "bad.sql",
        "insert into public.sizes values (5, 5);\nselect 1/0;\n",
    );
    let error = world.error(&format!("{golden} --run bad.sql"), 4, "failed");
    says(&error, "message", &["division by zero"]);
    assert_eq!(error["line"], 2);
    world.sandbox.write(
        "commit.sql",
        "insert into public.sizes values (5, 5); commit;",
    );
    let error = world.error(&format!("{golden} --run commit.sql"), 2, "input");
    says(&error, "message", &["transaction"]);
    assert_eq!(
        world.value_at(&kept.connection, "select count(*) from public.sizes"),
        "0"
    );
    // A kept clone that is not golden yet can be revalidated too.
    let _ = world.done(&format!("revalidate sizes --on clone:{id}"));

    world
        .sandbox
        .write("golden.sql", "insert into sizes values (7, 7);");
    let report = world.done(&format!("{golden} --run golden.sql --schema public"));
    assert_eq!(
        (&report["class"], &report["statements"]),
        (&"golden".into(), &1.into())
    );
    let state = kept.state();
    assert!(state.starts_with("f "), "{state}");
    let list = world.done("clone list");
    assert_eq!(
        (
            &list[0]["class"],
            &list[0]["connection"],
            list.as_array().map(Vec::len)
        ),
        (&"golden".into(), &Value::Null, Some(1))
    );

    let report = world.done("revalidate sizes --on golden");
    assert_eq!(
        (&report["verdict"], &report["class"]),
        (&"passed".into(), &"golden".into())
    );
    let objects = report["recreated"]["objects"].as_array().unwrap();
    let of = |kind: &str| {
        objects
            .iter()
            .filter(|object| object["kind"] == kind)
            .count()
    };
    assert_eq!((of("view"), of("function")), (2, 1));
    let small = objects
        .iter()
        .find(|object| object["identity"] == "public.v_small")
        .unwrap();
    assert_eq!(
        (&small["rows_before"], &small["rows_after"]),
        (&1.into(), &1.into())
    );
    // The first time measures what golden does not have yet; only the second time must change nothing.
    let act = &report["repeats"]["acts"][0]["metrics"][0];
    assert_eq!(
        (&act["before"], &act["first"], &act["second"]),
        (&1.into(), &2.into(), &2.into())
    );
    for word in [id.clone(), format!("clone:{id}"), format!("golden:{id}")] {
        let _ = world.done(&format!("revalidate sizes --on {word}"));
    }
    let check = world.done("clone check golden");
    let outcome = |name: &str| {
        let lines = check["lines"].as_array().unwrap();
        let line = lines
            .iter()
            .find(|line| line["check"].as_str().unwrap().contains(name));
        line.unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    for name in ["marked", "read channel", "dispatcher", "rollback"] {
        assert_eq!(outcome(name), "passed");
    }
    for name in ["gap", "substrate", "scans", "event types", "findings"] {
        assert_eq!(outcome(name), "not_applicable");
    }
    assert_eq!(check["package"], "sizes@1.0.0");
    assert_eq!(kept.state(), state, "golden was opened, or a copy is left");

    // Nothing else gets in.
    let target = format!("clone:{id}");
    let _ = world.refused(&golden, "golden-is-kept");
    for line in [
        format!("verify sizes --target {target}"),
        format!("probe sizes --target {target}"),
        format!("apply sizes --target {target} --execute"),
        format!("rollback sizes --target {target} --execute"),
        format!("rehearse sizes --from {target}"),
    ] {
        let error = world.refused(&line, "golden-is-kept");
        says(&error, "hint", &["revalidate"]);
    }
    assert_eq!(kept.state(), state);
    let _ = world.done(&format!("clone drop {id}"));
    world.nothing_is_left();
}

#[test]
fn only_a_kept_clone_becomes_golden_or_is_revalidated() {
    let world = World::new();
    world.production("shop", NOTES);
    world.scratch("lab", NOTES);
    world.package("sizes", PLAN, &[tier("one", MADE, UNMADE)]);
    for target in ["shop", "lab"] {
        let _ = world.refused(&format!("clone golden {target}"), "not-a-clone");
        let _ = world.refused(&format!("revalidate sizes --on {target}"), "not-a-clone");
        let (exit, report) = world.json(&format!("clone check {target}"));
        assert_eq!((exit, &report["safe"]), (4, &false.into()), "{report:#}");
        assert_eq!(report["lines"][0]["outcome"], "failed");
        assert_eq!(report["lines"][4]["outcome"], "not_asked");
    }
    for line in [
        "clone golden 00000000",
        "clone check nosuch",
        "revalidate sizes --on golden",
    ] {
        let _ = world.error(line, 2, "input");
    }
}

#[test]
fn what_was_changed_in_a_golden_clone_is_named() {
    let kept = Kept::golden(PLAN);
    let restored =
        "create or replace view public.v_small as select id, n from public.sizes where n < 10";
    let cases = [
        // Another body, seen although it shows the same rows.
        (
            "create or replace view public.v_small as select id, n from public.sizes where n < 11",
            restored,
            &["R2: view `public.v_small` is another one"][..],
        ),
        (
            "insert into public.sizes values (1, -1)",
            "delete from public.sizes",
            &["R1: invariant `no_size_is_negative`: negative sizes: 1"],
        ),
        (
            "comment on column public.v_small.n is 'changed'",
            "comment on column public.v_small.n is 'how small'",
            &["R2: comment `column public.v_small.n` is another one in the clone than in the package: `changed` there, `how small` here"],
        ),
        (
            "revoke select on public.v_named from app_read",
            "grant select on public.v_named to app_read",
            &["R2: acl `view public.v_named` is not in the clone"],
        ),
        (
            "alter view public.v_named owner to current_user",
            "alter view public.v_named owner to app_owner",
            &["R2: owner `view public.v_named` is another one"],
        ),
        (
            "create view public.foreign_one as select * from public.v_named",
            "drop view public.foreign_one",
            &["R2: view `public.v_named` cannot be made again", "foreign_one depends on"],
        ),
        (
            "create or replace function public.measure() returns void language sql as $$
                insert into public.sizes select coalesce(max(id), 0) + 1, 1 from public.sizes $$",
            "create or replace function public.measure() returns void language sql as $$
    insert into public.sizes select id + 100, n from public.sizes where id < 100 on conflict do nothing $$",
            &["R2: function `public.measure()` is another one", "R3: `measure` changed `sizes` when it was done again: 1 after the first time, 2"],
        ),
        (
            "create function public.tell() returns trigger language plpgsql as 'begin return null; end';
             create trigger tell after insert on public.sizes execute function public.tell()",
            "drop trigger tell on public.sizes",
            &["clone check, no dispatcher: foreign trigger tell on public.sizes"],
        ),
        (
            "drop view public.v_named",
            "",
            &["R2: view `public.v_named` is not in the clone, and the package makes it"],
        ),
    ];
    for (change, back, named) in cases {
        kept.tamper(change);
        let reasons = kept.broken();
        for name in named {
            assert!(reasons.contains(name), "`{name}` is not in {reasons}");
        }
        kept.tamper(back);
    }
    let (exit, check) = kept.world.json("clone check golden");
    assert_eq!((exit, &check["safe"]), (0, &true.into()), "{check:#}");

    // The mark is not ours any more.
    kept.world.sql_at(
        &kept.beside(),
        &format!(
            "alter database {} set oneroof.mark = 'mine'",
            kept.database()
        ),
    );
    let _ = kept
        .world
        .refused("revalidate sizes --on golden", "mark-not-valid");
    let (exit, check) = kept.world.json("clone check golden");
    assert_eq!((exit, &check["lines"][0]["outcome"]), (4, &"failed".into()));
    assert_eq!(check["lines"][2]["outcome"], "not_asked");
}

#[test]
fn a_clone_that_a_target_names_is_in_reach_of_the_channel() {
    let kept = Kept::golden(PLAN);
    kept.world.configure(&format!(
        "[targets.lab]\nread = \"{}\"",
        kept.connection.replace("user=postgres", "user=app_read")
    ));
    for word in ["golden", "lab"] {
        let (exit, check) = kept.world.json(&format!("clone check {word}"));
        assert_eq!(
            (exit, &check["lines"][1]["outcome"]),
            (4, &"failed".into()),
            "{check:#}"
        );
        says(&check["lines"][1], "detail", &["target lab"]);
    }
}

#[test]
fn a_revalidation_that_is_cut_off_leaves_no_copy() {
    // It sleeps once there is a row, which golden alone has.
    let kept = Kept::new(&PLAN.replace(
        "select public.measure()",
        "select pg_sleep(30) from public.sizes",
    ));
    kept.world
        .sandbox
        .write("golden.sql", "insert into public.sizes values (7, 7);");
    let _ = kept
        .world
        .done(&format!("clone golden {} --run golden.sql", kept.id));
    let state = kept.state();
    let waiting =
        "for i in $(seq 400); do grep -q ' 3  R2' err && break; sleep 0.05; done; sleep 0.3";
    let line =
        format!("$oneroof revalidate sizes --on golden 2>err & {waiting}; kill -INT $!; wait $!");
    let _ = kept.world.sandbox.bash(&line).exits(130);
    assert_eq!(kept.state(), state);

    let line =
        format!("$oneroof revalidate sizes --on golden 2>err & {waiting}; kill -9 $!; wait $!");
    let _ = kept.world.sandbox.bash(&line).exits(137);
    assert_ne!(kept.state(), state);
    let list = kept.world.done("clone list");
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list:#}");
    assert_eq!(kept.state(), state);
}

#[test]
fn a_comparison_shows_what_differs_and_why() {
    let kept = Kept::golden(PLAN);
    let world = &kept.world;
    let first = world.done("rehearse sizes --from shop --compare golden");
    let counts = |report: &Value| {
        let comparison = &report["comparison"];
        ["unexplained", "explained", "equal"].map(|count| comparison[count].as_u64().unwrap())
    };
    assert_eq!(counts(&first), [0, 0, 3]);
    world.sql("shop", "insert into public.notes values (3), (100)");
    let evidence = first["evidence"].as_str().unwrap();
    for with in [
        "golden".to_owned(),
        format!("golden:{}", kept.id),
        evidence.to_owned(),
    ] {
        let report = world.done(&format!("rehearse sizes --from shop --compare {with}"));
        assert_eq!(counts(&report), [1, 1, 1]);
        assert_eq!(report["verdict"], "passed");
        let figures = &report["comparison"]["figures"];
        let shown = |place: usize| {
            ["metric", "outcome", "there", "here", "why"]
                .map(|member| figures[place][member].to_string())
        };
        assert_eq!(shown(0), ["\"notes\"", "\"unexplained\"", "2", "4", "null"]);
        let why = "\"people write notes every day\"";
        assert_eq!(shown(1), ["\"of_the_day\"", "\"explained\"", "0", "1", why]);
        let text = world.sandbox.read(&format!(
            "{}/report.md",
            report["evidence"].as_str().unwrap()
        ));
        assert!(
            text.contains("| notes | 2 | 4 | UNEXPLAINED | nothing | - |"),
            "{text}"
        );
    }

    let changed = world.sandbox.read(&format!("{evidence}/rehearsal.json")) + " ";
    world
        .sandbox
        .write(&format!("{evidence}/rehearsal.json"), &changed);
    for (with, why) in [
        (evidence, "it was changed"),
        ("nowhere", "compare with `nowhere`: there is no such folder"),
    ] {
        let error = world.error(
            &format!("rehearse sizes --from shop --compare {with}"),
            2,
            "input",
        );
        says(&error, "message", &[why]);
    }
    let before = world.entries("evidence").len();
    let _ = world.error(
        "rehearse sizes --from shop --compare golden:00000000",
        2,
        "input",
    );
    assert_eq!(world.entries("evidence").len(), before);
}

/// The whole reference, once: its golden variant is what the package says, and its figures are explained.
#[test]
fn the_golden_variant_of_the_reference_passes_and_is_explained() {
    let sandbox = Sandbox::with_config("format = 1\n");
    let demo = sandbox.run(&["demo", "--keep", "--json"]).exits(0).json();
    let project = demo["project"].as_str().unwrap();
    let id = demo["clone"]["id"].as_str().unwrap();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../packages/one-roof/fixtures/golden.sql"
    );
    let run =
        |arguments: &[&str]| sandbox.run(&[&["--project", project, "--json"], arguments].concat());
    let golden = run(&["clone", "golden", id, "--run", script]);
    let revalidate = run(&["revalidate", "one-roof", "--on", "golden"]);
    let check = run(&["clone", "check", "golden"]);
    let compare = run(&[
        "rehearse",
        "one-roof",
        "--from",
        "production",
        "--compare",
        "golden",
    ]);
    let connection = demo["clone"]["connection"].as_str().unwrap();
    let database = connection.rsplit("dbname=").next().unwrap();
    let beside = connection.replace(database, "postgres");
    let psql = |connection: &str, sql: &str| {
        sandbox.bash(&format!(
            "psql -X -q -v ON_ERROR_STOP=1 '{connection}' -c \"{sql}\""
        ))
    };
    let tampered = [
        psql(
            &beside,
            &format!("alter database {database} with allow_connections true"),
        ),
        psql(
            connection,
            "update event_type_registry set active = true where event_domain = 'governance' and event_type = (select min(event_type) from event_type_registry where event_domain = 'governance')",
        ),
        psql(
            &beside,
            &format!("alter database {database} with allow_connections false"),
        ),
    ];
    let active = run(&["clone", "check", "golden"]);
    let _ = sandbox.run(&["demo", "--clean", "--json"]);
    // All of it was run before anything is asserted, so that no server outlives a failed test.
    sandbox.has_servers(0);

    assert_eq!(golden.exits(0).json()["statements"], 8);
    let report = revalidate.exits(0).json();
    let objects = report["recreated"]["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 32);
    assert_eq!(report["recreated"]["left_out"], serde_json::json!([]));
    let dashboard = objects
        .iter()
        .find(|object| object["identity"] == "public.v_ui_coverage_dashboard")
        .unwrap();
    assert_eq!(dashboard["rows_after"], 1);
    let lines = check.exits(0).json()["lines"].clone();
    assert!(
        lines
            .as_array()
            .unwrap()
            .iter()
            .all(|line| line["outcome"] == "passed"),
        "{lines:#}"
    );

    let comparison = compare.exits(0).json()["comparison"].clone();
    assert_eq!(comparison["unexplained"], 0, "{comparison:#}");
    let figures = comparison["figures"].as_array().unwrap();
    for (metric, there, here) in [
        ("open_findings", 38, 14),
        ("axis_object_ownership", 40, 35),
        ("axis_value", 20, 19),
        ("coverage_rule", 3, 2),
        ("reconcile_decisions", 6, 5),
        ("governance_scan_run", 7, 1),
    ] {
        let figure = figures
            .iter()
            .find(|figure| figure["metric"] == metric)
            .unwrap();
        assert_eq!(
            (&figure["there"], &figure["here"]),
            (&there.into(), &here.into()),
            "{metric}"
        );
        assert_eq!(figure["outcome"], "explained", "{metric}");
    }

    for outcome in tampered {
        let _ = outcome.exits(0);
    }
    let active = active.exits(4).json();
    let failed: Vec<&Value> = active["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["outcome"] == "failed")
        .collect();
    let line = failed
        .iter()
        .find(|line| line["check"] == "governance event types inactive");
    assert!(line.is_some(), "{active:#}");
}
