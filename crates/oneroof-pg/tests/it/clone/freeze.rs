//! Snapshots of kept clones: what comes back is what was put away, or nothing.

use std::path::PathBuf;

use oneroof_pg::clone::{
    CopyProgress, RestoreOptions, SnapshotError, SnapshotStore, TakeOptions, close_clone,
    read_rows, restore_snapshot, take_snapshot,
};
use oneroof_pg::ephemeral::RegistryError;
use oneroof_pg::programs::{self, ProgramCall};

use super::*;

impl Project {
    pub(super) fn store(&self) -> SnapshotStore {
        SnapshotStore::at(self.folder.path().join("snapshots"))
    }

    pub(super) fn take(&self, clone: &DatabaseClone, name: &str) -> TakeOptions {
        let options = self.options();
        TakeOptions {
            clone: clone.entry().clone(),
            server: clone.server().clone(),
            clones: options.clones,
            servers: options.servers,
            store: self.store(),
            name: name.to_owned(),
            operator: Some("somebody".to_owned()),
        }
    }

    pub(super) fn restore(&self, name: &str) -> RestoreOptions {
        let options = self.options();
        RestoreOptions {
            store: self.store(),
            name: name.to_owned(),
            class: TargetClass::Clone,
            clones: options.clones,
            servers: options.servers,
            binaries: options.binaries,
            places: options.places,
            temp_folder: options.temp_folder,
            os_user: options.os_user,
            operator: None,
        }
    }

    fn file(&self, name: &str, path: &str) -> PathBuf {
        self.store().folder().join(name).join(path)
    }
}

const SOURCE: &str = "create role reader; create table t (id int primary key, text text);
    insert into t select g, repeat(g::text, 100) from generate_series(1, 1000) g; grant select on t to reader";

/// A project with a source, and a clone of it that stays.
async fn kept_clone() -> (Project, TestDatabase, DatabaseClone) {
    let (project, source) = Project::with_source(SOURCE).await;
    let clone = make(&source, &project.kept()).await.unwrap();
    (project, source, clone)
}

#[tokio::test]
async fn a_snapshot_comes_back_as_it_was_put_away() {
    let (project, source, clone) = kept_clone().await;
    let options = project.options();
    let progress = Arc::new(CopyProgress::default());

    // Whoever is connected is named, and nothing happens to them.
    let somebody = admin_of(&clone).await;
    let error = take_snapshot(&project.take(&clone, "one"), &progress).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, CloneError::InUse { sessions, .. } if sessions[0].contains("oneroof/test")),
        "{error:?}"
    );
    somebody.simple("select 1").await.unwrap();
    somebody.close().await;
    assert_eq!(files(project.store().folder()), 0);

    let record = take_snapshot(&project.take(&clone, "one"), &progress)
        .await
        .unwrap();
    assert_eq!(record.bytes, progress.bytes());
    assert_eq!(project.store().list().unwrap(), vec![record.clone()]);
    let error = take_snapshot(&project.take(&clone, "one"), &progress).await;
    assert!(matches!(
        error,
        Err(CloneError::Snapshot(SnapshotError::Taken { .. }))
    ));
    // Anybody can check it without us.
    let check = ProgramCall::new("/usr/bin/sha256sum")
        .args(["--check", "--strict", "--quiet", "files-sha256.txt"])
        .in_folder(project.file("one", ""));
    programs::run(check).await.unwrap();

    // The clone runs again; what happens to it now is not in the snapshot.
    let session = admin_of(&clone).await;
    assert_faithful(&source.session().await, &session).await;
    session.simple("delete from t").await.unwrap();
    session.close().await;

    let restored = restore_snapshot(&project.restore("one"), &Arc::default())
        .await
        .unwrap();
    assert_eq!(restored.bytes, record.bytes);
    assert_eq!(restored.entry.line(), clone.id());
    assert_eq!(restored.entry.data_at(), clone.entry().data_at());
    assert_ne!(
        restored.entry.system_identifier,
        clone.entry().system_identifier
    );
    let session = connect(
        &restored.superuser,
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    assert_faithful(&source.session().await, &session).await;
    let verdict = mark_verdict(&session, &options.clones).await.unwrap();
    assert!(
        matches!(&verdict, MarkVerdict::Valid { id, .. } if *id == restored.entry.id),
        "{verdict:?}"
    );
    session.close().await;

    // It outlives a sweep, as the first one does.
    options.servers.sweep().await.unwrap();
    assert_eq!(options.servers.list().unwrap().len(), 2);
    remove_clone(&restored.entry.id, &options.clones, &options.servers)
        .await
        .unwrap();
    clone.remove().await.unwrap();
    project.store().drop("one").unwrap();
    project.assert_empty();
    assert_eq!(files(project.store().folder()), 0);
}

