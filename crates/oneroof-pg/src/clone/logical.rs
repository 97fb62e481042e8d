//! The logical strategy in its first form: `pg_dump -Fc` piped into `pg_restore --exit-on-error`.

use super::make::{CloneError, CloneOptions, database, run};
use crate::catalog::Extension;
use crate::connect::Session;
use crate::conninfo::ConnInfo;
use crate::ephemeral::{ServerBinaries, find_client};
use crate::programs::{Program, ProgramCall, dump_into};

/// Copies everything: owners, grants, comments and large objects included; subscriptions and
/// tablespaces not. Gives the bytes of the dump.
pub(super) async fn copy(
    source: &ConnInfo,
    target: &ConnInfo,
    binaries: &ServerBinaries,
    options: &CloneOptions,
    progress: impl FnMut(u64),
) -> Result<u64, CloneError> {
    let application_name = format!("oneroof/clone/{}", options.run);
    let from = source.with_options("-c default_transaction_read_only=on");
    let dump = ProgramCall::new(client(Program::PgDump, binaries, options).await?)
        .args(["--format=custom", "--compress=0", "--no-password"])
        .args([
            "--no-subscriptions",
            "--no-tablespaces",
            "--lock-wait-timeout=5000",
        ])
        .environment(from.program_environment())
        .environment([("PGAPPNAME".to_owned(), application_name.clone())]);
    let restore = ProgramCall::new(client(Program::PgRestore, binaries, options).await?)
        .args(["--exit-on-error", "--no-password", "--no-tablespaces"])
        .arg(format!("--dbname=dbname={}", quoted(target.dbname())))
        .environment(target.program_environment())
        .environment([("PGAPPNAME".to_owned(), application_name)]);
    let outcome = dump_into(dump, restore, progress)
        .await
        .map_err(|error| CloneError::Copy {
            database: source.dbname().to_owned(),
            source: error,
        })?;
    Ok(outcome.bytes)
}

/// Installs an extension in the source's version where the private server would take another one.
/// The schema must be there already: those that the dump makes itself cannot be used.
pub(super) async fn install_extension(
    session: &Session,
    extension: &Extension,
) -> Result<(), CloneError> {
    let installing = || database("install an extension in the source's version");
    let rows = session
        .query(
            include_str!("create_extension.sql"),
            &[&extension.name, &extension.version, &extension.schema],
        )
        .await
        .map_err(installing())?;
    for row in rows {
        let statement: String = row
            .try_get("create_extension")
            .map_err(crate::error::PgError::from)
            .map_err(installing())?;
        run(
            session,
            &statement,
            "install an extension in the source's version",
        )
        .await?;
    }
    Ok(())
}

/// The client program beside the server binaries, or another one that fits: never older than the
/// source, and since 17 not newer, because its `set transaction_timeout` fails on older servers.
async fn client(
    program: Program,
    binaries: &ServerBinaries,
    options: &CloneOptions,
) -> Result<std::path::PathBuf, CloneError> {
    let beside = match program {
        Program::PgDump => binaries.pg_dump.clone(),
        _ => binaries.pg_restore.clone(),
    };
    if let Some(beside) = beside {
        return Ok(beside);
    }
    let (major, places) = (binaries.major, options.places.clone());
    let found =
        tokio::task::spawn_blocking(move || find_client(program, major, None, &places)).await;
    let refused = |detail: String| CloneError::Client { major, detail };
    let path = found
        .map_err(|error| refused(error.to_string()))?
        .map_err(|error| refused(error.to_string()))?;
    let answer = crate::programs::answer_of(&path, "--version").unwrap_or_default();
    let client_major: u32 = answer
        .split_whitespace()
        .find_map(|word| word.split('.').next()?.parse().ok())
        .unwrap_or(0);
    if client_major >= 17 && major < 17 {
        return Err(refused(format!(
            "`{}` is of major {client_major}, whose output servers before 17 refuse",
            path.display()
        )));
    }
    Ok(path)
}

/// A value in a `key=value` connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
