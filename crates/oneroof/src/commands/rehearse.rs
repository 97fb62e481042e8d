//! `oneroof rehearse`.

mod junit;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use oneroof_engine::migrations::{Direction, for_target};
use oneroof_engine::rehearse::compare::{Compared, Comparison};
use oneroof_engine::rehearse::from_golden::starting_point;
use oneroof_engine::rehearse::report::{RehearsalReport, Verdict};
use oneroof_engine::rehearse::workload::WorkloadRequest;
use oneroof_engine::rehearse::{self, RehearseOptions};
use oneroof_model::options::FullRelease;

use super::Session;
use super::arguments::{MigrationsOptions, PackageArgument, ParamsOption};
use super::clone_create::{CopyArguments, masks_text, scope};
use crate::config::project;
use crate::exit::Exit;
use crate::ui::error::ErrorReport;
use crate::ui::record;
use crate::ui::style::{BAD, CAREFUL, GOOD, STRONG, paint};
use crate::ui::table::Table;
use crate::ui::time;

/// Rehearse a package on a fresh clone of a target
///
/// Copies the target into a private server, applies every tier as the target's apply role, checks
/// the invariants, applies again (which must be refused), rolls everything back and proves that
/// the baseline is back. The target is only read, and the record says how that is known. Ends with
/// evidence in evidence/. Exits 4 if a step failed.
///
/// A bare folder of migrations of another tool (`oneroof package import --help` lists them) is taken
/// for what it is: those that the target has not had yet, by the tool's own records there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof rehearse one-roof --from production\n  \
    oneroof rehearse packages/my-change --from production --through T2 --keep\n  \
    oneroof rehearse one-roof --from production --tiers structure,responsibility\n  \
    oneroof rehearse ./db/migrations --from production\n  \
    oneroof rehearse one-roof --from golden\n  \
    oneroof rehearse one-roof --from production --compare golden\n  \
    oneroof rehearse one-roof --from production --workload orders.pgbench --workload-clients 8\n  \
    oneroof rehearse one-roof --from production --json | jq '.tiers[].metrics'")]
pub(crate) struct RehearseArgs {
    #[command(flatten)]
    package: PackageArgument,
    /// Target to clone, or its golden clone (`golden`, `golden:ID`): a copy of that, in about a second, as
    /// old as its rows are; the target is probed and compared all the same
    #[arg(long, value_name = "TARGET")]
    from: String,
    /// Stop after this tier (its id or label)
    #[arg(long, value_name = "TIER")]
    through: Option<String>,
    /// Only these tiers, the first ones of the release, comma-separated: what if only this part is
    /// deployed? Ends with whether the full release would still be admitted
    #[arg(
        long,
        value_name = "TIERS",
        value_delimiter = ',',
        conflicts_with = "through"
    )]
    tiers: Vec<String>,
    /// Leave the clone with the release applied, and print how to connect to it
    #[arg(long)]
    keep: bool,
    /// Leave the clone as it is if something fails
    #[arg(long)]
    keep_on_failure: bool,
    /// Show each figure beside that of an earlier rehearsal (the folder of its evidence) or of the
    /// golden clone (`golden`, `golden:ID`), with the reason why it may differ
    #[arg(long, value_name = "EVIDENCE|golden")]
    compare: Option<String>,
    /// Apply the tiers once more, on a copy of the clone, while pgbench repeats this script there, and
    /// report the longest stall that it suffered
    #[arg(long, value_name = "FILE")]
    workload: Option<PathBuf>,
    /// Clients that repeat the workload
    #[arg(long, value_name = "N", default_value_t = 2, requires = "workload",
        value_parser = clap::value_parser!(u32).range(1..=256))]
    workload_clients: u32,
    /// Who proposes the release, as the policy knows them: nobody approves their own [default: the login name]
    #[arg(long, value_name = "NAME")]
    proposer: Option<String>,
    #[command(flatten)]
    copy: CopyArguments,
    /// Copy the rows of those tables alone that a package can read: `package` (this one), `package:PKG`.
    /// A table that is needed after all fails the rehearsal by its name; the gate takes such evidence only
    /// if the policy says so
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    scope: String,
    /// Write the steps as JUnit too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    params: ParamsOption,
    #[command(flatten)]
    migrations: MigrationsOptions,
}

pub(crate) async fn run(args: &RehearseArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session.context_and_package(&args.package)?;
    let copy = args.copy.options();
    let start = starting_point(&context, &args.from, copy.strategy)?;
    let (package, said) = for_target(
        &context,
        package,
        &start.target,
        Direction::Forward,
        args.migrations.tool(),
        &args.migrations.plan(),
    )
    .await?;
    if let Some(said) = said {
        session.printer.talk(&said);
    }
    let options = RehearseOptions {
        through: args.through.clone(),
        tiers: args.tiers.clone(),
        keep: args.keep,
        keep_on_failure: args.keep_on_failure,
        compare: args.compare.clone(),
        workload: args.workload.clone().map(|file| WorkloadRequest {
            file,
            clients: args.workload_clients,
        }),
        proposer: args.proposer.clone(),
        copy,
        scope: scope(&args.scope, Some(&package), session)?,
        golden: start.golden,
        params: args.params.params.clone(),
        ..RehearseOptions::default()
    };
    let report = rehearse::rehearse(&context, &package, &start.target, &options).await?;
    if let Some(path) = &args.junit {
        std::fs::write(path, junit::text(&report))
            .with_context(|| format!("write `{}`", path.display()))?;
    }
    let error = report.failure.as_ref().map(ErrorReport::of_rehearsal);
    session
        .printer
        .report_with_error(&report, error, |report| text(report, &context.root))
}

