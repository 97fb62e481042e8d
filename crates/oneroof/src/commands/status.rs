//! `oneroof status`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::status::{self, ReleaseStatus, StatusReport, StatusWord};

use super::Session;
use crate::exit::Exit;
use crate::ui::style::{BAD, CAREFUL, GOOD, STRONG, paint};

/// Say where each release stands on each target
///
/// One word (DRIFTED, LIVE, BLOCKED, CLONE-PROVEN, PACKAGED) and three lines: where it stands, what is next, whose turn
/// it is. Everything is read again, and nothing is written. What was proven on a clone is never shown as live.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof status\n  \
    oneroof status one-roof --target production\n  \
    oneroof status --json | jq -r '.targets[].releases[] | [.package, .word] | @tsv'\n  \
    oneroof status one-roof --target production --json | jq -e '.targets[0].releases[0].contract.release_live'")]
pub(crate) struct StatusArgs {
    /// Packages: folders, or names [default: those of the project, and those that the target or a rehearsal knows]
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Target of oneroof.toml, or clone:ID; may be repeated [default: all of oneroof.toml]
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
}

pub(crate) async fn run(args: &StatusArgs, session: &Session) -> anyhow::Result<Exit> {
    let context = session.project()?.context(&session.printer);
    let report = status::status(&context, &args.target, &args.packages).await?;
    session.printer.report(&report, text)?;
    let unasked = report.targets.iter().any(|target| target.problem.is_some());
    Ok(if unasked { Exit::Error } else { Exit::Ok })
}

fn text(report: &StatusReport) -> String {
    let mut text = String::new();
    for target in &report.targets {
        let class = target.class.map_or_else(
            || "not asked".to_owned(),
            |class| class.to_string().to_uppercase(),
        );
        let head = format!(
            "{} ({class}, database {})",
            target.target,
            target.database.as_deref().unwrap_or("?")
        );
        let _ = writeln!(text, "{}", paint(STRONG, &head));
        if let Some(problem) = &target.problem {
            let _ = writeln!(text, "  {}", paint(BAD, problem));
        } else if target.releases.is_empty() {
            text.push_str("  no package is known here; `oneroof package new` makes one\n");
        }
        for release in &target.releases {
            text.push_str(&one(release));
        }
        text.push('\n');
    }
    text
}

fn one(release: &ReleaseStatus) -> String {
    let style = match release.word {
        StatusWord::Drifted | StatusWord::Blocked => BAD,
        StatusWord::Live => GOOD,
        StatusWord::CloneProven | StatusWord::Packaged => CAREFUL,
    };
    let mut text = format!(
        "\n  {} {}\n",
        paint(style, release.word.as_str()),
        release.package
    );
    let _ = writeln!(text, "    where  {}", release.where_it_stands);
    let _ = writeln!(text, "    next   {}", release.next);
    let _ = writeln!(text, "    turn   {}", release.whose_turn);
    for blocker in &release.blockers {
        let _ = writeln!(
            text,
            "    blocker {}: {} ({}: {})",
            blocker.code, blocker.message, blocker.who, blocker.how
        );
    }
    let contract: Vec<String> = release
        .contract
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let _ = writeln!(text, "    contract {}", contract.join(" "));
    if !release.interfaces.is_empty() {
        let _ = writeln!(
            text,
            "    may be read now: {}",
            release.interfaces.join(", ")
        );
    }
    text
}
