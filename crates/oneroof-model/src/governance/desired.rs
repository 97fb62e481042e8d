//! What the parameters of both packages say, as a sync reads them.

use serde::Deserialize;
use serde_json::Value as Json;

use super::Orders;

/// Values that do not have the shape that a sync needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read parameter `{parameter}` of package `{package}`: {why}")]
pub struct DesiredError {
    /// The package.
    pub package: &'static str,
    /// The parameter.
    pub parameter: &'static str,
    /// What does not fit.
    pub why: String,
}

/// What is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desired {
    /// `inventory_provider`.
    pub provider: String,
    /// `inventory_groups`.
    pub containers: Vec<Container>,
    /// `agencies`.
    pub agencies: Vec<Agency>,
    /// `relations`.
    pub relations: Vec<Relation>,
    /// `scopes`.
    pub scopes: Vec<Scope>,
    /// `owner_matrix`.
    pub matrix: Vec<MatrixEntry>,
    /// `accept_draft_owners`.
    pub accepted_drafts: Vec<String>,
    /// `containment_owner_scope`.
    pub containment_owner_scope: String,
    /// `ratified_approval`: provenance of every new owner.
    pub approval: String,
    /// `topic_seed`.
    pub topics: TopicSeed,
    /// `[[rename]]` and `[[retire]]`.
    pub orders: Orders,
}

/// Who can be accountable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Agency {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// draft, active or retired.
    #[serde(default = "draft")]
    pub status: String,
}

/// What an agency has to do with a law.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Relation {
    /// The agency.
    pub agency: String,
    /// What it does.
    pub kind: String,
    /// The law.
    pub law: String,
}

/// A kind of responsibility.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Scope {
    /// Its code.
    pub code: String,
    /// In words.
    pub description: String,
    /// The agency that one would expect.
    #[serde(default)]
    pub hint: Option<String>,
    /// Its place among the scopes; unset, its place in the list.
    #[serde(default)]
    pub sort: Option<i32>,
}

/// A schema or folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Container {
    /// Its name.
    pub container: String,
    /// The group of its members.
    pub group: String,
    /// Are they governed?
    #[serde(default = "yes")]
    pub governed: bool,
}

/// Who becomes accountable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MatrixEntry {
    /// A group, or `*`.
    pub container: String,
    /// The agency.
    pub owner: String,
    /// One scope only.
    #[serde(default)]
    pub scope: Option<String>,
}

/// Topics that must be there; what is there and not here stays.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TopicSeed {
    /// Topics.
    pub values: Vec<SeedValue>,
    /// Labels that express them.
    pub map: Vec<SeedMap>,
    /// Objects on them.
    pub assign: Vec<SeedAssign>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SeedValue {
    /// Its code.
    pub value: String,
    /// Its name.
    pub name: Option<String>,
    /// The topic above it.
    pub parent: Option<String>,
    /// Where it comes from.
    pub kind: String,
    /// Who ratified it, and where it then stands.
    pub ratify: Option<SeedRatify>,
}

/// How a topic was ratified.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SeedRatify {
    /// The topic above it.
    pub parent: Option<String>,
    /// Who.
    pub by: String,
}

/// A label of a topic.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SeedMap {
    /// The topic.
    pub value: String,
    /// The label.
    pub label: String,
    /// direct or inferred.
    pub map_kind: String,
}

/// An object on a topic.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SeedAssign {
    /// The object.
    pub collection: String,
    /// The topic.
    pub value: String,
    /// approved, candidate or quarantine.
    pub zone: String,
    /// 0 to 1.
    pub confidence: Option<f64>,
    /// dot, agent, human or rule.
    pub kind: String,
}

fn draft() -> String {
    "draft".to_owned()
}

fn yes() -> bool {
    true
}

impl Desired {
    /// Reads the resolved parameters of both packages (JSON objects) and the orders.
    ///
    /// # Errors
    /// [`DesiredError`] that names the parameter.
    pub fn read(base: &Json, one_roof: &Json, orders: Orders) -> Result<Desired, DesiredError> {
        let (b, r) = ("one-roof-base", "one-roof");
        Ok(Desired {
            provider: value(b, base, "inventory_provider")?,
            containers: value(b, base, "inventory_groups")?,
            agencies: value(b, base, "agencies")?,
            relations: value(b, base, "relations")?,
            scopes: value(b, base, "scopes")?,
            matrix: value(r, one_roof, "owner_matrix")?,
            accepted_drafts: value(r, one_roof, "accept_draft_owners")?,
            containment_owner_scope: value(r, one_roof, "containment_owner_scope")?,
            approval: value(r, one_roof, "ratified_approval")?,
            topics: value(r, one_roof, "topic_seed")?,
            orders,
        })
    }

    /// The owner that the matrix gives a group in a scope: the most specific entry decides.
    pub fn owner(&self, group: &str, scope: &str) -> Option<&str> {
        let fits = |entry: &&MatrixEntry| {
            (entry.container == group || entry.container == "*")
                && entry.scope.as_deref().is_none_or(|named| named == scope)
        };
        self.matrix
            .iter()
            .filter(fits)
            .min_by_key(|entry| (entry.container == "*", entry.scope.is_none()))
            .map(|entry| entry.owner.as_str())
    }

    /// The agency of that code.
    pub fn agency(&self, code: &str) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.code == code)
    }
}

fn value<T: serde::de::DeserializeOwned>(
    package: &'static str,
    values: &Json,
    parameter: &'static str,
) -> Result<T, DesiredError> {
    let value = values.get(parameter).cloned().unwrap_or(Json::Null);
    serde_json::from_value(value).map_err(|error| DesiredError {
        package,
        parameter,
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_entry_of_the_matrix_decides() {
        let entry = |container: &str, scope: Option<&str>, owner: &str| MatrixEntry {
            container: container.to_owned(),
            owner: owner.to_owned(),
            scope: scope.map(str::to_owned),
        };
        let desired = Desired {
            matrix: vec![
                entry("*", None, "ANY"),
                entry("*", Some("audit"), "ANY-AUDIT"),
                entry("G", None, "G"),
                entry("G", Some("policy"), "G-POLICY"),
            ],
            ..Desired::default()
        };
        let owner = |group, scope| desired.owner(group, scope).unwrap();
        assert_eq!(owner("G", "policy"), "G-POLICY");
        assert_eq!(owner("G", "audit"), "G");
        assert_eq!(owner("H", "audit"), "ANY-AUDIT");
        assert_eq!(owner("H", "policy"), "ANY");
        assert_eq!(Desired::default().owner("H", "policy"), None);
    }
}
