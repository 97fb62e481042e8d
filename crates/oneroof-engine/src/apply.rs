//! `apply`: runs a release on a clone, a scratch database, or through the gate on a production.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use oneroof_model::gate::Act;
use oneroof_model::locks::TierLock;
use oneroof_model::package::{ResolvedParameters, Tier};
use oneroof_model::{
    Digest, Effects, Event, FinishedRun, Refusal, RefusalCode, ReleaseState, TargetClass, Value,
};
use oneroof_pg::connect::Access;
use oneroof_pg::ledger::{self, EntryKind};
use oneroof_pg::run::RunLock;
use serde::Serialize;

use crate::context::{Context, TargetDatabase};
use crate::error::{EngineError, Failure};
use crate::execute::forward::{TierRecord, millis, units};
use crate::execute::locks::LockReading;
use crate::execute::release::{Place, ReleaseRun, Resume};
use crate::execute::seen_ledger::SeenLedger;
use crate::execute::tier_session::NextSession;
use crate::figures::{Figures, Probe};
use crate::gate::{Approved, GateReport, Question};
use crate::metrics::{self, BrokenCheck, StopAt};
use crate::rehearsed::{self, Rehearsed};
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::package_files::OpenPackage;
use crate::store::run_log::RunLog;
use crate::{open, parameters, run_id};

/// What `apply` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Act; without it only the plan is shown.
    pub execute: bool,
    /// Go on with a tier outside a transaction that was cut.
    pub resume: bool,
    /// Stop after this tier: a chosen cut.
    pub through: Option<String>,
    /// `--params` files.
    pub params: Vec<PathBuf>,
    /// Evidence of the rehearsal whose effects every tier must have, and no others.
    pub evidence: Option<String>,
}

/// What `apply` did or would do.
#[derive(Debug, Serialize)]
pub struct ApplyReport {
    /// Id of the run.
    pub run_id: String,
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// Digest of the parameters.
    pub params_digest: Digest,
    /// The target's name.
    pub target: String,
    /// What it is.
    pub class: TargetClass,
    /// Its database.
    pub database: String,
    /// Address of the server's end and its port, `[local]` for a socket.
    pub server: String,
    /// Number of the cluster, decimal; none if it may not be asked.
    pub system_identifier: Option<String>,
    /// The rehearsal that the tiers must repeat.
    pub rehearsed: Option<Rehearsed>,
    /// What the gate of a production says, where nothing is done yet.
    pub gate: Option<GateReport>,
    /// The leave that a production was changed by.
    pub approved: Option<Approved>,
    /// Was it done, or only shown?
    pub executed: bool,
    /// Tiers that stood already (a run that was interrupted).
    pub resumed_after: Vec<String>,
    /// Tiers that will run, in order.
    pub planned: Vec<PlannedTier>,
    /// Marker lines, in order.
    pub markers: Vec<String>,
    /// Metrics when the release began.
    pub entry: Probe,
    /// What each tier did.
    pub tiers: Vec<TierRecord>,
    /// Values of the verification's table.
    pub verify_table: Vec<(String, Value)>,
}

/// A tier of the plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedTier {
    /// Its id.
    pub tier: String,
    /// Its label.
    pub label: Option<String>,
    /// One line.
    pub summary: String,
    /// The role it runs as.
    pub role: Option<String>,
    /// What it did in the rehearsal.
    pub effects: Option<Effects>,
    /// The locks that it took there on objects that existed before.
    pub locks: Vec<TierLock>,
}

