//! `clone list`, `clone drop` and `clone prune`: the kept clones of a project, and what killed runs left behind.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use oneroof_model::TargetClass;
use oneroof_pg::catalog;
use oneroof_pg::clone::{CloneEntry, remove_clone, sweep_copies};
use oneroof_pg::connect::{SessionOptions, connect};
use oneroof_pg::ephemeral::ServerEntry;
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
    /// `logical`, `physical`, `template` or `snapshot`; not known of clones of earlier versions.
    pub strategy: Option<String>,
    /// Who had it made; as above.
    pub operator: Option<String>,
    /// When, UTC.
    pub created_at: String,
    /// How long ago, in seconds.
    pub age_seconds: Option<u64>,
    /// How old its rows are, in seconds: those of a copy are as old as those of what it is a copy of.
    pub data_age_seconds: Option<u64>,
    /// Tables whose rows were not copied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Its size on disk, while its server runs.
    pub size_bytes: Option<u64>,
    /// Does its server run?
    pub running: bool,
    /// How to connect with psql, while it runs.
    pub connection: Option<String>,
}

/// What `clone prune` is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneOptions {
    /// Clones that were made longer ago than this.
    pub older_than: Duration,
    /// Golden clones too.
    pub golden: bool,
    /// Drop them; otherwise only say which.
    pub execute: bool,
}

/// What `clone prune` did.
#[derive(Debug, Clone, Serialize)]
pub struct PruneReport {
    /// Clones that are old enough, oldest first.
    pub old: Vec<ListedClone>,
    /// Were they dropped?
    pub dropped: bool,
    /// How many stay.
    pub kept: usize,
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
    let mut listed = Vec::new();
    let mut sizes = HashMap::new();
    for (entry, server) in with_servers(context)? {
        if let Some(server) = &server
            && !sizes.contains_key(&server.id)
        {
            sizes.insert(server.id.clone(), sizes_on(server).await);
        }
        let size_bytes = sizes
            .get(&entry.server_id)
            .and_then(|sizes| sizes.get(&entry.database).copied());
        listed.push(listed_clone(entry, server.as_ref(), size_bytes));
    }
    Ok(listed)
}

/// All clones of the project, oldest first, as they are: nothing is cleaned up, and no server is asked for sizes.
pub fn seen(context: &Context) -> Result<Vec<ListedClone>, EngineError> {
    let all = with_servers(context)?.into_iter();
    Ok(all
        .map(|(entry, server)| listed_clone(entry, server.as_ref(), None))
        .collect())
}

/// The clones with their servers, where these run.
fn with_servers(context: &Context) -> Result<Vec<(CloneEntry, Option<ServerEntry>)>, EngineError> {
    let servers = open::servers(&context.root);
    let entries = open::clones(&context.root)
        .list()
        .map_err(|error| EngineError::other(error.to_string()))?;
    let with_server = |entry: CloneEntry| {
        let server = servers.find(&entry.server_id).ok();
        (entry, server.filter(|server| server.is_running()))
    };
    Ok(entries.into_iter().map(with_server).collect())
}

/// Sizes of the databases of a private server; none if it does not answer, which a list need not fail for.
async fn sizes_on(server: &ServerEntry) -> HashMap<String, u64> {
    let conninfo = server.conninfo("template1", &server.superuser);
    let options = SessionOptions::read_only("oneroof/clone/list");
    let Ok(session) = connect(&conninfo, &options).await else {
        return HashMap::new();
    };
    let sizes = catalog::database_sizes(&session).await;
    session.close().await;
    sizes.unwrap_or_default()
}

/// Size of one clone on disk, if its server says so.
pub(crate) async fn size_of(context: &Context, entry: &CloneEntry) -> Option<u64> {
    let server = open::servers(&context.root).find(&entry.server_id).ok()?;
    sizes_on(&server).await.remove(&entry.database)
}

