//! `oneroof package check` without the files: texts in, [`Diagnostic`]s out.
//!
//! [`check()`] parses everything once and hands the facts to the rules in `rules/`, one file each.

use std::collections::BTreeMap;

use oneroof_model::{Diagnostic, DiagnosticSeverity};

use crate::allow::without_allowed;
use crate::parse::{ParseError, locate};
use crate::references::{StatementFacts, references};
use crate::rules;

/// How the statements of a tier are put into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TierTransaction {
    /// All in one.
    #[default]
    Single,
    /// None around them.
    None,
    /// One statement, repeated, a transaction each time.
    Batched,
}

/// One tier with its texts.
#[derive(Debug, Clone, Default)]
pub struct TierSource {
    /// Its id in `release.toml`.
    pub id: String,
    /// Path relative to the package folder.
    pub file: String,
    /// Content of the file.
    pub text: String,
    /// How it runs.
    pub transaction: TierTransaction,
    /// File and content of its rollback, if the package brings one.
    pub rollback: Option<(String, String)>,
    /// The package says that it cannot be undone.
    pub irreversible: bool,
    /// `when`: parameters and the values, as text, with which the tier runs at all.
    pub when: BTreeMap<String, String>,
}

impl TierSource {
    /// Whether this tier runs in every release in which `other` runs.
    pub(crate) fn runs_whenever(&self, other: &Self) -> bool {
        self.when
            .iter()
            .all(|(parameter, value)| other.when.get(parameter) == Some(value))
    }

    /// Whether there is a release in which both run.
    pub(crate) fn can_run_with(&self, other: &Self) -> bool {
        self.when
            .iter()
            .all(|(parameter, value)| other.when.get(parameter).is_none_or(|its| its == value))
    }
}

/// All SQL of a package.
#[derive(Debug, Clone, Default)]
pub struct PackageSource {
    /// Where unqualified names live: `[package] schema`, if it is a plain text.
    pub schema: Option<String>,
    /// In the order in which they are applied.
    pub tiers: Vec<TierSource>,
    /// File and content of queries in files: one SELECT each.
    pub checks: Vec<(String, String)>,
    /// Place (`release.toml: metric gap`) and text of queries in `release.toml`: one SELECT each.
    pub queries: Vec<(String, String)>,
    /// Place and text of conditions: `where` of declared rows.
    pub predicates: Vec<(String, String)>,
    /// File or place and text of scripts: negatives, drills, `[simulate]`.
    pub scripts: Vec<(String, String)>,
    /// Relations that `release.toml` names itself, as written; `unknown-reference` does not list them.
    pub declared: Vec<String>,
    /// Each tier is a release of its own: what an earlier one made was there before.
    pub separate: bool,
}

/// What a parsed text is in its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Tier number.
    Tier(usize),
    /// Rollback of tier number.
    Rollback(usize),
    /// Negative, drill or simulation.
    Script,
}

/// One text with what was learned from it.
pub(crate) struct SourceFile<'a> {
    pub(crate) role: Role,
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) facts: Vec<StatementFacts>,
    pub(crate) error: Option<ParseError>,
}

impl SourceFile<'_> {
    /// Tiers and rollbacks: what runs in production.
    pub(crate) fn runs_in_production(&self) -> bool {
        self.role != Role::Script
    }
}

/// What the rules look at.
pub(crate) struct Package<'a> {
    pub(crate) source: &'a PackageSource,
    pub(crate) files: Vec<SourceFile<'a>>,
}

impl<'a> Package<'a> {
    fn read(source: &'a PackageSource) -> Self {
        let mut texts: Vec<(Role, &'a str, &'a str)> = Vec::new();
        for (number, tier) in source.tiers.iter().enumerate() {
            texts.push((Role::Tier(number), &tier.file, &tier.text));
            if let Some((file, text)) = &tier.rollback {
                texts.push((Role::Rollback(number), file, text));
            }
        }
        for (file, text) in &source.scripts {
            texts.push((Role::Script, file, text));
        }
        let files = texts
            .into_iter()
            .map(|(role, file, text)| {
                let (facts, error) = match references(text) {
                    Ok(facts) => (facts, None),
                    Err(error) => (Vec::new(), Some(error)),
                };
                SourceFile {
                    role,
                    file,
                    text,
                    facts,
                    error,
                }
            })
            .collect();
        Self { source, files }
    }

    /// Tier files, in order.
    pub(crate) fn tiers(&self) -> impl Iterator<Item = (usize, &SourceFile<'a>)> {
        self.files.iter().filter_map(|file| match file.role {
            Role::Tier(number) => Some((number, file)),
            _ => None,
        })
    }

    /// Rollback files with the number of their tier.
    pub(crate) fn rollbacks(&self) -> impl Iterator<Item = (usize, &SourceFile<'a>)> {
        self.files.iter().filter_map(|file| match file.role {
            Role::Rollback(number) => Some((number, file)),
            _ => None,
        })
    }
}