/// Applies the package to a target, or shows what would be done.
pub async fn apply(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    options: &ApplyOptions,
) -> Result<ApplyReport, EngineError> {
    crate::check::require_fit(package)?;
    let target = &open::target(context, target)?;
    let parameters = parameters::resolve(package, target, &options.params)?;
    let run_id = run_id::new();
    let place = open::place(context, target, package, "apply", &run_id).await?;
    let next = NextSession::default();
    let seen = SeenLedger::of(&package.plan.package.name);
    let run = ReleaseRun {
        context,
        package,
        parameters: &parameters,
        place: &place,
        verb: "apply",
        run_id: &run_id,
        rehearsed: None,
        locks: LockReading::Off,
        next: Some(&next),
        seen: Some(&seen),
        resume: match options.resume {
            true => Resume::Asked,
            false => Resume::NotAsked,
        },
        approved: None,
    };
    let wanted = run.cut(options.through.as_deref())?;
    if !options.execute {
        return show(&run, target, &wanted, options).await;
    }
    let log = RunLog::create(&context.root, &run_id)?;
    let context = &log.listening(context);
    let run = ReleaseRun { context, ..run };
    context.emit(run.started_event());
    let started = Instant::now();
    let mut leave = None;
    let outcome = execute(&run, target, &wanted, options, &mut leave).await;
    let verdict = match &outcome {
        Ok(_) => "passed",
        Err(EngineError::Refused(_)) => "refused",
        Err(_) => "failed",
    };
    context.emit(Event::RunFinished {
        verdict: verdict.into(),
        duration_ms: millis(started.elapsed()),
    });
    let approvals = serde_json::json!(leave.as_ref().map(|leave| &leave.approvals));
    log.end(&context.operator, &approvals, outcome.as_ref().map(drop));
    outcome.map(|report| ApplyReport {
        approved: leave,
        ..report
    })
}

/// What would be done, under which approval, and whether the gate would let it through now.
async fn show(
    run: &ReleaseRun<'_>,
    target: &TargetDatabase,
    wanted: &[&Tier],
    options: &ApplyOptions,
) -> Result<ApplyReport, EngineError> {
    let gate = match run.place.class {
        TargetClass::Production => {
            Some(run.question(target, Act::Apply, wanted).ask().await?.report)
        }
        _ => None,
    };
    let proven = gate
        .as_ref()
        .and_then(|gate| gate.verdict.evidence.as_ref());
    let proven = proven.filter(|evidence| evidence.why_not.is_empty());
    let word = options
        .evidence
        .clone()
        .or_else(|| proven.map(|evidence| evidence.name.clone()));
    let rehearsed = run.rehearsed_in(word.as_deref())?;
    let run = ReleaseRun {
        rehearsed: rehearsed.as_ref().map(|rehearsed| &rehearsed.effects),
        ..*run
    };
    let mut report = run.plan(wanted).await?;
    if let Some(rehearsed) = &rehearsed {
        for tier in &mut report.planned {
            tier.locks = rehearsed.locks.get(&tier.tier).cloned().unwrap_or_default();
        }
    }
    report.rehearsed = rehearsed;
    report.gate = gate;
    Ok(report)
}

/// Acts. On a production the gate is asked under the run lock, and its evidence says what each tier may do.
async fn execute(
    run: &ReleaseRun<'_>,
    target: &TargetDatabase,
    wanted: &[&Tier],
    options: &ApplyOptions,
    leave: &mut Option<Approved>,
) -> Result<ApplyReport, EngineError> {
    refuse_golden(run.place)?;
    let lock = run.lock().await?;
    let outcome = async {
        let mut word = options.evidence.clone();
        if run.place.class == TargetClass::Production {
            let state = run.adopted_state(lock.watcher()).await?;
            if let Some(finished) = &state.finished {
                return Err(run.refuse_finished(&state, finished).await?);
            }
            let approved = run.question(target, Act::Apply, wanted).pass().await?;
            same_evidence(run, word.as_deref(), &approved)?;
            word = Some(approved.evidence.clone());
            *leave = Some(approved);
        }
        let rehearsed = run.rehearsed_in(word.as_deref())?;
        let run = ReleaseRun {
            rehearsed: rehearsed.as_ref().map(|rehearsed| &rehearsed.effects),
            approved: leave.as_ref(),
            ..*run
        };
        let mut report = run.apply(&lock, wanted).await?;
        report.rehearsed = rehearsed;
        Ok(report)
    }
    .await;
    lock.release().await;
    outcome
}

