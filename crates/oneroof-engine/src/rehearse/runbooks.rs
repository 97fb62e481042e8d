//! `runbook-operator.md`, `runbook-approver.md` and `post-gate.md`: what a rehearsal saw, as instructions for the two
//! people who come after it. Every sentence is made from the record.

use std::fmt::Write as _;

use oneroof_model::locks::telling;

use super::plan_report::{InputFound, Reached};
use super::report::{RehearsalReport, Verdict};

/// The words that other files of the evidence use for a release.
pub(super) struct Names<'a> {
    /// The package without its version.
    pub(super) package: &'a str,
    /// The target that it was rehearsed for.
    pub(super) target: &'a str,
    /// The folder of the evidence, relative to the project.
    pub(super) evidence: &'a str,
}

impl Names<'_> {
    pub(super) fn of(report: &RehearsalReport) -> Names<'_> {
        let name = report.package.split('@').next();
        Names {
            package: name.unwrap_or(&report.package),
            target: &report.source.target,
            evidence: report.evidence.as_deref().unwrap_or("evidence/…"),
        }
    }
}

/// For the person who runs the release.
pub(super) fn operator(report: &RehearsalReport) -> String {
    text(report, write_operator)
}

/// For the person who says yes or no.
pub(super) fn approver(report: &RehearsalReport) -> String {
    text(report, write_approver)
}

/// Exact commands and stop conditions, for an open gate only.
pub(super) fn post_gate(report: &RehearsalReport) -> String {
    text(report, write_post_gate)
}

fn text(
    report: &RehearsalReport,
    write: fn(&RehearsalReport, &mut String) -> std::fmt::Result,
) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(report, &mut text);
    text
}

fn failed(report: &RehearsalReport, out: &mut String) -> Result<bool, std::fmt::Error> {
    if report.verdict == Verdict::Passed {
        return Ok(false);
    }
    let why = report.failure.as_ref();
    writeln!(
        out,
        "**The rehearsal failed, so there is nothing to run and nothing to approve.** {}\n\n\
         Correct what failed, rehearse again, and read the runbook of that evidence.",
        why.map_or_else(String::new, |why| format!(
            "Step {} ({}): {}",
            why.step,
            why.title,
            one_line(&why.message)
        ))
    )?;
    Ok(true)
}

fn write_operator(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let names = Names::of(report);
    writeln!(
        out,
        "# Runbook for the operator: {} on `{}`\n\nMade from rehearsal {} of {} on a CLONE. It is no permission: only an open gate is.\n",
        report.package, names.target, report.run_id, report.started_at
    )?;
    if failed(report, out)? {
        return Ok(());
    }
    let Names {
        package,
        target,
        evidence,
    } = names;
    writeln!(
        out,
        "## Before\n\n\
         1. Check this evidence: `oneroof evidence verify {evidence}`. It must end with exit 0.\n\
         2. Ask the gate: `oneroof gate {package} --target {target}`. Anything but READY: stop here.\n\
         3. See what would be done: `oneroof apply {package} --target {target} --evidence {evidence}`. It changes nothing.\n"
    )?;
    let total: u64 = report.tiers.iter().map(|tier| tier.duration_ms).sum();
    writeln!(
        out,
        "## Run it\n\n`oneroof apply {package} --target {target} --evidence {evidence} --execute`\n\n\
         {} tiers, {} ms on the clone (its timings lack the production's load). Each tier is one step; what you see after each:\n",
        report.tiers.len(),
        total
    )?;
    writeln!(
        out,
        "| tier | what it does | ms | tables and rows | what waits for it | you see |\n|---|---|---|---|---|---|"
    )?;
    for tier in &report.tiers {
        let locks = tier.locks.as_deref().unwrap_or_default();
        let waits: Vec<String> = telling(locks)
            .into_iter()
            .map(|lock| {
                format!(
                    "{} on {} for {} ms",
                    lock.blocks_words(),
                    lock.object_words(),
                    lock.held_ms
                )
            })
            .collect();
        writeln!(
            out,
            "| {} {} | {} | {} | {}; {} | {} | {} |",
            tier.label.as_deref().unwrap_or_default(),
            tier.tier,
            cell(&tier.summary),
            tier.duration_ms,
            cell(&tier.effects.objects_in_words()),
            cell(&rows_in_words(tier)),
            match waits.is_empty() {
                true => "nobody".to_owned(),
                false => cell(&waits.join("; ")),
            },
            cell(&tier.markers.join(" · "))
        )?;
    }
    writeln!(
        out,
        "\n## Stop conditions\n\n\
         - A tier that does anything else than in the rehearsal is rolled back by itself; nothing of it stays. Do not repeat it by hand.\n\
         - Locks that are not free within `lock_timeout` are tried again up to `lock_retries` times, then the run stops between two tiers. Nothing is half done: wait, then go on.\n\
         - Exit 3: refused, nothing was changed. Exit 4: failed, the running tier was rolled back. Exit 130: interrupted between tiers.\n\
         - If a figure of the verification differs from the table below: do not go on; undo.\n"
    )?;
    writeln!(
        out,
        "## If it was interrupted\n\n\
         Ask where it stands: `oneroof ledger show {target} --release {package}`. Then either go on \
         (`oneroof apply {package} --target {target} --evidence {evidence} --execute`, which begins behind the last tier that stands) \
         or undo. The crash drill of the rehearsal cut {} tiers in the middle and went on from each.\n",
        report.crash_drill.len()
    )?;
    writeln!(
        out,
        "## Undo\n\n`oneroof rollback {package} --target {target}` shows what it would do; `--execute` does it.\n"
    )?;
    for tier in report.plan.tiers.iter().rev() {
        match &tier.irreversible {
            Some(why) => writeln!(
                out,
                "- {}: **nothing undoes it**: {}",
                tier.title,
                one_line(why)
            )?,
            None => writeln!(out, "- {}: {}", tier.title, tier.undo)?,
        }
    }
    writeln!(out, "\n{}\n", undo_proof(report))?;
    if !report.verify_table.is_empty() {
        writeln!(
            out,
            "## Afterwards\n\n`oneroof verify {package} --target {target}` must end with exit 0. On the clone the figures were:\n\n| figure | value |\n|---|---|"
        )?;
        for (name, value) in &report.verify_table {
            writeln!(out, "| {name} | {value} |")?;
        }
    }
    Ok(())
}

