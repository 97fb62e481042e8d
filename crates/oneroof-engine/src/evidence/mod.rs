//! The evidence of rehearsals: what a project has ([`list`], [`show`]), whether a folder is as it was written
//! ([`verify`]), and its signature.

mod fault;
mod place;
mod sign;
pub(crate) mod statement;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};

use oneroof_model::evidence::SIGNATURE_FILE;
use serde::Serialize;

pub use self::fault::{EvidenceFault, FaultKind};
pub use self::sign::{EvidenceSigned, sign};
pub use self::statement::REHEARSAL_PREDICATE;
pub use self::verify::{EvidenceVerified, RehearsalSeen, SignatureSeen, VerifyOptions, verify};
use crate::context::Context;
use crate::error::EngineError;
use crate::store::kept_rehearsal::{self, KeptRehearsal};

/// One folder of `evidence/`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvidenceSeen {
    /// The name of its folder.
    pub name: String,
    /// `name@version` of the package that was rehearsed.
    pub package: Option<String>,
    /// `passed` or `failed`.
    pub verdict: Option<String>,
    /// When the rehearsal began, UTC.
    pub started_at: Option<String>,
    /// The target that it was rehearsed from.
    pub source: Option<String>,
    /// Has it a signature? `evidence verify` says whether that holds.
    pub signed: bool,
    /// Why it cannot be used: it was changed since it was written, for example.
    pub problem: Option<String>,
}

/// Everything in `evidence/`, the newest first.
pub fn list(context: &Context) -> Vec<EvidenceSeen> {
    let mut names = kept_rehearsal::names(&context.root.join("evidence"));
    names.sort();
    names.reverse();
    names
        .into_iter()
        .map(|name| (has_signature(context, &name), name))
        .map(|(signed, name)| match show(context, &name) {
            Ok(report) => {
                let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
                EvidenceSeen {
                    package: text(&report["package"]),
                    verdict: text(&report["verdict"]),
                    started_at: text(&report["started_at"]),
                    source: text(&report["source"]["target"]),
                    signed,
                    problem: None,
                    name,
                }
            }
            Err(error) => EvidenceSeen {
                name,
                package: None,
                verdict: None,
                started_at: None,
                source: None,
                signed,
                problem: Some(error.to_string()),
            },
        })
        .collect()
}

fn has_signature(context: &Context, name: &str) -> bool {
    let folder = context.root.join("evidence").join(name);
    folder.join(SIGNATURE_FILE).is_file()
}

/// A rehearsal as it was recorded.
#[derive(Debug)]
pub struct RehearsalRecord {
    /// `rehearsal.json`
    pub record: serde_json::Value,
    /// `report.md`
    pub report: String,
}

/// The record of a rehearsal in any folder, after its sum was checked.
///
/// # Errors
/// No evidence there, or it was changed since it was written.
pub fn read(folder: &Path) -> Result<RehearsalRecord, EngineError> {
    let kept = KeptRehearsal::of_folder(
        folder.to_owned(),
        "show evidence",
        "`oneroof evidence verify` says what is wrong with it",
    )?;
    let path = folder.join("report.md");
    let report = std::fs::read_to_string(&path)
        .map_err(EngineError::file(format!("read `{}`", path.display())))?;
    Ok(RehearsalRecord {
        record: kept.report,
        report,
    })
}

/// The record of one rehearsal (`rehearsal.json`), after its sum was checked. `name` is a name in `evidence/`.
///
/// # Errors
/// No such evidence, or it was changed since it was written.
pub fn show(context: &Context, name: &str) -> Result<serde_json::Value, EngineError> {
    let names = kept_rehearsal::names(&context.root.join("evidence"));
    if !names.iter().any(|known| known == name) {
        return Err(EngineError::input(
            format!("find evidence `{name}`"),
            match names.is_empty() {
                true => "this project has none yet: `oneroof rehearse` makes it".to_owned(),
                false => format!("there is: {}", names.join(", ")),
            },
        ));
    }
    Ok(KeptRehearsal::open(context, name, "read evidence", "rehearse again")?.report)
}

/// The folder that a person means: a path as given, or a name in `evidence/` of the project, if there is one.
///
/// # Errors
/// No such folder.
pub fn folder(project: Option<&Path>, word: &str) -> Result<PathBuf, EngineError> {
    let below = |root: &Path| [root.join(word), root.join("evidence").join(word)];
    let mut places = vec![PathBuf::from(word)];
    places.extend(project.into_iter().flat_map(below));
    if let Some(found) = places.into_iter().find(|place| place.is_dir()) {
        return Ok(found);
    }
    let names = project.map_or_else(Vec::new, |root| {
        kept_rehearsal::names(&root.join("evidence"))
    });
    let near = oneroof_model::nearest(word, names.iter().map(String::as_str));
    Err(EngineError::input(
        format!("find evidence `{word}`: there is no such folder"),
        match (near, names.last()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(newest)) => format!("the newest evidence is `{newest}`"),
            (None, None) => "`oneroof rehearse` makes evidence".to_owned(),
        },
    ))
}
