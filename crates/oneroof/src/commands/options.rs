//! `oneroof options`.

use std::fmt::Write as _;

use clap::Args;
use oneroof_engine::rehearse::options::{self, CutReport, OptionsReport};
use oneroof_model::options::FullRelease;

use super::Session;
use super::arguments::{PackageArgument, ParamsOption};
use crate::exit::Exit;
use crate::ui::style::{STRONG, paint};
use crate::ui::table::Table;
use crate::ui::time;

/// Compare what each part of a release would do, from execution
///
/// Makes one clone of the target, and on a copy of it for each cut (nothing, the first tier, up to each
/// further tier, all) applies the cut, looks at what it did and at what readers see of it, asks whether
/// the full release would still be admitted, and undoes it. Ends with a recommendation and its reasons.
/// The target is only read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    oneroof options one-roof --from production\n  \
    oneroof options one-roof --from production --json | jq '.cuts[] | {name, full_release}'\n\n\
One cut through all steps of a rehearsal, with evidence: oneroof rehearse PACKAGE --from T --tiers A,B")]
pub(crate) struct OptionsArgs {
    #[command(flatten)]
    package: PackageArgument,
    /// Target to clone
    #[arg(long, value_name = "TARGET")]
    from: String,
    #[command(flatten)]
    params: ParamsOption,
}

pub(crate) async fn run(args: &OptionsArgs, session: &Session) -> anyhow::Result<Exit> {
    let (context, package) = session.context_and_package(&args.package)?;
    let report = options::options(&context, &package, &args.from, &args.params.params).await?;
    session.printer.report(&report, text)?;
    Ok(Exit::Ok)
}

fn text(report: &OptionsReport) -> String {
    let mut table = Table::new([
        "cut",
        "definitions and rows",
        "readers see",
        "invariants",
        "full release afterwards",
        "ms",
        "stops ms",
        "undo",
    ]);
    for cut in &report.cuts {
        let facts = &cut.facts;
        table.row([
            facts.name.clone(),
            effects(cut),
            visible(cut),
            format!("{} of {}", facts.invariants_held, facts.invariants),
            match &facts.full_release {
                FullRelease::Admitted => "admitted".to_owned(),
                FullRelease::Live => "it is live".to_owned(),
                FullRelease::Refused(says) => format!("refused: {says}"),
            },
            facts.duration_ms.to_string(),
            facts.stops_applications_ms.to_string(),
            match (facts.undone, facts.admitted_after_undo) {
                (true, true) => format!("{} ms, then admitted", cut.undo_ms),
                (true, false) => format!("{} ms", cut.undo_ms),
                (false, _) => "does NOT bring the state before back".to_owned(),
            },
        ]);
    }
    let mut text = format!("{}\n", table.text());
    let _ = writeln!(
        text,
        "{} {}",
        paint(STRONG, "recommended:"),
        report.recommendation.cut
    );
    for reason in &report.recommendation.reasons {
        let _ = writeln!(text, "  - {reason}");
    }
    let _ = writeln!(
        text,
        "{} cuts of {} on copies of one clone of `{}`, {}",
        report.cuts.len(),
        report.package,
        report.source,
        time::milliseconds(report.duration_ms)
    );
    text
}

fn effects(cut: &CutReport) -> String {
    if let Some(why) = &cut.facts.failed {
        return format!("FAILED: {why}");
    }
    let mut parts = Vec::new();
    if cut.objects > 0 {
        let objects = if cut.objects == 1 {
            "object"
        } else {
            "objects"
        };
        parts.push(format!("{} {objects}", cut.objects));
    }
    if cut.rows_in_own_tables != 0 {
        parts.push(format!("{} own rows", cut.rows_in_own_tables));
    }
    parts.extend(cut.rows_in_existing_tables.clone());
    match parts.is_empty() {
        true => "none".to_owned(),
        false => parts.join("; "),
    }
}

fn visible(cut: &CutReport) -> String {
    let seen = &cut.visible;
    let mut parts = Vec::new();
    if !seen.new_relations.is_empty() {
        parts.push(format!("{} new relations", seen.new_relations.len()));
    }
    if !seen.gone_relations.is_empty() {
        parts.push(format!("{} relations gone", seen.gone_relations.len()));
    }
    if !seen.changed_objects.is_empty() {
        parts.push(format!("changed: {}", seen.changed_objects.join(", ")));
    }
    if let Some((before, after)) = seen.gap_cells
        && before != after
    {
        parts.push(format!("gap {before} to {after}"));
    }
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => parts.join("; "),
    }
}
