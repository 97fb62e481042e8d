//! What both packages make in the reference, object by object: names, columns, comments, owner, rights.

use std::path::Path;

use crate::database::Database;
use crate::world::World;

/// Every table and view with its columns, in order. Part of the contract: a change here is a new release.
const OBJECTS: &str = include_str!("objects.txt");

/// Rules that the specification calls by name.
const NAMED_RULES: [&str; 16] = [
    "chk_delegated_ttl",
    "uq_gov_obj_accountable",
    "trg_event_outbox_type_validate",
    "axis_value_parent_in_same_axis",
    "axis_value_is_not_its_own_parent",
    "axis_value_kg_provisional_is_held",
    "axis_value_merged_is_not_active",
    "axis_value_status_has_its_transition",
    "axis_assignment_provenance_or_quarantine",
    "axis_assignment_one_active",
    "axis_object_ownership_one_accountable",
    "coverage_rule_one_active",
    "governance_drift_state_key",
    "governance_event_log_one_for_each_opening",
    "event_log_never_emits",
    "topic_label_reconcile_decision_one_active",
];

#[tokio::test]
async fn every_object_is_there_with_its_columns_comments_owner_and_rights() {
    let world = World::new().await;
    let database = world.governed().await.database.held().await;
    columns(&database).await;
    rules(&database).await;
    nothing_is_without_comment(&database).await;
    rights(&database).await;
    functions(&database).await;
}

async fn columns(database: &Database) {
    let seen = database
        .rows(
            "select case c.relkind when 'r' then 'table ' else 'view ' end || c.relname || ': ' || string_agg(
                 a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                 || case when a.attnotnull then ' not null' else '' end
                 || case when a.attidentity <> '' then ' identity'
                         when a.attgenerated <> '' then ' generated'
                         when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid)
                         else '' end, ', ' order by a.attnum)
             from pg_class c
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
             where c.relowner = 'one_roof_owner'::regrole and c.relkind in ('r', 'v')
             group by c.relkind, c.relname
             order by c.relkind, c.relname",
        )
        .await;
    let expected: Vec<&str> = OBJECTS.lines().collect();
    for (seen, expected) in seen.iter().zip(&expected) {
        assert_eq!(seen, expected);
    }
    // 13 + 11 tables, 6 + 31 views
    assert_eq!((seen.len(), expected.len()), (61, 61));
    let kinds = "select string_agg(kind || n, ' ' order by kind) from (
        select c.relkind::text as kind, count(*) as n from pg_class c
        where c.relowner = 'one_roof_owner'::regrole and c.relkind not in ('i', 't') group by 1) k";
    // Ten sequences: nine identities and the bigserial of the ownership store.
    assert_eq!(database.row(kinds).await, "S10 r24 v37");
    let without_zone = "select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relowner = 'one_roof_owner'::regrole and c.relkind in ('r', 'v') and a.attnum > 0
          and a.atttypid = 'timestamp'::regtype";
    assert_eq!(database.row(without_zone).await, "0");
    let clocks = "select count(*) from pg_attrdef d join pg_class c on c.oid = d.adrelid
        where c.relowner = 'one_roof_owner'::regrole and pg_get_expr(d.adbin, d.adrelid) ~ 'clock_timestamp'";
    assert_eq!(database.row(clocks).await, "0");
}

async fn rules(database: &Database) {
    for name in NAMED_RULES {
        let query = format!(
            "select (select count(*) from pg_constraint where conname = '{name}')
                  + (select count(*) from pg_class where relname = '{name}' and relkind = 'i'
                       and not exists (select from pg_constraint where conname = '{name}'))
                  + (select count(*) from pg_trigger where tgname = '{name}')"
        );
        assert_eq!(database.row(&query).await, "1", "{name}");
    }
    // A check that comes out as null passes, so each says `is true`.
    let passes_on_null = "select conname from pg_constraint k join pg_class c on c.oid = k.conrelid
        where c.relowner = 'one_roof_owner'::regrole and k.contype = 'c' and pg_get_constraintdef(k.oid) !~ 'IS TRUE'";
    assert_eq!(database.rows(passes_on_null).await, Vec::<String>::new());
    let cascading = "select conname from pg_constraint k join pg_class c on c.oid = k.conrelid
        where c.relowner = 'one_roof_owner'::regrole and k.contype = 'f' and (k.confdeltype <> 'a' or k.confupdtype <> 'a')";
    assert_eq!(database.rows(cascading).await, Vec::<String>::new());
    // To the application one key leads, from the base; from the release to the base one.
    let outwards = "select k.conrelid::regclass || ' ' || k.confrelid::regclass from pg_constraint k
        join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
        where k.contype = 'f' and c.relowner = 'one_roof_owner'::regrole and f.relowner <> c.relowner";
    assert_eq!(
        database.rows(outwards).await,
        ["governance_build_authorization approval_requests"]
    );
    let triggers = "select tgrelid::regclass || ' ' || tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relowner = 'one_roof_owner'::regrole and not t.tgisinternal";
    assert_eq!(
        database.rows(triggers).await,
        ["event_outbox trg_event_outbox_type_validate"]
    );
}

