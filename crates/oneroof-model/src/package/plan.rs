//! `release.toml`, format 1, as data. The meaning of each key is in `docs/reference/release-toml.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::claims::{Capability, DeclaredGap, Objective};
use super::tier::Tier;
use crate::expression::Expression;
use crate::{MigrationTool, TableName, TomlError, Value};

/// A whole release, readable in one sitting.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasePlan {
    /// Always 1.
    pub format: u32,
    /// Name, version and where it may run.
    pub package: PackageSection,
    /// What a target must or may decide.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Documents and reviews that the release rests on.
    #[serde(default, rename = "input")]
    pub inputs: Vec<Input>,
    /// Named queries with one value.
    #[serde(default, rename = "metric")]
    pub metrics: Vec<Metric>,
    /// What is printed when the preconditions hold.
    #[serde(default)]
    pub preflight: Preflight,
    /// What the gate's line shows.
    #[serde(default)]
    pub gate: GateSection,
    /// What consumers of the release may rely on.
    #[serde(default)]
    pub contract: Contract,
    /// What must be true before the first tier.
    #[serde(default, rename = "precondition")]
    pub preconditions: Vec<Precondition>,
    /// The ordered steps.
    #[serde(default, rename = "tier")]
    pub tiers: Vec<Tier>,
    /// What is printed when the invariants hold.
    #[serde(default)]
    pub verify: Verify,
    /// What must be true after the last tier, and for ever.
    #[serde(default, rename = "invariant")]
    pub invariants: Vec<Invariant>,
    /// How the release is undone as a whole.
    #[serde(default)]
    pub rollback: Rollback,
    /// Rows that are saved into the evidence before a rollback deletes them.
    #[serde(default, rename = "export")]
    pub exports: Vec<Export>,
    /// Attempts that must fail.
    #[serde(default, rename = "negative")]
    pub negatives: Vec<Negative>,
    /// Acts that must succeed.
    #[serde(default, rename = "drill")]
    pub drills: Vec<Drill>,
    /// Acts that change nothing when they are done again.
    #[serde(default, rename = "repeat")]
    pub repeats: Vec<Repeat>,
    /// What the release may do to rows.
    #[serde(default)]
    pub effects: Effects,
    /// What stands in for the external gate on a clone.
    pub simulate: Option<Simulate>,
    /// What the release is to reach.
    #[serde(default, rename = "objective")]
    pub objectives: Vec<Objective>,
    /// What stays open after it.
    #[serde(default, rename = "gap")]
    pub gaps: Vec<DeclaredGap>,
    /// What people want to do with it, and what that hangs on.
    #[serde(default, rename = "capability")]
    pub capabilities: Vec<Capability>,
    /// The tiers are migrations of another tool, read where they lie.
    pub migrations: Option<Migrations>,
}

impl ReleasePlan {
    /// Reads and validates the text of a `release.toml`.
    pub fn parse(file: &str, text: &str) -> Result<ReleasePlan, TomlError> {
        let plan: ReleasePlan = TomlError::parse(file, text)?;
        super::validate::validate(&plan).map_err(|fault| {
            let span = fault
                .near
                .as_deref()
                .and_then(|near| text.find(near).map(|start| start..start + near.len()));
            TomlError {
                hint: fault.hint,
                ..TomlError::new(file, text, &fault.message, span)
            }
        })?;
        Ok(plan)
    }

    /// `name@version`: what the release writes into `created_by`.
    pub fn release_tag(&self) -> String {
        format!("{}@{}", self.package.name, self.package.version)
    }

    /// The metric of that name.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// The tier that a person means: its id, its label, or its file's stem.
    pub fn tier(&self, word: &str) -> Option<&Tier> {
        self.tiers.iter().find(|tier| {
            tier.id == word
                || tier
                    .label
                    .as_deref()
                    .is_some_and(|label| label.eq_ignore_ascii_case(word))
                || tier
                    .file
                    .rsplit('/')
                    .next()
                    .and_then(|name| name.strip_suffix(".sql"))
                    == Some(word)
        })
    }

