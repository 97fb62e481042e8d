//! Schema `oneroof`: the adopt, the ledger, and what tampering shows.

use std::sync::Arc;

use oneroof_model::TargetClass;
use oneroof_pg::catalog;
use oneroof_pg::connect::Session;
use oneroof_pg::install::{AdoptOptions, AdoptStatus, adopt, adopt_script, newest_version};
use oneroof_pg::ledger::{self, EntryKind, KnownHead, LedgerFault, LedgerHead};
use oneroof_pg::testing::{SUPERUSER, TestDatabase, TestServer};
use serde_json::json;

/// The twins of `/sql/ledger`, one for each migration and each file of code.
const TWINS: &[(&str, &str)] = &[
    (
        "0001_ledger",
        include_str!("../../../../sql/ledger/tests/0001_ledger.sql"),
    ),
    (
        "0002_statement_marks",
        include_str!("../../../../sql/ledger/tests/0002_statement_marks.sql"),
    ),
    (
        "10_guards",
        include_str!("../../../../sql/ledger/tests/10_guards.sql"),
    ),
    (
        "20_append",
        include_str!("../../../../sql/ledger/tests/20_append.sql"),
    ),
    (
        "30_verify",
        include_str!("../../../../sql/ledger/tests/30_verify.sql"),
    ),
    (
        "40_views",
        include_str!("../../../../sql/ledger/tests/40_views.sql"),
    ),
];

/// Roles belong to the server, so these tests have one of their own.
async fn server() -> Arc<TestServer> {
    with_roles(Arc::new(
        TestServer::start(oneroof_pg::testing::system_binaries()).await,
    ))
    .await
}

async fn with_roles(server: Arc<TestServer>) -> Arc<TestServer> {
    let admin = server.admin().await;
    admin
        .simple("create role reader login; create role \"Apply Role\" login; create role stranger login")
        .await
        .unwrap();
    server
}

fn options() -> AdoptOptions {
    AdoptOptions {
        class: TargetClass::Production,
        read_role: Some("reader".to_owned()),
        apply_role: Some("Apply Role".to_owned()),
        policy: Some(json!({"quorum": {"L4": 1, "L2": 2}, "say": "it's \\ fine"})),
    }
}

async fn adopted(server: &Arc<TestServer>) -> (TestDatabase, Session) {
    let database = server.database().await;
    let session = database.session().await;
    adopt(&session, &options()).await.unwrap();
    (database, session)
}

async fn note(session: &Session, number: u32) -> LedgerHead {
    let entry = ledger::append(
        session,
        EntryKind::Note,
        &json!({"n": number, "text": "ünï \n ∅"}),
    )
    .await
    .unwrap();
    LedgerHead {
        seq: entry.seq,
        hash: entry.hash,
    }
}

