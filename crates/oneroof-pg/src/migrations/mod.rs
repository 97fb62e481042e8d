//! What another migration tool says it has applied: its own records in the target, read only.

use oneroof_model::{AppliedMigration, MigrationTool, TableName};

use crate::connect::Session;
use crate::error::PgError;

/// What the questions call the table; the server writes its name.
const TABLE: &str = "\"the table\"";

/// The records of `tool`; `None` if it keeps none in this database. `table` is where it keeps them, looked for along
/// the search path unless it has a schema; `project` says which ones count, where several share a table (Sqitch).
///
/// # Errors
/// What the server says: 42501 where the role may not read them, 42703 where the table is another tool's.
pub async fn applied(
    session: &Session,
    tool: MigrationTool,
    table: &TableName,
    project: Option<&str>,
) -> Result<Option<Vec<AppliedMigration>>, PgError> {
    let rows = session
        .query(include_str!("exists.sql"), &[&table.sql()])
        .await?;
    let Some(name) = rows
        .first()
        .map(|row| row.try_get::<_, String>(0))
        .transpose()?
    else {
        return Ok(None);
    };
    // The name is the server's own, from its catalog, and quoted by it.
    let question = question(tool).replace(TABLE, &name);
    let rows = match tool {
        MigrationTool::Sqitch => session.query(&question, &[&project]).await?,
        _ => session.query(&question, &[]).await?,
    };
    let applied: Result<Vec<_>, tokio_postgres::Error> = rows
        .iter()
        .map(|row| {
            Ok(AppliedMigration {
                version: row.try_get(0)?,
                id: row.try_get(1)?,
                checksum: row.try_get(2)?,
                finished: row.try_get(3)?,
                baseline: row.try_get(4)?,
            })
        })
        .collect();
    Ok(Some(applied?))
}

/// Does Sqitch know of this project? `changes` is the table of its changes, which is there.
///
/// # Errors
/// What the server says.
pub async fn sqitch_project(
    session: &Session,
    changes: &TableName,
    project: &str,
) -> Result<bool, PgError> {
    let projects = changes.beside("projects").sql();
    let question = include_str!("sqitch_project.sql").replace(TABLE, &projects);
    let rows = session.query(&question, &[&project]).await?;
    let known = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(known.unwrap_or(false))
}

/// Version, id, checksum, whether it came to its end, and whether all before it count too.
fn question(tool: MigrationTool) -> &'static str {
    match tool {
        MigrationTool::GolangMigrate => include_str!("golang_migrate.sql"),
        MigrationTool::Sqlx => include_str!("sqlx.sql"),
        MigrationTool::Diesel => include_str!("diesel.sql"),
        MigrationTool::Sqitch => include_str!("sqitch.sql"),
        MigrationTool::Flyway => include_str!("flyway.sql"),
        MigrationTool::Goose => include_str!("goose.sql"),
        MigrationTool::Dbmate => include_str!("dbmate.sql"),
        MigrationTool::Tern => include_str!("tern.sql"),
        MigrationTool::Atlas => include_str!("atlas.sql"),
        MigrationTool::Refinery => include_str!("refinery.sql"),
        MigrationTool::GraphileMigrate => include_str!("graphile_migrate.sql"),
    }
}
