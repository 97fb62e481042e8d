//! The evidence of rehearsals that a project has.

use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::store::kept_rehearsal::{self, KeptRehearsal};

/// One folder of `evidence/`.
#[derive(Debug, Serialize)]
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
        .map(|name| match show(context, &name) {
            Ok(report) => {
                let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
                EvidenceSeen {
                    package: text(&report["package"]),
                    verdict: text(&report["verdict"]),
                    started_at: text(&report["started_at"]),
                    source: text(&report["source"]["target"]),
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
                problem: Some(error.to_string()),
            },
        })
        .collect()
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
