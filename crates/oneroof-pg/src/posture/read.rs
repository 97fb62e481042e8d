//! Reads the facts about the role of a session.

use oneroof_model::posture::{Facts, Finding, ItemName, Membership, RoleKind, Setting};
use tokio_postgres::Row;

use crate::connect::Session;
use crate::error::PgError;

/// Longest that one of these reads may take.
const STATEMENT_TIMEOUT: &str = "set local statement_timeout = '30s'";

/// Everything that the role of this session has, may do and lacks in this database. For an apply role only
/// its own rights count: it works by becoming an owner. For the others also those of every role that it can
/// become, and those of everybody. One reading transaction, rolled back; nothing is left in the session.
///
/// # Errors
/// What the server says.
pub async fn facts(session: &Session, kind: RoleKind) -> Result<Facts, PgError> {
    session
        .simple("begin transaction isolation level repeatable read read only")
        .await?;
    let facts = read(session, kind).await;
    // The first failure is what the caller hears about.
    let ended = session.simple("rollback").await;
    let facts = facts?;
    ended?;
    Ok(facts)
}

async fn read(session: &Session, kind: RoleKind) -> Result<Facts, PgError> {
    // Nothing of the role's own search_path is meant, and names of objects come with their schemas.
    session
        .simple("set local search_path = pg_catalog, pg_temp")
        .await?;
    let settings = session.query(include_str!("settings.sql"), &[]).await?;
    let settings = settings
        .iter()
        .map(|row| {
            Ok(Setting {
                name: row.try_get("name")?,
                value: row.try_get("value")?,
                mend_first: row.try_get("mend_first")?,
            })
        })
        .collect::<Result<_, PgError>>()?;
    session.simple(STATEMENT_TIMEOUT).await?;

    let roles = session.query(include_str!("roles.sql"), &[]).await?;
    let own = roles.first().ok_or_else(|| PgError::Client {
        detail: "the role of this session is not in pg_roles".to_owned(),
    })?;
    let version: i32 = own.try_get("server_version_num")?;
    let mut facts = Facts {
        role: own.try_get("role")?,
        quoted_role: own.try_get("quoted_role")?,
        database: own.try_get("database")?,
        server_version_num: version.unsigned_abs(),
        in_recovery: own.try_get("in_recovery")?,
        managed_by: own.try_get("managed_by")?,
        connection_limit: own.try_get("connection_limit")?,
        settings,
        ..Facts::default()
    };
    for row in &roles[1..] {
        facts.memberships.push(membership(row)?);
    }

    let all: Vec<u32> = roles
        .iter()
        .map(|row| row.try_get("oid"))
        .collect::<Result<_, _>>()?;
    let has_rights: Vec<u32> = match kind {
        RoleKind::Apply => all[..1].to_vec(),
        RoleKind::Read | RoleKind::Clone => all.iter().copied().chain([0]).collect(),
    };
    let mut queries = vec![
        (include_str!("attributes.sql"), &all),
        (include_str!("owned.sql"), &has_rights),
        (include_str!("rights.sql"), &has_rights),
        (include_str!("secrets.sql"), &has_rights),
        (include_str!("functions.sql"), &has_rights),
        (include_str!("mappings.sql"), &has_rights),
    ];
    if version >= 150_000 {
        queries.push((include_str!("parameters.sql"), &has_rights));
    }
    for (sql, roles) in queries {
        for row in session.query(sql, &[roles]).await? {
            facts.findings.push(finding(&row)?);
        }
    }
    for row in session.query(include_str!("abilities.sql"), &[]).await? {
        facts.findings.push(finding(&row)?);
    }
    Ok(facts)
}

fn membership(row: &Row) -> Result<Membership, PgError> {
    let role: String = row.try_get("role")?;
    let through: Option<String> = row.try_get("through")?;
    Ok(Membership {
        through: through.filter(|through| *through != role),
        is_predefined: row.try_get("is_predefined")?,
        mend: row.try_get("mend")?,
        role,
    })
}

fn finding(row: &Row) -> Result<Finding, PgError> {
    let item: &str = row.try_get("item")?;
    Ok(Finding {
        item: ItemName::find(item).ok_or_else(|| PgError::Client {
            detail: format!("`{item}` is no item"),
        })?,
        seen: row.try_get("seen")?,
        mend: row.try_get("mend")?,
    })
}
