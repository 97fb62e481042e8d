//! `oneroof demo`.

use std::fmt::Write as _;
use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use oneroof_engine::demo::clean::CleanReport;
use oneroof_engine::demo::{self, DemoOptions, DemoReport};
use oneroof_engine::fixture::FixtureSize;
use oneroof_engine::rehearse::report::Verdict;
use oneroof_web::{DoorOptions, ListenOptions, SiteOptions};

use super::{Session, rehearse, serve};
use crate::config::project::{self, Project};
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, GOOD, STRONG, paint};
use crate::ui::table::Table;
use crate::ui::{progress, record};

/// See the whole story on an embedded PostgreSQL
///
/// Builds the reference production in a private server, rehearses the One-Roof release on a fresh
/// clone of it, and compares what was seen with the figures that must come out. Needs nothing but
/// PostgreSQL's programs, changes nothing outside `.oneroof/` of the current folder, and stops its
/// servers. Exits 4 if a step failed or a figure did not come out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof demo\n  \
    oneroof demo --size full --keep\n  \
    oneroof demo --json | jq .figures.missed\n  \
    oneroof demo --serve\n  \
    oneroof demo --clean")]
pub(crate) struct DemoArgs {
    /// How large the reference production is: some thousand rows, or more than a million
    #[arg(long, value_name = "SIZE", default_value = "small")]
    size: Size,
    /// Leave the production, and a clone with the release applied, and print how to connect
    #[arg(long)]
    keep: bool,
    /// Keep it, and show it in a browser: a finished rehearsal, a closed gate, drift to look at
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:7400")]
    serve: Option<SocketAddr>,
    /// Stop and remove every kept demo of this folder instead, its evidence included
    #[arg(long, conflicts_with_all = ["size", "keep", "serve"])]
    clean: bool,
}

/// Statements of the console of `--serve` at one time.
const CONSOLE_SLOTS: usize = 4;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Size {
    Small,
    Full,
}

pub(crate) async fn run(args: &DemoArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = match Project::find(session.project.as_deref(), &session.printer)? {
        Some(project) => project.context(&session.printer),
        None => project::context_without_project(project::current_folder()?, &session.printer),
    };
    if args.clean {
        let report = demo::clean::clean(&context.root).await?;
        session.printer.report(&report, clean_text)?;
        return Ok(Exit::Ok);
    }
    let size = match args.size {
        Size::Small => FixtureSize::Small,
        Size::Full => FixtureSize::Full,
    };
    let doing = format!(
        "demo on an embedded PostgreSQL, {} reference production",
        size.as_str()
    );
    let busy = progress::busy(&session.printer, &doing);
    let report = demo::demo(
        &context,
        &DemoOptions {
            size,
            keep: args.keep || args.serve.is_some(),
        },
    )
    .await?;
    drop(busy);
    let error = (report.verdict != Verdict::Passed).then(|| error_of(&report));
    let exit = session.printer.report_with_error(&report, error, text)?;
    let Some(address) = args.serve else {
        return Ok(exit);
    };
    let project = Project::require(Some(&report.project), &session.printer)?;
    let site = SiteOptions {
        targets: Vec::new(),
        slots: CONSOLE_SLOTS,
    };
    let listen = ListenOptions {
        address,
        hosts: Vec::new(),
        tls: None,
        // Only this machine reaches it.
        door: DoorOptions {
            keyring: None,
            secure: false,
            behind_proxy: false,
        },
    };
    let context = project.context(&session.printer);
    serve::listen_until_dropped(context, &site, listen, session).await
}

fn clean_text(report: &CleanReport) -> String {
    let mut text = String::new();
    for folder in &report.removed {
        let _ = writeln!(text, "removed {}", folder.display());
    }
    let _ = writeln!(text, "servers stopped: {}", report.servers_stopped);
    text
}

fn error_of(report: &DemoReport) -> ErrorReport {
    match &report.rehearsal.failure {
        Some(failure) => ErrorReport::of_rehearsal(failure),
        None => ErrorReport::failed(format!(
            "{} of {} figures did not come out",
            report.figures.missed.len(),
            report.figures.total
        )),
    }
}

fn text(report: &DemoReport) -> String {
    let mut text = rehearse::text(&report.rehearsal, &report.project);
    let mut table = Table::new(["section", "after", "figure", "expected", "seen", ""]);
    for figure in &report.figures.checked {
        let expected = figure.expected.to_string();
        let seen = figure
            .seen
            .as_ref()
            .map_or_else(|| "-".to_owned(), ToString::to_string);
        let verdict = match (
            &figure.error,
            figure.seen.as_ref() == Some(&figure.expected),
        ) {
            (_, true) => "ok".to_owned(),
            (Some(error), false) => format!("MISSED: {error}"),
            (None, false) => "MISSED".to_owned(),
        };
        table.row([
            &figure.section,
            &figure.stage,
            &figure.id,
            &expected,
            &seen,
            &verdict,
        ]);
    }
    let _ = writeln!(
        text,
        "\n{}\n{}",
        paint(STRONG, "Figures of the reference"),
        table.text()
    );
    if let Some(production) = &report.production {
        let _ = writeln!(
            text,
            "the production is kept:\n{}",
            record::connection(&production.connection)
        );
        let _ = writeln!(
            text,
            "as its read role:\n{}",
            record::connection(&production.read)
        );
    }
    if let Some(clone) = &report.clone {
        let _ = writeln!(
            text,
            "a clone with the release applied is kept as `clone:{}`:\n{}",
            clone.id,
            record::connection(&clone.connection)
        );
    }
    let _ = writeln!(text, "project: {}", project::shown(&report.project));
    let style = if report.verdict == Verdict::Passed {
        GOOD
    } else {
        BAD
    };
    let count = format!(
        "FIGURES REPRODUCED: {} of {}",
        report.figures.reproduced, report.figures.total
    );
    let _ = writeln!(text, "{}", paint(style, count));
    text
}
