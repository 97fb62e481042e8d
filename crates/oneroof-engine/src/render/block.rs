//! The `do` blocks that ask something: metrics, checks, expectations, marker lines.

use std::collections::BTreeSet;

use oneroof_model::expression::{Expression, Term};
use oneroof_model::package::{Metric, Precondition, ResolvedParameters, Tier};
use oneroof_model::template::metrics_named;

use super::expression::{holds, message, names_entry, value};
use super::quote::{array, comment, dollar, fill, indent, literal};
use crate::error::{EngineError, Failure};
use crate::metrics::named_by;
use crate::store::package_files::OpenPackage;

/// Under this name a check keeps the value of its own query among the figures; no metric can have it.
const OWN: &str = "(this check)";
const FIGURES: &str = include_str!("sql/figures.sql");
const READS: &str = include_str!("sql/reads.sql");

/// What a block does with a check that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// Ends the script there and then: later checks often follow from it.
    Raises,
    /// Is remembered, and [`Blocks::collected`] names them all.
    IsCollected,
}

/// Writes the blocks of one release.
pub(super) struct Blocks<'a> {
    pub(super) package: &'a OpenPackage,
    pub(super) parameters: &'a ResolvedParameters,
}

impl Blocks<'_> {
    /// `do $oneroof$ … $oneroof$;`
    pub(super) fn block(body: &str) -> String {
        format!("do {};\n", dollar("oneroof", body))
    }

    /// A precondition, an invariant or a condition of the rollback.
    pub(super) fn check(
        &self,
        check: &Precondition,
        what: &str,
        broken: Broken,
    ) -> Result<String, EngineError> {
        let mut names: BTreeSet<String> = check
            .required
            .metrics()
            .into_iter()
            .map(str::to_owned)
            .collect();
        names.extend(metrics_named(&check.message));
        names.extend(check.hint.iter().flat_map(|hint| metrics_named(hint)));
        let own = match &check.metric {
            Some(metric) => self.package.plan.metric(metric),
            None => None,
        };
        let mut rows = self.rows(&names, own)?;
        if own.is_none() {
            let query = self
                .package
                .query(check.query.as_ref(), check.file.as_ref())?;
            rows.push(row(OWN, &[], &single(&check.name, query)?));
        }
        let metric = check.metric.as_deref().unwrap_or(OWN);
        let hint = check
            .hint
            .as_ref()
            .map(|hint| format!(",\n            hint = {}", message(hint)));
        let said = [
            ("message", message(&check.message)),
            ("hint", hint.unwrap_or_default()),
        ];
        let said: Vec<(&str, &str)> = said.iter().map(|(name, text)| (*name, &**text)).collect();
        let broken = match broken {
            Broken::Raises => fill(include_str!("sql/raise.sql"), &said),
            Broken::IsCollected => fill(include_str!("sql/collect.sql"), &said),
        };
        let skip = match check.when_relation.as_slice() {
            [] => String::new(),
            relations => fill(
                include_str!("sql/skip.sql"),
                &[("relations", &array(relations.iter().map(String::as_str)))],
            ),
        };
        let body = fill(
            include_str!("sql/check.sql"),
            &[
                ("figures", FIGURES),
                ("skip", &skip),
                ("needs", &needs_entry([&check.required], &check.name)),
                ("reads", &reads(&rows, 4)),
                ("own", &literal(metric)),
                ("required", &value(&check.required, metric)),
                ("calculated", &calculated(&check.name, &check.required)),
                ("holds", &holds(&check.required)),
                ("broken", &broken),
            ],
        );
        Ok(format!(
            "-- {what} `{}`: {}\n{}",
            comment(&check.name),
            comment(&wish(
                check.metric.as_deref().unwrap_or("its value"),
                &check.required
            )),
            Blocks::block(&body)
        ))
    }

    /// Raises if one of the checks before it was broken; `message` is a text of SQL.
    pub(super) fn collected(message: &str, hint: &str) -> String {
        Blocks::block(&fill(
            include_str!("sql/collected.sql"),
            &[("message", message), ("hint", &literal(hint))],
        ))
    }

    /// The figures right before the tier, if it asks about any.
    pub(super) fn before(&self, tier: &Tier) -> Result<String, EngineError> {
        let names = named_by(tier);
        if names.is_empty() {
            return Ok(String::new());
        }
        Ok(format!(
            "-- The figures right before the tier.\n{}\n",
            self.probe(&names, "before", Keep::InTransaction)?
        ))
    }

    /// What the tier expects before its first statement; nothing where it expects nothing.
    pub(super) fn expected_before(&self, tier: &Tier) -> String {
        let wishes: Vec<Wish<'_>> = tier
            .expect
            .iter()
            .filter_map(|(name, expectation)| expectation.from.as_ref().map(|from| (name, from)))
            .collect();
        if wishes.is_empty() {
            return String::new();
        }
        let body = fill(
            include_str!("sql/expect.sql"),
            &[
                ("figures", FIGURES),
                (
                    "needs",
                    &needs_entry(wishes.iter().map(|wish| wish.1), &tier.id),
                ),
                ("reads", "    live := at_before;\n"),
                (
                    "expectations",
                    &expectations(tier, &wishes, " before its first statement, expected "),
                ),
                ("marker", ""),
            ],
        );
        format!(
            "-- What must be true before the tier's own statements.\n{}\n",
            Blocks::block(&body)
        )
    }

    /// What the tier expects after its last statement, and its marker lines, which are kept for the end of
    /// the transaction.
    pub(super) fn expected_after(
        &self,
        tier: &Tier,
        marker: &[String],
    ) -> Result<String, EngineError> {
        let wishes: Vec<Wish<'_>> = tier
            .expect
            .iter()
            .map(|(name, expectation)| (name, &expectation.to))
            .collect();
        let marker = format!(
            "\n    -- What is printed after the commit.\n    perform set_config('oneroof_run.marker', {}, false);\n",
            lines(marker)
        );
        let body = fill(
            include_str!("sql/expect.sql"),
            &[
                ("figures", FIGURES),
                (
                    "needs",
                    &needs_entry(wishes.iter().map(|wish| wish.1), &tier.id),
                ),
                ("reads", &reads(&self.rows(&named_by(tier), None)?, 4)),
                (
                    "expectations",
                    &expectations(tier, &wishes, " after its last statement, expected "),
                ),
                ("marker", &marker),
            ],
        );
        Ok(format!(
            "-- What must be true after the tier's own statements.\n{}",
            Blocks::block(&body)
        ))
    }

    /// Reads metrics and keeps them as JSON in the setting `oneroof_run.<setting>`.
    pub(super) fn probe(
        &self,
        names: &BTreeSet<String>,
        setting: &str,
        keep: Keep,
    ) -> Result<String, EngineError> {
        self.remember(names, setting, "live::text", keep)
    }

    /// Fills marker lines and keeps them for the end of the transaction.
    pub(super) fn marker(&self, marker: &[String]) -> Result<String, EngineError> {
        let names = marker.iter().flat_map(|line| metrics_named(line)).collect();
        self.remember(&names, "marker", &lines(marker), Keep::InSession)
    }

    fn remember(
        &self,
        names: &BTreeSet<String>,
        setting: &str,
        value: &str,
        keep: Keep,
    ) -> Result<String, EngineError> {
        let body = fill(
            include_str!("sql/remember.sql"),
            &[
                ("figures", FIGURES),
                ("reads", &reads(&self.rows(names, None)?, 4)),
                ("setting", &literal(&format!("oneroof_run.{setting}"))),
                ("value", value),
                (
                    "local",
                    match keep {
                        Keep::InTransaction => "true",
                        Keep::InSession => "false",
                    },
                ),
            ],
        );
        Ok(Blocks::block(&body))
    }

    /// The acts of `[[repeat]]`, each done twice.
    pub(super) fn repeats(&self) -> Result<String, EngineError> {
        let plan = &self.package.plan;
        let mut text = String::new();
        for repeat in plan
            .repeats
            .iter()
            .filter(|repeat| self.parameters.fulfil(&repeat.when))
        {
            let rows = self.rows(&repeat.unchanged.iter().cloned().collect(), None)?;
            let body = fill(
                include_str!("sql/repeat.sql"),
                &[
                    ("figures", FIGURES),
                    ("reads", &reads(&rows, 4)),
                    ("reads_again", &reads(&rows, 8)),
                    ("act", &dollar("act", &single(&repeat.name, &repeat.sql)?)),
                    ("name", &literal(&repeat.name)),
                ],
            );
            text.push_str(&format!("-- Done twice: {}\n", comment(&repeat.name)));
            text.push_str(&Blocks::block(&body));
        }
        Ok(text)
    }

    /// The names of all metrics that these parameters have.
    pub(super) fn all_metrics(&self) -> BTreeSet<String> {
        let all = self.package.plan.metrics.iter();
        all.filter(|metric| self.parameters.fulfil(&metric.when))
            .map(|metric| metric.name.clone())
            .collect()
    }

    /// One line for each metric that these parameters have; `last` comes last.
    fn rows(
        &self,
        names: &BTreeSet<String>,
        last: Option<&Metric>,
    ) -> Result<Vec<String>, EngineError> {
        let is_last = |metric: &Metric| last.is_some_and(|last| last.name == metric.name);
        self.package
            .plan
            .metrics
            .iter()
            .filter(|metric| names.contains(&metric.name) && !is_last(metric))
            .chain(last)
            .filter(|metric| self.parameters.fulfil(&metric.when))
            .map(|metric| {
                let query = self
                    .package
                    .query(metric.query.as_ref(), metric.file.as_ref())?;
                let relations: Vec<&str> =
                    metric.when_relation.iter().map(String::as_str).collect();
                Ok(row(&metric.name, &relations, &single(&metric.name, query)?))
            })
            .collect()
    }
}

