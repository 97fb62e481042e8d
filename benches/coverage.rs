//! Coverage of 5,000 objects x 6 scopes: what the questions of `oneroof coverage` cost, beside the plainest
//! question that can be asked about as many cells: `select count(*)` over the inventory times the scopes.
//!
//! The tables and views are those of package one-roof-base; one object in a hundred has no group, so that there
//! are gaps. Run: `cargo bench -p oneroof --bench coverage`. Needs PostgreSQL's programs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::path::Path;
use std::time::Instant;

use oneroof_pg::connect::Session;
use oneroof_pg::governance::matrix::{MatrixQuery, matrix};
use oneroof_pg::governance::{coverage, plan_settings};

const OBJECTS: usize = 5_000;
const ROUNDS: usize = 15;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = oneroof_pg::testing::TestServer::shared().await;
        let database = server.database().await;
        let session = database.session().await;
        build(&session).await?;
        println!("{OBJECTS} objects x 6 scopes, {ROUNDS} rounds, in one session");
        measure(&session, "rows nobody has analyzed").await?;
        session.simple("analyze").await?;
        measure(&session, "analyzed").await?;
        session.close().await;
        Ok(())
    })
}

/// The four tiers of the base that coverage reads, the registry of an application, and an owner for each group.
async fn build(session: &Session) -> Outcome<()> {
    session.simple(APPLICATION).await?;
    let tiers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages/one-roof-base/tiers");
    for tier in [
        "10_agencies.sql",
        "20_ownership.sql",
        "30_inventory_registry.sql",
        "40_owner_views.sql",
    ] {
        let sql = std::fs::read_to_string(tiers.join(tier))?;
        session.simple(&format!("{PARAMETERS} {sql}")).await?;
    }
    session.simple(ANCHORS).await?;
    Ok(())
}

async fn measure(session: &Session, state: &str) -> Outcome<()> {
    println!("\n{state}");
    println!("{:>12} {:>10} {:>10} {:>8}", "", "median", "max", "ratio");
    let peer = timed(session, async || {
        session.simple(PEER).await?;
        Ok(())
    })
    .await?;
    let show = |name: &str, (median, max): (f64, f64)| {
        println!(
            "{name:>12} {median:>7.1} ms {max:>7.1} ms {:>8.1}",
            median / peer.0
        );
    };
    show("count(*)", peer);
    let summary = timed(session, async || {
        coverage::summary(session).await?;
        Ok(())
    });
    show("summary", summary.await?);
    let gaps = timed(session, async || {
        coverage::gaps(session, None).await?;
        Ok(())
    });
    show("gaps", gaps.await?);
    let objects = timed(session, async || {
        coverage::by_object(session, None).await?;
        Ok(())
    });
    show("by object", objects.await?);
    let all = timed(session, async || {
        let page = matrix(session, &MatrixQuery::default()).await?;
        if page.rows.len() != OBJECTS {
            return Err(format!("{} rows", page.rows.len()).into());
        }
        Ok(())
    });
    show("matrix", all.await?);
    Ok(())
}

/// Median and maximum of the rounds in milliseconds, after one that does not count.
async fn timed(session: &Session, work: impl AsyncFn() -> Outcome<()>) -> Outcome<(f64, f64)> {
    let mut milliseconds = Vec::new();
    for round in 0..=ROUNDS {
        session.simple("begin transaction read only").await?;
        plan_settings(session).await?;
        let started = Instant::now();
        work().await?;
        let elapsed = started.elapsed();
        session.simple("rollback").await?;
        if round > 0 {
            milliseconds.push(elapsed.as_secs_f64() * 1_000.0);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    Ok((milliseconds[ROUNDS / 2], milliseconds[ROUNDS - 1]))
}

const PEER: &str = "
    select count(*)
    from v_governance_object_inventory
    cross join governance_responsibility_scope";

const APPLICATION: &str = "
    do $$
    declare
        wanted text;
    begin
        foreach wanted in array array['one_roof_owner', 'one_roof_reader', 'one_roof_operator'] loop
            if not exists (select from pg_roles where rolname = wanted) then
                execute format('create role %I nologin', wanted);
            end if;
        end loop;
    end
    $$;
    create table public.collection_registry (
        collection_name varchar(255) primary key,
        governance_role varchar(255),
        coverage_status varchar(255),
        \"group\" varchar(255)
    );
    insert into public.collection_registry
    select 'object_' || i, 'governed', 'BIRTH_REQUIRED', case when i % 100 > 0 then 'GRP-' || i % 5 else '' end
    from generate_series(1, 5000) as i;";

const PARAMETERS: &str = r#"
    set oneroof.release_tag = 'bench';
    set oneroof.agencies = '[{"code": "GOV-BENCH", "name": "Bench", "status": "active"}]';
    set oneroof.scopes = '[{"code": "approval", "description": "-"}, {"code": "audit", "description": "-"},
        {"code": "execution", "description": "-"}, {"code": "health", "description": "-"},
        {"code": "policy", "description": "-"}, {"code": "render", "description": "-"}]';"#;

const ANCHORS: &str = "
    insert into governance_object_ownership
        (object_type, object_ref, scope, owner_kind, owner_gov_code, is_inherited_anchor, created_by)
    select 'group', 'GRP-' || g, s.scope_code, 'accountable', 'GOV-BENCH', true, 'bench'
    from generate_series(0, 4) as g
    cross join governance_responsibility_scope as s;";
