//! How children are made: from one thread that lives as long as the process, in a group or
//! session of their own, and gone when we are gone.
//!
//! The one place of this crate with unsafe code: what runs between fork and exec.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::process::{Pid, Signal};

/// Does the child end with us?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bond {
    /// The kernel sends it this signal when our process dies, however it dies.
    DiesWithUs(Signal),
    /// It goes on.
    OutlivesUs,
}

/// What a child belongs to; neither lets a terminal's Ctrl-C through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// A process group of its own, whose id is the child's.
    OwnGroup,
    /// A session of its own, without a terminal.
    OwnSession,
}

/// Prepares a command: group or session, and the death signal.
#[expect(
    unsafe_code,
    reason = "pre_exec has no safe form; the closure makes system calls only"
)]
pub(crate) fn prepare(command: &mut Command, belongs: Belongs, bond: Bond) {
    if belongs == Belongs::OwnGroup {
        command.process_group(0);
    }
    let parent = rustix::process::getpid();
    let set_up = move || -> io::Result<()> {
        if belongs == Belongs::OwnSession {
            rustix::process::setsid()?;
        }
        if let Bond::DiesWithUs(signal) = bond {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // The parent may have died before the line above.
            if rustix::process::getppid() != Some(parent) {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        Ok(())
    };
    // SAFETY: runs in the child between fork and exec. It makes async-signal-safe system calls
    // only: it allocates nothing, takes no lock and touches no memory that another thread owns.
    unsafe {
        command.pre_exec(set_up);
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Starts a prepared command from the thread that never ends.
///
/// Linux sends the death signal when the *thread* that forked ends. A thread of the runtime's
/// blocking pool ends after ten idle seconds, and took its servers with it.
pub(crate) fn spawn(mut command: Command) -> io::Result<Child> {
    on_lasting_thread(move || command.spawn())?
}

/// The same for a child that the runtime waits for. Must be called within the runtime.
pub(crate) fn spawn_async(
    mut command: tokio::process::Command,
) -> io::Result<tokio::process::Child> {
    let runtime = tokio::runtime::Handle::current();
    on_lasting_thread(move || {
        let _entered = runtime.enter();
        command.spawn()
    })?
}

fn on_lasting_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    static THREAD: OnceLock<Result<Mutex<Sender<Job>>, String>> = OnceLock::new();
    let thread = THREAD.get_or_init(|| {
        let (sender, jobs) = channel::<Job>();
        std::thread::Builder::new()
            .name("oneroof-children".to_owned())
            .spawn(move || jobs.into_iter().for_each(|job| job()))
            .map(|_| Mutex::new(sender))
            .map_err(|error| error.to_string())
    });
    let thread = thread
        .as_ref()
        .map_err(|error| io::Error::other(error.clone()))?;
    let (answer, result) = channel();
    let job: Job = Box::new(move || {
        let _ = answer.send(work());
    });
    let gone = || io::Error::other("the thread that starts children is gone");
    thread
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send(job)
        .map_err(|_| gone())?;
    result.recv().map_err(|_| gone())
}

/// Sends a signal to a child's whole group; a group that is gone is no error.
pub(crate) fn signal_group(leader: u32, signal: Signal) {
    if let Some(leader) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process_group(leader, signal);
    }
}

/// Sends a signal to one child that has not been waited for yet.
pub(crate) fn signal(child: u32, signal: Signal) {
    if let Some(child) = i32::try_from(child).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(child, signal);
    }
}
