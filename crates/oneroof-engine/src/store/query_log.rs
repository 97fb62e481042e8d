//! `runs/queries.jsonl`: what was asked of the read-only channel, before it runs and after. Lines are only ever added.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use oneroof_model::Digest;
use serde::Serialize;

use crate::clock;

/// The log of one project.
#[derive(Debug, Clone)]
pub(crate) struct QueryLog {
    file: PathBuf,
}

/// A line: format 1.
#[derive(Serialize)]
pub(crate) struct QueryRecord<'a> {
    pub(crate) format: u32,
    /// UTC.
    pub(crate) at: String,
    /// The same in both lines of a statement.
    pub(crate) id: &'a str,
    /// Who asked, and through which verb.
    pub(crate) principal: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) target: &'a str,
    pub(crate) database: &'a str,
    pub(crate) role: &'a str,
    #[serde(flatten)]
    pub(crate) phase: Phase<'a>,
}

/// What the line says.
#[derive(Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub(crate) enum Phase<'a> {
    /// It is going to be judged, and executed if it is admitted.
    Intent {
        sql: &'a str,
        sha256: String,
        parameters: &'a [Option<String>],
    },
    /// What became of it.
    Outcome(Outcome<'a>),
    /// Something that a person should know.
    Alarm { backend_pid: i32, message: &'a str },
}

/// What became of a statement.
#[derive(Serialize, Default)]
pub(crate) struct Outcome<'a> {
    /// `allow`, `reject`, or `error` if it was admitted and failed.
    pub(crate) verdict: &'a str,
    pub(crate) rule: Option<&'a str>,
    pub(crate) reason: Option<String>,
    pub(crate) sqlstate: Option<&'a str>,
    pub(crate) rewritten: bool,
    pub(crate) rows: usize,
    pub(crate) bytes: u64,
    pub(crate) ms: u64,
    pub(crate) truncated: Option<&'a str>,
}

impl<'a> Phase<'a> {
    /// The line before.
    pub(crate) fn intent(sql: &'a str, bytes: &[u8], parameters: &'a [Option<String>]) -> Self {
        Phase::Intent {
            sql,
            sha256: Digest::of(bytes).to_string(),
            parameters,
        }
    }
}

impl<'a> QueryRecord<'a> {
    /// A line of now.
    pub(crate) fn new(id: &'a str, phase: Phase<'a>) -> Self {
        Self {
            format: 1,
            at: clock::now(),
            id,
            principal: "",
            verb: "",
            target: "",
            database: "",
            role: "",
            phase,
        }
    }
}

impl QueryLog {
    /// The log below the project's folder.
    pub(crate) fn of_project(root: &Path) -> Self {
        Self {
            file: root.join("runs").join("queries.jsonl"),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.file
    }

    /// Adds one line with one write, so that lines of several processes do not mix.
    pub(crate) fn add(&self, record: &QueryRecord<'_>) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut line = serde_json::to_string(record)?;
        line.push('\n');
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.file)?;
        file.write_all(line.as_bytes())
    }
}
