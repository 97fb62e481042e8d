//! The tools: one file each.

mod coverage;
mod drift;
mod evidence;
mod gate;
mod get_document;
mod list_documents;
mod query_pg;
mod runs;
mod search_knowledge;
mod status;

use rmcp::handler::server::router::tool::ToolRouter;

use crate::server::Server;

/// All of them.
pub(crate) fn router() -> ToolRouter<Server> {
    Server::query_router()
        + Server::status_router()
        + Server::gate_router()
        + Server::coverage_router()
        + Server::drift_router()
        + Server::runs_router()
        + Server::evidence_router()
        + Server::search_knowledge_router()
        + Server::list_documents_router()
        + Server::get_document_router()
}

#[cfg(test)]
mod tests {
    use super::router;

    /// What a tool says of itself; what it does is tried against a real server by the tests of the binary.
    #[test]
    fn every_tool_says_that_it_only_reads() {
        let mut tools = router().list_all();
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(
            names,
            [
                "coverage",
                "drift",
                "evidence",
                "gate",
                "get_document",
                "list_documents",
                "query_pg",
                "runs",
                "search_knowledge",
                "status"
            ]
        );
        for tool in &tools {
            let name = &tool.name;
            let annotations = tool.annotations.as_ref().unwrap();
            assert_eq!(annotations.read_only_hint, Some(true), "{name}");
            assert_eq!(annotations.destructive_hint, Some(false), "{name}");
            assert!(tool.description.is_some(), "{name}");
            assert!(tool.output_schema.is_some(), "{name}");
            assert_eq!(tool.input_schema["type"], "object", "{name}");
        }
    }
}
