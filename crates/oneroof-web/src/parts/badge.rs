//! A word with a colour. The word says it; the colour only helps.

use maud::{Markup, html};

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Warn,
    Bad,
    Info,
    Quiet,
}

impl Tone {
    /// The class of the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Info => "info",
            Tone::Quiet => "none",
        }
    }

    /// Of a severity: critical, warning or info.
    pub(crate) fn of_severity(severity: &str) -> Tone {
        match severity {
            "critical" => Tone::Bad,
            "warning" => Tone::Warn,
            _ => Tone::Info,
        }
    }

    /// Of a number that should be zero.
    pub(crate) fn of_count(count: u64) -> Tone {
        match count {
            0 => Tone::Good,
            _ => Tone::Bad,
        }
    }
}

/// The word.
pub(crate) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span.badge.(tone.class()) { (word) } }
}