/// How long a figure is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// For later scripts of the session, if the transaction commits.
    InSession,
    /// For later blocks of the transaction.
    InTransaction,
}

/// A metric and what it must be.
type Wish<'w> = (&'w String, &'w Expression);

fn expectations(tier: &Tier, wishes: &[Wish<'_>], when: &str) -> String {
    wishes
        .iter()
        .map(|(name, expression)| {
            let start = format!("tier {}: metric `{name}` is ", tier.title());
            fill(
                include_str!("sql/expectation.sql"),
                &[
                    ("comment", &comment(&wish(name, expression))),
                    ("name", &literal(name)),
                    ("required", &value(expression, name)),
                    ("calculated", &calculated(name, expression)),
                    ("holds", &holds(expression)),
                    ("start", &literal(&start)),
                    ("middle", &literal(when)),
                ],
            )
        })
        .collect()
}

/// Marker lines as one text of SQL.
fn lines(marker: &[String]) -> String {
    let lines: Vec<String> = marker.iter().map(|line| message(line)).collect();
    match lines.is_empty() {
        true => literal(""),
        false => lines.join(" || chr(10) || "),
    }
}

/// `gap must be entry - 10`, for people.
fn wish(name: &str, expression: &Expression) -> String {
    format!("{name} must be {}", expression.text())
}

/// Arithmetic may have no value; nothing else of an expression can.
fn calculated(name: &str, expression: &Expression) -> String {
    if !matches!(expression.term(), Term::Binary(..)) {
        return String::new();
    }
    let message = format!(
        "evaluate what `{name}` requires: calculate `{}` with something that is no whole number",
        expression.text()
    );
    fill(
        include_str!("sql/calculated.sql"),
        &[("message", &literal(&message))],
    )
}

/// A block that names the entry probe cannot be run without it.
fn needs_entry<'a>(expressions: impl IntoIterator<Item = &'a Expression>, name: &str) -> String {
    if !expressions.into_iter().any(names_entry) {
        return String::new();
    }
    fill(
        include_str!("sql/needs_entry.sql"),
        &[
            (
                "message",
                &literal(&format!(
                    "`{name}` needs the entry probe, and this session has none"
                )),
            ),
            ("hint", &literal(super::ENTRY_HINT)),
        ],
    )
}

fn row(name: &str, relations: &[&str], query: &str) -> String {
    format!(
        "        ({}, {}, {})",
        literal(name),
        array(relations.iter().copied()),
        dollar("query", query)
    )
}

/// Reads the metrics of these rows into `live`. The text of a query is left as it is.
fn reads(rows: &[String], blanks: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let (start, end) = READS.split_once("{{rows}}").unwrap_or((READS, ""));
    format!(
        "{}{}{}",
        indent(start, blanks),
        rows.join(",\n"),
        indent(end, blanks)
    )
}

/// The text of a query that is one statement, without what ends it.
pub(super) fn single(name: &str, text: &str) -> Result<String, EngineError> {
    let statements = oneroof_sql::split(text).map_err(|error| Failure {
        message: format!("parse the query of `{name}`: {error}"),
        ..Failure::default()
    })?;
    match statements.as_slice() {
        [statement] => Ok(statement.text.clone()),
        _ => Err(EngineError::other(format!(
            "render `{name}`: its query is {} statements, not one",
            statements.len()
        ))),
    }
}
