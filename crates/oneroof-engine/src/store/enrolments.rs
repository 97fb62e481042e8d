//! The folder `enrolments/` of a project: wishes to let a passkey in, `NAME.json`, each with the signature of whoever
//! said yes, `NAME.json.sig`. Foreign files, read as approvals are.

use std::path::{Path, PathBuf};

use oneroof_model::gate::{Enrolment, SignedFile};

use super::signed_files::{self, json, new_file, plain_file, seconds, signed};
use crate::error::EngineError;
use crate::signature;

/// More wishes than this are not read.
const FILES_MAX: usize = 1_000;

/// Nobody fills the folder from the dashboard.
const WISHES_MAX: usize = 200;

/// A wish, as it was found.
#[derive(Debug, Clone)]
pub(crate) struct EnrolmentFile {
    /// Who signed it.
    pub(crate) signed: SignedFile,
    /// Is there a signature at all?
    pub(crate) has_signature: bool,
    /// What it says.
    pub(crate) wish: Enrolment,
    /// When it was made, seconds since 1970.
    pub(crate) created_at: i64,
}

/// What the folder holds.
#[derive(Debug, Default)]
pub(crate) struct Enrolments {
    /// What can be read.
    pub(crate) files: Vec<EnrolmentFile>,
    /// Files that cannot, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Reads the folder. No folder is an empty one.
///
/// # Errors
/// The folder cannot be listed, or holds too many files.
pub(crate) fn read(root: &Path) -> Result<Enrolments, EngineError> {
    let mut all = Enrolments::default();
    for (path, shown) in signed_files::list(&folder(root), FILES_MAX)? {
        match one(&path, &shown) {
            Ok(file) => all.files.push(file),
            Err(why) => all.unreadable.push((shown, why)),
        }
    }
    Ok(all)
}

/// One file, wherever it is.
///
/// # Errors
/// It is no wish.
pub(crate) fn open(path: &Path) -> Result<EnrolmentFile, EngineError> {
    let shown = path.display().to_string();
    one(path, &shown).map_err(|why| {
        EngineError::input(
            format!("read `{shown}`: {why}"),
            "name a file of enrolments/; the dashboard makes them (/passkeys)".to_owned(),
        )
    })
}

/// The bytes of a wish of this project.
///
/// # Errors
/// No such file.
pub(crate) fn text(root: &Path, name: &str) -> Result<String, EngineError> {
    let missing = |why: String| {
        EngineError::input(
            format!("read the wish `{name}`: {why}"),
            "the page /passkeys lists them".to_owned(),
        )
    };
    let bytes = plain_file(&path(root, name)?).map_err(missing)?;
    String::from_utf8(bytes).map_err(|_| missing("it is no text".to_owned()))
}

/// Writes a new wish; gives its name.
///
/// # Errors
/// What the file system says; a file of that name that is there.
pub(crate) fn write(root: &Path, name: &str, text: &str) -> Result<String, EngineError> {
    let folder = folder(root);
    std::fs::create_dir_all(&folder)
        .map_err(EngineError::file(format!("make `{}`", folder.display())))?;
    let there = read(root)?;
    if there.files.len() + there.unreadable.len() >= WISHES_MAX {
        return Err(EngineError::input(
            format!(
                "keep one more wish: `{}` has {WISHES_MAX}",
                folder.display()
            ),
            "whoever runs the project moves old ones elsewhere".to_owned(),
        ));
    }
    new_file(&path(root, name)?, text)?;
    Ok(format!("enrolments/{name}.json"))
}

/// Puts a signature beside a wish, in the place of one that was there.
///
/// # Errors
/// What the file system says.
pub(crate) fn sign(root: &Path, name: &str, armored: &str) -> Result<String, EngineError> {
    use std::io::Write as _;
    let path = path(root, name)?;
    let beside = PathBuf::from(format!("{}.sig", path.display()));
    let writing = || EngineError::file(format!("write `{}`", beside.display()));
    let mut fresh = tempfile::NamedTempFile::new_in(folder(root)).map_err(writing())?;
    fresh.write_all(armored.as_bytes()).map_err(writing())?;
    let kept = fresh
        .persist(&beside)
        .map_err(|error| writing()(error.error))?;
    kept.sync_all().map_err(writing())?;
    Ok(format!("enrolments/{name}.json.sig"))
}

fn folder(root: &Path) -> PathBuf {
    root.join("enrolments")
}

/// A name is one word of a path, of letters, digits and `-`: it comes from a form.
fn path(root: &Path, name: &str) -> Result<PathBuf, EngineError> {
    let is_name = !name.is_empty()
        && name.len() < 200
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match is_name {
        true => Ok(folder(root).join(format!("{name}.json"))),
        false => Err(EngineError::input(
            format!("find the wish `{}`", name.escape_debug()),
            "the page /passkeys lists them".to_owned(),
        )),
    }
}

fn one(path: &Path, name: &str) -> Result<EnrolmentFile, String> {
    let (bytes, signed) = signed(path, name, signature::ENROLMENT)?;
    let wish: Enrolment = json(&bytes)?;
    if wish.format != 1 {
        return Err(format!("format {} is not known here", wish.format));
    }
    Ok(EnrolmentFile {
        created_at: seconds("created_at", &wish.created_at)?,
        has_signature: std::fs::symlink_metadata(format!("{}.sig", path.display())).is_ok(),
        signed,
        wish,
    })
}
