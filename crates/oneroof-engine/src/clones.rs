//! `clone list` and `clone drop`: the kept clones of a project, and what killed runs left behind.

use oneroof_model::TargetClass;
use oneroof_pg::clone::{remove_clone, sweep_copies};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::open;

/// A clone that is registered.
#[derive(Debug, Clone, Serialize)]
pub struct ListedClone {
    /// Its id.
    pub id: String,
    /// Clone, golden or scratch.
    pub class: TargetClass,
    /// Its database.
    pub database: String,
    /// The target it was made from.
    pub source: String,
    /// When, UTC.
    pub created_at: String,
    /// Does its server run?
    pub running: bool,
    /// How to connect with psql, while it runs.
    pub connection: Option<String>,
}

/// All clones of the project, oldest first. Leftovers of killed runs are removed first.
pub async fn list(context: &Context) -> Result<Vec<ListedClone>, EngineError> {
    let servers = open::servers(&context.root);
    let clones = open::clones(&context.root);
    servers
        .sweep()
        .await
        .map_err(|error| EngineError::other(error.to_string()))?;
    clones
        .forget_left_overs(&servers)
        .map_err(|error| EngineError::other(error.to_string()))?;
    sweep_copies(&clones, &servers)
        .await
        .map_err(|error| EngineError::other(error.to_string()))?;
    seen(context)
}

/// All clones of the project, oldest first, as they are: nothing is cleaned up.
pub fn seen(context: &Context) -> Result<Vec<ListedClone>, EngineError> {
    let servers = open::servers(&context.root);
    let clones = open::clones(&context.root);
    let entries = clones
        .list()
        .map_err(|error| EngineError::other(error.to_string()))?;
    Ok(entries
        .into_iter()
        .map(|entry| {
            let server = servers
                .find(&entry.server_id)
                .ok()
                .filter(|server| server.is_running());
            ListedClone {
                // A golden clone admits no connections.
                connection: server
                    .as_ref()
                    .filter(|_| entry.class != TargetClass::Golden)
                    .map(|server| {
                        crate::rehearse::clone::connection(
                            &server.conninfo(&entry.database, &server.superuser),
                        )
                        .text
                    }),
                running: server.is_some(),
                id: entry.id,
                class: entry.class,
                database: entry.database,
                source: entry.source,
                created_at: entry.created_at,
            }
        })
        .collect())
}

/// Stops the clone's server and removes everything of it.
pub async fn drop(context: &Context, id: &str) -> Result<(), EngineError> {
    let id = id.strip_prefix("clone:").unwrap_or(id);
    remove_clone(
        id,
        &open::clones(&context.root),
        &open::servers(&context.root),
    )
    .await
    .map_err(|error| {
        EngineError::input(
            format!("drop clone `{id}`: {error}"),
            "`oneroof clone list` shows the clones of this project".to_owned(),
        )
    })
}
