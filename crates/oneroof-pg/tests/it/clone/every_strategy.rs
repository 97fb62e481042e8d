//! Faithful by every strategy: rows and definitions of a logical and of a physical clone, of a copy inside the clone's
//! server, and of what comes back from a snapshot are those of the source.

use oneroof_pg::clone::{
    CopyProgress, TemplateFiles, choose_strategy, copy_database, open_copy, read_rows,
    restore_snapshot, take_snapshot,
};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::can_share_blocks;

use super::faithful::beside_tables;
use super::physical::server_with_senders;
use super::*;

/// Every definition, the rows of every table, and what is beside tables.
struct Whole {
    definition: Definition,
    data: DataDigest,
    beside: Vec<Vec<Option<String>>>,
    /// Answers about what digests of tables do not see.
    answers: Vec<Vec<Option<String>>>,
}

/// Partitions below a hash of an enum. That is another number in another database, so their rows may lie in each other
/// there: the table above them is compared.
const BY_HASH_OF_ENUM: &str = "
    select distinct format('%I.%I', n.nspname, c.relname)
      from pg_partitioned_table as p
      join pg_attribute as a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs::smallint[])
      join pg_type as t on t.oid = a.atttypid and t.typtype = 'e'
     cross join lateral pg_partition_tree(pg_partition_root(p.partrelid)) as tree
      join pg_class as c on c.oid = tree.relid and tree.isleaf
      join pg_namespace as n on n.oid = c.relnamespace
     where p.partstrat = 'h'";

async fn answers(session: &Session, statement: &str) -> Vec<Vec<Option<String>>> {
    session.simple(statement).await.unwrap().rows
}

impl Whole {
    async fn of(session: &Session, with_beside: bool) -> Self {
        let partitions = answers(session, BY_HASH_OF_ENUM).await;
        let not_copied = partitions.into_iter().flatten().flatten().collect();
        let options = DataOptions {
            not_copied,
            ..DataOptions::default()
        };
        let mut all = Vec::new();
        let statements = answers(session, include_str!("../sql/beside_digests.sql")).await;
        for statement in statements.into_iter().flatten().flatten() {
            all.extend(answers(session, &statement).await);
        }
        Self {
            definition: catalog::definition(session).await.unwrap(),
            data: catalog::data(session, &options).await.unwrap(),
            beside: match with_beside {
                true => beside_tables(session).await,
                false => Vec::new(),
            },
            answers: all,
        }
    }

    /// Is there an answer that begins so?
    fn has_answer(&self, begin: &[&str]) -> bool {
        self.answers.iter().any(|answer| {
            let cells = answer.iter().map(|cell| cell.as_deref().unwrap_or(""));
            cells.take(begin.len()).eq(begin.iter().copied())
        })
    }

    async fn assert_is_in(&self, there: &ConnInfo, how: &str) {
        let session = connect(there, &SessionOptions::read_write("oneroof/test"))
            .await
            .unwrap();
        let other = Self::of(&session, !self.beside.is_empty()).await;
        session.close().await;
        let differences: Vec<String> = Definition::differences(&self.definition, &other.definition)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(differences.is_empty(), "{how}: {differences:#?}");
        assert_eq!(
            DataDigest::diff(&self.data, &other.data),
            Default::default(),
            "{how}"
        );
        let rows = |data: &DataDigest| -> Vec<(String, u64)> {
            let tables = data.tables.iter();
            tables
                .map(|table| (table.table.clone(), table.rows))
                .collect()
        };
        assert_eq!(rows(&self.data), rows(&other.data), "{how}");
        assert_eq!(self.beside, other.beside, "{how}");
        assert_eq!(self.answers, other.answers, "{how}");
    }
}

async fn check(project: &Project, source: &TestDatabase, strategy: CloneStrategy, whole: &Whole) {
    let options = CloneOptions {
        strategy,
        ..project.kept()
    };
    let clone = make(source, &options).await.unwrap();
    whole
        .assert_is_in(&clone.superuser_conninfo(), &strategy.to_string())
        .await;

    let copy = copy_from_template(&TemplateOptions {
        source: clone.entry().clone(),
        server: clone.server().clone(),
        clones: options.clones.clone(),
        application_name: "oneroof/test".to_owned(),
        roles: RolesOfServer::Stay,
    })
    .await
    .unwrap();
    let how = format!("template of {strategy}");
    whole.assert_is_in(&copy.superuser_conninfo(), &how).await;
    copy.remove().await.unwrap();

    if strategy == CloneStrategy::Logical {
        check_snapshot(project, &clone, whole).await;
    }
    clone.remove().await.unwrap();
    project.assert_empty();
}

