//! `diff`: two databases, or a database and a fingerprint file, compared object by object. Definition and
//! data are compared apart. Of a file only digests are known, so it tells which objects differ, not how.

use std::path::{Path, PathBuf};

use oneroof_model::nearest;
pub use oneroof_pg::catalog::DataVerdict;
use oneroof_pg::catalog::{
    DataDigest, DataOptions, Definition, ObjectDifference, RowsOnly, rows_only,
};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::fingerprint::{self, Fingerprint, ROWS_RIGHT};
use crate::moment::{Moment, Reading};
use crate::run_id;
use crate::store::fingerprint_file;

/// Verb in the name of our sessions.
const VERB: &str = "diff";

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    /// Only these schemas; all of them, or those of the file, if empty.
    pub schemas: Vec<String>,
    /// The rows too.
    pub data: bool,
    /// And the order in which tables give them.
    pub order: bool,
    /// Of each table that differs, how many rows only one side has.
    pub rows: bool,
}

/// Two databases beside each other.
#[derive(Debug, Serialize)]
pub struct DiffReport {
    /// The first.
    pub one: DiffSide,
    /// The second.
    pub two: DiffSide,
    /// Only these schemas were compared; empty for all.
    pub schemas: Vec<String>,
    /// The definitions.
    pub definition: DefinitionComparison,
    /// The data, if that was asked for.
    pub data: Option<DataComparison>,
    /// What must be known to read the rest.
    pub notes: Vec<String>,
    /// Definitions and data, as far as they were compared, are the same.
    pub same: bool,
}

/// One side of the comparison.
#[derive(Debug, Serialize)]
pub struct DiffSide {
    /// As it was named.
    pub name: String,
    /// `database` or `file`
    pub kind: &'static str,
    /// Name of the database.
    pub database: String,
    /// Version of its server.
    pub server_version: String,
    /// When it was read, UTC.
    pub taken_at: String,
}

/// The definitions beside each other.
#[derive(Debug, Serialize)]
pub struct DefinitionComparison {
    /// Are they equal?
    pub equal: bool,
    /// `words`, or `digests` if one side is a file.
    pub compared_by: &'static str,
    /// Number of facts on each side.
    pub facts: [usize; 2],
    /// The definition digest of each side; null where a file was cut down to some of its schemas.
    pub digests: [Option<String>; 2],
    /// What differs.
    pub differences: Vec<ObjectDifference>,
    /// What differs and is no part of the digest, because a dump does not carry it into a copy.
    pub beside: Vec<ObjectDifference>,
}

/// The data beside each other.
#[derive(Debug, Serialize)]
pub struct DataComparison {
    /// The verdict.
    pub verdict: DataVerdict,
    /// Was the order of the rows looked at?
    pub order_compared: bool,
    /// Number of tables on each side.
    pub tables: [usize; 2],
    /// Number of rows on each side.
    pub rows: [u64; 2],
    /// The data digest of each side.
    pub digests: [String; 2],
    /// What differs.
    pub differences: Vec<TableDifference>,
}

/// A table whose rows differ.
#[derive(Debug, Serialize)]
pub struct TableDifference {
    /// Schema-qualified.
    pub table: String,
    /// What differs.
    pub what: TableChange,
    /// Rows in the first.
    pub rows_one: Option<u64>,
    /// Rows in the second.
    pub rows_two: Option<u64>,
    /// Rows that only one of them has, if that was asked for.
    pub only: Option<RowsOnly>,
}

/// How a table differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableChange {
    /// Only the first has it.
    Gone,
    /// Only the second has it.
    New,
    /// Other rows.
    Changed,
    /// The same rows in another order.
    Reordered,
}

/// What one side is read from.
enum Source {
    Database(Box<Moment>),
    File {
        name: String,
        print: Box<Fingerprint>,
    },
}

/// Is this side a file? A target of that name goes before a file.
///
/// # Errors
/// It is neither a target, a clone nor a file.
pub fn is_file(context: Option<&Context>, word: &str) -> Result<bool, EngineError> {
    let is_clone = ["clone:", "golden:"]
        .iter()
        .any(|prefix| word.starts_with(prefix));
    if is_clone || context.is_some_and(|context| context.targets.contains_key(word)) {
        return Ok(false);
    }
    if Path::new(word).is_file() {
        return Ok(true);
    }
    if word == "golden" {
        return Ok(false);
    }
    let names: Vec<&str> = context
        .iter()
        .flat_map(|context| context.targets.keys().map(String::as_str))
        .collect();
    let hint = match nearest(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "name a target ({}), clone:ID, golden, or a file that `oneroof fingerprint --out` wrote",
            names.join(", ")
        ),
    };
    Err(EngineError::input(
        format!("find `{word}`: it is no target, no clone and no file"),
        hint,
    ))
}

