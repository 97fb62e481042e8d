//! `query_pg`: one statement over the read-only channel.

use oneroof_engine::readonly::{Answer, Question};
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;

use crate::answer::{self, Document};
use crate::server::Server;

/// What to ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryPg {
    /// One of the databases that this server serves; absent if it serves one only.
    #[serde(default)]
    database: Option<String>,
    /// One SELECT, VALUES, TABLE, WITH … SELECT, EXPLAIN or SHOW.
    sql: String,
    /// Values of `$1`, `$2`, … as text, or null; the server turns each into the type that it infers.
    #[serde(default)]
    parameters: Vec<Option<String>>,
}

#[tool_router(router = query_router, vis = "pub(super)")]
impl Server {
    /// Read from a database with one statement that cannot change anything: it runs only if everything that it can
    /// reach is known to be read-only, at most 5 seconds, 500 rows and 4 MiB. A refusal names the rule, the place and
    /// what to write instead. `truncated` says that rows are left out.
    #[tool(
        name = "query_pg",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Read-only SQL", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = true)
    )]
    async fn query_pg(&self, Parameters(asked): Parameters<QueryPg>) -> CallToolResult {
        let target = match self.target(asked.database.as_deref()) {
            Ok(target) => target,
            Err((message, hint)) => return answer::input(message, hint),
        };
        let Some(channel) = self.channels.get(&target) else {
            return answer::not_there(
                "this database has no channel",
                "ask the operator of this server",
            );
        };
        let question = Question {
            principal: &self.principal,
            sql: asked.sql.as_bytes(),
            parameters: &asked.parameters,
        };
        match channel.query(&question).await {
            Ok(Answer::Rows(report)) => Document::of(&report).result(),
            Ok(Answer::Refused(refusal)) => answer::refused(&refusal),
            Err(error) => answer::error(&error),
        }
    }
}
