//! Where the governed objects come from and where ours are put: each provider, another schema, each vocabulary,
//! neutral defaults. Packages go on, stand, and come off again.

use crate::world::{OPEN_GATE, Target, World, application, file};

/// Rows of the release, as in the reference.
const ROWS: &str = "select (select count(*) from axis_registry), (select count(*) from axis_value),
    (select count(*) from axis_assignment), (select count(*) from axis_object_ownership),
    (select count(*) from topic_label_reconcile_decision), (select count(*) from governance_object_ownership),
    (select count(*) from v_object_owner_gap), (select count(*) from v_object_effective_owner),
    (select count(*) from governance_drift_state where status = 'open')";

const INVENTORY: &str = "select object_ref, requires_owner, born from v_governance_object_inventory order by object_ref collate \"C\"";
const CONTAINMENT: &str = "select object_ref, parent_ref from v_governance_object_containment order by object_ref collate \"C\"";

const PUBLIC_GRANTS: &str = "grant usage, create on schema public to one_roof_owner;
    grant usage on schema public to one_roof_reader, one_roof_operator;";

#[tokio::test]
async fn whole_packages_in_another_schema_with_a_linked_vocabulary() {
    let world = World::new().await;
    let prepare = application()
        + OPEN_GATE
        + ";
        revoke create on schema public from one_roof_owner;
        create schema one_roof authorization one_roof_owner;
        grant usage on schema one_roof to one_roof_reader, one_roof_operator;
        -- names that public has already
        create table public.axis_registry (id integer);
        create table public.event_outbox (id integer);
        create view public.v_drift_finding as select 1 as id;";
    let parameters = file("fixtures/reference.toml")
        .replace("= \"public\"", "= \"one_roof\"")
        .replace(
            "vocabulary         = \"existing\"",
            "vocabulary = \"linked\"",
        );
    let target = world.target("elsewhere", &prepare, &parameters).await;
    let database = &target.database;
    let in_public = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relowner = 'one_roof_owner'::regrole and n.nspname = 'public'";
    let ours = "select string_agg(kind || n, ' ' order by kind) from (
        select c.relkind::text as kind, count(*) as n from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'one_roof' and c.relkind in ('r', 'v', 'S') group by 1) k";
    target.apply("one-roof-base").await.unwrap();
    let with_base = database.row(ours).await;
    assert_eq!(with_base, "S4 r13 v10");
    let applied = target.apply("one-roof").await.unwrap();
    assert!(
        applied
            .markers
            .iter()
            .any(|line| line == "T1: 11 tables + 31 views + 1 function"
                || line == "11 tables + 31 views + 1 function"),
        "{:?}",
        applied.markers
    );
    assert_eq!(database.row(in_public).await, "0");
    assert_eq!(database.row(ours).await, "S10 r24 v41");
    let here = |query: &str| format!("set search_path = one_roof; {query}");
    assert_eq!(
        database.row(&here(ROWS)).await,
        "3 | 19 | 41 | 35 | 5 | 30 | 0 | 240 | 14"
    );
    // Functions and views work whatever the caller's path is; a linked label is seen.
    let path =
        "select proname, proconfig[1] from pg_proc where pronamespace = 'one_roof'::regnamespace
        and proconfig[1] is distinct from 'search_path=one_roof, pg_temp'";
    assert_eq!(database.rows(path).await, Vec::<String>::new());
    database
        .run("insert into public.entity_labels (id, entity_code, label_code, assigned_at) values (9000001, 'E-1', 'LBL-999', now())")
        .await;
    let scanned = "set search_path = pg_catalog; set role one_roof_operator;
        select one_roof.fn_governance_scan('tester', 'manual')";
    assert_eq!(database.row(scanned).await, "2");
    let found = "select object_ref from one_roof.governance_drift_state where detector_code = 'label_orphan'";
    assert_eq!(database.row(found).await, "LBL-999");
    database
        .run("delete from public.entity_labels where label_code = 'LBL-999'")
        .await;

    target.rollback("one-roof").await.unwrap();
    assert_eq!(database.row(ours).await, with_base);
    assert_eq!(
        database
            .row(&here("select count(*) from v_object_owner_gap"))
            .await,
        "210"
    );
    target.rollback("one-roof-base").await.unwrap();
    let left = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'one_roof'";
    assert_eq!(database.row(left).await, "0");
    let functions = "select count(*) from pg_proc where pronamespace = 'one_roof'::regnamespace";
    assert_eq!(database.row(functions).await, "0");
}