#[tokio::test]
async fn an_adopt_installs_once_and_is_the_first_entry() {
    let server = server().await;
    let database = server.database().await;
    let session = database.session().await;
    assert!(!ledger::exists(&session).await.unwrap());
    assert!(!catalog::identity(&session).await.unwrap().adopted);

    let first = adopt(&session, &options()).await.unwrap();
    assert_eq!(
        (first.status, first.version),
        (AdoptStatus::Installed, newest_version())
    );
    assert_eq!(first.policy.as_ref().map(|(version, _)| *version), Some(1));
    assert!(ledger::exists(&session).await.unwrap());
    let identity = catalog::identity(&session).await.unwrap();
    assert_eq!(identity.genesis.as_ref(), Some(&first.genesis));
    assert_eq!(identity.adopted_class, Some(TargetClass::Production));

    let entries = ledger::entries(&session, 0).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].seq, entries[0].kind.as_str()), (1, "adopted"));
    assert_eq!(entries[0].prev_hash, first.genesis);
    assert_eq!(entries[0].operator, SUPERUSER);
    assert_eq!(
        entries[0].engine_version.as_deref(),
        Some(env!("CARGO_PKG_VERSION"))
    );

    let again = adopt(&session, &options()).await.unwrap();
    assert_eq!(again.status, AdoptStatus::Already);
    assert_eq!(
        (&again.genesis, &again.policy),
        (&first.genesis, &first.policy)
    );
    assert_eq!(ledger::entries(&session, 0).await.unwrap().len(), 1);

    // Another policy is another version, and told in the ledger.
    let stricter = AdoptOptions {
        policy: Some(json!({"quorum": {"L4": 2}})),
        ..options()
    };
    let stricter = adopt(&session, &stricter).await.unwrap();
    assert_eq!(stricter.policy.map(|(version, _)| version), Some(2));
    let entries = ledger::entries(&session, 1).await.unwrap();
    assert_eq!(entries[0].body["policy_version"], 2);
    assert!(ledger::verify(&session, &[]).await.unwrap().is_whole());

    // Another class is refused, and nothing is changed.
    let other = AdoptOptions {
        class: TargetClass::Scratch,
        ..options()
    };
    let error = adopt(&session, &other).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("OR002"), "{error}");
    let missing_role = AdoptOptions {
        read_role: Some("no'body".to_owned()),
        ..options()
    };
    let error = adopt(&session, &missing_role).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("42704"), "{error}");
    assert_eq!(ledger::entries(&session, 0).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_script_alone_does_the_same() {
    let server = server().await;
    let database = server.database().await;
    let script = adopt_script(&options());
    database.run(&script).await;
    database.run(&script).await;
    let session = database.session().await;
    assert!(ledger::verify(&session, &[]).await.unwrap().is_whole());
    assert_eq!(
        adopt(&session, &options()).await.unwrap().status,
        AdoptStatus::Already
    );
}

async fn check_twins(server: &Arc<TestServer>) {
    let (_database, session) = adopted(server).await;
    for (name, twin) in TWINS {
        session.simple("begin").await.unwrap();
        if let Err(error) = session.simple(twin).await {
            panic!("twin {name}: {error}");
        }
        session.simple("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn every_twin_passes() {
    check_twins(&server().await).await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/ledger");
    for part in ["migrations", "code"] {
        for file in std::fs::read_dir(format!("{folder}/{part}")).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let name = name.trim_end_matches(".sql");
            assert!(
                TWINS.iter().any(|(twin, _)| *twin == name),
                "{name} has no twin"
            );
        }
    }
}

#[tokio::test]
async fn a_dba_without_superuser_can_adopt_and_keeps_nothing() {
    check_plain_dba(&server().await).await;
}

#[tokio::test]
async fn the_ledger_is_the_same_on_every_major() {
    for major in [14, 16, 17, 18] {
        let server = with_roles(TestServer::of_major(major).await).await;
        check_twins(&server).await;
        // A fresh cluster has no role oneroof_ledger yet: the DBA makes it himself.
        let server = with_roles(TestServer::of_major(major).await).await;
        check_plain_dba(&server).await;
    }
}

async fn check_plain_dba(server: &Arc<TestServer>) {
    let admin = server.admin().await;
    admin
        .simple("create role dba login createrole")
        .await
        .unwrap();
    admin
        .simple("create database managed owner dba")
        .await
        .unwrap();
    let session = server.session("managed", "dba").await;
    let outcome = adopt(&session, &options()).await.unwrap();
    assert_eq!(outcome.status, AdoptStatus::Installed);
    for attempt in [
        "set role oneroof_ledger",
        "insert into oneroof.entry select * from oneroof.entry",
        "alter table oneroof.entry disable trigger all",
        "select oneroof.append('note', '{}')",
    ] {
        let error = session.simple(attempt).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("42501"), "{attempt}: {error}");
    }
    let again = adopt(&session, &options()).await.unwrap();
    assert_eq!(again.status, AdoptStatus::Already);

    let plain = server.session("managed", "stranger").await;
    let error = adopt(&plain, &options()).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some("42501"), "{error}");
}