#[tokio::test]
async fn a_snapshot_that_is_not_whole_is_refused_with_the_file_named() {
    let (project, _source, clone) = kept_clone().await;
    let progress = Arc::new(CopyProgress::default());
    take_snapshot(&project.take(&clone, "one"), &progress)
        .await
        .unwrap();
    clone.remove().await.unwrap();

    let list = std::fs::read_to_string(project.file("one", "files-sha256.txt")).unwrap();
    let largest = list
        .lines()
        .map(|line| line.split_once("  ").unwrap().1)
        .max_by_key(|path| std::fs::metadata(project.file("one", path)).unwrap().len())
        .unwrap();
    let whole = std::fs::read(project.file("one", largest)).unwrap();
    let faults = async || {
        let restored = restore_snapshot(&project.restore("one"), &Arc::default()).await;
        let error = restored.unwrap_err();
        project.assert_empty();
        assert!(error.hint().is_some());
        match error {
            CloneError::Snapshot(SnapshotError::Broken { faults, .. }) => faults,
            other => panic!("{other:?}"),
        }
    };
    let short = largest.strip_prefix("data/").unwrap();

    // One bit.
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(project.file("one", largest), &bytes).unwrap();
    assert_eq!(
        faults().await,
        [format!(
            "file `{short}` is not what was kept: its SHA-256 differs"
        )]
    );
    // Gone, and another one there.
    std::fs::remove_file(project.file("one", largest)).unwrap();
    std::fs::write(project.file("one", "data/base/x"), "x").unwrap();
    assert_eq!(
        faults().await,
        [
            format!("file `{short}` is missing"),
            "file `base/x` was not kept".to_owned()
        ]
    );
    std::fs::remove_file(project.file("one", "data/base/x")).unwrap();
    std::fs::write(project.file("one", largest), &whole).unwrap();
    // A list that fits other files.
    let forged = list.replacen(&list[..64], &"0".repeat(64), 1);
    std::fs::write(project.file("one", "files-sha256.txt"), forged).unwrap();
    assert!(faults().await[0].contains("files-sha256.txt"));
    std::fs::write(project.file("one", "files-sha256.txt"), &list).unwrap();

    let restored = restore_snapshot(&project.restore("one"), &Arc::default())
        .await
        .unwrap();
    let options = project.options();
    remove_clone(&restored.entry.id, &options.clones, &options.servers)
        .await
        .unwrap();
    project.assert_empty();
}

