//! The steps that look at the source: its entry probe and its exit probe.

use oneroof_model::Value;
use oneroof_model::expression::Expression;
use oneroof_model::package::Metric;
use oneroof_pg::ledger;

use super::clone::Clone;
use super::isolation;
use super::observe::{found, read};
use super::report::{Growth, RehearsalReport};
use super::run::Rehearsal;
use crate::error::{EngineError, Failure};
use crate::figures::{Figures, Probe};
use crate::probe::described;
use crate::source::Source;
use crate::{metrics, open, postgres_range};

impl Rehearsal<'_> {
    /// Step 1.
    pub(super) async fn entry_probe(
        &self,
        source: &mut Source,
        report: &mut RehearsalReport,
    ) -> Result<(Probe, String), EngineError> {
        let settings =
            open::reading_settings(self.package, self.parameters, self.target, self.run_id)?;
        let (package, parameters) = (self.package, self.parameters);
        let (identity, head, probe, entry) = source
            .read(&settings, async |session| {
                let identity = oneroof_pg::catalog::identity(session)
                    .await
                    .map_err(EngineError::database("read the source's identity"))?;
                // Who may read the genesis may read the entries.
                let head = match identity.genesis {
                    Some(_) => {
                        ledger::newest_hash(session)
                            .await
                            .map_err(EngineError::database(
                                "read the head of the source's ledger",
                            ))?
                    }
                    None => None,
                };
                let probe = metrics::probe(session, package, parameters, None).await?;
                let mut entry = Vec::new();
                for figure in self
                    .options
                    .figures
                    .iter()
                    .filter(|figure| figure.stage == "entry")
                {
                    let value = match (&figure.metric, &figure.query) {
                        (Some(metric), _) => Ok(probe.get(metric).cloned().unwrap_or(Value::Null)),
                        (None, Some(query)) => read(session, None, query).await,
                        (None, None) => Err("it has neither `metric` nor `query`".into()),
                    };
                    entry.push((figure.id.clone(), found("entry", value)));
                }
                Ok((identity, head, probe, entry))
            })
            .await?;
        postgres_range::check(self.package, identity.major)?;
        open::right_database(self.package, self.target, &identity)?;
        report.source.database.clone_from(&identity.database_name);
        report
            .source
            .server_version
            .clone_from(&identity.server_version);
        report
            .source
            .system_identifier
            .clone_from(&identity.system_identifier);
        report.source.database_oid = identity.database_oid;
        report.source.ledger_head = head;
        report.source.genesis.clone_from(&identity.genesis);
        report.source.identity_digest = Some(identity.digest());
        report.entry_metrics = described(&self.package.plan, &probe);
        report.observations.extend(entry);
        report.probes.insert("entry".into(), probe.clone());
        self.context.emit(oneroof_model::Event::ProbeTaken {
            moment: "entry".into(),
            values: probe.clone(),
        });
        self.momentary_hold(&probe)?;
        let detail = format!(
            "{} metrics of database `{}`, read-only",
            probe.len(),
            identity.database_name
        );
        Ok((probe, detail))
    }

    /// Metrics with a required value must have it at the entry and at the exit.
    fn momentary_hold(&self, probe: &Probe) -> Result<(), EngineError> {
        let figures = Figures {
            live: probe.clone(),
            entry: probe.clone(),
            ..Figures::default()
        };
        let required = |metric: &Metric| {
            metric
                .required
                .clone()
                .map(|required| (metric.name.clone(), required))
        };
        for (name, required) in self.package.plan.metrics.iter().filter_map(required) {
            let Some(seen) = probe.get(&name) else {
                continue;
            };
            let wanted: Value = Expression::evaluate(&required, &name, &figures)
                .map_err(|error| metrics::expression_failure(&name, &error))?;
            if !required.holds(seen, &wanted) {
                let meaning = self
                    .package
                    .plan
                    .metric(&name)
                    .map(|metric| metric.meaning.clone());
                return Err(Failure {
                    message: format!(
                        "metric `{name}` of the source is {seen}, required {}",
                        required.text()
                    ),
                    detail: meaning,
                    expected: Some(required.text().to_owned()),
                    seen: Some(seen.to_string()),
                    hint: Some("nothing was changed; try again when the source is quiet".into()),
                    ..Failure::default()
                }
                .into());
            }
        }
        Ok(())
    }

    /// Step 16.
    pub(super) async fn exit_probe(
        &self,
        source: &mut Source,
        entry: &Probe,
        clone: &Clone,
        report: &mut RehearsalReport,
    ) -> Result<((), String), EngineError> {
        let settings =
            open::reading_settings(self.package, self.parameters, self.target, self.run_id)?;
        let exit = source
            .read(&settings, async |session| {
                metrics::probe(session, self.package, self.parameters, None).await
            })
            .await?;
        report.probes.insert("exit".into(), exit.clone());
        self.context.emit(oneroof_model::Event::ProbeTaken {
            moment: "exit".into(),
            values: exit.clone(),
        });
        let isolation = isolation::prove(self, source, clone).await?;
        let sentence = isolation.sentence.clone();
        report.isolation = Some(isolation);
        let mut moved = Vec::new();
        for metric in &self.package.plan.metrics {
            let (before, after) = (entry.get(&metric.name), exit.get(&metric.name));
            if before == after {
                continue;
            }
            let shown = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
            if metric.volatile {
                report.volatile_growth.push(Growth {
                    metric: metric.name.clone(),
                    entry: shown(before),
                    exit: shown(after),
                });
            } else if metric.required.is_none() {
                moved.push(format!(
                    "{}: {} at entry, {} at exit",
                    metric.name,
                    shown(before),
                    shown(after)
                ));
            }
        }
        self.momentary_hold(&exit)?;
        if moved.is_empty() {
            let equal = exit.len() - report.volatile_growth.len();
            return Ok(((), format!("{equal} metrics equal; {sentence}")));
        }
        Err(Failure {
            message: format!(
                "the source changed while the rehearsal ran: {}",
                moved.join("; ")
            ),
            detail: Some(sentence),
            hint: Some(
                "oneroof wrote nothing; declare the metric volatile if it grows by daily work"
                    .into(),
            ),
            ..Failure::default()
        }
        .into())
    }
}
