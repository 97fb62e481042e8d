//! The only place of this crate that starts a process: the programs of PostgreSQL.
//!
//! A program gets an environment that is made for it and nothing of ours, a process group of its
//! own (Ctrl-C in the terminal is for us, and we end it), and dies with us.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::task::JoinHandle;

use crate::accounts;
use crate::child::{self, Belongs, Bond};

/// Lines of a program's stderr that are kept: the last ones.
const STDERR_LINES_MAX: usize = 200;
/// Bytes of one such line.
const STDERR_LINE_BYTES_MAX: usize = 4096;
/// Bytes that lie between two programs of a pipe at most, beside the kernel's own pipes.
const PIPE_BUFFER_BYTES: usize = 256 * 1024;
/// How long a program may take to end after it was asked to.
const END_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of stdout that [`run`] keeps.
const STDOUT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The programs of PostgreSQL that we start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Makes a data folder.
    Initdb,
    /// The server.
    Postgres,
    /// Tells where things are.
    PgConfig,
    /// Writes a dump.
    PgDump,
    /// Writes roles and tablespaces.
    PgDumpall,
    /// Reads a dump.
    PgRestore,
    /// Copies a running server's files.
    PgBasebackup,
    /// Begins a new log for a stopped server.
    PgResetwal,
    /// Compares copied files with the list of checksums that came with them.
    PgVerifybackup,
    /// The terminal client.
    Psql,
    /// Runs a workload.
    Pgbench,
}

impl Program {
    /// Name of its file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Initdb => "initdb",
            Self::Postgres => "postgres",
            Self::PgConfig => "pg_config",
            Self::PgDump => "pg_dump",
            Self::PgDumpall => "pg_dumpall",
            Self::PgRestore => "pg_restore",
            Self::PgBasebackup => "pg_basebackup",
            Self::PgResetwal => "pg_resetwal",
            Self::PgVerifybackup => "pg_verifybackup",
            Self::Psql => "psql",
            Self::Pgbench => "pgbench",
        }
    }

    /// Its file in a folder of binaries, if it is there.
    pub fn in_folder(self, folder: &Path) -> Option<PathBuf> {
        Some(folder.join(self.file_name())).filter(|path| path.is_file())
    }
}

/// An account of the operating system under which a program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsUser {
    name: String,
    uid: u32,
    gid: u32,
}

impl OsUser {
    /// Looks an account up by its login name.
    pub fn named(name: &str) -> Option<Self> {
        accounts::by_name(name).map(|account| Self {
            name: account.name,
            uid: account.uid,
            gid: account.gid,
        })
    }

    /// The account that a file belongs to, if we are root and it is another one than ours.
    pub(crate) fn owner_of(path: &std::path::Path) -> std::io::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt as _;
        if !accounts::is_root() {
            return Ok(None);
        }
        let uid = std::fs::metadata(path)?.uid();
        match accounts::by_uid(uid) {
            Some(account) => Ok(Some(Self {
                name: account.name,
                uid: account.uid,
                gid: account.gid,
            })),
            None => Err(std::io::Error::other(format!(
                "no account has the id {uid}"
            ))),
        }
    }

    /// Login name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// User and group id.
    pub(crate) fn ids(&self) -> (u32, u32) {
        (self.uid, self.gid)
    }
}

/// A program with everything it needs. `Debug` shows no value of its environment.
#[derive(Clone)]
pub struct ProgramCall {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    folder: Option<PathBuf>,
    user: Option<OsUser>,
    has_children: bool,
}

/// Waits for a program in the background, and takes all of the group along when it is told that we are dead. The
/// kernel tells our own children only: the half of `pg_basebackup` that streams the log would go on for ever.
const WITH_CHILDREN: &str = r#"trap 'kill -KILL 0' TERM; "$0" "$@" & wait $!"#;

