//! `gate`: may this be done to this production now? Everything is read again each time, and nothing is written.

mod approved;
mod evidence;
mod seen;
mod upstream;

use std::path::PathBuf;

use oneroof_model::gate::{Act, GateFacts, GateVerdict, GateWord, Standing, Target, judge};
use oneroof_model::package::ResolvedParameters;
use oneroof_model::{Digest, Refusal, RefusalCode, TargetClass, Value};
use serde::Serialize;

pub use approved::Approved;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::source::Source;
use crate::store::approvals;
use crate::store::package_files::OpenPackage;
use crate::{apply, clock, open, parameters, run_id};

/// What `gate` is asked.
#[derive(Debug, Clone, Default)]
pub struct GateOptions {
    /// Ask for the rollback, not for the apply.
    pub rollback: bool,
    /// Ask for the tiers up to this one.
    pub through: Option<String>,
    /// `--params` files.
    pub params: Vec<PathBuf>,
}

/// The verdict with everything that it is about.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GateReport {
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// Digest of the parameters.
    pub params_digest: Digest,
    /// What is to be done.
    pub act: Act,
    /// Tiers that are to run, or to be undone.
    pub tiers: Vec<String>,
    /// The target's class.
    pub class: TargetClass,
    /// The database.
    pub target: Target,
    /// When everything was read, UTC.
    pub asked_at: String,
    /// One line for people and monitors: `GATE: BLOCKED|…`
    pub line: String,
    /// Metrics of the package that belong to the verdict.
    pub detail: Vec<(String, Value)>,
    /// Files of `approvals/` that cannot be read, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: GateVerdict,
}

impl GateReport {
    /// Is it open?
    pub fn is_ready(&self) -> bool {
        self.verdict.word == GateWord::Ready
    }

    /// The codes of the blockers, as monitors read them: `approval_missing;own<>0;`
    pub fn blockers_in_short(&self) -> String {
        let codes = self
            .verdict
            .blockers
            .iter()
            .map(|blocker| format!("{};", blocker.code));
        codes.collect()
    }

    /// The blockers as a refusal.
    pub(crate) fn refusal(&self) -> Refusal {
        let act = match self.act {
            Act::Apply => "apply",
            Act::Rollback => "roll back",
        };
        let reasons = self.verdict.blockers.iter().map(|blocker| {
            format!(
                "{}: {} ({} can lift it: {})",
                blocker.code, blocker.message, blocker.who, blocker.how
            )
        });
        Refusal::new(
            RefusalCode::GateClosed,
            format!(
                "the gate of target `{}` is closed: nobody may {act} {} now",
                self.target.name, self.package
            ),
        )
        .reasons(reasons.collect())
        .hint(format!(
            "see it with: oneroof gate {} --target {}",
            self.package.split('@').next().unwrap_or_default(),
            self.target.name
        ))
    }
}

/// What is asked for, with everything that was opened for it.
pub(crate) struct Question<'a> {
    pub(crate) context: &'a Context,
    pub(crate) package: &'a OpenPackage,
    pub(crate) parameters: &'a ResolvedParameters,
    pub(crate) target: &'a TargetDatabase,
    pub(crate) run_id: &'a str,
    pub(crate) act: Act,
    /// Tiers that are to run; of a rollback, those that stand are asked.
    pub(crate) tiers: Vec<String>,
    /// The only rehearsal that may count, by the name of its folder.
    pub(crate) evidence: Option<String>,
}

/// Evaluates the gate of a target for a package.
///
/// # Errors
/// What cannot be asked at all: no such target, no read role, a server that does not answer, a package that is not
/// sealed. A gate that is closed is no error.
pub async fn gate(
    context: &Context,
    package: &OpenPackage,
    target: &str,
    options: &GateOptions,
) -> Result<GateReport, EngineError> {
    crate::check::require_fit(package)?;
    let target = &open::target(context, target)?;
    let parameters = &parameters::resolve(package, target, &options.params)?;
    let tiers = apply::cut(package, parameters, options.through.as_deref())?;
    let tiers = tiers.iter().map(|tier| tier.id.clone()).collect();
    let run_id = &run_id::new();
    let act = match options.rollback {
        true => Act::Rollback,
        false => Act::Apply,
    };
    Question {
        context,
        package,
        parameters,
        target,
        run_id,
        act,
        tiers,
        evidence: None,
    }
    .ask()
    .await
    .map(|answer| answer.report)
}

