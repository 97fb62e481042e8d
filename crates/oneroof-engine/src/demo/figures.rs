//! The figures that the reference production must reproduce: `fixtures/figures.toml` of a package.

use oneroof_model::{TomlError, Value};
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

/// Where the file lies in the package.
const FIGURES_FILE: &str = "fixtures/figures.toml";

/// One figure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its name.
    pub id: String,
    /// Where it is stated.
    pub section: FigureSection,
    /// The moment: `entry`, `clone`, a tier's id, `verify`, `rolled_back`, `golden`.
    pub stage: String,
    /// One SELECT with one value.
    pub query: Option<String>,
    /// Or a metric of the package.
    pub metric: Option<String>,
    /// SQL run before the query, in the same rolled-back transaction.
    pub setup: Option<String>,
    /// The value, whatever the size.
    pub expected: Option<toml::Value>,
    /// The value on the small fixture.
    pub expected_small: Option<toml::Value>,
    /// The value on the full fixture.
    pub expected_full: Option<toml::Value>,
}

/// A section's number or name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum FigureSection {
    /// `12`
    Number(i64),
    /// `"12"`
    Text(String),
}

impl std::fmt::Display for FigureSection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FigureSection::Number(number) => write!(formatter, "{number}"),
            FigureSection::Text(text) => formatter.write_str(text),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FiguresFile {
    #[serde(rename = "figure")]
    figures: Vec<Figure>,
}

impl Figure {
    /// What must come out for this size (`small` or `full`); `None` if the file gives no value.
    pub fn expected(&self, size: &str) -> Option<Value> {
        let sized = if size == "full" {
            &self.expected_full
        } else {
            &self.expected_small
        };
        sized.as_ref().or(self.expected.as_ref()).map(Value::from)
    }
}

/// Reads the figures of a package.
pub(crate) fn read(package: &OpenPackage) -> Result<Vec<Figure>, EngineError> {
    let file: FiguresFile = TomlError::parse(FIGURES_FILE, package.text(FIGURES_FILE)?)?;
    Ok(file.figures)
}
