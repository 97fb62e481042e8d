//! Why something was not done: for people on stderr, for programs as JSON on stdout.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use oneroof_engine::error::{EngineError, Failure};
use oneroof_engine::rehearse::report::RehearsalFailure;
use oneroof_model::readonly::GuardRefusal;
use oneroof_model::{RefusalCode, TomlError};
use serde::Serialize;

use crate::exit::Exit;
use crate::ui::printer::Printer;
use crate::ui::style::{BAD, CAREFUL, QUIET, STRONG, paint};

/// What the user gave cannot be used: exit 2.
#[derive(Debug)]
pub(crate) struct InputError {
    /// A fragment that fits after "failed to".
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

impl InputError {
    /// A fragment that fits after "failed to", and what to do next.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> InputError {
        InputError {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for InputError {}

/// The one form in which errors leave the process.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorReport {
    /// `error`, `input`, `refused`, `failed`, `interrupted`
    kind: &'static str,
    /// The stable code of a refusal; `oneroof explain` knows it.
    code: Option<String>,
    /// The exit code of the process.
    exit: u8,
    message: String,
    /// What stood behind it, outermost first.
    causes: Vec<String>,
    reasons: Vec<String>,
    hint: Option<String>,
    tier: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    statement: Option<String>,
    sqlstate: Option<String>,
    detail: Option<String>,
    context: Option<String>,
    expected: Option<String>,
    seen: Option<String>,
    #[serde(skip)]
    exit_kind: Exit,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a ErrorReport,
}

impl ErrorReport {
    /// The report of anything that a command can end with.
    pub(crate) fn of(error: &anyhow::Error) -> ErrorReport {
        if let Some(engine) = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<EngineError>())
        {
            return ErrorReport::of_engine(engine);
        }
        if let Some(toml) = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<TomlError>())
        {
            return ErrorReport {
                hint: toml.hint.clone(),
                file: Some(toml.file.clone()),
                line: toml.line,
                column: toml.column,
                ..ErrorReport::new(Exit::Usage, "input", failed_to(toml))
            };
        }
        if let Some(input) = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<InputError>())
        {
            return ErrorReport {
                hint: input.hint.clone(),
                causes: causes_of(input),
                ..ErrorReport::new(Exit::Usage, "input", failed_to(input))
            };
        }
        ErrorReport {
            causes: error.chain().skip(1).map(ToString::to_string).collect(),
            ..ErrorReport::new(Exit::Error, "error", failed_to(error))
        }
    }

    /// The report of a usage error that clap found.
    pub(crate) fn of_usage(message: String) -> ErrorReport {
        ErrorReport::new(Exit::Usage, "input", message)
    }

    /// The report of a step that failed in a rehearsal.
    pub(crate) fn of_rehearsal(rehearsal: &RehearsalFailure) -> ErrorReport {
        let refusal = rehearsal.refusal.as_ref();
        let failed = match &rehearsal.failure {
            Some(failure) => ErrorReport::of_failure(failure),
            None => ErrorReport::failed(rehearsal.message.clone()),
        };
        ErrorReport {
            code: refusal.map(|refusal| refusal.code.to_string()),
            reasons: refusal
                .map(|refusal| refusal.reasons.clone())
                .unwrap_or_default(),
            hint: rehearsal.hint.clone(),
            message: format!(
                "step {}, {}: {}",
                rehearsal.step, rehearsal.title, failed.message
            ),
            ..failed
        }
    }

    /// The report of a statement that the guard refused; the code is the rule, which `oneroof explain` knows.
    pub(crate) fn of_guard(refusal: &GuardRefusal, sql: &str) -> ErrorReport {
        let mut message = refusal.reason.clone();
        for stored in &refusal.through {
            let _ = write!(message, ", in {stored}");
        }
        ErrorReport {
            code: Some(refusal.rule.to_string()),
            hint: Some(refusal.instead.clone()),
            line: refusal.place.map(|place| place.line),
            column: refusal.place.map(|place| place.column),
            statement: refusal
                .place
                .map(|place| with_caret(sql, place.line, place.column)),
            ..ErrorReport::new(Exit::Refused, "refused", message)
        }
    }

    /// The report of a statement that the server refused: its text becomes the line at fault.
    pub(crate) fn with_place_in_statement(mut self) -> ErrorReport {
        if let (Some(line), Some(column), Some(sql)) = (self.line, self.column, &self.statement) {
            self.statement = Some(with_caret(sql, line, column));
        }
        self
    }

    /// The report of something that was done and did not come out as it must.
    pub(crate) fn failed(message: String) -> ErrorReport {
        ErrorReport::new(Exit::Failed, "failed", message)
    }

    /// The same, with each single reason.
    pub(crate) fn with_reasons(mut self, reasons: Vec<String>) -> ErrorReport {
        self.reasons = reasons;
        self
    }

    /// The same, with the stable code whose page `oneroof explain` prints.
    pub(crate) fn with_code(mut self, code: RefusalCode) -> ErrorReport {
        self.code = Some(code.to_string());
        self
    }

    /// The same, with what to do next.
    pub(crate) fn with_hint(mut self, hint: String) -> ErrorReport {
        self.hint = Some(hint);
        self
    }

    /// The report of Ctrl-C.
    pub(crate) fn interrupted() -> ErrorReport {
        let message = "interrupted; what was begun has been cleaned up".to_owned();
        ErrorReport::new(Exit::Interrupted, "interrupted", message)
    }

    fn new(exit: Exit, kind: &'static str, message: String) -> ErrorReport {
        ErrorReport {
            kind,
            code: None,
            exit: exit.code(),
            message,
            causes: Vec::new(),
            reasons: Vec::new(),
            hint: None,
            tier: None,
            file: None,
            line: None,
            column: None,
            statement: None,
            sqlstate: None,
            detail: None,
            context: None,
            expected: None,
            seen: None,
            exit_kind: exit,
        }
    }

    fn of_engine(error: &EngineError) -> ErrorReport {
        let report = match error {
            EngineError::Refused(refusal) => ErrorReport {
                code: Some(refusal.code.to_string()),
                reasons: refusal.reasons.clone(),
                ..ErrorReport::new(Exit::Refused, "refused", refusal.message.clone())
            },
            EngineError::Failed(failure) => ErrorReport::of_failure(failure),
            EngineError::Input { .. } => ErrorReport::new(Exit::Usage, "input", failed_to(error)),
            EngineError::Database { source, .. } => {
                let server = source.server_error();
                ErrorReport {
                    sqlstate: source.sqlstate().map(str::to_owned),
                    detail: server.and_then(|server| server.detail.clone()),
                    context: server.and_then(|server| server.context.clone()),
                    causes: causes_of(error),
                    ..ErrorReport::new(Exit::Error, "error", failed_to(error))
                }
            }
            EngineError::File { .. } | EngineError::Other { .. } => ErrorReport {
                causes: causes_of(error),
                ..ErrorReport::new(Exit::Error, "error", failed_to(error))
            },
        };
        ErrorReport {
            hint: error.hint(),
            ..report
        }
    }

    fn of_failure(failure: &Failure) -> ErrorReport {
        ErrorReport {
            tier: failure.tier.clone(),
            file: failure.file.clone(),
            line: failure.line,
            column: failure.column,
            statement: failure.statement.clone(),
            sqlstate: failure.sqlstate.clone(),
            detail: failure.detail.clone(),
            context: failure.context.clone(),
            expected: failure.expected.clone(),
            seen: failure.seen.clone(),
            ..ErrorReport::new(Exit::Failed, "failed", failure.message.clone())
        }
    }

    /// Prints it: JSON on stdout when that is wanted, and always the text on stderr.
    pub(crate) fn print(&self, printer: &Printer) -> Exit {
        if printer.is_json() {
            self.print_json(printer);
        }
        self.say(printer)
    }

    /// Prints the text on stderr.
    pub(crate) fn say(&self, printer: &Printer) -> Exit {
        printer.say(&self.text());
        self.exit_kind
    }

    /// Prints it on stdout only.
    pub(crate) fn print_json(&self, printer: &Printer) {
        // If stdout is gone, stderr and the exit code still tell.
        let _ = printer.json(&Envelope { error: self });
    }

    fn text(&self) -> String {
        let (style, word) = match self.exit_kind {
            Exit::Refused => (CAREFUL, "refused"),
            Exit::Failed => (BAD, "failed"),
            Exit::Interrupted => (CAREFUL, "interrupted"),
            _ => (BAD, "error"),
        };
        let mut text = match self.exit_kind {
            Exit::Interrupted => paint(style, &self.message),
            _ => format!("{} {}", paint(style, format_args!("{word}:")), self.message),
        };
        for cause in &self.causes {
            add(&mut text, "because", cause);
        }
        if let Some(place) = self.place() {
            add(&mut text, "at", &place);
        }
        let fields = [
            ("statement", &self.statement),
            ("expected", &self.expected),
            ("seen", &self.seen),
            ("SQLSTATE", &self.sqlstate),
            ("detail", &self.detail),
            ("context", &self.context),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                add(&mut text, name, value);
            }
        }
        for reason in &self.reasons {
            add(&mut text, "-", reason);
        }
        if let Some(hint) = &self.hint {
            add(&mut text, &paint(STRONG, "hint"), hint);
        }
        let closing = match (&self.code, self.exit_kind) {
            (Some(code), _) => format!(
                "exit {} ({word}: {code}), see `oneroof explain {code}`",
                self.exit
            ),
            (None, Exit::Failed) => format!("exit {} ({word})", self.exit),
            (None, _) => return text,
        };
        let _ = write!(text, "\n{}", paint(QUIET, closing));
        text
    }

    /// `tiers/10.sql:12:3, tier structure`; a TOML error has its place in the message.
    fn place(&self) -> Option<String> {
        if let (None, Some(line), Some(column)) = (&self.file, self.line, self.column) {
            return Some(format!("line {line}, column {column}"));
        }
        if self.kind != "failed" {
            return None;
        }
        let mut place = self.file.clone().unwrap_or_default();
        for number in [self.line, self.column].into_iter().flatten() {
            let _ = write!(place, ":{number}");
        }
        if let Some(tier) = &self.tier {
            let comma = if place.is_empty() { "" } else { ", " };
            let _ = write!(place, "{comma}tier {tier}");
        }
        (!place.is_empty()).then_some(place)
    }
}

