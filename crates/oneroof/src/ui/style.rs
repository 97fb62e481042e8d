//! The few colours that we use. Everything reads the same without them.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// What went wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What was kept from happening, and what needs a look.
pub(crate) const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
/// What is as it must be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Headings and hints.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be skipped by the eye.
pub(crate) const QUIET: Style = Style::new().dimmed();

/// `text` in `style`; the stream takes the colours out where they don't belong.
pub(crate) fn paint(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
