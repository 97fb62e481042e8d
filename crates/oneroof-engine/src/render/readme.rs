//! `README.txt`: the order, what each script does, exit codes, and what only oneroof has.

use std::fmt::Write as _;

use super::Release;
use super::quote::{comment, fill};

/// The first words of the file: by them a folder is known as one that we rendered.
pub(super) const FIRST_WORDS: &str = "Rendered by oneroof: ";

impl Release<'_> {
    pub(super) fn readme(&self, files: &[String], tiers: &[String], catalog_knows: bool) -> String {
        let plan = &self.package.plan;
        let mut list = String::new();
        for file in files {
            let what = match file.as_str() {
                "params.sql" => "the values of the run; every script reads it first".to_owned(),
                "00_preflight.sql" => {
                    "asks every precondition, reads the entry probe; changes nothing".to_owned()
                }
                "90_verify.sql" => {
                    "asks every invariant, prints the table; changes nothing".to_owned()
                }
                "99_run_all.sql" => {
                    "runs 00, the tiers and 90; stops at the first failure".to_owned()
                }
                "98_rollback.sql" => {
                    "undoes the whole release; a second run finds nothing".to_owned()
                }
                "per_tier_rollback.sql" => {
                    "undoes one tier: psql -X -v tier=NAME -f per_tier_rollback.sql".to_owned()
                }
                "97_export.sql" => {
                    "prints the rows that a rollback deletes; run it before one".to_owned()
                }
                "baseline_probe.sql" => "prints all metrics; changes nothing".to_owned(),
                "ui_read_contract.sql" => {
                    "the views that pages read have the agreed columns".to_owned()
                }
                "revalidate.sql" => {
                    "R1 to R3 in a transaction that is rolled back; for a copy".to_owned()
                }
                tier => self.tier_words(tier),
            };
            let _ = writeln!(list, "  {file:<28} {what}");
        }
        let gate = match self.gate() {
            None => {
                "  2. Gate: oneroof.gate in params.sql must say READY. Whoever may decide that writes it. It is a note\n     and no approval: bound to nothing, signed by nobody."
            }
            Some(_) => {
                "  2. Gate: the preflight and every tier ask the package's own gate in the database."
            }
        };
        let database = match &self.database {
            None => "FILL IN oneroof.expected_database in params.sql".to_owned(),
            Some(database) => format!(
                "params.sql says `{}`; on a clone, write the clone's name there",
                comment(&database.name)
            ),
        };
        let standing = if catalog_knows {
            "The rollback asks the catalog which tiers stand: the objects that a tier makes are all there, or none.\n  \
             If only some are there, it is refused with their names. A tier that makes no object counts as standing\n  \
             where the tier before it that makes some stands."
        } else {
            "No tier of this release makes an object, so the catalog cannot say whether the release stands. The\n  \
             rollback then runs every rollback file, and what a second run does is up to those files."
        };
        let requires = match plan.package.requires.as_slice() {
            [] => String::new(),
            names => format!(
                "\nThis release needs: {}. oneroof asks its ledger for them; the scripts know only the preconditions.\n",
                names.join(", ")
            ),
        };
        fill(
            include_str!("readme.txt"),
            &[
                ("first", FIRST_WORDS),
                ("tag", &plan.release_tag()),
                ("summary", &comment(&plan.package.summary)),
                ("digest", &self.package.digest.to_string()),
                ("params_digest", &self.parameters.digest().to_string()),
                ("files", list.trim_end()),
                ("gate", gate),
                ("database", &database),
                ("standing", standing),
                ("requires", &requires),
                (
                    "tier",
                    tiers.first().map_or("00_preflight.sql", String::as_str),
                ),
            ],
        )
    }

    fn tier_words(&self, file: &str) -> String {
        let Some(first) = self
            .tiers
            .iter()
            .position(|tier| super::file_name(&tier.file) == file)
        else {
            return String::new();
        };
        let group = self.tiers[first].group.as_ref();
        let more = self.tiers[first + 1..]
            .iter()
            .take_while(|tier| group.is_some() && tier.group.as_ref() == group);
        let words: Vec<String> = std::iter::once(&self.tiers[first])
            .chain(more)
            .map(|tier| format!("{}: {}", tier.title(), comment(&tier.summary)))
            .collect();
        words.join("; then, in the same transaction, ")
    }
}
