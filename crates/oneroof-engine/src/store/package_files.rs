//! Finds and reads a release package: a folder, a package of the project, or a bundled one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oneroof_model::package::{MANIFEST_FILE, Manifest, ManifestError};
use oneroof_model::{Digest, Refusal, RefusalCode, ReleasePlan, nearest};

use crate::bundled;
use crate::error::EngineError;
use crate::migrations::opened::{OpenedMigrations, Readied};

/// A package's file may have at most so many bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A package may have at most so many files.
const FILES_MAX: usize = 20_000;

/// A release package, read and understood.
#[derive(Debug, Clone)]
pub struct OpenPackage {
    /// `release.toml`.
    pub plan: ReleasePlan,
    /// Path relative to the package folder -> bytes.
    files: BTreeMap<String, Vec<u8>>,
    /// Where it came from, for people.
    pub place: String,
    /// Its folder; `None` for a bundled one.
    pub folder: Option<PathBuf>,
    /// Digest of the manifest of the files as they are.
    pub digest: Digest,
    seal: Seal,
    /// Texts of migrations of another tool as they run, by the names of the plan.
    readied: BTreeMap<String, String>,
    /// A bare folder of migrations, without a plan of its own.
    pub bare: Option<Box<OpenedMigrations>>,
}

/// Does the folder hold what was sealed?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal {
    /// Yes, byte for byte.
    Sealed,
    /// There is no manifest.
    Never,
    /// No.
    Broken(ManifestError),
}

impl OpenPackage {
    /// Reads the package that `word` means: a path, a package of the project, or a bundled one.
    pub fn open(packages_folder: Option<&Path>, word: &str) -> Result<OpenPackage, EngineError> {
        let path = Path::new(word);
        if path.is_dir() {
            return match path.join("release.toml").exists() {
                true => OpenPackage::read_folder(path),
                false => OpenedMigrations::open(path, None)?.into_package(),
            };
        }
        if word.contains('/') || word.ends_with(".toml") {
            return Err(EngineError::input(
                format!("find package folder `{word}`"),
                "a package is a folder with a release.toml; `oneroof package new FOLDER` makes one"
                    .to_owned(),
            ));
        }
        if let Some(folder) = packages_folder
            .map(|folder| folder.join(word))
            .filter(|folder| folder.is_dir())
        {
            return OpenPackage::read_folder(&folder);
        }
        let files = bundled::files(word);
        if files.is_empty() {
            let bundled = bundled::names();
            let own = packages_folder.map(folders_in).unwrap_or_default();
            let known = own.iter().chain(&bundled).map(String::as_str);
            let hint = match nearest(word, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!(
                    "give a folder, or one of the bundled packages: {}",
                    bundled.join(", ")
                ),
            };
            return Err(EngineError::input(format!("find package `{word}`"), hint));
        }
        OpenPackage::new(format!("bundled package {word}"), None, files)
    }

    /// Names of the packages of a project, and of the bundled ones, sorted.
    pub fn known(packages_folder: &Path) -> Vec<String> {
        let mut names = folders_in(packages_folder);
        names.retain(|name| packages_folder.join(name).join("release.toml").is_file());
        names.extend(bundled::names());
        names.sort();
        names.dedup();
        names
    }

    /// Reads a package folder.
    pub fn read_folder(folder: &Path) -> Result<OpenPackage, EngineError> {
        let mut files = BTreeMap::new();
        read_into(folder, folder, &mut files)?;
        if !files.contains_key("release.toml") {
            return Err(EngineError::input(
                format!("find `release.toml` in `{}`", folder.display()),
                "a package is a folder with a release.toml; `oneroof package new FOLDER` makes one"
                    .to_owned(),
            ));
        }
        OpenPackage::new(folder.display().to_string(), Some(folder.to_owned()), files)
    }

