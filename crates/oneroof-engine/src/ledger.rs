//! `ledger show` and `ledger verify`: our own records in a target, read and recomputed outside of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use oneroof_model::{Digest, Refusal, RefusalCode};
use oneroof_pg::catalog::TargetIdentity;
pub use oneroof_pg::ledger::LedgerEntry;
use oneroof_pg::ledger::{self, KnownHead, LedgerFault, LedgerHead};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::moment::{Moment, Reading};
use crate::run_id;
use crate::store::kept_rehearsal::KeptRehearsal;
use crate::store::ledger_heads;

/// Verb in the name of our sessions.
const VERB: &str = "ledger";
/// What a role needs that reads the ledger.
const RIGHT: &str =
    "grant usage on schema oneroof to ROLE; grant select on oneroof.entry, oneroof.target to ROLE;";

/// Which entries to show.
#[derive(Debug, Clone, Default)]
pub struct ShowOptions {
    /// Only entries of this release: its name, `name@version`, or the beginning of the package's digest.
    pub release: Option<String>,
    /// Only so many, the newest.
    pub last: Option<usize>,
}

/// Entries of a ledger.
#[derive(Debug, Serialize)]
pub struct LedgerShown {
    /// The target, as it was named.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Entries in all.
    pub entries_in_all: usize,
    /// Those that were asked for, oldest first.
    pub entries: Vec<LedgerEntry>,
}

/// What a check of the whole chain found.
#[derive(Debug, Serialize)]
pub struct LedgerVerified {
    /// The target, as it was named.
    pub target: String,
    /// Its database.
    pub database: String,
    /// Is the chain whole, as far as it can be known?
    pub whole: bool,
    /// Number of entries.
    pub entries: u64,
    /// Genesis hash of the target.
    pub genesis: Option<String>,
    /// The newest entry: keep it outside of the target.
    pub head: Option<LedgerHead>,
    /// Heads from elsewhere that the chain was held against.
    pub known: Vec<KnownFrom>,
    /// Entries behind the newest known head: nothing outside the target vouches for them.
    pub unknown_entries: u64,
    /// What is wrong.
    pub faults: Vec<FaultFound>,
    /// The file in which the project keeps the newest head that it saw whole.
    pub remembered_in: Option<PathBuf>,
}

/// A head that was known before the ledger was read.
#[derive(Debug, Serialize)]
pub struct KnownFrom {
    /// Where it is from: `--expect`, when the project saw it, or which evidence has it.
    pub from: String,
    /// The head.
    #[serde(flatten)]
    pub head: KnownHead,
}

/// A fault, and the entry that it is at.
#[derive(Debug, Serialize)]
pub struct FaultFound {
    /// What is wrong.
    #[serde(flatten)]
    pub fault: LedgerFault,
    /// The same in words, with the entry as it is now.
    pub message: String,
}

