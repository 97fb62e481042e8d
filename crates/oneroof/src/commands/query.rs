//! `oneroof query`.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use oneroof_engine::error::EngineError;
use oneroof_engine::readonly::{Answer, Channel, ChannelOptions, Limits, QueryReport, Question};

use super::Session;
use crate::exit::Exit;
use crate::ui::error::{ErrorReport, InputError};
use crate::ui::rows;

/// Longest text that is read; the guard refuses much shorter ones.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// Read from a target with one statement that cannot change anything
///
/// One SELECT, VALUES, TABLE, WITH … SELECT, EXPLAIN or SHOW. It runs only if everything that it can reach is known to
/// be read-only: in a READ ONLY transaction that is always rolled back, at most 5 seconds, 500 rows and 4 MiB. What is
/// asked is kept in runs/queries.jsonl. Values are shown as PostgreSQL prints them, null as ∅. Exits 3 if it is
/// refused, 4 if the server says no.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof query 'select status, count(*) from orders group by 1' --target production\n  \
    oneroof query 'select * from orders where id = $1' --param 4711 --target production -x\n  \
    oneroof query --file report.sql --csv --target production > report.csv\n  \
    echo 'table customers' | oneroof query --jsonl --target production | jq .name")]
pub(crate) struct QueryArgs {
    /// The statement; `-` or nothing: read it from stdin
    #[arg(value_name = "SQL")]
    statement: Option<String>,
    /// Target of oneroof.toml; clones are not served
    #[arg(long, value_name = "TARGET")]
    target: String,
    /// Read the statement from a file
    #[arg(long, value_name = "FILE", conflicts_with = "statement")]
    file: Option<PathBuf>,
    /// Value of `$1`, then of `$2`, …; the server turns it into the type it infers
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    param: Vec<String>,
    /// Print CSV: null is nothing, an empty text is ""
    #[arg(long, conflicts_with_all = ["jsonl", "expanded"])]
    csv: bool,
    /// Print one JSON object a row
    #[arg(long, conflicts_with = "expanded")]
    jsonl: bool,
    /// Print one value a line
    #[arg(long, short = 'x')]
    expanded: bool,
}

pub(crate) async fn run(args: &QueryArgs, session: &Session) -> anyhow::Result<Exit> {
    let sql = statement(args)?;
    let context = session.project()?.context(&session.printer);
    let options = ChannelOptions {
        verb: "query",
        slots: 1,
        limits: Limits::default(),
    };
    let channel = Channel::open(&context, &args.target, options)?;
    let parameters: Vec<Option<String>> = args.param.iter().cloned().map(Some).collect();
    let question = Question {
        principal: &context.operator,
        sql: &sql,
        parameters: &parameters,
    };
    let answer = channel.query(&question).await;
    if !channel.close().await {
        session.printer.say(
            "warning: the server process of the statement still runs; it ignores its limits, a request to cancel and its termination",
        );
    }
    match answer {
        Ok(Answer::Rows(report)) => {
            print(args, session, &report)?;
            Ok(Exit::Ok)
        }
        Ok(Answer::Refused(refusal)) => {
            let text = String::from_utf8_lossy(&sql);
            Ok(ErrorReport::of_guard(&refusal, &text).print(&session.printer))
        }
        Err(error @ EngineError::Failed(_)) => Ok(ErrorReport::of(&error.into())
            .with_place_in_statement()
            .print(&session.printer)),
        Err(error) => Err(error.into()),
    }
}

fn statement(args: &QueryArgs) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match (&args.file, args.statement.as_deref()) {
        (Some(file), _) => {
            let opened = std::fs::File::open(file).map_err(|error| {
                InputError::new(
                    format!("read `{}`: {error}", file.display()),
                    "name a file with one statement",
                )
            })?;
            opened
                .take(TEXT_BYTES_MAX)
                .read_to_end(&mut bytes)
                .with_context(|| format!("read `{}`", file.display()))?;
        }
        (None, Some(text)) if text != "-" => bytes = text.as_bytes().to_vec(),
        _ => {
            std::io::stdin()
                .lock()
                .take(TEXT_BYTES_MAX)
                .read_to_end(&mut bytes)
                .context("read the statement from stdin")?;
        }
    }
    Ok(bytes)
}

fn print(args: &QueryArgs, session: &Session, report: &QueryReport) -> anyhow::Result<()> {
    let printer = &session.printer;
    if printer.is_json() {
        printer.json(report)?;
    } else if args.csv {
        printer.data(&rows::csv(report))?;
    } else if args.jsonl {
        printer.data(&rows::json_lines(report)?)?;
    } else if args.expanded {
        printer.data(&rows::expanded(report))?;
    } else {
        printer.data(&rows::table(report))?;
    }
    if let Some(what) = truncation(report) {
        // Who pipes the rows away must know that they are not all.
        printer.say(&what);
    } else {
        let count = report.rows.len();
        let word = if count == 1 { "row" } else { "rows" };
        printer.talk(&format!("{count} {word} in {} ms", report.ms));
    }
    Ok(())
}

fn truncation(report: &QueryReport) -> Option<String> {
    let by = report.truncated_by?;
    Some(match by {
        oneroof_engine::readonly::Truncated::Rows => format!(
            "truncated: there are more than these {} rows; ask for fewer, or for a sum of them",
            report.rows_max
        ),
        oneroof_engine::readonly::Truncated::Bytes => format!(
            "truncated after {} rows: the answer is larger than {} MiB; ask for fewer columns, or for a part of a large value: substr(…)",
            report.rows.len(),
            report.bytes_max / (1024 * 1024)
        ),
    })
}
