//! Servers that rest: stopped in good order for a moment, so that their files can be copied, and started again by
//! whoever needs them next, should the process that stopped them not live to do so. No sweep takes one for a leftover.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::postmaster::{Postmaster, start_time_of};
use super::registry::{Registry, RegistryError, ServerEntry, off_thread};
use crate::child::{self, Belongs, Bond};
use crate::programs::{OsUser, ProgramCall};

const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// Where the control file says how the cluster stands, and the number for "shut down in good order"; the same in
/// every version since 9.
const STATE_AT: std::ops::Range<usize> = 16..20;
const SHUT_DOWN: u32 = 1;
/// Line of `postmaster.pid` that says whether connections are accepted.
const STATUS_LINE: usize = 7;

/// Why a server does not run, and how it is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// Its `postgres`.
    program: PathBuf,
    /// The process that stopped it.
    by_pid: u32,
    /// When that process started.
    by_start_time: String,
}

impl Rest {
    /// Is the process that stopped it still at work on its files?
    fn is_used(&self) -> bool {
        start_time_of(self.by_pid).as_deref() == Some(self.by_start_time.as_str())
    }
}

/// A server that we stopped. Dropped, it runs again.
#[derive(Debug)]
pub(crate) struct RestingServer {
    registry: Registry,
    entry: Option<ServerEntry>,
    data: PathBuf,
}

impl RestingServer {
    /// Stops a running server in good order.
    pub(crate) async fn stop(registry: &Registry, id: &str) -> Result<Self, RegistryError> {
        let (theirs, id) = (registry.clone(), id.to_owned());
        let entry = off_thread(move || rest(&theirs, &id)).await??;
        Ok(Self {
            registry: registry.clone(),
            data: entry.folder.join("data"),
            entry: Some(entry),
        })
    }

    /// Its data folder.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.data.clone()
    }

    /// Starts it again.
    pub(crate) async fn wake(mut self) -> Result<(), RegistryError> {
        let Some(entry) = self.entry.take() else {
            return Ok(());
        };
        let registry = self.registry.clone();
        off_thread(move || wake(&registry, &entry).map(drop)).await?
    }
}

impl Drop for RestingServer {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            // Whoever needs it next tries again.
            let _ = wake(&self.registry, &entry);
        }
    }
}

/// Stops a running server in good order; from here on it rests. Blocks.
fn rest(registry: &Registry, id: &str) -> Result<ServerEntry, RegistryError> {
    let mut entry = registry.find(id)?;
    let failed = |detail: String| RegistryError::Start {
        id: id.to_owned(),
        detail,
    };
    let data = entry.folder.join("data");
    let Some(postmaster) = Postmaster::of(&data) else {
        return Err(RegistryError::NotRunning { id: id.to_owned() });
    };
    let options = fs::read_to_string(data.join("postmaster.opts"))
        .map_err(|error| failed(format!("it does not say how it was started: {error}")))?;
    let program = options.split_whitespace().next().unwrap_or_default();
    let by_pid = std::process::id();
    entry.resting = Some(Rest {
        program: PathBuf::from(program),
        by_pid,
        by_start_time: start_time_of(by_pid).unwrap_or_default(),
    });
    // Written before it is stopped: killed in between, it is started again and not swept up.
    registry.write(&entry)?;
    let has_ended = postmaster.end(true);
    if !has_ended || !is_shut_down(&data) {
        wake(registry, &entry)?;
        return Err(RegistryError::DoesNotEnd { id: id.to_owned() });
    }
    Ok(entry)
}

/// Starts a server that rests, for whoever needs it. Blocks. One that another process still copies stays as it is.
pub(super) fn wake_for_use(
    registry: &Registry,
    id: &str,
) -> Result<Option<ServerEntry>, RegistryError> {
    let _alone = registry.lock()?;
    let entry = registry.find(id)?;
    match &entry.resting {
        None => Ok(None),
        Some(rest) if rest.is_used() && rest.by_pid != std::process::id() => {
            Err(RegistryError::Start {
                id: id.to_owned(),
                detail: format!(
                    "its files are being copied by process {}; try again when that is done",
                    rest.by_pid
                ),
            })
        }
        Some(_) => wake(registry, &entry).map(Some),
    }
}

/// Starts it, waits until it accepts connections, and says in the registry that it rests no more.
fn wake(registry: &Registry, entry: &ServerEntry) -> Result<ServerEntry, RegistryError> {
    let mut awake = entry.clone();
    let failed = |detail: String| RegistryError::Start {
        id: entry.id.clone(),
        detail,
    };
    let Some(rest) = &entry.resting else {
        return Ok(awake);
    };
    let data = entry.folder.join("data");
    if Postmaster::of(&data).is_none() {
        launch(rest, entry, &data)
            .map_err(|error| failed(format!("`{}`: {error}", rest.program.display())))?;
    }
    let until = Instant::now() + START_LIMIT;
    while !is_ready(&data) {
        if Instant::now() > until {
            return Err(failed(format!(
                "it does not accept connections after {} s; its log is in `{}`",
                START_LIMIT.as_secs(),
                entry.folder.join("log").display()
            )));
        }
        std::thread::sleep(POLL);
    }
    awake.pid = postmaster_pid(&data);
    awake.resting = None;
    registry.write(&awake)?;
    Ok(awake)
}

fn launch(rest: &Rest, entry: &ServerEntry, data: &Path) -> io::Result<()> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(entry.folder.join("log").join("server.log"))?;
    let call = ProgramCall::new(&rest.program)
        .arg("-D")
        .arg(data)
        .in_folder(&entry.folder)
        .as_user(OsUser::owner_of(data)?);
    let mut command = call.command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log));
    child::prepare(&mut command, Belongs::OwnSession, Bond::OutlivesUs);
    child::spawn(command).map(drop)
}

/// Does the postmaster that works there say that it lets clients in?
fn is_ready(data: &Path) -> bool {
    let content = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let status = content.lines().nth(STATUS_LINE).unwrap_or_default();
    status.trim() == "ready" && Postmaster::of(data).is_some()
}

fn postmaster_pid(data: &Path) -> Option<u32> {
    let content = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    content.lines().next()?.trim().parse().ok()
}

/// Does the control file say that nothing is to be recovered?
fn is_shut_down(data: &Path) -> bool {
    let bytes = fs::read(data.join("global/pg_control")).unwrap_or_default();
    let state = bytes.get(STATE_AT).and_then(|state| state.try_into().ok());
    state.map(u32::from_ne_bytes) == Some(SHUT_DOWN)
}
