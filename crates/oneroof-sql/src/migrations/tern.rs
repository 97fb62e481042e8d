//! tern: one file, `---- create above / drop below ----` between the two ways, `---- tern: disable-tx ----`.

use oneroof_model::TableName;

use super::order::by_version;
use super::text::{file_name, lines, numbered, only, setting, without_mark};
use super::{Found, MigrationFile, Piece, Reading, Section};

/// The line between the two ways.
pub(super) const BETWEEN: &str = "---- create above / drop below ----";

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        let stem = file_name(&file.path).strip_suffix(".sql");
        let Some((version, name)) = stem.and_then(numbered) else {
            continue;
        };
        let text = without_mark(&file.text);
        if let Some(line) = lines(&text).find(|line| line.text.contains("{{")) {
            let message = "it is a template (`{{ … }}`), which tern fills in".to_owned();
            reading.error(
                &file.path,
                Some(line.number),
                message,
                "write the text itself",
            );
        }
        let between = lines(&text)
            .find(|line| line.text.trim() == BETWEEN)
            .map(|line| line.range);
        let no_transaction =
            lines(&text).any(|line| line.text.trim() == "---- tern: disable-tx ----");
        let piece = |section, part| Piece {
            file: file.path.clone(),
            section: Some(section),
            text: only(&text, &[part]),
            no_transaction,
        };
        let up_end = between.as_ref().map_or(text.len(), |line| line.start);
        let mut found = Found::new(version, name, piece(Section::Up, 0..up_end));
        found.down = between.map(|line| piece(Section::Down, line.end..text.len()));
        reading.found.push(found);
    }
    if let Some(conf) = files.iter().find(|file| file.path == "tern.conf")
        && let Some(name) = setting(&conf.text, "database", "version_table")
    {
        match TableName::parse(name) {
            Ok(name) => reading.history = Some(name),
            Err(error) => reading.error(&conf.path, None, error.to_string(), ""),
        }
    }
    by_version(&mut reading.found);
    if let Some(first) = reading.found.first()
        && first.version.trim_start_matches('0') != "1"
    {
        let (file, message) = (
            first.up.file.clone(),
            format!(
                "the first migration is {}, and tern begins with 1",
                first.version
            ),
        );
        reading.error(&file, None, message, "was a file forgotten?");
    }
    reading
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    #[test]
    fn the_line_parts_the_ways() {
        let list = files(&[
            (
                "001_a.sql",
                "select 1;\n---- create above / drop below ----\nselect -1;\n",
            ),
            ("002_b.sql", "---- tern: disable-tx ----\nselect 2;\n"),
            ("003_c.sql", "select '{{ .x }}';\n"),
            ("005_d.sql", "select 5;\n"),
        ]);
        let set = read(MigrationTool::Tern, &list);
        assert_eq!(
            told(&set)[..2],
            ["001 a 001_a.sql#up 001_a.sql#down", "002 b !002_b.sql#up -"]
        );
        let said = remarks(&set).join("\n");
        assert!(said.contains("003_c.sql:1 it is a template"), "{said}");
        assert!(
            said.contains("005_d.sql:0 migration 4 is missing"),
            "{said}"
        );
    }
}
