//! `audit`: the population of all changes of a target in a period, one line each, from its ledger and from the runs
//! that the project keeps: the ledger knows nothing of a run that was refused before it changed anything.

mod csv;
mod page;
mod population;
mod run_files;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use oneroof_model::nearest;
use oneroof_pg::ledger::{self as records};
use serde::Serialize;

pub use self::population::{Approval, AuditLine, AuditOutcome};
use crate::clock;
use crate::context::Context;
use crate::error::EngineError;
use crate::ledger;
use crate::store::{kept_rehearsal::KeptRehearsal, new_file};

/// What a role needs that reads the ledger.
const RIGHT: &str =
    "grant usage on schema oneroof to ROLE; grant select on oneroof.entry, oneroof.target to ROLE;";

/// The shape of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFormat {
    /// RFC 4180, for a spreadsheet.
    Csv,
    /// One document.
    Json,
    /// One self-contained page.
    Html,
}

impl AuditFormat {
    /// `csv`, `json`, `html`
    pub fn parse(word: &str) -> Option<AuditFormat> {
        match word {
            "csv" => Some(AuditFormat::Csv),
            "json" => Some(AuditFormat::Json),
            "html" => Some(AuditFormat::Html),
            _ => None,
        }
    }
}

/// What `audit` is asked.
#[derive(Debug, Clone, Default)]
pub struct AuditOptions {
    /// The first moment: a day (its beginning, UTC) or an RFC 3339 time.
    pub since: Option<String>,
    /// The last: a day (its end, UTC) or an RFC 3339 time.
    pub until: Option<String>,
}

/// All changes of a target in a period.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// Always 1.
    pub format: u32,
    /// The target, as it was named.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Number of the cluster.
    pub system_identifier: Option<String>,
    /// The first moment, UTC; none = from the beginning.
    pub since: Option<String>,
    /// Before this moment, UTC.
    pub until: String,
    /// When this was written, UTC.
    pub written_at: String,
    /// How complete it is.
    pub population: Population,
    /// One line a run, oldest first.
    pub lines: Vec<AuditLine>,
}

/// What the lines were taken from: an auditor counts again.
#[derive(Debug, Serialize)]
pub struct Population {
    /// Entries of the ledger in the period.
    pub ledger_entries: usize,
    /// Number of the first of them, and of the last.
    pub ledger_range: Option<(u64, u64)>,
    /// Is the ledger's chain of hashes whole, as far as it can be known from itself?
    pub ledger_whole: bool,
    /// The newest entry of the ledger: hold it against the one you kept.
    pub ledger_head: Option<String>,
    /// Files in `runs/` that are about this target and this period.
    pub run_files: usize,
    /// Files in `runs/` that cannot be read.
    pub run_files_unreadable: Vec<String>,
    /// Lines that only `runs/` knows of: refused, or failed before they changed anything.
    pub only_in_run_files: usize,
    /// Evidence that a line names and that this project does not have.
    pub evidence_missing: Vec<String>,
}

