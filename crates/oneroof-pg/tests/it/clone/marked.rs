//! Marked, registered, found again, removed.

use super::*;

#[tokio::test]
async fn a_clone_is_marked_and_nothing_else_is() {
    let project = Project::new().await;
    let source = project
        .source("create table t (id integer); insert into t values (1)")
        .await;
    let options = project.options();
    let clone = make(&source, &options).await.unwrap();
    let there = admin_of(&clone).await;
    let verdict = mark_verdict(&there, &options.clones).await.unwrap();
    let valid = MarkVerdict::Valid {
        class: TargetClass::Clone,
        id: clone.id().to_owned(),
    };
    assert_eq!(verdict, valid);
    assert_eq!(verdict.class(), Some(TargetClass::Clone));
    assert!(
        clone
            .database()
            .starts_with(&format!("{}_rehearsal_20", source.name())),
        "{}",
        clone.database()
    );
    assert!(clone.database().ends_with(&format!("_{}", clone.id())));

    // The model's own type reads the mark.
    let text = catalog::mark(&there).await.unwrap().unwrap();
    let mark: oneroof_model::Mark = serde_json::from_str(&text).unwrap();
    let identity = catalog::identity(&there).await.unwrap();
    assert_eq!(
        (mark.id.as_str(), mark.source.as_str()),
        (clone.id(), "production")
    );
    assert_eq!(mark.database_oid, identity.database_oid);
    let entry: CloneEntry = options.clones.find(clone.id()).unwrap();
    assert_eq!(entry.mark(), text);

    // Anybody may read the mark, also a role without rights.
    there.simple("create role nobody login").await.unwrap();
    let nobody = connect(
        &clone.conninfo("nobody"),
        &SessionOptions::read_only("oneroof/test"),
    )
    .await
    .unwrap();
    assert_eq!(mark_verdict(&nobody, &options.clones).await.unwrap(), valid);

    let forged = |verdict: MarkVerdict, word: &str| match verdict {
        MarkVerdict::Forged { why } => assert!(why.contains(word), "{why}"),
        other => panic!("{word}: {other:?}"),
    };
    // A production that bears the copied mark.
    let production = source.session().await;
    assert_eq!(
        mark_verdict(&production, &options.clones).await.unwrap(),
        MarkVerdict::None
    );
    catalog::write_mark(&production, source.name(), &text)
        .await
        .unwrap();
    // By its OID, or where that happens to be the same, by the server.
    forged(
        mark_verdict(&production, &options.clones).await.unwrap(),
        "this one has",
    );
    // The same with the OID mended.
    let there_identity = identity.clone();
    let here = catalog::identity(&production).await.unwrap();
    let mut copied: serde_json::Value = serde_json::from_str(&text).unwrap();
    copied["database_oid"] = here.database_oid.into();
    catalog::write_mark(&production, source.name(), &copied.to_string())
        .await
        .unwrap();
    forged(
        mark_verdict(&production, &options.clones).await.unwrap(),
        "system identifier",
    );
    // An OID that happens to be the same on another server.
    let mut twin = here.clone();
    twin.database_oid = there_identity.database_oid;
    forged(
        valid_mark(Some(&text), &twin, &options.clones).unwrap(),
        "system identifier",
    );
    // Another database of the clone's own server.
    let mut sibling = there_identity.clone();
    sibling.database_oid += 1;
    copied["database_oid"] = sibling.database_oid.into();
    forged(
        valid_mark(Some(&copied.to_string()), &sibling, &options.clones).unwrap(),
        "OID",
    );
    // Another registry: another project, or another machine.
    forged(
        valid_mark(
            Some(&text),
            &identity,
            &CloneRegistry::at(project.folder.path().join("elsewhere")),
        )
        .unwrap(),
        "registered",
    );
    // A path instead of an id, another class, another digest, another member, no JSON.
    for (member, value, word) in [
        ("id", json!("../servers/x"), "registered"),
        ("class", json!("golden"), "digest"),
        ("class", json!("production"), "production"),
        ("source", json!("staging"), "digest"),
        ("source_identity", json!("x"), "digest"),
        ("digest", json!("0".repeat(64)), "digest"),
    ] {
        let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
        changed[member] = value;
        forged(
            valid_mark(Some(&changed.to_string()), &identity, &options.clones).unwrap(),
            word,
        );
    }
    forged(
        valid_mark(Some("clone"), &identity, &options.clones).unwrap(),
        "no mark",
    );
    let mut unreadable = identity.clone();
    unreadable.system_identifier = None;
    forged(
        valid_mark(Some(&text), &unreadable, &options.clones).unwrap(),
        "unreadable",
    );
    assert_eq!(
        valid_mark(None, &identity, &options.clones).unwrap(),
        MarkVerdict::None
    );
}

