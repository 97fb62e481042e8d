//! What another migration tool says it has applied: its own records in the target, read only.

use oneroof_model::{AppliedMigration, MigrationTool};

use crate::connect::Session;
use crate::error::PgError;

/// The records of `tool`; `None` if it keeps none in this database. `table` is where it keeps them, looked for along
/// the search path unless it has a schema.
///
/// # Errors
/// What the server says: 42501 where the role may not read them, 42703 where the table is another tool's.
pub async fn applied(
    session: &Session,
    tool: MigrationTool,
    table: &str,
) -> Result<Option<Vec<AppliedMigration>>, PgError> {
    let rows = session.query(include_str!("exists.sql"), &[&table]).await?;
    let is_there = rows
        .first()
        .map(|row| row.try_get::<_, bool>(0))
        .transpose()?;
    if is_there != Some(true) {
        return Ok(None);
    }
    let rows = session.query(question(tool), &[]).await?;
    let applied: Result<Vec<_>, tokio_postgres::Error> = rows
        .iter()
        .map(|row| {
            Ok(AppliedMigration {
                version: row.try_get(0)?,
                checksum: row.try_get(1)?,
                finished: row.try_get(2)?,
            })
        })
        .collect();
    Ok(Some(applied?))
}

/// Version, checksum and whether it came to its end.
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
