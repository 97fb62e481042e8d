//! Reads the record of an earlier rehearsal from its evidence, and makes sure that it is as it was written.

use std::path::{Path, PathBuf};

use oneroof_model::Digest;

use crate::context::Context;
use crate::error::EngineError;

/// The record of an earlier rehearsal.
pub(crate) struct KeptRehearsal {
    pub(crate) folder: PathBuf,
    /// `rehearsal.json`, format 1.
    pub(crate) report: serde_json::Value,
}

impl KeptRehearsal {
    /// Opens the evidence that `word` names: a path as given, one below the project's folder, or a name in
    /// `evidence/`. `doing` says what for; `hint` what else could have been named.
    pub(crate) fn open(
        context: &Context,
        word: &str,
        doing: &str,
        hint: &str,
    ) -> Result<KeptRehearsal, EngineError> {
        let folder = folder(context, word, doing, hint)?;
        KeptRehearsal::of_folder(folder, doing, hint)
    }

    /// The evidence in a folder.
    pub(crate) fn of_folder(
        folder: PathBuf,
        doing: &str,
        hint: &str,
    ) -> Result<KeptRehearsal, EngineError> {
        let unusable = |why: String| {
            EngineError::input(
                format!("{doing} `{}`: {why}", folder.display()),
                hint.to_owned(),
            )
        };
        let bytes = std::fs::read(folder.join("rehearsal.json"))
            .map_err(|error| unusable(format!("rehearsal.json: {error}")))?;
        let sums = std::fs::read_to_string(folder.join("SHA256SUMS"))
            .map_err(|error| unusable(format!("SHA256SUMS: {error}")))?;
        let line = format!("{}  rehearsal.json", Digest::of(&bytes));
        if !sums.lines().any(|sum| sum == line) {
            return Err(unusable(
                "rehearsal.json is not what SHA256SUMS says: it was changed".to_owned(),
            ));
        }
        let report: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|error| unusable(format!("rehearsal.json: {error}")))?;
        if report["format"] != 1 {
            return Err(unusable(format!(
                "format {} is not known here",
                report["format"]
            )));
        }
        Ok(KeptRehearsal { folder, report })
    }

    /// All that are in `evidence/` and as they were written.
    pub(crate) fn all(context: &Context) -> Vec<KeptRehearsal> {
        let open = |name: &String| KeptRehearsal::open(context, name, "read", "").ok();
        names(&context.root.join("evidence"))
            .iter()
            .filter_map(open)
            .collect()
    }

    /// A text of the record; empty if there is none.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.report[member].as_str().unwrap_or_default()
    }

    /// Which rehearsal it is, for people.
    pub(crate) fn name(&self) -> String {
        format!(
            "rehearsal {} of {} ({})",
            self.text("run_id"),
            self.text("started_at"),
            self.text("verdict")
        )
    }
}

fn folder(context: &Context, word: &str, doing: &str, hint: &str) -> Result<PathBuf, EngineError> {
    let evidence = context.root.join("evidence");
    let places = [
        Path::new(word).to_owned(),
        context.root.join(word),
        evidence.join(word),
    ];
    if let Some(found) = places.into_iter().find(|place| place.is_dir()) {
        return Ok(found);
    }
    let names = names(&evidence);
    let near = oneroof_model::nearest(word, names.iter().map(String::as_str));
    let hint = match (near, names.last()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(newest)) => format!("the newest evidence is `{newest}`; {hint}"),
        (None, None) => format!("there is no evidence yet; {hint}"),
    };
    Err(EngineError::input(
        format!("{doing} `{word}`: there is no such folder"),
        hint,
    ))
}

/// The finished folders, sorted.
pub(crate) fn names(evidence: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(evidence)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".partial"))
        .collect();
    names.sort();
    names
}
