//! The order of migrations: numbers that are there twice, and gaps where a tool counts one by one.

use std::collections::BTreeMap;

use oneroof_model::MigrationTool;

use super::{Found, Reading};

/// A version that compares as its numbers do: `2` before `10`, `1.2` before `1.10`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VersionKey(Vec<(usize, String)>);

impl VersionKey {
    pub(super) fn of(version: &str) -> VersionKey {
        let part = |part: &str| {
            let digits = part.trim_start_matches('0');
            (digits.len(), digits.to_owned())
        };
        let mut parts: Vec<_> = version.split(['.', '_', '-']).map(part).collect();
        // 1 and 1.0 are the same version.
        while parts.len() > 1 && parts.last().is_some_and(|(length, _)| *length == 0) {
            parts.pop();
        }
        VersionKey(parts)
    }
}

/// Is `version` not after `last`, as the tools compare versions?
#[must_use]
pub fn is_up_to(version: &str, last: &str) -> bool {
    VersionKey::of(version) <= VersionKey::of(last)
}

/// Sorts by version.
pub(super) fn by_version(found: &mut [Found]) {
    found.sort_by_cached_key(|found| (found.repeatable, VersionKey::of(&found.version)));
}

/// Remarks about duplicates and gaps.
pub(super) fn check(tool: MigrationTool, reading: &mut Reading) {
    if tool == MigrationTool::Sqitch {
        return; // its plan gives the order, and its reader looks for doubles
    }
    let versioned: Vec<(String, String)> = reading
        .found
        .iter()
        .filter(|found| !found.repeatable)
        .map(|found| (found.version.clone(), found.up.file.clone()))
        .collect();
    let mut known: BTreeMap<VersionKey, &str> = BTreeMap::new();
    for (version, file) in &versioned {
        if let Some(first) = known.insert(VersionKey::of(version), file) {
            let message = format!("version {version} is there twice: `{first}` and `{file}`");
            reading.error(file, None, message, "give one of them the next number");
        }
    }
    let numbers: Option<Vec<u64>> = versioned
        .iter()
        .map(|(version, _)| version.parse().ok())
        .collect();
    let Some(numbers) = numbers.filter(|numbers| is_counted(numbers)) else {
        return;
    };
    for (pair, (_, file)) in numbers.windows(2).zip(versioned.iter().skip(1)) {
        if pair[1] > pair[0] + 1 {
            let message = match pair[1] - pair[0] {
                2 => format!("migration {} is missing", pair[0] + 1),
                _ => format!("migrations {} to {} are missing", pair[0] + 1, pair[1] - 1),
            };
            let hint = "numbers are counted one by one here: was a file forgotten?";
            if tool == MigrationTool::Tern {
                reading.error(file, None, message, hint);
            } else {
                reading.warn(file, None, message, hint);
            }
        }
    }
}

/// Are these numbers counted, and no times of day?
fn is_counted(numbers: &[u64]) -> bool {
    let steps = numbers
        .windows(2)
        .filter(|pair| pair[1] == pair[0] + 1)
        .count();
    numbers.len() > 2
        && steps * 2 >= numbers.len() - 1
        && numbers.iter().all(|number| *number < 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::testing::{files, remarks};
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let mut versions = ["10", "2", "1.10", "1.2", "001", "20240101000000"];
        versions.sort_by_key(|version| VersionKey::of(version));
        assert_eq!(
            versions,
            ["001", "1.2", "1.10", "2", "10", "20240101000000"]
        );
        assert_eq!(VersionKey::of("1"), VersionKey::of("1.0"));
    }

    #[test]
    fn doubles_and_gaps_are_named() {
        let list = files(&[
            ("1_a.up.sql", ""),
            ("2_b.up.sql", ""),
            ("3_c.up.sql", ""),
            ("003_d.up.sql", ""),
            ("6_e.up.sql", ""),
        ]);
        let said = remarks(&read(MigrationTool::GolangMigrate, &list)).join("\n");
        assert!(
            said.contains("is there twice: `003_d.up.sql` and `3_c.up.sql`")
                || said.contains("is there twice: `3_c.up.sql` and `003_d.up.sql`"),
            "{said}"
        );
        assert!(
            said.contains("6_e.up.sql:0 migrations 4 to 5 are missing"),
            "{said}"
        );
        let times = files(&[("20240101120000_a.sql", ""), ("20240301120000_b.sql", "")]);
        assert!(read(MigrationTool::Sqlx, &times).remarks.is_empty());
    }
}
