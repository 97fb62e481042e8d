//! What the scripts have in common: head, transaction, the package's files byte for byte, marker lines.

use std::fmt::Write as _;

use oneroof_model::Digest;
use oneroof_model::package::Tier;

use super::Release;
use super::block::{Blocks, Broken};
use super::quote::{array, comment, fill, identifier, indent, literal};
use crate::error::EngineError;
use crate::execute::statements::Script;
use crate::postgres_range;

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writes {
    Yes,
    No,
}

impl Release<'_> {
    /// The first lines of every script: what it is, how psql behaves, the values of the run.
    pub(super) fn head(&self, file: &str, lines: &[&str]) -> String {
        let mut text = format!(
            "-- {file} of release {}, rendered by oneroof. Read README.txt first.\n",
            self.package.plan.release_tag()
        );
        for line in lines {
            let _ = writeln!(text, "-- {}", comment(line));
        }
        text.push_str("\n\\set ON_ERROR_STOP on\n\\ir params.sql\n\n");
        text
    }

    /// Begins a transaction with the settings of a tier, or of a check (`None`).
    pub(super) fn begin(&self, tier: Option<&Tier>, writes: Writes) -> String {
        let mut text = match writes {
            Writes::Yes => "begin transaction isolation level read committed read write;\n",
            Writes::No => "begin transaction isolation level repeatable read read only;\n",
        }
        .to_owned();
        text.push_str(&self.settings(tier));
        text
    }

    /// Limits, search path and role until the end of the transaction.
    pub(super) fn settings(&self, tier: Option<&Tier>) -> String {
        let (lock, statement) = tier.map_or((3_000, 60_000), |tier| {
            (
                tier.lock_timeout.milliseconds,
                tier.statement_timeout.milliseconds,
            )
        });
        let mut text = format!(
            "set local lock_timeout = '{lock}ms';\nset local statement_timeout = '{statement}ms';\n"
        );
        if let Some(schema) = self.parameters.schema(&self.package.plan) {
            let _ = writeln!(
                text,
                "set local search_path = {}, pg_temp;",
                identifier(&schema)
            );
        }
        let role = match tier {
            Some(tier) => self.package.plan.run_as(tier),
            None => self.package.plan.package.run_as.as_deref(),
        };
        let _ = writeln!(
            text,
            "set local role {};\n",
            role.map_or_else(|| "none".to_owned(), identifier)
        );
        text
    }

    /// The name of the database, the run lock, and what else stands before a script that acts.
    pub(super) fn guard(&self, label: &str, needs: Needs) -> Result<String, EngineError> {
        let entry = match needs {
            Needs::EntryProbe => fill(
                include_str!("sql/needs_entry.sql"),
                &[
                    (
                        "message",
                        &literal(&format!("{label} ABORT: no entry probe in this session")),
                    ),
                    ("hint", &literal(super::ENTRY_HINT)),
                ],
            ),
            Needs::Nothing => String::new(),
        };
        let version = match &self.package.plan.package.postgres {
            None => String::new(),
            Some(range) => {
                let comparisons = postgres_range::comparisons(range).ok_or_else(|| {
                    EngineError::input(
                        format!("read `postgres = \"{range}\"` of release.toml"),
                        "write comparisons of majors, such as \">=14, <19\"".to_owned(),
                    )
                })?;
                let holds: Vec<String> = comparisons
                    .iter()
                    .map(|(operator, major)| {
                        format!(
                            "current_setting('server_version_num')::int / 10000 {operator} {major}"
                        )
                    })
                    .collect();
                fill(
                    include_str!("sql/version.sql"),
                    &[
                        ("holds", &holds.join(" and ")),
                        ("label", &literal(label)),
                        ("range", &literal(range)),
                    ],
                )
            }
        };
        Ok(format!(
            "-- The right database and server, and nobody else at work.\n{}\n",
            Blocks::block(&fill(
                include_str!("sql/guard.sql"),
                &[
                    ("entry", &entry),
                    ("label", &literal(label)),
                    ("version", &version),
                ],
            ))
        ))
    }

    /// The gate, where the package itself has none that SQL could ask.
    pub(super) fn noted_gate(&self, label: &str) -> String {
        format!(
            "-- The gate: this release has none that SQL could ask, so a line of params.sql must say READY.\n{}\n",
            Blocks::block(&fill(
                include_str!("sql/gate.sql"),
                &[("label", &literal(label))],
            ))
        )
    }

    /// A file of the package between two lines that say so, byte for byte.
    pub(super) fn embed(&self, file: &str) -> Result<String, EngineError> {
        let text = self.package.text(file)?;
        let script = Script::parse(file, text)?;
        let mut embedded = format!(
            "-- >>> {file}: the {} bytes below, SHA-256 {}\n{text}",
            text.len(),
            Digest::of(text.as_bytes())
                .to_string()
                .trim_start_matches("sha256:")
        );
        if !text.ends_with('\n') {
            embedded.push('\n');
        }
        let _ = writeln!(embedded, "-- <<< {file}");
        let is_ended = script.statements.last().is_none_or(|last| {
            text[last.offset + last.text.len()..]
                .trim_start()
                .starts_with(';')
        });
        if !is_ended {
            embedded.push_str("-- Its last statement has no semicolon, which psql needs.\n;\n");
        }
        embedded.push('\n');
        Ok(embedded)
    }

    /// The script of a unit: a tier, or the tiers of a group that share a transaction.
    pub(super) fn unit(
        &self,
        file: &str,
        before: &str,
        unit: &[&Tier],
    ) -> Result<String, EngineError> {
        let titles: Vec<String> = unit
            .iter()
            .map(|tier| format!("Tier {}: {}", tier.title(), tier.summary))
            .collect();
        let mut lines: Vec<&str> = titles.iter().map(String::as_str).collect();
        if unit.len() > 1 {
            lines.push("These tiers are a group: they share one transaction.");
        }
        let mut text = self.head(file, &lines);
        let first = unit.first().copied();
        let label = first.map_or("", label);
        text.push_str(&self.begin(first, Writes::Yes));
        text.push_str(&self.guard(label, Needs::EntryProbe)?);
        let mut markers = Vec::new();
        for (number, tier) in unit.iter().enumerate() {
            if number > 0 {
                text.push_str(&self.settings(Some(tier)));
            }
            text.push_str(&self.tier_gate(tier)?);
            text.push_str(&self.blocks().before(tier)?);
            for check in self.wanted(&tier.preconditions) {
                text.push_str(&self.blocks().check(check, "Precondition", Broken::Raises)?);
                text.push('\n');
            }
            if number == 0 {
                text.push_str("-- The scripts run in their order, in one session.\n");
                text.push_str(&Blocks::block(&fill(
                    include_str!("sql/order.sql"),
                    &[
                        ("label", &literal(label)),
                        ("before", &literal(before)),
                        ("this", &literal(file)),
                    ],
                )));
                text.push('\n');
            }
            text.push_str(&self.blocks().expected_before(tier));
            text.push_str(&Blocks::block(include_str!("sql/given.sql")));
            text.push('\n');
            text.push_str(&self.embed(&tier.file)?);
            text.push_str("-- Deferred constraints speak now, and not at the commit.\nset constraints all immediate;\n\n");
            let message = format!(
                "tier {} changed its settings and left them changed",
                tier.title()
            );
            text.push_str(&Blocks::block(&fill(
                include_str!("sql/kept.sql"),
                &[("message", &literal(&message))],
            )));
            text.push('\n');
            let done = [format!("{}: done", tier.title())];
            let lines = match tier.marker.0.as_slice() {
                [] => &done[..],
                lines => lines,
            };
            text.push_str(&self.blocks().expected_after(tier, lines)?);
            text.push_str(&keep_marker(number));
            markers.push(number);
        }
        text.push_str("commit;\n\n");
        for number in markers {
            let _ = writeln!(text, "\\echo :oneroof_marker_{number}");
        }
        Ok(text)
    }

    /// The gate in a tier's script. A tier that asks it by itself is left its own words.
    fn tier_gate(&self, tier: &Tier) -> Result<String, EngineError> {
        let Some(gate) = self.gate() else {
            return Ok(self.noted_gate(label(tier)));
        };
        let asks_itself = self.wanted(&tier.preconditions).any(|check| {
            (check.gate || gate.metric.is_some() && check.metric == gate.metric)
                && check.required == gate.required
        });
        if asks_itself {
            return Ok(String::new());
        }
        Ok(format!(
            "{}\n",
            self.blocks().check(gate, "Gate", Broken::Raises)?
        ))
    }

    /// A list of metrics as a table of psql; the figures are in `oneroof_run.table`.
    pub(super) fn table(&self, names: &[String], shape: Shape) -> String {
        let metrics = names
            .iter()
            .filter_map(|name| self.package.plan.metric(name));
        let rows: Vec<String> = metrics
            .enumerate()
            .map(|(number, metric)| {
                format!(
                    "({number}, {}, {}, {})",
                    literal(&metric.name),
                    literal(crate::probe::class(metric)),
                    literal(&metric.meaning)
                )
            })
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        let (more_columns, only) = match shape {
            Shape::Short => ("", ""),
            Shape::WithMeaning => (
                ", wanted.class, wanted.meaning",
                "where probe.figures ? wanted.name\n",
            ),
        };
        fill(
            include_str!("sql/table.sql"),
            &[
                ("more_columns", more_columns),
                ("rows", indent(&rows.join(",\n"), 4).trim_end()),
                ("where", only),
            ],
        )
    }

    /// Views and functions of the release are made again as they are.
    pub(super) fn views_again(views: &[String], functions: &[String]) -> String {
        Blocks::block(&fill(
            include_str!("sql/views_again.sql"),
            &[
                ("views", &array(views.iter().map(String::as_str))),
                ("functions", &array(functions.iter().map(String::as_str))),
            ],
        ))
    }
}

/// What a script must find in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    EntryProbe,
    Nothing,
}

/// Columns of a table of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Short,
    WithMeaning,
}

/// `T3`, or the id.
pub(super) fn label(tier: &Tier) -> &str {
    tier.label.as_deref().unwrap_or(&tier.id)
}

/// Puts the marker lines into a variable of psql, which outlives the transaction.
pub(super) fn keep_marker(number: usize) -> String {
    format!("select current_setting('oneroof_run.marker') as oneroof_marker_{number} \\gset\n\n")
}