impl ProgramCall {
    /// A call of this file (not looked up anywhere).
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            user: None,
            has_children: false,
        }
    }

    /// It starts processes of its own, which end with us as well.
    pub fn with_children(mut self) -> Self {
        self.has_children = true;
        self
    }

    /// Adds an argument. Never a password: other users can read arguments.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Adds environment variables, for example
    /// [`ConnInfo::program_environment`](crate::conninfo::ConnInfo::program_environment).
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// Runs it in this folder instead of `/`.
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Runs it as this user; only root can.
    pub fn as_user(mut self, user: Option<OsUser>) -> Self {
        self.user = user;
        self
    }

    /// Name of the program, for messages.
    pub fn name(&self) -> String {
        self.program
            .file_name()
            .unwrap_or(self.program.as_os_str())
            .to_string_lossy()
            .into_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = if self.has_children {
            let mut shell = std::process::Command::new("/bin/sh");
            shell.args(["-c", WITH_CHILDREN]).arg(&self.program);
            shell
        } else {
            std::process::Command::new(&self.program)
        };
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C") // messages that we can read and that are the same everywhere
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.as_deref().unwrap_or(Path::new("/")))
            .stdin(Stdio::null());
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    fn start(&self, stdin: Stdio, stdout: Stdio) -> Result<Running, ProgramError> {
        let mut command = self.command();
        command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        child::prepare(
            &mut command,
            Belongs::OwnGroup,
            Bond::DiesWithUs(Signal::TERM),
        );
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        let mut child = child::spawn_async(command).map_err(|source| ProgramError::Start {
            program: self.program.clone(),
            source,
        })?;
        let stderr = child
            .stderr
            .take()
            .map(|stderr| tokio::spawn(last_lines(stderr)));
        Ok(Running {
            name: self.name(),
            child: Some(child),
            stderr,
        })
    }
}

impl fmt::Debug for ProgramCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self
            .environment
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        out.debug_struct("ProgramCall")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("environment", &names)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It could not be started.
    #[error("start `{}`", program.display())]
    Start {
        /// Its file.
        program: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// It ended with a failure.
    #[error("finish `{program}` ({exit}){}", Said(stderr_tail))]
    Failed {
        /// Its name.
        program: String,
        /// How it ended.
        exit: Exit,
        /// The last lines that it wrote to stderr.
        stderr_tail: Vec<String>,
    },
    /// Our side of its pipes failed.
    #[error("talk with `{program}`")]
    Io {
        /// Its name.
        program: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

impl ProgramError {
    /// Name of the program that failed.
    pub fn program(&self) -> String {
        match self {
            Self::Start { program, .. } => program
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            Self::Failed { program, .. } | Self::Io { program, .. } => program.clone(),
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Code(-1),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(out, "exit code {code}"),
            Self::Signal(signal) => write!(out, "ended by signal {signal}"),
        }
    }
}

struct Said<'a>(&'a [String]);

impl fmt::Display for Said<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.0.len().saturating_sub(8);
        match &self.0[from..] {
            [] => Ok(()),
            lines => write!(out, ": {}", lines.join(" | ")),
        }
    }
}

/// What a program that ended well left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramOutput {
    /// Its stdout, at most 16 MiB.
    pub stdout: Vec<u8>,
    /// The last lines of its stderr.
    pub stderr_tail: Vec<String>,
}

/// What a finished pipe left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PipeOutcome {
    /// Bytes that went through.
    pub bytes: u64,
    /// The last lines of the first program's stderr.
    pub dump_stderr: Vec<String>,
    /// The last lines of the second program's stderr.
    pub restore_stderr: Vec<String>,
}

/// Runs a program to its end. Dropping the future ends the program.
///
/// # Errors
/// [`ProgramError`]: not started, or ended with anything but 0.
pub async fn run(call: ProgramCall) -> Result<ProgramOutput, ProgramError> {
    let mut running = call.start(Stdio::null(), Stdio::piped())?;
    let mut stdout = Vec::new();
    if let Some(mut pipe) = running.child.as_mut().and_then(|child| child.stdout.take()) {
        let mut bounded = (&mut pipe).take(STDOUT_BYTES_MAX);
        let read = bounded.read_to_end(&mut stdout).await;
        read.map_err(|source| ProgramError::Io {
            program: call.name(),
            source,
        })?;
        let drained = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
        drained.map_err(|source| ProgramError::Io {
            program: call.name(),
            source,
        })?;
    }
    let stderr_tail = running.finish().await?;
    Ok(ProgramOutput {
        stdout,
        stderr_tail,
    })
}

/// Runs a program to its end and keeps what it writes to stdout, or nothing if that is more than `bytes_max`. Dropping
/// the future ends the program.
///
/// # Errors
/// [`ProgramError`]: not started, or ended with anything but 0.
pub async fn capture(call: ProgramCall, bytes_max: usize) -> Result<Option<Vec<u8>>, ProgramError> {
    let mut running = call.start(Stdio::null(), Stdio::piped())?;
    let broken = |source| ProgramError::Io {
        program: call.name(),
        source,
    };
    let mut kept = Vec::new();
    if let Some(mut pipe) = running.child.as_mut().and_then(|child| child.stdout.take()) {
        let limit = u64::try_from(bytes_max)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        let mut bounded = (&mut pipe).take(limit);
        bounded.read_to_end(&mut kept).await.map_err(broken)?;
        if kept.len() > bytes_max {
            running.stop().await;
            return Ok(None);
        }
    }
    running.finish().await?;
    Ok(Some(kept))
}

