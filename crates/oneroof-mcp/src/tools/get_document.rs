//! `get_document`: one document of the hub.

use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{self, Document};
use crate::server::Server;

/// Which document.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetDocument {
    /// Its path, or its display id.
    document: String,
}

#[tool_router(router = get_document_router, vis = "pub(super)")]
impl Server {
    /// A document of this project: its text, its tags, its revision, and what links to it.
    #[tool(
        name = "get_document",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Read a document", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn get_document(&self, Parameters(asked): Parameters<GetDocument>) -> CallToolResult {
        let found = self.hub(move |hub| hub.get(&asked.document)).await;
        match found.map(serde_json::to_value) {
            Ok(Ok(Value::Object(mut document))) => {
                // The text as it was written is enough.
                let _ = document.remove("html");
                Document::of(&document).result()
            }
            Ok(other) => Document::of(&other.unwrap_or_default()).result(),
            Err(error) => answer::error(&error),
        }
    }
}