async fn nothing_is_without_comment(database: &Database) {
    let silent = "select c.relname || coalesce('.' || a.attname, '') from pg_class c
        left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relowner = 'one_roof_owner'::regrole and c.relkind in ('r', 'v')
          and (coalesce(obj_description(c.oid, 'pg_class'), '') = '' or coalesce(col_description(c.oid, a.attnum), '') = '')
        union all
        select proname from pg_proc p where p.proowner = 'one_roof_owner'::regrole
          and coalesce(obj_description(p.oid, 'pg_proc'), '') = ''";
    assert_eq!(database.rows(silent).await, Vec::<String>::new());
}

async fn rights(database: &Database) {
    // Both roles read all and write nothing; the operator may prune scans.
    let wrong = "select c.relname, r.role, p.privilege
        from pg_class c
        cross join (values ('one_roof_reader'), ('one_roof_operator')) as r (role)
        cross join (values ('select', true), ('insert', false), ('update', false), ('delete', false),
                           ('truncate', false), ('references', false), ('trigger', false)) as p (privilege, given)
        where c.relowner = 'one_roof_owner'::regrole and c.relkind in ('r', 'v')
          and has_table_privilege(r.role, c.oid, p.privilege)
              <> (p.given or (c.relname, r.role, p.privilege) = ('governance_scan_run', 'one_roof_operator', 'delete'))";
    assert_eq!(database.rows(wrong).await, Vec::<String>::new());
    // Nobody else: neither public nor a role that we do not name.
    let others = "select c.relname, coalesce(r.rolname, 'public') from pg_class c
        cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
        where c.relowner = 'one_roof_owner'::regrole
          and coalesce(r.rolname, 'public') not in ('one_roof_owner', 'one_roof_reader', 'one_roof_operator')";
    assert_eq!(database.rows(others).await, Vec::<String>::new());
    // By name to both, not by membership alone.
    let by_name = "select count(*) from pg_class c
        where c.relowner = 'one_roof_owner'::regrole and c.relkind in ('r', 'v')
          and 2 = (select count(distinct a.grantee) from aclexplode(c.relacl) a
                   where a.privilege_type = 'SELECT' and a.grantee in ('one_roof_reader'::regrole, 'one_roof_operator'::regrole))";
    assert_eq!(database.row(by_name).await, "61");
}

async fn functions(database: &Database) {
    let seen = database
        .rows(
            "select p.proname || '(' || pg_get_function_arguments(p.oid) || ') returns ' || pg_get_function_result(p.oid),
                    p.prosecdef, p.proconfig[1],
                    (select string_agg(a.grantee::regrole::text, ' ' order by a.grantee::regrole::text)
                     from aclexplode(p.proacl) a)
             from pg_proc p where p.proowner = 'one_roof_owner'::regrole order by 1",
        )
        .await;
    let path = "search_path=public, pg_temp";
    let readers = "one_roof_operator one_roof_owner one_roof_reader";
    assert_eq!(
        seen,
        [
            format!(
                "fn_build_commit_allowed(step text, actor text) returns boolean | f | {path} | {readers}"
            ),
            format!("fn_event_type_validate() returns trigger | t | {path} | one_roof_owner"),
            format!(
                "fn_governance_scan(actor text, mode text) returns bigint | t | {path} | one_roof_operator one_roof_owner"
            ),
            format!("quorum_passed(code text) returns boolean | f | {path} | {readers}"),
            format!("valid_sovereign_esign(code text) returns boolean | f | {path} | {readers}"),
        ]
    );
}

/// `cascade` takes what others built on ours with it; a trigger of the release would run in the application.
#[test]
fn no_file_of_the_packages_cascades_and_the_release_makes_no_trigger() {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages");
    let mut seen = 0;
    for package in ["one-roof-base", "one-roof"] {
        for folder in ["tiers", "rollback"] {
            for entry in std::fs::read_dir(packages.join(package).join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap().to_lowercase();
                let code = text.lines().map(|line| line.split("--").next().unwrap());
                let code = code.collect::<Vec<_>>().join("\n");
                let words: Vec<&str> = code
                    .split(|letter: char| !letter.is_alphanumeric())
                    .collect();
                assert!(!words.contains(&"cascade"), "{}", path.display());
                let makes_trigger = words.windows(2).any(|pair| pair == ["create", "trigger"]);
                assert!(
                    !makes_trigger || package == "one-roof-base",
                    "{}",
                    path.display()
                );
                seen += 1;
            }
        }
    }
    // 11 + 6 tiers, each with its rollback
    assert_eq!(seen, 34);
}
