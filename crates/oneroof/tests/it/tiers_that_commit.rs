//! Tiers outside a transaction and in batches: what a failure leaves is named, and gone on with or undone.

use crate::world::{Tier, World, says};

const NOTES: &str = "
    create table public.notes (id int primary key, topic int, text text, made_by text);
    insert into public.notes select n, n % 50, 'note ' || n from generate_series(1, 100) as n;
";

const fn outside(sql: &'static str, undo: &'static str) -> Tier<'static> {
    Tier {
        id: "indexes",
        plan: "transaction = \"none\"",
        sql,
        undo,
    }
}

const INDEXES: Tier<'_> = outside(
    "create index concurrently by_text on public.notes (text);
     create unique index concurrently one_topic on public.notes (topic);
     vacuum public.notes;",
    "drop index if exists public.one_topic; drop index if exists public.by_text;",
);

/// The indexes of the table, invalid ones with a mark.
const THERE: &str = "select coalesce(string_agg(c.relname || case when i.indisvalid then '' else '!' end, ' ' order by c.relname), '')
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'public.notes'::regclass and not i.indisprimary";

fn lab(tier: Tier<'_>) -> World {
    let world = World::new();
    world.scratch("lab", NOTES);
    world.package("work", "", &[tier]);
    world
}

const APPLY: &str = "apply work --target lab --execute";

#[test]
fn an_index_that_failed_is_named_and_built_again_when_somebody_asks() {
    let world = lab(INDEXES);
    let error = world.error(APPLY, 4, "failed");
    says(&error, "message", &["could not create unique index"]);
    says(&error, "file", &["tiers/indexes.sql"]);
    says(&error, "detail", &["index public.one_topic is invalid"]);
    says(&error, "hint", &["--resume", "roll back"]);
    assert_eq!(error["line"], 2);
    assert_eq!(world.value("lab", THERE), "by_text one_topic!");
    assert_eq!(
        world.ledger("lab"),
        "adopted run_started tier_started:indexes statement_started:indexes statement_done:indexes statement_started:indexes"
    );

    for line in [APPLY, "apply work --target lab"] {
        let error = world.refused(line, "tier-unfinished");
        says(&error, "hint", &["--resume", "rollback"]);
        let reasons = error["reasons"].to_string();
        for part in [
            "statement 1 `create index",
            ": done",
            "statement 2 `create unique",
            "its end is not known",
        ] {
            assert!(reasons.contains(part), "`{part}` is not in {reasons}");
        }
    }

    // The cause is still there: what was half-done is dropped, and is there again.
    let again = format!("{APPLY} --resume");
    let _ = world.error(&again, 4, "failed");
    assert_eq!(world.value("lab", THERE), "by_text one_topic!");

    world.sql("lab", "update public.notes set topic = id");
    let outcome = world.run(&again).exits(0);
    assert!(
        outcome
            .stderr
            .contains("index public.one_topic is invalid, cleared away by: drop index concurrently public.one_topic"),
        "{outcome:#?}"
    );
    assert_eq!(world.value("lab", THERE), "by_text one_topic");
    let _ = world.refused(&again, "release-finished");
    let _ = world.done("rollback work --target lab --execute");
    assert_eq!(world.value("lab", THERE), "");
}