/// Who names a rehearsal must name the one that was approved.
fn same_evidence(
    run: &ReleaseRun<'_>,
    word: Option<&str>,
    approved: &Approved,
) -> Result<(), EngineError> {
    let Some(word) = word else {
        return Ok(());
    };
    let kept = KeptRehearsal::open(
        run.context,
        word,
        "apply as rehearsed in",
        "leave --evidence out: the approved one is taken",
    )?;
    if kept
        .folder
        .file_name()
        .is_some_and(|name| name.to_string_lossy() == approved.evidence)
    {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::OtherEvidence,
        format!("`{word}` is not the rehearsal that was approved"),
    )
    .reasons(vec![format!("approved: {}", approved.evidence)])
    .hint("leave --evidence out: the approved one is taken")
    .into())
}

/// The tiers that run with these parameters, up to `through`.
pub(crate) fn cut<'a>(
    package: &'a OpenPackage,
    parameters: &ResolvedParameters,
    through: Option<&str>,
) -> Result<Vec<&'a Tier>, EngineError> {
    let plan = &package.plan;
    let tiers: Vec<&Tier> = plan
        .tiers
        .iter()
        .filter(|tier| parameters.fulfil(&tier.when))
        .collect();
    let Some(word) = through else {
        return Ok(tiers);
    };
    let id = plan.tier(word).map(|tier| tier.id.as_str());
    if let Some(last) = tiers.iter().position(|tier| Some(tier.id.as_str()) == id) {
        return Ok(tiers[..=last].to_vec());
    }
    let names: Vec<String> = tiers.iter().map(|tier| tier.title()).collect();
    let names = format!("the tiers are: {}", names.join(", "));
    let hint = match oneroof_model::nearest(word, tiers.iter().map(|tier| tier.id.as_str())) {
        Some(near) => format!("did you mean `{near}`? {names}"),
        None => names,
    };
    Err(EngineError::input(
        format!("find tier `{word}` of {}", plan.package.name),
        hint,
    ))
}

/// Of the tiers that are still to run, those of which nothing was done.
fn unbegun<'t, 'p>(pending: &'t [&'p Tier], state: &ReleaseState) -> &'t [&'p Tier] {
    &pending[usize::from(state.begun.is_some()).min(pending.len())..]
}

/// No release changes a golden clone (DESIGN 7).
pub(crate) fn refuse_golden(place: &Place) -> Result<(), EngineError> {
    match place.class {
        TargetClass::Clone | TargetClass::Scratch | TargetClass::Production => Ok(()),
        TargetClass::Golden => Err(Refusal::new(
            RefusalCode::GoldenIsKept,
            format!(
                "target `{}` is a golden clone, which no release may change",
                place.name
            ),
        )
        .hint("make a clone of it and apply there")
        .into()),
    }
}

