//! `list_documents`: what the hub has.

use oneroof_engine::hub::ListOptions;
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{self, Document};
use crate::paging::Page;
use crate::server::Server;

/// Which documents.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ListDocuments {
    /// Only those whose path begins so.
    #[serde(default)]
    prefix: Option<String>,
    /// Only those with this tag.
    #[serde(default)]
    tag: Option<String>,
    #[serde(flatten)]
    page: Page,
}

#[tool_router(router = list_documents_router, vis = "pub(super)")]
impl Server {
    /// The documents of this project by their paths, with title, tags, revision and reading time.
    #[tool(
        name = "list_documents",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "List documents", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn list_documents(&self, Parameters(asked): Parameters<ListDocuments>) -> CallToolResult {
        let options = ListOptions {
            prefix: asked.prefix,
            tag: asked.tag,
        };
        let documents = match self.hub(move |hub| hub.list(&options)).await {
            Ok(documents) => documents,
            Err(error) => return answer::error(&error),
        };
        match asked.page.of(documents) {
            Ok((documents, next_cursor)) => Document {
                next_cursor,
                ..Document::of(&json!({ "documents": documents }))
            }
            .result(),
            Err(message) => answer::input(message, "begin again without a cursor".into()),
        }
    }
}
