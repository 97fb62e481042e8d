//! `fingerprint`: the definition digest of a database, and on request its data digest, at one moment. The
//! two are never mixed. The document holds names and digests, no definition and no data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use oneroof_model::{Event, TargetClass, nearest};
use oneroof_pg::catalog::{
    self, DataDigest, DataOptions, Definition, DefinitionRow, RowOrder, TableData, schema_of_name,
};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::EngineError;
use crate::moment::{Moment, Reading};
use crate::run_id;
use crate::store::fingerprint_file;

/// Verb in the name of our sessions.
const VERB: &str = "fingerprint";
/// What a role needs that reads all rows.
pub(crate) const ROWS_RIGHT: &str =
    "grant pg_read_all_data to ROLE; where there are row policies also: alter role ROLE bypassrls;";

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct FingerprintOptions {
    /// Only these schemas; all of them if empty.
    pub schemas: Vec<String>,
    /// The rows too.
    pub data: bool,
    /// And the order in which tables give them.
    pub order: bool,
}

/// A fingerprint as it leaves the process: format 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Always 1.
    pub format: u32,
    /// Always `fingerprint`.
    pub what: String,
    /// The target, as it was named.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Its class; null if it bears a mark that could not be confirmed.
    pub class: Option<TargetClass>,
    /// Version of its server.
    pub server_version: String,
    /// System identifier of its cluster, if the role may ask.
    pub system_identifier: Option<String>,
    /// OID of the database.
    pub database_oid: u32,
    /// UTC, RFC 3339.
    pub taken_at: String,
    /// Version of oneroof.
    pub engine_version: String,
    /// Only these schemas were read; empty for all.
    pub schemas: Vec<String>,
    /// What the catalog says.
    pub definition: DefinitionPrint,
    /// What the tables hold, if it was asked for.
    pub data: Option<DataPrint>,
}

/// The definition of a database in digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefinitionPrint {
    /// The definition digest.
    pub digest: String,
    /// How many facts there are of each kind.
    pub kinds: BTreeMap<String, usize>,
    /// Each fact, sorted.
    pub objects: Vec<ObjectPrint>,
    /// Facts that a dump does not carry into a copy; no part of the digest.
    pub beside: Vec<ObjectPrint>,
}

/// One fact of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectPrint {
    /// `table`, `column`, `owner`, …
    pub kind: String,
    /// Its name.
    pub identity: String,
    /// SHA-256 of its canonical definition.
    pub digest: String,
}

/// The data of a database in digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPrint {
    /// The data digest.
    pub digest: String,
    /// Rows of all tables.
    pub rows: u64,
    /// Each table with the number of its rows and their hash, sorted by name.
    pub tables: Vec<TableData>,
}

/// Reads the fingerprint of a target, a clone or a scratch database.
///
/// # Errors
/// What the server says; an unknown target or schema; a right that is missing.
pub async fn fingerprint(
    context: &Context,
    word: &str,
    options: &FingerprintOptions,
) -> Result<Fingerprint, EngineError> {
    let reading = if options.data {
        Reading::Rows
    } else {
        Reading::Catalog
    };
    let moment = Moment::open(context, word, VERB, &run_id::new(), reading).await?;
    let whole = definition(&moment).await?;
    require_schemas(&options.schemas, &[&whole], &format!("`{word}`"))?;
    let definition = cut(whole, &options.schemas);
    let data = match options.data {
        true => Some(data(context, &moment, &options.schemas, options.order).await?),
        false => None,
    };
    let fingerprint = Fingerprint::of(&moment, &options.schemas, &definition, data);
    moment.close().await?;
    Ok(fingerprint)
}

/// Writes it to a new file, which `diff` can read.
///
/// # Errors
/// The file is there already, or cannot be written.
pub fn write(path: &Path, fingerprint: &Fingerprint) -> Result<(), EngineError> {
    fingerprint_file::write(path, fingerprint)
}

/// The whole definition at that moment.
pub(crate) async fn definition(moment: &Moment) -> Result<Definition, EngineError> {
    catalog::definition(&moment.session)
        .await
        .map_err(moment.error(
            "read the definition of HERE",
            "grant usage on schema pg_catalog to ROLE;",
        ))
}

/// Each of the schemas must be in one of these definitions, which are of `place`.
pub(crate) fn require_schemas(
    schemas: &[String],
    definitions: &[&Definition],
    place: &str,
) -> Result<(), EngineError> {
    let known: BTreeSet<String> = definitions
        .iter()
        .flat_map(|definition| definition.schemas())
        .collect();
    let Some(unknown) = schemas.iter().find(|schema| !known.contains(*schema)) else {
        return Ok(());
    };
    let hint = match nearest(unknown, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "the schemas are: {}",
            known.into_iter().collect::<Vec<_>>().join(", ")
        ),
    };
    Err(EngineError::input(
        format!("find schema `{unknown}` in {place}"),
        hint,
    ))
}