fn listed_clone(
    entry: CloneEntry,
    server: Option<&ServerEntry>,
    size_bytes: Option<u64>,
) -> ListedClone {
    ListedClone {
        // A golden clone admits no connections.
        connection: server
            .filter(|_| entry.class != TargetClass::Golden)
            .map(|server| {
                crate::rehearse::clone::connection(
                    &server.conninfo(&entry.database, &server.superuser),
                )
                .text
            }),
        running: server.is_some(),
        age_seconds: age_seconds(&entry.created_at, Utc::now()),
        data_age_seconds: age_seconds(entry.data_at(), Utc::now()),
        left_out: entry.left_out,
        size_bytes,
        id: entry.id,
        class: entry.class,
        database: entry.database,
        source: entry.source,
        strategy: entry.strategy,
        operator: entry.operator,
        created_at: entry.created_at,
    }
}

pub(crate) fn age_seconds(created_at: &str, now: DateTime<Utc>) -> Option<u64> {
    let created = DateTime::parse_from_rfc3339(created_at).ok()?;
    u64::try_from((now - created.with_timezone(&Utc)).num_seconds()).ok()
}

/// Drops clones that are older than asked for. Scratch databases and what a running verb works on stay.
///
/// # Errors
/// A clone that cannot be dropped; repeating it is safe.
pub async fn prune(context: &Context, options: PruneOptions) -> Result<PruneReport, EngineError> {
    let all = list(context).await?;
    let clones = open::clones(&context.root);
    let in_work: Vec<String> = clones
        .list()
        .map_err(|error| EngineError::other(error.to_string()))?
        .into_iter()
        .filter(|entry| entry.maker.is_some())
        .flat_map(|entry| [entry.id, entry.server_id])
        .collect();
    let (old, stays): (Vec<ListedClone>, Vec<ListedClone>) = all
        .into_iter()
        .partition(|clone| is_old(clone, options) && !in_work.contains(&clone.id));
    if options.execute {
        for clone in &old {
            match remove_clone(&clone.id, &clones, &open::servers(&context.root)).await {
                // It went with the server of another one.
                Ok(()) | Err(oneroof_pg::clone::CloneRegistryError::Unknown { .. }) => {}
                Err(error) => {
                    return Err(EngineError::other(format!(
                        "drop clone `{}`: {error}",
                        clone.id
                    )));
                }
            }
        }
    }
    Ok(PruneReport {
        dropped: options.execute,
        kept: stays.len(),
        old,
    })
}

fn is_old(clone: &ListedClone, options: PruneOptions) -> bool {
    let is_of_class = match clone.class {
        TargetClass::Clone => true,
        TargetClass::Golden => options.golden,
        TargetClass::Scratch | TargetClass::Production => false,
    };
    is_of_class
        && clone
            .age_seconds
            .is_some_and(|age| age >= options.older_than.as_secs())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn clone(class: TargetClass, age_seconds: Option<u64>) -> ListedClone {
        ListedClone {
            id: "1a2b3c4d".to_owned(),
            class,
            database: "d".to_owned(),
            source: "production".to_owned(),
            strategy: None,
            operator: None,
            created_at: String::new(),
            age_seconds,
            data_age_seconds: age_seconds,
            left_out: Vec::new(),
            size_bytes: None,
            running: true,
            connection: None,
        }
    }

    #[test]
    fn only_what_is_old_and_disposable_is_pruned() {
        let options = PruneOptions {
            older_than: Duration::from_secs(60),
            golden: false,
            execute: true,
        };
        let too = PruneOptions {
            golden: true,
            ..options
        };
        for (class, age, plain, with_golden) in [
            (TargetClass::Clone, Some(60), true, true),
            (TargetClass::Clone, Some(59), false, false),
            (TargetClass::Clone, None, false, false),
            (TargetClass::Golden, Some(600), false, true),
            (TargetClass::Scratch, Some(600), false, false),
            (TargetClass::Production, Some(600), false, false),
        ] {
            let clone = clone(class, age);
            assert_eq!(is_old(&clone, options), plain, "{class} {age:?}");
            assert_eq!(is_old(&clone, too), with_golden, "{class} {age:?}");
        }
    }

    #[test]
    fn ages_are_seconds_since_then() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T12:00:00Z").unwrap();
        let now = now.with_timezone(&Utc);
        assert_eq!(age_seconds("2026-11-21T11:59:00Z", now), Some(60));
        assert_eq!(age_seconds("2026-11-21T12:01:00Z", now), None);
        assert_eq!(age_seconds("yesterday", now), None);
    }
}