#[test]
fn a_cut_tier_is_rolled_back_without_going_on() {
    let world = lab(INDEXES);
    let _ = world.error(APPLY, 4, "failed");
    let plan = world.done("rollback work --target lab");
    assert_eq!(plan["planned"], serde_json::json!(["indexes"]));
    let _ = world.done("rollback work --target lab --execute");
    assert_eq!(world.value("lab", THERE), "");
    let again = world.done("rollback work --target lab --execute");
    assert_eq!(again["nothing_to_do"], true);
    world.sql("lab", "update public.notes set topic = id");
    let report = world.done(APPLY);
    let effects = &report["tiers"][0]["effects"];
    let effects = if effects.is_null() {
        &report["tiers"][0]
    } else {
        effects
    };
    let made: Vec<&str> = effects["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["identity"].as_str().unwrap())
        .collect();
    assert!(made.contains(&"public.one_topic"), "{made:?}");
}

#[test]
fn what_somebody_else_left_half_done_is_not_dropped() {
    let world = lab(outside(
        "create index concurrently if not exists one_topic on public.notes (topic);",
        "drop index if exists public.one_topic;",
    ));
    let session = world.session("lab");
    let failed = world.block_on(
        session.simple("create unique index concurrently one_topic on public.notes (topic)"),
    );
    assert!(failed.is_err());
    world.end(session);
    world.sql("lab", "alter index public.one_topic owner to app_owner");
    assert_eq!(world.value("lab", THERE), "one_topic!");
    let error = world.refused(APPLY, "foreign-object");
    says(&error, "message", &["index public.one_topic"]);
    assert_eq!(world.value("lab", THERE), "one_topic!");
}

#[test]
fn a_concurrent_build_waits_longer_than_its_lock_timeout_and_says_for_whom() {
    let world = lab(Tier {
        plan: "transaction = \"none\"\nlock_timeout = \"500ms\"\nlock_retries = 0",
        ..outside(
            "create index concurrently by_text on public.notes (text);",
            "drop index if exists public.by_text;",
        )
    });
    let blocker = world.session("lab");
    world.on(
        &blocker,
        "begin; update public.notes set text = text where id = 1;",
    );
    let outcome = std::thread::scope(|scope| {
        let apply = scope.spawn(|| world.run(APPLY));
        world.wait_for(
            "lab",
            "select exists (select from pg_stat_activity where query like 'create index concurrently%' and state = 'active' and wait_event_type = 'Lock')",
        );
        std::thread::sleep(std::time::Duration::from_secs(6));
        world.on(&blocker, "rollback");
        apply.join().unwrap()
    });
    world.end(blocker);
    let outcome = outcome.exits(0);
    let pid_is_named =
        outcome.stderr.contains("indexes: waits since") && outcome.stderr.contains("pid ");
    assert!(pid_is_named, "{outcome:#?}");
    assert_eq!(world.value("lab", THERE), "by_text");
}

#[test]
fn a_concurrent_build_has_a_limit_of_its_own() {
    let world = lab(Tier {
        plan: "transaction = \"none\"\nconcurrent_timeout = \"700ms\"",
        ..outside(
            "create index concurrently by_text on public.notes (text);",
            "drop index if exists public.by_text;",
        )
    });
    let blocker = world.session("lab");
    world.on(
        &blocker,
        "begin; update public.notes set text = text where id = 1;",
    );
    let error = world.error(APPLY, 4, "failed");
    assert_eq!(error["sqlstate"], "57014");
    says(&error, "hint", &["concurrent_timeout", "--resume"]);
    says(&error, "detail", &["index public.by_text is invalid"]);
    world.on(&blocker, "rollback");
    world.end(blocker);
    let _ = world.done(&format!("{APPLY} --resume"));
    assert_eq!(world.value("lab", THERE), "by_text");
}

#[test]
fn a_partition_that_is_half_detached_is_finalized() {
    let world = World::new();
    world.scratch(
        "lab",
        "create table public.days (day int not null) partition by range (day);
         create table public.old partition of public.days for values from (0) to (10);",
    );
    world.package(
        "work",
        "",
        &[Tier {
            plan: "transaction = \"none\"\nconcurrent_timeout = \"700ms\"",
            ..outside(
                "alter table public.days detach partition public.old concurrently;",
                "do $$ begin
                     if not exists (select from pg_inherits where inhrelid = 'public.old'::regclass) then
                         alter table public.days attach partition public.old for values from (0) to (10);
                         alter table public.old drop constraint if exists old_day_check;
                     end if;
                 end $$;",
            )
        }],
    );
    let blocker = world.session("lab");
    world.on(&blocker, "begin; select * from public.days;");
    let error = world.error(APPLY, 4, "failed");
    says(
        &error,
        "detail",
        &["partition old of days is half detached"],
    );
    world.on(&blocker, "rollback");
    world.end(blocker);
    let _ = world.done(&format!("{APPLY} --resume"));
    let parts = "select count(*)::text from pg_inherits where inhparent = 'public.days'::regclass";
    assert_eq!(world.value("lab", parts), "0");
}

const TOPICS: Tier<'_> = Tier {
    id: "topics",
    plan: "transaction = \"batched\"\nrest = \"1ms\"",
    sql: "update public.notes set made_by = 'us'
           where id in (select id from public.notes where made_by is null order by id limit 30);",
    undo: "update public.notes set made_by = null where made_by = 'us';",
};

