//! Table-level lock modes, what they conflict with, and what a tier's locks did to others.
//!
//! The conflict table is that of PostgreSQL's documentation ("Explicit Locking"); which mode a statement takes
//! is read from the statement by `oneroof-sql`, and from the server by `oneroof-pg`.

use serde::{Deserialize, Serialize};

/// Table-level lock modes, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum LockMode {
    /// Taken by `select`.
    AccessShare,
    /// Taken by `select … for update`.
    RowShare,
    /// Taken by `insert`, `update`, `delete`.
    RowExclusive,
    /// Taken by `vacuum`, `analyze`, concurrent index builds, `validate constraint`.
    ShareUpdateExclusive,
    /// Taken by `create index`.
    Share,
    /// Taken by `create trigger` and foreign keys.
    ShareRowExclusive,
    /// Taken by `refresh materialized view concurrently`.
    Exclusive,
    /// Taken by most of `alter table`, `drop`, `truncate`.
    AccessExclusive,
}

/// What others do that has to wait for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Blocked {
    /// `select`: everything else waits too.
    Reads,
    /// `select … for update` and its kin.
    RowLocks,
    /// `insert`, `update`, `delete`.
    Writes,
    /// `vacuum`, `analyze`, concurrent index builds.
    Maintenance,
    /// `create index`, `alter table` and other changes of definitions.
    Ddl,
}

impl LockMode {
    /// All of them, weakest first.
    pub const ALL: [LockMode; 8] = [
        LockMode::AccessShare,
        LockMode::RowShare,
        LockMode::RowExclusive,
        LockMode::ShareUpdateExclusive,
        LockMode::Share,
        LockMode::ShareRowExclusive,
        LockMode::Exclusive,
        LockMode::AccessExclusive,
    ];

    /// As PostgreSQL writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Of the word in `pg_locks.mode`, such as `ShareRowExclusiveLock`.
    #[must_use]
    pub fn of_pg_locks(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| {
            let letters = word.strip_suffix("Lock").unwrap_or(word).chars();
            let name = mode.name().chars().filter(|letter| *letter != ' ');
            letters.map(|letter| letter.to_ascii_uppercase()).eq(name)
        })
    }

    /// Of the number in `lock table … in … mode`.
    #[must_use]
    pub fn of_number(number: i64) -> Self {
        let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
        Self::ALL
            .get(place)
            .copied()
            .unwrap_or(Self::AccessExclusive)
    }

    /// Whether somebody who asks for the other mode has to wait for this one.
    #[must_use]
    pub fn conflicts_with(self, other: LockMode) -> bool {
        let weakest_that_waits = match self {
            Self::AccessShare => Self::AccessExclusive,
            Self::RowShare => Self::Exclusive,
            Self::RowExclusive => Self::Share,
            Self::ShareUpdateExclusive => Self::ShareUpdateExclusive,
            // SHARE lets SHARE in, and nothing else from ROW EXCLUSIVE on.
            Self::Share if other == Self::Share => return false,
            Self::Share | Self::ShareRowExclusive => Self::RowExclusive,
            Self::Exclusive => Self::RowShare,
            Self::AccessExclusive => Self::AccessShare,
        };
        other >= weakest_that_waits
    }

    /// What of others waits for it; changes of definitions wait for every lock, because some of them take
    /// ACCESS EXCLUSIVE.
    #[must_use]
    pub fn blocks(self) -> Vec<Blocked> {
        let tried = [
            (Blocked::Reads, Self::AccessShare),
            (Blocked::RowLocks, Self::RowShare),
            (Blocked::Writes, Self::RowExclusive),
            (Blocked::Maintenance, Self::ShareUpdateExclusive),
            (Blocked::Ddl, Self::AccessExclusive),
        ];
        tried
            .into_iter()
            .filter(|(_, theirs)| self.conflicts_with(*theirs))
            .map(|(blocked, _)| blocked)
            .collect()
    }

    /// Whether `insert`, `update` and `delete` of others wait for it.
    #[must_use]
    pub fn blocks_writers(self) -> bool {
        self.conflicts_with(Self::RowExclusive)
    }

    /// Whether `select` of others waits for it.
    #[must_use]
    pub fn blocks_readers(self) -> bool {
        self.conflicts_with(Self::AccessShare)
    }
}

impl Blocked {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::RowLocks => "select for update",
            Self::Writes => "writes",
            Self::Maintenance => "vacuum and analyze",
            Self::Ddl => "DDL",
        }
    }
}

/// A lock that a tier took on an object that existed before its transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TierLock {
    /// `schema.name`, quoted where needed, as it was called before the tier.
    pub object: String,
    /// `table`, `view`, `index`, …
    pub kind: String,
    /// How strong it is.
    pub mode: LockMode,
    /// Milliseconds from the start of the statement that took it until the commit.
    pub held_ms: u64,
    /// What of others waited for it, had it come.
    pub blocks: Vec<Blocked>,
    /// The file of that statement.
    pub file: String,
    /// Its line; none if the lock came with the deferred constraints at the end of the tier.
    pub line: Option<u32>,
    /// The statement, shortened.
    pub statement: Option<String>,
}

