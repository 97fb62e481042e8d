//! `session-command`: what changes the session instead of the transaction, or takes over the role.

use crate::check::{Package, Report};
use crate::query::is_session_lock;
use crate::references::Phase;
use crate::split::StatementKind;

pub(super) fn check(package: &Package<'_>, report: &mut Report<'_>) {
    for file in package
        .files
        .iter()
        .filter(|file| file.runs_in_production())
    {
        for facts in &file.facts {
            let outer = (facts.statement.kind, facts.statement.offset);
            let inner = facts.inner.iter().map(|inner| (inner.kind, inner.offset));
            for (kind, offset) in std::iter::once(outer).chain(inner) {
                let (message, hint) = match kind {
                    StatementKind::SetRole => (
                        "the role of a tier is set by the engine".to_owned(),
                        "name the role in `run_as` of the tier or of the package",
                    ),
                    StatementKind::SetSession => (
                        "a session-level `set` or `reset` outlives the tier".to_owned(),
                        "write `set local`, or use `lock_timeout`, `statement_timeout` and `schema` in release.toml",
                    ),
                    StatementKind::Other(
                        tag @ ("discard" | "listen" | "unlisten" | "notify" | "load"),
                    ) => (
                        format!("`{tag}` concerns the session, not the release"),
                        "take it out",
                    ),
                    _ => continue,
                };
                report.error(file, offset, message, hint);
            }
            let now = |phase: Phase| matches!(phase, Phase::Now | Phase::Block);
            for called in facts.called.iter().filter(|called| now(called.phase)) {
                if is_session_lock(&called.name) {
                    report.error(
                        file,
                        called.offset,
                        format!(
                            "`{}` works on session locks, and the engine holds one",
                            called.name
                        ),
                        "use `pg_advisory_xact_lock`, or nothing: only one release runs at a time",
                    );
                }
            }
            for setting in facts.settings.iter().filter(|setting| {
                setting.writes && now(setting.phase) && !setting.name.starts_with("oneroof.")
            }) {
                if matches!(setting.name.as_str(), "role" | "session_authorization") {
                    report.error(
                        file,
                        setting.offset,
                        format!("`set_config('{}', …)` takes over the role", setting.name),
                        "name the role in `run_as` of the tier or of the package",
                    );
                } else if setting.session && !is_statement(facts.statement.kind) {
                    report.error(
                        file,
                        setting.offset,
                        format!("`set_config('{}', …)` outlives the tier", setting.name),
                        "give `true` as its third argument",
                    );
                }
            }
        }
    }
}

/// `set` itself is reported by its kind.
fn is_statement(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::SetSession | StatementKind::SetLocal | StatementKind::SetRole
    )
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check_rule;

    #[test]
    fn cases() {
        check_rule(
            "session-command",
            &[
                ("set role r", "role"),
                ("set local role r", "role"),
                ("reset role", "role"),
                ("set session authorization r", "role"),
                ("set search_path = a", "outlives"),
                ("reset all", "outlives"),
                ("discard all", "`discard`"),
                ("listen a", "`listen`"),
                ("notify a", "`notify`"),
                ("select pg_advisory_lock(1)", "`pg_advisory_lock`"),
                (
                    "do $$ begin\n perform pg_advisory_unlock_all(); end $$",
                    ":2:10 `pg_advisory_unlock_all`",
                ),
                ("do $$ begin\n set search_path = a; end $$", ":2:2 "),
                ("select set_config('a.b', 'x', false)", "outlives"),
                (
                    "do $$ begin perform set_config('a.b', 'x', false); end $$",
                    "outlives",
                ),
                ("select set_config('role', 'x', true)", "takes over"),
                ("set local search_path = a", ""),
                ("select set_config('search_path', 'a', true)", ""),
                (
                    "do $$ begin perform set_config('a.b', f(true, 'x'), true); end $$",
                    "",
                ),
                ("select pg_advisory_xact_lock(1)", ""),
                (
                    "create function f() returns void language sql set search_path = a as 'select 1'",
                    "",
                ),
                (
                    "create function f() returns void language plpgsql as $$ begin perform pg_advisory_lock(1); end $$",
                    "",
                ),
                ("set constraints all deferred", ""),
            ],
        );
    }
}
