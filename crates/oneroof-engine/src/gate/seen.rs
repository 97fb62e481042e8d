//! What the target says, all of one moment.

use oneroof_model::gate::{Act, ApprovalUse, BrokenCondition, Policy};
use oneroof_model::{LedgerEntry, ReleaseState, TargetClass, Value};
use oneroof_pg::catalog::{self, TargetIdentity};
use oneroof_pg::connect::Session;
use oneroof_pg::run::{ValueFault, read_value};
use oneroof_pg::{ledger, policy};

use super::Question;
use crate::error::EngineError;
use crate::execute::release;
use crate::figures::Figures;
use crate::metrics::{self, StopAt};
use crate::open;
use crate::source::Source;

/// Policy, ledger, definitions, figures.
pub(super) struct Seen {
    pub(super) identity: TargetIdentity,
    pub(super) class: TargetClass,
    pub(super) policy: Option<(Policy, u32, String)>,
    /// Tiers that are wanted and do not stand.
    pub(super) pending: Vec<String>,
    /// Tiers that stand.
    pub(super) standing: Vec<String>,
    pub(super) uses: Vec<ApprovalUse>,
    pub(super) revoked: Vec<String>,
    pub(super) begun_with: Vec<String>,
    pub(super) definition_digest: Option<String>,
    pub(super) broken: Vec<BrokenCondition>,
    pub(super) line: Vec<String>,
    pub(super) detail: Vec<(String, Value)>,
}