/// Reads the ledger of a target and the runs of the project.
///
/// # Errors
/// A period that cannot be read; a target without ledger; what the server says.
pub async fn audit(
    context: &Context,
    word: &str,
    options: &AuditOptions,
) -> Result<AuditReport, EngineError> {
    let since = match &options.since {
        Some(text) => Some(moment("--since", text, Edge::Begin)?),
        None => None,
    };
    let until = match &options.until {
        Some(text) => moment("--until", text, Edge::End)?,
        None => clock::instant(),
    };
    if since.is_some_and(|since| since >= until) {
        return Err(EngineError::input(
            "read the period: it ends before it begins",
            "--since is the first day, --until the last".to_owned(),
        ));
    }
    let open = ledger::open(context, word).await?;
    let entries = records::entries_in_short(&open.session, 0)
        .await
        .map_err(open.error("read the ledger of HERE", RIGHT))?;
    let chain = records::verify(&open.session, &[])
        .await
        .map_err(open.error("read the ledger of HERE", RIGHT))?;
    let (target, identity) = (open.name.clone(), open.identity.clone());
    open.close().await?;
    let files = run_files::read(&context.root, &target)?;
    let evidence = KeptRehearsal::all(context);
    let is_in = |at: DateTime<Utc>| since.is_none_or(|since| since <= at) && at < until;
    let lines = population::fold(&entries, &files.runs, &evidence, is_in);
    let in_period: Vec<u64> = entries
        .iter()
        .filter(|entry| is_in(entry.at))
        .map(|entry| entry.seq)
        .collect();
    let names: Vec<String> = evidence.iter().map(folder_name).collect();
    let mut evidence_missing: Vec<String> = lines
        .iter()
        .filter_map(|line| line.evidence.clone())
        .filter(|name| !names.contains(name))
        .collect();
    evidence_missing.sort();
    evidence_missing.dedup();
    let as_text = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    Ok(AuditReport {
        format: 1,
        target,
        database: identity.database_name,
        system_identifier: identity.system_identifier,
        since: since.map(as_text),
        until: as_text(until),
        written_at: clock::now(),
        population: Population {
            ledger_entries: in_period.len(),
            ledger_range: in_period.first().copied().zip(in_period.last().copied()),
            ledger_whole: chain.is_whole(),
            ledger_head: chain.head.map(|head| head.hash),
            run_files: files
                .runs
                .iter()
                .filter(|run| run.started_at.is_some_and(is_in))
                .count(),
            run_files_unreadable: files.unreadable,
            only_in_run_files: lines.iter().filter(|line| line.entries.is_none()).count(),
            evidence_missing,
        },
        lines,
    })
}

/// The report in one of its shapes.
///
/// # Errors
/// None that is known: JSON of our own types can always be written.
pub fn text(report: &AuditReport, format: AuditFormat) -> Result<String, EngineError> {
    match format {
        AuditFormat::Csv => Ok(csv::text(report)),
        AuditFormat::Html => Ok(page::page(report)),
        AuditFormat::Json => crate::store::evidence::pretty(report),
    }
}

/// Writes a new file; what is there is never overwritten.
///
/// # Errors
/// What the file system says.
pub fn write(path: &Path, text: &str) -> Result<PathBuf, EngineError> {
    new_file::write(path, text)?;
    Ok(path.to_owned())
}

fn folder_name(kept: &KeptRehearsal) -> String {
    let name = kept.folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Which end of a day is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    End,
}

fn moment(option: &str, text: &str, edge: Edge) -> Result<DateTime<Utc>, EngineError> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = match edge {
        Edge::Begin => day,
        Edge::End => day.and_then(|day| day.checked_add_days(Days::new(1))),
    };
    day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
        .ok_or_else(|| {
            let near = nearest(text, ["2026-01-31", "2026-01-31T12:00:00Z"]);
            EngineError::input(
                format!("read {option} `{text}`"),
                match near {
                    Some(near) => format!("write it like {near}"),
                    None => {
                        "a day is written 2026-01-31, a moment 2026-01-31T12:00:00Z; both are UTC"
                            .to_owned()
                    }
                },
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_read() {
        let read = |text: &str, edge: Edge| moment("--since", text, edge).map(|at| at.to_rfc3339());
        assert_eq!(
            read("2026-02-28", Edge::Begin).unwrap(),
            "2026-02-28T00:00:00+00:00"
        );
        assert_eq!(
            read("2026-02-28", Edge::End).unwrap(),
            "2026-03-01T00:00:00+00:00"
        );
        assert_eq!(
            read("2026-02-28T10:00:00+02:00", Edge::End).unwrap(),
            "2026-02-28T08:00:00+00:00"
        );
        for wrong in ["", "yesterday", "2026-02-30", "28.02.2026"] {
            let error = read(wrong, Edge::Begin).unwrap_err();
            assert!(error.hint().is_some(), "{wrong}");
        }
    }
}