/// The line of a text at fault, shortened around the place, with a caret below it.
fn with_caret(text: &str, line: u32, column: u32) -> String {
    const BEFORE: usize = 50;
    const SHOWN: usize = 100;
    let index = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.lines().nth(index(line)).unwrap_or_default();
    let column = index(column).min(line.chars().count());
    let from = column.saturating_sub(BEFORE);
    // Tabs and control characters would move the caret, or the terminal.
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = line.chars().skip(from).take(SHOWN).map(plain).collect();
    format!("{shown}\n{}^", " ".repeat(column - from))
}

/// Messages of errors are fragments that fit after these words.
fn failed_to(message: impl fmt::Display) -> String {
    format!("failed to {message}")
}

fn causes_of(error: &dyn StdError) -> Vec<String> {
    let mut causes = Vec::new();
    let mut below = error.source();
    while let Some(cause) = below {
        causes.push(cause.to_string());
        below = cause.source();
    }
    causes
}

/// `  name: value`, further lines of the value indented under it.
fn add(text: &mut String, name: &str, value: &str) {
    let colon = if name == "-" { "" } else { ":" };
    // A caret must stand below the character that it means.
    let indent = match name {
        "statement" => " ".repeat("  statement: ".len()),
        _ => " ".repeat(6),
    };
    let value = value.trim_end().replace('\n', &format!("\n{indent}"));
    let _ = write!(text, "\n  {name}{colon} {value}");
}

