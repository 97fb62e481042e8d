//! What a release would create must not be there yet, unless a release made it: `create … if not exists` and
//! `create or replace` would else take somebody's object for ours, and the rollback would drop it.
//!
//! What will be created is known from the rehearsal, or else from the text of the tiers. A tier that replaces
//! what was there on purpose shows it: the rehearsal has it as altered, or its rollback puts it back.

use std::collections::BTreeMap;

use oneroof_model::package::Tier;
use oneroof_model::{Effects, ObjectChange, Refusal, RefusalCode};
use oneroof_pg::catalog::{
    Definition, DefinitionRow, ExistingObject, definition_of, existing, existing_named,
};
use oneroof_pg::connect::Session;
use oneroof_pg::ledger;
use oneroof_sql::{ObjectRef, Phase, StatementFacts, references};

use super::changed_since::standing_objects;
use super::effects::RehearsedEffects;
use super::release::ReleaseRun;
use crate::error::EngineError;

/// An object of somebody else, and the tier that would create it.
struct Foreign {
    object: ExistingObject,
    tier: String,
    /// How it differs from what was rehearsed; none where nothing was.
    differences: Option<Vec<String>>,
}

impl ReleaseRun<'_> {
    /// Refuses what these tiers would create and is there already. `ledger` reads the entries.
    pub(crate) async fn refuse_foreign_objects(
        &self,
        ledger: &Session,
        pending: &[&Tier],
    ) -> Result<(), EngineError> {
        if pending.is_empty() {
            return Ok(());
        }
        let looking = || EngineError::database("look for objects of the release's names");
        let entries = ledger::made(ledger)
            .await
            .map_err(EngineError::database("read what the tiers made"))?;
        let session = self.reading().await?;
        let found = match self.rehearsed {
            Some(rehearsed) => as_rehearsed(&session, pending, rehearsed).await,
            None => self.as_written(&session, pending).await?,
        };
        let mut found = found.map_err(looking())?;
        let ours = standing_objects(&entries);
        found.retain(|foreign| {
            !ours.iter().any(|one| {
                let (made, there) = (&one.object, &foreign.object);
                (&made.kind, &made.identity) == (&there.kind, &there.identity)
            })
        });
        session.close().await;
        let Some(first) = found.first() else {
            return Ok(());
        };
        let reasons = found.iter().flat_map(|foreign| {
            let there = &foreign.object;
            let head = format!(
                "{} {} belongs to {}; tier {} creates it",
                there.kind, there.identity, there.owner, foreign.tier
            );
            let shape = match &foreign.differences {
                None => Vec::new(),
                Some(none) if none.is_empty() => vec!["it is like the rehearsed one".to_owned()],
                Some(some) => some
                    .iter()
                    .map(|one| format!("rehearsed and there: {one}"))
                    .collect(),
            };
            [head].into_iter().chain(shape)
        });
        Err(Refusal::new(
            RefusalCode::ForeignObject,
            format!(
                "target `{}` has {} already, and no release made it: {} {}",
                self.place.name,
                crate::check::counted(found.len(), "object"),
                first.object.kind,
                first.object.identity
            ),
        )
        .reasons(reasons.collect())
        .hint("nothing was changed; ask the owner to rename or move it, or take it into the release with an `alter`")
        .into())
    }

    /// What the text of the tiers creates. A name that an earlier statement takes away is free.
    async fn as_written(
        &self,
        session: &Session,
        pending: &[&Tier],
    ) -> Result<Result<Vec<Foreign>, oneroof_pg::PgError>, EngineError> {
        let mut gone: Vec<ObjectRef> = Vec::new();
        let mut wanted: Vec<(ObjectRef, &Tier)> = Vec::new();
        for tier in pending {
            let back = match &tier.rollback {
                Some(file) => facts(self.package.text(file)?),
                None => Vec::new(),
            };
            for statement in facts(self.package.text(&tier.file)?) {
                gone.extend(statement.dropped.iter().cloned());
                for made in statement.created {
                    let is_free = gone.iter().any(|one| one.may_be(&made))
                        || wanted.iter().any(|(one, _)| one.may_be(&made));
                    let is_meant = made.certain || is_taken_away(tier, &back, &made);
                    if made.phase == Phase::Now && !made.temporary && !is_free && is_meant {
                        wanted.push((made, tier));
                    }
                }
            }
        }
        let asked: Vec<(&str, Option<&str>, &str)> = wanted
            .iter()
            .map(|(made, _)| (made.class(), made.schema.as_deref(), made.name.as_str()))
            .collect();
        Ok(existing(session, &asked).await.map(|found| {
            found
                .into_iter()
                .map(|object| Foreign {
                    tier: wanted[object.place].1.title(),
                    object,
                    differences: None,
                })
                .collect()
        }))
    }
}

