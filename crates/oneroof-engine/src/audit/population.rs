//! Entries and run files as lines: one run, one line.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use oneroof_pg::ledger::LedgerEntry;
use serde::Serialize;
use serde_json::Value;

use super::folder_name;
use super::run_files::RunFile;
use crate::ledger::tag;
use crate::store::kept_rehearsal::KeptRehearsal;

/// One run that changed a target, or was to change it.
#[derive(Debug, Clone, Serialize)]
pub struct AuditLine {
    /// When it began, UTC.
    pub at: String,
    /// When its last word was written, UTC.
    pub ended_at: Option<String>,
    /// Its id; none for what is no run, such as the adopting.
    pub run_id: Option<String>,
    /// `apply`, `rollback`, or the kind of an entry that is no run's.
    pub act: String,
    /// `name@version`
    pub package: Option<String>,
    /// Digest of the package.
    pub package_digest: Option<String>,
    /// Digest of the parameters.
    pub params_digest: Option<String>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Tiers that it applied or undid, in order.
    pub tiers: Vec<String>,
    /// Who proposed the release, by the record of its rehearsal.
    pub author: Option<String>,
    /// Who approved it.
    pub approvals: Vec<Approval>,
    /// The login that wrote to the database.
    pub executor: Option<String>,
    /// The person at the machine, where the run's file says.
    pub operator: Option<String>,
    /// Name of the rehearsal's folder in `evidence/`.
    pub evidence: Option<String>,
    /// SHA-256 of its `SHA256SUMS`.
    pub evidence_digest: Option<String>,
    /// Why it was refused or failed.
    pub reason: Option<String>,
    /// Numbers of its entries in the ledger, first and last; none if the ledger does not know it.
    pub entries: Option<(u64, u64)>,
}

/// Somebody's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Who.
    pub approver: String,
    /// At which level.
    pub level: String,
    /// SHA-256 of the approval's file.
    pub digest: String,
    /// Its file.
    pub file: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// The whole release is applied.
    Applied,
    /// A chosen cut of it is.
    Cut,
    /// It was undone.
    RolledBack,
    /// It stopped after it had changed something.
    Interrupted,
    /// It failed; nothing of it is in the ledger.
    Failed,
    /// It was refused; nothing was changed.
    Refused,
    /// It was begun, and nobody wrote how it ended.
    Unknown,
    /// Not a run: adopting, sealing, a note.
    Recorded,
}

impl AuditOutcome {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            AuditOutcome::Applied => "applied",
            AuditOutcome::Cut => "applied in part, as chosen",
            AuditOutcome::RolledBack => "rolled back",
            AuditOutcome::Interrupted => "interrupted",
            AuditOutcome::Failed => "failed, nothing changed",
            AuditOutcome::Refused => "refused",
            AuditOutcome::Unknown => "end unknown",
            AuditOutcome::Recorded => "recorded",
        }
    }
}

/// The lines of a period, oldest first. A run belongs to every period in which it wrote something.
pub(super) fn fold(
    entries: &[LedgerEntry],
    files: &[RunFile],
    evidence: &[KeptRehearsal],
    is_in: impl Fn(DateTime<Utc>) -> bool,
) -> Vec<AuditLine> {
    let mut runs: BTreeMap<&str, Vec<&LedgerEntry>> = BTreeMap::new();
    let mut lines: Vec<(DateTime<Utc>, AuditLine)> = Vec::new();
    for entry in entries {
        match entry.run_id.as_deref() {
            Some(run_id) => runs.entry(run_id).or_default().push(entry),
            None if is_in(entry.at) => lines.push((entry.at, of_entry(entry))),
            None => {}
        }
    }
    for (run_id, of_run) in &runs {
        let file = files.iter().find(|file| file.run_id == *run_id);
        if let Some(first) = of_run.first()
            && of_run.iter().any(|entry| is_in(entry.at))
        {
            lines.push((first.at, of_run_entries(run_id, of_run, file)));
        }
    }
    for file in files {
        let is_known = runs.contains_key(file.run_id.as_str());
        if let Some(at) = file.started_at
            && !is_known
            && is_in(at)
        {
            lines.push((at, of_file(file, at)));
        }
    }
    lines.sort_by(|(a, left), (b, right)| (a, &left.run_id).cmp(&(b, &right.run_id)));
    let mut lines: Vec<AuditLine> = lines.into_iter().map(|(_, line)| line).collect();
    for line in &mut lines {
        let of_line = evidence
            .iter()
            .find(|kept| Some(folder_name(kept)) == line.evidence);
        line.author = of_line
            .map(|kept| kept.text("proposer"))
            .filter(|name| !name.is_empty())
            .map(str::to_owned);
    }
    lines
}

