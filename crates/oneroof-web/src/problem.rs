//! Why there is nothing to show: the same on a page and in JSON, with a way on.

use std::ops::{Deref, DerefMut};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use oneroof_engine::error::EngineError;
use oneroof_model::readonly::GuardRefusal;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem as the API says it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemAnswer {
    /// What is wrong, and what to do.
    error: Problem,
}

/// Something that cannot be shown or done.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Problem(Box<Detail>);

/// What is known of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Detail {
    /// The HTTP status.
    #[serde(skip)]
    pub(crate) status: StatusCode,
    /// refused, failed, input, missing or error, as commands say it.
    pub(crate) kind: &'static str,
    /// The stable code of a refusal; `oneroof explain` knows it.
    pub(crate) code: Option<String>,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// Each single reason, where there are several.
    pub(crate) reasons: Vec<String>,
    /// What stood behind it, outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
    /// Line of the statement, from 1.
    pub(crate) line: Option<u32>,
    /// Column, from 1.
    pub(crate) column: Option<u32>,
    /// SQLSTATE of the server.
    pub(crate) sqlstate: Option<String>,
    /// The server's detail.
    pub(crate) detail: Option<String>,
}

impl Deref for Problem {
    type Target = Detail;

    fn deref(&self) -> &Detail {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Detail {
        &mut self.0
    }
}

impl Problem {
    /// A problem of that kind, without more to say.
    pub(crate) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Problem(Box::new(Detail {
            status,
            kind,
            code: None,
            message: message.into(),
            reasons: Vec::new(),
            causes: Vec::new(),
            hint: None,
            line: None,
            column: None,
            sqlstate: None,
            detail: None,
        }))
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// What was asked for cannot be understood.
    pub(crate) fn input(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "input", message)
    }

    /// There is no such thing.
    pub(crate) fn missing(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "missing", message)
    }

    /// A fault of ours.
    pub(crate) fn internal(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "error", message)
    }

    /// A statement that the guard refused.
    pub(crate) fn of_guard(refusal: &GuardRefusal) -> Problem {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Problem::new(status, "refused", refusal.reason.clone());
        problem.code = Some(refusal.rule.as_str().to_owned());
        problem.reasons.clone_from(&refusal.through);
        problem.hint = Some(refusal.instead.clone());
        problem.line = refusal.place.map(|place| place.line);
        problem.column = refusal.place.map(|place| place.column);
        problem
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Response {
        (
            self.status,
            Json(ProblemAnswer {
                error: self.clone(),
            }),
        )
            .into_response()
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(&error);
        while let Some(one) = cause {
            causes.push(one.to_string());
            cause = one.source();
        }
        let hint = error.hint();
        let failed_to = |what: &dyn std::fmt::Display| format!("failed to {what}");
        let mut problem = match error {
            EngineError::Refused(refusal) => {
                let mut problem = Problem::new(StatusCode::CONFLICT, "refused", refusal.message);
                problem.code = Some(refusal.code.to_string());
                problem.reasons = refusal.reasons;
                problem
            }
            EngineError::Failed(failure) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let mut problem = Problem::new(status, "failed", failure.message);
                problem.line = failure.line;
                problem.column = failure.column;
                problem.sqlstate = failure.sqlstate;
                problem.detail = failure.detail;
                problem
            }
            EngineError::Input { message, .. } => Problem::input(failed_to(&message)),
            EngineError::Database { doing, .. } => {
                let mut problem = Problem::new(StatusCode::BAD_GATEWAY, "error", failed_to(&doing));
                problem.causes = causes;
                problem
            }
            error @ (EngineError::File { .. } | EngineError::Other { .. }) => {
                let mut problem = Problem::internal(failed_to(&error));
                problem.causes = causes;
                problem
            }
        };
        problem.hint = hint;
        problem
    }
}
