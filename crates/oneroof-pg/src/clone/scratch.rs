//! A scratch database: made from nothing on a server of ours, marked as such, free to be changed.

use chrono::{SecondsFormat, Utc};
use oneroof_model::{Digest, TargetClass};

use super::error::{CloneError, database};
use super::fill::{oid_of, run};
use super::registry::{CloneEntry, CloneFacts, CloneRegistry};
use crate::catalog;
use crate::connect::{SessionOptions, connect};
use crate::conninfo::ConnInfo;

/// What to make.
#[derive(Debug, Clone)]
pub struct ScratchOptions {
    /// Name of the new database.
    pub database: String,
    /// Its owner.
    pub owner: String,
    /// Name of the target that it stands for.
    pub source: String,
    /// Id of the server that holds it.
    pub server_id: String,
    /// Where it is registered.
    pub clones: CloneRegistry,
}

/// Makes an empty database that is marked as scratch before anybody can connect to it.
///
/// # Errors
/// [`CloneError::NameTaken`], or what the server says.
pub async fn make_scratch(
    admin: &ConnInfo,
    options: &ScratchOptions,
) -> Result<CloneEntry, CloneError> {
    let session = connect(admin, &SessionOptions::read_write("oneroof/scratch"))
        .await
        .map_err(database("open the server of the scratch database"))?;
    let making = || database("create the scratch database");
    let rows = session
        .query(
            include_str!("scratch.sql"),
            &[&options.database, &options.owner],
        )
        .await
        .map_err(making())?;
    let statements: Vec<String> = match rows.first() {
        Some(row) => row.get("statements"),
        None => Vec::new(),
    };
    let [create, open] = statements.as_slice() else {
        return Err(CloneError::NameTaken {
            name: options.database.clone(),
        });
    };
    run(&session, create, "create the scratch database").await?;
    let identity = catalog::identity(&session).await.map_err(making())?;
    let entry = CloneEntry::new(CloneFacts {
        id: uuid::Uuid::now_v7().simple().to_string(),
        class: TargetClass::Scratch,
        server_id: options.server_id.clone(),
        database: options.database.clone(),
        database_oid: oid_of(&session, &options.database).await?,
        system_identifier: identity.system_identifier.unwrap_or_default(),
        source: options.source.clone(),
        source_identity: Digest::of(b""),
        created_at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
    })?;
    catalog::write_mark(&session, &options.database, &entry.mark())
        .await
        .map_err(database("mark the scratch database"))?;
    options.clones.write(&entry).map_err(CloneError::Registry)?;
    run(&session, open, "open the scratch database").await?;
    session.close().await;
    Ok(entry)
}

/// Makes an empty unmarked database beside a fixture's own.
///
/// # Errors
/// What the server says.
pub async fn make_database(admin: &ConnInfo, name: &str) -> Result<(), CloneError> {
    let making = || database("create a database");
    let session = connect(admin, &SessionOptions::read_write("oneroof/fixture"))
        .await
        .map_err(making())?;
    let rows = session
        .query(include_str!("create_database.sql"), &[&name])
        .await
        .map_err(making())?;
    for row in &rows {
        run(&session, row.get(0), "create a database").await?;
    }
    session.close().await;
    Ok(())
}
