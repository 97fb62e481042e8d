//! `search_knowledge`: documents of the hub by their words.

use oneroof_engine::hub::{HITS_MAX, HitRange};
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::server::Server;

/// Hits, if nobody says how many.
const LIMIT_DEFAULT: usize = 10;

/// What to find.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchKnowledge {
    /// Words (the last may be a beginning), "phrases", `tag:`, `id:` and `path:`.
    query: String,
    /// Documents at most, 1 to 100; 10 if absent.
    #[serde(default)]
    limit: Option<usize>,
}

#[tool_router(router = search_knowledge_router, vis = "pub(super)")]
impl Server {
    /// Find documents of this project (reports of rehearsals, runbooks, decisions, SQL), the best first, each with
    /// the words that fit.
    #[tool(
        name = "search_knowledge",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Search the knowledge hub", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn search_knowledge(
        &self,
        Parameters(asked): Parameters<SearchKnowledge>,
    ) -> CallToolResult {
        let range = HitRange {
            skip: 0,
            take: asked.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, HITS_MAX),
        };
        match self.hub(move |hub| hub.search(&asked.query, range)).await {
            Ok(found) => Document::of(&found).result(),
            Err(error) => answer::error(&error),
        }
    }
}