/// Runs the user's own command with `sh -c`: it reads the report as JSON on its standard input, and finds the word in
/// `GATE` and the package in `PACKAGE`.
///
/// # Errors
/// The shell is not there, or the command fails.
pub fn tell(command: &str, report: &GateReport, json: &[u8]) -> Result<(), EngineError> {
    let word = report.verdict.word.as_str();
    let variables = [("GATE", word), ("PACKAGE", report.package.as_str())];
    let status = crate::programs::hook(command, &variables, json)
        .map_err(|error| EngineError::other(format!("run the hook `{command}`: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(EngineError::other(format!(
            "run the hook `{command}`: it ended with {status}"
        ))),
    }
}

/// The report, and what [`Approved`] is made of.
pub(crate) struct Answer {
    pub(crate) report: GateReport,
    facts: GateFacts,
}

impl Answer {
    /// The report and what it was judged from.
    pub(crate) fn parts(self) -> (GateReport, GateFacts) {
        (self.report, self.facts)
    }
}

impl Question<'_> {
    /// Reads everything and judges.
    pub(crate) async fn ask(self) -> Result<Answer, EngineError> {
        let mut source = Source::open(self.target, "gate", self.run_id).await?;
        let seen = self.look(&mut source).await;
        source.close().await;
        let seen = seen?;
        let mut broken = seen.broken;
        broken.extend(upstream::behind(&self.context.root));
        let store = approvals::read(&self.context.root)?;
        let mut evidence = evidence::of_package(self.context, &self.package.plan.package.name);
        if let Some(only) = &self.evidence {
            evidence.retain(|one| one.name == *only);
        }
        let name = self.package.plan.package.name.clone();
        let of_package = |tag: &str| tag.split('@').next() == Some(name.as_str());
        let target = Target {
            name: self.target.name.clone(),
            database_name: seen.identity.database_name.clone(),
            database_oid: seen.identity.database_oid,
            system_identifier: seen.identity.system_identifier.clone(),
            genesis: seen.identity.genesis.clone(),
            shown: oneroof_model::gate::ShownAt {
                host: seen.identity.host.clone(),
                port: seen.identity.port,
            },
        };
        let facts = GateFacts {
            now: clock::instant().timestamp(),
            policy: seen.policy,
            act: self.act,
            package: name.clone(),
            package_digest: self.package.digest.to_string(),
            params_digest: self.parameters.digest().to_string(),
            tiers: match self.act {
                Act::Apply => seen.pending.clone(),
                Act::Rollback => seen.standing.clone(),
            },
            target: target.clone(),
            server_major: seen.identity.major,
            engine_version: env!("CARGO_PKG_VERSION").to_owned(),
            definition_digest: seen.definition_digest,
            evidence,
            approvals: store
                .approvals
                .into_iter()
                .filter(|file| of_package(&file.approval.package))
                .collect(),
            revocations: store.revocations,
            revoked_in_ledger: seen.revoked,
            uses: seen.uses,
            begun_with: seen.begun_with,
            broken,
        };
        let mut verdict = judge(&facts);
        // The commands of the verdict, with the names that are meant here.
        let commands = verdict.blockers.iter_mut().map(|blocker| &mut blocker.how);
        for command in commands.filter(|how| how.contains("oneroof ")) {
            *command = command
                .replace("PACKAGE", &name)
                .replace("TARGET", &self.target.name);
        }
        // A copy is there to be changed; only what the package itself asks is in the way.
        if matches!(seen.class, TargetClass::Clone | TargetClass::Scratch) {
            let asked: Vec<&str> = facts.broken.iter().map(|one| one.code.as_str()).collect();
            verdict
                .blockers
                .retain(|blocker| asked.contains(&blocker.code.as_str()));
            if verdict.blockers.is_empty() {
                verdict.word = GateWord::Ready;
            }
        }
        let line = std::iter::once(format!("GATE: {}", verdict.word.as_str())).chain(seen.line);
        let report = GateReport {
            package: self.package.plan.release_tag(),
            package_digest: self.package.digest,
            params_digest: self.parameters.digest(),
            act: self.act,
            tiers: facts.tiers.clone(),
            class: seen.class,
            target,
            asked_at: clock::now(),
            line: line.collect::<Vec<_>>().join("|"),
            detail: seen.detail,
            unreadable: store.unreadable,
            verdict,
        };
        Ok(Answer { report, facts })
    }

    /// Asks, and gives what a production's tiers need to run. This is the only place that makes an [`Approved`].
    ///
    /// # Errors
    /// Refuses (`gate-closed`) with every blocker.
    pub(crate) async fn pass(self) -> Result<Approved, EngineError> {
        let answer = self.ask().await?;
        if !answer.report.is_ready() {
            return Err(answer.report.refusal().into());
        }
        let counting = answer
            .report
            .verdict
            .approvals
            .iter()
            .filter(|one| one.standing == Standing::Counts);
        let taken: Vec<_> = counting.cloned().collect();
        Approved::of(answer, taken)
    }
}