/// The record for people; `root` is the folder of the project.
pub(crate) fn text(report: &RehearsalReport, root: &Path) -> String {
    let mut text = String::new();
    for marker in &report.markers {
        let _ = writeln!(text, "{marker}");
    }
    if !report.tiers.is_empty() {
        let _ = writeln!(text, "{}", record::tiers(&report.tiers));
        let locks = report.tiers.iter().map(|tier| {
            let name = record::name(tier.label.as_deref(), &tier.tier);
            (name, tier.locks.as_deref().unwrap_or_default())
        });
        if let Some(locks) = record::locks(locks) {
            let _ = writeln!(text, "locks on objects that existed before:\n{locks}");
        }
        if let Some(workload) = &report.workload {
            let _ = writeln!(text, "{}", record::workload(workload));
        }
        let before = report
            .probes
            .get("clone")
            .or_else(|| report.probes.get("entry"));
        if let Some(table) = before.and_then(|before| record::moved_metrics(before, &report.tiers))
        {
            let _ = writeln!(text, "{table}");
        }
    }
    text.push_str(&record::figures(&report.verify_table));
    if let Some(comparison) = &report.comparison {
        text.push_str(&comparison_text(comparison));
    }
    if let Some(refused) = &report.second_apply {
        let _ = writeln!(
            text,
            "second apply: exit {}, {}",
            refused.exit, refused.refusal.message
        );
    }
    if let Some(full) = &report.full_release {
        let says = match full {
            FullRelease::Admitted => "admitted".to_owned(),
            FullRelease::Live => "live".to_owned(),
            FullRelease::Refused(says) => format!("refused: {says}"),
        };
        let _ = writeln!(text, "the full release after this cut: {says}");
    }
    if let Some(clone) = &report.clone {
        if let Some(note) = &clone.apply_role_note {
            let _ = writeln!(text, "tiers ran as {}: {note}", clone.apply_role);
        }
        let masks = masks_text(&clone.masks);
        if !masks.is_empty() {
            let _ = writeln!(text, "{}", masks.trim_start());
        }
        for difference in &clone.differences {
            let _ = writeln!(text, "the clone differs: {difference}");
        }
    }
    if let Some(baseline) = &report.baseline {
        let verdict = if baseline.differences.is_empty() {
            format!(
                "baseline is back: {} objects and the rows of {} tables",
                baseline.objects, baseline.tables
            )
        } else {
            format!("baseline is NOT back: {}", baseline.differences.join("; "))
        };
        let _ = writeln!(text, "{verdict}");
    }
    for growth in &report.volatile_growth {
        let _ = writeln!(
            text,
            "grew by daily work: {} from {} to {}",
            growth.metric, growth.entry, growth.exit
        );
    }
    if let Some(isolation) = &report.isolation {
        let _ = writeln!(text, "{}", isolation.sentence);
    }
    for remark in &report.remarks {
        text.push_str(&super::package::remark(remark));
    }
    if !report.not_covered.is_empty() {
        let _ = writeln!(text, "{}", paint(STRONG, "not covered:"));
        for missing in &report.not_covered {
            let _ = writeln!(
                text,
                "  step {:>2}, {}: {}",
                missing.step, missing.title, missing.why
            );
        }
    }
    if let Some(clone) = &report.clone
        && let Some(connection) = &clone.connection
    {
        let _ = writeln!(
            text,
            "the clone is kept as `clone:{}`:\n{}",
            clone.id,
            record::connection(connection)
        );
    }
    if let Some(evidence) = &report.evidence {
        let _ = writeln!(
            text,
            "evidence: {0}/report.md (report.html, runbook-operator.md, runbook-approver.md)",
            project::shown(&root.join(evidence))
        );
    }
    if let Some(signature) = &report.signature {
        let _ = match signature.signed {
            true => writeln!(text, "signed with key {}", signature.detail),
            false => writeln!(
                text,
                "{} {}; later: oneroof evidence sign FOLDER",
                paint(CAREFUL, "the evidence is not signed:"),
                signature.detail
            ),
        };
    }
    let verdict = match report.verdict {
        Verdict::Passed => paint(GOOD, "REHEARSAL PASSED"),
        Verdict::Failed => paint(BAD, "REHEARSAL FAILED"),
    };
    let took = time::milliseconds(report.duration_ms);
    let _ = writeln!(
        text,
        "{verdict}: {} on a clone of `{}`, {took}",
        report.package, report.source.target
    );
    text
}

/// The figures that differ; those that are equal are counted.
fn comparison_text(comparison: &Comparison) -> String {
    let mut text = format!("compared with {}:\n", comparison.with);
    let differing = comparison
        .figures
        .iter()
        .filter(|figure| figure.outcome != Compared::Equal);
    let mut table = Table::new(["figure", "there", "here", "asserted", "why it may differ"]);
    for figure in differing {
        let shown = |value: &Option<oneroof_model::Value>| {
            value
                .as_ref()
                .map_or_else(|| "(absent)".to_owned(), ToString::to_string)
        };
        let asserted = if figure.asserted.is_empty() {
            "no".to_owned()
        } else {
            figure.asserted.join(", ")
        };
        table.row([
            figure.metric.as_str(),
            &shown(&figure.there),
            &shown(&figure.here),
            &asserted,
            figure.why.as_deref().unwrap_or("UNEXPLAINED"),
        ]);
    }
    if comparison.unexplained + comparison.explained > 0 {
        let _ = writeln!(text, "{}", table.text());
    }
    let _ = writeln!(
        text,
        "{} unexplained, {} explained, {} equal; a difference is no failure by itself",
        comparison.unexplained, comparison.explained, comparison.equal
    );
    text
}
