//! `status`: one word for each release and target, where it stands, what is next and whose turn it is. What was
//! proven on a clone is never shown as live.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_model::gate::{Act, Blocker};
use oneroof_model::package::ResolvedParameters;
use oneroof_model::{LedgerEntry, ReleaseState, TargetClass};
use oneroof_pg::connect::Session;
use oneroof_pg::ledger;
use serde::Serialize;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::execute::release;
use crate::figures::Figures;
use crate::gate::Question;
use crate::metrics::{self, StopAt};
use crate::source::Source;
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::package_files::OpenPackage;
use crate::{bundled, clock, open, parameters, run_id};

/// The state of every target that was asked for.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    /// When it was read, UTC.
    pub asked_at: String,
    /// Each target.
    pub targets: Vec<TargetStatus>,
}

/// One target.
#[derive(Debug, Serialize)]
pub struct TargetStatus {
    /// Its name.
    pub target: String,
    /// What it is; none if it could not be asked.
    pub class: Option<TargetClass>,
    /// Its database.
    pub database: Option<String>,
    /// Each release.
    pub releases: Vec<ReleaseStatus>,
    /// Why the target could not be asked.
    pub problem: Option<String>,
}

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum StatusWord {
    /// Live, but something that must hold does not.
    Drifted,
    /// Complete, and everything that must hold holds now.
    Live,
    /// Applied in part, or proven on a clone and the gate is closed.
    Blocked,
    /// Proven on a clone.
    CloneProven,
    /// Sealed, and no more.
    Packaged,
}

impl StatusWord {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            StatusWord::Drifted => "DRIFTED",
            StatusWord::Live => "LIVE",
            StatusWord::Blocked => "BLOCKED",
            StatusWord::CloneProven => "CLONE-PROVEN",
            StatusWord::Packaged => "PACKAGED",
        }
    }
}

/// One release on one target.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReleaseStatus {
    /// `name@version`
    pub package: String,
    /// Its digest.
    pub package_digest: String,
    /// In one word.
    pub word: StatusWord,
    /// Where it stands, in one line.
    pub where_it_stands: String,
    /// The next step, in one line.
    pub next: String,
    /// Who has to take it.
    pub whose_turn: String,
    /// What must hold and does not.
    pub drift: Vec<String>,
    /// What keeps the gate closed.
    pub blockers: Vec<Blocker>,
    /// The newest rehearsal of these bytes that passed.
    pub evidence: Option<String>,
    /// What a consumer may rely on: `release_live`, `rollout_open`, and those that the package declares. On anything
    /// but a production all are false.
    pub contract: BTreeMap<String, bool>,
    /// Read interfaces of the release that may be used now.
    pub interfaces: Vec<String>,
}

/// Reads the state of the targets (all of oneroof.toml if `targets` is empty) for the packages (all that the project
/// has, and the bundled ones that a target or a rehearsal knows, if `words` is empty).
///
/// # Errors
/// A package or a target that does not exist. One that cannot be read says so in its place.
pub async fn status(
    context: &Context,
    targets: &[String],
    words: &[String],
) -> Result<StatusReport, EngineError> {
    let names: Vec<String> = match targets.is_empty() {
        true => context.targets.keys().cloned().collect(),
        false => targets.to_vec(),
    };
    let mut report = StatusReport {
        asked_at: clock::now(),
        targets: Vec::new(),
    };
    for name in names {
        let target = open::target(context, &name)?;
        let status = match of_target(context, &target, words).await {
            Ok(status) => status,
            // What the user named wrongly is their error; the rest belongs to the target.
            Err(error @ EngineError::Input { .. }) if !words.is_empty() => return Err(error),
            Err(error) => TargetStatus {
                target: name,
                class: None,
                database: None,
                releases: Vec::new(),
                problem: Some(match std::error::Error::source(&error) {
                    Some(cause) => format!("{error}: {cause}"),
                    None => error.to_string(),
                }),
            },
        };
        report.targets.push(status);
    }
    Ok(report)
}

