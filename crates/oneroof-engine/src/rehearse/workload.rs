//! Step 7, once more under load: the tiers run on a copy of the clone while a pgbench script runs beside them,
//! and the longest stall that it suffered is told beside that of a quiet time before.
//!
//! On a copy, because a workload may write: the clone itself must come back to its baseline.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use oneroof_model::package::Tier;
use oneroof_model::{Digest, Refusal, RefusalCode};
use oneroof_pg::ephemeral::find_program;
use oneroof_pg::programs::Program;
use oneroof_pg::run::RunLock;
use oneroof_pg::workload::{
    Workload, WorkloadError, WorkloadLog, WorkloadOptions, WorkloadTransaction,
};

use super::copies::Copies;
use super::negative_engine::quiet;
use super::report::RehearsalReport;
use super::report_workload::{TierUnderLoad, WorkloadFigures, WorkloadReport};
use super::run::Rehearsal;
use super::stage::Stage;
use crate::clock;
use crate::context::Context;
use crate::error::{EngineError, Failure};
use crate::execute::forward::units;
use crate::execute::locks::LockReading;
use crate::execute::release::ReleaseRun;

/// How long the workload runs before the first tier.
const BASELINE: Duration = Duration::from_secs(3);

/// A workload that a rehearsal is asked to run beside the tiers.
#[derive(Debug, Clone)]
pub struct WorkloadRequest {
    /// The pgbench script.
    pub file: PathBuf,
    /// How many clients repeat it.
    pub clients: u32,
}

/// A workload with everything that it needs.
pub(crate) struct PreparedWorkload {
    file: String,
    script: String,
    clients: u32,
    pgbench: PathBuf,
}

/// Looks for script and program before anything is copied.
pub(super) async fn prepare(
    context: &Context,
    request: &WorkloadRequest,
) -> Result<PreparedWorkload, EngineError> {
    let file = request.file.display().to_string();
    let script = std::fs::read_to_string(&request.file).map_err(|error| {
        EngineError::input(
            format!("read workload `{file}`: {error}"),
            "--workload names a pgbench script: SQL statements and pgbench's own commands"
                .to_owned(),
        )
    })?;
    let (setting, places) = (context.server_binaries.clone(), context.search.clone());
    let pgbench = tokio::task::spawn_blocking(move || {
        find_program(Program::Pgbench, setting.as_deref(), &places)
    })
    .await
    .map_err(|error| EngineError::other(error.to_string()))?
    .map_err(|error| {
        Refusal::new(RefusalCode::ServerBinariesMissing, error.to_string()).hint(error.hint)
    })?;
    Ok(PreparedWorkload {
        file,
        script,
        clients: request.clients,
        pgbench,
    })
}

impl Rehearsal<'_> {
    /// Applies the tiers to the copy while the workload runs there. Gives one line about what was seen.
    pub(super) async fn under_load(
        &self,
        stage: &Stage<'_>,
        workload: &PreparedWorkload,
        copies: &Copies<'_>,
        report: &mut RehearsalReport,
    ) -> Result<String, EngineError> {
        let quiet = quiet(self.context);
        let place = copies.place(&copies.working()).await?;
        let run = ReleaseRun {
            context: &quiet,
            place: &place,
            locks: LockReading::Off,
            ..*stage.run
        };
        if let Some(simulate) = stage.simulate {
            self.simulate(&run, simulate).await?;
        }
        let conninfo = place
            .admin
            .clone()
            .ok_or_else(|| EngineError::other("find the clone's superuser"))?;
        let mut running = Workload::start(&WorkloadOptions {
            pgbench: workload.pgbench.clone(),
            script: workload.script.clone(),
            clients: workload.clients,
            conninfo,
            application_name: format!("oneroof/workload/{}", self.run_id),
        })
        .map_err(|error| workload_error(&error))?;
        let started_us = now_us();
        tokio::time::sleep(BASELINE).await;
        if running.has_ended() {
            let log = running.finish().await;
            return Err(broken(workload, &log.map_err(|e| workload_error(&e))?));
        }
        let began_us = now_us();
        let mut windows = Vec::new();
        let outcome = through_tiers(&run, stage.wanted, &mut windows).await;
        let ended_us = now_us();
        let log = running.finish().await.map_err(|e| workload_error(&e))?;
        let mut sums = Sums::new(started_us, began_us, ended_us, windows);
        log.each(|transaction| sums.add(transaction))
            .map_err(|error| workload_error(&error))?;
        let seen = WorkloadReport {
            file: workload.file.clone(),
            digest: Digest::of(workload.script.as_bytes()),
            clients: workload.clients,
            baseline: sums.baseline.figures(began_us - started_us),
            under_tiers: sums.under.figures(ended_us - began_us),
            tiers: sums.windows.iter().map(Window::report).collect(),
            errors: log.errors,
        };
        let line = seen.line();
        report.workload = Some(seen);
        outcome.map_err(in_the_way)?;
        Ok(line)
    }
}

