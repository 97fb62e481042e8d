//! The values of a package's parameters on one target, and their digest.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Condition, Parameter, ParameterType, ReleasePlan, SchemaSource};
use crate::nearest::nearest;
use crate::{Digest, canonical_json};

/// Why the given values do not fit the package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The package has no such parameter.
    #[error("use parameter `{name}`: package `{package}` has none of that name{}", meant(.nearest))]
    Unknown {
        /// The name given.
        name: String,
        /// The package.
        package: String,
        /// The nearest known one.
        nearest: Option<String>,
    },
    /// A required value is missing.
    #[error(
        "resolve parameter `{name}` of package `{package}`: no value is given and it has no default ({meaning})"
    )]
    Missing {
        /// The parameter.
        name: String,
        /// The package.
        package: String,
        /// What it decides.
        meaning: String,
    },
    /// The value is of another kind.
    #[error("use parameter `{name}` of package `{package}`: expected {expected}, found {found}")]
    Kind {
        /// The parameter.
        name: String,
        /// The package.
        package: String,
        /// What it takes.
        expected: String,
        /// What was given.
        found: String,
    },
}

fn meant(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// All values of a package's parameters, defaults included.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedParameters {
    values: BTreeMap<String, Json>,
}

impl ResolvedParameters {
    /// Checks the given values against the plan; later layers win over earlier ones.
    pub fn resolve(
        plan: &ReleasePlan,
        layers: &[&toml::Table],
    ) -> Result<ResolvedParameters, ParameterError> {
        let package = &plan.package.name;
        let mut given: BTreeMap<&str, &toml::Value> = BTreeMap::new();
        for (name, value) in layers.iter().flat_map(|layer| layer.iter()) {
            if !plan.parameters.contains_key(name) {
                return Err(ParameterError::Unknown {
                    name: name.clone(),
                    package: package.clone(),
                    nearest: nearest(name, plan.parameters.keys().map(String::as_str))
                        .map(str::to_owned),
                });
            }
            given.insert(name, value);
        }
        let mut values = BTreeMap::new();
        for (name, parameter) in &plan.parameters {
            let value = given
                .get(name.as_str())
                .copied()
                .or(parameter.default.as_ref())
                .ok_or_else(|| ParameterError::Missing {
                    name: name.clone(),
                    package: package.clone(),
                    meaning: parameter.meaning.clone(),
                })?;
            values.insert(name.clone(), fitting(package, name, parameter, value)?);
        }
        Ok(ResolvedParameters { values })
    }

    /// The same values with some of them replaced.
    ///
    /// # Errors
    /// As [`ResolvedParameters::resolve`].
    pub fn with(
        &self,
        plan: &ReleasePlan,
        over: &toml::Table,
    ) -> Result<ResolvedParameters, ParameterError> {
        let package = &plan.package.name;
        let mut values = self.values.clone();
        for (name, value) in over {
            let known = plan.parameters.keys().map(String::as_str);
            let parameter = plan.parameters.get(name).ok_or_else(|| {
                let nearest = nearest(name, known).map(str::to_owned);
                ParameterError::Unknown {
                    name: name.clone(),
                    package: package.clone(),
                    nearest,
                }
            })?;
            values.insert(name.clone(), fitting(package, name, parameter, value)?);
        }
        Ok(ResolvedParameters { values })
    }

    /// Each value as the text of a setting: `oneroof.<name>` without its prefix.
    pub fn settings(&self) -> impl Iterator<Item = (&str, String)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), setting_text(value)))
    }

    /// All values as JSON, for evidence and ledger.
    pub fn json(&self) -> Json {
        Json::Object(
            self.values
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// SHA-256 of the RFC 8785 JSON of all values.
    pub fn digest(&self) -> Digest {
        Digest::of(canonical_json(&self.json()).as_bytes())
    }

    /// Do the parameters have these values?
    pub fn fulfil(&self, condition: &Condition) -> bool {
        condition.iter().all(|(name, wanted)| {
            self.values
                .get(name)
                .is_some_and(|value| setting_text(value) == *wanted)
        })
    }

    /// The schema that the package's own names live in, if it says so.
    pub fn schema(&self, plan: &ReleasePlan) -> Option<String> {
        match plan.package.schema.as_ref()? {
            SchemaSource::Name(name) => Some(name.clone()),
            SchemaSource::Parameter { parameter } => self.values.get(parameter).map(setting_text),
        }
    }
}

fn setting_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() > 60 {
        text.chars().take(57).chain("...".chars()).collect()
    } else {
        text.to_owned()
    }
}