async fn of_target(
    context: &Context,
    target: &TargetDatabase,
    words: &[String],
) -> Result<TargetStatus, EngineError> {
    let run_id = &run_id::new();
    let mut source = Source::open(target, "status", run_id).await?;
    let looked = source
        .read(&Default::default(), async |session| {
            let identity = oneroof_pg::catalog::identity(session)
                .await
                .map_err(EngineError::database("read the target's identity"))?;
            let class = open::class(session, &open::clones(&context.root), &target.name).await?;
            let is_adopted = ledger::exists(session)
                .await
                .map_err(EngineError::database("look for the ledger"))?;
            let entries = match is_adopted {
                true => release::entries(session).await?,
                false => Vec::new(),
            };
            Ok((identity, class, entries))
        })
        .await;
    source.close().await;
    let (identity, class, entries) = looked?;
    let mut releases = Vec::new();
    for package in packages(context, words, &entries)? {
        let asked = Asked {
            context,
            target,
            package: &package,
            class,
            entries: &entries,
            run_id,
        };
        releases.push(asked.status().await?);
    }
    Ok(TargetStatus {
        target: target.name.clone(),
        class: Some(class),
        database: Some(identity.database_name),
        releases,
        problem: None,
    })
}

/// The packages that a status is about.
fn packages(
    context: &Context,
    words: &[String],
    entries: &[LedgerEntry],
) -> Result<Vec<OpenPackage>, EngineError> {
    let folder = context.root.join("packages");
    if !words.is_empty() {
        return words
            .iter()
            .map(|word| OpenPackage::open(Some(&folder), word))
            .collect();
    }
    let mut found: BTreeMap<String, OpenPackage> = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        // A folder that is no package yet is no reason to say nothing about the others.
        if entry.path().join("release.toml").is_file()
            && let Ok(package) = OpenPackage::read_folder(&entry.path())
        {
            found.insert(package.plan.package.name.clone(), package);
        }
    }
    let mut known: BTreeSet<String> = entries
        .iter()
        .filter_map(|entry| entry.body["package"].as_str().map(str::to_owned))
        .collect();
    known.extend(
        KeptRehearsal::all(context)
            .iter()
            .filter_map(|kept| kept.text("package").split('@').next().map(str::to_owned)),
    );
    for name in bundled::names() {
        if known.contains(&name) && !found.contains_key(&name) {
            found.insert(name.clone(), OpenPackage::open(None, &name)?);
        }
    }
    Ok(found.into_values().collect())
}

struct Asked<'a> {
    context: &'a Context,
    target: &'a TargetDatabase,
    package: &'a OpenPackage,
    class: TargetClass,
    entries: &'a [LedgerEntry],
    run_id: &'a str,
}

