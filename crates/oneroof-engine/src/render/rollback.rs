//! `98_rollback.sql`, the whole way back, and `per_tier_rollback.sql`, one step of it.

use std::fmt::Write as _;

use oneroof_model::package::Tier;

use super::Release;
use super::block::{Blocks, Broken};
use super::quote::{array, comment, echo, fill, literal};
use super::script::{Needs, Writes, keep_marker, label};
use super::standing::{self, Standing};
use crate::error::EngineError;

const BLOCKED_HINT: &str =
    "nothing was changed; remove what hangs on this release first (a later release: roll it back)";

impl Release<'_> {
    /// Undoes every tier that stands, last first, in one transaction.
    pub(super) fn rollback(&self, all: &[Standing<'_>]) -> Result<String, EngineError> {
        let mut text = self.head(
            "98_rollback.sql",
            &[
                "Undoes the whole release, last tier first, in one transaction and without CASCADE.",
                "Where nothing of it stands, it changes nothing and psql exits with 0.",
            ],
        );
        text.push_str(&self.begin(all.last().map(|last| last.tier), Writes::Yes));
        text.push_str(&self.guard("ROLLBACK", Needs::Nothing)?);
        text.push_str(&look(all));
        let any: Vec<String> = (0..all.len())
            .map(|number| standing::condition(all, number))
            .collect();
        let _ = writeln!(
            text,
            "select {} as oneroof_anything_stands \\gset\n\\if :oneroof_anything_stands\n",
            match any.as_slice() {
                [] => "false".to_owned(),
                any => any.join("\n    or "),
            }
        );
        text.push_str(&self.conditions()?);
        for (number, standing) in all.iter().enumerate().rev() {
            let tier = standing.tier;
            let condition = standing::condition(all, number);
            let Some(file) = &tier.rollback else {
                text.push_str(&irreversible(tier, &condition));
                continue;
            };
            let _ = writeln!(
                text,
                "-- Tier {}\nselect {condition} as oneroof_stands \\gset\n\\if :oneroof_stands",
                comment(&tier.title())
            );
            text.push_str(&self.settings(Some(tier)));
            text.push_str(&self.embed(file)?);
            text.push_str("set constraints all immediate;\n\\endif\n\n");
        }
        text.push_str(&self.settings(all.last().map(|last| last.tier)));
        text.push_str(&self.rolled_back_marker()?);
        let nothing = format!(
            "nothing of {} stands: nothing to roll back",
            self.package.plan.release_tag()
        );
        let _ = write!(
            text,
            "commit;\n\n\\echo :oneroof_marker_0\n\n\\else\n\nrollback;\n{}\n\n\\endif\n",
            echo(&nothing)
        );
        Ok(text)
    }

    /// Undoes one tier, which `-v tier=…` names.
    pub(super) fn per_tier_rollback(&self, all: &[Standing<'_>]) -> Result<String, EngineError> {
        let names: Vec<&str> = all.iter().rev().map(|it| label(it.tier)).collect();
        let order = format!(
            "The tiers, in the order of the way back: {}.",
            names.join(", ")
        );
        let mut text = self.head(
            "per_tier_rollback.sql",
            &[
                "Undoes one tier in one transaction and without CASCADE: psql -X -v tier=NAME -f per_tier_rollback.sql",
                &order,
            ],
        );
        text.push_str(include_str!("sql/which_tier.sql"));
        let known: Vec<String> = all.iter().flat_map(|it| words(it.tier)).collect();
        text.push_str(&Blocks::block(&fill(
            include_str!("sql/known_tier.sql"),
            &[
                ("words", &array(known.iter().map(String::as_str))),
                ("hint", &literal(&order)),
            ],
        )));
        text.push('\n');
        for (number, standing) in all.iter().enumerate().rev() {
            let tier = standing.tier;
            let words = words(tier);
            let condition = standing::condition(all, number);
            let _ = writeln!(
                text,
                "-- Tier {}\nselect lower(:'tier') = any ({}) as oneroof_is_meant \\gset\n\\if :oneroof_is_meant\n",
                comment(&tier.title()),
                array(words.iter().map(String::as_str))
            );
            text.push_str(&self.begin(Some(tier), Writes::Yes));
            text.push_str(&self.guard("ROLLBACK", Needs::Nothing)?);
            text.push_str(&look(all));
            for later in standing::later(all, number) {
                let stands = format!(
                    "current_setting('oneroof_run.stands_{}', true) = 'true'",
                    later.tier.id
                );
                text.push_str(&refuse(
                    &stands,
                    &format!(
                        "ROLLBACK REFUSED: {} is not rolled back",
                        later.tier.title()
                    ),
                ));
            }
            let _ = writeln!(
                text,
                "select {condition} as oneroof_stands \\gset\n\\if :oneroof_stands\n"
            );
            text.push_str(&self.conditions()?);
            match &tier.rollback {
                None => text.push_str(&irreversible(tier, "true")),
                Some(file) => text.push_str(&self.embed(file)?),
            }
            text.push_str("set constraints all immediate;\n");
            let _ = write!(
                text,
                "commit;\n{}\n\\else\nrollback;\n{}\n\\endif\n\n\\endif\n\n",
                echo(&format!("{}: rolled back", tier.title())),
                echo(&format!(
                    "{} does not stand: nothing to roll back",
                    tier.title()
                ))
            );
        }
        Ok(text)
    }

    /// The package's own conditions for being undone; those that are broken are named together.
    fn conditions(&self) -> Result<String, EngineError> {
        let mut text = String::new();
        for check in self.wanted(&self.package.plan.rollback.preconditions) {
            text.push_str(&self.blocks().check(
                check,
                "Condition of the rollback",
                Broken::IsCollected,
            )?);
            text.push('\n');
        }
        if !text.is_empty() {
            text.push_str(&Blocks::collected("broken[1]", BLOCKED_HINT));
            text.push('\n');
        }
        Ok(text)
    }

    fn rolled_back_marker(&self) -> Result<String, EngineError> {
        let plan = &self.package.plan;
        let done = [format!("{} is rolled back", plan.release_tag())];
        let lines = match plan.rollback.marker.0.as_slice() {
            [] => &done[..],
            lines => lines,
        };
        Ok(format!(
            "{}{}",
            self.blocks().marker(lines)?,
            keep_marker(0)
        ))
    }
}

/// Looks which tiers stand.
fn look(all: &[Standing<'_>]) -> String {
    let rows = standing::rows(all);
    if rows.is_empty() {
        return "-- No tier makes an object, so the catalog does not say whether one stands.\n\n"
            .to_owned();
    }
    format!(
        "-- Which tiers stand, as far as the catalog knows.\n{}\n",
        Blocks::block(&fill(
            include_str!("sql/standing.sql"),
            &[("rows", &rows.join(",\n"))]
        ))
    )
}

fn irreversible(tier: &Tier, condition: &str) -> String {
    let why = tier
        .irreversible
        .as_deref()
        .unwrap_or(
            "oneroof generates its rollback from the ledger, which plain scripts do not have; for these, write a rollback file",
        );
    refuse(
        condition,
        &format!(
            "ROLLBACK REFUSED: tier {} cannot be undone: {why}",
            tier.title()
        ),
    )
}

fn refuse(condition: &str, message: &str) -> String {
    format!(
        "{}\n",
        Blocks::block(&fill(
            include_str!("sql/refuse_rollback.sql"),
            &[("stands", condition), ("message", &literal(message))],
        ))
    )
}

/// What a person may call a tier, in lower case.
fn words(tier: &Tier) -> Vec<String> {
    let mut words = vec![tier.id.clone()];
    words.extend(tier.label.iter().map(|label| label.to_lowercase()));
    words.extend(
        super::file_name(&tier.file)
            .strip_suffix(".sql")
            .map(str::to_lowercase),
    );
    words
}
