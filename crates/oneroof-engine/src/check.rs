//! `package check`: everything that can be said about a package without a server.

use oneroof_model::package::{SchemaSource, Transaction};
use oneroof_model::{Diagnostic, DiagnosticSeverity, Digest, Refusal, RefusalCode};
use oneroof_sql::{PackageSource, TierSource, TierTransaction};
use serde::Serialize;

use crate::error::EngineError;
use crate::store::package_files::{OpenPackage, Seal};

/// What `check` found.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// `name@version`
    pub package: String,
    /// Where it lies.
    pub place: String,
    /// Digest of its files as they are.
    pub digest: Digest,
    /// Is it byte for byte what was sealed?
    pub sealed: bool,
    /// Remarks with severity error.
    pub errors: usize,
    /// Remarks with severity warning.
    pub warnings: usize,
    /// All remarks, worst first, then by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the plan's files and every statement in them.
pub fn check(package: &OpenPackage) -> Result<CheckReport, EngineError> {
    let mut diagnostics = Vec::new();
    let source = source(package, &mut diagnostics)?;
    diagnostics.extend(oneroof_sql::check(&source));
    if package.plan.migrations.is_some() {
        written_for_another(&mut diagnostics);
    }
    diagnostics.extend(tier_faults(package));
    if let Seal::Broken(error) = package.seal() {
        diagnostics.push(Diagnostic {
            rule: "manifest".into(),
            severity: DiagnosticSeverity::Warning,
            file: oneroof_model::package::MANIFEST_FILE.into(),
            line: None,
            column: None,
            message: error.to_string(),
            hint: Some("look at the change (`oneroof package diff`), then seal again".into()),
        });
    }
    diagnostics.sort_by(|left, right| {
        (right.severity, &left.file, left.line, left.column).cmp(&(
            left.severity,
            &right.file,
            right.line,
            right.column,
        ))
    });
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    };
    Ok(CheckReport {
        package: package.plan.release_tag(),
        place: package.place.clone(),
        digest: package.digest,
        sealed: *package.seal() == Seal::Sealed,
        errors: count(DiagnosticSeverity::Error),
        warnings: count(DiagnosticSeverity::Warning),
        diagnostics,
    })
}

/// What every verb asks of a package before it runs anything of it: sealed, and without errors. A
/// manifest alone proves nothing about the statements: it can be written by hand.
pub(crate) fn require_fit(package: &OpenPackage) -> Result<(), EngineError> {
    package.require_sealed()?;
    refuse_errors(package, &check(package)?)
}

fn refuse_errors(package: &OpenPackage, report: &CheckReport) -> Result<(), EngineError> {
    if report.errors == 0 {
        return Ok(());
    }
    let errors = report
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error);
    Err(Refusal::new(
        RefusalCode::PackageInvalid,
        format!(
            "package `{}` has {}",
            package.plan.package.name,
            counted(report.errors, "error")
        ),
    )
    .reasons(errors.map(one_line).collect())
    .hint(format!("oneroof package check {}", package.place))
    .into())
}

/// `1 error`, `2 errors`
pub fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// `file:line:column: message [rule]`
pub(crate) fn one_line(diagnostic: &Diagnostic) -> String {
    let place = match (diagnostic.line, diagnostic.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", diagnostic.file),
        (Some(line), None) => format!("{}:{line}", diagnostic.file),
        _ => diagnostic.file.clone(),
    };
    format!("{place}: {} [{}]", diagnostic.message, diagnostic.rule)
}

/// Rules that ask for a text to be written as ours are; migrations were written for another tool, and are run as they
/// are. What they really do is measured, and undone, by the rehearsal.
const OURS_ONLY: [&str; 2] = ["drop-cascade", "rollback-of-a-part"];

fn written_for_another(diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics {
        if OURS_ONLY.contains(&diagnostic.rule.as_str()) {
            diagnostic.severity = DiagnosticSeverity::Warning;
        }
    }
}

