//! How a verb can end without having done what was asked; the kinds map to exit codes in the binary.

use oneroof_model::package::{ManifestError, ParameterError};
use oneroof_model::{Refusal, TomlError};
use oneroof_pg::PgError;
use serde::Serialize;

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing was changed; the refusal says why and what to do (exit 3).
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// A statement or an assertion failed; what was half-done is rolled back (exit 4).
    #[error("{0}")]
    Failed(Box<Failure>),
    /// What the user gave cannot be used (exit 2).
    #[error("{message}")]
    Input {
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// The server could not be reached or said no outside a tier (exit 1).
    #[error("{doing}")]
    Database {
        /// What we were about to do: fits after "failed to".
        doing: String,
        /// What the server or the connection said.
        #[source]
        source: Box<PgError>,
        /// What to do next.
        hint: Option<String>,
    },
    /// A file could not be read or written (exit 1).
    #[error("{doing}")]
    File {
        /// What we were about to do: fits after "failed to".
        doing: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Anything else (exit 1).
    #[error("{message}")]
    Other {
        /// What went wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
}

/// A failed statement or assertion, with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What failed, in one sentence.
    pub message: String,
    /// The tier that was running.
    pub tier: Option<String>,
    /// File in the package.
    pub file: Option<String>,
    /// 1-based line in the file: of the error position if the server gave one, else of the statement.
    pub line: Option<u32>,
    /// 1-based column.
    pub column: Option<u32>,
    /// The statement, shortened.
    pub statement: Option<String>,
    /// SQLSTATE.
    pub sqlstate: Option<String>,
    /// The server's detail.
    pub detail: Option<String>,
    /// The server's hint, or ours.
    pub hint: Option<String>,
    /// The server's context (PL/pgSQL call stack).
    pub context: Option<String>,
    /// What was expected, where an assertion failed.
    pub expected: Option<String>,
    /// What was seen instead.
    pub seen: Option<String>,
}

impl EngineError {
    /// Wraps what the server said while we were `doing` something.
    pub(crate) fn database(doing: impl Into<String>) -> impl FnOnce(PgError) -> EngineError {
        let doing = doing.into();
        move |source| EngineError::Database {
            doing,
            source: Box::new(source),
            hint: None,
        }
    }

    /// Wraps what the file system said while we were `doing` something.
    pub(crate) fn file(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> EngineError {
        let doing = doing.into();
        move |source| EngineError::File { doing, source }
    }

    /// Bad input with a hint.
    pub(crate) fn input(
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) -> EngineError {
        EngineError::Input {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Something unexpected.
    pub(crate) fn other(message: impl Into<String>) -> EngineError {
        EngineError::Other {
            message: message.into(),
            hint: None,
        }
    }

    /// The exit code that a command ends with (`docs/reference/exit-codes.md`).
    pub fn exit_code(&self) -> u8 {
        match self {
            EngineError::Refused(_) => 3,
            EngineError::Failed(_) => 4,
            EngineError::Input { .. } => 2,
            EngineError::Database { .. } | EngineError::File { .. } | EngineError::Other { .. } => {
                1
            }
        }
    }

    /// The message with all of its causes, and with what the server said about it.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        if let EngineError::Failed(failure) = self {
            for part in [&failure.detail, &failure.seen].into_iter().flatten() {
                text = format!("{text}: {part}");
            }
        }
        let mut cause = std::error::Error::source(self);
        while let Some(found) = cause {
            text = format!("{text}: {found}");
            cause = found.source();
        }
        text
    }

    /// What to do next, if we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            EngineError::Refused(refusal) => refusal.hint.clone(),
            EngineError::Failed(failure) => failure.hint.clone(),
            EngineError::Input { hint, .. } | EngineError::Other { hint, .. } => hint.clone(),
            EngineError::Database { hint, source, .. } => hint.clone().or_else(|| source.hint()),
            EngineError::File { .. } => None,
        }
    }
}

impl From<Refusal> for EngineError {
    fn from(refusal: Refusal) -> Self {
        EngineError::Refused(Box::new(refusal))
    }
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        EngineError::Failed(Box::new(failure))
    }
}

impl From<TomlError> for EngineError {
    fn from(error: TomlError) -> Self {
        let hint = error.hint.clone();
        EngineError::input(error.to_string(), hint)
    }
}

impl From<ParameterError> for EngineError {
    fn from(error: ParameterError) -> Self {
        EngineError::input(
            error.to_string(),
            "values come from [targets.TARGET.packages.PACKAGE] in oneroof.toml, then from --params FILE".to_owned(),
        )
    }
}

impl From<ManifestError> for EngineError {
    fn from(error: ManifestError) -> Self {
        EngineError::input(
            error.to_string(),
            "seal the package again: oneroof package seal FOLDER".to_owned(),
        )
    }
}
