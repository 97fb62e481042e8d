//! `clone golden`: a kept clone becomes the project's reference. Nobody can connect to it any more.

use std::path::PathBuf;

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::clone::{CopiedRows, RowsOf, close_clone, read_rows};
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::run::RunSettings;
use oneroof_sql::StatementKind;
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::execute::statements::Script;
use crate::kept::{self, KeptClone, Seen};
use crate::rehearse::clone::{COMPARED_BYTES_MAX, clone_error};
use crate::{open, run_id};

/// What `clone golden` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct GoldenOptions {
    /// SQL that is run on the clone first, in one transaction.
    pub file: Option<PathBuf>,
    /// Schema that is first in its search path.
    pub schema: Option<String>,
}

/// The golden clone.
#[derive(Debug, Serialize)]
pub struct GoldenReport {
    /// Its id.
    pub id: String,
    /// As a target: `clone:<id>`.
    pub target: String,
    /// `golden`
    pub class: TargetClass,
    /// Its database.
    pub database: String,
    /// The target that it was made from.
    pub source: String,
    /// The file that was run, and how many statements it has.
    pub file: Option<String>,
    /// Statements run.
    pub statements: usize,
    /// Always false: it allows none.
    pub accepts_connections: bool,
}

/// The rows that copies of a golden clone must have.
#[derive(Debug, Clone)]
pub(crate) enum GoldenRows {
    /// Known already: what the source sent.
    Sent(CopiedRows),
    /// Read in the clone, where nobody else is any more.
    Read(RowsOf),
}

/// Makes the kept clone golden.
///
/// # Errors
/// Refused if it is no kept clone, is golden already, or somebody is connected. If the file fails, nothing
/// is changed.
pub async fn golden(
    context: &Context,
    word: &str,
    options: &GoldenOptions,
) -> Result<GoldenReport, EngineError> {
    make_golden(context, word, options, GoldenRows::Read(RowsOf::Golden)).await
}

/// The same, of a clone that was made just now.
pub(crate) async fn make_golden(
    context: &Context,
    word: &str,
    options: &GoldenOptions,
    rows: GoldenRows,
) -> Result<GoldenReport, EngineError> {
    let script = match &options.file {
        Some(file) => Some(read_script(file)?),
        None => None,
    };
    let kept = kept::find(context, word)?;
    if kept.entry.class == TargetClass::Golden {
        return Err(Refusal::new(
            RefusalCode::GoldenIsKept,
            format!("clone `{}` is golden already", kept.entry.id),
        )
        .hint("a golden clone stays as it is; `oneroof clone list` shows the others")
        .into());
    }
    if kept.entry.maker.is_some() {
        return Err(Refusal::new(
            RefusalCode::NotAClone,
            format!(
                "clone `{}` is the copy of a running verb, which drops it",
                kept.entry.id
            ),
        )
        .hint("`oneroof clone list` shows the kept clones")
        .into());
    }
    let run_id = run_id::new();
    let mut seen = kept.look("golden", &run_id).await?;
    // Killed between mark and registry the last time: what is left to do is the registry.
    let begun = kept.entry.with_class(TargetClass::Golden);
    if seen.state.mark.as_deref() == Some(begun.mark().as_str()) {
        oneroof_pg::catalog::write_mark(&seen.admin, &kept.entry.database, &kept.entry.mark())
            .await
            .map_err(EngineError::database("mark the clone"))?;
        seen.state.mark = Some(kept.entry.mark());
    }
    kept.require_mark(&seen.state)?;
    in_use(&kept, &seen.state.sessions)?;
    let work = Work {
        script: script.as_ref().map(|script| (script, options)),
        rows,
        run_id: &run_id,
    };
    let done = close(context, &kept, &seen, work).await;
    seen.admin.close().await;
    done?;
    Ok(GoldenReport {
        target: kept.name(),
        class: TargetClass::Golden,
        source: kept.entry.source.clone(),
        file: options.file.as_ref().map(|file| file.display().to_string()),
        statements: script.map_or(0, |script| script.statements.len()),
        accepts_connections: false,
        database: kept.entry.database,
        id: kept.entry.id,
    })
}