/// Runs a program that reads `input` from stdin, to its end; gives the last lines of its stderr. Dropping the future
/// ends the program.
///
/// # Errors
/// [`ProgramError`]: not started, or ended with anything but 0.
pub async fn feed(call: ProgramCall, input: &[u8]) -> Result<Vec<String>, ProgramError> {
    let mut running = call.start(Stdio::piped(), Stdio::null())?;
    if let Some(mut pipe) = running.child.as_mut().and_then(|child| child.stdin.take()) {
        match pipe.write_all(input).await {
            Ok(()) => {}
            // It may have all it needs; if not, its own end tells why.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Err(source) => {
                running.stop().await;
                return Err(ProgramError::Io {
                    program: call.name(),
                    source,
                });
            }
        }
    }
    running.finish().await
}

/// Starts a program that works beside us until it is stopped; its stdout is not kept.
///
/// # Errors
/// [`ProgramError::Start`].
pub fn start_beside(call: &ProgramCall) -> Result<ProgramBeside, ProgramError> {
    Ok(ProgramBeside(call.start(Stdio::null(), Stdio::null())?))
}

/// A program that works beside us; dropped, it is ended.
pub struct ProgramBeside(Running);

impl ProgramBeside {
    /// Has it ended by itself?
    pub fn has_ended(&mut self) -> bool {
        let child = self.0.child.as_mut();
        child.is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Tells it by SIGALRM that its time is over and waits for its end, by force after `limit`. Gives how
    /// it ended, and the last lines of its stderr.
    ///
    /// # Errors
    /// [`ProgramError::Io`] if it had to be ended by force.
    pub async fn time_is_over(
        mut self,
        limit: Duration,
    ) -> Result<(Exit, Vec<String>), ProgramError> {
        let child = self.0.child.as_ref();
        if let Some(pid) = child.and_then(tokio::process::Child::id) {
            child::signal_group(pid, Signal::ALARM);
        }
        match tokio::time::timeout(limit, self.0.finish()).await {
            Ok(Ok(stderr_tail)) => Ok((Exit::Code(0), stderr_tail)),
            Ok(Err(ProgramError::Failed {
                exit, stderr_tail, ..
            })) => Ok((exit, stderr_tail)),
            Ok(Err(other)) => Err(other),
            Err(_) => {
                self.0.stop().await;
                Err(ProgramError::Io {
                    program: self.0.name.clone(),
                    source: std::io::ErrorKind::TimedOut.into(),
                })
            }
        }
    }
}

/// Pipes what one program writes into the other. Our process copies the bytes, so that they can
/// be counted; a quarter of a megabyte lies between the two at most, and no file is written.
/// `progress` is called with the number of bytes so far.
///
/// The second program sees the end of its input only after the first one has ended well, so a
/// broken dump cannot look like a whole one. If one fails, the other is stopped. Dropping the
/// future stops both.
///
/// # Errors
/// [`ProgramError::Failed`] for the program whose failure came first, with its exit code and the
/// last lines of its stderr.
pub async fn dump_into(
    dump: ProgramCall,
    restore: ProgramCall,
    mut progress: impl FnMut(u64),
) -> Result<PipeOutcome, ProgramError> {
    let mut reader = restore.start(Stdio::piped(), Stdio::null())?;
    let mut writer = match dump.start(Stdio::null(), Stdio::piped()) {
        Ok(writer) => writer,
        Err(error) => {
            reader.stop().await;
            return Err(error);
        }
    };
    let copied = copy(&mut writer, &mut reader, &mut progress).await;
    match copied {
        Ok(Copied { bytes, input }) => {
            let dump_stderr = match writer.finish().await {
                Ok(lines) => lines,
                Err(error) => {
                    reader.stop().await; // before it can see the end of its input
                    return Err(error);
                }
            };
            drop(input);
            let restore_stderr = reader.finish().await?;
            Ok(PipeOutcome {
                bytes,
                dump_stderr,
                restore_stderr,
            })
        }
        Err(error) => {
            writer.stop().await;
            match error {
                // The second program closed its input: its own end tells why.
                CopyError::ReaderEnded => match reader.finish().await {
                    Err(error) => Err(error),
                    Ok(_) => Err(ProgramError::Io {
                        program: reader.name.clone(),
                        source: std::io::ErrorKind::BrokenPipe.into(),
                    }),
                },
                CopyError::Io(error) => {
                    reader.stop().await;
                    Err(error)
                }
            }
        }
    }
}

struct Copied {
    bytes: u64,
    /// Held open until the first program has ended well.
    input: Option<tokio::process::ChildStdin>,
}

enum CopyError {
    ReaderEnded,
    Io(ProgramError),
}

async fn copy(
    writer: &mut Running,
    reader: &mut Running,
    progress: &mut impl FnMut(u64),
) -> Result<Copied, CopyError> {
    let broken = |name: &str, source| {
        CopyError::Io(ProgramError::Io {
            program: name.to_owned(),
            source,
        })
    };
    let taken = writer.child.as_mut().and_then(|child| child.stdout.take());
    let mut from =
        taken.ok_or_else(|| broken(&writer.name, std::io::ErrorKind::BrokenPipe.into()))?;
    let mut input = reader.child.as_mut().and_then(|child| child.stdin.take());
    let mut buffer = vec![0; PIPE_BUFFER_BYTES];
    let mut bytes: u64 = 0;
    loop {
        // A first program that waits for a lock must not hide that the second one has failed.
        let count = tokio::select! {
            biased;
            count = from.read(&mut buffer) => count.map_err(|error| broken(&writer.name, error))?,
            ended = reader.wait(), if input.is_some() => match ended {
                // It has all it needs: the rest is read so that the first one can end well.
                Ok(status) if status.success() => {
                    input = None;
                    continue;
                }
                _ => return Err(CopyError::ReaderEnded),
            },
        };
        if count == 0 {
            return Ok(Copied { bytes, input });
        }
        if let Some(into) = &mut input {
            match into.write_all(&buffer[..count]).await {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    match reader.wait().await {
                        Ok(status) if status.success() => input = None,
                        _ => return Err(CopyError::ReaderEnded),
                    }
                }
                Err(error) => return Err(broken(&reader.name, error)),
            }
        }
        bytes += count as u64;
        progress(bytes);
    }
}

