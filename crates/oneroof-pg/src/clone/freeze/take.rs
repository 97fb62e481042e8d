//! Takes a snapshot of a kept clone: its server is stopped in good order, its files are copied, and it is started
//! again. Nobody may be connected, and no other clone may live in that server.

use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use oneroof_model::{Digest, TargetClass};

use super::super::error::{CloneError, database};
use super::super::registry::{CloneEntry, CloneRegistry};
use super::files::{CopyMethod, CopyProgress, Digests, Tree, copy_tree, require_room, tree};
use super::store::{Draft, FrozenClone, SnapshotError, SnapshotRecord, SnapshotStore};
use crate::connect::{SessionOptions, connect};
use crate::ephemeral::{Registry, RestingServer, ServerEntry, ServerStartError};
use crate::error::PgError;

/// What is put away, and where.
#[derive(Debug, Clone)]
pub struct TakeOptions {
    /// The kept clone.
    pub clone: CloneEntry,
    /// Its server.
    pub server: ServerEntry,
    /// Registry of clones.
    pub clones: CloneRegistry,
    /// Registry of servers.
    pub servers: Registry,
    /// Where snapshots are.
    pub store: SnapshotStore,
    /// Its name.
    pub name: String,
    /// Who has it taken.
    pub operator: Option<String>,
}

/// Takes a snapshot. `progress` says how far the copy is.
///
/// # Errors
/// [`CloneError::InUse`] if somebody is connected or another clone lives in the server, [`CloneError::Disk`],
/// [`CloneError::Snapshot`]. Then, and when the future is dropped, nothing is left and the server runs.
pub async fn take_snapshot(
    options: &TakeOptions,
    progress: &Arc<CopyProgress>,
) -> Result<SnapshotRecord, CloneError> {
    let TakeOptions { clone, server, .. } = options;
    let store = &options.store;
    store.sweep()?;
    store.require_free(&options.name)?;
    require_alone(options).await?;
    let rows = match clone.class {
        TargetClass::Golden => options
            .clones
            .kept_rows(&clone.id)
            .map_err(CloneError::Registry)?,
        _ => None,
    };
    let resting = RestingServer::stop(&options.servers, &server.id)
        .await
        .map_err(stopped)?;
    let draft = store.draft(&options.name)?;
    let from = resting.data_folder();
    let copying = (draft, from, progress.clone());
    let guard = StopOnDrop(progress.clone());
    let copied = tokio::task::spawn_blocking(move || -> Result<Copied, CloneError> {
        let (draft, from, progress) = copying;
        let there = tree(&from)?;
        require_room(&there, &from, &draft.data())?;
        let (digests, method) = copy_tree(&there, &from, &draft.data(), None, &progress)?;
        Ok(Copied {
            draft,
            there,
            digests,
            method,
        })
    })
    .await;
    drop(guard);
    // It runs again, whatever came out of it.
    resting.wake().await.map_err(stopped)?;
    let copied = copied.map_err(|error| unfinished(&error))?;
    let copied: Copied = copied?;
    let record = SnapshotRecord {
        format: 0,
        name: options.name.clone(),
        taken_at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        operator: options.operator.clone(),
        clone: FrozenClone {
            id: clone.id.clone(),
            line: clone.line().to_owned(),
            class: clone.class,
            database: clone.database.clone(),
            source: clone.source.clone(),
            source_identity: clone.source_identity.clone(),
            data_at: clone.data_at().to_owned(),
            left_out: clone.left_out.clone(),
            masked: clone.masked.clone(),
            rows_digest: None,
        },
        major: server.major,
        version: server.version.clone(),
        superuser: server.superuser.clone(),
        bytes: 0,
        files: 0,
        folders: Vec::new(),
        method: copied.method,
        list_digest: Digest::of(b""),
    };
    let Copied {
        draft,
        there,
        digests,
        ..
    } = copied;
    Ok(draft.finish(record, there, &digests, rows.as_ref())?)
}

struct Copied {
    draft: Draft,
    there: Tree,
    digests: Digests,
    method: CopyMethod,
}

/// A copy that nobody waits for any more ends soon.
pub(super) struct StopOnDrop(pub(super) Arc<CopyProgress>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

pub(super) fn stopped(source: crate::ephemeral::RegistryError) -> CloneError {
    CloneError::Server(Box::new(ServerStartError::Registry(source)))
}

pub(super) fn unfinished(error: &tokio::task::JoinError) -> CloneError {
    CloneError::Snapshot(SnapshotError::Io {
        action: "copy",
        path: ".".into(),
        source: std::io::Error::other(error.to_string()),
    })
}

/// Neither another clone nor a session in the server.
async fn require_alone(options: &TakeOptions) -> Result<(), CloneError> {
    let TakeOptions { clone, server, .. } = options;
    let entries = options.clones.list().map_err(CloneError::Registry)?;
    let guests = entries
        .iter()
        .filter(|entry| entry.server_id == server.id && entry.id != clone.id)
        .map(|entry| format!("clone {} lives in its server", entry.id));
    let mut others: Vec<String> = guests.collect();
    if clone.id != server.id {
        others.push(format!("it lives in the server of clone {}", server.id));
    }
    if others.is_empty() {
        let admin = connect(
            &server.conninfo("postgres", &server.superuser),
            &SessionOptions::read_only("oneroof/clone/snapshot"),
        )
        .await
        .map_err(database("open the private server"))?;
        let reading = || database("read the sessions of the clone's server");
        for row in admin
            .query(include_str!("others.sql"), &[])
            .await
            .map_err(reading())?
        {
            others.push(
                row.try_get("session")
                    .map_err(PgError::from)
                    .map_err(reading())?,
            );
        }
        admin.close().await;
    }
    if others.is_empty() {
        return Ok(());
    }
    Err(CloneError::InUse {
        name: clone.database.clone(),
        sessions: others,
    })
}