    /// The role of a tier: its own, else the package's.
    pub fn run_as<'a>(&'a self, tier: &'a Tier) -> Option<&'a str> {
        tier.run_as.as_deref().or(self.package.run_as.as_deref())
    }
}

/// `[migrations]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrations {
    /// The tool that they were written for: it decides how a file is read.
    pub from: MigrationTool,
    /// Their folder, relative to that of the package. Its last part is how files of it are named here.
    pub folder: String,
    /// Does a tier write the tool's own record of it too?
    #[serde(default)]
    pub record_history: bool,
    /// Where the tool keeps its records, if not where it does by default.
    pub history_table: Option<TableName>,
}

impl Migrations {
    /// What the names of its files begin with: the last part of the folder.
    pub fn mount(&self) -> &str {
        let folder = self.folder.trim_end_matches('/');
        folder.rsplit('/').next().unwrap_or(folder)
    }
}

/// `[package]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageSection {
    /// `[a-z][a-z0-9-]*`
    pub name: String,
    /// A version; with the name it makes the release tag.
    pub version: String,
    /// One line.
    #[serde(default)]
    pub summary: String,
    /// The only database name it may run on.
    pub database: Option<String>,
    /// Majors it may run on, such as `>=14, <19`.
    pub postgres: Option<String>,
    /// Packages that must be live on the target.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Where its own names live.
    pub schema: Option<SchemaSource>,
    /// Role of every tier, check and metric in our own sessions.
    pub run_as: Option<String>,
}

/// `schema = "public"` or `schema = { parameter = "schema" }`
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum SchemaSource {
    /// The schema's name.
    Name(String),
    /// The parameter that holds it.
    Parameter {
        /// The parameter's name.
        parameter: String,
    },
}

/// `[parameters.NAME]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What kind of value it takes.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Used when nobody gives a value; none = required.
    pub default: Option<toml::Value>,
    /// The only values of a text.
    pub allowed: Option<Vec<String>>,
    /// What it decides.
    #[serde(default)]
    pub meaning: String,
}

/// The kind of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Any text.
    Text,
    /// A whole or broken number.
    Number,
    /// true or false.
    Bool,
    /// An array or table.
    Json,
}

/// Parameters that must have these values; empty = always.
pub type Condition = BTreeMap<String, String>;

/// `[[input]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it is.
    pub name: String,
    /// Document, review, law or approval.
    pub kind: InputKind,
    /// Where it can be read.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// `sha256:` and 64 digits.
    pub digest: Option<String>,
    /// Must it be there?
    #[serde(default)]
    pub required: bool,
    /// Why its absence does not matter.
    pub immaterial: Option<String>,
}

/// Kind of an [`Input`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// A document.
    Document,
    /// Somebody's review.
    Review,
    /// A law or rule.
    Law,
    /// A ratification given elsewhere.
    Approval,
}

/// `[[metric]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// `[a-z][a-z0-9_]*`
    pub name: String,
    /// What the number says, for a person.
    #[serde(default)]
    pub meaning: String,
    /// One SELECT with one row.
    pub query: Option<String>,
    /// The same in a file.
    pub file: Option<String>,
    /// Exists only with these parameters.
    #[serde(default)]
    pub when: Condition,
    /// Exists only where these relations do.
    #[serde(default, deserialize_with = "one_or_many")]
    pub when_relation: Vec<String>,
    /// Grows by daily work: growth is reported, never a failure.
    #[serde(default)]
    pub volatile: bool,
    /// Must hold at the entry and the exit probe.
    pub required: Option<Expression>,
    /// Why it may be another one on a golden clone or in another rehearsal: `rehearse --compare`.
    pub differs: Option<String>,
}

/// `[preflight]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preflight {
    /// Printed when all preconditions hold.
    #[serde(default)]
    pub marker: Markers,
}

/// `[gate]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSection {
    /// Follows the word in the gate's line, for example `gap={gap}`.
    #[serde(default)]
    pub line: Markers,
    /// Metrics of the gate's detail row, in order.
    #[serde(default)]
    pub detail: Vec<String>,
}

