//! The state of the clone at a moment: definitions and data, of which only what was touched is read anew.

use std::collections::{BTreeMap, BTreeSet};

use oneroof_pg::catalog::{
    self, DataDigest, DataOptions, Definition, GeneratedColumns, TableData, Touches,
};
use oneroof_pg::connect::Session;

use super::baseline;
use crate::error::EngineError;

/// Definitions and data at one moment.
#[derive(Debug, Clone)]
pub(super) struct CloneState {
    pub(super) definition: Definition,
    pub(super) data: DataDigest,
    touches: Option<Touches>,
}

/// Reads states of one clone.
pub(super) struct StateReader<'a> {
    /// A session of the clone's superuser that writes nothing.
    pub(super) admin: &'a Session,
    /// Sessions that stay open: that of the run lock, which writes to no table, and one that handed in its counts.
    pub(super) apart: Vec<i32>,
    /// Tables whose rows the clone does not have.
    pub(super) left_out: Vec<String>,
}

impl StateReader<'_> {
    /// Everything, generated keys included.
    pub(super) async fn whole(&self) -> Result<CloneState, EngineError> {
        let touches = self.touches().await?;
        let data = self.data(&DataOptions::default()).await?;
        Ok(CloneState {
            definition: self.definition().await?,
            data,
            touches,
        })
    }

    /// Now: tables that nobody has touched since `earlier` are as they were then.
    pub(super) async fn now(&self, earlier: &CloneState) -> Result<CloneState, EngineError> {
        let touches = self.touches().await?;
        let (Some(now), Some(_)) = (&touches, &earlier.touches) else {
            return self.whole().await;
        };
        let touched = touched(now, earlier);
        let fresh = self
            .data(&DataOptions {
                tables: Some(touched.iter().cloned().collect()),
                ..DataOptions::default()
            })
            .await?;
        let kept = earlier
            .data
            .tables
            .iter()
            .filter(|table| !touched.contains(&table.table))
            .filter(|table| now.tables().any(|name| name == table.table));
        let tables: BTreeMap<String, TableData> = kept
            .cloned()
            .chain(fresh.tables)
            .map(|table| (table.table.clone(), table))
            .collect();
        Ok(CloneState {
            definition: self.definition().await?,
            data: DataDigest {
                tables: tables.into_values().collect(),
            },
            touches,
        })
    }

    /// What two equal runs must have in common: of `state`, which is now, the definitions and the tables that
    /// were touched since `baseline`, without generated keys and `volatile` columns.
    pub(super) async fn outcome(
        &self,
        state: &CloneState,
        baseline: &CloneState,
        volatile: &[String],
    ) -> Result<RunOutcome, EngineError> {
        let tables = state
            .touches
            .as_ref()
            .map(|now| touched(now, baseline).into_iter().collect());
        let data = self
            .data(&DataOptions {
                tables,
                volatile_columns: volatile.to_vec(),
                generated_columns: GeneratedColumns::LeaveOut,
                ..DataOptions::default()
            })
            .await?;
        // A table that was touched and is as before says nothing about the run.
        let is_as_before =
            |table: &&TableData| baseline.data.get(&table.table) == state.data.get(&table.table);
        let unchanged: BTreeSet<String> = state
            .data
            .tables
            .iter()
            .filter(is_as_before)
            .map(|table| table.table.clone())
            .collect();
        let changed = data.tables.into_iter();
        let changed = changed.filter(|table| !unchanged.contains(&table.table));
        Ok(RunOutcome {
            definition: state.definition.clone(),
            data: DataDigest {
                tables: changed.collect(),
            },
        })
    }

    async fn touches(&self) -> Result<Option<Touches>, EngineError> {
        catalog::touches(self.admin, &self.apart)
            .await
            .map_err(EngineError::database("ask which tables were touched"))
    }

    async fn definition(&self) -> Result<Definition, EngineError> {
        catalog::definition(self.admin)
            .await
            .map_err(EngineError::database("read the definitions of the clone"))
    }

    async fn data(&self, options: &DataOptions) -> Result<DataDigest, EngineError> {
        let options = DataOptions {
            not_copied: self.left_out.clone(),
            ..options.clone()
        };
        catalog::data(self.admin, &options)
            .await
            .map_err(EngineError::database("read the data of the clone"))
    }
}

/// What a run left, as far as two equal runs must agree.
#[derive(Debug, Clone)]
pub(super) struct RunOutcome {
    definition: Definition,
    data: DataDigest,
}

impl CloneState {
    /// What differs in `after`, in words; empty if they are exactly equal.
    pub(super) fn differences(&self, after: &CloneState) -> Vec<String> {
        baseline::differences(&self.definition, &after.definition, &self.data, &after.data)
    }
}

impl RunOutcome {
    /// What differs in `after`, in words.
    pub(super) fn differences(&self, after: &RunOutcome) -> Vec<String> {
        baseline::differences(&self.definition, &after.definition, &self.data, &after.data)
    }

    /// Tables whose rows the run changed.
    pub(super) fn tables(&self) -> usize {
        self.data.tables.len()
    }
}

fn touched(now: &Touches, earlier: &CloneState) -> BTreeSet<String> {
    let untouched = |table: &str| {
        let then = earlier.touches.as_ref();
        then.is_some_and(|then| now.is_untouched(then, table))
    };
    now.tables()
        .filter(|table| !untouched(table))
        .map(str::to_owned)
        .collect()
}
