//! `coverage`: who covers what. Works with the package `one-roof-base` alone; axes and scans need `one-roof`.

use oneroof_model::Value;
use oneroof_pg::connect::Session;
use oneroof_pg::governance::installed::installed;
use oneroof_pg::governance::matrix::{RESPONSIBILITY, matrix};
use oneroof_pg::governance::names::NameKind;
use oneroof_pg::governance::owners::effective_owners;
use oneroof_pg::governance::{coverage, owners};
use oneroof_pg::run::{ValueFault, read_value};
use serde::Serialize;

use super::{Needs, Roof, known, reading};
use crate::context::Context;
use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

pub use oneroof_pg::governance::coverage::{
    AxisCoverage, Conflict, CoverageSummary, Gap, GroupCoverage, ObjectCoverage, OwnerCoverage,
    ScanRun, ScanStatus, ScopeCoverage,
};
pub use oneroof_pg::governance::matrix::{MatrixCell, MatrixQuery, MatrixRow, PAGE_OBJECTS};
pub use oneroof_pg::governance::owners::EffectiveOwner;

/// The metric of the base that counts what the inventory does not name.
const LEFT_OUT: &str = "inventory_left_out";

/// What `coverage` is asked for.
#[derive(Debug, Clone)]
pub enum CoverageQuery {
    /// The summary, what the inventory leaves out, and the newest scan.
    Summary,
    /// Each scope.
    ByScope,
    /// Each agency.
    ByOwner,
    /// Each object, or one.
    ByObject(Option<String>),
    /// Each axis.
    ByAxis,
    /// Each group.
    ByGroup,
    /// Cells without an owner, or those of one object.
    Gaps(Option<String>),
    /// Cells with more than one, or those of one object.
    Conflicts(Option<String>),
    /// Objects down, scopes or values across.
    Matrix(MatrixQuery),
    /// Who owns one object.
    OwnershipDetail(String),
}

/// What `coverage` answers: the one part that was asked for.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CoverageReport {
    /// The target's name.
    pub target: String,
    /// The schema of the packages.
    pub schema: String,
    /// The part.
    #[serde(flatten)]
    pub answer: CoverageAnswer,
}

/// One part of the coverage.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CoverageAnswer {
    /// The summary, what the inventory leaves out, and the newest scan.
    Summary {
        /// Eight figures.
        summary: CoverageSummary,
        /// Relations of the database that the inventory does not name.
        left_out: Option<LeftOut>,
        /// The newest scan.
        scan_status: ScanStatus,
    },
    /// Each scope.
    ByScope {
        /// In their order.
        by_scope: Vec<ScopeCoverage>,
    },
    /// Each agency.
    ByOwner {
        /// The one with the most first.
        by_owner: Vec<OwnerCoverage>,
    },
    /// Each object.
    ByObject {
        /// Sorted.
        by_object: Vec<ObjectCoverage>,
    },
    /// Each axis.
    ByAxis {
        /// Sorted.
        by_axis: Vec<AxisCoverage>,
    },
    /// Each group.
    ByGroup {
        /// Sorted.
        by_group: Vec<GroupCoverage>,
    },
    /// Cells without an owner.
    Gaps {
        /// Sorted.
        gaps: Vec<Gap>,
    },
    /// Cells with more than one.
    Conflicts {
        /// Sorted.
        conflicts: Vec<Conflict>,
    },
    /// Objects down, scopes or values across.
    Matrix {
        /// The matrix.
        matrix: Matrix,
    },
    /// Who owns one object.
    OwnershipDetail {
        /// By scope.
        ownership_detail: Vec<EffectiveOwner>,
        /// The scopes that nobody holds.
        gaps: Vec<Gap>,
    },
}

/// What the inventory does not name.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// How many relations.
    pub relations: u64,
    /// By kind, in words.
    pub kinds: Option<String>,
}

/// The matrix, or one page of it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Matrix {
    /// The axis.
    pub axis: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// The page, from 1; `None` for everything.
    pub page: Option<u32>,
    /// Is there a next page?
    pub more: bool,
    /// One row an object.
    pub rows: Vec<MatrixRow>,
}

/// Reads one part of the coverage of a target.
pub async fn coverage(
    context: &Context,
    target: &str,
    query: &CoverageQuery,
) -> Result<CoverageReport, EngineError> {
    let mut roof = Roof::open(context, target, "coverage").await?;
    let (schema, base) = (roof.schema.clone(), roof.base.clone());
    let answer = roof
        .read(needs(query), async |session| {
            answer(session, query, &schema, &base).await
        })
        .await;
    let target = roof.target.name.clone();
    roof.close().await;
    Ok(CoverageReport {
        target,
        schema,
        answer: answer?,
    })
}

fn needs(query: &CoverageQuery) -> Needs {
    match query {
        CoverageQuery::ByAxis => Needs::OneRoof,
        CoverageQuery::Matrix(matrix)
            if matrix
                .axis
                .as_deref()
                .is_some_and(|axis| axis != RESPONSIBILITY) =>
        {
            Needs::OneRoof
        }
        _ => Needs::Base,
    }
}