async fn check_snapshot(project: &Project, clone: &DatabaseClone, whole: &Whole) {
    let (options, progress) = (project.options(), Arc::new(CopyProgress::default()));
    take_snapshot(&project.take(clone, "one"), &progress)
        .await
        .unwrap();
    let restored = restore_snapshot(&project.restore("one"), &Arc::default())
        .await
        .unwrap();
    whole.assert_is_in(&restored.superuser, "snapshot").await;
    remove_clone(&restored.entry.id, &options.clones, &options.servers)
        .await
        .unwrap();
    project.store().drop("one").unwrap();
}

async fn project() -> Project {
    Project {
        folder: tempfile::tempdir().unwrap(),
        server: server_with_senders().await,
    }
}

/// The template of a database on this major: its files share their blocks where the disk can, and the server too.
async fn check_files(major: u32) {
    let server = TestServer::of_major(major).await;
    let database = server.database().await;
    database.run("create table t as select 7 as v").await;
    let admin = server.admin().await;
    let files = copy_database(&admin, database.name(), "copy_of_it")
        .await
        .unwrap();
    let disk_can = can_share_blocks(server.server().data_folder().parent().unwrap());
    let expected = match (disk_can, major >= 18) {
        (true, true) => TemplateFiles::Shared,
        (true, false) => TemplateFiles::PlainByServer,
        (false, _) => TemplateFiles::Plain,
    };
    assert_eq!(files, expected);
    if major >= 18 {
        let method = admin.simple("show file_copy_method").await.unwrap();
        let wanted = if disk_can { "clone" } else { "copy" };
        assert_eq!(method.rows[0][0].as_deref(), Some(wanted));
    }
    open_copy(&admin, "copy_of_it").await.unwrap();
    let copy = server.session("copy_of_it", SUPERUSER).await;
    let rows = copy.simple("select v from t").await.unwrap();
    assert_eq!(rows.rows[0][0].as_deref(), Some("7"));
}

#[tokio::test]
async fn a_template_shares_its_blocks_where_disk_and_server_can() {
    for major in [15, 18] {
        check_files(major).await;
    }
}

#[tokio::test]
async fn the_strategy_is_chosen_with_a_reason() {
    let project = project().await;
    project
        .server
        .admin()
        .await
        .simple("create role weak login")
        .await
        .unwrap();
    let source = project.source("create table t ()").await;
    let choice = async |role: &str, is_production: bool| {
        let session = project.server.session(source.name(), role).await;
        let choice = choose_strategy(&session, is_production).await.unwrap();
        session.close().await;
        (choice.strategy, choice.why)
    };
    let (physical, why) = choice(SUPERUSER, false).await;
    assert_eq!(physical, CloneStrategy::Physical);
    assert!(why.contains("no other database"), "{why}");
    let mut reasons = vec![
        (
            choice(SUPERUSER, true).await,
            "checkpoint and log on a production",
        ),
        (choice("weak", false).await, "role weak may not replicate"),
    ];
    source.run("create unlogged table u ()").await;
    reasons.push((
        choice(SUPERUSER, false).await,
        "unlogged tables would be empty",
    ));
    source.run("drop table u").await;
    let _next_door = project.source("select").await;
    reasons.push((choice(SUPERUSER, false).await, "1 other database"));
    for ((strategy, why), words) in reasons {
        assert_eq!(strategy, CloneStrategy::Logical, "{why}");
        assert!(why.contains(words), "{why}");
    }
    // The usual server of the tests gives its files to nobody.
    let other = Project::new().await;
    let session = other.server.admin().await;
    let choice = choose_strategy(&session, false).await.unwrap();
    assert_eq!(choice.strategy, CloneStrategy::Logical);
    assert!(choice.why.contains("max_wal_senders"), "{}", choice.why);
}

#[tokio::test]
async fn every_sort_of_value_comes_through_every_strategy() {
    let project = project().await;
    let source = project.source(include_str!("../sql/every_value.sql")).await;
    // The files of an unlogged table are in no physical copy, which its report says.
    source.run("truncate unlogged_one").await;
    let whole = Whole::of(&source.session().await, true).await;
    assert!(whole.data.tables.len() > 15 && !whole.beside.is_empty());
    for strategy in [CloneStrategy::Logical, CloneStrategy::Physical] {
        check(&project, &source, strategy, &whole).await;
    }
}