#[tokio::test]
async fn roles_may_do_what_they_are_for() {
    let server = server().await;
    let (database, admin) = adopted(&server).await;
    let apply = server.session(database.name(), "Apply Role").await;
    let written = ledger::append(
        &apply,
        EntryKind::TierApplied,
        &json!({"run_id": "r", "package_digest": "p", "tier": "t", "statement": "s"}),
    )
    .await
    .unwrap();
    let entry = ledger::entries(&apply, 1).await.unwrap().remove(0);
    assert_eq!((entry.seq, &entry.hash), (written.seq, &written.hash));
    assert_eq!(entry.operator, "Apply Role");
    assert_eq!(entry.run_id.as_deref(), Some("r"));
    assert_eq!(entry.tier.as_deref(), Some("t"));
    assert_eq!(entry.statement.as_deref(), Some("s"));
    assert_eq!(
        entry.engine_version.as_deref(),
        Some(env!("CARGO_PKG_VERSION"))
    );

    let forged = format!(
        "insert into oneroof.entry values (3, now(), 'note', null, null, null, null, null, '{{}}', 'me', null, '{}', '{}')",
        written.hash,
        "0".repeat(64)
    );
    for attempt in [
        forged.as_str(),
        "update oneroof.entry set operator = 'me'",
        "delete from oneroof.entry",
        "truncate oneroof.entry",
    ] {
        let error = apply.simple(attempt).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("42501"), "{attempt}: {error}");
    }

    let reader = server.session(database.name(), "reader").await;
    let head = ledger::newest_hash(&reader).await.unwrap();
    assert_eq!(head.map(|head| head.hash), Some(written.hash.clone()));
    assert!(ledger::verify(&reader, &[]).await.unwrap().is_whole());
    let tiers = reader
        .simple("select tier, live from oneroof.tier")
        .await
        .unwrap();
    assert_eq!(tiers.rows, [[Some("t".to_owned()), Some("t".to_owned())]]);
    assert_eq!(
        reader
            .simple("select * from oneroof.verify()")
            .await
            .unwrap()
            .rows
            .len(),
        0
    );
    let error = ledger::append(&reader, EntryKind::Note, &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("42501"), "{error}");
    // Grants outlive the views that a later adopt makes anew, also for roles that it doesn't name.
    adopt(&admin, &AdoptOptions::production()).await.unwrap();
    assert_eq!(
        reader
            .simple("select * from oneroof.run")
            .await
            .unwrap()
            .rows
            .len(),
        1
    );

    let stranger = server.session(database.name(), "stranger").await;
    assert!(ledger::exists(&stranger).await.unwrap());
    assert_eq!(
        ledger::entries(&stranger, 0).await.unwrap_err().sqlstate(),
        Some("42501")
    );
    let identity = catalog::identity(&stranger).await.unwrap();
    assert!(identity.adopted && identity.genesis.is_none());
    assert_eq!(identity.unknown.len(), 1, "{:?}", identity.unknown);

    for (kind, body) in [
        (EntryKind::Note, json!([])),
        (EntryKind::Adopted, json!({})),
    ] {
        let error = ledger::append(&apply, kind, &body).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("22023"), "{error}");
    }
}

/// Does something to a ledger as superuser behind the triggers, and expects these faults.
async fn check_tampering(tamper: &str, expected: &[LedgerFault]) {
    check_each(&[(tamper, expected)]).await;
}

/// The same for several acts on one ledger; each is rolled back before the next.
async fn check_each(acts: &[(&str, &[LedgerFault])]) {
    let server = TestServer::shared().await;
    let (_database, session) = {
        let database = server.database().await;
        let session = database.session().await;
        adopt(&session, &AdoptOptions::production()).await.unwrap();
        (database, session)
    };
    for number in 2..=6 {
        note(&session, number).await;
    }
    let known = KnownHead::from(ledger::newest_hash(&session).await.unwrap().unwrap());
    let without_number = KnownHead {
        seq: None,
        ..known.clone()
    };
    let whole = ledger::verify(&session, &[known.clone(), without_number])
        .await
        .unwrap();
    assert_eq!((whole.entries, whole.is_whole()), (6, true));
    let elsewhere = KnownHead {
        seq: Some(5),
        ..known.clone()
    };
    let moved = ledger::verify(&session, std::slice::from_ref(&elsewhere))
        .await
        .unwrap();
    assert_eq!(moved.faults, [LedgerFault::TailCut { known: elsewhere }]);

    for (tamper, expected) in acts {
        check_act(&session, &known, tamper, expected).await;
        session.simple("rollback").await.unwrap();
    }
    assert_eq!(
        ledger::verify(&session, std::slice::from_ref(&known))
            .await
            .unwrap(),
        whole
    );
}

async fn check_act(session: &Session, known: &KnownHead, tamper: &str, expected: &[LedgerFault]) {
    session
        .simple("begin; alter table oneroof.entry disable trigger all")
        .await
        .unwrap();
    session
        .simple(tamper)
        .await
        .unwrap_or_else(|error| panic!("{tamper}: {error}"));
    session
        .simple("alter table oneroof.entry enable always trigger entry_stays")
        .await
        .unwrap();
    let report = ledger::verify(session, std::slice::from_ref(known))
        .await
        .unwrap();
    let without_head: Vec<_> = report
        .faults
        .iter()
        .filter(|fault| !matches!(fault, LedgerFault::TailCut { .. }))
        .cloned()
        .collect();
    let tail_cut = report.faults.len() > without_head.len();
    assert_eq!(without_head, expected, "{tamper}");
    let in_sql = session
        .query("select * from oneroof.verify($1)", &[&known.hash])
        .await
        .unwrap();
    assert!(
        !in_sql.is_empty(),
        "{tamper}: the database's own check sees nothing"
    );
    if expected.is_empty() {
        assert!(tail_cut, "{tamper}: nothing shows");
        assert!(ledger::verify(session, &[]).await.unwrap().is_whole());
    }
}

