//! Clones without the rows of some tables: nobody takes such a table for empty.

use oneroof_pg::clone::{left_out_table, scope_objects};

use super::*;

const SOURCE: &str = "
    create schema odd;
    create table public.kept (id int primary key);
    insert into public.kept select generate_series(1, 10);
    create table public.big (id int primary key, kept_id int references public.kept, text text);
    insert into public.big select g, 1, repeat('x', 100) from generate_series(1, 1000) g;
    create index on public.big (text);
    create table odd.\"Big One\" (id int);
    insert into odd.\"Big One\" values (1);
    create materialized view public.sums as select count(*) as rows from public.big;
    create view public.seen as select * from public.big;
    create function public.counted() returns bigint language sql as $$ select count(*) from public.big $$;
    create table public.child (id int primary key references public.big);
    insert into public.child values (1), (2);";

#[tokio::test]
async fn a_table_that_was_left_out_fails_whoever_looks() {
    let project = Project::new().await;
    let source = project.source(SOURCE).await;
    let left_out = [
        "odd.\"Big One\"",
        "public.big",
        "public.child",
        "public.sums",
    ];
    let options = CloneOptions {
        left_out: left_out.map(str::to_owned).to_vec(),
        ..project.options()
    };
    let clone = make(&source, &options).await.unwrap();
    assert_eq!(clone.entry().left_out, left_out);
    let admin = admin_of(&clone).await;
    let there = catalog::definition(&source.session().await).await.unwrap();
    let here = catalog::definition(&admin).await.unwrap();
    assert_eq!(Definition::diff(&there, &here), Default::default());

    let fails = async |session: &Session, sql: &str| {
        let error = session.simple(sql).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("58P01"), "{sql}: {error:?}");
        left_out_table(session, &error.to_string()).await.unwrap()
    };
    for (sql, table) in [
        ("select * from public.big", "public.big"),
        ("select count(*) from public.big where id = 7", "public.big"),
        (
            "set enable_seqscan = off; select text from public.big where text = 'y'",
            "public.big",
        ),
        ("select * from public.seen", "public.big"),
        ("select public.counted()", "public.big"),
        ("insert into public.big values (1, 1, 'x')", "public.big"),
        ("update public.big set text = null", "public.big"),
        ("select * from public.sums", "public.sums"),
        ("refresh materialized view public.sums", "public.big"),
        ("select * from odd.\"Big One\"", "odd.\"Big One\""),
        // The foreign key asks whether somebody refers to the row.
        ("delete from public.kept where id = 9", "public.big"),
        ("alter table public.big add check (id > 0)", "public.big"),
        ("select count(*) from public.child", "public.child"),
        ("create index on public.big (id, text)", "public.big"),
        ("vacuum full public.big", "public.big"),
        ("analyze public.big", "public.big"),
    ] {
        assert_eq!(fails(&admin, sql).await.as_deref(), Some(table), "{sql}");
    }
    // Definitions alone can be changed, and other tables are whole.
    admin
        .simple("alter table public.big add column more int")
        .await
        .unwrap();
    let kept = DataOptions {
        not_copied: options.left_out.clone(),
        ..DataOptions::default()
    };
    let (one, two) = (
        catalog::data(&source.session().await, &kept).await.unwrap(),
        catalog::data(&admin, &kept).await.unwrap(),
    );
    assert_eq!(one, two);
    assert_eq!(one.tables.len(), 1);
    assert!(
        catalog::data(&admin, &DataOptions::default())
            .await
            .is_err()
    );
    admin.close().await;

    // Also in a copy of it, and after a crash of its server.
    let copy = copy_from_template(&TemplateOptions {
        source: clone.entry().clone(),
        server: clone.server().clone(),
        clones: options.clones.clone(),
        application_name: "oneroof/test".to_owned(),
        roles: RolesOfServer::Stay,
    })
    .await
    .unwrap();
    assert_eq!(copy.entry().left_out, left_out);
    let session = connect(
        &copy.superuser_conninfo(),
        &SessionOptions::read_write("oneroof/test"),
    )
    .await
    .unwrap();
    let table = fails(&session, "select * from public.big").await;
    assert_eq!(table.as_deref(), Some("public.big"));
    session.close().await;
    copy.remove().await.unwrap();

    let admin = admin_of(&clone).await;
    let backend = admin
        .simple("select pid from pg_stat_activity where backend_type = 'background writer'")
        .await
        .unwrap();
    let pid = backend.rows[0][0].clone().unwrap();
    let kill = oneroof_pg::programs::ProgramCall::new("/bin/kill").args(["-9", pid.as_str()]);
    oneroof_pg::programs::run(kill).await.unwrap();
    let mut session = None;
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let (conninfo, options) = (
            clone.superuser_conninfo(),
            SessionOptions::read_write("oneroof/test"),
        );
        if let Ok(again) = connect(&conninfo, &options).await {
            session = Some(again);
            break;
        }
    }
    let session = session.expect("the server recovers");
    let table = fails(&session, "select * from public.big").await;
    assert_eq!(table.as_deref(), Some("public.big"));
    session.close().await;
    clone.remove().await.unwrap();
    project.assert_empty();
}

#[tokio::test]
async fn what_uses_what_is_read_from_the_catalog() {
    let project = Project::new().await;
    let source = project.source(SOURCE).await;
    let admin = source.session().await;
    admin
        .simple(
            "create function public.note() returns trigger language plpgsql as $$ begin perform 1 from odd.\"Big One\"; return null; end $$;
             create trigger note after insert on public.kept for each row execute function public.note();
             create table public.parent (id int) partition by range (id);
             create table public.part partition of public.parent for values from (0) to (9)",
        )
        .await
        .unwrap();
    let objects = scope_objects(&source.conninfo(), "oneroof/test")
        .await
        .unwrap();
    let find = |name: &str| objects.iter().find(|object| object.name == name).unwrap();
    let uses = |one: &str, other: &str| {
        let (one, other) = (find(one), find(other));
        match other.is_function {
            true => one.functions.contains(&other.oid),
            false => one.relations.contains(&other.oid),
        }
    };
    for (one, other) in [
        ("seen", "big"),
        ("sums", "big"),
        ("big", "kept"),
        ("child", "big"),
        ("kept", "note"),
        ("parent", "part"),
    ] {
        assert!(uses(one, other), "{one} uses {other}");
        assert!(!uses(other, one), "{other} does not use {one}");
    }
    assert!(find("sums").has_rows && !find("seen").has_rows && !find("parent").has_rows);
    assert!(
        find("counted")
            .definition
            .as_ref()
            .unwrap()
            .contains("public.big")
    );
}