/// Compares two sides.
///
/// # Errors
/// An unknown side; a file without what is asked for; what a server says. A difference is no error.
pub async fn diff(
    context: &Context,
    one: &str,
    two: &str,
    options: &DiffOptions,
) -> Result<DiffReport, EngineError> {
    let run_id = run_id::new();
    let one = Source::open(context, one, options, &run_id).await?;
    let two = Source::open(context, two, options, &run_id).await?;
    let schemas = schemas([&one, &two], options)?;
    let (left, right) = (one.definition().await?, two.definition().await?);
    let place = format!("`{}` or `{}`", one.side().name, two.side().name);
    fingerprint::require_schemas(&schemas, &[&left, &right], &place)?;
    let (left, right) = (
        fingerprint::cut(left, &schemas),
        fingerprint::cut(right, &schemas),
    );
    let definition = compare_definitions([&one, &two], left, right, &schemas);
    let data = match options.data {
        true => Some(compare_data(context, &one, &two, &schemas, options).await?),
        false => None,
    };
    let is_same = |data: &DataComparison| data.verdict != DataVerdict::Different;
    let report = DiffReport {
        same: definition.equal && data.as_ref().is_none_or(is_same),
        notes: notes([&one, &two]),
        one: one.side(),
        two: two.side(),
        schemas,
        definition,
        data,
    };
    one.close().await?;
    two.close().await?;
    Ok(report)
}

impl Source {
    async fn open(
        context: &Context,
        word: &str,
        options: &DiffOptions,
        run_id: &str,
    ) -> Result<Source, EngineError> {
        if is_file(Some(context), word)? {
            let print = fingerprint_file::read(&PathBuf::from(word))?;
            require(word, &print, options)?;
            return Ok(Source::File {
                name: word.to_owned(),
                print: Box::new(print),
            });
        }
        let reading = match options.data {
            true => Reading::Rows,
            false => Reading::Catalog,
        };
        let moment = Moment::open(context, word, VERB, run_id, reading).await?;
        Ok(Source::Database(Box::new(moment)))
    }

    fn file(&self) -> Option<&Fingerprint> {
        match self {
            Source::File { print, .. } => Some(print),
            Source::Database(_) => None,
        }
    }

    fn database(&self) -> Option<&Moment> {
        match self {
            Source::Database(moment) => Some(moment),
            Source::File { .. } => None,
        }
    }

    async fn definition(&self) -> Result<Definition, EngineError> {
        match self {
            Source::Database(moment) => fingerprint::definition(moment).await,
            Source::File { print, .. } => Ok(print.definition.by_digest()),
        }
    }

    async fn data(
        &self,
        context: &Context,
        schemas: &[String],
        order: bool,
    ) -> Result<DataDigest, EngineError> {
        match self {
            Source::Database(moment) => fingerprint::data(context, moment, schemas, order).await,
            Source::File { print, .. } => {
                let mut data = print
                    .data
                    .as_ref()
                    .map(fingerprint::DataPrint::tables)
                    .unwrap_or_default();
                if !schemas.is_empty() {
                    data.tables
                        .retain(|table| fingerprint::is_of(&table.table, schemas));
                }
                Ok(data)
            }
        }
    }

    fn side(&self) -> DiffSide {
        match self {
            Source::Database(moment) => DiffSide {
                name: moment.name.clone(),
                kind: "database",
                database: moment.identity.database_name.clone(),
                server_version: moment.identity.server_version.clone(),
                taken_at: crate::clock::now(),
            },
            Source::File { name, print } => DiffSide {
                name: name.clone(),
                kind: "file",
                database: print.database.clone(),
                server_version: print.server_version.clone(),
                taken_at: print.taken_at.clone(),
            },
        }
    }

    async fn close(self) -> Result<(), EngineError> {
        match self {
            Source::Database(moment) => moment.close().await,
            Source::File { .. } => Ok(()),
        }
    }
}

/// A file must hold what is to be compared.
fn require(word: &str, print: &Fingerprint, options: &DiffOptions) -> Result<(), EngineError> {
    if options.rows {
        return Err(EngineError::input(
            format!("count the rows that only one side has: `{word}` is a file"),
            "--rows compares two databases row by row".to_owned(),
        ));
    }
    if options.data && print.data.is_none() {
        return Err(EngineError::input(
            format!("compare the data of `{word}`: it was written without"),
            format!("oneroof fingerprint {} --data --out FILE", print.target),
        ));
    }
    let missing = options
        .schemas
        .iter()
        .find(|schema| !print.schemas.is_empty() && !print.schemas.contains(schema));
    match missing {
        Some(schema) => Err(EngineError::input(
            format!(
                "compare schema `{schema}` of `{word}`: it holds only {}",
                print.schemas.join(", ")
            ),
            "write it anew with that schema".to_owned(),
        )),
        None => Ok(()),
    }
}