impl ReleaseRun<'_> {
    /// The tiers up to `through`, or all of them.
    pub(crate) fn cut(&self, through: Option<&str>) -> Result<Vec<&Tier>, EngineError> {
        cut(self.package, self.parameters, through)
    }

    /// The question to the gate about some tiers.
    pub(crate) fn question<'q>(
        &'q self,
        target: &'q TargetDatabase,
        act: Act,
        tiers: &[&Tier],
    ) -> Question<'q> {
        Question {
            context: self.context,
            package: self.package,
            parameters: self.parameters,
            target,
            run_id: self.run_id,
            act,
            evidence: None,
            tiers: tiers.iter().map(|tier| tier.id.clone()).collect(),
        }
    }

    /// What the tiers did in a rehearsal, if one is named.
    fn rehearsed_in(&self, word: Option<&str>) -> Result<Option<Rehearsed>, EngineError> {
        word.map(|word| {
            rehearsed::read(
                self.context,
                self.package,
                self.parameters,
                self.place.identity.major,
                word,
            )
        })
        .transpose()
    }

    pub(crate) fn started_event(&self) -> Event {
        Event::RunStarted {
            run_id: self.run_id.to_owned(),
            verb: self.verb.to_owned(),
            package: self.package.plan.release_tag(),
            package_digest: self.package.digest.to_string(),
            target: self.place.name.clone(),
        }
    }

    /// The run lock, or who holds it.
    pub(crate) async fn lock(&self) -> Result<RunLock, EngineError> {
        let session = self.session(Access::ReadWrite).await?;
        match RunLock::take(session)
            .await
            .map_err(EngineError::database("take the run lock"))?
        {
            Ok(lock) => Ok(lock),
            Err(holder) => {
                let who = holder.map_or_else(
                    || "somebody who is gone by now".to_owned(),
                    |holder| holder.to_string(),
                );
                Err(Refusal::new(
                    RefusalCode::TargetLocked,
                    format!(
                        "another release run holds target `{}`: {who}",
                        self.place.name
                    ),
                )
                .hint("wait until it is done, then look at the target's state before trying again")
                .into())
            }
        }
    }

    async fn plan(&self, wanted: &[&Tier]) -> Result<ApplyReport, EngineError> {
        let session = self.session(Access::ReadOnly).await?;
        let state = self.adopted_state(&session).await?;
        if let Some(finished) = &state.finished {
            return Err(self.refuse_finished(&state, finished).await?);
        }
        self.refuse_unfinished(&state)?;
        let pending = &wanted[state.applied.len().min(wanted.len())..];
        self.refuse_foreign_objects(&session, unbegun(pending, &state))
            .await?;
        session.close().await;
        let mut report = self.report(wanted, &state, false);
        report.entry = state.entry;
        Ok(report)
    }

    fn report(&self, wanted: &[&Tier], state: &ReleaseState, executed: bool) -> ApplyReport {
        ApplyReport {
            run_id: self.run_id.to_owned(),
            package: self.package.plan.release_tag(),
            package_digest: self.package.digest,
            params_digest: self.parameters.digest(),
            target: self.place.name.clone(),
            class: self.place.class,
            database: self.place.identity.database_name.clone(),
            server: format!("{}:{}", self.place.identity.host, self.place.identity.port),
            system_identifier: self.place.identity.system_identifier.clone(),
            rehearsed: None,
            gate: None,
            approved: None,
            executed,
            resumed_after: state
                .applied
                .iter()
                .map(|applied| applied.tier.clone())
                .collect(),
            planned: wanted
                .iter()
                .skip(state.applied.len())
                .map(|tier| PlannedTier {
                    tier: tier.id.clone(),
                    label: tier.label.clone(),
                    summary: tier.summary.clone(),
                    role: self.package.plan.run_as(tier).map(str::to_owned),
                    effects: self.rehearsed.and_then(|all| all.get(&tier.id)).cloned(),
                    locks: Vec::new(),
                })
                .collect(),
            markers: Vec::new(),
            entry: Probe::new(),
            tiers: Vec::new(),
            verify_table: Vec::new(),
        }
    }

    /// The ledger's word about this release, on a target that has a ledger.
    pub(crate) async fn adopted_state(
        &self,
        session: &oneroof_pg::connect::Session,
    ) -> Result<ReleaseState, EngineError> {
        if !ledger::exists(session)
            .await
            .map_err(EngineError::database("look for the ledger"))?
        {
            return Err(Refusal::new(
                RefusalCode::NotAdopted,
                format!(
                    "target `{}` has no schema `oneroof` (ledger, class, policy)",
                    self.place.name
                ),
            )
            .hint(format!(
                "a DBA reads and runs the SQL of: oneroof adopt {}",
                self.place.name
            ))
            .into());
        }
        let all = crate::execute::release::entries(session).await?;
        for required in &self.package.plan.package.requires {
            if !ReleaseState::of(required, &all).is_live() {
                return Err(Refusal::new(
                    RefusalCode::RequirementMissing,
                    format!(
                        "package `{}` requires `{required}`, which is not live on target `{}`",
                        self.package.plan.package.name, self.place.name
                    ),
                )
                .hint(format!("apply `{required}` first"))
                .into());
            }
        }
        Ok(ReleaseState::of(&self.package.plan.package.name, &all))
    }

    /// Runs the wanted tiers: from the first, or from where an interrupted run ended.
    pub(crate) async fn apply(
        &self,
        lock: &RunLock,
        wanted: &[&Tier],
    ) -> Result<ApplyReport, EngineError> {
        let state = self.adopted_state(lock.watcher()).await?;
        let mut report = self.report(wanted, &state, true);
        if let Some(finished) = &state.finished {
            return Err(self.refuse_finished(&state, finished).await?);
        }
        self.refuse_unfinished(&state)?;
        self.prepare_session();
        let pending = &wanted[state.applied.len().min(wanted.len())..];
        let entry = if !state.is_begun() {
            let entry = self
                .begin_release(lock, wanted, &mut report.markers)
                .await?;
            report.resumed_after.clear();
            entry
        } else {
            self.same_bytes(&state)?;
            self.refuse_foreign_objects(lock.watcher(), unbegun(pending, &state))
                .await?;
            state.entry.clone()
        };
        report.entry = entry.clone();
        let mut created = self.tables_of(lock).await?;
        for unit in units(pending) {
            for record in self.apply_unit(lock, &unit, &entry, &mut created).await? {
                report.markers.extend(record.markers.iter().cloned());
                report.tiers.push(record);
            }
        }
        let complete = wanted.len() == self.tiers().len();
        if complete {
            let (table, markers) = self.verify(&entry).await?;
            report.verify_table = table;
            for text in &markers {
                self.context.emit(Event::Marker { text: text.clone() });
            }
            report.markers.extend(markers);
        }
        self.finish(lock, wanted).await?;
        Ok(report)
    }

    /// The ledger entry that completes the release, or a chosen cut of it.
    pub(crate) async fn finish(&self, lock: &RunLock, wanted: &[&Tier]) -> Result<(), EngineError> {
        let tiers: Vec<&str> = wanted.iter().map(|tier| tier.id.as_str()).collect();
        let complete = wanted.len() == self.tiers().len();
        let body = serde_json::json!({ "verb": "apply", "complete": complete, "tiers": tiers });
        self.append_alone(lock, EntryKind::RunFinished, &body).await
    }

    /// Preconditions, entry probe, first ledger entry.
    pub(crate) async fn begin_release(
        &self,
        lock: &RunLock,
        wanted: &[&Tier],
        markers: &mut Vec<String>,
    ) -> Result<Probe, EngineError> {
        let mut figures = Figures::default();
        let broken = self
            .ask(
                &self.package.plan.preconditions,
                &mut figures,
                StopAt::First,
            )
            .await?;
        if let Some(broken) = broken.into_iter().next() {
            return Err(precondition_refusal(broken).into());
        }
        self.refuse_foreign_objects(lock.watcher(), wanted).await?;
        let entry = self.probe().await?;
        let mut figures = Figures {
            live: entry.clone(),
            entry: entry.clone(),
            ..Figures::default()
        };
        for text in self
            .markers(&self.package.plan.preflight.marker.0, &mut figures)
            .await?
        {
            self.context.emit(Event::Marker { text: text.clone() });
            markers.push(text);
        }
        let tiers: Vec<&str> = wanted.iter().map(|tier| tier.id.as_str()).collect();
        let body = serde_json::json!({
            "verb": "apply",
            "class": self.place.class,
            "tiers": tiers,
            "entry": entry,
            "parameters": self.parameters.json(),
        });
        self.append_alone(lock, EntryKind::RunStarted, &body)
            .await?;
        Ok(entry)
    }

    /// A resumed run must go on with the very bytes and values that it began with.
    fn same_bytes(&self, state: &ReleaseState) -> Result<(), EngineError> {
        let package = self.package.digest.to_string();
        let parameters = self.parameters.digest().to_string();
        let mut reasons = Vec::new();
        if state.package_digest.as_ref() != Some(&package) {
            reasons.push(format!(
                "package: begun with {}, now {package}",
                state.package_digest.as_deref().unwrap_or("-")
            ));
        }
        if state.params_digest.as_ref() != Some(&parameters) {
            reasons.push(format!(
                "parameters: begun with {}, now {parameters}",
                state.params_digest.as_deref().unwrap_or("-")
            ));
        }
        if reasons.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::PreconditionFailed,
            format!(
                "an interrupted run of `{}` was begun with other bytes",
                self.package.plan.package.name
            ),
        )
        .reasons(reasons)
        .hint("go on with the package and parameters it was begun with, or roll back first")
        .into())
    }

    /// A finished release is refused with the words of the package's own preconditions. A chosen cut
    /// (`--through`) is finished too: it is complete, not interrupted.
    pub(crate) async fn refuse_finished(
        &self,
        state: &ReleaseState,
        finished: &FinishedRun,
    ) -> Result<EngineError, EngineError> {
        let mut figures = Figures {
            entry: state.entry.clone(),
            ..Figures::default()
        };
        let broken = self
            .ask(
                &self.package.plan.preconditions,
                &mut figures,
                StopAt::First,
            )
            .await?;
        let tiers: Vec<&str> = state
            .applied
            .iter()
            .map(|applied| applied.tier.as_str())
            .collect();
        let what = match finished.complete {
            true => "is finished".to_owned(),
            false => format!("is finished as a chosen cut ({})", tiers.join(", ")),
        };
        let said = format!(
            "release {}@{} {what} on this target since {} (run {})",
            self.package.plan.package.name,
            state.version.as_deref().unwrap_or("?"),
            finished.at,
            finished.run_id
        );
        let refusal = match broken.into_iter().next() {
            Some(broken) => {
                Refusal::new(RefusalCode::ReleaseFinished, broken.message).reasons(vec![said])
            }
            None => Refusal::new(RefusalCode::ReleaseFinished, said),
        };
        Ok(refusal
            .hint("nothing was changed; roll it back before applying it again")
            .into())
    }

    /// Tables that the standing tiers of this release made, from the ledger.
    pub(crate) async fn tables_of(&self, lock: &RunLock) -> Result<BTreeSet<String>, EngineError> {
        let all = crate::execute::release::entries(lock.watcher()).await?;
        let name = self.package.plan.package.name.as_str();
        Ok(all
            .iter()
            .filter(|entry| entry.kind == "tier_applied" && entry.body["package"] == name)
            .flat_map(|entry| {
                entry.body["tables_created"]
                    .as_array()
                    .into_iter()
                    .flatten()
            })
            .filter_map(|table| table.as_str().map(str::to_owned))
            .collect())
    }

    /// All invariants on this place; their table and marker lines.
    pub(crate) async fn verify(
        &self,
        entry: &Probe,
    ) -> Result<(Vec<(String, Value)>, Vec<String>), EngineError> {
        let plan = &self.package.plan;
        let mut figures = Figures {
            entry: entry.clone(),
            ..Figures::default()
        };
        let broken = self
            .ask(&plan.invariants, &mut figures, StopAt::End)
            .await?;
        if !broken.is_empty() {
            return Err(invariant_failure(&broken).into());
        }
        figures.live = self.probe().await?;
        let markers = self.markers(&plan.verify.marker.0, &mut figures).await?;
        Ok((metrics::verify_table(plan, &figures.live), markers))
    }

    /// A ledger entry in a transaction of its own, read back before anybody is told.
    pub(crate) async fn append_alone(
        &self,
        lock: &RunLock,
        kind: EntryKind,
        body: &serde_json::Value,
    ) -> Result<(), EngineError> {
        let session = self.session(Access::ReadWrite).await?;
        crate::execute::release::begin_writing(&session).await?;
        let hash = self
            .append(&session, kind, std::slice::from_ref(body))
            .await?;
        session
            .simple("commit")
            .await
            .map_err(EngineError::database("commit a ledger entry"))?;
        session.close().await;
        self.read_back(lock, hash).await
    }
}

/// A broken precondition as a refusal.
pub(crate) fn precondition_refusal(broken: BrokenCheck) -> Refusal {
    Refusal {
        code: RefusalCode::PreconditionFailed,
        reasons: vec![format!(
            "{}: required {}, seen {}",
            broken.name, broken.required, broken.seen
        )],
        message: broken.message,
        hint: broken.hint,
    }
}

/// Broken invariants as a failure.
pub(crate) fn invariant_failure(broken: &[BrokenCheck]) -> Failure {
    Failure {
        message: format!(
            "{} do not hold: {}",
            if broken.len() == 1 {
                "1 invariant".to_owned()
            } else {
                format!("{} invariants", broken.len())
            },
            broken
                .iter()
                .map(|check| check.message.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        ),
        expected: Some(
            broken
                .iter()
                .map(|check| format!("{} {}", check.name, check.required))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        seen: Some(
            broken
                .iter()
                .map(|check| format!("{} {}", check.name, check.seen))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        hint: broken.iter().find_map(|check| check.hint.clone()),
        ..Failure::default()
    }
}