#[tokio::test]
async fn the_registry_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new().await;
    let source = project.source("create table t ()").await;
    let options = project.options();
    let clone = make(&source, &options).await.unwrap();
    let folder = options.clones.folder();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    assert_eq!(mode(&folder.join(format!("{}.json", clone.id()))), 0o600);
    let shown = format!("{:?}", clone.entry());
    assert!(!shown.contains("secret"), "{shown}");

    // A dropped clone leaves nothing.
    drop(clone);
    project.assert_empty();
}

#[tokio::test]
async fn a_kept_clone_is_found_again_and_removed_by_anybody() {
    let project = Project::new().await;
    let source = project
        .source("create table t (id integer); insert into t values (1)")
        .await;
    let options = CloneOptions {
        lifetime: Lifetime::Kept,
        class: TargetClass::Golden,
        ..project.options()
    };
    let clone = make(&source, &options).await.unwrap();
    let (id, database) = (clone.id().to_owned(), clone.database().to_owned());
    drop(clone);

    let (entry, server) = options.clones.attach(&id, &options.servers).unwrap();
    assert_eq!(
        (entry.database.as_str(), entry.class),
        (database.as_str(), TargetClass::Golden)
    );
    let conninfo = server.conninfo(&entry.database, SUPERUSER);
    let session = connect(&conninfo, &SessionOptions::read_only("oneroof/test"))
        .await
        .unwrap();
    let verdict = mark_verdict(&session, &options.clones).await.unwrap();
    assert_eq!(verdict.class(), Some(TargetClass::Golden));
    session.close().await;
    assert!(
        options
            .clones
            .forget_left_overs(&options.servers)
            .unwrap()
            .is_empty()
    );

    // A server that died: its clone is forgotten with it.
    options.servers.remove(&entry.server_id).await.unwrap();
    assert!(matches!(
        options.clones.attach(&id, &options.servers),
        Err(oneroof_pg::clone::CloneRegistryError::Server { .. })
    ));
    assert_eq!(
        options.clones.forget_left_overs(&options.servers).unwrap(),
        [id]
    );
    project.assert_empty();

    let clone = make(&source, &options).await.unwrap();
    let id = clone.id().to_owned();
    drop(clone);
    remove_clone(&id, &options.clones, &options.servers)
        .await
        .unwrap();
    project.assert_empty();
    assert!(
        remove_clone(&id, &options.clones, &options.servers)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn roles_that_are_made_on_a_copy_go_with_it() {
    let project = Project::new().await;
    let source = project
        .source("create role reader; create table t (id int)")
        .await;
    let options = CloneOptions {
        lifetime: Lifetime::Kept,
        ..project.options()
    };
    let kept = make(&source, &options).await.unwrap();
    let server = kept.server_conninfo("postgres");
    let differences = async || {
        role_differences(&source.conninfo(), &server, "oneroof/test")
            .await
            .unwrap()
    };
    assert_eq!(differences().await, Vec::<String>::new());
    let template = |roles| TemplateOptions {
        source: kept.entry().clone(),
        server: kept.server().clone(),
        clones: options.clones.clone(),
        application_name: "oneroof/test".to_owned(),
        roles,
    };

    let copy = copy_from_template(&template(RolesOfServer::GoWithCopy))
        .await
        .unwrap();
    let session = connect(
        &copy.superuser_conninfo(),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    session
        .simple("create role made in role reader; create table of_made (); alter table of_made owner to made; grant reader to made")
        .await
        .unwrap();
    assert_eq!(differences().await.len(), 2);

    // Another one waits until it is gone, roles and all.
    let other = template(RolesOfServer::GoWithCopy);
    let waiting = tokio::spawn(async move { copy_from_template(&other).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    session.close().await;
    copy.remove().await.unwrap();
    let second = waiting.await.unwrap().unwrap();
    assert_eq!(differences().await, Vec::<String>::new());

    // Dropped without a word, as by Ctrl-C.
    let session = connect(
        &second.superuser_conninfo(),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    session.simple("create role made").await.unwrap();
    session.close().await;
    drop(second);
    assert_eq!(differences().await, Vec::<String>::new());
    kept.remove().await.unwrap();
    project.assert_empty();
}
