//! Atlas: `1_name.sql` and `atlas.sum`; forward only. `-- atlas:txmode none` runs without transaction. The sums are
//! worked out anew: each is over all files up to it, so the first that differs names the file that was edited.

use oneroof_model::{atlas_checksums, atlas_total};

use super::order::by_version;
use super::text::{directive, file_name, lines, numbered};
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    let sum = files.iter().find(|file| file.path == "atlas.sum");
    let mut summed: Vec<(&str, &str)> = files
        .iter()
        .filter(|file| file.path.ends_with(".sql") && !file.path.contains('/'))
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    summed.sort_unstable();
    let checksums = atlas_checksums(&summed);
    let checksum_of = |path: &str| {
        let place = summed.iter().position(|(name, _)| *name == path)?;
        checksums.get(place).cloned().flatten()
    };
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
        let mut checkpoint = false;
        for line in lines(&piece.text) {
            for (word, what) in [
                ("atlas:delimiter", "its statements end in a mark of its own"),
                ("atlas:txtar", "it holds several files in one"),
            ] {
                if directive(line.text, word).is_some() {
                    let message = format!("`{word}`: {what}");
                    let hint = "write it as plain SQL, statements ending in `;`";
                    reading.error(&file.path, Some(line.number), message, hint);
                }
            }
            checkpoint |= directive(line.text, "atlas:checkpoint").is_some();
            piece.no_transaction |= directive(line.text, "atlas:txmode") == Some("none");
        }
        if checkpoint {
            let message = "a checkpoint stands in for those before it: left out".to_owned();
            reading.warn(
                &file.path,
                None,
                message,
                "the files that it sums up are what counts",
            );
            reading.others.push(file.path.clone());
            continue;
        }
        let mut found = Found::new(version, name, piece);
        found.checksum = checksum_of(&file.path);
        reading.found.push(found);
    }
    match sum {
        Some(sum) => compare(sum, &summed, &checksums, &mut reading),
        None if !reading.found.is_empty() => {
            let message = "there is no atlas.sum, without which Atlas applies nothing".to_owned();
            reading.warn("", None, message, "atlas migrate hash");
        }
        None => {}
    }
    by_version(&mut reading.found);
    reading
}

