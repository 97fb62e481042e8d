//! Faithful by every strategy: rows and definitions of a logical and of a physical clone, of a copy inside the clone's
//! server, and of what comes back from a snapshot are those of the source.

use oneroof_pg::clone::{CopyProgress, restore_snapshot, take_snapshot};
use oneroof_pg::conninfo::ConnInfo;

use super::faithful::beside_tables;
use super::physical::server_with_senders;
use super::*;

/// Every definition, the rows of every table, and what is beside tables.
struct Whole {
    definition: Definition,
    data: DataDigest,
    beside: Vec<Vec<Option<String>>>,
}

impl Whole {
    async fn of(session: &Session, with_beside: bool) -> Self {
        Self {
            definition: catalog::definition(session).await.unwrap(),
            data: catalog::data(session, &DataOptions::default())
                .await
                .unwrap(),
            beside: match with_beside {
                true => beside_tables(session).await,
                false => Vec::new(),
            },
        }
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

#[tokio::test]
async fn every_sort_of_value_comes_through_every_strategy() {
    let project = project().await;
    let source = project.source(include_str!("../sql/every_value.sql")).await;
    // The files of an unlogged table are in no physical copy, which its report says.
    source.run("truncate unlogged_one").await;
    let whole = Whole::of(&source.session().await, true).await;
    assert!(whole.data.tables.len() > 20 && !whole.beside.is_empty());
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
    let whole = Whole::of(&source.session().await, false).await;
    for strategy in [CloneStrategy::Logical, CloneStrategy::Physical] {
        check(&project, &source, strategy, &whole).await;
    }
}
