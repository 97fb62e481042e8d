//! What the workers of a copy do next: rows first, largest first, so that the source is let go early; then indexes,
//! longest first, each as soon as its table is there. Two that would wait for each other's locks are never given out at
//! the same time.

use std::collections::{HashMap, VecDeque};

use super::snapshot::TablePart;

/// Statements that need tables to be there: an index, a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    /// The tables it locks.
    pub(super) tables: Vec<u32>,
    /// Must it be alone on them?
    pub(super) is_alone: bool,
    /// How long it takes, roughly.
    pub(super) bytes: u64,
    pub(super) statements: String,
}

/// Work for one worker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    Copy(TablePart),
    Build(Build),
}

/// The answer to a worker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Do(Task),
    /// Nothing now: ask again when another worker is done.
    Wait,
    /// Nothing any more.
    Nothing,
}

/// How a table is used now.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Use {
    builds: usize,
    is_alone: bool,
}

/// Everything that is still to be done.
#[derive(Debug)]
pub(super) struct Queue {
    parts: VecDeque<TablePart>,
    /// Parts of a table that are not there yet.
    missing: HashMap<u32, usize>,
    builds: Vec<Build>,
    used: HashMap<u32, Use>,
}

impl Queue {
    /// Both lists in any order.
    pub(super) fn new(mut parts: Vec<TablePart>, mut builds: Vec<Build>) -> Self {
        parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
        builds.sort_by_key(|build| std::cmp::Reverse(build.bytes));
        let mut missing = HashMap::new();
        for part in &parts {
            *missing.entry(part.table_oid).or_insert(0) += 1;
        }
        Self {
            parts: parts.into(),
            missing,
            builds,
            used: HashMap::new(),
        }
    }

    /// Are all rows there?
    pub(super) fn is_copied(&self) -> bool {
        self.parts.is_empty() && self.missing.values().all(|missing| *missing == 0)
    }

    /// What to do next.
    pub(super) fn next(&mut self) -> Next {
        if let Some(part) = self.parts.pop_front() {
            return Next::Do(Task::Copy(part));
        }
        let Some(place) = self.builds.iter().position(|build| self.is_free(build)) else {
            return if self.builds.is_empty() {
                Next::Nothing
            } else {
                Next::Wait
            };
        };
        let build = self.builds.remove(place);
        for table in &build.tables {
            let used = self.used.entry(*table).or_default();
            used.builds += 1;
            used.is_alone = build.is_alone;
        }
        Next::Do(Task::Build(build))
    }

    /// A task is done.
    pub(super) fn done(&mut self, task: &Task) {
        match task {
            Task::Copy(part) => {
                if let Some(missing) = self.missing.get_mut(&part.table_oid) {
                    *missing = missing.saturating_sub(1);
                }
            }
            Task::Build(build) => {
                for table in &build.tables {
                    if let Some(used) = self.used.get_mut(table) {
                        used.builds = used.builds.saturating_sub(1);
                    }
                }
            }
        }
    }

    fn is_free(&self, build: &Build) -> bool {
        build.tables.iter().all(|table| {
            let used = self.used.get(table).copied().unwrap_or_default();
            let is_whole = self.missing.get(table).copied().unwrap_or_default() == 0;
            is_whole && (used.builds == 0 || !(used.is_alone || build.is_alone))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(table_oid: u32, bytes: u64) -> TablePart {
        TablePart {
            table_oid,
            identity: format!("t{table_oid}"),
            checked_identity: format!("t{table_oid}"),
            bytes,
            out_statement: String::new(),
            truncate_statement: None,
            in_statement: String::new(),
            check_statement: None,
        }
    }

    fn build(tables: &[u32], is_alone: bool, bytes: u64) -> Build {
        Build {
            tables: tables.to_vec(),
            is_alone,
            bytes,
            statements: format!("{tables:?} {bytes}"),
        }
    }

    fn take(queue: &mut Queue) -> Task {
        match queue.next() {
            Next::Do(task) => task,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_first_then_indexes_of_tables_that_are_there() {
        let mut queue = Queue::new(
            vec![part(1, 10), part(2, 500), part(1, 10)],
            vec![build(&[1], false, 5), build(&[2], false, 9)],
        );
        assert!(!queue.is_copied());
        let large = take(&mut queue);
        assert_eq!(large, Task::Copy(part(2, 500)));
        let (one, two) = (take(&mut queue), take(&mut queue));
        assert_eq!(queue.next(), Next::Wait);
        queue.done(&one);
        assert_eq!(queue.next(), Next::Wait, "half of table 1 is missing");
        queue.done(&two);
        assert_eq!(take(&mut queue), Task::Build(build(&[1], false, 5)));
        assert!(!queue.is_copied());
        queue.done(&large);
        assert!(queue.is_copied());
        assert_eq!(take(&mut queue), Task::Build(build(&[2], false, 9)));
        assert_eq!(queue.next(), Next::Nothing);
    }

    #[test]
    fn nobody_waits_for_a_lock() {
        let mut queue = Queue::new(
            Vec::new(),
            vec![
                build(&[1], true, 9),
                build(&[1], false, 8),
                build(&[1], false, 7),
                build(&[2, 1], true, 6),
                build(&[3], true, 1),
            ],
        );
        let key = take(&mut queue);
        assert_eq!(key, Task::Build(build(&[1], true, 9)));
        let other = take(&mut queue);
        assert_eq!(other, Task::Build(build(&[3], true, 1)));
        assert_eq!(queue.next(), Next::Wait);
        queue.done(&key);
        let (one, two) = (take(&mut queue), take(&mut queue));
        assert_eq!(one, Task::Build(build(&[1], false, 8)));
        assert_eq!(queue.next(), Next::Wait);
        queue.done(&one);
        assert_eq!(
            queue.next(),
            Next::Wait,
            "an index is still built on table 1"
        );
        queue.done(&two);
        assert_eq!(take(&mut queue), Task::Build(build(&[2, 1], true, 6)));
        assert_eq!(queue.next(), Next::Nothing);
    }
}
