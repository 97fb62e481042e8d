//! `-- oneroof: allow RULE: reason`, behind a statement's first line or above it, takes a remark of that rule away.

use std::collections::BTreeMap;

use oneroof_model::Diagnostic;

/// The words that begin it.
const MARK: &str = "oneroof: allow ";

/// Takes away what is allowed with a reason; without one, the remark says so. `texts` is file -> text.
pub(crate) fn without_allowed(
    diagnostics: Vec<Diagnostic>,
    texts: &BTreeMap<&str, &str>,
    may_be_allowed: impl Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let mut kept = Vec::with_capacity(diagnostics.len());
    for mut diagnostic in diagnostics {
        let line = diagnostic.line.filter(|_| may_be_allowed(&diagnostic.rule));
        let text = texts.get(diagnostic.file.as_str());
        match line
            .zip(text)
            .and_then(|(line, text)| allowed(text, line, &diagnostic.rule))
        {
            Some(true) => continue,
            Some(false) => diagnostic
                .message
                .push_str(" (`oneroof: allow` counts only with a reason: `RULE: why`)"),
            None => {}
        }
        kept.push(diagnostic);
    }
    kept
}

/// Is `rule` allowed on this 1-based line: with a reason, without one, or not at all?
fn allowed(text: &str, line: u32, rule: &str) -> Option<bool> {
    let lines: Vec<&str> = text.lines().collect();
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let own = lines.get(at).and_then(|line| comment(line, rule));
    let above = lines.get(..at)?.iter().rev();
    let above = above.take_while(|line| line.trim_start().starts_with("--"));
    own.or_else(|| above.into_iter().find_map(|line| comment(line, rule)))
}

fn comment(line: &str, rule: &str) -> Option<bool> {
    let said = line.split_once("--")?.1;
    let said = said.split_once(MARK)?.1;
    let (rules, reason) = said.split_once(':').unwrap_or((said, ""));
    let mut rules = rules.split(',').map(str::trim);
    rules
        .any(|named| named == rule)
        .then(|| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{package, said};

    #[test]
    fn a_reason_takes_the_remark_away() {
        for (text, expected) in [
            (
                "drop table t; -- oneroof: allow drops-data: nobody reads it",
                0,
            ),
            (
                "-- oneroof: allow drops-data, blocking-lock: nobody reads it\n-- since May\ndrop table t;",
                0,
            ),
            ("-- oneroof: allow rename: other\ndrop table t;", 1),
            (
                "-- oneroof: allow drops-data: first\ndrop table t;\ndrop table u;",
                1,
            ),
            ("drop table t; -- oneroof: allow drops-data", 1),
        ] {
            let found = said("drops-data", &package(&[text]));
            assert_eq!(found.len(), expected, "{text}: {found:?}");
        }
        let found = said(
            "drops-data",
            &package(&["drop table t; -- oneroof: allow drops-data:"]),
        );
        assert!(found[0].contains("only with a reason"), "{found:?}");
    }

    #[test]
    fn what_cannot_run_is_not_allowed_by_a_comment() {
        let found = said(
            "transaction-control",
            &package(&["commit; -- oneroof: allow transaction-control: why not"]),
        );
        assert_eq!(found.len(), 1);
    }
}