impl Asked<'_> {
    async fn status(&self) -> Result<ReleaseStatus, EngineError> {
        let plan = &self.package.plan;
        let mut status = ReleaseStatus {
            package: plan.release_tag(),
            package_digest: self.package.digest.to_string(),
            word: StatusWord::Packaged,
            where_it_stands: "it is a package, and was not rehearsed as it is now".to_owned(),
            next: format!(
                "oneroof rehearse {} --from {}",
                plan.package.name, self.target.name
            ),
            whose_turn: "whoever runs releases".to_owned(),
            drift: Vec::new(),
            blockers: Vec::new(),
            evidence: None,
            contract: BTreeMap::new(),
            interfaces: Vec::new(),
        };
        if let Err(EngineError::Refused(refusal)) = self.package.require_sealed() {
            status.where_it_stands = refusal.message.clone();
            status.next = refusal.hint.clone().unwrap_or_default();
            return Ok(status);
        }
        let parameters = match parameters::resolve(self.package, self.target, &[]) {
            Ok(parameters) => parameters,
            Err(error) => {
                status.where_it_stands =
                    format!("its parameters for this target are not complete: {error}");
                status.next = error.hint().unwrap_or_default();
                return Ok(status);
            }
        };
        let state = ReleaseState::of(&plan.package.name, self.entries);
        let is_production = self.class == TargetClass::Production;
        let is_live = is_production && self.is_complete(&state, &parameters);
        status.evidence = self.proof(&parameters);
        if is_live {
            self.live(&state, &parameters, &mut status).await?;
        } else {
            self.not_live(&state, &parameters, &mut status).await?;
        }
        let is_live = status.word == StatusWord::Live;
        status.contract.insert("release_live".to_owned(), is_live);
        self.declared(&parameters, is_production, &mut status)
            .await?;
        if is_live {
            status.interfaces.clone_from(&plan.contract.interfaces);
        }
        Ok(status)
    }

    /// All tiers stand, of these very bytes.
    fn is_complete(&self, state: &ReleaseState, parameters: &ResolvedParameters) -> bool {
        state.is_live()
            && state.package_digest == Some(self.package.digest.to_string())
            && state.params_digest == Some(parameters.digest().to_string())
    }

    /// The newest rehearsal of these bytes and values from this target that passed.
    fn proof(&self, parameters: &ResolvedParameters) -> Option<String> {
        let digest = self.package.digest.to_string();
        let params = parameters.digest().to_string();
        let kept = KeptRehearsal::all(self.context);
        let fits = |kept: &&KeptRehearsal| {
            kept.text("verdict") == "passed"
                && kept.text("package_digest") == digest
                && kept.text("params_digest") == params
                && kept.report["source"]["target"] == self.target.name.as_str()
        };
        let newest = kept
            .iter()
            .filter(fits)
            .max_by_key(|kept| kept.text("started_at").to_owned())?;
        Some(newest.folder.file_name()?.to_string_lossy().into_owned())
    }

    async fn live(
        &self,
        state: &ReleaseState,
        parameters: &ResolvedParameters,
        status: &mut ReleaseStatus,
    ) -> Result<(), EngineError> {
        let finished = state.finished.as_ref();
        let since = finished.map_or_else(|| "-".to_owned(), |finished| to_the_second(&finished.at));
        status.drift = self
            .read(parameters, async |session| {
                let mut figures = Figures {
                    entry: state.entry.clone(),
                    ..Figures::default()
                };
                let checks = &self.package.plan.invariants;
                metrics::ask(
                    session,
                    self.package,
                    parameters,
                    checks,
                    &mut figures,
                    StopAt::End,
                )
                .await
            })
            .await?
            .into_iter()
            .map(|broken| broken.message)
            .collect();
        status.contract.insert("rollout_open".to_owned(), true);
        if status.drift.is_empty() {
            status.word = StatusWord::Live;
            status.where_it_stands =
                format!("live since {since}; everything that must hold holds now");
            status.next = "nothing is to be done".to_owned();
            status.whose_turn = "nobody".to_owned();
        } else {
            status.word = StatusWord::Drifted;
            status.where_it_stands = format!(
                "live since {since}, and {} of what must hold does not: {}",
                status.drift.len(),
                status.drift.join("; ")
            );
            status.next = format!(
                "find out what changed: oneroof verify {} --target {}",
                self.package.plan.package.name, self.target.name
            );
            status.whose_turn = "the owner of what drifted".to_owned();
        }
        Ok(())
    }

    async fn not_live(
        &self,
        state: &ReleaseState,
        parameters: &ResolvedParameters,
        status: &mut ReleaseStatus,
    ) -> Result<(), EngineError> {
        let name = &self.package.plan.package.name;
        if self.class != TargetClass::Production {
            let stands = !state.applied.is_empty();
            if status.evidence.is_some() || stands {
                status.word = StatusWord::CloneProven;
                status.where_it_stands = format!(
                    "this is a {}: what {} here says nothing about a production",
                    self.class.to_string().to_uppercase(),
                    if stands { "stands" } else { "was proven" }
                );
                status.next = "ask a production's status".to_owned();
            }
            status.contract.insert("rollout_open".to_owned(), false);
            return Ok(());
        }
        let tiers = self.tiers(parameters);
        let question = Question {
            context: self.context,
            package: self.package,
            parameters,
            target: self.target,
            run_id: self.run_id,
            act: Act::Apply,
            tiers: tiers.clone(),
            evidence: None,
        };
        let gate = question.ask().await?.report;
        let is_ready = gate.is_ready();
        status.contract.insert("rollout_open".to_owned(), is_ready);
        let standing: Vec<&str> = state.applied.iter().map(|one| one.tier.as_str()).collect();
        let other = state.is_live();
        if !standing.is_empty() && !other {
            status.word = StatusWord::Blocked;
            status.blockers = gate.verdict.blockers;
            status.where_it_stands = match &state.finished {
                Some(finished) => format!(
                    "a chosen cut stands since {}: {}",
                    finished.at,
                    standing.join(", ")
                ),
                None => format!(
                    "applied in part: {} of {} tiers stand ({})",
                    standing.len(),
                    tiers.len(),
                    standing.join(", ")
                ),
            };
            status.next = match &state.finished {
                Some(_) => format!(
                    "the way on is back: oneroof rollback {name} --target {}",
                    self.target.name
                ),
                None => format!(
                    "go on with oneroof apply {name} --target {0} --execute, or back with oneroof rollback {name} --target {0}",
                    self.target.name
                ),
            };
            return Ok(());
        }
        if status.evidence.is_none() {
            if other {
                status.where_it_stands =
                    "another version of it is live, and these bytes were not rehearsed".to_owned();
            }
            status.blockers = gate.verdict.blockers;
            return Ok(());
        }
        if is_ready {
            status.word = StatusWord::CloneProven;
            status.where_it_stands = "proven on a clone, approved, and not applied".to_owned();
            status.next = format!(
                "oneroof apply {name} --target {} --execute",
                self.target.name
            );
            return Ok(());
        }
        status.word = StatusWord::Blocked;
        let blockers = gate.verdict.blockers.iter();
        let reasons: Vec<&str> = blockers.map(|blocker| blocker.message.as_str()).collect();
        status.where_it_stands = format!(
            "proven on a clone, and the gate is closed: {}",
            reasons.join("; ")
        );
        if let Some(first) = gate.verdict.blockers.first() {
            status.next.clone_from(&first.how);
            status.whose_turn.clone_from(&first.who);
        }
        status.blockers = gate.verdict.blockers;
        Ok(())
    }

    fn tiers(&self, parameters: &ResolvedParameters) -> Vec<String> {
        let tiers = self
            .package
            .plan
            .tiers
            .iter()
            .filter(|tier| parameters.fulfil(&tier.when));
        tiers.map(|tier| tier.id.clone()).collect()
    }

    /// The booleans of the package's contract. What does not exist yet is false.
    async fn declared(
        &self,
        parameters: &ResolvedParameters,
        is_production: bool,
        status: &mut ReleaseStatus,
    ) -> Result<(), EngineError> {
        let declared = &self.package.plan.contract.booleans;
        if !is_production {
            let names = declared.iter().map(|one| (one.name.clone(), false));
            status.contract.extend(names);
            return Ok(());
        }
        let values = self
            .read(parameters, async |session| {
                let mut values = Vec::new();
                for one in declared {
                    let present = oneroof_pg::run::relations_exist(session, &one.when_relation)
                        .await
                        .map_err(EngineError::database("look for relations"))?;
                    let asked = std::slice::from_ref(one);
                    let holds = present.len() == one.when_relation.len()
                        && metrics::ask(
                            session,
                            self.package,
                            parameters,
                            asked,
                            &mut Figures::default(),
                            StopAt::End,
                        )
                        .await?
                        .is_empty();
                    values.push((one.name.clone(), holds));
                }
                Ok(values)
            })
            .await?;
        status.contract.extend(values);
        Ok(())
    }

    async fn read<T>(
        &self,
        parameters: &ResolvedParameters,
        work: impl AsyncFnOnce(&Session) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let settings = open::reading_settings(self.package, parameters, self.target, self.run_id)?;
        let mut source = Source::open(self.target, "status", self.run_id).await?;
        let outcome = source.read(&settings, work).await;
        source.close().await;
        outcome
    }
}

/// A time of the ledger, `2026-11-21T21:21:29.691030Z`, as people read it.
fn to_the_second(time: &str) -> String {
    match (time.get(..10), time.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock} UTC"),
        _ => time.to_owned(),
    }
}
