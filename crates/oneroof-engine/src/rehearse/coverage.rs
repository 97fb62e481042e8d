//! Who covers what on the clone, before the release and after it: a part of `rehearsal.json` where the package
//! `one-roof-base` is there.

use oneroof_pg::connect::Session;
use oneroof_pg::governance::coverage::{CoverageSummary, summary};
use oneroof_pg::governance::installed::installed;
use oneroof_pg::governance::matrix::{MatrixQuery, MatrixRow, matrix};
use oneroof_pg::governance::plan_settings;
use serde::Serialize;

use crate::error::EngineError;
use crate::execute::release::ReleaseRun;
use crate::governance::{Needs, reading};

/// Coverage at two moments.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CoverageRecord {
    /// On the clone before the first tier; none where the base is not there yet.
    pub before: Option<CoverageMoment>,
    /// After the last tier.
    pub after: Option<CoverageMoment>,
}

/// Coverage at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct CoverageMoment {
    /// The whole inventory in figures.
    pub summary: CoverageSummary,
    /// The scopes, in order.
    pub columns: Vec<String>,
    /// The first objects.
    pub rows: Vec<MatrixRow>,
    /// Are there more objects than these?
    pub more: bool,
}

/// Reads it as the role of the package; none where it has no governance, or that role may not look at it.
pub(super) async fn read(run: &ReleaseRun<'_>) -> Result<Option<CoverageMoment>, EngineError> {
    let session = run.reading().await?;
    let schema = run
        .parameters
        .schema(&run.package.plan)
        .unwrap_or_else(|| "public".to_owned());
    let found = moment(&session, &schema).await;
    session.close().await;
    match found {
        Err(EngineError::Database { source, .. })
            if matches!(source.sqlstate(), Some("42501" | "42P01")) =>
        {
            Ok(None)
        }
        found => found,
    }
}

async fn moment(session: &Session, schema: &str) -> Result<Option<CoverageMoment>, EngineError> {
    let found = installed(session, schema, Needs::Base.relations())
        .await
        .map_err(reading("whether there is governance"))?;
    if !found.missing.is_empty() || !found.usable {
        return Ok(None);
    }
    plan_settings(session)
        .await
        .map_err(reading("the settings of the transaction"))?;
    let query = MatrixQuery {
        page: Some(1),
        ..MatrixQuery::default()
    };
    let page = matrix(session, &query)
        .await
        .map_err(reading("the matrix"))?;
    Ok(Some(CoverageMoment {
        summary: summary(session).await.map_err(reading("the coverage"))?,
        columns: page.columns,
        rows: page.rows,
        more: page.more,
    }))
}