/// The definition of these schemas, or of all if there are none.
pub(crate) fn cut(definition: Definition, schemas: &[String]) -> Definition {
    match schemas {
        [] => definition,
        _ => definition.of_schemas(schemas),
    }
}

/// The data at that moment, of these schemas or of all.
pub(crate) async fn data(
    context: &Context,
    moment: &Moment,
    schemas: &[String],
    order: bool,
) -> Result<DataDigest, EngineError> {
    let tables = match schemas {
        [] => None,
        _ => Some(tables_of(moment, schemas).await?),
    };
    let options = DataOptions {
        tables,
        row_order: if order {
            RowOrder::Read
        } else {
            RowOrder::Ignore
        },
        ..DataOptions::default()
    };
    let emit = |table: &str, done, of| {
        context.emit(Event::TableRead {
            target: moment.name.clone(),
            table: table.to_owned(),
            done,
            of,
        });
    };
    let mut table = String::new();
    let data = catalog::data_with_progress(&moment.session, &options, |progress| {
        progress.table.clone_into(&mut table);
        emit(progress.table, progress.done, progress.of);
    })
    .await
    .map_err(|error| {
        moment.error(&format!("read the rows of {table} in HERE"), ROWS_RIGHT)(error)
    })?;
    emit("", data.tables.len(), data.tables.len());
    Ok(data)
}

async fn tables_of(moment: &Moment, schemas: &[String]) -> Result<Vec<String>, EngineError> {
    let tables = catalog::data_tables(&moment.session)
        .await
        .map_err(EngineError::database(format!(
            "list the tables of `{}`",
            moment.name
        )))?;
    Ok(tables
        .into_iter()
        .filter(|table| is_of(table, schemas))
        .collect())
}

/// Does the table lie in one of the schemas?
pub(crate) fn is_of(table: &str, schemas: &[String]) -> bool {
    schema_of_name(table).is_some_and(|schema| schemas.contains(&schema))
}

impl Fingerprint {
    fn of(
        moment: &Moment,
        schemas: &[String],
        definition: &Definition,
        data: Option<DataDigest>,
    ) -> Fingerprint {
        let mut kinds = BTreeMap::new();
        for row in definition.rows() {
            *kinds.entry(row.kind.clone()).or_default() += 1;
        }
        Fingerprint {
            format: 1,
            what: VERB.to_owned(),
            target: moment.name.clone(),
            database: moment.identity.database_name.clone(),
            class: moment.class,
            server_version: moment.identity.server_version.clone(),
            system_identifier: moment.identity.system_identifier.clone(),
            database_oid: moment.identity.database_oid,
            taken_at: crate::clock::now(),
            engine_version: env!("CARGO_PKG_VERSION").to_owned(),
            schemas: schemas.to_vec(),
            definition: DefinitionPrint {
                digest: definition.digest().to_string(),
                kinds,
                objects: definition.rows().iter().map(ObjectPrint::of).collect(),
                beside: definition
                    .beside()
                    .rows()
                    .iter()
                    .map(ObjectPrint::of)
                    .collect(),
            },
            data: data.map(|data| DataPrint {
                digest: data.digest().to_string(),
                rows: data.tables.iter().map(|table| table.rows).sum(),
                tables: data.tables,
            }),
        }
    }
}

impl DefinitionPrint {
    /// The facts with the digests of their definitions in place of these.
    pub(crate) fn by_digest(&self) -> Definition {
        let rows = |prints: &[ObjectPrint]| -> Vec<DefinitionRow> {
            let row = |print: &ObjectPrint| DefinitionRow {
                kind: print.kind.clone(),
                identity: print.identity.clone(),
                definition: print.digest.clone(),
            };
            prints.iter().map(row).collect()
        };
        Definition::new(rows(&self.objects)).with_beside(rows(&self.beside))
    }
}

impl DataPrint {
    /// The tables, as they can be compared.
    pub(crate) fn tables(&self) -> DataDigest {
        let mut tables = self.tables.clone();
        tables.sort_by(|one, two| one.table.cmp(&two.table));
        DataDigest { tables }
    }
}

impl ObjectPrint {
    fn of(row: &DefinitionRow) -> ObjectPrint {
        ObjectPrint {
            kind: row.kind.clone(),
            identity: row.identity.clone(),
            digest: row.digest().to_string(),
        }
    }
}