    /// A package that was made of a bare folder of migrations just now: it is what it is.
    pub(crate) fn of_migrations(
        opened: OpenedMigrations,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<OpenPackage, EngineError> {
        let place = opened.folder.display().to_string();
        let mut package = OpenPackage::read(place, None, files, Some(&opened))?;
        let text = Manifest::of(&package.files).text();
        package
            .files
            .insert(MANIFEST_FILE.to_owned(), text.into_bytes());
        package.seal = Seal::Sealed;
        package.bare = Some(Box::new(opened));
        Ok(package)
    }

    fn new(
        place: String,
        folder: Option<PathBuf>,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<OpenPackage, EngineError> {
        OpenPackage::read(place, folder, files, None)
    }

    fn read(
        place: String,
        folder: Option<PathBuf>,
        mut files: BTreeMap<String, Vec<u8>>,
        opened: Option<&OpenedMigrations>,
    ) -> Result<OpenPackage, EngineError> {
        let file = match &folder {
            Some(folder) => folder.join("release.toml").display().to_string(),
            None => format!("{place}: release.toml"),
        };
        let plan_bytes = files
            .get("release.toml")
            .map(Vec::as_slice)
            .unwrap_or_default();
        let plan = ReleasePlan::parse(&file, utf8(&file, plan_bytes)?)?;
        let mut readied = BTreeMap::new();
        if let Some(migrations) = &plan.migrations {
            let Readied { texts, originals } = match opened {
                Some(opened) => opened.ready(&plan, migrations),
                None => {
                    let from = folder.as_deref().unwrap_or(Path::new("."));
                    let folder = from.join(&migrations.folder);
                    OpenedMigrations::open(&folder, Some(migrations.from))?.ready(&plan, migrations)
                }
            };
            readied = texts;
            files.extend(originals);
        }
        let present = Manifest::of(&files);
        let seal = match files.get(MANIFEST_FILE) {
            None => Seal::Never,
            Some(bytes) => match Manifest::parse(utf8(MANIFEST_FILE, bytes)?)
                .and_then(|sealed| sealed.verify(&present))
            {
                Ok(()) => Seal::Sealed,
                Err(error) => Seal::Broken(error),
            },
        };
        Ok(OpenPackage {
            digest: present.digest(),
            plan,
            files,
            place,
            folder,
            seal,
            readied,
            bare: None,
        })
    }

    /// Does the package have a file of this name, or a part of one?
    pub(crate) fn has(&self, path: &str) -> bool {
        self.readied.contains_key(path) || self.files.contains_key(path)
    }

    /// Where a file of the package lies on the disk.
    pub fn path_of(&self, name: &str) -> PathBuf {
        let name = name.split('#').next().unwrap_or(name);
        let within = |folder: &Path, mount: &str| {
            let rest = name.strip_prefix(mount)?.strip_prefix('/')?;
            Some(folder.join(rest))
        };
        let section = self.plan.migrations.as_ref();
        let migration = match (&self.bare, section, &self.folder) {
            (Some(opened), Some(section), _) => within(&opened.folder, section.mount()),
            (None, Some(section), Some(folder)) => {
                within(&folder.join(&section.folder), section.mount())
            }
            _ => None,
        };
        let own = || self.folder.as_ref().map(|folder| folder.join(name));
        migration
            .or_else(own)
            .unwrap_or_else(|| PathBuf::from(name))
    }

    /// The text of a file of the package.
    pub fn text(&self, path: &str) -> Result<&str, EngineError> {
        if let Some(text) = self.readied.get(path) {
            return Ok(text);
        }
        let bytes = self.files.get(path).ok_or_else(|| {
            let near = nearest(path, self.files.keys().map(String::as_str));
            EngineError::input(
                format!("find file `{path}` of {}", self.place),
                near.map(|near| format!("did you mean `{near}`?")),
            )
        })?;
        utf8(path, bytes)
    }

    /// Every file of the package with its bytes.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The seal.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Refuses a package that is not byte for byte what was sealed.
    pub fn require_sealed(&self) -> Result<(), EngineError> {
        match &self.seal {
            Seal::Sealed => Ok(()),
            Seal::Never => Err(Refusal::new(
                RefusalCode::PackageNotSealed,
                format!(
                    "package `{}` was never sealed: it has no {MANIFEST_FILE}",
                    self.plan.package.name
                ),
            )
            .hint(match &self.folder {
                Some(folder) => format!(
                    "oneroof package check {0} && oneroof package seal {0}",
                    folder.display()
                ),
                None => "this oneroof was built from an unsealed package: build it anew".to_owned(),
            })
            .into()),
            Seal::Broken(error) => {
                let reasons = match error {
                    ManifestError::Differs { differences } => differences.clone(),
                    ManifestError::Line { .. } | ManifestError::Form { .. } => {
                        vec![error.to_string()]
                    }
                };
                let hint = match &self.folder {
                    Some(folder) => format!(
                        "look at the change (oneroof package diff {0}), then seal it again: oneroof package seal {0}",
                        folder.display()
                    ),
                    None => "this oneroof was built from a package that was changed: build it anew"
                        .to_owned(),
                };
                Err(Refusal::new(
                    RefusalCode::PackageNotSealed,
                    format!(
                        "package `{}` is not what was sealed: {}",
                        self.plan.package.name,
                        reasons.join("; ")
                    ),
                )
                .hint(hint)
                .into())
            }
        }
    }

    /// The text of a query that is given in the plan or in a file.
    pub(crate) fn query<'a>(
        &'a self,
        query: Option<&'a String>,
        file: Option<&'a String>,
    ) -> Result<&'a str, EngineError> {
        match (query, file) {
            (Some(query), _) => Ok(query),
            (None, Some(file)) => self.text(file),
            (None, None) => Err(EngineError::other(
                "find the text of a query that has neither `query` nor `file`",
            )),
        }
    }
}

fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, EngineError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        EngineError::input(
            format!("read {path}:{line}: it is not UTF-8"),
            "save the file as UTF-8".to_owned(),
        )
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Names of the folders in `folder`; none if it cannot be read.
fn folders_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Hidden files are not part of a package; links are refused, because what they point at is not
/// in the manifest.
fn read_into(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), EngineError> {
    let reading = || EngineError::file(format!("read package folder `{}`", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let path = entry.path();
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(reading())?;
        if kind.is_symlink() {
            return Err(EngineError::input(
                format!(
                    "read `{}`: it is a link, and a package holds its own bytes only",
                    path.display()
                ),
                "replace the link by the file itself".to_owned(),
            ));
        }
        if kind.is_dir() {
            read_into(root, &path, files)?;
            continue;
        }
        let bytes_count = entry.metadata().map_err(reading())?.len();
        if bytes_count > FILE_BYTES_MAX || files.len() >= FILES_MAX {
            return Err(EngineError::input(
                format!(
                    "read `{}`: more than {FILES_MAX} files or {FILE_BYTES_MAX} bytes in one",
                    path.display()
                ),
                "a package holds SQL, not data".to_owned(),
            ));
        }
        let relative = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_str()
            .map(|text| text.replace('\\', "/"));
        let Some(relative) = relative else {
            return Err(EngineError::input(
                format!("read `{}`: its name is not UTF-8", path.display()),
                None,
            ));
        };
        let bytes = std::fs::read(&path)
            .map_err(EngineError::file(format!("read `{}`", path.display())))?;
        files.insert(relative, bytes);
    }
    Ok(())
}
