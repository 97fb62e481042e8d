//! `oneroof hub`: documents of the project.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use oneroof_engine::hub::{
    self, Document, DocumentSeen, HitRange, Hub, ListOptions, Published, SearchReport,
};

use super::Session;
use crate::exit::Exit;
use crate::ui::style::{QUIET, STRONG, paint};
use crate::ui::table::Table;

/// Publish, list, read and search the documents of the project: reports, runbooks, decisions
///
/// Documents are Markdown, SQL or text files below `hub/`, made for Git. `oneroof serve` shows them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof hub publish decisions/0007.md --to knowledge/decisions/0007.md --tag decision\n  \
    oneroof hub publish --evidence 20261121T212129Z-one-roof-01a1fffc565adedc\n  \
    oneroof hub search \"second apply\" tag:one-roof")]
pub(crate) struct HubArgs {
    #[command(subcommand)]
    command: HubCommand,
}

#[derive(Debug, Subcommand)]
enum HubCommand {
    Publish(PublishArgs),
    List(ListArgs),
    Get(GetArgs),
    Search(SearchArgs),
}

/// Publish a document: written, read back, and found by list and search, or it failed
///
/// The path is the key: publishing there again makes the next revision, unless nothing changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof hub publish runbook.md --to knowledge/runbooks/restore.md --tag runbook\n  \
    oneroof hub publish --package one-roof")]
struct PublishArgs {
    /// The file
    #[arg(value_name = "FILE", required_unless_present_any = ["evidence", "package"])]
    file: Option<PathBuf>,
    /// The report and the runbooks of this evidence instead
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "to", "title", "tag"])]
    evidence: Option<String>,
    /// The SQL files of this package instead
    #[arg(long, value_name = "PACKAGE", conflicts_with_all = ["file", "to", "title", "tag", "evidence"])]
    package: Option<String>,
    /// Path of the document [default: knowledge/ and the name of the file]
    #[arg(long, value_name = "PATH")]
    to: Option<String>,
    /// Its title [default: the first heading]
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    /// A tag; more than one may be given [default: those that it has]
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
}

/// List the documents by their paths
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof hub list --prefix knowledge/dev/ --tag one-roof")]
struct ListArgs {
    /// Only those whose path begins so
    #[arg(long, value_name = "PATH")]
    prefix: Option<String>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// Print a document
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oneroof hub get KB-1A2B")]
struct GetArgs {
    /// Its path, or its display id
    #[arg(value_name = "DOCUMENT")]
    document: String,
}

/// Find documents: words (the last may be a beginning), "phrases", tag:, id: and path:
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof hub search rehearsal rollback\n  \
    oneroof hub search tag:one-roof path:sql/")]
struct SearchArgs {
    /// What to find
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Documents at most
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
}

pub(crate) fn run(args: &HubArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let hub = Hub::of(&context);
    let printer = &session.printer;
    match &args.command {
        HubCommand::Publish(args) => {
            let publications = match (&args.evidence, &args.package, &args.file) {
                (Some(name), _, _) => hub::of_evidence(&context, name)?,
                (None, Some(package), _) => hub::of_package(&context, package)?,
                (None, None, Some(file)) => {
                    let mut publication = hub::of_file(file, args.to.as_deref())?;
                    publication.title.clone_from(&args.title);
                    publication.tags = (!args.tag.is_empty()).then(|| args.tag.clone());
                    vec![publication]
                }
                (None, None, None) => Vec::new(),
            };
            printer.report(&hub.publish(&publications)?, |published| {
                published_text(published)
            })?;
        }
        HubCommand::List(args) => {
            let options = ListOptions {
                prefix: args.prefix.clone(),
                tag: args.tag.clone(),
            };
            printer.report(&hub.list(&options)?, |documents| list_text(documents))?;
        }
        HubCommand::Get(args) => printer.report(&hub.get(&args.document)?, document_text)?,
        HubCommand::Search(args) => {
            let query = quoted(&args.words);
            let range = HitRange {
                skip: 0,
                take: usize::from(args.limit),
            };
            let found = hub.search(&query, range)?;
            printer.report(&found, search_text)?;
        }
    }
    Ok(Exit::Ok)
}

/// What the shell took for one word is one phrase.
fn quoted(words: &[String]) -> String {
    let words = words.iter().map(|word| match word.contains(' ') {
        true if !word.contains('"') => format!("\"{word}\""),
        _ => word.clone(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn published_text(published: &[Published]) -> String {
    let mut text = String::new();
    for one in published {
        let what = match (one.unchanged, one.revision) {
            (true, _) => "unchanged".to_owned(),
            (false, revision) => format!("published, revision {revision}"),
        };
        let _ = writeln!(text, "{} {} {what}", one.id, one.path);
    }
    text
}

fn list_text(documents: &[DocumentSeen]) -> String {
    if documents.is_empty() {
        return "no documents".to_owned();
    }
    let mut table = Table::new(["id", "path", "title", "revision", "tags", "minutes"]);
    for one in documents {
        table.row([
            one.id.as_str(),
            &one.path,
            &one.title,
            &one.revision.to_string(),
            &one.tags.join(", "),
            &one.reading_minutes.to_string(),
        ]);
    }
    table.text()
}

fn document_text(document: &Document) -> String {
    document.text.clone()
}

fn search_text(found: &SearchReport) -> String {
    if found.hits.is_empty() {
        return format!("none of {} documents fits", found.documents);
    }
    let mut text = String::new();
    if found.hits_in_all > found.hits.len() {
        let _ = writeln!(
            text,
            "the best {} of {} that fit",
            found.hits.len(),
            found.hits_in_all
        );
    }
    for hit in &found.hits {
        let one = &hit.document;
        let _ = writeln!(
            text,
            "{} {}\n  {}\n  {}",
            one.id,
            paint(STRONG, &one.title),
            one.path,
            paint(
                QUIET,
                hit.excerpt.split_whitespace().collect::<Vec<_>>().join(" ")
            )
        );
    }
    text
}