fn fitting(
    package: &str,
    name: &str,
    parameter: &Parameter,
    value: &toml::Value,
) -> Result<Json, ParameterError> {
    check(parameter, value).map_err(|expected| ParameterError::Kind {
        name: name.to_owned(),
        package: package.to_owned(),
        expected,
        found: format!("{} `{}`", value.type_str(), shorten(&value.to_string())),
    })
}

fn check(parameter: &Parameter, value: &toml::Value) -> Result<Json, String> {
    match (parameter.kind, value) {
        (ParameterType::Text, toml::Value::String(text)) => match &parameter.allowed {
            Some(allowed) if !allowed.contains(text) => {
                Err(format!("one of {}", allowed.join(", ")))
            }
            _ => Ok(Json::String(text.clone())),
        },
        (ParameterType::Number, toml::Value::Integer(_) | toml::Value::Float(_))
        | (ParameterType::Bool, toml::Value::Boolean(_))
        | (ParameterType::Json, toml::Value::Array(_) | toml::Value::Table(_)) => {
            serde_json::to_value(value)
                .map_err(|error| format!("a value that JSON can hold ({error})"))
        }
        (ParameterType::Text, _) => Err("a text".into()),
        (ParameterType::Number, _) => Err("a number".into()),
        (ParameterType::Bool, _) => Err("true or false".into()),
        (ParameterType::Json, _) => Err("an array or a table".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> ReleasePlan {
        ReleasePlan::parse(
            "release.toml",
            r#"
format = 1
[package]
name = "p"
version = "1"
schema = { parameter = "schema" }
[parameters.schema]
type = "text"
default = "public"
[parameters.matrix]
type = "json"
meaning = "who"
[parameters.spine]
type = "text"
default = "none"
allowed = ["none", "application"]
"#,
        )
        .unwrap()
    }

    fn resolve(text: &str) -> Result<ResolvedParameters, ParameterError> {
        ResolvedParameters::resolve(&plan(), &[&toml::from_str(text).unwrap()])
    }

    #[test]
    fn defaults_are_part_of_the_digest_and_order_is_not() {
        let first = resolve("matrix = [{b = 1, a = 0.5}]").unwrap();
        let second = resolve("schema = 'public'\nmatrix = [{a = 0.5, b = 1}]").unwrap();
        assert_eq!(first.digest(), second.digest());
        assert_eq!(first.schema(&plan()).as_deref(), Some("public"));
        let settings: Vec<_> = first.settings().collect();
        assert_eq!(settings[0], ("matrix", r#"[{"a":0.5,"b":1}]"#.to_owned()));
        assert!(first.fulfil(&Condition::from([("spine".into(), "none".into())])));
        assert_ne!(first.digest(), resolve("matrix = []").unwrap().digest());
    }

    #[test]
    fn wrong_values_are_named() {
        assert_eq!(
            resolve("matrix = []\nshema = 'x'").unwrap_err().to_string(),
            "use parameter `shema`: package `p` has none of that name; did you mean `schema`?"
        );
        assert_eq!(
            resolve("").unwrap_err().to_string(),
            "resolve parameter `matrix` of package `p`: no value is given and it has no default (who)"
        );
        assert_eq!(
            resolve("matrix = []\nspine = 'x'").unwrap_err().to_string(),
            "use parameter `spine` of package `p`: expected one of none, application, found string `\"x\"`"
        );
    }
}
