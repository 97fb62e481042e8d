//! `oneroof doctor`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use oneroof_engine::doctor::{self, DoctorReport, RolePosture};
use oneroof_model::posture::{Item, Level, RoleKind, Verdict};

use super::Session;
use crate::config::file::connection_of_flag;
use crate::env;
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::style::{BAD, CAREFUL, QUIET, STRONG, paint};

/// Single things shown of an item; `--json` has all of them.
const SHOWN_MAX: usize = 8;

/// Check that the roles of a target are as weak as their work allows
///
/// Looks at the read, clone and apply roles: what is required, recommended, or not available here; what is
/// wrong, why it matters, and the exact SQL that mends it. Changes nothing. Exits 4 if something required is
/// not so, unless `[targets.T.readonly] accept` names it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof doctor production\n  \
    oneroof doctor production --role read --all\n  \
    oneroof doctor production --sql read > read-role.sql\n  \
    oneroof doctor production --sql apply --dba \"service=shop user=postgres\"")]
pub(crate) struct DoctorArgs {
    /// Target of oneroof.toml, or `clone:ID`
    target: String,
    /// Look at this role only; may be repeated
    #[arg(long, value_name = "ROLE")]
    role: Vec<RoleArgument>,
    /// Show also what is right
    #[arg(long)]
    all: bool,
    /// Print the SQL that makes this role right, and nothing else
    #[arg(long, value_name = "ROLE", conflicts_with_all = ["role", "all"])]
    sql: Option<RoleArgument>,
    /// With --sql, ask the server over a DBA's connection, if no other can be opened yet
    #[arg(long, value_name = "CONNECTION", requires = "sql")]
    dba: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArgument {
    /// Probes, gate, pages, queries
    Read,
    /// Copies
    Clone,
    /// Runs tiers
    Apply,
}

impl From<RoleArgument> for RoleKind {
    fn from(role: RoleArgument) -> RoleKind {
        match role {
            RoleArgument::Read => RoleKind::Read,
            RoleArgument::Clone => RoleKind::Clone,
            RoleArgument::Apply => RoleKind::Apply,
        }
    }
}

pub(crate) async fn run(args: &DoctorArgs, session: &Session) -> anyhow::Result<Exit> {
    let dba = args
        .dba
        .as_deref()
        .map(|text| connection_of_flag("--dba", text, &env::libpq()))
        .transpose()?;
    let context = session.project()?.context(&session.printer);
    if let Some(role) = args.sql {
        let script = doctor::role_script(&context, &args.target, role.into(), dba.as_ref()).await?;
        session
            .printer
            .report(&script, |script| script.sql.clone())?;
        session
            .printer
            .talk("nothing was changed; a DBA reviews and runs this SQL");
        return Ok(Exit::Ok);
    }
    let kinds: Vec<RoleKind> = args.role.iter().copied().map(RoleKind::from).collect();
    let report = doctor::doctor(&context, &args.target, &kinds).await?;
    let error = failure(&report);
    session
        .printer
        .report_with_error(&report, error, |report| text(report, args.all))
}

fn failure(report: &DoctorReport) -> Option<ErrorReport> {
    let stopping = report
        .roles
        .iter()
        .flat_map(|role| &role.items)
        .filter(|item| item.stops());
    let reasons: Vec<String> = stopping
        .map(|item| format!("{} role: {}", item.role, item.name))
        .collect();
    let first = report
        .roles
        .iter()
        .find(|role| role.verdict == Verdict::Dangerous)?;
    let message = format!("a role of target `{}` is dangerous", report.target);
    let hint = format!(
        "a DBA runs the SQL behind `mend`; `oneroof doctor {} --sql {}` prints all of it for one role",
        report.target, first.role
    );
    Some(
        ErrorReport::failed(message)
            .with_reasons(reasons)
            .with_hint(hint),
    )
}

fn text(report: &DoctorReport, all: bool) -> String {
    let mut text = String::new();
    for role in &report.roles {
        role_text(&mut text, role, all);
    }
    for kind in &report.not_configured {
        let line = format!("{kind} role: target `{}` has none", report.target);
        let _ = writeln!(text, "{}", paint(QUIET, line));
    }
    text
}

fn role_text(text: &mut String, role: &RolePosture, all: bool) {
    let _ = writeln!(
        text,
        "{} {}: {}",
        paint(STRONG, format_args!("{} role", role.role)),
        role.server,
        verdict(role.verdict, false)
    );
    for note in &role.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    for item in &role.items {
        if all || item.verdict != Verdict::Ok {
            item_text(text, item);
        }
    }
    let fine = role
        .items
        .iter()
        .filter(|item| item.verdict == Verdict::Ok)
        .count();
    let _ = writeln!(text, "  {fine} of {} items are ok\n", role.items.len());
}

fn item_text(text: &mut String, item: &Item) {
    let level = match item.level {
        Level::Required => "required",
        Level::Recommended => "recommended",
        Level::NotAvailable => "not available here",
    };
    let _ = writeln!(
        text,
        "  {} {} ({level})",
        verdict(item.verdict, item.accepted),
        paint(STRONG, item.name)
    );
    lines(text, "wrong", &item.wrong);
    if item.verdict != Verdict::Ok {
        let _ = writeln!(text, "      why: {}", item.why);
    }
    lines(text, "mend", &item.mend);
    if let Some(instead) = &item.instead {
        let _ = writeln!(text, "      instead: {instead}");
    }
}

fn lines(text: &mut String, name: &str, values: &[String]) {
    for value in values.iter().take(SHOWN_MAX) {
        let _ = writeln!(text, "      {name}: {value}");
    }
    if values.len() > SHOWN_MAX {
        let left = values.len() - SHOWN_MAX;
        let _ = writeln!(text, "      {name}: … and {left} more (--json has all)");
    }
}

fn verdict(verdict: Verdict, accepted: bool) -> String {
    match verdict {
        Verdict::Ok => "ok".to_owned(),
        Verdict::Warning => paint(CAREFUL, "warning"),
        Verdict::Dangerous if accepted => paint(CAREFUL, "accepted"),
        Verdict::Dangerous => paint(BAD, "DANGEROUS"),
    }
}
