//! The scripts that ask: preflight, verification, probe, contract, revalidation, export; and the one that runs all.

use std::fmt::Write as _;

use oneroof_model::package::Precondition;

use super::Release;
use super::block::{Blocks, Broken, Keep};
use super::quote::{echo, fill, literal};
use super::script::{Needs, Shape, Writes, keep_marker};
use super::standing::Standing;
use crate::check::counted;
use crate::error::EngineError;

/// Agreed columns of views that pages read, if a package brings them.
const UI_READ_CONTRACT: &str = "checks/ui_read_contract.sql";
const INVARIANTS_HINT: &str =
    "the release is not whole, or something changed since: look at each line above before going on";

impl Release<'_> {
    /// `00_preflight.sql`: every precondition, the gate, the entry probe.
    pub(super) fn preflight(&self) -> Result<String, EngineError> {
        let plan = &self.package.plan;
        let mut text = self.head(
            "00_preflight.sql",
            &[
                "Asks every precondition and reads the entry probe. Changes nothing.",
                "The entry probe is kept in the session, for the scripts of the tiers.",
            ],
        );
        text.push_str(&self.begin(None, Writes::No));
        text.push_str(&self.guard("PREFLIGHT", Needs::Nothing)?);
        let gate_is_noted = self.gate().is_none();
        let mut gate_is_asked = false;
        for check in &plan.preconditions {
            if check.gate && gate_is_noted && !gate_is_asked {
                text.push_str(&self.noted_gate("PREFLIGHT"));
                gate_is_asked = true;
            }
            if self.parameters.fulfil(&check.when) {
                text.push_str(&self.blocks().check(check, "Precondition", Broken::Raises)?);
                text.push('\n');
            }
        }
        if gate_is_noted && !gate_is_asked {
            text.push_str(&self.noted_gate("PREFLIGHT"));
        }
        text.push_str("-- The entry probe: all metrics at this moment.\n");
        text.push_str(&self.blocks().probe(
            &self.blocks().all_metrics(),
            "entry",
            Keep::InSession,
        )?);
        text.push_str("set oneroof_run.last = '00_preflight.sql';\n\n");
        let done = ["PREFLIGHT: done".to_owned()];
        let lines = match plan.preflight.marker.0.as_slice() {
            [] => &done[..],
            lines => lines,
        };
        text.push_str(&self.blocks().marker(lines)?);
        text.push_str(&keep_marker(0));
        text.push_str("commit;\n\n\\echo :oneroof_marker_0\n");
        Ok(text)
    }

    /// `90_verify.sql`: all invariants, the verification's table.
    pub(super) fn verify(&self) -> Result<String, EngineError> {
        let plan = &self.package.plan;
        let mut text = self.head(
            "90_verify.sql",
            &["Asks every invariant and prints the verification's table. Changes nothing."],
        );
        text.push_str(&self.begin(None, Writes::No));
        text.push_str(&self.invariants()?);
        let names = &plan.verify.table;
        if !names.is_empty() {
            text.push_str(&self.blocks().probe(
                &names.iter().cloned().collect(),
                "table",
                Keep::InTransaction,
            )?);
            text.push_str(&self.table(names, Shape::Short));
            text.push('\n');
        }
        let done = ["VERIFY: done".to_owned()];
        let lines = match plan.verify.marker.0.as_slice() {
            [] => &done[..],
            lines => lines,
        };
        text.push_str(&self.blocks().marker(lines)?);
        text.push_str(&keep_marker(0));
        text.push_str("commit;\n\n\\echo :oneroof_marker_0\n");
        Ok(text)
    }

    /// All of them are asked, then those that do not hold are named together.
    fn invariants(&self) -> Result<String, EngineError> {
        let mut text = "set local oneroof_run.broken = '';\n\n".to_owned();
        for check in self.wanted(&self.package.plan.invariants) {
            text.push_str(
                &self
                    .blocks()
                    .check(check, "Invariant", Broken::IsCollected)?,
            );
            text.push('\n');
        }
        let message = "case cardinality(broken) when 1 then '1 invariant does not hold: ' else cardinality(broken) || ' invariants do not hold: ' end || array_to_string(broken, '; ')";
        text.push_str(&Blocks::collected(message, INVARIANTS_HINT));
        text.push('\n');
        Ok(text)
    }

    /// `99_run_all.sql`: everything, up to the first failure.
    pub(super) fn run_all(&self, tiers: &[String]) -> String {
        let mut text = self.head(
            "99_run_all.sql",
            &[
                "Runs the whole release in one session and stops at the first failure (psql then exits with 3).",
            ],
        );
        text.push_str("\\ir 00_preflight.sql\n");
        for tier in tiers {
            let _ = writeln!(text, "\\ir {}", literal(tier));
        }
        text.push_str("\\ir 90_verify.sql\n\n");
        text.push_str(&echo("ROLLOUT COMPLETE — ALL TIERS PASSED"));
        text.push('\n');
        text
    }

    /// `baseline_probe.sql`: all metrics with their meaning.
    pub(super) fn baseline_probe(&self) -> Result<String, EngineError> {
        let names = self.blocks().all_metrics();
        let in_order: Vec<String> = self
            .package
            .plan
            .metrics
            .iter()
            .filter(|metric| names.contains(&metric.name))
            .map(|metric| metric.name.clone())
            .collect();
        let mut text = self.head(
            "baseline_probe.sql",
            &["Prints all metrics of the release at one moment. Changes nothing."],
        );
        text.push_str(&self.begin(None, Writes::No));
        text.push_str(&self.blocks().probe(&names, "table", Keep::InTransaction)?);
        text.push_str(&self.table(&in_order, Shape::WithMeaning));
        text.push_str("\nrollback;\n");
        Ok(text)
    }

    /// `ui_read_contract.sql`, where the package brings one.
    pub(super) fn ui_read_contract(&self) -> Result<Option<String>, EngineError> {
        if !self.package.files().contains_key(UI_READ_CONTRACT) {
            return Ok(None);
        }
        let check = Precondition {
            name: "ui_read_contract".into(),
            metric: None,
            query: None,
            file: Some(UI_READ_CONTRACT.into()),
            required: oneroof_model::expression::Expression::constant(
                oneroof_model::Value::Integer(0),
            ),
            message: "UI READ CONTRACT BROKEN: {value} view(s) differ: {detail}".into(),
            hint: Some("a page that reads these views has to be changed with them".into()),
            when: Default::default(),
            when_relation: Vec::new(),
            gate: false,
            blocker: None,
        };
        let mut text = self.head(
            "ui_read_contract.sql",
            &["The views that pages read have the agreed columns. Changes nothing."],
        );
        text.push_str(&self.begin(None, Writes::No));
        text.push_str(&self.blocks().check(&check, "Contract", Broken::Raises)?);
        text.push_str("\nrollback;\n\n");
        text.push_str(&echo("UI READ CONTRACT PASS"));
        text.push('\n');
        Ok(Some(text))
    }

    /// `revalidate.sql`: R1 to R3 in a transaction that is rolled back.
    pub(super) fn revalidate(&self, standing: &[Standing<'_>]) -> Result<String, EngineError> {
        let mut text = self.head(
            "revalidate.sql",
            &[
                "R1 the invariants, R2 every view and function of the release made again as it is, R3 its acts twice.",
                "Everything is rolled back. Numbers of sequences are used up and tables are locked while it runs: use a copy.",
            ],
        );
        text.push_str(&self.begin(None, Writes::Yes));
        text.push_str("-- R1\n");
        text.push_str(&self.invariants()?);
        text.push_str(&echo("R1 PASS: the invariants hold"));
        text.push_str("\n\n-- R2, in the order in which the release makes them, which is that of their dependencies\n");
        let views: Vec<String> = standing
            .iter()
            .flat_map(|tier| tier.views.clone())
            .collect();
        let functions: Vec<String> = standing
            .iter()
            .flat_map(|tier| tier.functions.clone())
            .collect();
        text.push_str(&Self::views_again(&views, &functions));
        text.push_str(&echo(&format!(
            "R2 PASS: {} and {}, each what its definition says",
            counted(views.len(), "view"),
            counted(functions.len(), "function")
        )));
        text.push_str("\n\n-- R3\n");
        text.push_str(&self.blocks().repeats()?);
        text.push_str(&echo(
            "R3 PASS: what may be done again changes nothing when it is",
        ));
        text.push_str("\n\nrollback;\n\n");
        text.push_str(&echo("REVALIDATION PASS"));
        text.push('\n');
        Ok(text)
    }

    /// `97_export.sql`: rows that a rollback deletes, one JSON document per line.
    pub(super) fn exports(&self) -> Result<Option<String>, EngineError> {
        let plan = &self.package.plan;
        let wanted: Vec<_> = plan
            .exports
            .iter()
            .filter(|export| self.parameters.fulfil(&export.when))
            .collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut text = self.head(
            "97_export.sql",
            &[
                "Prints the rows that a rollback deletes, one JSON document per line. Changes nothing.",
                "Before a rollback: psql -X -f 97_export.sql > export.jsonl",
            ],
        );
        text.push_str("\\pset format unaligned\n\\pset tuples_only on\n\n");
        text.push_str(&self.begin(None, Writes::No));
        for export in wanted {
            let query = self
                .package
                .query(export.query.as_ref(), export.file.as_ref())?;
            let statement = fill(
                include_str!("sql/export.sql"),
                &[
                    ("name", &literal(&export.name)),
                    ("query", &super::block::single(&export.name, query)?),
                ],
            );
            match export.when_relation.as_slice() {
                [] => text.push_str(&statement),
                relations => {
                    let _ = write!(
                        text,
                        "{}\\if :oneroof_is_there\n{statement}\\endif\n",
                        fill(
                            include_str!("sql/is_there.sql"),
                            &[(
                                "relations",
                                &super::quote::array(relations.iter().map(String::as_str))
                            )]
                        )
                    );
                }
            }
            text.push('\n');
        }
        text.push_str("rollback;\n\\pset format aligned\n\\pset tuples_only off\n");
        Ok(Some(text))
    }
}