/// A started program; dropped, it is ended: first politely, two seconds later by force.
struct Running {
    name: String,
    child: Option<tokio::process::Child>,
    stderr: Option<JoinHandle<VecDeque<String>>>,
}

impl Running {
    async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        match &mut self.child {
            Some(child) => child.wait().await,
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    /// Waits for the end; the last lines of stderr, or the failure.
    async fn finish(&mut self) -> Result<Vec<String>, ProgramError> {
        let waited = self.wait().await;
        let status = waited.map_err(|source| ProgramError::Io {
            program: self.name.clone(),
            source,
        })?;
        self.child = None;
        let stderr_tail = match self.stderr.take() {
            // A grandchild may hold the pipe open for ever.
            Some(lines) => match tokio::time::timeout(END_LIMIT, lines).await {
                Ok(Ok(lines)) => lines.into(),
                Ok(Err(_)) | Err(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        if status.success() {
            return Ok(stderr_tail);
        }
        Err(ProgramError::Failed {
            program: self.name.clone(),
            exit: status.into(),
            stderr_tail,
        })
    }

    /// Ends the program and its group, and waits for it.
    async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        end(&mut child, END_LIMIT).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let Some(pid) = child.id() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                child::signal_group(pid, Signal::TERM);
                // If the runtime ends first, the child is dropped and thereby killed.
                runtime.spawn(async move { end(&mut child, Duration::from_secs(2)).await });
            }
            Err(_) => child::signal_group(pid, Signal::KILL),
        }
    }
}

async fn end(child: &mut tokio::process::Child, limit: Duration) {
    let Some(pid) = child.id() else { return };
    child::signal_group(pid, Signal::TERM);
    if tokio::time::timeout(limit, child.wait()).await.is_err() {
        child::signal_group(pid, Signal::KILL);
        let _ = child.wait().await;
    }
}

/// Keeps the last lines of a stream, each of bounded length.
async fn last_lines(stream: impl AsyncRead + Unpin) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = (&mut reader).take(STDERR_LINE_BYTES_MAX as u64);
        match bounded.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return lines,
            Ok(_) => {}
        }
        if lines.len() == STDERR_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
    }
}

/// Runs a program that answers at once, such as `postgres --version`; its stdout, trimmed.
/// Blocks for some milliseconds.
pub(crate) fn answer_of(program: &Path, argument: &str) -> Option<String> {
    let mut command = ProgramCall::new(program).arg(argument).command();
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).ok())??;
    Some(text.trim().to_owned())
}