#[tokio::test]
async fn a_snapshot_that_is_broken_off_leaves_nothing_and_the_clone_runs() {
    let (project, source, clone) = kept_clone().await;
    let options = project.options();
    let progress = Arc::new(CopyProgress::default());
    let (take, seen) = (project.take(&clone, "one"), progress.clone());
    let task = tokio::spawn(async move { take_snapshot(&take, &seen).await.map(drop) });
    while progress.bytes() == 0 && !task.is_finished() {
        tokio::task::yield_now().await;
    }
    task.abort();
    let outcome = task.await;
    assert!(outcome.is_err(), "it was faster than we: {outcome:?}");
    for _ in 0..200 {
        project.store().sweep().unwrap();
        if files(project.store().folder()) == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(project.store().list().unwrap().is_empty());
    let session = admin_of(&clone).await;
    assert_faithful(&source.session().await, &session).await;
    session.close().await;
    options.servers.sweep().await.unwrap();
    assert!(matches!(
        options.servers.attach("ffffffff"),
        Err(RegistryError::Unknown { .. })
    ));
    options.servers.attach(clone.id()).unwrap();
    clone.remove().await.unwrap();
    project.assert_empty();
}

/// What is wrong with the rows of a database, against what was kept.
async fn differences(there: &oneroof_pg::conninfo::ConnInfo, kept: &CopiedRows) -> Vec<String> {
    let compared = compare_rows(there, kept, "oneroof/test", 2, u64::MAX)
        .await
        .unwrap();
    assert_eq!((compared.tables, compared.rows), (2, 1090));
    compared.differences
}

#[tokio::test]
async fn the_rows_of_a_golden_clone_are_kept_with_it_and_with_its_snapshot() {
    let (project, source) = Project::with_source(SOURCE).await;
    source
        .run(
            "create type mood as enum ('sad', 'ok', 'glad');
             create table by_mood (mood mood, id int) partition by hash (mood);
             create table by_mood_0 partition of by_mood for values with (modulus 2, remainder 0);
             create table by_mood_1 (id int, mood mood);
             alter table by_mood attach partition by_mood_1 for values with (modulus 2, remainder 1);
             insert into by_mood select (enum_range(null::mood))[g % 3 + 1], g from generate_series(1, 90) g",
        )
        .await;
    let options = CloneOptions {
        tally_rows: true,
        ..project.kept()
    };
    let clone = make(&source, &options).await.unwrap();
    let session = admin_of(&clone).await;
    let rows = read_rows(&session, &[], u64::MAX, RowsOf::Golden)
        .await
        .unwrap();
    // What the source sent is what the clone holds, table by table.
    assert_eq!(
        differences(&clone.superuser_conninfo(), clone.copied_rows().unwrap()).await,
        Vec::<String>::new()
    );
    assert_eq!(
        differences(&clone.superuser_conninfo(), &rows).await,
        Vec::<String>::new()
    );
    let there = clone.superuser_conninfo();
    let compared = async |rows: &CopiedRows| {
        let compared = compare_rows(&there, rows, "oneroof/test", 1, u64::MAX).await;
        compared.unwrap()
    };
    // A table that is too large is counted then, and now.
    let counted = read_rows(&session, &[], 1, RowsOf::Golden).await.unwrap();
    assert_eq!(
        compared(&counted).await.counted,
        ["public.by_mood", "public.t"]
    );
    // A partition whose rows are left out: the table above it cannot be compared.
    let left_out = ["public.by_mood_0".to_owned()];
    let partial = read_rows(&session, &left_out, u64::MAX, RowsOf::Golden)
        .await
        .unwrap();
    assert_eq!(compared(&partial).await.not_compared, ["public.by_mood"]);
    session.close().await;

    let clones = &options.clones;
    clones.keep_rows(clone.id(), &rows).unwrap();
    assert_eq!(clones.kept_rows(clone.id()).unwrap().as_ref(), Some(&rows));
    let admin = connect(
        &clone.server_conninfo("postgres"),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    let closed = close_clone(&admin, clone.entry(), clone.server(), &[])
        .await
        .unwrap();
    let golden = closed.become_golden(&admin, clones).await.unwrap();
    admin.close().await;

    let take = TakeOptions {
        clone: golden,
        ..project.take(&clone, "one")
    };
    take_snapshot(&take, &Arc::default()).await.unwrap();
    clone.remove().await.unwrap();
    project.assert_empty();

    let as_golden = RestoreOptions {
        class: TargetClass::Golden,
        ..project.restore("one")
    };
    let restored = restore_snapshot(&as_golden, &Arc::default()).await.unwrap();
    let id = &restored.entry.id;
    assert_eq!(clones.kept_rows(id).unwrap(), Some(rows.clone()));
    let server = options.servers.find(&restored.entry.server_id).unwrap();
    let copy = copy_from_template(&TemplateOptions {
        source: restored.entry.clone(),
        server,
        clones: clones.clone(),
        application_name: "oneroof/test".to_owned(),
        roles: RolesOfServer::Stay,
    })
    .await
    .unwrap();
    assert_eq!(
        differences(&copy.superuser_conninfo(), &rows).await,
        Vec::<String>::new()
    );
    let inside = connect(
        &copy.superuser_conninfo(),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    inside
        .simple("update by_mood set id = 1000 where id = 1")
        .await
        .unwrap();
    inside.close().await;
    assert_eq!(
        differences(&copy.superuser_conninfo(), &rows).await,
        ["rows of table `public.by_mood` are not those that the golden clone held (90 in both)"]
    );
    copy.remove().await.unwrap();
    remove_clone(id, clones, &options.servers).await.unwrap();
    project.assert_empty();

    // Of a clone that anybody may change nothing is promised; a list that was changed is refused.
    let plain = restore_snapshot(&project.restore("one"), &Arc::default())
        .await
        .unwrap();
    assert_eq!(clones.kept_rows(&plain.entry.id).unwrap(), None);
    remove_clone(&plain.entry.id, clones, &options.servers)
        .await
        .unwrap();
    std::fs::write(project.file("one", "rows.json"), "{}").unwrap();
    let error = restore_snapshot(&as_golden, &Arc::default()).await;
    assert!(
        matches!(&error, Err(CloneError::Snapshot(SnapshotError::Broken { faults, .. })) if faults[0].contains("rows.json")),
        "{error:?}"
    );
    project.assert_empty();
}
