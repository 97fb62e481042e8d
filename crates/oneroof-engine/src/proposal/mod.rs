//! `init --governance`: proposes a `governance.toml`, by looking at a target or from a template.

mod look;
mod text;

use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;

/// Where the governed objects will be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Inventory {
    /// Tables of schemas.
    Catalog,
    /// Collections in folders.
    Directus,
}

impl Inventory {
    /// The value of the parameter `inventory_provider`.
    fn parameter(self) -> &'static str {
        match self {
            Inventory::Catalog => "catalog",
            Inventory::Directus => "directus",
        }
    }
}

/// What to propose.
#[derive(Debug, Clone)]
pub struct ProposalOptions {
    /// Where the governed objects will be listed.
    pub inventory: Inventory,
    /// The target to look at; a template without.
    pub target: Option<String>,
    /// The schema of our objects, if the user chose one.
    pub schema: Option<String>,
}

/// A proposed `governance.toml`, and what was seen on the way.
#[derive(Debug, Serialize)]
pub struct Proposal {
    /// The text of the file.
    #[serde(skip)]
    pub text: String,
    /// The inventory.
    pub inventory: Inventory,
    /// The schema of our objects.
    pub schema: String,
    /// Names of ours that `public` has already: why the schema is another one.
    pub names_taken: Vec<String>,
    /// Where the labels of the application come from.
    pub vocabulary: String,
    /// Whether the application has approval tables.
    pub approval_spine: String,
    /// Groups and what lies in them.
    pub groups: Vec<ProposedGroup>,
    /// What the inventory does not name, in words.
    pub left_out: Vec<String>,
    /// What a DBA runs first; empty if nothing is missing, or if no target was looked at.
    pub dba: Vec<String>,
    /// The target that was looked at.
    pub target: Option<String>,
}

/// A container with its group.
#[derive(Debug, Clone, Serialize)]
pub struct ProposedGroup {
    /// Schema or folder.
    pub container: String,
    /// The group's code.
    pub group: String,
    /// Objects in it now.
    pub objects: i64,
}

/// Proposes governance for a target, reading only; or for none, as a template.
pub async fn propose(
    context: &Context,
    options: &ProposalOptions,
) -> Result<Proposal, EngineError> {
    match &options.target {
        Some(target) => look::propose(context, options, target).await,
        None => Ok(template(options)),
    }
}

/// A proposal that knows nothing.
#[must_use]
pub fn template(options: &ProposalOptions) -> Proposal {
    let schema = options
        .schema
        .clone()
        .unwrap_or_else(|| "public".to_owned());
    Proposal {
        text: text::governance(&text::Choices {
            inventory: options.inventory,
            schema: &schema,
            spine: "none",
            vocabulary: "create",
            groups: &[],
        }),
        inventory: options.inventory,
        schema,
        names_taken: Vec::new(),
        vocabulary: "create".to_owned(),
        approval_spine: "none".to_owned(),
        groups: Vec::new(),
        left_out: Vec::new(),
        dba: Vec::new(),
        target: None,
    }
}
