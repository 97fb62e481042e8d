//! `clone list`, `clone drop` and `clone prune`: the kept clones of a project, and what killed runs left behind.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use oneroof_model::TargetClass;
use oneroof_pg::catalog;
use oneroof_pg::clone::{CloneEntry, sweep_copies};
use oneroof_pg::connect::{SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::ephemeral::ServerEntry;
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::{clone_hosted, kept, open};

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
    /// The target in whose server it lives, if that is no private one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
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
    clone_hosted::sweep(context).await?;
    let mut listed = Vec::new();
    let mut sizes = HashMap::new();
    for (entry, place) in with_places(context)? {
        let server = entry.host.as_ref().unwrap_or(&entry.server_id).clone();
        if let Some(place) = &place
            && !sizes.contains_key(&server)
        {
            sizes.insert(server.clone(), sizes_on(place).await);
        }
        let size_bytes = sizes
            .get(&server)
            .and_then(|sizes| sizes.get(&entry.database).copied());
        // Whether another target's server runs is known by its answer alone.
        let place = place.filter(|_| entry.host.is_none() || size_bytes.is_some());
        listed.push(listed_clone(entry, place.as_ref(), size_bytes));
    }
    Ok(listed)
}

/// All clones of the project, oldest first, as they are: nothing is cleaned up, and no server is asked for sizes.
pub fn seen(context: &Context) -> Result<Vec<ListedClone>, EngineError> {
    let all = with_places(context)?.into_iter();
    Ok(all
        .map(|(entry, place)| {
            let place = place.filter(|_| entry.host.is_none());
            listed_clone(entry, place.as_ref(), None)
        })
        .collect())
}

/// The clones, and how to reach each as its superuser, where their servers run.
fn with_places(context: &Context) -> Result<Vec<(CloneEntry, Option<ConnInfo>)>, EngineError> {
    let servers = open::servers(&context.root);
    let with_place = |entry: CloneEntry| {
        let place = match &entry.host {
            Some(host) => clone_hosted::host(context, host)
                .ok()
                .map(|host| host.maintenance.with_dbname(&entry.database)),
            None => servers
                .find(&entry.server_id)
                .ok()
                .filter(ServerEntry::is_running)
                .map(|server| server.conninfo(&entry.database, &server.superuser)),
        };
        (entry, place)
    };
    Ok(kept::entries(context)?
        .into_iter()
        .map(with_place)
        .collect())
}

/// Sizes of the databases of a clone's server; none if it does not answer, which a list need not fail for.
async fn sizes_on(place: &ConnInfo) -> HashMap<String, u64> {
    let conninfo = place.with_dbname("template1");
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
    let place = server.conninfo(&entry.database, &server.superuser);
    sizes_on(&place).await.remove(&entry.database)
}

fn listed_clone(
    entry: CloneEntry,
    place: Option<&ConnInfo>,
    size_bytes: Option<u64>,
) -> ListedClone {
    ListedClone {
        // A golden clone admits no connections.
        connection: place
            .filter(|_| entry.class != TargetClass::Golden)
            .map(|place| crate::rehearse::clone::connection(place).text),
        running: place.is_some(),
        age_seconds: age_seconds(&entry.created_at, Utc::now()),
        data_age_seconds: age_seconds(entry.data_at(), Utc::now()),
        left_out: entry.left_out,
        host: entry.host,
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
            // One that is not there any more went with the server of another one.
            if clones.find(&clone.id).is_ok() {
                clone_hosted::remove(context, &clone.id).await?;
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

/// Stops the clone's private server and removes everything of it; of another target's server only what was made there.
pub async fn drop(context: &Context, id: &str) -> Result<(), EngineError> {
    let id = id.strip_prefix("clone:").unwrap_or(id);
    clone_hosted::remove(context, id).await
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
            host: None,
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
