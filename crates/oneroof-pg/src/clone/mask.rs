//! What a column becomes on its way into a clone, so that what belongs to people stays where it is. The source computes
//! it: what is masked never leaves it.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// A column and its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMask {
    /// `schema.table.column`; of a partitioned or inherited table it counts for the tables below it too.
    pub column: String,
    /// What it becomes.
    pub rule: MaskRule,
}

/// What a value becomes. Null stays null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaskRule {
    /// Null.
    Null,
    /// Always this.
    Fixed(String),
    /// A hash with a key that is made for this clone and thrown away: the same value is the same hash everywhere.
    Hash,
    /// Other digits in the same places.
    Digits,
    /// An address at a place that does not exist.
    Email,
    /// What this SQL gives, over the columns of the table; names are those of `pg_catalog`, others need their schema.
    Expression(String),
}

/// What is known about masks before anything is copied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MaskReport {
    /// Columns that are masked, each with its rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    /// Columns that look like personal data and are copied as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmasked: Vec<String>,
}

impl MaskRule {
    fn word(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Fixed(_) => "fixed",
            Self::Hash => "hash",
            Self::Digits => "digits",
            Self::Email => "email",
            Self::Expression(_) => "expression",
        }
    }

    fn value(&self) -> &str {
        match self {
            Self::Fixed(value) | Self::Expression(value) => value,
            Self::Null | Self::Hash | Self::Digits | Self::Email => "",
        }
    }
}

/// Masks as a query takes them: names, words, values.
pub(super) fn columns_of(masks: &[ColumnMask]) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    (
        masks.iter().map(|mask| mask.column.as_str()).collect(),
        masks.iter().map(|mask| mask.rule.word()).collect(),
        masks.iter().map(|mask| mask.rule.value()).collect(),
    )
}

/// What is wrong with the masks, in words; empty if they can be used.
pub(super) async fn mask_faults(
    session: &Session,
    masks: &[ColumnMask],
) -> Result<Vec<String>, PgError> {
    let (names, words, _) = columns_of(masks);
    let rows = session
        .query(include_str!("mask_faults.sql"), &[&names, &words])
        .await?;
    rows.iter().map(|row| Ok(row.try_get("fault")?)).collect()
}

/// What is masked, and what perhaps should be.
pub(super) async fn mask_report(
    session: &Session,
    masks: &[ColumnMask],
) -> Result<MaskReport, PgError> {
    let (names, _, _) = columns_of(masks);
    let rows = session
        .query(include_str!("mask_missing.sql"), &[&names])
        .await?;
    let unmasked: Result<Vec<String>, PgError> = rows
        .iter()
        .map(|row| Ok(row.try_get("column_name")?))
        .collect();
    Ok(MaskReport {
        masked: masks
            .iter()
            .map(|mask| format!("{}: {}", mask.column, mask.rule.word()))
            .collect(),
        unmasked: unmasked?,
    })
}
