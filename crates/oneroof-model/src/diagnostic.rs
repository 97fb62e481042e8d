//! What `oneroof package check` says about one place in a package.

use serde::Serialize;

/// How bad a [`Diagnostic`] is. Errors stop `seal`, `rehearse` and `apply`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DiagnosticSeverity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// Probably not what production wants.
    Warning,
    /// The package cannot run as it is.
    Error,
}

/// One remark of a check rule, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Name of the rule, also of its page in `docs/rules/`.
    pub rule: String,
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// Path relative to the package folder.
    pub file: String,
    /// 1-based line; `None` where the remark is about the file as a whole.
    pub line: Option<u32>,
    /// 1-based column in characters.
    pub column: Option<u32>,
    /// What is wrong, naming the thing.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}
