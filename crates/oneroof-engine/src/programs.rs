//! The only place of this crate that starts a process: `ssh-keygen`, Git, and a hook that the user names.
//! PostgreSQL's programs are started by `oneroof-pg/src/programs.rs`.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Bytes of an answer that are kept; more is an error.
const OUTPUT_BYTES_MAX: u64 = 1024 * 1024;

/// What a program that has ended said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Signs `bytes` with `ssh-keygen -Y sign`. The key may be a private key, or a public key whose private half is in
/// the agent. A passphrase or a touch is asked for on the terminal by `ssh-keygen` itself.
///
/// # Errors
/// `ssh-keygen` is not there or cannot be fed.
pub(crate) fn ssh_sign(key: &Path, namespace: &str, bytes: &[u8]) -> io::Result<Answer> {
    let mut command = command("ssh-keygen");
    command
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key);
    run(command, bytes)
}

/// Makes an ed25519 key without a passphrase, with `ssh-keygen -t`.
///
/// # Errors
/// As [`ssh_sign`].
pub(crate) fn ssh_make_key(key: &Path, comment: &str) -> io::Result<Answer> {
    let mut command = command("ssh-keygen");
    command
        .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"])
        .arg(key);
    run(command, b"")
}

/// The public half of a private key, with `ssh-keygen -y`.
///
/// # Errors
/// As [`ssh_sign`].
pub(crate) fn ssh_public_key(key: &Path) -> io::Result<Answer> {
    let mut command = command("ssh-keygen");
    command.args(["-y", "-f"]).arg(key);
    run(command, b"")
}

/// Asks Git about the project's folder; reads only.
///
/// # Errors
/// Git is not there.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> io::Result<Answer> {
    let mut command = command("git");
    command.arg("-C").arg(folder).args(arguments);
    // No repository configuration may start a program of its own.
    command
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0");
    run(command, b"")
}

/// Starts the user's own command through `sh -c`, with `text` on its standard input and its output on our stderr.
///
/// # Errors
/// The shell is not there.
pub(crate) fn hook(line: &str, variables: &[(&str, &str)], text: &[u8]) -> io::Result<ExitStatus> {
    let mut command = command("sh");
    command.arg("-c").arg(line).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(io::stderr());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        feed(&mut stdin, text)?;
    }
    child.wait()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that starts processes"
)]
fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

fn run(mut command: Command, input: &[u8]) -> io::Result<Answer> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    // What goes in is read whole by the programs above before they answer.
    if let Some(mut stdin) = child.stdin.take() {
        feed(&mut stdin, input)?;
    }
    let mut stdout = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        let _ = pipe.take(OUTPUT_BYTES_MAX).read_to_end(&mut stdout)?;
    }
    let mut stderr = Vec::new();
    if let Some(pipe) = child.stderr.take() {
        let _ = pipe.take(OUTPUT_BYTES_MAX).read_to_end(&mut stderr)?;
    }
    Ok(Answer {
        status: child.wait()?,
        stdout,
        stderr: String::from_utf8_lossy(&stderr).trim().to_owned(),
    })
}

/// A program that ends without reading all is no error of ours: its answer says why.
fn feed(stdin: &mut impl io::Write, bytes: &[u8]) -> io::Result<()> {
    match stdin.write_all(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