#[tokio::test]
async fn a_changed_entry_shows() {
    let mut acts = Vec::new();
    for column in [
        "at = at + interval '1 microsecond'",
        "kind = 'sealed'",
        "run_id = ''",
        "package_digest = 'x'",
        "params_digest = 'x'",
        "tier = 'x'",
        "statement = 'x'",
        "body = body || '{\"m\": 1}'",
        "operator = 'x'",
        "engine_version = null",
    ] {
        acts.push(format!("update oneroof.entry set {column} where seq = 3"));
    }
    let expected = [LedgerFault::Changed { seq: 3 }];
    let acts: Vec<(&str, &[LedgerFault])> = acts
        .iter()
        .map(|act| (act.as_str(), expected.as_slice()))
        .collect();
    check_each(&acts).await;
}

#[tokio::test]
async fn a_changed_entry_with_a_fitting_hash_breaks_the_chain() {
    check_tampering(
        "update oneroof.entry set body = '{}' where seq = 3;
         update oneroof.entry as e set hash = oneroof.entry_hash(e) where seq = 3",
        &[LedgerFault::Reordered { seq: 4 }],
    )
    .await;
}

#[tokio::test]
async fn a_missing_entry_shows() {
    check_tampering(
        "delete from oneroof.entry where seq in (3, 4)",
        &[LedgerFault::Missing {
            from_seq: 3,
            to_seq: 4,
        }],
    )
    .await;
    check_tampering(
        "delete from oneroof.entry where seq = 1",
        &[LedgerFault::Missing {
            from_seq: 1,
            to_seq: 1,
        }],
    )
    .await;
}

#[tokio::test]
async fn reordered_entries_show() {
    check_tampering(
        "update oneroof.entry set seq = 100 where seq = 3;
         update oneroof.entry set seq = 3 where seq = 4;
         update oneroof.entry set seq = 4 where seq = 100;
         alter table oneroof.entry drop constraint entry_hash_is_unique;
         update oneroof.entry as e set hash = oneroof.entry_hash(e)",
        &[
            LedgerFault::Reordered { seq: 3 },
            LedgerFault::Reordered { seq: 4 },
            LedgerFault::Reordered { seq: 5 },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_tail_that_was_cut_or_replaced_shows() {
    check_tampering("delete from oneroof.entry where seq >= 5", &[]).await;
    check_tampering(
        "delete from oneroof.entry where seq >= 5;
         select oneroof.append('note', '{\"other\": 1}');
         select oneroof.append('note', '{\"other\": 2}')",
        &[],
    )
    .await;
    check_tampering("delete from oneroof.entry", &[LedgerFault::Empty]).await;
}

#[tokio::test]
async fn another_genesis_shows() {
    check_tampering(
        "alter table oneroof.target disable trigger all; update oneroof.target set genesis = repeat('0', 64)",
        &[LedgerFault::Reordered { seq: 1 }],
    )
    .await;
}

#[tokio::test]
async fn two_writers_wait_for_each_other_and_a_rollback_leaves_no_gap() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    let one = database.session().await;
    adopt(&one, &AdoptOptions::production()).await.unwrap();
    let two = database.session().await;

    one.simple("begin").await.unwrap();
    note(&one, 2).await;
    two.simple("set lock_timeout = '200ms'").await.unwrap();
    let error = ledger::append(&two, EntryKind::Note, &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("55P03"), "{error}");
    one.simple("rollback").await.unwrap();
    assert_eq!(note(&two, 2).await.seq, 2);

    // A snapshot that was overtaken cannot fork the chain.
    one.simple("begin isolation level repeatable read; select 1 from oneroof.target")
        .await
        .unwrap();
    assert_eq!(note(&two, 3).await.seq, 3);
    let error = ledger::append(&one, EntryKind::Note, &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("23505"), "{error}");
    one.simple("rollback").await.unwrap();

    let mut writers = Vec::new();
    for _ in 0..4 {
        let session = database.session().await;
        writers.push(tokio::spawn(async move {
            for number in 0..25 {
                note(&session, number).await;
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let report = ledger::verify(&one, &[]).await.unwrap();
    assert_eq!(
        (report.entries, report.is_whole()),
        (103, true),
        "{:?}",
        report.faults
    );
}

#[tokio::test]
async fn long_ledgers_are_read_in_batches() {
    let server = TestServer::shared().await;
    let database = server.database().await;
    let session = database.session().await;
    adopt(&session, &AdoptOptions::production()).await.unwrap();
    session
        .simple("select oneroof.append('note', jsonb_build_object('n', n)) from generate_series(2, 2500) n")
        .await
        .unwrap();
    let report = ledger::verify(&session, &[]).await.unwrap();
    assert_eq!((report.entries, report.is_whole()), (2500, true));
    assert_eq!(ledger::entries(&session, 1200).await.unwrap().len(), 1300);
}
