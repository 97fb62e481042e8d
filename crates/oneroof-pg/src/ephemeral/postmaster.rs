//! Is the server of a data folder running, and how to end it: known from `postmaster.pid` and
//! believed only if the process really works in that folder.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

const POLL: Duration = Duration::from_millis(10);
/// How long the server may take for an orderly end.
pub(super) const ORDERLY_LIMIT: Duration = Duration::from_secs(20);
/// How long it may take when it is told to drop everything.
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(5);

/// A running postmaster, held so that its process id cannot come to mean another process.
pub(super) struct Postmaster {
    pid: Pid,
    handle: OwnedFd,
    data: PathBuf,
}

impl Postmaster {
    /// The postmaster of this data folder, if one runs.
    pub(super) fn of(data: &Path) -> Option<Self> {
        let content = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let number: i32 = content.lines().next()?.trim().parse().ok()?;
        if number <= 0 {
            return None; // the backend that initdb runs writes its id with a minus sign
        }
        let pid = Pid::from_raw(number)?;
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        // The folder of the process is looked at after the handle was taken: it is the same one.
        works_in(pid, data).then(|| Self {
            pid,
            handle,
            data: data.to_owned(),
        })
    }

    /// Ends it: orderly, then at once, then by force. Blocks until it is gone or all limits are
    /// used up; says whether it is gone.
    pub(super) fn end(&self, orderly: bool) -> bool {
        let mut steps = vec![
            (Signal::QUIT, IMMEDIATE_LIMIT),
            (Signal::KILL, IMMEDIATE_LIMIT),
        ];
        if orderly {
            steps.insert(0, (Signal::INT, ORDERLY_LIMIT));
        }
        for (signal, limit) in steps {
            let _ = pidfd_send_signal(&self.handle, signal);
            let until = Instant::now() + limit;
            while Instant::now() < until {
                if !works_in(self.pid, &self.data) {
                    return true;
                }
                std::thread::sleep(POLL);
            }
        }
        false
    }
}

/// A postmaster's working folder is its data folder. A zombie has none.
fn works_in(pid: Pid, data: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    let real = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    match fs::read_link(process.join("cwd")) {
        Ok(folder) => {
            folder == real || folder.to_string_lossy() == format!("{} (deleted)", real.display())
        }
        // Root in a container without CAP_SYS_PTRACE may not look at another user's folder, but
        // anybody may read with which arguments we started it.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            fs::read(process.join("cmdline")).is_ok_and(|line| was_started_for(&line, data))
        }
        Err(_) => false,
    }
}

/// Is this the command line `…/postgres -D <data>`, as the kernel shows it?
fn was_started_for(line: &[u8], data: &Path) -> bool {
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    let [program, b"-D", folder, ..] = words[..] else {
        return false;
    };
    program.ends_with(b"/postgres") && folder == data.as_os_str().as_encoded_bytes()
}

/// When a process started, such that no other process ever has the same id and start: the boot's
/// id and the ticks since then. `None` if there is no such process.
pub(crate) fn start_time_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold blanks and brackets: count from behind it.
    let behind = stat.rsplit_once(") ")?.1;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None; // dead, and not yet waited for
    }
    let ticks = fields.get(19)?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{}:{ticks}", boot.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_id_of_somebody_else_is_not_believed() {
        let data = tempfile::tempdir().unwrap();
        let ours = std::process::id();
        fs::write(data.path().join("postmaster.pid"), format!("{ours}\n")).unwrap();
        assert!(Postmaster::of(data.path()).is_none());
        for odd in ["-123", "0", "", "x"] {
            fs::write(data.path().join("postmaster.pid"), odd).unwrap();
            assert!(Postmaster::of(data.path()).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_command_line_tells_whose_postmaster_it_is() {
        let data = Path::new("/tmp/oneroof-0123abcd/data");
        for (line, expected) in [
            (
                &b"/usr/lib/postgresql/15/bin/postgres\0-D\0/tmp/oneroof-0123abcd/data\0"[..],
                true,
            ),
            (
                b"/usr/lib/postgresql/15/bin/postgres\0-D\0/var/lib/postgresql/15/main\0",
                false,
            ),
            (b"/usr/bin/vi\0-D\0/tmp/oneroof-0123abcd/data\0", false),
            (b"", false),
        ] {
            assert_eq!(
                was_started_for(line, data),
                expected,
                "{}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn start_times_tell_processes_apart() {
        let ours = start_time_of(std::process::id()).unwrap();
        assert_eq!(start_time_of(std::process::id()), Some(ours.clone()));
        assert_ne!(start_time_of(1), Some(ours));
        assert_eq!(start_time_of(u32::MAX), None);
    }
}
