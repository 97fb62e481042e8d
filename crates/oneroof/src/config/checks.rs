//! `[checks]`: what a project makes of the rules of `oneroof package check`.

use oneroof_engine::check::{self, CheckLevel};
use oneroof_model::{DiagnosticSeverity, nearest};

/// Why a line of `[checks]` cannot be.
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) hint: String,
    /// The rule is wrong, not its level.
    pub(super) in_rule: bool,
}

/// `rule = "off"`, `"info"`, `"warning"` or `"error"`.
pub(super) fn level(rule: &str, level: &str) -> Result<CheckLevel, Fault> {
    let rules = check::judging_rules();
    if !rules.contains(&rule) {
        let known = check::rule_names().any(|name| name == rule);
        let (message, hint) = match (known, nearest(rule, rules.iter().copied())) {
            (true, _) => (
                format!("`{rule}` cannot be chosen"),
                "it says what cannot run as it is".to_owned(),
            ),
            (false, Some(near)) => (
                format!("`{rule}` is no rule"),
                format!("did you mean `{near}`?"),
            ),
            (false, None) => (
                format!("`{rule}` is no rule"),
                format!("rules are: {}", rules.join(", ")),
            ),
        };
        return Err(Fault {
            message,
            hint,
            in_rule: true,
        });
    }
    Ok(match level {
        "off" => CheckLevel::Off,
        "info" => CheckLevel::As(DiagnosticSeverity::Info),
        "warning" => CheckLevel::As(DiagnosticSeverity::Warning),
        "error" => CheckLevel::As(DiagnosticSeverity::Error),
        _ => {
            return Err(Fault {
                message: format!("`{level}` is no level"),
                hint: "write off, info, warning or error".to_owned(),
                in_rule: false,
            });
        }
    })
}
