//! What happened to the releases of a target, tier by tier, as its ledger tells: when, how long, and what each tier
//! did.

use std::collections::BTreeMap;

use oneroof_pg::ledger::LedgerEntry;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::EngineError;
use crate::ledger::{self, ShowOptions};

/// The story of the releases of a target, or of one of them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Timeline {
    /// The target, as it was named.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Entries of the ledger in all.
    pub entries_in_all: usize,
    /// What happened, oldest first.
    pub moments: Vec<Happened>,
}

/// One entry of the ledger, in short.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Happened {
    /// Its number.
    pub seq: u64,
    /// When it was written, UTC.
    pub at: String,
    /// Its kind: adopted, run_started, tier_applied, …
    pub kind: String,
    /// The run.
    pub run_id: Option<String>,
    /// The package.
    pub package: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Digest of the package.
    pub package_digest: Option<String>,
    /// The login that wrote it.
    pub operator: String,
    /// What the tier did, where it is about one.
    pub tier: Option<TierHappened>,
    /// The entry's hash.
    pub hash: String,
}

/// What a tier did.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TierHappened {
    /// Its id.
    pub id: String,
    /// Its short name, `T1`.
    pub label: Option<String>,
    /// What it is for.
    pub summary: Option<String>,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// Attempts that it took.
    pub attempts: Option<u64>,
    /// Statements.
    pub statements: Option<u64>,
    /// The role that it ran as.
    pub role: Option<String>,
    /// Objects by what became of them: created, altered, dropped.
    pub objects: BTreeMap<String, usize>,
    /// Row operations by table.
    pub rows: Vec<RowsHappened>,
    /// The marker lines.
    pub markers: Vec<String>,
}

/// Row operations on a table.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RowsHappened {
    /// The table.
    pub table: String,
    /// Rows inserted.
    pub inserted: u64,
    /// Rows updated.
    pub updated: u64,
    /// Rows deleted.
    pub deleted: u64,
}

/// Reads it; of one release only, if it is named as [`ShowOptions::release`] wants it.
///
/// # Errors
/// What the server says; a target without ledger.
pub async fn timeline(
    context: &Context,
    target: &str,
    release: Option<&str>,
) -> Result<Timeline, EngineError> {
    let options = ShowOptions {
        release: release.map(str::to_owned),
        last: None,
    };
    let shown = ledger::show(context, target, &options).await?;
    Ok(Timeline {
        moments: shown.entries.iter().map(happened).collect(),
        target: shown.target,
        database: shown.database,
        entries_in_all: shown.entries_in_all,
    })
}

fn happened(entry: &LedgerEntry) -> Happened {
    let body = &entry.body;
    Happened {
        seq: entry.seq,
        at: entry
            .at
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        kind: entry.kind.clone(),
        run_id: entry.run_id.clone(),
        package: text(body, "package"),
        version: text(body, "version"),
        package_digest: entry.package_digest.clone(),
        operator: entry.operator.clone(),
        tier: entry.tier.as_ref().map(|tier| tier_of(tier, body)),
        hash: entry.hash.clone(),
    }
}

fn tier_of(id: &str, body: &Value) -> TierHappened {
    let mut objects = BTreeMap::new();
    for object in list(body, "objects") {
        *objects
            .entry(text(object, "change").unwrap_or_default())
            .or_default() += 1;
    }
    let rows = list(body, "rows").iter().map(|row| RowsHappened {
        table: text(row, "table").unwrap_or_default(),
        inserted: row["inserted"].as_u64().unwrap_or_default(),
        updated: row["updated"].as_u64().unwrap_or_default(),
        deleted: row["deleted"].as_u64().unwrap_or_default(),
    });
    let markers = list(body, "markers")
        .iter()
        .filter_map(|marker| marker.as_str().map(str::to_owned));
    TierHappened {
        id: id.to_owned(),
        label: text(body, "label"),
        summary: text(body, "summary"),
        duration_ms: body["duration_ms"].as_u64(),
        attempts: body["attempts"].as_u64(),
        statements: body["statements"].as_u64(),
        role: text(body, "role"),
        objects,
        rows: rows.collect(),
        markers: markers.collect(),
    }
}

fn text(value: &Value, member: &str) -> Option<String> {
    value[member].as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}
