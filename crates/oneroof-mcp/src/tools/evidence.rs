//! `evidence`: what was rehearsed, and what was seen.

use oneroof_engine::evidence;
use rmcp::handler::server::tool::schema_for_type;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::CallToolResult;
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{self, Document};
use crate::paging::Page;
use crate::server::Server;

/// Which evidence.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Evidence {
    /// A name of the list; absent: the list.
    #[serde(default)]
    name: Option<String>,
    /// Of that evidence only these members of its record, such as `steps` or `tiers`; absent: the whole record.
    #[serde(default)]
    members: Vec<String>,
    #[serde(flatten)]
    page: Page,
}

#[tool_router(router = evidence_router, vis = "pub(super)")]
impl Server {
    /// The rehearsals of this project: the list of their evidence, newest first, or the record of one of them, whose
    /// sum was checked.
    #[tool(
        name = "evidence",
        output_schema = schema_for_type::<Document>(),
        annotations(title = "Evidence of rehearsals", read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false)
    )]
    async fn evidence(&self, Parameters(asked): Parameters<Evidence>) -> CallToolResult {
        let Some(name) = &asked.name else {
            return match asked.page.of(evidence::list(&self.context)) {
                Ok((list, next_cursor)) => Document {
                    next_cursor,
                    ..Document::of(&json!({ "evidence": list }))
                }
                .result(),
                Err(message) => answer::input(message, "begin again without a cursor".into()),
            };
        };
        match evidence::show(&self.context, name) {
            Ok(record) => match only(record, &asked.members) {
                Ok(record) => Document::of(&record).result(),
                Err((message, hint)) => answer::input(message, hint),
            },
            Err(error) => answer::error(&error),
        }
    }
}

/// These members of a record.
fn only(record: Value, members: &[String]) -> Result<Value, (String, String)> {
    let Value::Object(mut all) = record else {
        return Ok(record);
    };
    if let Some(unknown) = members.iter().find(|member| !all.contains_key(*member)) {
        let known: Vec<&str> = all.keys().map(String::as_str).collect();
        return Err((
            format!("the record has no member `{unknown}`"),
            format!("it has: {}", known.join(", ")),
        ));
    }
    if !members.is_empty() {
        all.retain(|name, _| members.contains(name));
    }
    Ok(Value::Object(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_chosen_by_name() {
        let record = || json!({ "steps": [1], "tiers": [2] });
        assert_eq!(only(record(), &[]), Ok(record()));
        assert_eq!(
            only(record(), &["steps".into()]),
            Ok(json!({ "steps": [1] }))
        );
        let (message, hint) = only(record(), &["step".into()]).unwrap_err();
        assert!(message.contains("`step`") && hint.contains("steps, tiers"));
    }
}