#[tokio::test]
async fn every_kind_of_object_comes_through_every_strategy() {
    let project = project().await;
    project
        .server
        .admin()
        .await
        .simple(MANY_ROLES)
        .await
        .unwrap();
    let source = every_kind(&project.server, 15).await;
    source.run("truncate app.scratchpad").await; // unlogged, as above
    source.run(include_str!("../sql/apart.sql")).await;
    let whole = Whole::of(&source.session().await, false).await;
    for strategy in [CloneStrategy::Logical, CloneStrategy::Physical] {
        check(&project, &source, strategy, &whole).await;
    }
}

/// PostgreSQL 18 computes columns when they are read. Its own `pg_dump` and `pg_basebackup` are not everywhere, so there
/// it is the copy inside a server that is compared, and the reading of rows.
#[tokio::test]
async fn what_digests_do_not_see_is_the_same_in_a_template_of_18() {
    let server = TestServer::of_major(18).await;
    let source = server.database().await;
    source.run(include_str!("../sql/apart.sql")).await;
    source
        .run(
            "create table apart.computed (id integer, price numeric, tripled numeric generated always as (price * 3) virtual,
                halved numeric generated always as (price / 2) stored);
             insert into apart.computed (id, price) select g, g from generate_series(1, 30) as g",
        )
        .await;
    let session = source.session().await;
    let whole = Whole::of(&session, false).await;
    for begin in [
        &["rows of by_mood", "200"][..],
        &["rows of deep", "100"],
        &["rows of filled", "5"],
        &["generated columns of priced", "50"],
        &["generated columns of computed", "30"],
        &["apart.never", "f"],
        &["70002", "apart_owner"],
    ] {
        assert!(whole.has_answer(begin), "{begin:?}: {:#?}", whole.answers);
    }
    // What differs is seen.
    session
        .simple("begin; insert into apart.by_mood values ('sad', 0); update apart.priced set price = 9 where id = 1;
                 refresh materialized view apart.filled; select lo_put(70001, 0, 'X')")
        .await
        .unwrap();
    let other = Whole::of(&session, false).await;
    session.simple("rollback").await.unwrap();
    let changed = whole.answers.iter().zip(&other.answers);
    assert_eq!(changed.filter(|(one, two)| one != two).count(), 4);
    let rows = read_rows(&session, &[], u64::MAX, RowsOf::Golden)
        .await
        .unwrap();
    session.close().await;

    let admin = server.admin().await;
    copy_database(&admin, source.name(), "copy_of_it")
        .await
        .unwrap();
    open_copy(&admin, "copy_of_it").await.unwrap();
    let there = server.conninfo("copy_of_it", SUPERUSER);
    whole.assert_is_in(&there, "template of 18").await;
    let compared = compare_rows(&there, &rows, "oneroof/test", 2, u64::MAX)
        .await
        .unwrap();
    // by_mood, deep, priced, computed
    assert_eq!((compared.tables, compared.rows), (4, 380));
    assert_eq!(compared.differences, Vec::<String>::new());
}

#[tokio::test]
async fn a_database_with_too_many_definitions_to_hold_is_copied_through_one_pipe() {
    let (project, source) = Project::with_source(include_str!("../sql/every_value.sql")).await;
    source.run("drop event trigger no_ddl").await;
    source.run(include_str!("../sql/apart.sql")).await;
    let whole = Whole::of(&source.session().await, true).await;
    let options = CloneOptions {
        definitions_bytes_max: 1,
        tally_rows: true,
        ..project.options()
    };
    let clone = make(&source, &options).await.unwrap();
    // Nobody saw the rows on their way: it was that branch.
    assert_eq!(clone.copied_rows(), None);
    let report = clone.report();
    assert_eq!(report.source_programs, 2);
    assert!(
        report
            .differences
            .iter()
            .any(|line| line.starts_with("materialized views were filled anew")),
        "{:?}",
        report.differences
    );
    whole
        .assert_is_in(&clone.superuser_conninfo(), "one pipe")
        .await;
    clone.remove().await.unwrap();
    project.assert_empty();

    // Tables whose rows are left out cannot be left out of that pipe.
    let partial = CloneOptions {
        left_out: vec!["public.wide".to_owned()],
        ..options
    };
    let error = make(&source, &partial).await.unwrap_err();
    assert!(
        matches!(&error, CloneError::Client { detail, .. } if detail.contains("too many")),
        "{error:?}"
    );
    project.assert_empty();
}