impl Question<'_> {
    pub(super) async fn look(&self, source: &mut Source) -> Result<Seen, EngineError> {
        let settings =
            open::reading_settings(self.package, self.parameters, self.target, self.run_id)?;
        source
            .read(&settings, async |session| self.read(session).await)
            .await
    }

    async fn read(&self, session: &Session) -> Result<Seen, EngineError> {
        let identity = catalog::identity(session)
            .await
            .map_err(EngineError::database("read the target's identity"))?;
        let class = open::class(
            session,
            &open::clones(&self.context.root),
            &self.target.name,
        )
        .await?;
        let mut broken = Vec::new();
        if let Err(EngineError::Refused(refusal)) =
            open::right_database(self.package, self.target, &identity)
        {
            broken.push(condition(
                "db",
                refusal.message,
                "whoever runs releases",
                "compare the target with `database` in release.toml",
            ));
        }
        if class == TargetClass::Golden {
            broken.push(condition(
                "golden",
                "a golden clone is never changed by a release".into(),
                "nobody",
                "make a clone of it",
            ));
        }
        let is_adopted = ledger::exists(session)
            .await
            .map_err(EngineError::database("look for the ledger"))?;
        let (policy, entries) = match is_adopted {
            true => (
                self.policy(session).await?,
                release::entries(session).await?,
            ),
            false => {
                broken.push(condition(
                    "not_adopted",
                    "the target has no ledger and no policy".into(),
                    "a DBA of the target",
                    "oneroof adopt TARGET",
                ));
                (None, Vec::new())
            }
        };
        if let Some((_, version, digest)) = &policy
            && !entries
                .iter()
                .any(|entry| entry.body["policy_digest"] == digest.as_str() && is_install(entry))
        {
            broken.push(condition(
                "policy_forged",
                format!("the ledger does not know how policy {version} came here"),
                "a DBA of the target",
                "find out who wrote it, and adopt the right one: oneroof adopt TARGET --policy FILE",
            ));
        }
        let name = self.package.plan.package.name.as_str();
        let state = ReleaseState::of(name, &entries);
        let begun = state.is_begun() && state.finished.is_none();
        let mut seen = Seen {
            pending: self
                .tiers
                .iter()
                .skip(state.applied.len())
                .cloned()
                .collect(),
            standing: state.standing().into_iter().map(|one| one.tier).collect(),
            uses: uses(&entries),
            revoked: revoked(&entries),
            begun_with: match begun || self.act == Act::Rollback {
                true => begun_with(name, self.act, &entries),
                false => Vec::new(),
            },
            definition_digest: None,
            broken,
            line: Vec::new(),
            detail: Vec::new(),
            identity,
            class,
            policy,
        };
        self.standing_release(&state, &entries, &mut seen);
        if self.act == Act::Apply && !begun && state.finished.is_none() {
            let definition = catalog::definition(session)
                .await
                .map_err(EngineError::database("read the definitions of the target"))?;
            seen.definition_digest = Some(definition.digest().to_string());
        }
        self.figures(session, begun, &state, &mut seen).await?;
        Ok(seen)
    }

    async fn policy(
        &self,
        session: &Session,
    ) -> Result<Option<(Policy, u32, String)>, EngineError> {
        let installed = policy::policy(session)
            .await
            .map_err(EngineError::database("read the policy of the target"))?;
        let Some(installed) = installed else {
            return Ok(None);
        };
        let policy: Policy = serde_json::from_value(installed.body).map_err(|error| {
            EngineError::input(
                format!("read policy {} of target `{}`: {error}", installed.version, self.target.name),
                "a DBA adopts a policy that this version of oneroof reads: docs/reference/policy-toml.md".to_owned(),
            )
        })?;
        let policy = policy.tightened(&self.target.gate);
        Ok(Some((policy, installed.version, installed.digest)))
    }

    /// What the ledger says about this release and those that it needs.
    fn standing_release(&self, state: &ReleaseState, entries: &[LedgerEntry], seen: &mut Seen) {
        match (self.act, &state.finished) {
            (Act::Apply, Some(finished)) => seen.broken.push(condition(
                "release_finished",
                format!(
                    "the release stands since {} (run {})",
                    finished.at, finished.run_id
                ),
                "whoever runs releases",
                "nothing is to be done; the way back is oneroof rollback",
            )),
            (Act::Rollback, _) if seen.standing.is_empty() => seen.broken.push(condition(
                "nothing_stands",
                "nothing of this release stands".into(),
                "nobody",
                "nothing is to be done",
            )),
            _ => {}
        }
        if self.act == Act::Rollback {
            return;
        }
        for required in &self.package.plan.package.requires {
            if !ReleaseState::of(required, entries).is_live() {
                seen.broken.push(condition(
                    "requirement_missing",
                    format!("package `{required}`, which it requires, is not live"),
                    "whoever runs releases",
                    &format!("apply {required} first"),
                ));
            }
        }
        let began_with = (&state.package_digest, self.package.digest.to_string());
        if state.is_begun()
            && state.finished.is_none()
            && began_with.0.as_ref() != Some(&began_with.1)
        {
            seen.broken.push(condition(
                "other_bytes_begun",
                "a run was begun with other bytes and not finished".into(),
                "whoever runs releases",
                "go on with the package that it was begun with, or roll back first",
            ));
        }
    }

    /// Preconditions of the package, conditions of the policy, and the figures of the gate's line.
    async fn figures(
        &self,
        session: &Session,
        begun: bool,
        state: &ReleaseState,
        seen: &mut Seen,
    ) -> Result<(), EngineError> {
        let plan = &self.package.plan;
        let mut figures = Figures {
            entry: state.entry.clone(),
            ..Figures::default()
        };
        // The preflight runs once, before the first tier; it could not hold later.
        if self.act == Act::Apply && !begun && state.finished.is_none() {
            let checks = &plan.preconditions;
            let broken = metrics::ask(
                session,
                self.package,
                self.parameters,
                checks,
                &mut figures,
                StopAt::End,
            )
            .await?;
            for check in broken {
                let how = check.hint.unwrap_or_else(|| {
                    format!(
                        "{} must be {}, is {}",
                        check.name, check.required, check.seen
                    )
                });
                let who = match check.gate {
                    true => "whoever may open this condition in the application",
                    false => "whoever runs releases",
                };
                seen.broken
                    .push(condition(&check.blocker, check.message, who, &how));
            }
        }
        if let Some((policy, _, _)) = &seen.policy {
            for asked in policy.conditions_of(&plan.package.name) {
                let value = policy_value(session, &asked.query, &asked.name).await?;
                let required = asked.required.evaluate("", &figures).map_err(|error| {
                    EngineError::other(format!(
                        "evaluate condition `{}` of the policy: {error}",
                        asked.name
                    ))
                })?;
                if !asked.required.holds(&value, &required) {
                    let who = asked.who.as_deref().unwrap_or("a DBA of the target");
                    let how = format!("required {required}, seen {value}");
                    seen.broken
                        .push(condition(&asked.name, asked.message.clone(), who, &how));
                }
            }
        }
        seen.line = metrics::markers(
            session,
            self.package,
            self.parameters,
            &plan.gate.line.0,
            &mut figures,
        )
        .await?;
        let wanted = plan.gate.detail.iter().cloned().collect();
        let values = metrics::probe(session, self.package, self.parameters, Some(&wanted)).await?;
        seen.detail = plan
            .gate
            .detail
            .iter()
            .map(|name| {
                (
                    name.clone(),
                    values.get(name).cloned().unwrap_or(Value::Null),
                )
            })
            .collect();
        Ok(())
    }
}