/// Applies the tiers one after the other, and keeps when each of them ran.
async fn through_tiers(
    run: &ReleaseRun<'_>,
    wanted: &[&Tier],
    windows: &mut Vec<Window>,
) -> Result<(), EngineError> {
    let lock = run.lock().await?;
    let outcome = apply(run, &lock, wanted, windows).await;
    lock.release().await;
    outcome
}

async fn apply(
    run: &ReleaseRun<'_>,
    lock: &RunLock,
    wanted: &[&Tier],
    windows: &mut Vec<Window>,
) -> Result<(), EngineError> {
    run.adopted_state(lock.watcher()).await?;
    let entry = run.begin_release(lock, wanted, &mut Vec::new()).await?;
    let mut created = BTreeSet::new();
    for unit in units(wanted) {
        let began_us = now_us();
        let applied = run.apply_unit(lock, &unit, &entry, &mut created).await;
        let tries = applied.as_ref().ok().and_then(|records| records.first());
        windows.push(Window {
            tiers: unit.iter().map(|tier| tier.id.clone()).collect(),
            tries: tries.map(|record| record.attempts),
            began_us,
            ended_us: now_us(),
            sum: Sum::default(),
        });
        applied?;
    }
    Ok(())
}

/// When a unit of tiers ran, and what the workload did meanwhile.
struct Window {
    tiers: Vec<String>,
    tries: Option<u32>,
    began_us: i64,
    ended_us: i64,
    sum: Sum,
}

impl Window {
    /// Microseconds that lie in it.
    fn shares(&self, from_us: i64, until_us: i64) -> i64 {
        until_us.min(self.ended_us) - from_us.max(self.began_us)
    }

    fn report(&self) -> TierUnderLoad {
        TierUnderLoad {
            tiers: self.tiers.clone(),
            tries: self.tries,
            workload: self.sum.figures(self.ended_us - self.began_us),
        }
    }
}

/// Transactions before the tiers, beside them, and beside each of them.
struct Sums {
    started_us: i64,
    began_us: i64,
    ended_us: i64,
    baseline: Sum,
    under: Sum,
    windows: Vec<Window>,
}

impl Sums {
    fn new(started_us: i64, began_us: i64, ended_us: i64, windows: Vec<Window>) -> Sums {
        Sums {
            started_us,
            began_us,
            ended_us,
            baseline: Sum::default(),
            under: Sum::default(),
            windows,
        }
    }

    /// One that a tier held up ends after it, perhaps within the next one: it belongs to the tier beside which
    /// most of it was spent.
    fn add(&mut self, transaction: WorkloadTransaction) {
        let until_us = transaction.ended_us;
        let from_us = until_us - transaction.took_us.unwrap_or(0);
        if until_us < self.began_us {
            if from_us >= self.started_us {
                self.baseline.add(transaction);
            }
            return;
        }
        if from_us > self.ended_us {
            return;
        }
        self.under.add(transaction);
        let beside = self
            .windows
            .iter_mut()
            .map(|window| (window.shares(from_us, until_us), window))
            .filter(|(shared, _)| *shared >= 0)
            .max_by_key(|(shared, _)| *shared);
        if let Some((_, window)) = beside {
            window.sum.add(transaction);
        }
    }
}