fn write_approver(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let names = Names::of(report);
    writeln!(
        out,
        "# For the approver: {} on `{}`\n\nYou need no technical knowledge to read this page. If anything on it surprises you, the answer is **no**, or not yet: HOLD is the default and costs nothing.\n",
        report.package, names.target
    )?;
    if failed(report, out)? {
        return Ok(());
    }
    writeln!(
        out,
        "## What you are asked\n\nMay this change run once on database `{}` (cluster {})?\n\n> {}\n",
        report.source.database,
        report
            .source
            .system_identifier
            .as_deref()
            .unwrap_or("not visible"),
        one_line(&report.plan.summary)
    )?;
    writeln!(out, "## What it does\n")?;
    for tier in &report.tiers {
        let definitions = match tier.effects.objects_in_words().as_str() {
            "none" => "no definition is changed".to_owned(),
            words => words.to_owned(),
        };
        writeln!(
            out,
            "- **{}** ({}): {definitions}. Rows: {}.",
            tier.tier,
            one_line(&tier.summary),
            rows_in_words(tier)
        )?;
    }
    let (moved, new): (Vec<_>, Vec<_>) = moved(report)
        .into_iter()
        .partition(|(_, before, _, _)| before != "-");
    if !moved.is_empty() {
        writeln!(
            out,
            "\nThe figures that it moves, as seen on a copy of the database:\n\n| figure | before | after | what it says |\n|---|---|---|---|"
        )?;
        for (name, before, after, meaning) in moved {
            writeln!(out, "| {name} | {before} | {after} | {} |", cell(&meaning))?;
        }
    }
    if !new.is_empty() {
        writeln!(
            out,
            "\n{} figures exist only with the release; they are in report.md.",
            new.len()
        )?;
    }
    writeln!(
        out,
        "\n## What it does not do\n\n- It changes no other database, and this one only once: your yes is used up by the first change.\n- It sends nothing out of the database."
    )?;
    if !report.plan.never_touch.is_empty() {
        writeln!(
            out,
            "- It never writes to: {}. A run that did would be rolled back.",
            report.plan.never_touch.join(", ")
        )?;
    }
    writeln!(
        out,
        "\n## How it is undone\n\n{}\n\n## How we know\n\nThe whole change ran on {}, a copy of the database made for this purpose: {} of {} steps passed. {} things that must be refused were tried, and were refused. The real database was only read: {}\n",
        undo_proof(report),
        report.clone.as_ref().map_or_else(
            || "a clone".to_owned(),
            |clone| format!("`{}`", clone.database)
        ),
        report
            .steps
            .iter()
            .filter(|step| step.outcome == oneroof_model::StepOutcome::Passed)
            .count(),
        report.steps.len(),
        report
            .negatives
            .iter()
            .filter(|one| one.left_out.is_none())
            .count(),
        report
            .isolation
            .as_ref()
            .map_or("(not proven)", |isolation| isolation.sentence.as_str())
    )?;
    writeln!(out, "## What was not tried\n")?;
    for gap in &report.gaps {
        writeln!(
            out,
            "- {}: {}. What makes up for it: {}.",
            one_line(&gap.gap),
            one_line(&gap.why),
            one_line(&gap.mitigation)
        )?;
    }
    if report.gaps.is_empty() {
        writeln!(out, "Nothing was left out.")?;
    }
    let missing: Vec<_> = report
        .inputs
        .iter()
        .filter(|input| input.found != InputFound::Present)
        .collect();
    if !missing.is_empty() {
        writeln!(
            out,
            "\n## Papers that it rests on and that were not found here\n"
        )?;
        for input in missing {
            writeln!(
                out,
                "- {} ({}{})",
                one_line(&input.input.name),
                input.found.words(),
                match (&input.input.immaterial, input.input.required) {
                    (Some(why), _) => format!("; immaterial: {}", one_line(why)),
                    (None, true) => "; required: ask for it".to_owned(),
                    (None, false) => String::new(),
                }
            )?;
        }
    }
    let only: Vec<_> = report
        .objectives
        .iter()
        .filter(|one| one.reached == Reached::OnlyRehearsed)
        .collect();
    if !only.is_empty() {
        writeln!(
            out,
            "\n## What your yes would bring about\n\nReached on the copy, not in the real database yet:\n"
        )?;
        for objective in only {
            writeln!(
                out,
                "- {}: {} ({} is {} there, {} here)",
                objective.id,
                one_line(&objective.text),
                objective.metric,
                shown(objective.on_source.as_ref()),
                shown(objective.on_clone.as_ref())
            )?;
        }
    }
    writeln!(
        out,
        "\n## How to answer\n\n\
         `oneroof approve {0} --target {1} --evidence {2}` shows all of this again, and signs what you decide with your own key. \
         `--decision reject` says no; one no stops the release. A yes can be taken back until it is used (`--revoke`), and ends by itself at its expiry.\n\n\
         It is a yes to exactly this: package `{3}`, values `{4}`.",
        names.package, names.target, names.evidence, report.package_digest, report.params_digest
    )
}

