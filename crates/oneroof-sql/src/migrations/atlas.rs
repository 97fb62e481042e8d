//! Atlas: `1_name.sql` and `atlas.sum`; forward only. `-- atlas:txmode none` runs without transaction.

use super::order::by_version;
use super::text::{directive, file_name, lines, numbered};
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    let sum = files.iter().find(|file| file.path == "atlas.sum");
    for file in files {
        let name = file_name(&file.path);
        let Some(stem) = name.strip_suffix(".sql") else {
            continue;
        };
        let is_version = !stem.is_empty() && stem.bytes().all(|digit| digit.is_ascii_digit());
        let Some((version, name)) = numbered(stem).or(is_version.then_some((stem, ""))) else {
            continue;
        };
        let mut piece = Piece::of(file);
        piece.no_transaction =
            lines(&piece.text).any(|line| directive(line.text, "atlas:txmode") == Some("none"));
        let mut found = Found::new(version, name, piece);
        found.checksum = sum.and_then(|sum| hash_of(&sum.text, file_name(&file.path)));
        if sum.is_some() && found.checksum.is_none() {
            let message = "it is not in atlas.sum".to_owned();
            reading.error(&file.path, None, message, "atlas migrate hash");
        }
        reading.found.push(found);
    }
    if let Some(sum) = sum {
        reading.others.push(sum.path.clone());
        for line in lines(&sum.text).skip(1) {
            let named = line.text.split_whitespace().next().unwrap_or_default();
            if named.ends_with(".sql") && !files.iter().any(|file| file.path == named) {
                let message = format!("it lists `{named}`, which is not there");
                reading.error(&sum.path, Some(line.number), message, "atlas migrate hash");
            }
        }
    }
    by_version(&mut reading.found);
    reading
}

/// `name h1:…` of a line of `atlas.sum`.
fn hash_of(sum: &str, name: &str) -> Option<String> {
    sum.lines().find_map(|line| {
        let (file, hash) = line.split_once(char::is_whitespace)?;
        (file == name).then(|| hash.trim().trim_start_matches("h1:").to_owned())
    })
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    #[test]
    fn files_and_their_sum() {
        let list = files(&[
            ("20240101_a.sql", "-- atlas:txmode none\nselect 1"),
            ("20240102.sql", "select 1"),
            (
                "atlas.sum",
                "h1:total=\n20240101_a.sql h1:one=\n20240103_c.sql h1:three=\n",
            ),
        ]);
        let set = read(MigrationTool::Atlas, &list);
        assert_eq!(
            told(&set),
            ["20240101 a !20240101_a.sql -", "20240102  20240102.sql -"]
        );
        assert_eq!(set.migrations[0].checksum.as_deref(), Some("one="));
        let said = remarks(&set).join("\n");
        assert!(
            said.contains("20240102.sql:0 it is not in atlas.sum"),
            "{said}"
        );
        assert!(
            said.contains("atlas.sum:3 it lists `20240103_c.sql`"),
            "{said}"
        );
    }
}
