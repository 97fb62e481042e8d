//! Diesel: a folder per migration, `1_name/up.sql`, `down.sql`, and `metadata.toml` with `run_in_transaction = false`.

use super::order::by_version;
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let Some(folder) = file.path.strip_suffix("/up.sql") else {
            continue;
        };
        let (version, name) = named(folder);
        let sibling = |name: &str| {
            let path = format!("{folder}/{name}");
            files.iter().find(|other| other.path == path)
        };
        let mut found = Found::new(&version, name, Piece::of(file));
        found.down = sibling("down.sql").map(Piece::of);
        if let Some(metadata) = sibling("metadata.toml") {
            reading.others.push(metadata.path.clone());
            if without_transaction(&metadata.text) {
                for piece in std::iter::once(&mut found.up).chain(&mut found.down) {
                    piece.no_transaction = true;
                }
            }
        }
        reading.found.push(found);
    }
    for file in files {
        if let Some(folder) = file.path.strip_suffix("/down.sql") {
            let up = format!("{folder}/up.sql");
            if !files.iter().any(|other| other.path == up) {
                let message = format!("`{folder}` has a way back and no way there");
                reading.error(&file.path, None, message, "was its up.sql forgotten?");
            }
        }
    }
    by_version(&mut reading.found);
    reading
}

/// `2024-01-01-000000_name` is version `20240101000000`.
fn named(folder: &str) -> (String, &str) {
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    let (version, name) = folder.split_once('_').unwrap_or((folder, ""));
    (version.replace('-', ""), name)
}

fn without_transaction(metadata: &str) -> bool {
    metadata.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut sides = line.split('=').map(str::trim);
        (sides.next(), sides.next()) == (Some("run_in_transaction"), Some("false"))
    })
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    #[test]
    fn folders_with_and_without_a_way_back() {
        let list = files(&[
            ("2024-02-01-000000_b/up.sql", "select 1"),
            (
                "2024-02-01-000000_b/metadata.toml",
                "run_in_transaction = false # why\n",
            ),
            ("00000000000000_diesel_initial_setup/up.sql", "select 1"),
            ("00000000000000_diesel_initial_setup/down.sql", "select 1"),
            ("2024-03-01-000000_c/down.sql", "select 1"),
        ]);
        let set = read(MigrationTool::Diesel, &list);
        assert_eq!(
            told(&set),
            [
                "00000000000000 diesel_initial_setup 00000000000000_diesel_initial_setup/up.sql 00000000000000_diesel_initial_setup/down.sql",
                "20240201000000 b !2024-02-01-000000_b/up.sql -",
            ]
        );
        assert!(remarks(&set)[0].contains("no way there"));
    }
}
