//! `drift`: what the detectors found.

use oneroof_engine::governance::drift::{self, DriftOptions, DriftView, FindingFilter};
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::paging::Page;
use crate::server::Server;

/// Which findings.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Drift {
    /// One of the databases that this server serves; absent if it serves one only.
    #[serde(default)]
    database: Option<String>,
    /// `critical`, `warning` or `info`; all if absent.
    #[serde(default)]
    severity: Option<String>,
    /// One detector; all if absent.
    #[serde(default)]
    detector: Option<String>,
    /// Those of this moment, instead of those that the last scan stored.
    #[serde(default)]
    live: bool,
    #[serde(flatten)]
    page: Page,
}

#[tool_router(router = drift_router, vis = "pub(super)")]
impl Server {
    /// What the drift detectors found in a database: objects without owner, views that changed, and more. Nothing is
    /// scanned or stored by asking.
    #[tool(
        name = "drift",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Drift", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn drift(&self, Parameters(asked): Parameters<Drift>) -> CallToolResult {
        let target = match self.target(asked.database.as_deref()) {
            Ok(target) => target,
            Err((message, hint)) => return answer::input(message, hint),
        };
        let options = DriftOptions {
            view: match asked.live {
                true => DriftView::Live,
                false => DriftView::Stored,
            },
            scan: false,
            filter: FindingFilter {
                severity: asked.severity,
                detector: asked.detector,
            },
        };
        let mut report = match drift::drift(&self.context, &target, &options).await {
            Ok(report) => report,
            Err(error) => return answer::error(&error),
        };
        match asked.page.of(std::mem::take(&mut report.findings)) {
            Ok((findings, next_cursor)) => {
                report.findings = findings;
                Document {
                    next_cursor,
                    ..Document::of(&report)
                }
                .result()
            }
            Err(message) => answer::input(message, "begin again without a cursor".into()),
        }
    }
}
