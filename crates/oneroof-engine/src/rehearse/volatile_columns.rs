//! `[effects] volatile_columns` as the server knows them.

use oneroof_pg::connect::Access;
use oneroof_pg::run::tables_named;

use super::run::Rehearsal;
use crate::error::EngineError;
use crate::execute::release::{ReleaseRun, begin};

impl Rehearsal<'_> {
    /// `schema.table.column` for each `table.column` whose table exists now.
    pub(super) async fn volatile_columns(
        &self,
        run: &ReleaseRun<'_>,
    ) -> Result<Vec<String>, EngineError> {
        let names = &self.package.plan.effects.volatile_columns;
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let session = run.session(Access::ReadOnly).await?;
        begin(&session, "begin read only").await?;
        let settings = run.settings(None);
        settings
            .apply(&session)
            .await
            .map_err(|error| run.settings_error(error, settings.role.as_deref()))?;
        let mut columns = Vec::new();
        for name in names {
            let Some((table, column)) = name.rsplit_once('.') else {
                return Err(EngineError::input(
                    format!("read [effects] volatile_columns: `{name}` is no `table.column`"),
                    None,
                ));
            };
            let found = tables_named(&session, &[table.to_owned()])
                .await
                .map_err(EngineError::database("find the volatile columns"))?;
            columns.extend(found.iter().map(|table| format!("{table}.{column}")));
        }
        session.close().await;
        Ok(columns)
    }
}
