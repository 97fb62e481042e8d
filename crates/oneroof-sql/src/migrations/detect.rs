//! Which tool a folder of migrations was written for: by its names and marks, and where two tools name their files
//! alike, by what lies around the folder.

use oneroof_model::MigrationTool;
use serde::Serialize;

use super::text::{file_name, lines, numbered};
use super::{MigrationFile, flyway, golang_migrate, goose, tern};

/// What a folder was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detected {
    /// The tool.
    pub tool: MigrationTool,
    /// By what.
    pub because: String,
    /// Others whose files look the same.
    pub also: Vec<MigrationTool>,
}

/// What a folder is taken for; `around` is the text of the project files near it (`Cargo.toml`, `go.mod`, …).
///
/// # Errors
/// Nothing is known of, or two tools at once: said in words.
pub fn detect(files: &[MigrationFile], around: &str) -> Result<Detected, String> {
    let named = |name: &str| files.iter().find(|file| file_name(&file.path) == name);
    let found = |tool, file: &MigrationFile| {
        Ok(Detected {
            tool,
            because: format!("`{}`", file.path),
            also: Vec::new(),
        })
    };
    if let Some(plan) = named("sqitch.plan") {
        return found(MigrationTool::Sqitch, plan);
    }
    let mut kinds: Vec<(Kind, &MigrationFile)> = Vec::new();
    for file in files {
        if let Some(kind) = kind(file)
            && !kinds.iter().any(|(known, _)| *known == kind)
        {
            kinds.push((kind, file));
        }
    }
    // Simple files beside pairs are sqlx's own mixture.
    if kinds.iter().any(|(kind, _)| *kind == Kind::Pair) {
        let simple = kinds.iter().any(|(kind, _)| *kind == Kind::Numbered);
        kinds.retain(|(kind, _)| *kind != Kind::Numbered);
        if simple {
            for (kind, _) in &mut kinds {
                if *kind == Kind::Pair {
                    *kind = Kind::PairBesideNumbered;
                }
            }
        }
    }
    // A file without marks among marked ones is told by the reader.
    if kinds.iter().any(|(kind, _)| {
        matches!(
            kind,
            Kind::Goose | Kind::Dbmate | Kind::Tern | Kind::Graphile
        )
    }) {
        kinds.retain(|(kind, _)| *kind != Kind::Numbered);
    }
    match kinds.as_slice() {
        [] => Err(format!(
            "no migrations were found; known are: {}",
            MigrationTool::ALL
                .map(|tool| format!("{tool} ({})", tool.layout()))
                .join("; ")
        )),
        [(kind, file)] => Ok(chosen(*kind, file, files, around)),
        [(_, one), (_, two), ..] => Err(format!(
            "the files are of more than one tool: `{}` and `{}`",
            one.path, two.path
        )),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Diesel,
    Graphile,
    Goose,
    Dbmate,
    Tern,
    Versioned,
    Pair,
    PairBesideNumbered,
    Numbered,
}

fn kind(file: &MigrationFile) -> Option<Kind> {
    let name = file_name(&file.path);
    if file.path.ends_with("/up.sql") {
        return Some(Kind::Diesel);
    }
    let stem = name.strip_suffix(".sql")?;
    if flyway::named(&file.path).is_some() {
        return Some(Kind::Versioned);
    }
    if golang_migrate::way(name).is_some_and(|(stem, _)| numbered(stem).is_some()) {
        return Some(Kind::Pair);
    }
    if !stem.starts_with(|digit: char| digit.is_ascii_digit()) {
        return None;
    }
    let has = |wanted: fn(&str) -> bool| lines(&file.text).any(|line| wanted(line.text));
    if has(|line| line.starts_with("--! Previous:")) {
        return Some(Kind::Graphile);
    }
    if has(|line| goose::mark(line).is_some()) {
        return Some(Kind::Goose);
    }
    if has(|line| line.trim().starts_with("-- migrate:")) {
        return Some(Kind::Dbmate);
    }
    if has(|line| line.trim() == tern::BETWEEN || line.trim().starts_with("---- tern:")) {
        return Some(Kind::Tern);
    }
    Some(Kind::Numbered)
}

fn chosen(kind: Kind, file: &MigrationFile, files: &[MigrationFile], around: &str) -> Detected {
    let near = |word: &str| around.contains(word);
    let by_file = format!("`{}`", file.path);
    let because = |word: &str| format!("{by_file}, and `{word}` in the project around it");
    let (tool, because, also) = match kind {
        Kind::Diesel => (MigrationTool::Diesel, by_file, vec![]),
        Kind::Graphile => (MigrationTool::GraphileMigrate, by_file, vec![]),
        Kind::Goose => (MigrationTool::Goose, by_file, vec![]),
        Kind::Dbmate => (MigrationTool::Dbmate, by_file, vec![]),
        Kind::Tern => (MigrationTool::Tern, by_file, vec![]),
        Kind::Versioned if near("refinery") => (
            MigrationTool::Refinery,
            because("refinery"),
            vec![MigrationTool::Flyway],
        ),
        Kind::Versioned => versioned(files, by_file),
        Kind::PairBesideNumbered => (
            MigrationTool::Sqlx,
            format!("{by_file} beside files without .up and .down"),
            vec![],
        ),
        Kind::Pair if near("sqlx") && !near("golang-migrate") => (
            MigrationTool::Sqlx,
            because("sqlx"),
            vec![MigrationTool::GolangMigrate],
        ),
        Kind::Pair => (
            MigrationTool::GolangMigrate,
            by_file,
            vec![MigrationTool::Sqlx],
        ),
        Kind::Numbered => match files.iter().find(|file| file.path == "atlas.sum") {
            Some(sum) => (MigrationTool::Atlas, format!("`{}`", sum.path), vec![]),
            None if near("jackc/tern") => (
                MigrationTool::Tern,
                because("jackc/tern"),
                vec![MigrationTool::Sqlx],
            ),
            None => (
                MigrationTool::Sqlx,
                by_file,
                vec![MigrationTool::Tern, MigrationTool::Atlas],
            ),
        },
    };
    Detected {
        tool,
        because,
        also,
    }
}

/// A `U` file that undoes nothing is refinery's other kind of a way forward.
fn versioned(
    files: &[MigrationFile],
    by_file: String,
) -> (MigrationTool, String, Vec<MigrationTool>) {
    let of = |kind: char| {
        let named = files
            .iter()
            .filter_map(|file| Some((file, flyway::named(&file.path)?)));
        named.filter(move |(_, (its, _, _))| *its == kind)
    };
    let lone =
        of('U').find(|(_, (_, version, _))| !of('V').any(|(_, (_, other, _))| other == *version));
    match lone {
        Some((file, _)) if of('R').next().is_none() => (
            MigrationTool::Refinery,
            format!("`{}`, which has no V file to undo", file.path),
            vec![MigrationTool::Flyway],
        ),
        _ => (
            MigrationTool::Flyway,
            by_file,
            vec![MigrationTool::Refinery],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::files;
    use super::*;

    #[test]
    fn each_layout_is_known_again() {
        use MigrationTool as T;
        for (list, around, expected) in [
            (vec![("1_a.up.sql", "")], "", T::GolangMigrate),
            (
                vec![("1_a.up.sql", "")],
                "[dependencies]\nsqlx = 1",
                T::Sqlx,
            ),
            (vec![("1_a.up.sql", ""), ("2_b.sql", "")], "", T::Sqlx),
            (vec![("1_a.sql", "")], "", T::Sqlx),
            (
                vec![("1_a/up.sql", ""), ("1_a/down.sql", "")],
                "",
                T::Diesel,
            ),
            (
                vec![("sqitch.plan", ""), ("deploy/a.sql", "")],
                "",
                T::Sqitch,
            ),
            (
                vec![("V1__a.sql", ""), ("U1__a.sql", ""), ("R__v.sql", "")],
                "",
                T::Flyway,
            ),
            (vec![("V1__a.sql", ""), ("U2__b.sql", "")], "", T::Refinery),
            (vec![("V1__a.sql", "")], "refinery = 1", T::Refinery),
            (vec![("1_a.sql", "-- +goose Up\n")], "", T::Goose),
            (vec![("1_a.sql", "-- migrate:up\n")], "", T::Dbmate),
            (
                vec![(
                    "1_a.sql",
                    "select 1;\n---- create above / drop below ----\n",
                )],
                "",
                T::Tern,
            ),
            (vec![("1_a.sql", ""), ("atlas.sum", "h1:\n")], "", T::Atlas),
            (
                vec![
                    ("committed/000001.sql", "--! Previous: -\n"),
                    ("current.sql", ""),
                ],
                "",
                T::GraphileMigrate,
            ),
        ] {
            let detected = detect(&files(&list), around).unwrap();
            assert_eq!(detected.tool, expected, "{list:?}");
        }
    }

    #[test]
    fn nothing_and_a_mixture_are_refused() {
        let mixed = files(&[("V1__a.sql", ""), ("2_b.up.sql", "")]);
        let said = detect(&mixed, "").unwrap_err();
        assert!(said.contains("`V1__a.sql` and `2_b.up.sql`"), "{said}");
        assert!(
            detect(&files(&[("notes.sql", "")]), "")
                .unwrap_err()
                .contains("golang-migrate (1_name.up.sql")
        );
    }
}