#[cfg(test)]
mod tests {
    use oneroof_model::Refusal;

    use super::*;

    fn text_of(error: impl Into<EngineError>) -> String {
        let report = ErrorReport::of(&anyhow::Error::new(error.into()));
        anstream::adapter::strip_str(&report.text()).to_string()
    }

    #[test]
    fn a_refusal_says_why_what_next_and_its_code() {
        let refusal = Refusal::new(RefusalCode::GateClosed, "`production` is a production")
            .reasons(vec!["no gate".to_owned(), "no approval".to_owned()])
            .hint("rehearse it");
        assert_eq!(
            text_of(refusal),
            "refused: `production` is a production\n  - no gate\n  - no approval\n  hint: rehearse it\nexit 3 (refused: gate-closed), see `oneroof explain gate-closed`"
        );
    }

    #[test]
    fn a_failure_names_its_place_and_what_the_server_said() {
        let failure = Failure {
            message: "relation \"x\" does not exist".to_owned(),
            tier: Some("structure".to_owned()),
            file: Some("tiers/10_structure.sql".to_owned()),
            line: Some(12),
            column: Some(5),
            statement: Some("insert into x\nvalues (1)".to_owned()),
            sqlstate: Some("42P01".to_owned()),
            hint: Some("create it first".to_owned()),
            ..Failure::default()
        };
        assert_eq!(
            text_of(failure),
            "failed: relation \"x\" does not exist\n  at: tiers/10_structure.sql:12:5, tier structure\n  statement: insert into x\n             values (1)\n  SQLSTATE: 42P01\n  hint: create it first\nexit 4 (failed)"
        );
    }

    #[test]
    fn kinds_have_their_exit_codes() {
        let io = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        let cases: [(anyhow::Error, u8, &str); 4] = [
            (InputError::new("find `x`", "look").into(), 2, "input"),
            (
                TomlError::new("oneroof.toml", "", "unknown field", None).into(),
                2,
                "input",
            ),
            (
                EngineError::File {
                    doing: "write `x`".to_owned(),
                    source: io(),
                }
                .into(),
                1,
                "error",
            ),
            (
                anyhow::Error::new(io()).context("write to stdout"),
                1,
                "error",
            ),
        ];
        for (error, exit, kind) in cases {
            let report = ErrorReport::of(&error);
            assert_eq!((report.exit, report.kind), (exit, kind), "{error}");
            assert!(
                report.message.starts_with("failed to "),
                "{}",
                report.message
            );
        }
    }
}
