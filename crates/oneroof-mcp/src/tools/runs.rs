//! `runs`: what the ledger of a database says.

use oneroof_engine::ledger::{self, ShowOptions};
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::paging::Page;
use crate::server::Server;

/// Which entries.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Runs {
    /// One of the databases that this server serves; absent if it serves one only.
    #[serde(default)]
    database: Option<String>,
    /// Only entries of this release: its name, `name@version`, or the beginning of its digest.
    #[serde(default)]
    release: Option<String>,
    #[serde(flatten)]
    page: Page,
}

#[tool_router(router = runs_router, vis = "pub(super)")]
impl Server {
    /// The ledger of a database, newest entry first: which runs applied or rolled back which tiers, when, by whom.
    #[tool(
        name = "runs",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Runs in the ledger", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn runs(&self, Parameters(asked): Parameters<Runs>) -> CallToolResult {
        let target = match self.target(asked.database.as_deref()) {
            Ok(target) => target,
            Err((message, hint)) => return answer::input(message, hint),
        };
        let options = ShowOptions {
            release: asked.release,
            last: None,
        };
        let mut shown = match ledger::show(&self.context, &target, &options).await {
            Ok(shown) => shown,
            Err(error) => return answer::error(&error),
        };
        shown.entries.reverse();
        match asked.page.of(std::mem::take(&mut shown.entries)) {
            Ok((entries, next_cursor)) => {
                shown.entries = entries;
                Document {
                    next_cursor,
                    ..Document::of(&shown)
                }
                .result()
            }
            Err(message) => answer::input(message, "begin again without a cursor".into()),
        }
    }
}
