//! `oneroof fingerprint`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use oneroof_engine::fingerprint::{self, Fingerprint, FingerprintOptions};

use super::Session;
use crate::exit::Exit;
use crate::ui::table::Table;

/// Say what a database is, in one digest of its definition and, if asked, one of its data
///
/// Read-only, at one moment, and the two digests are never mixed. The definition needs no right on any
/// object. The data digest counts and hashes every row inside the server, through the `clone` connection
/// where there is one: on a production that reads each table once. With `--json`, the document that
/// `--out` writes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof fingerprint production\n  \
    oneroof fingerprint production --schema sales --data --out before.json\n  \
    oneroof fingerprint clone:1a2b3c4d --data --json\n\n\
    What is in each digest, and what is left out: docs/reference/digests.md")]
pub(crate) struct FingerprintArgs {
    /// Target of oneroof.toml, `clone:ID`, or `golden` (a copy of it is read)
    #[arg(value_name = "TARGET")]
    target: String,
    /// Only this schema; may be repeated
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<String>,
    /// Count and hash the rows too
    #[arg(long)]
    data: bool,
    /// Hash the order in which tables give their rows too, beside the digest
    #[arg(long, requires = "data")]
    order: bool,
    /// Write names and digests to this new file, which `oneroof diff` can read
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: &FingerprintArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let options = FingerprintOptions {
        schemas: args.schema.clone(),
        data: args.data,
        order: args.order,
    };
    let fingerprint = fingerprint::fingerprint(&context, &args.target, &options).await?;
    if let Some(file) = &args.out {
        fingerprint::write(file, &fingerprint)?;
        session.printer.talk(&format!("wrote {}", file.display()));
    }
    session.printer.report(&fingerprint, text)?;
    Ok(Exit::Ok)
}

fn text(fingerprint: &Fingerprint) -> String {
    let class = fingerprint
        .class
        .map_or("mark not valid".to_owned(), |class| class.to_string());
    let mut text = format!(
        "`{}`: database {}, {class}, PostgreSQL {}, at {}\n",
        fingerprint.target, fingerprint.database, fingerprint.server_version, fingerprint.taken_at
    );
    if !fingerprint.schemas.is_empty() {
        let _ = writeln!(text, "only schema {}", fingerprint.schemas.join(", "));
    }
    let mut kinds = Table::new(["kind", "facts"]);
    for (kind, facts) in &fingerprint.definition.kinds {
        kinds.row([kind.clone(), facts.to_string()]);
    }
    let _ = writeln!(text, "{}", kinds.text());
    if let Some(data) = &fingerprint.data {
        let mut tables = Table::new(["table", "rows"]);
        for table in &data.tables {
            tables.row([table.table.clone(), table.rows.to_string()]);
        }
        let _ = writeln!(text, "{}", tables.text());
    }
    let definition = &fingerprint.definition;
    let _ = writeln!(
        text,
        "definition {} ({} facts)",
        definition.digest,
        definition.objects.len()
    );
    let _ = match &fingerprint.data {
        Some(data) => writeln!(
            text,
            "data       {} ({} tables, {} rows)",
            data.digest,
            data.tables.len(),
            data.rows
        ),
        None => writeln!(text, "data       not read; --data reads it"),
    };
    text
}