/// The texts of the package for the rules; a file that is not there is a remark of its own.
fn source(
    package: &OpenPackage,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<PackageSource, EngineError> {
    let plan = &package.plan;
    let missing = |file: &str, diagnostics: &mut Vec<Diagnostic>| match package.has(file) {
        true => package.text(file).map(|text| Some(text.to_owned())),
        false => {
            diagnostics.push(missing_file(file));
            Ok(None)
        }
    };
    let mut tiers = Vec::new();
    for tier in &plan.tiers {
        let Some(text) = missing(&tier.file, diagnostics)? else {
            continue;
        };
        let rollback = match &tier.rollback {
            Some(file) => missing(file, diagnostics)?.map(|text| (file.clone(), text)),
            None => None,
        };
        tiers.push(TierSource {
            id: tier.id.clone(),
            file: tier.file.clone(),
            text,
            transaction: match tier.transaction {
                Transaction::Single => TierTransaction::Single,
                Transaction::None => TierTransaction::None,
                Transaction::Batched => TierTransaction::Batched,
            },
            rollback,
            irreversible: tier.irreversible.is_some(),
            when: tier.when.clone(),
        });
    }
    let mut queries: Vec<(String, String)> = Vec::new();
    let mut checks: Vec<(String, String)> = Vec::new();
    let named = plan
        .metrics
        .iter()
        .map(|metric| (&metric.name, &metric.query, &metric.file));
    let conditions = plan
        .preconditions
        .iter()
        .chain(&plan.invariants)
        .chain(&plan.rollback.preconditions)
        .chain(plan.tiers.iter().flat_map(|tier| &tier.preconditions));
    let conditions = conditions.map(|check| (&check.name, &check.query, &check.file));
    let exports = plan
        .exports
        .iter()
        .map(|export| (&export.name, &export.query, &export.file));
    for (name, query, file) in named.chain(conditions).chain(exports) {
        if let Some(query) = query {
            queries.push((format!("release.toml: {name}"), query.clone()));
        }
        if let Some(file) = file
            && !checks.iter().any(|(known, _)| known == file)
            && let Some(text) = missing(file, diagnostics)?
        {
            checks.push((file.clone(), text));
        }
    }
    let mut scripts: Vec<(String, String)> = Vec::new();
    let mut others = Vec::new();
    if let Some(simulate) = &plan.simulate {
        others.extend(simulate.file.iter().chain([&simulate.undo]));
        scripts.extend(
            simulate
                .sql
                .iter()
                .map(|sql| ("release.toml: simulate".to_owned(), sql.clone())),
        );
    }
    others.extend(
        plan.negatives
            .iter()
            .filter_map(|negative| negative.file.as_ref()),
    );
    others.extend(plan.drills.iter().filter_map(|drill| drill.file.as_ref()));
    for file in others {
        if let Some(text) = missing(file, diagnostics)? {
            scripts.push((file.clone(), text));
        }
    }
    let rows = plan
        .tiers
        .iter()
        .flat_map(|tier| tier.rows.iter().map(move |rows| (tier, rows)));
    let predicates = rows
        .clone()
        .map(|(tier, rows)| {
            (
                format!("release.toml: [[tier.rows]] of {}", tier.id),
                rows.predicate.clone(),
            )
        })
        .collect();
    let relations = plan.metrics.iter().flat_map(|metric| &metric.when_relation);
    let declared = rows
        .map(|(_, rows)| &rows.table)
        .chain(relations)
        .chain(&plan.effects.never_touch)
        .cloned()
        .collect();
    let schema = match &plan.package.schema {
        Some(SchemaSource::Name(name)) => Some(name.clone()),
        _ => None,
    };
    Ok(PackageSource {
        schema,
        tiers,
        checks,
        queries,
        predicates,
        scripts,
        declared,
    })
}

fn missing_file(file: &str) -> Diagnostic {
    Diagnostic {
        rule: "missing-file".into(),
        severity: DiagnosticSeverity::Error,
        file: file.to_owned(),
        line: None,
        column: None,
        message: format!("release.toml names `{file}`, which is not in the package"),
        hint: Some("paths are relative to the package folder".into()),
    }
}

/// Tiers that say nothing about their way back.
fn tier_faults(package: &OpenPackage) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut fault = |severity, rule: &str, file: &str, message: String, hint: &str| {
        faults.push(Diagnostic {
            rule: rule.to_owned(),
            severity,
            file: file.to_owned(),
            line: None,
            column: None,
            message,
            hint: Some(hint.to_owned()),
        });
    };
    for tier in &package.plan.tiers {
        if tier.rollback.is_none() && tier.irreversible.is_none() {
            let in_group = |other: &&oneroof_model::package::Tier| {
                tier.group.is_some() && other.group == tier.group
            };
            let other_way = package
                .plan
                .tiers
                .iter()
                .filter(in_group)
                .find(|other| other.rollback.is_some() || other.irreversible.is_some());
            // A file that is missing or does not parse is a remark already.
            let why = package.text(&tier.file).ok().and_then(|text| {
                let found = oneroof_sql::without_way_back(text).ok().flatten()?;
                Some(format!(
                    "it {} ({}:{}:{})",
                    found.does, tier.file, found.line, found.column
                ))
            });
            let why = other_way
                .map(|other| {
                    format!(
                        "tier `{}` of its group says itself how it is undone",
                        other.id
                    )
                })
                .or(why);
            if let Some(why) = why {
                fault(
                    DiagnosticSeverity::Error,
                    "no-way-back",
                    "release.toml",
                    format!(
                        "tier `{}` has neither `rollback` nor `irreversible`, and none can be generated: {why}",
                        tier.id
                    ),
                    "name the file that undoes it, or say why nothing does",
                );
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    /// The rules of this file, which look at the plan; those that look at SQL are in `oneroof-sql`.
    const PLAN_RULES: [&str; 3] = ["manifest", "missing-file", "no-way-back"];

    #[test]
    fn every_rule_of_the_plan_has_its_page() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plan-rules");
        for name in PLAN_RULES {
            let page = std::fs::read_to_string(docs.join(format!("{name}.md"))).unwrap();
            assert!(page.starts_with(&format!("# {name}\n")), "{name}");
        }
        assert_eq!(std::fs::read_dir(docs).unwrap().count(), PLAN_RULES.len());
    }
}
