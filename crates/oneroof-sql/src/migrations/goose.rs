//! goose: one file with `-- +goose Up`, `-- +goose Down` and `-- +goose NO TRANSACTION`.

use super::order::by_version;
use super::text::{directive, file_name, lines, numbered, only, without_mark};
use super::{Found, MigrationFile, Piece, Reading, Section};

/// What stands behind `-- +goose` on a line, in lower case.
pub(super) fn mark(line: &str) -> Option<String> {
    directive(line, "+goose").map(|rest| {
        rest.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    })
}

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let stem = file_name(&file.path).strip_suffix(".sql");
        let Some((version, name)) = stem.and_then(numbered) else {
            continue;
        };
        let text = without_mark(&file.text);
        let (mut up, mut down) = (Vec::new(), Vec::new());
        let mut way = None;
        let mut no_transaction = false;
        for line in lines(&text) {
            match mark(line.text).as_deref() {
                Some("up") => way = Some(Section::Up),
                Some("down") => way = Some(Section::Down),
                Some("no transaction") => no_transaction = true,
                Some("envsub on") => {
                    let message = "it takes values from the environment (`ENVSUB`)".to_owned();
                    reading.error(
                        &file.path,
                        Some(line.number),
                        message,
                        "write the values themselves",
                    );
                }
                _ => {}
            }
            match way {
                Some(Section::Up) => up.push(line.range),
                Some(Section::Down) => down.push(line.range),
                None => {}
            }
        }
        if up.is_empty() {
            let message = "it has no line `-- +goose Up`".to_owned();
            reading.error(&file.path, Some(1), message, "goose refuses it too");
            continue;
        }
        let piece = |section, parts: &[std::ops::Range<usize>]| Piece {
            file: file.path.clone(),
            section: Some(section),
            text: only(&text, parts),
            no_transaction,
        };
        let mut found = Found::new(version, name, piece(Section::Up, &up));
        found.down = (!down.is_empty()).then(|| piece(Section::Down, &down));
        reading.found.push(found);
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
    fn both_ways_keep_their_lines() {
        let text = "-- +goose Up\r\ncreate table t (a int);\r\n-- +goose Down\r\ndrop table t;\r\n";
        let list = files(&[
            (
                "2_b.sql",
                "-- +goose NO TRANSACTION\n-- +goose up\nselect 1",
            ),
            ("1_a.sql", text),
            ("3_c.sql", "select 1"),
            ("4_d.sql", "-- +goose ENVSUB ON\n-- +goose Up\nselect 1"),
        ]);
        let set = read(MigrationTool::Goose, &list);
        assert_eq!(
            told(&set)[..2],
            ["1 a 1_a.sql#up 1_a.sql#down", "2 b !2_b.sql#up -"]
        );
        let down = &set.migrations[0].down.as_ref().unwrap().text;
        assert_eq!(down.trim_start(), "-- +goose Down\r\ndrop table t;\r\n");
        assert_eq!(down.lines().count(), 4);
        let said = remarks(&set).join("\n");
        assert!(
            said.contains("3_c.sql:1 it has no line") && said.contains("4_d.sql:1 it takes values"),
            "{said}"
        );
    }
}
