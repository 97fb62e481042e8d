//! The rows of step 3. No production is read a second time: rows of a logical copy are compared with those that the
//! source sent, files of a physical copy with the checksums that came with them, rows of a copy of a golden clone with
//! those that were tallied when that one was made.

use oneroof_pg::clone::{FilesProof, RowComparison, RowsOf};

use super::baseline;
use super::clone::Clone;
use super::from_golden::GoldenStart;
use super::report::{CloneReport, RehearsalReport};
use crate::error::{EngineError, Failure};

/// Compares what there is to compare; says in words what that was.
pub(super) async fn compare(
    clone: &Clone,
    run_id: &str,
    report: &mut RehearsalReport,
) -> Result<String, EngineError> {
    let compared = clone.compare_rows(run_id).await?;
    let made = report.clone.get_or_insert_default();
    made.rows.clone_from(&compared);
    let Some(compared) = compared else {
        return Ok(match &made.files {
            Some(files) => files_in_words(files),
            None => why_not(made),
        });
    };
    if compared.differences.is_empty() {
        return Ok(rows_in_words(&compared, made.golden.as_ref()));
    }
    report
        .clone_unfaithful
        .extend(compared.differences.iter().cloned());
    Err(Failure {
        message: format!(
            "the clone differs from what the {} in the rows of {} tables",
            match compared.with {
                RowsOf::Source => "source sent",
                RowsOf::SourceFiles | RowsOf::Golden => "golden clone held",
            },
            compared.differences.len()
        ),
        detail: Some(baseline::shown(&compared.differences)),
        ..Failure::default()
    }
    .into())
}

/// Why nothing could be compared, in words.
pub(super) fn why_not(made: &CloneReport) -> String {
    match (&made.golden, made.strategy.as_str()) {
        (Some(golden), _) => format!(
            "rows were not compared: an earlier version made golden clone {} without keeping their sums; `oneroof clone refresh golden:{}` makes it anew",
            golden.id, golden.id
        ),
        (None, "physical") => {
            "files and rows were not compared: pg_verifybackup is not installed".to_owned()
        }
        (None, _) => "rows were not compared: with so many definitions they go through one pipe from pg_dump to pg_restore"
            .to_owned(),
    }
}

fn files_in_words(files: &FilesProof) -> String {
    let words = format!(
        "{} files with {} bytes are those that the source sent, by the CRC-32C of each, and so their rows",
        files.files, files.bytes
    );
    match files.unlogged_tables {
        0 => words,
        many => format!("{words}; {many} unlogged tables are empty"),
    }
}

/// What was compared, and what was not.
fn rows_in_words(compared: &RowComparison, golden: Option<&GoldenStart>) -> String {
    let of = match (compared.with, golden) {
        (RowsOf::Source, None) => "that the source sent".to_owned(),
        (RowsOf::Source, Some(golden)) => format!(
            "that the source sent for golden clone {}, {}",
            golden.id, golden.data_at
        ),
        (RowsOf::SourceFiles, golden) => format!(
            "of golden clone{} when it was made of the source's files, each with the CRC-32C that the source sent",
            named(golden)
        ),
        (RowsOf::Golden, golden) => {
            format!("of golden clone{} when it became golden", named(golden))
        }
    };
    let mut words = format!(
        "{} rows of {} tables are those {of}",
        compared.rows, compared.tables
    );
    for (tables, what) in [
        (&compared.counted, "too large to be read again, counted"),
        (
            &compared.not_compared,
            "not compared, since rows of some of their partitions were left out",
        ),
    ] {
        if !tables.is_empty() {
            words = format!("{words}; {what}: {}", tables.join(", "));
        }
    }
    words
}

fn named(golden: Option<&GoldenStart>) -> String {
    golden.map_or_else(String::new, |golden| format!(" {}", golden.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_with_what_rows_were_compared() {
        let golden = GoldenStart {
            id: "ab".to_owned(),
            data_at: "2026-01-02T03:04:05Z".to_owned(),
            ..GoldenStart::default()
        };
        for (with, golden, expected) in [
            (RowsOf::Source, None, "that the source sent"),
            (
                RowsOf::Source,
                Some(&golden),
                "that the source sent for golden clone ab, 2026-01-02T03:04:05Z",
            ),
            (
                RowsOf::SourceFiles,
                Some(&golden),
                "of golden clone ab when it was made of the source's files, each with the CRC-32C that the source sent",
            ),
            (
                RowsOf::Golden,
                Some(&golden),
                "of golden clone ab when it became golden",
            ),
        ] {
            let compared = RowComparison {
                with,
                tables: 1,
                rows: 2,
                ..RowComparison::default()
            };
            let words = rows_in_words(&compared, golden);
            assert_eq!(words, format!("2 rows of 1 tables are those {expected}"));
        }
    }

    #[test]
    fn what_was_not_compared_has_its_reason() {
        let made = |strategy: &str, golden: Option<GoldenStart>| CloneReport {
            strategy: strategy.to_owned(),
            golden,
            ..CloneReport::default()
        };
        assert!(why_not(&made("physical", None)).contains("pg_verifybackup"));
        assert!(why_not(&made("logical", None)).contains("one pipe"));
        assert!(why_not(&made("template", Some(GoldenStart::default()))).contains("clone refresh"));
        let unlogged = FilesProof {
            unlogged_tables: 2,
            ..FilesProof::default()
        };
        assert!(files_in_words(&unlogged).ends_with("2 unlogged tables are empty"));
    }
}
