//! Is the ledger whole? Recomputes every hash here, outside the database.

use std::fmt;

use serde::Serialize;

use super::canonical::entry_hash;
use super::entries::batch;
use super::{LedgerEntry, LedgerHead};
use crate::connect::Session;
use crate::error::PgError;

/// What a check of the whole chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Number of entries that were read.
    pub entries: u64,
    /// Genesis hash of the target, if its row is there.
    pub genesis: Option<String>,
    /// The newest entry.
    pub head: Option<LedgerHead>,
    /// What is wrong; empty for a whole chain.
    pub faults: Vec<LedgerFault>,
}

/// One fault of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum LedgerFault {
    /// The hash of an entry is not the hash of its content: it was changed, or put there by hand.
    Changed {
        /// The entry.
        seq: u64,
    },
    /// Entries between two others are gone.
    Missing {
        /// First missing number.
        from_seq: u64,
        /// Last missing number.
        to_seq: u64,
    },
    /// An entry does not follow the one before it, though no number is missing.
    Reordered {
        /// The entry.
        seq: u64,
    },
    /// A head that is known from elsewhere is not in the ledger: its tail was cut off or replaced.
    TailCut {
        /// The known head.
        known: KnownHead,
    },
    /// There is no entry at all, or no row that says what this target is.
    Empty,
}

/// The head of a ledger as somebody kept it outside: in evidence, in an approval, on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownHead {
    /// Number of the entry, if it was kept too.
    pub seq: Option<u64>,
    /// Its hash.
    pub hash: String,
}

impl From<LedgerHead> for KnownHead {
    fn from(head: LedgerHead) -> Self {
        Self {
            seq: Some(head.seq),
            hash: head.hash,
        }
    }
}

impl KnownHead {
    fn is(&self, entry: &LedgerEntry) -> bool {
        self.hash == entry.hash && self.seq.is_none_or(|seq| seq == entry.seq)
    }
}

impl LedgerReport {
    /// Is the chain whole, as far as it can be known?
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for LedgerFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq } => write!(
                out,
                "entry {seq} was changed or forged: its hash is not the hash of its content"
            ),
            Self::Missing { from_seq, to_seq } if from_seq == to_seq => {
                write!(out, "entry {from_seq} is missing")
            }
            Self::Missing { from_seq, to_seq } => {
                write!(out, "entries {from_seq} to {to_seq} are missing")
            }
            Self::Reordered { seq } => write!(out, "entry {seq} does not follow the one before it"),
            Self::TailCut {
                known: KnownHead { seq, hash },
            } => {
                match seq {
                    Some(seq) => write!(out, "the known entry {seq} with hash {hash}")?,
                    None => write!(out, "the known entry with hash {hash}")?,
                }
                out.write_str(" is gone: the tail was cut off or replaced")
            }
            Self::Empty => out.write_str("the ledger is empty"),
        }
    }
}

/// Reads the whole ledger and recomputes its chain. `known` are heads from evidence or approvals:
/// without one, a tail that was cut off cannot show.
///
/// # Errors
/// What the server says. Faults are no errors.
pub async fn verify(session: &Session, known: &[KnownHead]) -> Result<LedgerReport, PgError> {
    let rows = session.query(include_str!("verify.sql"), &[]).await?;
    let genesis: Option<String> = match rows.first() {
        Some(row) => Some(row.try_get("genesis")?),
        None => None,
    };
    let mut chain = Chain::new(genesis, known);
    loop {
        let after = chain.report.head.as_ref().map_or(0, |head| head.seq);
        let some = batch(session, after).await?;
        if some.is_empty() {
            return Ok(chain.end());
        }
        for entry in &some {
            chain.follow(entry);
        }
    }
}

/// The state of a walk along the chain.
struct Chain {
    report: LedgerReport,
    unseen: Vec<KnownHead>,
}

impl Chain {
    fn new(genesis: Option<String>, known: &[KnownHead]) -> Self {
        Self {
            report: LedgerReport {
                genesis,
                ..LedgerReport::default()
            },
            unseen: known.to_vec(),
        }
    }

    fn follow(&mut self, entry: &LedgerEntry) {
        let report = &mut self.report;
        let (expected_seq, expected_hash) = match &report.head {
            Some(head) => (head.seq + 1, Some(&head.hash)),
            None => (1, report.genesis.as_ref()),
        };
        if entry_hash(entry) != entry.hash {
            report.faults.push(LedgerFault::Changed { seq: entry.seq });
        }
        if entry.seq != expected_seq {
            report.faults.push(LedgerFault::Missing {
                from_seq: expected_seq,
                to_seq: entry.seq - 1,
            });
        } else if Some(&entry.prev_hash) != expected_hash {
            report
                .faults
                .push(LedgerFault::Reordered { seq: entry.seq });
        }
        self.unseen.retain(|known| !known.is(entry));
        report.entries += 1;
        report.head = Some(LedgerHead {
            seq: entry.seq,
            hash: entry.hash.clone(),
        });
    }

    fn end(mut self) -> LedgerReport {
        if self.report.head.is_none() || self.report.genesis.is_none() {
            self.report.faults.push(LedgerFault::Empty);
        }
        let cut = self.unseen.into_iter();
        self.report
            .faults
            .extend(cut.map(|known| LedgerFault::TailCut { known }));
        self.report
    }
}
