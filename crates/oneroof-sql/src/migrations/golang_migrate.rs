//! golang-migrate: `1_name.up.sql` and `1_name.down.sql`. It has no mark for "no transaction": a file that the server
//! refuses in one is run without.

use super::order::by_version;
use super::text::{file_name, numbered};
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    pairs(files, &mut reading);
    by_version(&mut reading.found);
    reading
}

/// Which way a file goes: `.up.sql` or `.down.sql`, and its name without that.
pub(super) fn way(name: &str) -> Option<(&str, bool)> {
    let up = name.strip_suffix(".up.sql").map(|stem| (stem, true));
    up.or_else(|| name.strip_suffix(".down.sql").map(|stem| (stem, false)))
}

/// Reads the pairs; sqlx has them too.
pub(super) fn pairs(files: &[MigrationFile], reading: &mut Reading) {
    let named = |file: &'_ MigrationFile| -> Option<(String, String, bool)> {
        let (stem, up) = way(file_name(&file.path))?;
        let (version, name) = numbered(stem)?;
        Some((version.to_owned(), name.to_owned(), up))
    };
    for file in files {
        if let Some((version, name, true)) = named(file) {
            reading
                .found
                .push(Found::new(&version, &name, Piece::of(file)));
        }
    }
    for file in files {
        let Some((version, name, false)) = named(file) else {
            continue;
        };
        let mine = reading
            .found
            .iter_mut()
            .filter(|found| found.version == version && found.down.is_none());
        let mut mine: Vec<&mut Found> = mine.collect();
        // Where a number is there twice, the name tells whose way back it is.
        mine.sort_by_key(|found| found.name != name);
        match mine.into_iter().next() {
            Some(found) => found.down = Some(Piece::of(file)),
            None => {
                let message = format!("there is a way back of {version} and no way there");
                reading.error(&file.path, None, message, "was its .up.sql forgotten?");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    #[test]
    fn pairs_in_the_order_of_their_numbers() {
        let list = files(&[
            ("10_b.up.sql", "select 10"),
            ("2_a.down.sql", "select -2"),
            ("2_a.up.sql", "create index concurrently i on t (a)"),
            ("README.md", "x"),
            ("11_c.down.sql", "select 1"),
        ]);
        let set = read(MigrationTool::GolangMigrate, &list);
        assert_eq!(
            told(&set),
            ["2 a !2_a.up.sql 2_a.down.sql", "10 b 10_b.up.sql -"]
        );
        assert_eq!(
            remarks(&set),
            ["11_c.down.sql:0 there is a way back of 11 and no way there"]
        );
    }
}