impl TierLock {
    /// Something that a running application does waits for it: a budget counts it, people are shown it.
    #[must_use]
    pub fn stops_applications(&self) -> bool {
        self.mode.blocks_writers()
    }

    /// `reads, writes, DDL`; what goes without saying is left out.
    #[must_use]
    pub fn blocks_words(&self) -> String {
        let is_said = |blocked: &&Blocked| match blocked {
            Blocked::RowLocks => !self.blocks.contains(&Blocked::Reads),
            Blocked::Maintenance => !self.blocks.contains(&Blocked::Writes),
            Blocked::Reads | Blocked::Writes | Blocked::Ddl => true,
        };
        let said = self.blocks.iter().filter(is_said);
        let words: Vec<&str> = said.map(|blocked| blocked.name()).collect();
        words.join(", ")
    }

    /// The object, with its kind unless it is a table.
    #[must_use]
    pub fn object_words(&self) -> String {
        match self.kind.as_str() {
            "table" => self.object.clone(),
            kind => format!("{kind} {}", self.object),
        }
    }

    /// `tiers/10.sql:3`
    #[must_use]
    pub fn taken_at(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => format!("{}, deferred constraints", self.file),
        }
    }
}

/// Those to show to people: what an application waits for, unless a stronger lock on the same object was
/// held at least as long.
#[must_use]
pub fn telling(locks: &[TierLock]) -> Vec<&TierLock> {
    let is_hidden = |lock: &TierLock| {
        locks.iter().any(|other| {
            other.object == lock.object && other.mode > lock.mode && other.held_ms >= lock.held_ms
        })
    };
    locks
        .iter()
        .filter(|lock| lock.stops_applications() && !is_hidden(lock))
        .collect()
}

/// The lock over the budget that was held longest, if there is one.
#[must_use]
pub fn over_budget(locks: &[TierLock], budget_ms: u64) -> Option<&TierLock> {
    locks
        .iter()
        .filter(|lock| lock.stops_applications() && lock.held_ms > budget_ms)
        .max_by_key(|lock| (lock.held_ms, lock.mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 13.2 of PostgreSQL's documentation, row by row; X = conflict.
    const TABLE: [&str; 8] = [
        ".......X", //
        "......XX", //
        "....XXXX", //
        "...XXXXX", //
        "..XX.XXX", //
        "..XXXXXX", //
        ".XXXXXXX", //
        "XXXXXXXX", //
    ];

    #[test]
    fn conflicts_are_those_of_the_documentation() {
        for (mode, row) in LockMode::ALL.into_iter().zip(TABLE) {
            let seen: String = LockMode::ALL
                .into_iter()
                .map(|other| if mode.conflicts_with(other) { 'X' } else { '.' })
                .collect();
            assert_eq!(seen, row, "{}", mode.name());
        }
    }

    #[test]
    fn modes_are_read_from_words_and_numbers() {
        for (number, word) in [
            (1, "AccessShareLock"),
            (4, "ShareUpdateExclusiveLock"),
            (8, "AccessExclusiveLock"),
        ] {
            let mode = LockMode::of_number(number);
            assert_eq!(mode as i64, number - 1);
            assert_eq!(LockMode::of_pg_locks(word), Some(mode));
        }
        assert_eq!(LockMode::of_pg_locks("SIReadLock"), None);
    }

    #[test]
    fn what_waits_in_words() {
        let words = |mode: LockMode| lock("a", mode, 1).blocks_words();
        assert_eq!(words(LockMode::RowExclusive), "DDL");
        assert_eq!(
            words(LockMode::ShareUpdateExclusive),
            "vacuum and analyze, DDL"
        );
        assert_eq!(words(LockMode::Share), "writes, DDL");
        assert_eq!(words(LockMode::Exclusive), "select for update, writes, DDL");
        assert_eq!(words(LockMode::AccessExclusive), "reads, writes, DDL");
    }

    #[test]
    fn a_longer_weak_lock_is_told_beside_a_strong_one() {
        let all = [
            lock("a", LockMode::Share, 900),
            lock("a", LockMode::AccessExclusive, 20),
            lock("b", LockMode::Share, 20),
            lock("b", LockMode::AccessExclusive, 20),
            lock("c", LockMode::RowExclusive, 5_000),
        ];
        let told: Vec<(&str, LockMode)> = telling(&all)
            .into_iter()
            .map(|lock| (lock.object.as_str(), lock.mode))
            .collect();
        assert_eq!(
            told,
            [
                ("a", LockMode::Share),
                ("a", LockMode::AccessExclusive),
                ("b", LockMode::AccessExclusive)
            ]
        );
        assert_eq!(over_budget(&all, 900), None);
        assert_eq!(over_budget(&all, 899), Some(&all[0]));
    }

    fn lock(object: &str, mode: LockMode, held_ms: u64) -> TierLock {
        TierLock {
            object: object.into(),
            kind: "table".into(),
            mode,
            held_ms,
            blocks: mode.blocks(),
            file: "tiers/a.sql".into(),
            line: Some(1),
            statement: None,
        }
    }
}
