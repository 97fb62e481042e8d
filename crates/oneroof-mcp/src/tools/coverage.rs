//! `coverage`: who is accountable for what.

use oneroof_engine::governance::coverage::{self, CoverageQuery};
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::server::Server;

/// Which part of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coverage {
    /// One of the databases that this server serves; absent if it serves one only.
    #[serde(default)]
    database: Option<String>,
    /// Which part; the summary if absent.
    #[serde(default)]
    part: Part,
    /// Only this object (`schema.name`), where the part is about objects.
    #[serde(default)]
    object: Option<String>,
}

/// A part of the coverage.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// Eight figures, what the inventory leaves out, and the newest scan.
    #[default]
    Summary,
    /// Each scope.
    ByScope,
    /// Each agency.
    ByOwner,
    /// Each object.
    ByObject,
    /// Each axis.
    ByAxis,
    /// Objects and scopes without an owner.
    Gaps,
    /// Objects and scopes with more than one.
    Conflicts,
}

#[tool_router(router = coverage_router, vis = "pub(super)")]
impl Server {
    /// Who is accountable for which object of a database: summary, gaps, conflicts, by scope, agency, object or axis.
    #[tool(
        name = "coverage",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Coverage of responsibility", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn coverage(&self, Parameters(asked): Parameters<Coverage>) -> CallToolResult {
        let target = match self.target(asked.database.as_deref()) {
            Ok(target) => target,
            Err((message, hint)) => return answer::input(message, hint),
        };
        let query = match asked.part {
            Part::Summary => CoverageQuery::Summary,
            Part::ByScope => CoverageQuery::ByScope,
            Part::ByOwner => CoverageQuery::ByOwner,
            Part::ByObject => CoverageQuery::ByObject(asked.object),
            Part::ByAxis => CoverageQuery::ByAxis,
            Part::Gaps => CoverageQuery::Gaps(asked.object),
            Part::Conflicts => CoverageQuery::Conflicts(asked.object),
        };
        match coverage::coverage(&self.context, &target, &query).await {
            Ok(report) => Document::of(&report).result(),
            Err(error) => answer::error(&error),
        }
    }
}
