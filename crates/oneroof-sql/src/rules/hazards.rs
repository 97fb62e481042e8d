//! What the rules about hazards share: walking them, and telling tables that were there before from our own.

use crate::check::{Package, SourceFile};
use crate::hazards::{Hazard, HazardKind};
use crate::references::{ObjectRef, StatementFacts};

/// Which tables count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// All.
    All,
    /// Those that the release, or the file of a migration, did not make itself.
    Earlier,
}

/// Calls `told` for each hazard of this kind in the tiers.
pub(super) fn each(
    package: &Package<'_>,
    kind: HazardKind,
    tables: Tables,
    mut told: impl FnMut(&SourceFile<'_>, &StatementFacts, &Hazard),
) {
    let mut ours: Vec<&ObjectRef> = Vec::new();
    for (_, file) in package.tiers() {
        if package.source.separate {
            ours.clear();
        }
        for facts in &file.facts {
            for hazard in facts.hazards.iter().filter(|hazard| hazard.kind == kind) {
                let is_ours = ours.iter().any(|own| hazard.is_on(own));
                if tables == Tables::All || !is_ours {
                    told(file, facts, hazard);
                }
            }
            let created = facts.created.iter();
            ours.extend(created.filter(|created| created.class() == "relation" && created.certain));
        }
    }
}

impl Hazard {
    /// The name of the table as it is written; empty if there is none.
    pub(super) fn table(&self) -> String {
        match &self.table {
            None => String::new(),
            Some((Some(schema), name)) => format!("{schema}.{name}"),
            Some((None, name)) => name.clone(),
        }
    }

    fn is_on(&self, own: &ObjectRef) -> bool {
        self.table.as_ref().is_some_and(|(schema, name)| {
            *name == own.name && (schema.is_none() || own.schema.is_none() || *schema == own.schema)
        })
    }
}
