//! dbmate: one file with `-- migrate:up` and `-- migrate:down`, each perhaps with `transaction:false`.

use super::order::by_version;
use super::text::{directive, file_name, lines, numbered, only, without_mark};
use super::{Found, MigrationFile, Piece, Reading, Section};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let stem = file_name(&file.path).strip_suffix(".sql");
        let Some((version, name)) = stem.and_then(numbered) else {
            continue;
        };
        let text = without_mark(&file.text);
        let mut way = None;
        let mut parts = [Vec::new(), Vec::new()];
        let mut no_transaction = [false; 2];
        for line in lines(&text) {
            if let Some(rest) = directive(line.text, "migrate:") {
                let next = match rest.split_whitespace().next() {
                    Some("up") => Some(0),
                    Some("down") => Some(1),
                    _ => None,
                };
                if let Some(next) = next {
                    way = Some(next);
                    no_transaction[next] = rest
                        .split_whitespace()
                        .any(|word| word == "transaction:false");
                }
            }
            if let Some(way) = way {
                parts[way].push(line.range);
            }
        }
        let piece = |section, way: usize| {
            (!parts[way].is_empty()).then(|| Piece {
                file: file.path.clone(),
                section: Some(section),
                text: only(&text, &parts[way]),
                no_transaction: no_transaction[way],
            })
        };
        match piece(Section::Up, 0) {
            Some(up) => {
                let mut found = Found::new(version, name, up);
                found.down = piece(Section::Down, 1);
                reading.found.push(found);
            }
            None => {
                let message = "it has no line `-- migrate:up`".to_owned();
                reading.error(&file.path, Some(1), message, "dbmate refuses it too");
            }
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
    fn each_way_has_its_own_mark() {
        let list = files(&[(
            "20240101_a.sql",
            "-- migrate:up transaction:false\ncreate index concurrently i on t (a);\n-- migrate:down\ndrop index i;\n",
        )]);
        let set = read(MigrationTool::Dbmate, &list);
        assert_eq!(
            told(&set),
            ["20240101 a !20240101_a.sql#up 20240101_a.sql#down"]
        );
    }
}
