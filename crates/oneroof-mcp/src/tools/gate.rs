//! `gate`: may this release change this production? This version has no gate, and says so.

use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::server::Server;

/// Which release, and where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    /// One of the databases that this server serves; absent if it serves one only.
    #[serde(default)]
    database: Option<String>,
    /// The release package.
    package: String,
}

#[tool_router(router = gate_router, vis = "pub(super)")]
impl Server {
    /// Whether a release may change a database now, and what is in its way. This version has no gate: until it has,
    /// every production is closed.
    #[tool(
        name = "gate",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Gate of a release", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn gate(&self, Parameters(asked): Parameters<Gate>) -> CallToolResult {
        match self.target(asked.database.as_deref()) {
            Ok(target) => answer::not_there(
                &format!(
                    "there is no gate in this version, so nobody can open `{target}` for `{}`: acting on a production is refused (gate-closed)",
                    asked.package
                ),
                "`status` tells which releases stand, `evidence` which were rehearsed",
            ),
            Err((message, hint)) => answer::input(message, hint),
        }
    }
}