/// Two schemas with names that need quotes, and everything that is not an ordinary table.
const SHOP: &str = r#"
    create schema core; create schema "Sales Ops"; create schema lab; create schema unlisted;
    create table core.orders (id int);
    create table core."Weird ""Name"".x" (id int);
    create table core.parted (id int) partition by range (id);
    create table core.parted_1 partition of core.parted for values from (0) to (10);
    create unlogged table core.scratch (id int);
    create view core.order_view as select * from core.orders;
    create materialized view core.order_summary as select count(*) from core.orders;
    create table core.of_extension (id int);
    alter extension plpgsql add table core.of_extension;
    create table core.ours (id int); alter table core.ours owner to one_roof_owner;
    create table "Sales Ops"."Order Items" (id int);
    create table lab.experiment (id int);
    create table unlisted.nobody (id int);
"#;

fn shop(kinds: &str, matrix: &str, more: &str) -> String {
    format!(
        "[packages.one-roof-base]
         inventory_groups = [
             {{ container = \"core\", group = \"CORE\", governed = true }},
             {{ container = \"Sales Ops\", group = \"SALES\", governed = true }},
             {{ container = \"lab\", group = \"LAB\", governed = false }},
         ]
         {kinds}
         [packages.one-roof]
         ratified_approval = \"APR-1\"
         owner_matrix = {matrix}
         {more}"
    )
}

#[tokio::test]
async fn the_catalog_provider_with_neutral_defaults_and_an_empty_topic_seed() {
    let world = World::new().await;
    let matrix = "[
        { container = \"*\", owner = \"GOV-DATA-OFFICE\" },
        { container = \"*\", owner = \"GOV-PLATFORM\", scope = \"render\" },
        { container = \"SALES\", owner = \"GOV-PLATFORM\" },
        { container = \"SALES\", owner = \"GOV-DATA-OFFICE\", scope = \"audit\" },
    ]";
    let prepare = SHOP.to_owned() + PUBLIC_GRANTS;
    let target = world.target("shop", &prepare, &shop("", matrix, "")).await;
    target.apply("one-roof-base").await.unwrap();
    let database = &target.database;
    let objects = [
        "\"Sales Ops\".\"Order Items\" | t | t",
        "core.\"Weird \"\"Name\"\".x\" | t | t",
        "core.orders | t | t",
        "core.parted | t | t",
    ];
    assert_eq!(database.rows(INVENTORY).await, objects);
    assert_eq!(
        database.rows(CONTAINMENT).await,
        [
            "\"Sales Ops\".\"Order Items\" | SALES",
            "core.\"Weird \"\"Name\"\".x\" | CORE",
            "core.orders | CORE",
            "core.parted | CORE",
        ]
    );
    // What is not listed is counted, by kind.
    let left_out = file_of_base("checks/inventory_left_out.sql");
    assert_eq!(
        database.row(&left_out).await,
        "5 | materialized views 1, tables of schema lab 1, tables of schema unlisted 1, unlogged tables 1, views 1"
    );
    assert_eq!(
        database
            .row("select count(*) from v_object_owner_gap")
            .await,
        "24"
    );
    // The vocabulary was made, empty.
    let vocabulary =
        "select count(*) from pg_class where relkind = 'r' and relowner = 'one_roof_owner'::regrole
        and relname in ('taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels')";
    assert_eq!(database.row(vocabulary).await, "4");

    target.apply("one-roof").await.unwrap();
    // Two groups x six scopes; four objects; no topic.
    assert_eq!(
        database.row(ROWS).await,
        "3 | 8 | 4 | 4 | 0 | 12 | 0 | 36 | 1"
    );
    let finding = "select detector_code, object_ref from governance_drift_state";
    assert_eq!(database.row(finding).await, "coverage_rule_missing | topic");
    // The most specific entry decides: container and scope, container, scope, neither.
    let owners = "select parent_ref || ' ' || scope || ' ' || owner_gov_code from v_object_effective_owner e
        join v_governance_object_containment c using (object_type, object_ref)
        where object_ref in ('core.orders', '\"Sales Ops\".\"Order Items\"') and scope in ('audit', 'render', 'policy')
        order by 1";
    assert_eq!(
        database.rows(owners).await,
        [
            "CORE audit GOV-DATA-OFFICE",
            "CORE policy GOV-DATA-OFFICE",
            "CORE render GOV-PLATFORM",
            "SALES audit GOV-DATA-OFFICE",
            "SALES policy GOV-PLATFORM",
            "SALES render GOV-PLATFORM",
        ]
    );
    let cells = "select distinct owner_gov_code from axis_object_ownership where object_ref like '%Order Items%'";
    assert_eq!(
        database.row(cells).await,
        "GOV-PLATFORM",
        "the policy owner holds the containment cell"
    );

    // Renamed: gone and new, and no finding pairs them by itself. A table of ours does not grow the inventory.
    database
        .run("alter table core.orders rename to purchases")
        .await;
    let _ = database.scan().await;
    let renamed = "select object_ref, value_code, detail from governance_drift_state
        where detector_code = 'axis_assignment_missing' order by object_ref";
    assert_eq!(
        database.rows(renamed).await,
        [
            "core.orders | CORE | no longer in the inventory",
            "core.purchases | ∅ | no assignment on axis containment"
        ]
    );
    database
        .run("alter table core.purchases rename to orders")
        .await;
    target.rollback("one-roof").await.unwrap();
    target.rollback("one-roof-base").await.unwrap();
    let left = "select count(*) from pg_class where relowner = 'one_roof_owner'::regrole and relname <> 'ours'";
    assert_eq!(database.row(left).await, "0");

    // More kinds on request; an incomplete, a double and an unknown entry of the matrix are refused by name.
    let kinds = "catalog_kinds = [\"v\", \"m\", \"unlogged\"]";
    let matrix = "[{ container = \"CORE\", owner = \"GOV-PLATFORM\" }]";
    let mut target = world
        .target("shop_of_all_kinds", &prepare, &shop(kinds, matrix, ""))
        .await;
    target.apply("one-roof-base").await.unwrap();
    let more = "select string_agg(object_ref, ', ' order by object_ref collate \"C\") from v_governance_object_inventory
        where object_ref not in ('core.orders', 'core.parted') and object_ref like 'core.%' and object_ref not like '%Weird%'";
    assert_eq!(
        target.database.row(more).await,
        "core.order_summary, core.order_view, core.scratch"
    );
    assert_eq!(
        target.database.row(&left_out).await,
        "2 | tables of schema lab 1, tables of schema unlisted 1"
    );
    for (matrix, more, says) in [
        (matrix, "", "owner matrix has no owner for: SALES/approval"),
        (
            "[{ container = \"*\", owner = \"GOV-PLATFORM\" }, { container = \"NOWHERE\", owner = \"GOV-PLATFORM\" }]",
            "",
            "unknown or double matrix entries: container NOWHERE",
        ),
        (
            "[{ container = \"*\", owner = \"GOV-PLATFORM\" }, { container = \"*\", owner = \"GOV-DATA-OFFICE\" }]",
            "",
            "unknown or double matrix entries",
        ),
        (
            "[{ container = \"*\", owner = \"GOV-NOBODY\" }]",
            "",
            "GOV-NOBODY",
        ),
        (
            "[{ container = \"*\", owner = \"GOV-PLATFORM\", scope = \"cleaning\" }, { container = \"*\", owner = \"GOV-PLATFORM\" }]",
            "",
            "cleaning",
        ),
        (
            "[{ container = \"*\", owner = \"GOV-PLATFORM\" }]",
            "containment_owner_scope = \"cleaning\"",
            "containment_owner_scope is not an active scope: cleaning",
        ),
        (
            "[{ container = \"*\", owner = \"GOV-PLATFORM\" }]",
            "topic_seed = { values = [{ value = \"sales\", kind = \"human_designated\" }], assign = [{ collection = \"core.nothing\", value = \"sales\", zone = \"candidate\", confidence = 0.9, kind = \"human\" }] }",
            "topic_seed assigns objects outside the inventory: core.nothing",
        ),
    ] {
        target.set_parameters(&shop(kinds, matrix, more));
        let (code, said) = Target::refusal(target.apply("one-roof").await);
        assert_eq!(code, "precondition-failed", "{said}");
        assert!(said.contains(says), "`{says}` is not in {said}");
        let made = "select count(*) from pg_class where relname = 'axis_registry'";
        assert_eq!(target.database.row(made).await, "0");
    }
}

/// Folders in folders, a folder that is not listed, grouping rows with and without a table, a circle.
const FOLDERS: &str = r#"
    create table public.directus_collections (collection varchar(64) primary key, "group" varchar(64));
    insert into public.directus_collections values
        ('Top', null), ('Deep', 'Top'), ('Unlisted', 'Deep'), ('Closed', null), ('Loose', null),
        ('orders', 'Top'), ('order_lines', 'orders'), ('invoices', 'Deep'), ('notes', 'Unlisted'),
        ('secrets', 'Closed'), ('drafts', 'Loose'), ('orphan', null),
        ('directus_users', 'Top'), ('directusXlike', 'Top'),
        ('ring_a', 'ring_b'), ('ring_b', 'ring_a'), ('in_ring', 'ring_a');
    create table public.orders (id int); create table public.order_lines (id int);
    create table public.invoices (id int); create table public.notes (id int);
    grant select on public.directus_collections to one_roof_owner, one_roof_reader, one_roof_operator;
"#;

#[tokio::test]
async fn the_directus_provider_walks_folders_and_obeys_overrides() {
    let world = World::new().await;
    let parameters = "[packages.one-roof-base]
        inventory_provider = \"directus\"
        inventory_groups = [
            { container = \"Top\", group = \"TOP\", governed = true },
            { container = \"Deep\", group = \"DEEP\", governed = true },
            { container = \"Closed\", group = \"CLOSED\", governed = false },
        ]
        [packages.one-roof]
        ratified_approval = \"APR-1\"
        owner_matrix = [{ container = \"*\", owner = \"GOV-PLATFORM\" }]";
    let prepare = FOLDERS.to_owned() + PUBLIC_GRANTS;
    let target = world.target("folders", &prepare, parameters).await;
    target.apply("one-roof-base").await.unwrap();
    let database = &target.database;
    // The nearest listed folder decides; orders groups another row and has a table, so it is an object itself.
    assert_eq!(
        database.rows(CONTAINMENT).await,
        [
            "directusXlike | TOP",
            "invoices | DEEP",
            "notes | DEEP",
            "order_lines | TOP",
            "orders | TOP"
        ]
    );
    let listed = "select string_agg(object_ref, ' ' order by object_ref collate \"C\") from v_governance_object_inventory
        where born and requires_owner";
    assert_eq!(
        database.row(listed).await,
        "directusXlike invoices notes order_lines orders"
    );
    // An override leaves out, adds what is not listed, moves, and opens a closed one.
    database
        .run(
            "insert into governance_inventory_object (object_ref, group_code, requires_owner, born, created_by) values
             ('notes', null, false, true, 'tester'), ('orphan', 'TOP', true, true, 'tester'),
             ('invoices', 'TOP', true, true, 'tester'), ('secrets', null, true, true, 'tester'),
             ('drafts', 'TOP', true, false, 'tester'), ('directusXlike', null, true, false, 'tester')",
        )
        .await;
    assert_eq!(
        database.rows(INVENTORY).await,
        [
            "directusXlike | t | f",
            "invoices | t | t",
            "notes | f | t",
            "order_lines | t | t",
            "orders | t | t",
            "orphan | t | t",
            "secrets | t | t"
        ]
    );
    assert_eq!(
        database.rows(CONTAINMENT).await,
        [
            "directusXlike | TOP",
            "invoices | TOP",
            "notes | DEEP",
            "order_lines | TOP",
            "orders | TOP",
            "orphan | TOP",
            "secrets | CLOSED"
        ]
    );
    target.apply("one-roof").await.unwrap();
    // Three groups x six scopes; five born objects that require an owner, each with its containment.
    assert_eq!(
        database
            .row("select count(*) from governance_object_ownership")
            .await,
        "18"
    );
    assert_eq!(
        database
            .row("select count(*) from v_object_owner_gap")
            .await,
        "0"
    );
    target.rollback("one-roof").await.unwrap();
    // Rows of somebody else keep the base.
    let (code, said) = Target::refusal(target.rollback("one-roof-base").await);
    assert_eq!(code, "rollback-blocked", "{said}");
    assert!(
        said.contains("6 row(s) in governance_inventory_object"),
        "{said}"
    );
}

fn file_of_base(path: &str) -> String {
    use oneroof_engine::store::package_files::OpenPackage;
    let package = OpenPackage::open(None, "one-roof-base").unwrap();
    package.text(path).unwrap().to_owned()
}
