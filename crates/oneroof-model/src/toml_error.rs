//! Errors of TOML files with their place and the nearest known key.

use std::ops::Range;

use crate::nearest::nearest;

/// What is wrong in a TOML file, where, and what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {file}{}: {message}", place(.line, .column))]
pub struct TomlError {
    /// The file as the user named it.
    pub file: String,
    /// 1-based; `None` where the fault has no place of its own.
    pub line: Option<u32>,
    /// 1-based, in characters.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

fn place(line: &Option<u32>, column: &Option<u32>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    }
}

impl TomlError {
    /// Reads a file's text into `T`; unknown keys are errors that name the nearest known key.
    pub fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, TomlError> {
        toml::from_str(text)
            .map_err(|error| TomlError::new(file, text, error.message(), error.span()))
    }

    /// A fault with a message of our own, at the place of `span` in `text`.
    pub fn new(file: &str, text: &str, message: &str, span: Option<Range<usize>>) -> TomlError {
        let (line, column) = span.map_or((None, None), |span| {
            let before = &text[..text.floor_char_boundary(span.start)];
            let line = before.matches('\n').count() + 1;
            let column = before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1;
            (u32::try_from(line).ok(), u32::try_from(column).ok())
        });
        TomlError {
            file: file.to_owned(),
            line,
            column,
            message: message.trim().to_owned(),
            hint: unknown_key_hint(message),
        }
    }
}

/// serde says "unknown field `x`, expected one of `a`, `b`"; the nearest of them is the hint.
fn unknown_key_hint(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    nearest(unknown, quoted).map(|known| format!("did you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Tier {
        #[expect(dead_code, reason = "only the key's name matters here")]
        lock_timeout: Option<String>,
        #[expect(dead_code, reason = "only the key's name matters here")]
        summary: Option<String>,
    }

    #[test]
    fn an_unknown_key_names_its_place_and_the_nearest() {
        let error = TomlError::parse::<Tier>("release.toml", "summary = 'é'\nlock_timout = '3s'\n")
            .unwrap_err();
        assert_eq!((error.line, error.column), (Some(2), Some(1)));
        assert_eq!(error.hint.as_deref(), Some("did you mean `lock_timeout`?"));
        assert!(
            error
                .to_string()
                .starts_with("read release.toml:2:1: unknown field `lock_timout`")
        );
    }
}
