//! Flyway: `V1__name.sql`, undone by `U1__name.sql`; `R__name.sql` runs again whenever it changes, after all others.
//! A file `V1__name.sql.conf` with `executeInTransaction=false` stands beside one that runs without transaction.

use oneroof_model::flyway_checksum;

use super::order::{VersionKey, by_version};
use super::text::{file_name, lines};
use super::{Found, MigrationFile, Piece, Reading};

/// Kind, version and description of a file: `V1_2__add_x.sql` is `V`, `1.2`, `add x`.
pub(super) fn named(path: &str) -> Option<(char, String, String)> {
    let stem = file_name(path).strip_suffix(".sql")?;
    let mut letters = stem.chars();
    let kind = letters.next().filter(|kind| "VURB".contains(*kind))?;
    let (version, name) = letters.as_str().split_once("__")?;
    let name = name.replace('_', " ");
    if kind == 'R' {
        return version.is_empty().then_some((kind, String::new(), name));
    }
    let is_version = version.starts_with(|digit: char| digit.is_ascii_digit())
        && version
            .chars()
            .all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '_'));
    is_version.then(|| (kind, version.replace('_', "."), name))
}

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    let mut undos = Vec::new();
    for file in files {
        let Some((kind, version, name)) = named(&file.path) else {
            continue;
        };
        let mut piece = Piece::of(file);
        let conf = format!("{}.conf", file.path);
        if let Some(conf) = files.iter().find(|other| other.path == conf) {
            reading.others.push(conf.path.clone());
            piece.no_transaction = conf.text.lines().any(|line| {
                let line: String = line.split_whitespace().collect();
                line.eq_ignore_ascii_case("executeInTransaction=false")
            });
        }
        if let Some(line) = lines(&piece.text).find(|line| line.text.contains("${")) {
            let message = "it has a placeholder `${…}`, which Flyway fills in".to_owned();
            reading.error(
                &file.path,
                Some(line.number),
                message,
                "write the value itself",
            );
        }
        match kind {
            'U' => undos.push((version, piece)),
            'B' => {
                let message =
                    "a baseline migration stands in for those before it: left out".to_owned();
                reading.warn(
                    &file.path,
                    None,
                    message,
                    "the V files that it sums up are what counts",
                );
            }
            _ => {
                let mut found = Found::new(&version, &name, piece);
                found.repeatable = kind == 'R';
                found.checksum = Some(flyway_checksum(&file.text));
                reading.found.push(found);
            }
        }
    }
    for (version, piece) in undos {
        let key = VersionKey::of(&version);
        let mut versioned = reading.found.iter_mut().filter(|found| !found.repeatable);
        match versioned.find(|found| VersionKey::of(&found.version) == key) {
            Some(found) => found.down = Some(piece),
            None => {
                let message =
                    format!("it undoes version {version}, and there is no V{version}__….sql");
                reading.error(
                    &piece.file,
                    None,
                    message,
                    "for refinery a U file goes forward: --from refinery",
                );
            }
        }
    }
    by_version(&mut reading.found);
    // Repeatable ones by their description.
    let first = reading.found.iter().position(|found| found.repeatable);
    if let Some(repeatable) = first.and_then(|first| reading.found.get_mut(first..)) {
        repeatable.sort_by(|one, two| one.name.cmp(&two.name));
    }
    reading
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    #[test]
    fn versions_undos_and_repeatable_ones() {
        let list = files(&[
            ("R__views.sql", "select 1"),
            ("sub/V1_10__b.sql", "select 1"),
            ("V1.2__a_b.sql", "select 1"),
            ("U1.2__a_b.sql", "select 1"),
            ("sub/V1_10__b.sql.conf", "executeInTransaction = false\n"),
            ("U9__x.sql", "select 1"),
            ("V2__c.sql", "select 1;\nselect ${who};"),
        ]);
        let set = read(MigrationTool::Flyway, &list);
        assert_eq!(
            told(&set),
            [
                "1.2 a b V1.2__a_b.sql U1.2__a_b.sql",
                "1.10 b !sub/V1_10__b.sql -",
                "2 c V2__c.sql -",
                " views R__views.sql -"
            ]
        );
        let said = remarks(&set).join("\n");
        assert!(said.contains("U9__x.sql:0 it undoes version 9"), "{said}");
        assert!(said.contains("V2__c.sql:2 it has a placeholder"), "{said}");
    }
}