async fn policy_value(session: &Session, query: &str, name: &str) -> Result<Value, EngineError> {
    read_value(session, query)
        .await
        .map(|read| read.value)
        .map_err(|fault| match fault {
            ValueFault::Server(error) => EngineError::Database {
                doing: format!("ask condition `{name}` of the policy"),
                source: Box::new(error),
                hint: Some(
                    "a DBA mends the policy, or gives the read role what the query needs"
                        .to_owned(),
                ),
            },
            fault @ ValueFault::Shape(_) => {
                EngineError::other(format!("ask condition `{name}` of the policy: {fault}"))
            }
        })
}

pub(super) fn condition(code: &str, message: String, who: &str, how: &str) -> BrokenCondition {
    BrokenCondition {
        code: code.to_owned(),
        message,
        who: who.to_owned(),
        how: how.to_owned(),
    }
}

/// Does the entry say that a policy was installed?
fn is_install(entry: &LedgerEntry) -> bool {
    entry.kind == "adopted" || entry.body["what"] == "policy installed"
}

/// Every approval that was ever consumed here, whatever it was for.
pub(super) fn uses(entries: &[LedgerEntry]) -> Vec<ApprovalUse> {
    let used = entries.iter().filter(|entry| entry.kind == "approval_used");
    used.flat_map(|entry| {
        digests(entry).map(|digest| ApprovalUse {
            digest,
            at: entry.at.clone(),
            run_id: entry.run_id.clone().unwrap_or_default(),
        })
    })
    .collect()
}

/// Approvals that the ledger says were taken back.
pub(super) fn revoked(entries: &[LedgerEntry]) -> Vec<String> {
    let notes = entries
        .iter()
        .filter(|entry| entry.body["what"] == "approval revoked");
    notes
        .filter_map(|entry| entry.body["approval_digest"].as_str().map(str::to_owned))
        .collect()
}

/// Approvals that what stands of a release was begun with. A tier that was undone is not done again by them: to go on
/// forward needs a fresh yes, to go on backward does not.
fn begun_with(package: &str, act: Act, entries: &[LedgerEntry]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| entry.body["package"] == package)
    {
        match entry.kind.as_str() {
            "release_rolled_back" => found.clear(),
            "tier_rolled_back" if act == Act::Apply => found.clear(),
            "approval_used" => found.extend(digests(entry)),
            _ => {}
        }
    }
    found
}

fn digests(entry: &LedgerEntry) -> impl Iterator<Item = String> + '_ {
    let approvals = entry.body["approvals"].as_array().into_iter().flatten();
    approvals.filter_map(|approval| approval["digest"].as_str().map(str::to_owned))
}
