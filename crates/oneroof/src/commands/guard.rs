//! `oneroof guard check`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use oneroof_engine::guard::{Checker, GuardReport, Verdict};
use serde::{Deserialize, Serialize};

use super::Session;
use crate::exit::Exit;
use crate::ui::error::InputError;
use crate::ui::style::{BAD, GOOD, paint};

/// Ask whether the read-only channel would admit a statement
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    #[command(subcommand)]
    command: GuardCommand,
}

#[derive(Debug, Subcommand)]
enum GuardCommand {
    Check(CheckArgs),
}

/// Judge statements without executing anything
///
/// Says whether a statement only reads, as far as its text can tell; with `--target` also what it
/// reaches there (views, policies, domains, casts, names that shadow built-in ones), and what the
/// server says when it analyses it. A refusal names the rule, the place, the reason and what to do
/// instead; `oneroof explain RULE` has a page. Exits 0 if the statement is allowed, 3 if it is
/// refused; with `--jsonl`, 0 once every line is answered.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof guard check 'select count(*) from orders'\n  \
    oneroof guard check --target production < query.sql\n  \
    oneroof guard check --jsonl statements.jsonl --target production\n  \
    echo '{\"id\": 1, \"sql\": \"select now()\"}' | oneroof guard check --jsonl")]
struct CheckArgs {
    /// The statement; `-` or nothing: read it from stdin
    #[arg(value_name = "SQL", conflicts_with = "jsonl")]
    statement: Option<String>,
    /// Judge many: one JSON object a line with `id` and `sql`, from FILE or stdin; one object a
    /// line comes back with `id`, `verdict` (allow, reject), `rule`, `reason`
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    jsonl: Option<PathBuf>,
    /// Target of oneroof.toml, or `clone:ID`, whose catalog is asked too
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
}

/// One line of input. Members that we do not know are none of our business.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: serde_json::Value,
    sql: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: serde_json::Value,
    #[serde(flatten)]
    report: &'a GuardReport,
}

pub(crate) async fn run(args: &GuardArgs, session: &Session) -> anyhow::Result<Exit> {
    let GuardCommand::Check(args) = &args.command;
    let checker = match &args.target {
        None => Checker::of_text(),
        Some(target) => {
            let context = session.project()?.context(&session.printer);
            Checker::of_target(&context, target).await?
        }
    };
    let outcome = match &args.jsonl {
        Some(file) => lines(file, &checker, session).await,
        None => one(args.statement.as_deref(), &checker, session).await,
    };
    checker.close().await;
    outcome
}

async fn one(
    statement: Option<&str>,
    checker: &Checker,
    session: &Session,
) -> anyhow::Result<Exit> {
    let sql = match statement {
        Some(text) if text != "-" => text.as_bytes().to_vec(),
        _ => {
            let mut bytes = Vec::new();
            io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .context("read the statement from stdin")?;
            bytes
        }
    };
    let report = checker.check(&sql).await?;
    session.printer.report(&report, text)?;
    Ok(match report.verdict {
        Verdict::Allow => Exit::Ok,
        Verdict::Reject => Exit::Refused,
    })
}

async fn lines(file: &PathBuf, checker: &Checker, session: &Session) -> anyhow::Result<Exit> {
    let mut input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let opened = File::open(file).map_err(|error| {
            InputError::new(
                format!("read `{}`: {error}", file.display()),
                "name a file with one JSON object a line, or leave it out to read stdin",
            )
        })?;
        Box::new(BufReader::new(opened))
    };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let count = input
            .read_until(b'\n', &mut bytes)
            .context("read a line of statements")?;
        if count == 0 {
            return Ok(Exit::Ok);
        }
        let (id, report) = match parse(&bytes) {
            Ok(line) => (line.id, checker.check(line.sql.as_bytes()).await?),
            Err((id, reason)) => (id, GuardReport::unreadable_line(reason)),
        };
        let answer = Answer {
            id,
            report: &report,
        };
        session.printer.data(&serde_json::to_string(&answer)?)?;
    }
}

/// The line, or its id if that much can be read and why the rest cannot.
fn parse(bytes: &[u8]) -> Result<Line, (serde_json::Value, String)> {
    serde_json::from_slice::<Line>(bytes).map_err(|error| {
        let id = serde_json::from_slice::<serde_json::Value>(bytes)
            .ok()
            .and_then(|value| value.get("id").cloned())
            .unwrap_or_default();
        (
            id,
            format!("the line is no object with `id` and `sql`: {error}"),
        )
    })
}

fn text(report: &GuardReport) -> String {
    if report.verdict == Verdict::Allow {
        let mut text = paint(GOOD, "allowed");
        if report.rewritten {
            text.push_str(
                " (with schemas written out: an object here bears the name of a built-in one)",
            );
        }
        for (word, names) in [("reads", &report.relations), ("calls", &report.functions)] {
            if !names.is_empty() {
                text.push_str(&format!("\n  {word} {}", names.join(", ")));
            }
        }
        return text;
    }
    let mut text = format!(
        "{}: {}",
        paint(BAD, "refused"),
        report.reason.as_deref().unwrap_or_default()
    );
    for stored in &report.through {
        text.push_str(&format!(", in {stored}"));
    }
    if let Some(place) = report.place {
        text.push_str(&format!(" (line {}, column {})", place.line, place.column));
    }
    let rule = report.rule.unwrap_or_default();
    text.push_str(&format!(
        "\n  instead: {}\n  rule {rule}: oneroof explain {rule}",
        report.instead.as_deref().unwrap_or_default()
    ));
    text
}
