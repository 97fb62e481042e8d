//! graphile-migrate: `committed/000001.sql` with `--! Previous:` and `--! Hash:`; forward only. `current.sql` is not
//! committed, and not read. `--! no-transaction` runs without.

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
        piece.no_transaction = no_transaction;
        let mut found = Found::new(version, name.trim_start_matches('-'), piece);
        found.checksum = hash;
        reading.found.push(found);
        if previous.is_none() {
            let message = "it has no line `--! Previous:`".to_owned();
            reading.error(
                &file.path,
                Some(1),
                message,
                "graphile-migrate commit writes it",
            );
        }
    }
    by_version(&mut reading.found);
    reading
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    #[test]
    fn committed_ones_only() {
        let list = files(&[
            (
                "committed/000002-b.sql",
                "--! Previous: sha1:1\n--! Hash: sha1:2\n\n--! no-transaction\nselect 1",
            ),
            ("committed/000001.sql", "select 1"),
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
        assert_eq!(set.migrations[1].checksum.as_deref(), Some("sha1:2"));
        assert!(remarks(&set)[0].contains("000001.sql:1 it has no line"));
    }
}