#[test]
fn a_batch_that_would_do_more_than_was_rehearsed_is_not_committed() {
    let world = World::new();
    world.production("real", NOTES);
    world.package("work", "", &[TOPICS]);
    let report = world.done("rehearse work --from real");
    let evidence = report["evidence"].as_str().unwrap();
    world.scratch(
        "lab",
        &format!("{NOTES} insert into public.notes select n from generate_series(101, 140) as n;"),
    );
    let done = "select count(made_by)::text from public.notes";
    let line = format!("{APPLY} --evidence {evidence}");
    let error = world.error(&line, 4, "failed");
    says(&error, "message", &["does not do what its rehearsal did"]);
    says(&error, "detail", &["100 updated", "120 updated"]);
    says(&error, "hint", &["rollback"]);
    // Three batches of 30 were as rehearsed; the fourth would have been 120 rows.
    assert_eq!(world.value("lab", done), "90");
    let _ = world.done("rollback work --target lab --execute");
    assert_eq!(world.value("lab", done), "0");
    world.sql("lab", "delete from public.notes where id > 100");
    let report = world.done(&line);
    assert_eq!(report["tiers"][0]["rows"][0]["updated"], 100);
    assert_eq!(report["tiers"][0]["statements"], 4);
}

#[test]
fn a_statement_that_never_comes_to_its_end_is_stopped() {
    let world = lab(Tier {
        id: "endless",
        plan: "transaction = \"batched\"\nrest = \"1ms\"\nbatches_max = 3",
        sql: "update public.notes set topic = topic + 1 where id < 10;",
        undo: "update public.notes set topic = id % 50;",
    });
    let error = world.error(APPLY, 4, "failed");
    says(&error, "message", &["after 3 batches", "27 rows so far"]);
    says(&error, "hint", &["batches_max"]);
    let _ = world.error(APPLY, 4, "failed");
    let _ = world.done("rollback work --target lab --execute");
    let topics = "select count(*)::text from public.notes where topic <> id % 50";
    assert_eq!(world.value("lab", topics), "0");
}

#[test]
fn rows_of_all_batches_are_declared_and_undone() {
    let world = lab(Tier {
        id: "copies",
        plan: "transaction = \"batched\"\nrest = \"1ms\"\n  [[tier.rows]]\n  table = \"public.notes\"\n  where = \"made_by = 'copies'\"",
        sql: "insert into public.notes (id, text, made_by)
              select n.id + 1000, n.text, 'copies' from public.notes as n
               where n.made_by is null and not exists (select from public.notes as c where c.id = n.id + 1000)
               order by n.id limit 40;",
        undo: "delete from public.notes where made_by = 'copies';",
    });
    let report = world.done(APPLY);
    let keys = report["tiers"][0]["declared_rows"][0]["keys"].as_array();
    assert_eq!(keys.unwrap().len(), 100);
    world.sql("lab", "delete from public.notes where id = 1001");
    let error = world.refused("rollback work --target lab --execute", "rollback-blocked");
    says(&error, "message", &["0 more, 1 gone"]);
    world.sql(
        "lab",
        "insert into public.notes values (1001, null, 'note 1', 'copies')",
    );
    let _ = world.done("rollback work --target lab --execute");
    assert_eq!(
        world.value("lab", "select count(*)::text from public.notes"),
        "100"
    );
}
