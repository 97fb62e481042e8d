//! The lines as one HTML page that needs nothing else.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::AuditReport;
use super::csv::approvers;
use super::population::{AuditLine, AuditOutcome};

pub(super) fn page(report: &AuditReport) -> String {
    let since = report.since.as_deref().unwrap_or("the beginning");
    let title = format!(
        "Changes of {} from {since} to {}",
        report.target, report.until
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("../rehearse/html/page.css"))) }
            }
            body {
                h1 { (title) }
                p.quiet { "Database " (report.database) " of cluster " (report.system_identifier.as_deref().unwrap_or("(not visible)")) ", written " (report.written_at) }
                (population(report))
                h2 { (report.lines.len()) " changes and attempts" }
                div.wide { table {
                    tr { th { "at" } th { "act" } th { "release" } th { "outcome" } th { "author" } th { "approved by" } th { "executed by" } th { "evidence" } th { "run" } }
                    @for line in &report.lines { (row(line)) }
                } }
            }
        }
    }
    .into_string()
}

fn row(line: &AuditLine) -> Markup {
    let is_bad = matches!(
        line.outcome,
        AuditOutcome::Interrupted | AuditOutcome::Failed | AuditOutcome::Unknown
    );
    html! { tr {
        td { (line.at) @if let Some(ended) = &line.ended_at { div.quiet { "to " (ended) } } }
        td { (line.act) }
        td { (line.package.as_deref().unwrap_or("-")) @if !line.tiers.is_empty() { div.quiet { (line.tiers.join(", ")) } } }
        td { span.bad[is_bad] { (line.outcome.words()) } @if let Some(reason) = &line.reason { div.quiet { (reason) } } }
        td { (line.author.as_deref().unwrap_or("-")) }
        td { @if line.approvals.is_empty() { "-" } @else { (approvers(line)) } }
        td { (line.executor.as_deref().unwrap_or("-")) @if let Some(operator) = &line.operator { div.quiet { (operator) } } }
        td { @match &line.evidence { Some(name) => { a href=(format!("evidence/{name}/report.html")) { (name) } } None => { "-" } } }
        td { (line.run_id.as_deref().unwrap_or("-")) @if let Some((first, last)) = line.entries { div.quiet { "entries " (first) " to " (last) } } }
    } }
}

fn population(report: &AuditReport) -> Markup {
    let p = &report.population;
    html! {
        h2 { "How complete this is" }
        table {
            tr { th { "entries of the ledger in the period" } td { (p.ledger_entries) @if let Some((first, last)) = p.ledger_range { ", " (first) " to " (last) } } }
            tr { th { "chain of the ledger" } td { @if p.ledger_whole { "whole" } @else { span.bad { "BROKEN: see oneroof ledger verify" } } } }
            tr { th { "newest entry" } td { code { (p.ledger_head.as_deref().unwrap_or("-")) } } }
            tr { th { "files of runs in the period" } td { (p.run_files) ", of which " (p.only_in_run_files) " are not in the ledger: refused, or failed before they changed anything" } }
            @for why in &p.run_files_unreadable { tr { th { "file of a run that cannot be read" } td.bad { (why) } } }
            @for name in &p.evidence_missing { tr { th { "evidence that is not in this project" } td.bad { (name) } } }
        }
        p.quiet { "Refused runs are known only where they were tried: another project has files of its own." }
    }
}