/// `[contract]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// True where the check holds on a production now; relations that are not there make it false.
    #[serde(default, rename = "boolean")]
    pub booleans: Vec<Precondition>,
    /// Views and functions that may be read while the release is live.
    #[serde(default)]
    pub interfaces: Vec<String>,
}

/// `[[precondition]]` and `[[tier.precondition]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precondition {
    /// Its name.
    pub name: String,
    /// The metric whose value is asked.
    pub metric: Option<String>,
    /// Or a query of its own.
    pub query: Option<String>,
    /// Or a file.
    pub file: Option<String>,
    /// The value it must have.
    pub required: Expression,
    /// Printed when it does not hold.
    pub message: String,
    /// What to do then.
    pub hint: Option<String>,
    /// Asked only with these parameters.
    #[serde(default)]
    pub when: Condition,
    /// Asked only where these relations exist.
    #[serde(default, deserialize_with = "one_or_many")]
    pub when_relation: Vec<String>,
    /// This is the external gate: closed before `[simulate]`, open after it.
    #[serde(default)]
    pub gate: bool,
    /// Its word among the gate's blockers; its name if there is none.
    pub blocker: Option<String>,
}

/// `[[invariant]]` has the same shape.
pub type Invariant = Precondition;

/// `[verify]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Metrics shown as the table of the verification.
    #[serde(default)]
    pub table: Vec<String>,
    /// Printed when all invariants hold.
    #[serde(default)]
    pub marker: Markers,
}

/// `[rollback]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Printed when the release is undone.
    #[serde(default)]
    pub marker: Markers,
    /// Asked before its first statement.
    #[serde(default, rename = "precondition")]
    pub preconditions: Vec<Precondition>,
}

/// `[[export]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Its name, also the file's.
    pub name: String,
    /// Any number of rows and columns.
    pub query: Option<String>,
    /// The same in a file.
    pub file: Option<String>,
    /// Saved only with these parameters.
    #[serde(default)]
    pub when: Condition,
    /// Saved only where these relations exist.
    #[serde(default, deserialize_with = "one_or_many")]
    pub when_relation: Vec<String>,
}

/// `[[negative]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Negative {
    /// Its name.
    pub name: String,
    /// Where the attempt is made.
    pub kind: NegativeKind,
    /// The tier after which it is made; none = before the first.
    pub after: Option<String>,
    /// The attempt.
    pub sql: Option<String>,
    /// The same in a file.
    pub file: Option<String>,
    /// Prepares it; must succeed.
    pub setup: Option<String>,
    /// Who prepares it; `engine` always has the superuser do it.
    #[serde(default)]
    pub setup_as: SetupRole,
    /// `two_sessions`: what the second session tries. `engine`: what another session has run and holds
    /// open in its transaction meanwhile.
    pub second: Option<String>,
    /// `engine`: the verb that must refuse.
    pub verb: Option<NegativeVerb>,
    /// `engine`: over the parameters of the run.
    #[serde(default)]
    pub parameters: toml::Table,
    /// `engine`: the database that the run is told to expect; by default the right one.
    pub expected_database: Option<String>,
    /// `engine`: does `[simulate]` stand in for the gate?
    #[serde(default = "yes")]
    pub simulate: bool,
    /// `engine`: does the database bear the mark of a clone?
    #[serde(default = "yes")]
    pub marked: bool,
    /// `engine`: tiers that the run leaves out, as if the package did not have them.
    #[serde(default)]
    pub skip: Vec<String>,
    /// How it must end.
    pub expect: ExpectedResult,
    /// Tried only with these parameters.
    #[serde(default)]
    pub when: Condition,
    /// Tried only where this query, asked at that moment, gives true.
    pub when_query: Option<String>,
}

fn yes() -> bool {
    true
}

/// Who runs `setup` of a [`Negative`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupRole {
    /// The package's role, as everything else.
    #[default]
    RunAs,
    /// The superuser of the clone's private server: for what the package's role may not do.
    Superuser,
}

/// A verb that an `engine` [`Negative`] runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NegativeVerb {
    /// `apply`: from the first tier, or on from the one after `after`.
    Apply,
    /// `rollback` of everything that stands.
    Rollback,
}