/// Where the remarks of one rule go.
pub(crate) struct Report<'a> {
    pub(crate) rule: &'static str,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Report<'_> {
    /// A remark at byte `offset` of `text`.
    pub(crate) fn add(
        &mut self,
        severity: DiagnosticSeverity,
        file: &str,
        (text, offset): (&str, usize),
        message: String,
        hint: &str,
    ) {
        let (line, column) = locate(text, offset);
        self.push(severity, file, Some((line, column)), message, hint);
    }

    /// An error at byte `offset` of `text`.
    pub(crate) fn error(
        &mut self,
        file: &SourceFile<'_>,
        offset: usize,
        message: String,
        hint: &str,
    ) {
        self.add(
            DiagnosticSeverity::Error,
            file.file,
            (file.text, offset),
            message,
            hint,
        );
    }

    /// An error where the parser says it is.
    pub(crate) fn parse_error(&mut self, file: &str, error: &ParseError, hint: &str) {
        self.push(
            DiagnosticSeverity::Error,
            file,
            Some((error.line, error.column)),
            error.message.clone(),
            hint,
        );
    }

    fn push(
        &mut self,
        severity: DiagnosticSeverity,
        file: &str,
        place: Option<(u32, u32)>,
        message: String,
        hint: &str,
    ) {
        let diagnostic = Diagnostic {
            rule: self.rule.to_owned(),
            severity,
            file: file.to_owned(),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            message,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        };
        // Two rollbacks may share a file, and a body is read by tokens and by tree.
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// Reads a package and reports what the rules say, in the order of tiers, files and lines.
#[must_use]
pub fn check(source: &PackageSource) -> Vec<Diagnostic> {
    let package = Package::read(source);
    let mut diagnostics = Vec::new();
    for (name, rule) in rules::RULES {
        let mut report = Report {
            rule: name,
            diagnostics: &mut diagnostics,
        };
        rule(&package, &mut report);
    }
    let texts = package.files.iter().map(|file| (file.file, file.text));
    let texts = texts.collect();
    let judges = |rule: &str| rules::JUDGING.contains(&rule);
    let mut diagnostics = without_allowed(diagnostics, &texts, judges);
    let order = |file: &str| {
        package
            .files
            .iter()
            .position(|known| known.file == file)
            .unwrap_or(usize::MAX)
    };
    diagnostics.sort_by(|one, two| {
        (order(&one.file), &one.file, one.line, one.column).cmp(&(
            order(&two.file),
            &two.file,
            two.line,
            two.column,
        ))
    });
    diagnostics
}

/// The rules that judge what would run: their severity is a matter of taste, and a comment can allow a line. The others
/// say what cannot run.
#[must_use]
pub fn judging_rules() -> &'static [&'static str] {
    rules::JUDGING
}

/// The names of all rules; each has a page `docs/rules/<name>.md`.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    rules::RULES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
pub(crate) mod testing {
    //! One helper for the tests of all rules.

    use super::*;

    /// A package of tiers with the texts given; `^` separates a tier from its rollback.
    pub(crate) fn package(tiers: &[&str]) -> PackageSource {
        let tiers = tiers
            .iter()
            .enumerate()
            .map(|(number, text)| {
                let (text, rollback) = match text.split_once('^') {
                    Some((text, rollback)) => (text, Some(rollback)),
                    None => (*text, None),
                };
                TierSource {
                    id: format!("t{number}"),
                    file: format!("tiers/{number}.sql"),
                    text: text.to_owned(),
                    rollback: rollback
                        .map(|rollback| (format!("rollback/{number}.sql"), rollback.to_owned())),
                    ..TierSource::default()
                }
            })
            .collect();
        PackageSource {
            tiers,
            ..PackageSource::default()
        }
    }

    /// What `rule` says about a package, as `file:line:column message`.
    pub(crate) fn said(rule: &str, source: &PackageSource) -> Vec<String> {
        check(source)
            .into_iter()
            .filter(|diagnostic| diagnostic.rule == rule)
            .map(|diagnostic| {
                format!(
                    "{}:{}:{} {}",
                    diagnostic.file,
                    diagnostic.line.unwrap_or(0),
                    diagnostic.column.unwrap_or(0),
                    diagnostic.message
                )
            })
            .collect()
    }

    /// Checks that `rule` says something holding `expected` for each tier text, or nothing where it is empty.
    pub(crate) fn check_rule(rule: &str, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let found = said(rule, &package(&[text]));
            if expected.is_empty() {
                assert_eq!(found, Vec::<String>::new(), "{text}");
            } else {
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                assert!(found[0].contains(expected), "{text}: {found:?}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::package;
    use super::*;

    #[test]
    fn an_empty_package_and_a_clean_one_are_fine() {
        assert_eq!(check(&PackageSource::default()), []);
        let clean = package(&[
            "create table a (id int);\ncreate view b as select * from a;^drop view b; drop table a;",
            "insert into a select 1;^delete from a;",
        ]);
        assert_eq!(check(&clean), []);
    }

    #[test]
    fn remarks_come_in_order() {
        let found = check(&package(&["select 1;\nset role r;\nbegin;", "commit"]));
        let places: Vec<_> = found
            .iter()
            .map(|diagnostic| (diagnostic.file.as_str(), diagnostic.line))
            .collect();
        assert_eq!(
            places,
            [
                ("tiers/0.sql", Some(2)),
                ("tiers/0.sql", Some(3)),
                ("tiers/1.sql", Some(1))
            ]
        );
    }

    #[test]
    fn every_rule_has_its_page() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules");
        for name in rule_names() {
            let page = std::fs::read_to_string(docs.join(format!("{name}.md")))
                .unwrap_or_else(|error| panic!("docs/rules/{name}.md: {error}"));
            assert!(page.starts_with(&format!("# {name}\n")), "{name}");
            for part in ["## Why", "## What to do instead", "## Example"] {
                assert!(page.contains(part), "{name}: {part}");
            }
        }
        let pages = std::fs::read_dir(docs).unwrap().count();
        assert_eq!(pages, rule_names().count(), "a page without a rule");
    }
}