/// The target that is meant if none is named: the only one of oneroof.toml.
///
/// # Errors
/// There is none, or more than one.
pub fn only_target(context: &Context) -> Result<String, EngineError> {
    let names: Vec<&String> = context.targets.keys().collect();
    match names.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(EngineError::input(
            "find a target: oneroof.toml has no [targets.NAME] yet",
            "add one, or name a clone: clone:ID".to_owned(),
        )),
        _ => Err(EngineError::input(
            "choose a target: oneroof.toml has several",
            format!(
                "name one of them: {}",
                names
                    .iter()
                    .map(|name| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        )),
    }
}

/// Reads the entries of a target's ledger.
///
/// # Errors
/// What the server says; a target without ledger.
pub async fn show(
    context: &Context,
    word: &str,
    options: &ShowOptions,
) -> Result<LedgerShown, EngineError> {
    let moment = open(context, word).await?;
    let all = entries(&moment).await?;
    let entries_in_all = all.len();
    let mut entries: Vec<LedgerEntry> = all
        .into_iter()
        .filter(|entry| match &options.release {
            Some(release) => is_of(entry, release),
            None => true,
        })
        .collect();
    if let Some(last) = options.last {
        entries.drain(..entries.len().saturating_sub(last));
    }
    let shown = LedgerShown {
        target: moment.name.clone(),
        database: moment.identity.database_name.clone(),
        entries_in_all,
        entries,
    };
    moment.close().await?;
    Ok(shown)
}

/// Heads that rehearsals of this very database have written into their evidence.
fn in_evidence(context: &Context, identity: &TargetIdentity) -> Vec<KnownFrom> {
    let mut known = Vec::new();
    for kept in KeptRehearsal::all(context) {
        let source = &kept.report["source"];
        let cluster = source["system_identifier"].as_str();
        let is_here = cluster.is_some()
            && cluster == identity.system_identifier.as_deref()
            && source["database_oid"] == identity.database_oid;
        let head = serde_json::from_value::<LedgerHead>(source["ledger_head"].clone());
        if let (true, Ok(head)) = (is_here, head) {
            known.push(KnownFrom {
                from: kept.name(),
                head: KnownHead {
                    seq: Some(head.seq),
                    hash: head.hash,
                },
            });
        }
    }
    known
}

/// Recomputes the whole chain, and holds it against the heads that are known: those of `expect`, the newest one
/// that this project saw whole, and those in the evidence of rehearsals. A whole ledger's head is remembered.
///
/// # Errors
/// What the server says; a target without ledger. A fault is no error.
pub async fn verify(
    context: &Context,
    word: &str,
    expect: &[Digest],
) -> Result<LedgerVerified, EngineError> {
    let moment = open(context, word).await?;
    let file = ledger_heads::file(&context.root, &moment.identity);
    let mut known: Vec<KnownFrom> = expect
        .iter()
        .map(|hash| KnownFrom {
            from: "--expect".to_owned(),
            head: KnownHead {
                seq: None,
                hash: hash.to_string(),
            },
        })
        .collect();
    if let Some(file) = &file
        && let Some(seen) = ledger_heads::read(file)?
    {
        known.push(KnownFrom {
            from: format!("seen at {}", seen.seen_at),
            head: KnownHead {
                seq: Some(seen.seq),
                hash: seen.hash,
            },
        });
    }
    known.extend(in_evidence(context, &moment.identity));
    let heads: Vec<KnownHead> = known.iter().map(|known| known.head.clone()).collect();
    let report = ledger::verify(&moment.session, &heads)
        .await
        .map_err(moment.error("read the ledger of HERE", RIGHT))?;
    let entries = entries(&moment).await?;
    let remembered_in = match (&report.head, &report.genesis, file) {
        (Some(head), Some(genesis), Some(file)) if report.is_whole() => {
            ledger_heads::remember(&file, &moment.identity, genesis, head)?;
            Some(file)
        }
        _ => None,
    };
    let newest_known = entries
        .iter()
        .rev()
        .find(|entry| heads.iter().any(|head| head.hash == entry.hash));
    let newest_known = newest_known.map_or(0, |entry| entry.seq);
    let by_seq: BTreeMap<u64, &LedgerEntry> =
        entries.iter().map(|entry| (entry.seq, entry)).collect();
    let verified = LedgerVerified {
        target: moment.name.clone(),
        database: moment.identity.database_name.clone(),
        whole: report.is_whole(),
        entries: report.entries,
        genesis: report.genesis,
        unknown_entries: report
            .head
            .as_ref()
            .map_or(0, |head| head.seq.saturating_sub(newest_known)),
        head: report.head,
        known,
        faults: report
            .faults
            .into_iter()
            .map(|fault| FaultFound {
                message: message(&fault, &by_seq),
                fault,
            })
            .collect(),
        remembered_in,
    };
    moment.close().await?;
    Ok(verified)
}

pub(crate) async fn open(context: &Context, word: &str) -> Result<Moment, EngineError> {
    let moment = Moment::open(context, word, VERB, &run_id::new(), Reading::Catalog).await?;
    let exists = ledger::exists(&moment.session)
        .await
        .map_err(EngineError::database("look for the ledger"))?;
    if exists {
        return Ok(moment);
    }
    let refusal = Refusal::new(
        RefusalCode::NotAdopted,
        format!("`{word}` has no schema `oneroof`, so there is no ledger to read"),
    )
    .hint(format!(
        "a DBA runs `oneroof adopt {word}` once; a target that had a ledger and has none now lost it"
    ));
    moment.close().await?;
    Err(refusal.into())
}

async fn entries(moment: &Moment) -> Result<Vec<LedgerEntry>, EngineError> {
    ledger::entries(&moment.session, 0)
        .await
        .map_err(moment.error("read the ledger of HERE", RIGHT))
}

/// Is the entry about this release?
fn is_of(entry: &LedgerEntry, release: &str) -> bool {
    /// So few digits of a digest could be a word.
    const DIGITS_MIN: usize = 6;
    let digest = entry.package_digest.as_deref().unwrap_or_default();
    let (name, tag) = (package(entry), tag(entry));
    name.as_deref() == Some(release)
        || tag.as_deref() == Some(release)
        || (release.len() >= DIGITS_MIN && digest.starts_with(release))
}

fn package(entry: &LedgerEntry) -> Option<String> {
    Some(entry.body.get("package")?.as_str()?.to_owned())
}

/// The release that an entry is about: `name@version`.
pub fn tag(entry: &LedgerEntry) -> Option<String> {
    let package = package(entry)?;
    match entry
        .body
        .get("version")
        .and_then(|version| version.as_str())
    {
        Some(version) => Some(format!("{package}@{version}")),
        None => Some(package),
    }
}

/// The fault, and what its entry says now.
fn message(fault: &LedgerFault, entries: &BTreeMap<u64, &LedgerEntry>) -> String {
    let entry = match fault {
        LedgerFault::Changed { seq } | LedgerFault::Reordered { seq } => entries.get(seq),
        _ => None,
    };
    match entry {
        Some(entry) => {
            let words = [
                Some(entry.kind.clone()),
                entry.tier.clone(),
                tag(entry).map(|tag| format!("of {tag}")),
                Some(format!("by {} at {}", entry.operator, entry.at_text)),
            ];
            let words: Vec<String> = words.into_iter().flatten().collect();
            format!("{fault}; it says: {}", words.join(" "))
        }
        None => fault.to_string(),
    }
}