fn write_post_gate(report: &RehearsalReport, out: &mut String) -> std::fmt::Result {
    let Names {
        package,
        target,
        evidence,
    } = Names::of(report);
    writeln!(
        out,
        "# After the gate: {} on `{target}`\n\nFor READY only. While `oneroof gate {package} --target {target} --quiet` says anything else, nothing on this page may be run.\n",
        report.package
    )?;
    if failed(report, out)? {
        return Ok(());
    }
    writeln!(
        out,
        "```sh\nset -e\n\
         oneroof evidence verify {evidence}\n\
         oneroof gate {package} --target {target}\n\
         oneroof apply {package} --target {target} --evidence {evidence}\n\
         oneroof apply {package} --target {target} --evidence {evidence} --execute\n\
         oneroof verify {package} --target {target}\n```\n"
    )?;
    writeln!(
        out,
        "Stop at once, and run nothing further, if\n\n\
         1. a command ends with another exit code than 0;\n\
         2. the digest that `apply` shows is not `{}`, or the database is not `{}` of cluster {};\n\
         3. a marker line is missing, or differs from these in more than a figure of daily work:\n\n```\n{}\n```\n",
        report.package_digest,
        report.source.database,
        report
            .source
            .system_identifier
            .as_deref()
            .unwrap_or("(not visible)"),
        forward_markers(report).join("\n")
    )?;
    writeln!(
        out,
        "The way back, at any point: `oneroof rollback {package} --target {target}`, then the same with `--execute`."
    )
}

/// The marker lines of a run forwards.
fn forward_markers(report: &RehearsalReport) -> &[String] {
    let forward = report.markers.len().saturating_sub(report.rollback_markers);
    &report.markers[..forward]
}

/// Metrics that the release moved: name, before, after, meaning.
pub(super) fn moved(report: &RehearsalReport) -> Vec<(String, String, String, String)> {
    let before = report.probes.get("clone");
    let after = super::plan_report::last_probe(report);
    let (Some(before), Some(after)) = (before, after) else {
        return Vec::new();
    };
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            (
                name.clone(),
                shown(before.get(name)),
                shown(after.get(name)),
                report.plan.meanings.get(name).cloned().unwrap_or_default(),
            )
        })
        .collect()
}

/// The proof that the way back works, as one sentence.
pub(super) fn undo_proof(report: &RehearsalReport) -> String {
    match &report.baseline {
        Some(baseline) if baseline.differences.is_empty() => format!(
            "Undoing was tried on the clone: tier by tier ({} times) and as a whole. Afterwards the definitions of {} objects and the rows of {} tables were exactly those of before.",
            report.rollback_by_tier.len(),
            baseline.objects,
            baseline.tables
        ),
        Some(baseline) => format!(
            "Undoing was tried on the clone and does NOT bring back the state of before: {} differences.",
            baseline.differences.len()
        ),
        None => "Undoing was NOT tried in this rehearsal.".to_owned(),
    }
}

/// Row operations of a tier, for people.
pub(super) fn rows_in_words(tier: &crate::execute::forward::TierRecord) -> String {
    let rows = tier.effects.rows.iter();
    let rows: Vec<String> = rows
        .map(|rows| {
            let parts = [
                (rows.inserted, "new"),
                (rows.updated, "changed"),
                (rows.deleted, "removed"),
            ];
            let parts: Vec<String> = parts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("{count} {word}"))
                .collect();
            format!("{} in {}", parts.join(", "), rows.table)
        })
        .collect();
    match rows.is_empty() {
        true => "none".to_owned(),
        false => rows.join("; "),
    }
}

fn shown(value: Option<&oneroof_model::Value>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ").trim_end_matches('.').to_owned()
}

fn cell(text: &str) -> String {
    super::text::cell(text)
}
