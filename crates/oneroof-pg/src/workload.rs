//! A workload: a pgbench script that clients repeat while something else happens on the same database, and
//! how long each of its transactions took.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::conninfo::ConnInfo;
use crate::programs::{Exit, ProgramBeside, ProgramCall, ProgramError, start_beside};

/// pgbench wants a limit; it is told earlier that its time is over.
const SECONDS_MAX: u32 = 7 * 24 * 3600;
/// How long transactions that are under way may take to end.
const END_LIMIT: Duration = Duration::from_secs(120);
/// Name of the script, as it stands in pgbench's messages.
const SCRIPT: &str = "workload.sql";
/// First part of the names of pgbench's log files.
const LOG: &str = "transactions";

/// What is run, and where.
#[derive(Debug, Clone)]
pub struct WorkloadOptions {
    /// pgbench's file.
    pub pgbench: PathBuf,
    /// The text of its script.
    pub script: String,
    /// How many clients repeat it.
    pub clients: u32,
    /// The database, and as whom.
    pub conninfo: ConnInfo,
    /// `oneroof/<verb>/<run>`
    pub application_name: String,
}

/// A workload that runs. It ends with this value.
pub struct Workload {
    // In this order: pgbench ends before its folder is removed.
    pgbench: ProgramBeside,
    folder: TempDir,
}

/// What a workload left.
#[derive(Debug)]
pub struct WorkloadLog {
    folder: TempDir,
    /// How pgbench ended; 2 if a client met an error.
    pub exit: Exit,
    /// What it said about errors, its last 200 lines at most.
    pub errors: Vec<String>,
}

/// One transaction of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkloadTransaction {
    /// When it ended: microseconds since 1970.
    pub ended_us: i64,
    /// How long it took; `None` if it failed by a deadlock or a serialization failure.
    pub took_us: Option<i64>,
}

/// Why there is no workload, or nothing is known of it.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// pgbench could not be run.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Its script or its log.
    #[error("use the folder of the workload")]
    Folder(#[source] std::io::Error),
    /// A line that pgbench wrote.
    #[error("read the log of pgbench: `{0}` is no line of it")]
    Line(String),
}

impl Workload {
    /// Starts pgbench: one thread, so that there is one log.
    ///
    /// # Errors
    /// [`WorkloadError`]
    pub fn start(options: &WorkloadOptions) -> Result<Workload, WorkloadError> {
        let folder = TempDir::with_prefix("oneroof-workload-").map_err(WorkloadError::Folder)?;
        std::fs::write(folder.path().join(SCRIPT), &options.script)
            .map_err(WorkloadError::Folder)?;
        let call = ProgramCall::new(&options.pgbench)
            .args(["--no-vacuum", "--jobs=1", "--log"])
            .arg(format!("--log-prefix={LOG}"))
            .arg(format!("--file={SCRIPT}"))
            .arg(format!("--client={}", options.clients))
            .arg(format!("--time={SECONDS_MAX}"))
            .in_folder(folder.path())
            .environment(options.conninfo.program_environment())
            .environment([("PGAPPNAME".to_owned(), options.application_name.clone())]);
        Ok(Workload {
            pgbench: start_beside(&call)?,
            folder,
        })
    }

    /// Has it ended by itself, because every client met an error?
    pub fn has_ended(&mut self) -> bool {
        self.pgbench.has_ended()
    }

    /// Lets the transactions that are under way end, and no other begin.
    ///
    /// # Errors
    /// [`WorkloadError::Program`] if one of them does not end.
    pub async fn finish(self) -> Result<WorkloadLog, WorkloadError> {
        let (exit, said) = self.pgbench.time_is_over(END_LIMIT).await?;
        Ok(WorkloadLog {
            folder: self.folder,
            exit,
            errors: said.iter().filter_map(|line| error(line)).collect(),
        })
    }
}

impl WorkloadLog {
    /// Reads all transactions, in the order in which they ended; they may be very many.
    ///
    /// # Errors
    /// [`WorkloadError`]
    pub fn each(&self, mut see: impl FnMut(WorkloadTransaction)) -> Result<(), WorkloadError> {
        let entries = std::fs::read_dir(self.folder.path()).map_err(WorkloadError::Folder)?;
        for entry in entries {
            let entry = entry.map_err(WorkloadError::Folder)?;
            if !entry.file_name().to_string_lossy().starts_with(LOG) {
                continue;
            }
            let file = std::fs::File::open(entry.path()).map_err(WorkloadError::Folder)?;
            for line in BufReader::new(file).lines() {
                let line = line.map_err(WorkloadError::Folder)?;
                match transaction(&line) {
                    Some(transaction) => see(transaction),
                    None => return Err(WorkloadError::Line(line)),
                }
            }
        }
        Ok(())
    }
}

/// What a line of pgbench's stderr says about an error; that the run as a whole was cut off is none.
fn error(line: &str) -> Option<String> {
    let said = line.strip_prefix("pgbench: error: ")?;
    (!said.starts_with("Run was aborted")).then(|| said.to_owned())
}

/// `client number microseconds script epoch_seconds epoch_microseconds …`; `failed` for the microseconds of one
/// that did not come through.
fn transaction(line: &str) -> Option<WorkloadTransaction> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, _, took, _, seconds, microseconds, ..] = words[..] else {
        return None;
    };
    let seconds: i64 = seconds.parse().ok()?;
    let microseconds: i64 = microseconds.parse().ok()?;
    let took_us = match took {
        "failed" | "serialization" | "deadlock" | "skipped" => None,
        number => Some(number.parse().ok()?),
    };
    Some(WorkloadTransaction {
        ended_us: seconds.checked_mul(1_000_000)?.checked_add(microseconds)?,
        took_us,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_what_clients_met() {
        let aborted = "client 1 script 0 aborted in command 0 query 0: ERROR:  no";
        assert_eq!(
            error(&format!("pgbench: error: {aborted}")).as_deref(),
            Some(aborted)
        );
        for line in [
            "pgbench: error: Run was aborted; the above results are incomplete.",
            "LINE 1: select fax from public.customer where id = 1;",
        ] {
            assert_eq!(error(line), None, "{line}");
        }
    }

    #[test]
    fn lines_of_the_log() {
        let of = |ended_us, took_us| Some(WorkloadTransaction { ended_us, took_us });
        for (line, expected) in [
            (
                "0 199 2241 0 1175850568 995598",
                of(1_175_850_568_995_598, Some(2241)),
            ),
            (
                "1 7 failed 0 1499414498 84905",
                of(1_499_414_498_084_905, None),
            ),
            ("0 1 10 0 5 7 12 3", of(5_000_007, Some(10))),
            ("0 199 x 0 1175850568 995598", None),
            ("0 199 2241", None),
        ] {
            assert_eq!(transaction(line), expected, "{line}");
        }
    }
}