/// The schemas to compare: those that are asked for, else those that both sides hold.
fn schemas(sides: [&Source; 2], options: &DiffOptions) -> Result<Vec<String>, EngineError> {
    if !options.schemas.is_empty() {
        return Ok(options.schemas.clone());
    }
    let held: Vec<&Vec<String>> = sides
        .iter()
        .filter_map(|side| side.file())
        .map(|print| &print.schemas)
        .filter(|schemas| !schemas.is_empty())
        .collect();
    let [first, others @ ..] = held.as_slice() else {
        return Ok(Vec::new());
    };
    let both: Vec<String> = first
        .iter()
        .filter(|schema| others.iter().all(|other| other.contains(schema)))
        .cloned()
        .collect();
    if both.is_empty() {
        return Err(EngineError::input(
            "compare two files that hold no schema in common",
            "`oneroof fingerprint TARGET --out FILE` without --schema writes all of them"
                .to_owned(),
        ));
    }
    Ok(both)
}

fn compare_definitions(
    sides: [&Source; 2],
    left: Definition,
    right: Definition,
    schemas: &[String],
) -> DefinitionComparison {
    let facts = [left.rows().len(), right.rows().len()];
    let digest = |side: &Source, definition: &Definition| match side.file() {
        None => Some(definition.digest().to_string()),
        Some(print) => (print.schemas == schemas).then(|| print.definition.digest.clone()),
    };
    let digests = [digest(sides[0], &left), digest(sides[1], &right)];
    if sides.iter().all(|side| side.file().is_none()) {
        let differences = Definition::differences(&left, &right);
        return DefinitionComparison {
            equal: Definition::diff(&left, &right).is_empty(),
            compared_by: "words",
            facts,
            digests,
            differences,
            beside: Definition::differences(&left.beside(), &right.beside()),
        };
    }
    let by_digest = |side: &Source, definition: Definition| match side.file() {
        Some(_) => definition,
        None => definition.by_digest(),
    };
    let (left, right) = (by_digest(sides[0], left), by_digest(sides[1], right));
    DefinitionComparison {
        equal: Definition::diff(&left, &right).is_empty(),
        compared_by: "digests",
        facts,
        digests,
        differences: Definition::differences_by_digest(&left, &right),
        beside: Definition::differences_by_digest(&left.beside(), &right.beside()),
    }
}

async fn compare_data(
    context: &Context,
    one: &Source,
    two: &Source,
    schemas: &[String],
    options: &DiffOptions,
) -> Result<DataComparison, EngineError> {
    let left = one.data(context, schemas, options.order).await?;
    let right = two.data(context, schemas, options.order).await?;
    let diff = DataDigest::diff(&left, &right);
    let rows = |side: &DataDigest, table: &str| side.get(table).map(|table| table.rows);
    let changed = diff.changed.iter().map(|table| &table.table);
    let mut differences: Vec<TableDifference> = [
        (diff.missing.iter().collect::<Vec<_>>(), TableChange::Gone),
        (diff.new.iter().collect(), TableChange::New),
        (changed.collect(), TableChange::Changed),
        (diff.reordered.iter().collect(), TableChange::Reordered),
    ]
    .into_iter()
    .flat_map(|(tables, what)| tables.into_iter().map(move |table| (table, what)))
    .map(|(table, what)| TableDifference {
        rows_one: rows(&left, table),
        rows_two: rows(&right, table),
        table: table.clone(),
        what,
        only: None,
    })
    .collect();
    differences.sort_by(|one, two| one.table.cmp(&two.table));
    if let (true, Some(here), Some(there)) = (options.rows, one.database(), two.database()) {
        for difference in &mut differences {
            if difference.what == TableChange::Changed {
                difference.only = Some(only(here, there, &difference.table).await?);
            }
        }
    }
    let has_order = |side: &DataDigest| side.tables.iter().all(|table| table.order_hash.is_some());
    let total = |side: &DataDigest| side.tables.iter().map(|table| table.rows).sum();
    Ok(DataComparison {
        verdict: diff.verdict(),
        order_compared: has_order(&left) && has_order(&right),
        tables: [left.tables.len(), right.tables.len()],
        rows: [total(&left), total(&right)],
        digests: [left.digest().to_string(), right.digest().to_string()],
        differences,
    })
}

async fn only(here: &Moment, there: &Moment, table: &str) -> Result<RowsOnly, EngineError> {
    rows_only(
        &here.session,
        &there.session,
        table,
        &DataOptions::default(),
    )
    .await
    .map_err(|error| {
        let doing = format!("compare the rows of {table} in HERE and `{}`", there.name);
        here.error(&doing, ROWS_RIGHT)(error)
    })
}

fn notes(sides: [&Source; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    for side in sides {
        if let Source::File { name, .. } = side {
            notes.push(format!(
                "`{name}` is a file: it holds digests, so it is known which objects differ, not how"
            ));
        }
    }
    let [one, two] = sides.map(Source::side);
    let major = |side: &DiffSide| {
        let version = side.server_version.split(['.', ' ']).next();
        version.unwrap_or_default().to_owned()
    };
    if major(&one) != major(&two) {
        notes.push(format!(
            "servers of PostgreSQL {} and {}: each prints some definitions in its own way, and a newer one has constraints for `not null`",
            major(&one),
            major(&two)
        ));
    }
    notes
}