/// Where a [`Negative`] is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NegativeKind {
    /// In a rolled-back transaction.
    Sql,
    /// In two sessions at once.
    TwoSessions,
    /// A run of the engine that must refuse.
    Engine,
}

/// `expect` of a [`Negative`] or [`Drill`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedResult {
    /// The SQLSTATE of the failure.
    pub sqlstate: Option<String>,
    /// A metric that shows it.
    pub metric: Option<String>,
    /// Or a query that shows it.
    pub query: Option<String>,
    /// The value of that metric or query.
    pub value: Option<toml::Value>,
    /// The exit code of the verb.
    pub exit: Option<u8>,
    /// A text that the message contains.
    pub text: Option<String>,
}

/// `[[drill]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// Its name.
    pub name: String,
    /// The tier after which it is made.
    pub after: Option<String>,
    /// The act.
    pub sql: Option<String>,
    /// The same in a file.
    pub file: Option<String>,
    /// Prepares it; must succeed.
    pub setup: Option<String>,
    /// Shown before and after.
    pub rows: Option<String>,
    /// What must be true afterwards.
    pub expect: Option<ExpectedResult>,
    /// Done only with these parameters.
    #[serde(default)]
    pub when: Condition,
    /// Done only where this query, asked at that moment, gives true.
    pub when_query: Option<String>,
}

/// `[[repeat]]`: an act, such as a scan, that changes nothing that counts when it is done again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Its name.
    pub name: String,
    /// The tier after which it is done; none = the last.
    pub after: Option<String>,
    /// The act, done twice in a rolled-back transaction.
    pub sql: String,
    /// Metrics that both times must be what they were before the act.
    pub unchanged: Vec<String>,
    /// Done only with these parameters.
    #[serde(default)]
    pub when: Condition,
}

/// `[effects]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effects {
    /// Tables whose rows no tier may touch; names that do not exist are ignored.
    #[serde(default)]
    pub never_touch: Vec<String>,
    /// `table.column` whose values differ between two equal runs.
    #[serde(default)]
    pub volatile_columns: Vec<String>,
    /// Tolerance per table; without an entry: exact.
    #[serde(default)]
    pub rows: BTreeMap<String, RowTolerance>,
}

/// How much the row operations of production may differ from those of the rehearsal.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "RowToleranceText")]
pub enum RowTolerance {
    /// `"exact"`
    Exact,
    /// `"any"`
    Any,
    /// `{ at_most = 10 }`, or an expression over the entry probe.
    AtMost(Expression),
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "\"exact\", \"any\" or { at_most = a number or an expression }"
)]
enum RowToleranceText {
    Word(RowToleranceWord),
    AtMost { at_most: Expression },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RowToleranceWord {
    Exact,
    Any,
}

impl From<RowToleranceText> for RowTolerance {
    fn from(text: RowToleranceText) -> Self {
        match text {
            RowToleranceText::Word(RowToleranceWord::Exact) => RowTolerance::Exact,
            RowToleranceText::Word(RowToleranceWord::Any) => RowTolerance::Any,
            RowToleranceText::AtMost { at_most } => RowTolerance::AtMost(at_most),
        }
    }
}

/// `[simulate]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    /// Stands in for the external gate.
    pub file: Option<String>,
    /// The same in the plan itself.
    pub sql: Option<String>,
    /// File that removes it again.
    pub undo: String,
    /// Only with these parameters.
    #[serde(default)]
    pub when: Condition,
}

/// One line or several.
#[derive(Debug, Clone, Default)]
pub struct Markers(pub Vec<String>);

impl<'de> Deserialize<'de> for Markers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_many(deserializer).map(Markers)
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a text or a list of texts")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

/// The value of an expectation in a file, as a [`Value`].
impl From<&toml::Value> for Value {
    fn from(value: &toml::Value) -> Value {
        match value {
            toml::Value::Integer(number) => Value::Integer(*number),
            toml::Value::Boolean(flag) => Value::Bool(*flag),
            toml::Value::String(text) => Value::Text(text.clone()),
            other => Value::Text(other.to_string()),
        }
    }
}