fn as_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn blank(at: DateTime<Utc>) -> AuditLine {
    AuditLine {
        at: as_text(at),
        ended_at: None,
        run_id: None,
        act: String::new(),
        package: None,
        package_digest: None,
        params_digest: None,
        outcome: AuditOutcome::Recorded,
        tiers: Vec::new(),
        author: None,
        approvals: Vec::new(),
        executor: None,
        operator: None,
        evidence: None,
        evidence_digest: None,
        reason: None,
        entries: None,
    }
}

fn of_entry(entry: &LedgerEntry) -> AuditLine {
    AuditLine {
        act: entry.kind.clone(),
        package: tag(entry),
        package_digest: entry.package_digest.clone(),
        params_digest: entry.params_digest.clone(),
        executor: Some(entry.operator.clone()),
        reason: text(&entry.body, "text"),
        entries: Some((entry.seq, entry.seq)),
        ..blank(entry.at)
    }
}

fn of_run_entries(run_id: &str, entries: &[&LedgerEntry], file: Option<&RunFile>) -> AuditLine {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return blank(DateTime::<Utc>::MIN_UTC);
    };
    let of_kind = |kind: &'static str| entries.iter().filter(move |entry| entry.kind == kind);
    let leave = of_kind("approval_used").next();
    let named = |name: &str| leave.and_then(|entry| text(&entry.body, name));
    let undoes = of_kind("tier_rolled_back").next().is_some()
        || of_kind("release_rolled_back").next().is_some();
    let finished = of_kind("run_finished").next_back();
    let outcome = match (finished, undoes) {
        (_, true) if of_kind("release_rolled_back").next().is_some() => AuditOutcome::RolledBack,
        (_, true) => match file.map(|file| file.verdict.as_str()) {
            Some("passed") => AuditOutcome::RolledBack,
            _ => AuditOutcome::Interrupted,
        },
        (Some(finished), false) if finished.body["complete"] == false => AuditOutcome::Cut,
        (Some(_), false) => AuditOutcome::Applied,
        (None, false) => AuditOutcome::Interrupted,
    };
    let kind = if undoes {
        "tier_rolled_back"
    } else {
        "tier_applied"
    };
    AuditLine {
        ended_at: Some(as_text(last.at)),
        run_id: Some(run_id.to_owned()),
        act: if undoes { "rollback" } else { "apply" }.to_owned(),
        package: entries.iter().find_map(|entry| tag(entry)),
        package_digest: first.package_digest.clone(),
        params_digest: first.params_digest.clone(),
        outcome,
        tiers: of_kind(kind)
            .filter_map(|entry| entry.tier.clone())
            .collect(),
        approvals: leave.map_or_else(Vec::new, |entry| approvals(&entry.body["approvals"])),
        executor: Some(first.operator.clone()),
        operator: file.and_then(|file| file.operator.clone()),
        evidence: named("evidence"),
        evidence_digest: named("evidence_digest"),
        reason: of_kind("run_failed")
            .find_map(|entry| text(&entry.body, "message"))
            .or_else(|| file.and_then(|file| file.message.clone())),
        entries: Some((first.seq, last.seq)),
        ..blank(first.at)
    }
}

/// A run that the ledger does not know.
fn of_file(file: &RunFile, at: DateTime<Utc>) -> AuditLine {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    AuditLine {
        ended_at: file.ended_at.map(as_text),
        run_id: Some(file.run_id.clone()),
        act: file.verb.clone(),
        package: said(&file.package),
        package_digest: said(&file.package_digest),
        outcome: match file.verdict.as_str() {
            "refused" => AuditOutcome::Refused,
            "failed" => AuditOutcome::Failed,
            // It had nothing to do, so it wrote nothing.
            "passed" => AuditOutcome::Recorded,
            _ => AuditOutcome::Unknown,
        },
        approvals: approvals(&file.approvals),
        operator: file.operator.clone(),
        reason: match (&file.code, &file.message) {
            (Some(code), Some(message)) => Some(format!("{code}: {message}")),
            (_, message) => message.clone(),
        },
        ..blank(at)
    }
}

