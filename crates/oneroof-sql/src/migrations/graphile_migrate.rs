//! graphile-migrate: `committed/000001.sql` with `--! Previous:` and `--! Hash:`; forward only. `current.sql` is not
//! committed, and not read. `--! no-transaction` runs without.

use oneroof_model::graphile_checksum;

use super::order::by_version;
use super::text::{directive, file_name, lines};
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let is_committed = file.path.starts_with("committed/") || !file.path.contains('/');
        let Some(stem) = file_name(&file.path)
            .strip_suffix(".sql")
            .filter(|_| is_committed)
        else {
            continue;
        };
        let end = stem
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(stem.len());
        if end == 0 {
            continue;
        }
        let (version, name) = stem.split_at(end);
        let mut piece = Piece::of(file);
        let header = |word: &str| {
            let mut headers = lines(&piece.text)
                .map(|line| directive(line.text, "! ").or_else(|| directive(line.text, "!")));
            headers.find_map(|header| {
                header?
                    .strip_prefix(word)
                    .map(|rest| rest.trim().to_owned())
            })
        };
        let no_transaction = header("no-transaction").is_some();
        let (hash, previous) = (header("Hash:"), header("Previous:"));
        let may_differ = header("AllowInvalidHash").is_some();
        piece.no_transaction = no_transaction;
        let body_line = lines(&piece.text)
            .find(|line| !is_header(line.text))
            .map_or(piece.text.len(), |line| line.range.start);
        let body = piece.text.get(body_line..).unwrap_or_default();
        let mut fault = |message: String, hint: &str| {
            reading.error(&file.path, Some(1), message, hint);
        };
        let before = previous.as_deref().filter(|previous| *previous != "-");
        match (&hash, &previous) {
            (_, None) => fault(
                "it has no line `--! Previous:`".to_owned(),
                "graphile-migrate commit writes it",
            ),
            (None, Some(_)) => fault(
                "it has no line `--! Hash:`".to_owned(),
                "graphile-migrate commit writes it",
            ),
            (Some(hash), Some(_)) => {
                let now = graphile_checksum(body, before);
                if now != *hash && !may_differ {
                    let message = format!(
                        "it was edited after it was committed: its hash is {now}, not {hash}"
                    );
                    fault(
                        message,
                        "write another migration; Windows line ends change it too",
                    );
                }
            }
        }
        let mut found = Found::new(version, name.trim_start_matches('-'), piece);
        found.previous = before.map(str::to_owned);
        found.checksum = hash;
        reading.found.push(found);
    }
    by_version(&mut reading.found);
    chained(&mut reading);
    reading
}

/// `--! Key` or `--! Key: value`; the body begins after them.
fn is_header(line: &str) -> bool {
    line.strip_prefix("--! ")
        .is_some_and(|key| key.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Each must name the one before it.
fn chained(reading: &mut Reading) {
    let mut faults = Vec::new();
    let mut last: Option<&Found> = None;
    for found in &reading.found {
        let before = last.and_then(|last| last.checksum.as_deref());
        if found.checksum.is_some() && before != found.previous.as_deref() {
            let words = |hash: Option<&str>| hash.unwrap_or("none").to_owned();
            faults.push((
                found.up.file.clone(),
                format!(
                    "it follows {}, and the migration before it is {}",
                    words(found.previous.as_deref()),
                    words(before)
                ),
            ));
        }
        last = Some(found);
    }
    for (file, message) in faults {
        reading.error(
            &file,
            Some(1),
            message,
            "was a file lost, or put in between?",
        );
    }
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    const FIRST: &str = "--! Previous: -\n--! Hash: sha1:e00ec93314a423ee5cc68d1182ad52f16442d7df\n\n\
        create table if not exists foo (id serial primary key);\n";

    #[test]
    fn committed_ones_only() {
        let body = "--! no-transaction\nselect 1\n";
        let hash =
            super::graphile_checksum(body, Some("sha1:e00ec93314a423ee5cc68d1182ad52f16442d7df"));
        let second = format!(
            "--! Previous: sha1:e00ec93314a423ee5cc68d1182ad52f16442d7df\n--! Hash: {hash}\n--! Message: b\n\n{body}"
        );
        let list = files(&[
            ("committed/000002-b.sql", second.as_str()),
            ("committed/000001.sql", FIRST),
            ("current.sql", "select 1"),
        ]);
        let set = read(MigrationTool::GraphileMigrate, &list);
        assert_eq!(
            told(&set),
            [
                "000001  committed/000001.sql -",
                "000002 b !committed/000002-b.sql -"
            ]
        );
        assert_eq!(remarks(&set), Vec::<String>::new());
        assert_eq!(set.migrations[1].checksum, Some(hash));
        assert_eq!(set.migrations[1].previous, set.migrations[0].checksum);
    }

    #[test]
    fn an_edited_file_and_a_broken_chain_are_named() {
        let edited = FIRST.replace("foo", "bar");
        let list = files(&[
            ("committed/000001.sql", edited.as_str()),
            ("committed/000002.sql", FIRST),
            ("committed/000003.sql", "select 1"),
        ]);
        let said = remarks(&read(MigrationTool::GraphileMigrate, &list));
        assert!(
            said[0].contains("000001.sql:1 it was edited after it was committed"),
            "{said:?}"
        );
        assert!(said[1].contains("000003.sql:1 it has no line"), "{said:?}");
        assert!(
            said[2]
                .contains("000002.sql:1 it follows none, and the migration before it is sha1:e00e"),
            "{said:?}"
        );
    }
}