/// What is done in the clone while nobody else can come in.
struct Work<'a> {
    script: Option<(&'a Script, &'a GoldenOptions)>,
    rows: GoldenRows,
    run_id: &'a str,
}

impl Work<'_> {
    /// Runs the script, then tallies the rows.
    async fn done(
        &self,
        context: &Context,
        kept: &KeptClone,
        session: &Session,
    ) -> Result<CopiedRows, EngineError> {
        if let Some((script, options)) = self.script {
            run(context, session, script, options.schema.as_deref()).await?;
        }
        match &self.rows {
            GoldenRows::Sent(rows) => Ok(rows.clone()),
            GoldenRows::Read(of) => {
                read_rows(session, &kept.entry.left_out, COMPARED_BYTES_MAX, *of)
                    .await
                    .map_err(clone_error)
            }
        }
    }
}

/// Does the work while nobody else can come in, then writes mark and registry.
async fn close(
    context: &Context,
    kept: &KeptClone,
    seen: &Seen,
    work: Work<'_>,
) -> Result<(), EngineError> {
    let admin = &seen.admin;
    // Left closed by a run that was killed: it is ours, so it may be opened.
    if !seen.state.accepts_connections {
        oneroof_pg::catalog::open_database(admin, &kept.entry.database, true)
            .await
            .map_err(EngineError::database("open the clone"))?;
    }
    let superuser = kept
        .server
        .conninfo(&kept.entry.database, &kept.server.superuser);
    let session = connect(
        &superuser,
        &SessionOptions::read_write(format!("oneroof/golden/{}", work.run_id)),
    )
    .await
    .map_err(EngineError::database("open the clone as its superuser"))?;
    let own_pids = [session.backend_pid()];
    let closed = close_clone(admin, &kept.entry, &kept.server, &own_pids)
        .await
        .map_err(clone_error)?;
    let done = work.done(context, kept, &session).await;
    session.close().await;
    let rows = match done {
        Ok(rows) => rows,
        Err(error) => {
            closed.open(admin).await.map_err(clone_error)?;
            return Err(error);
        }
    };
    let clones = open::clones(&context.root);
    clones
        .keep_rows(&kept.entry.id, &rows)
        .map_err(|error| EngineError::other(error.to_string()))?;
    closed
        .become_golden(admin, &clones)
        .await
        .map_err(clone_error)?;
    Ok(())
}

async fn run(
    context: &Context,
    session: &Session,
    script: &Script,
    schema: Option<&str>,
) -> Result<(), EngineError> {
    crate::execute::release::begin(session, "begin").await?;
    let settings = RunSettings {
        schema: schema.map(str::to_owned),
        ..RunSettings::default()
    };
    settings
        .apply(session)
        .await
        .map_err(EngineError::database("set the transaction's settings"))?;
    script
        .run(context, session, None)
        .await
        .map_err(|error| error.into_engine_error(None))?;
    session
        .simple("commit")
        .await
        .map_err(EngineError::database(format!("commit {}", script.file)))?;
    Ok(())
}

fn read_script(file: &PathBuf) -> Result<Script, EngineError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        EngineError::input(
            format!("read `{name}`: {error}"),
            "--run names a file with SQL".to_owned(),
        )
    })?;
    let script = Script::parse(&name, &text)?;
    let ends = script.statements.iter().find(|statement| {
        statement.kind == StatementKind::TransactionControl || statement.refuses_transaction
    });
    if let Some(statement) = ends {
        return Err(EngineError::input(
            format!(
                "run {name}:{}: `{}` cannot be part of one transaction",
                statement.line,
                statement.kind.tag()
            ),
            "the file is run in one transaction, so that it happens as a whole or not at all"
                .to_owned(),
        ));
    }
    Ok(script)
}

/// Refuses a clone that somebody is connected to.
pub(crate) fn in_use(kept: &KeptClone, sessions: &[String]) -> Result<(), EngineError> {
    if sessions.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::CloneInUse,
        format!(
            "others are connected to clone `{}`: {}",
            kept.entry.id,
            sessions.join(", ")
        ),
    )
    .reasons(sessions.to_vec())
    .hint("end these sessions, then try again")
    .into())
}