async fn answer(
    session: &Session,
    query: &CoverageQuery,
    schema: &str,
    base: &OpenPackage,
) -> Result<CoverageAnswer, EngineError> {
    let object = |object: Option<String>| async move {
        known(session, NameKind::Object, object.as_deref()).await?;
        Ok::<_, EngineError>(object)
    };
    Ok(match query {
        CoverageQuery::Summary => CoverageAnswer::Summary {
            summary: coverage::summary(session)
                .await
                .map_err(reading("the coverage"))?,
            left_out: left_out(session, base).await?,
            scan_status: scan_status(session, schema).await?,
        },
        CoverageQuery::ByScope => CoverageAnswer::ByScope {
            by_scope: coverage::by_scope(session)
                .await
                .map_err(reading("the coverage of scopes"))?,
        },
        CoverageQuery::ByOwner => CoverageAnswer::ByOwner {
            by_owner: coverage::by_owner(session)
                .await
                .map_err(reading("the coverage of owners"))?,
        },
        CoverageQuery::ByObject(name) => CoverageAnswer::ByObject {
            by_object: coverage::by_object(session, object(name.clone()).await?.as_deref())
                .await
                .map_err(reading("the coverage of objects"))?,
        },
        CoverageQuery::ByAxis => CoverageAnswer::ByAxis {
            by_axis: coverage::by_axis(session)
                .await
                .map_err(reading("the coverage of axes"))?,
        },
        CoverageQuery::ByGroup => CoverageAnswer::ByGroup {
            by_group: coverage::by_group(session)
                .await
                .map_err(reading("the coverage of groups"))?,
        },
        CoverageQuery::Gaps(name) => CoverageAnswer::Gaps {
            gaps: coverage::gaps(session, object(name.clone()).await?.as_deref())
                .await
                .map_err(reading("the gaps"))?,
        },
        CoverageQuery::Conflicts(name) => CoverageAnswer::Conflicts {
            conflicts: coverage::conflicts(session, object(name.clone()).await?.as_deref())
                .await
                .map_err(reading("the conflicts"))?,
        },
        CoverageQuery::Matrix(query) => CoverageAnswer::Matrix {
            matrix: read_matrix(session, query).await?,
        },
        CoverageQuery::OwnershipDetail(name) => {
            let object = object(Some(name.clone())).await?;
            let filter = owners::OwnerFilter {
                object: object.clone(),
                ..owners::OwnerFilter::default()
            };
            CoverageAnswer::OwnershipDetail {
                ownership_detail: effective_owners(session, &filter)
                    .await
                    .map_err(reading("the owners"))?,
                gaps: coverage::gaps(session, object.as_deref())
                    .await
                    .map_err(reading("the gaps"))?,
            }
        }
    })
}

async fn read_matrix(session: &Session, query: &MatrixQuery) -> Result<Matrix, EngineError> {
    let axis = query.axis.as_deref();
    if axis.is_some_and(|axis| axis != RESPONSIBILITY) {
        known(session, NameKind::Axis, axis).await?;
    }
    known(session, NameKind::Group, query.group.as_deref()).await?;
    known(session, NameKind::Object, query.object.as_deref()).await?;
    let page = matrix(session, query)
        .await
        .map_err(reading("the matrix"))?;
    Ok(Matrix {
        axis: axis.unwrap_or(RESPONSIBILITY).to_owned(),
        columns: page.columns,
        page: query.page,
        more: page.more,
        rows: page.rows,
    })
}

/// The newest scan; none where the package with the scanner is not there.
async fn scan_status(session: &Session, schema: &str) -> Result<ScanStatus, EngineError> {
    let found = installed(session, schema, Needs::OneRoof.relations())
        .await
        .map_err(reading("whether there is a scanner"))?;
    if !found.missing.is_empty() {
        return Ok(ScanStatus::default());
    }
    coverage::scan_status(session)
        .await
        .map_err(reading("the newest scan"))
}

/// The base's own count of what the inventory does not name; `None` where its version has no such metric.
async fn left_out(session: &Session, base: &OpenPackage) -> Result<Option<LeftOut>, EngineError> {
    let Some(metric) = base.plan.metric(LEFT_OUT) else {
        return Ok(None);
    };
    let query = base.query(metric.query.as_ref(), metric.file.as_ref())?;
    let read = read_value(session, query)
        .await
        .map_err(|fault| match fault {
            ValueFault::Server(error) => reading("what the inventory leaves out")(error),
            shape @ ValueFault::Shape(_) => EngineError::other(shape.to_string()),
        })?;
    Ok(match read.value {
        Value::Integer(relations) => Some(LeftOut {
            relations: u64::try_from(relations).unwrap_or_default(),
            kinds: read.detail,
        }),
        _ => None,
    })
}
