//! sqlx: `1_name.sql`, forward only, or `1_name.up.sql` and `1_name.down.sql`. A file that begins with
//! `-- no-transaction` runs without.

use oneroof_model::sqlx_checksum;

use super::golang_migrate::{pairs, way};
use super::order::by_version;
use super::text::{file_name, numbered};
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    pairs(files, &mut reading);
    for file in files {
        let name = file_name(&file.path);
        if way(name).is_some() {
            continue;
        }
        let stem = name.strip_suffix(".sql");
        if let Some((version, name)) = stem.and_then(numbered) {
            reading
                .found
                .push(Found::new(version, name, Piece::of(file)));
        }
    }
    for found in &mut reading.found {
        let raw = files.iter().find(|file| file.path == found.up.file);
        found.checksum = raw.map(|file| sqlx_checksum(&file.text));
        // sqlx keeps `add_x` as `add x`
        found.name = found.name.replace('_', " ");
        for piece in std::iter::once(&mut found.up).chain(&mut found.down) {
            piece.no_transaction = piece.text.starts_with("-- no-transaction");
        }
    }
    by_version(&mut reading.found);
    reading
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, told};

    #[test]
    fn simple_and_reversible_ones() {
        let list = files(&[
            ("20240102_b.up.sql", "-- no-transaction\nselect 1"),
            ("20240102_b.down.sql", "select 1"),
            ("20240101_a_table.sql", "select 1"),
        ]);
        let set = read(MigrationTool::Sqlx, &list);
        assert_eq!(
            told(&set),
            [
                "20240101 a table 20240101_a_table.sql -",
                "20240102 b !20240102_b.up.sql 20240102_b.down.sql"
            ]
        );
        assert_eq!(
            set.migrations[0].checksum.as_ref().map(String::len),
            Some(96)
        );
    }
}
