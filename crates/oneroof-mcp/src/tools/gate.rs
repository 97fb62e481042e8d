//! `gate`: may this release change this production now, and what is in its way?

use oneroof_engine::gate::{self, GateOptions};
use oneroof_engine::store::package_files::OpenPackage;
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
    /// The release package: its name in the project, or one that oneroof brings.
    package: String,
    /// Ask for its rollback instead.
    #[serde(default)]
    rollback: bool,
}

#[tool_router(router = gate_router, vis = "pub(super)")]
impl Server {
    /// Whether a release may change a database now (READY or BLOCKED), each blocker with who can lift it and how, the
    /// approvals and the evidence that count. Reads only; nothing here can open a gate.
    #[tool(
        name = "gate",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Gate of a release", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn gate(&self, Parameters(asked): Parameters<Gate>) -> CallToolResult {
        let target = match self.target(asked.database.as_deref()) {
            Ok(target) => target,
            Err((message, hint)) => return answer::input(message, hint),
        };
        // A name, never a path: an agent has no business in other folders.
        if asked.package.contains(['/', '\\', '.']) {
            return answer::input(
                format!(
                    "find package `{}`: this is no name of a package",
                    asked.package
                ),
                "name a package of the project's folder packages/, or one that oneroof brings"
                    .into(),
            );
        }
        let options = GateOptions {
            rollback: asked.rollback,
            ..GateOptions::default()
        };
        let packages = self.context.root.join("packages");
        let report = match OpenPackage::open(Some(&packages), &asked.package) {
            Ok(package) => gate::gate(&self.context, &package, &target, &options).await,
            Err(error) => Err(error),
        };
        match report {
            Ok(report) => Document::of(&report).result(),
            Err(error) => answer::error(&error),
        }
    }
}