/// What the tiers created in the rehearsal.
async fn as_rehearsed(
    session: &Session,
    pending: &[&Tier],
    rehearsed: &RehearsedEffects,
) -> Result<Vec<Foreign>, oneroof_pg::PgError> {
    let effects: Vec<(&Tier, &Effects)> = pending
        .iter()
        .filter_map(|tier| Some((*tier, rehearsed.get(&tier.id)?)))
        .collect();
    let all = |change: ObjectChange| {
        effects.iter().flat_map(move |(tier, effects)| {
            let objects = effects.objects.iter();
            objects
                .filter(move |object| object.change == change)
                .map(move |object| (*tier, *effects, object))
        })
    };
    let altered: Vec<(&str, &str)> = all(ObjectChange::Altered)
        .map(|(_, _, object)| (object.kind.as_str(), object.identity.as_str()))
        .collect();
    let known = existing_named(session, &altered).await?;
    // A name that is there only after the release may be the new one of what has the name today.
    let is_renamed = |kind: &str| {
        altered.iter().enumerate().any(|(place, (its, _))| {
            *its == kind && !known.iter().any(|there| there.place == place)
        })
    };
    let is_dropped = |identity: &str| {
        all(ObjectChange::Dropped).any(|(_, _, object)| object.identity == identity)
    };
    let created: Vec<(&Tier, &Effects, &oneroof_model::ObjectEffect)> = all(ObjectChange::Created)
        .filter(|(_, _, object)| !is_dropped(&object.identity) && !is_renamed(&object.kind))
        .collect();
    let asked: Vec<(&str, &str)> = created
        .iter()
        .map(|(_, _, object)| (object.kind.as_str(), object.identity.as_str()))
        .collect();
    let mut found = Vec::new();
    for object in existing_named(session, &asked).await? {
        let (tier, effects, _) = created[object.place];
        let differences = shape(session, &object, effects).await?;
        found.push(Foreign {
            tier: tier.title(),
            object,
            differences: Some(differences),
        });
    }
    Ok(found)
}

/// How the object that is there differs from the rehearsed one. Of this one only digests are known.
async fn shape(
    session: &Session,
    object: &ExistingObject,
    effects: &Effects,
) -> Result<Vec<String>, oneroof_pg::PgError> {
    let there = definition_of(
        session,
        &[object.class.as_str()].into_iter().collect(),
        &[object.oid],
    )
    .await?;
    let rehearsed = Definition::new(
        effects
            .definitions
            .iter()
            .map(|one| DefinitionRow {
                kind: one.kind.clone(),
                identity: one.identity.clone(),
                definition: one.digest.to_string(),
            })
            .collect(),
    );
    let mut labels: BTreeMap<String, Vec<DefinitionRow>> = BTreeMap::new();
    for (label, row) in rehearsed.rows_by_object() {
        labels.entry(label).or_default().push(row.clone());
    }
    let there = there.by_digest();
    let mine = there.rows_by_object();
    // Without its text an index does not say which table it is of.
    let own: Vec<DefinitionRow> = mine
        .iter()
        .filter(|(_, row)| row.kind != "index")
        .map(|(_, row)| (*row).clone())
        .collect();
    let expected: Vec<DefinitionRow> = mine
        .iter()
        .filter_map(|(label, _)| labels.remove(label))
        .flatten()
        .filter(|row| row.kind != "index")
        .collect();
    let differences =
        Definition::differences_by_digest(&Definition::new(expected), &Definition::new(own));
    Ok(differences.iter().map(ToString::to_string).collect())
}

/// A file that does not parse is a fault of `package check`.
fn facts(text: &str) -> Vec<StatementFacts> {
    references(text).unwrap_or_default()
}

/// Does the way back drop the object, and not put back what was there?
fn is_taken_away(tier: &Tier, back: &[StatementFacts], made: &ObjectRef) -> bool {
    let has = |objects: fn(&StatementFacts) -> &[ObjectRef]| {
        back.iter()
            .flat_map(objects)
            .any(|object| object.may_be(made))
    };
    match (&tier.rollback, &tier.irreversible) {
        (Some(_), _) => has(|facts| &facts.dropped) && !has(|facts| &facts.created),
        (None, Some(_)) => false,
        (None, None) => true,
    }
}