/// The lines of `atlas.sum` beside what they should be, up to the first that differs: all after it differ too.
fn compare(
    sum: &MigrationFile,
    summed: &[(&str, &str)],
    checksums: &[Option<String>],
    reading: &mut Reading,
) {
    const HINT: &str = "atlas migrate hash, once it is clear who changed what";
    reading.others.push(sum.path.clone());
    let mut written = lines(&sum.text).map(|line| (line.number, line.text.trim()));
    let total = written.next().map_or("", |(_, text)| text);
    let written: Vec<(u32, &str, &str)> = written
        .filter(|(_, text)| !text.is_empty())
        .map(|(number, text)| {
            let (name, hash) = text.rsplit_once("h1:").unwrap_or((text, ""));
            (number, name.trim(), hash)
        })
        .collect();
    let mut faults = 0;
    for (number, name, _) in &written {
        if !summed.iter().any(|(other, _)| other == name) {
            let message = format!("it lists `{name}`, which is not there");
            reading.error(&sum.path, Some(*number), message, HINT);
            faults += 1;
        }
    }
    for ((name, _), checksum) in summed.iter().zip(checksums) {
        let listed = written.iter().find(|(_, other, _)| other == name);
        if listed.is_none() && checksum.is_some() {
            reading.error(name, None, "it is not in atlas.sum".to_owned(), HINT);
            faults += 1;
        }
    }
    let mut pairs = summed.iter().zip(checksums);
    let edited = pairs.find_map(|((name, _), checksum)| {
        let (number, _, hash) = written.iter().find(|(_, other, _)| other == name)?;
        let checksum = checksum.as_deref()?;
        (checksum != *hash).then_some((*name, *number, checksum, *hash))
    });
    if let Some((name, number, checksum, hash)) = edited.filter(|_| faults == 0) {
        let message = format!(
            "it was edited after atlas.sum was written: its checksum is {checksum}, and line {number} there says {hash}"
        );
        reading.error(name, None, message, HINT);
        faults += 1;
    }
    let lines: Vec<(&str, &str)> = written
        .iter()
        .map(|(_, name, hash)| (*name, *hash))
        .collect();
    if faults == 0 && total.trim_start_matches("h1:") != atlas_total(&lines) {
        let message = "its first line does not fit the others".to_owned();
        reading.error(&sum.path, Some(1), message, HINT);
    }
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    /// Of files that Atlas itself summed up.
    const SUM: &str = "h1:@\n20230727105553_init.sql h1:jxgvnWO6tZD3lSPpH1ao5E/6VjapP7iwvBCUJ6aez58=\n\
        20230727105615_t2.sql h1:UvzeoFxe90Y/7b21ziwg6pPzWJQSV7LeYwJl8J63lMU=\n";

    fn sum() -> String {
        let lines: Vec<(&str, &str)> = SUM
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(" h1:"))
            .collect();
        SUM.replace('@', &super::atlas_total(&lines))
    }

    #[test]
    fn files_and_their_sum() {
        let sum = sum();
        let first = ("20230727105553_init.sql", "CREATE TABLE t1 ( c1 int );\n");
        let second = (
            "20230727105615_t2.sql",
            "CREATE TABLE t2 ( c1 int, c2 text );\n",
        );
        let list = files(&[first, second, ("atlas.sum", &sum)]);
        let set = read(MigrationTool::Atlas, &list);
        assert_eq!(
            told(&set),
            [
                "20230727105553 init 20230727105553_init.sql -",
                "20230727105615 t2 20230727105615_t2.sql -"
            ]
        );
        assert_eq!(remarks(&set), Vec::<String>::new());
        assert_eq!(
            set.migrations[0].checksum.as_deref(),
            Some("jxgvnWO6tZD3lSPpH1ao5E/6VjapP7iwvBCUJ6aez58=")
        );
        let said = |list: &[(&str, &str)]| remarks(&read(MigrationTool::Atlas, &files(list)));
        let edited = [(first.0, "select 1"), second, ("atlas.sum", &sum)];
        assert_eq!(said(&edited).len(), 1);
        assert!(
            said(&edited)[0].contains("20230727105553_init.sql:0 it was edited after atlas.sum"),
            "{:?}",
            said(&edited)
        );
        let later = [first, (second.0, "select 1"), ("atlas.sum", &sum)];
        assert!(said(&later)[0].contains("20230727105615_t2.sql:0 it was edited"));
        let added = [first, second, ("20230801_x.sql", ""), ("atlas.sum", &sum)];
        assert_eq!(said(&added), ["20230801_x.sql:0 it is not in atlas.sum"]);
        let gone = [first, ("atlas.sum", sum.as_str())];
        assert_eq!(
            said(&gone),
            ["atlas.sum:3 it lists `20230727105615_t2.sql`, which is not there"]
        );
        let forged = sum.replacen("h1:", "h1:x", 1);
        let forged = [first, second, ("atlas.sum", forged.as_str())];
        assert_eq!(
            said(&forged),
            ["atlas.sum:1 its first line does not fit the others"]
        );
    }

    #[test]
    fn marks_in_files_are_honoured() {
        let list = files(&[
            ("1_a.sql", "-- atlas:txmode none\n\nselect 1"),
            ("2_b.sql", "-- atlas:checkpoint\n\nselect 1"),
            ("3_c.sql", "-- atlas:delimiter \\n\\n\n\nselect 1"),
        ]);
        let set = read(MigrationTool::Atlas, &list);
        assert_eq!(told(&set), ["1 a !1_a.sql -", "3 c 3_c.sql -"]);
        let said = remarks(&set).join("\n");
        assert!(said.contains("2_b.sql:0 a checkpoint"), "{said}");
        assert!(said.contains("3_c.sql:1 `atlas:delimiter`"), "{said}");
    }
}