fn approvals(list: &Value) -> Vec<Approval> {
    let list = list.as_array().into_iter().flatten();
    list.map(|one| Approval {
        approver: text(one, "approver").unwrap_or_default(),
        level: match &one["level"] {
            Value::String(word) => word.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        },
        digest: text(one, "digest").unwrap_or_default(),
        file: text(one, "file"),
    })
    .collect()
}

fn text(value: &Value, name: &str) -> Option<String> {
    Some(value.get(name)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u32) -> DateTime<Utc> {
        let text = format!("2026-11-21T10:00:{second:02}Z");
        DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
    }

    fn entry(seq: u64, kind: &str, run: Option<&str>, body: Value) -> LedgerEntry {
        LedgerEntry {
            seq,
            at: at(u32::try_from(seq).unwrap()),
            kind: kind.to_owned(),
            run_id: run.map(str::to_owned),
            package_digest: Some("d".into()),
            params_digest: Some("p".into()),
            tier: body["tier"].as_str().map(str::to_owned),
            statement: None,
            body,
            operator: "shop_apply".into(),
            engine_version: None,
            prev_hash: String::new(),
            hash: String::new(),
            at_text: String::new(),
            body_text: String::new(),
        }
    }

    fn story() -> Vec<LedgerEntry> {
        let package = |extra: Value| {
            let mut body = serde_json::json!({"package": "p", "version": "1"});
            for (name, value) in extra.as_object().unwrap() {
                body[name] = value.clone();
            }
            body
        };
        let leave = serde_json::json!({"evidence": "e1", "evidence_digest": "ed", "approvals": [
            {"digest": "a1", "approver": "ada", "level": "L4", "file": "approvals/1.json"}]});
        vec![
            entry(1, "adopted", None, serde_json::json!({})),
            entry(2, "run_started", Some("r1"), package(serde_json::json!({}))),
            entry(3, "approval_used", Some("r1"), package(leave)),
            entry(
                4,
                "tier_applied",
                Some("r1"),
                package(serde_json::json!({"tier": "a"})),
            ),
            entry(
                5,
                "run_finished",
                Some("r1"),
                package(serde_json::json!({"complete": true})),
            ),
            entry(
                6,
                "tier_rolled_back",
                Some("r2"),
                package(serde_json::json!({"tier": "a"})),
            ),
            entry(
                7,
                "release_rolled_back",
                Some("r2"),
                package(serde_json::json!({})),
            ),
            entry(8, "run_started", Some("r4"), package(serde_json::json!({}))),
            entry(
                9,
                "tier_applied",
                Some("r4"),
                package(serde_json::json!({"tier": "a"})),
            ),
        ]
    }

    #[test]
    fn each_run_is_one_line() {
        let refused = RunFile {
            run_id: "r3".into(),
            verb: "apply".into(),
            package: "p@1".into(),
            started_at: Some(at(7)),
            verdict: "refused".into(),
            code: Some("gate-closed".into()),
            message: Some("closed".into()),
            ..RunFile::default()
        };
        let lines = fold(&story(), &[refused], &[], |_| true);
        let seen: Vec<(&str, Option<&str>, AuditOutcome)> = lines
            .iter()
            .map(|line| (line.act.as_str(), line.run_id.as_deref(), line.outcome))
            .collect();
        assert_eq!(
            seen,
            [
                ("adopted", None, AuditOutcome::Recorded),
                ("apply", Some("r1"), AuditOutcome::Applied),
                ("rollback", Some("r2"), AuditOutcome::RolledBack),
                ("apply", Some("r3"), AuditOutcome::Refused),
                ("apply", Some("r4"), AuditOutcome::Interrupted),
            ]
        );
        assert_eq!(lines[1].approvals[0].approver, "ada");
        assert_eq!(lines[1].evidence.as_deref(), Some("e1"));
        assert_eq!(lines[1].entries, Some((2, 5)));
        assert_eq!(lines[1].package.as_deref(), Some("p@1"));
        assert_eq!(lines[3].reason.as_deref(), Some("gate-closed: closed"));
    }

    #[test]
    fn a_period_has_the_runs_that_wrote_in_it() {
        let within = |from: u32, to: u32| {
            let lines = fold(&story(), &[], &[], |moment| {
                at(from) <= moment && moment < at(to)
            });
            let runs: Vec<String> = lines.into_iter().filter_map(|line| line.run_id).collect();
            runs.join(" ")
        };
        assert_eq!(within(0, 59), "r1 r2 r4");
        assert_eq!(within(5, 7), "r1 r2");
        assert_eq!(within(20, 30), "");
    }
}
