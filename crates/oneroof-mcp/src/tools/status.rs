//! `status`: where each release stands on a database.

use oneroof_engine::status;
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::server::Server;

/// Which database.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Status {
    /// One of the databases that this server serves; absent if it serves one only.
    #[serde(default)]
    database: Option<String>,
}

#[tool_router(router = status_router, vis = "pub(super)")]
impl Server {
    /// Where each release stands on a database, in one word (DRIFTED, LIVE, BLOCKED, CLONE-PROVEN, PACKAGED), what is
    /// next, whose turn it is, and the booleans that a consumer may rely on.
    #[tool(
        name = "status",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Releases of a database", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn status(&self, Parameters(asked): Parameters<Status>) -> CallToolResult {
        let target = match self.target(asked.database.as_deref()) {
            Ok(target) => target,
            Err((message, hint)) => return answer::input(message, hint),
        };
        match status::status(&self.context, &[target], &[]).await {
            Ok(report) => Document::of(&report).result(),
            Err(error) => answer::error(&error),
        }
    }
}