/// Transactions added up.
#[derive(Default)]
struct Sum {
    done: u64,
    failed: u64,
    took_us: i64,
    longest_us: Option<i64>,
}

impl Sum {
    fn add(&mut self, transaction: WorkloadTransaction) {
        match transaction.took_us {
            Some(took_us) => {
                self.done += 1;
                self.took_us += took_us;
                self.longest_us = self.longest_us.max(Some(took_us));
            }
            None => self.failed += 1,
        }
    }

    fn figures(&self, duration_us: i64) -> WorkloadFigures {
        let ms = |microseconds: i64| microseconds as f64 / 1000.0;
        let mean = (self.done > 0).then(|| ms(self.took_us) / self.done as f64);
        WorkloadFigures {
            duration_ms: u64::try_from(duration_us / 1000).unwrap_or(0),
            transactions: self.done,
            failed: self.failed,
            mean_ms: mean.map(|mean| (mean * 1000.0).round() / 1000.0),
            longest_ms: self.longest_us.map(ms),
        }
    }
}

fn now_us() -> i64 {
    clock::instant().timestamp_micros()
}

/// The workload ended before the first tier began.
fn broken(workload: &PreparedWorkload, log: &WorkloadLog) -> EngineError {
    Failure {
        message: format!(
            "workload `{}` does not run on the clone, before any tier",
            workload.file
        ),
        file: Some(workload.file.clone()),
        detail: (!log.errors.is_empty()).then(|| log.errors.join("; ")),
        expected: Some("transactions until the last tier".into()),
        seen: Some(format!("pgbench: {}", log.exit)),
        hint: Some(
            "try it with pgbench on a kept clone (`oneroof clone list`); it runs as the superuser of the clone's server"
                .into(),
        ),
        ..Failure::default()
    }
    .into()
}

/// A tier that the workload kept from being applied.
fn in_the_way(error: EngineError) -> EngineError {
    match error {
        EngineError::Failed(failure) => Failure {
            message: format!("under the workload: {}", failure.message),
            hint: failure.hint.or_else(|| {
                Some("without the workload this tier was applied: give it more lock_retries, or a quieter hour".into())
            }),
            ..*failure
        }
        .into(),
        other => other,
    }
}

fn workload_error(error: &WorkloadError) -> EngineError {
    let mut message = format!("run the workload: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    EngineError::other(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_belongs_to_the_tier_that_held_it_up() {
        let window = |tier: &str, began_us, ended_us| Window {
            tiers: vec![tier.to_owned()],
            tries: Some(1),
            began_us,
            ended_us,
            sum: Sum::default(),
        };
        let windows = vec![window("one", 1_000, 5_000), window("two", 5_010, 6_000)];
        let mut sums = Sums::new(0, 900, 6_100, windows);
        for (ended_us, took_us) in [
            (500, Some(400)),     // before the tiers
            (950, Some(100)),     // begun before them, ended beside none
            (5_020, Some(4_000)), // held up by the first, ended within the second
            (5_500, Some(10)),
            (5_600, None),
            (6_300, Some(100)), // after them
        ] {
            sums.add(WorkloadTransaction { ended_us, took_us });
        }
        let seen = |sum: &Sum| (sum.done, sum.failed, sum.longest_us);
        assert_eq!(seen(&sums.baseline), (1, 0, Some(400)));
        assert_eq!(seen(&sums.under), (3, 1, Some(4_000)));
        assert_eq!(seen(&sums.windows[0].sum), (1, 0, Some(4_000)));
        assert_eq!(seen(&sums.windows[1].sum), (1, 1, Some(10)));
        assert_eq!(sums.windows[0].sum.figures(4_000).longest_ms, Some(4.0));
    }
}
