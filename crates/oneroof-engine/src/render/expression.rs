//! Expressions and message templates of a release.toml as SQL.
//!
//! The SQL stands in blocks that have the figures as variables of type jsonb: `live`, `at_entry` and
//! `at_before` map the name of a metric to its value, `seen` and `required` are two values. JSON has
//! the same kinds as [`Value`], so a comparison says the same here and in the engine: a number, a
//! text and null are never equal to each other.

use oneroof_model::Value;
use oneroof_model::expression::{Comparison, Expression, Term};

use super::quote::literal;

/// The value of the right side for `metric`, as jsonb; SQL null where it cannot be calculated.
pub(super) fn value(expression: &Expression, metric: &str) -> String {
    jsonb(expression.term(), metric)
}

/// Does `seen` fulfil the requirement whose right side is `required`?
pub(super) fn holds(expression: &Expression) -> String {
    let operator = match expression.comparison() {
        Comparison::Equal => return "seen = required".to_owned(),
        Comparison::NotEqual => return "seen <> required".to_owned(),
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    // Two values of different kinds have no order; texts are ordered by their bytes.
    format!(
        "case when jsonb_typeof(seen) <> jsonb_typeof(required) or jsonb_typeof(seen) = 'null' then false \
         when jsonb_typeof(seen) = 'string' then (seen #>> '{{}}') collate \"C\" {operator} (required #>> '{{}}') \
         else seen {operator} required end"
    )
}

/// Does it name the entry probe?
pub(super) fn names_entry(expression: &Expression) -> bool {
    fn look(term: &Term) -> bool {
        match term {
            Term::Entry(_) => true,
            Term::Binary(left, _, right) => look(left) || look(right),
            Term::Constant(_) | Term::Live(_) | Term::Before(_) => false,
        }
    }
    look(expression.term())
}

/// A message or marker line with `{…}` in it, as a text.
pub(super) fn message(template: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        if open > 0 {
            parts.push(literal(&rest[..open]));
        }
        let name = &rest[open + 1..open + close];
        parts.push(match name {
            "value" => "coalesce(seen #>> '{}', '-')".to_owned(),
            "required" => "coalesce(required #>> '{}', '-')".to_owned(),
            "detail" => "coalesce(detail, '-')".to_owned(),
            _ => {
                let (figures, metric) = match name.split_once('.') {
                    Some(("entry", metric)) => ("at_entry", metric),
                    Some(("before", metric)) => ("at_before", metric),
                    _ => ("live", name),
                };
                format!("coalesce({figures} ->> {}, '-')", literal(metric))
            }
        });
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(literal(rest));
    }
    parts.join(" || ")
}

fn jsonb(term: &Term, metric: &str) -> String {
    let figure =
        |figures: &str, name: &str| format!("coalesce({figures} -> {}, 'null')", literal(name));
    match term {
        Term::Constant(Value::Text(text)) => format!("to_jsonb({}::text)", literal(text)),
        Term::Constant(Value::Null) => "'null'::jsonb".to_owned(),
        Term::Constant(plain) => format!("'{plain}'::jsonb"),
        Term::Live(name) => figure("live", name),
        Term::Entry(name) => figure("at_entry", name.as_deref().unwrap_or(metric)),
        Term::Before(name) => figure("at_before", name.as_deref().unwrap_or(metric)),
        Term::Binary(..) => format!("to_jsonb({})", number(term, metric)),
    }
}

/// A bigint, whose overflow is an error of the server; null for what is no whole number. The past of
/// a metric that did not exist then counts as 0.
fn number(term: &Term, metric: &str) -> String {
    let past = |figures: &str, name: &Option<String>| {
        let name = literal(name.as_deref().unwrap_or(metric));
        format!(
            "(case coalesce(jsonb_typeof({figures} -> {name}), 'null') when 'number' then ({figures} ->> {name})::bigint when 'null' then 0 end)"
        )
    };
    match term {
        Term::Constant(Value::Integer(whole)) => format!("'{whole}'::bigint"),
        Term::Constant(_) => "null::bigint".to_owned(),
        Term::Live(name) => {
            let name = literal(name);
            format!(
                "(case jsonb_typeof(live -> {name}) when 'number' then (live ->> {name})::bigint end)"
            )
        }
        Term::Entry(name) => past("at_entry", name),
        Term::Before(name) => past("at_before", name),
        Term::Binary(left, operator, right) => format!(
            "({} {operator} {})",
            number(left, metric),
            number(right, metric)
        ),
    }
}

#[cfg(test)]
mod tests {
    use oneroof_model::expression::{ExpressionError, Scope};
    use oneroof_pg::testing::TestServer;

    use super::*;

    /// Figures as the engine has them, and as the blocks have them.
    struct Fixed;

    const LIVE: &str = r#"{"inventory": 35, "scopes": 6, "state": "absent", "digits": "35", "flag": true, "gone": null}"#;
    const ENTRY: &str = r#"{"gap": 210, "state": "absent", "gone": null}"#;
    const BEFORE: &str = r#"{"gap": 30, "inventory": -5}"#;

    fn figure(figures: &str, metric: &str) -> Option<Value> {
        let json: serde_json::Value = serde_json::from_str(figures).unwrap();
        json.get(metric).map(Value::from_json)
    }

    impl Scope for Fixed {
        fn live(&self, metric: &str) -> Option<Value> {
            Some(figure(LIVE, metric).unwrap_or(Value::Null))
        }
        fn entry(&self, metric: &str) -> Option<Value> {
            figure(ENTRY, metric)
        }
        fn before(&self, metric: &str) -> Option<Value> {
            figure(BEFORE, metric)
        }
    }

    const EXPRESSIONS: [&str; 40] = [
        "0",
        "true",
        "false",
        "null",
        "'absent'",
        "''",
        "9223372036854775807",
        "inventory",
        "nothing",
        "state",
        "flag",
        "entry",
        "before",
        "entry.state",
        "entry.nothing",
        "before.inventory",
        "inventory * scopes",
        "entry - 10 * (1 + 2)",
        "(entry - 10) * scopes - before",
        "before + 8",
        "before.nothing + 8",
        "entry.gone + 1",
        "entry.nothing * 2",
        "before.inventory - 1",
        "9223372036854775807 * 2",
        "before.inventory - 9223372036854775807 - 9223372036854775807",
        "gone + 1",
        "nothing + 1",
        "state * 2",
        "entry.state + 1",
        "digits + 1",
        "'1' + 1",
        "<> 0",
        "<> null",
        "< 1",
        "<= inventory",
        "> 'Z'",
        ">= 'absent'",
        "< true",
        ">= null",
    ];

    fn seen() -> Vec<Value> {
        let mut seen = vec![Value::Null, Value::Bool(true), Value::Bool(false)];
        seen.extend([-6, 0, 1, 35, 210].map(Value::Integer));
        seen.extend(
            ["", "absent", "Z", "a", "é", "35", "true"].map(|text| Value::Text(text.into())),
        );
        seen
    }

    /// The server says of every expression and every value what the engine says.
    #[tokio::test]
    async fn sql_means_what_the_engine_means() {
        let server = TestServer::shared().await;
        let session = server.admin().await;
        for text in EXPRESSIONS {
            let expression = Expression::parse(text).unwrap();
            let engine = expression.evaluate("gap", &Fixed);
            let query = format!(
                "select ({})::text from (select {}::jsonb as live, {}::jsonb as at_entry, {}::jsonb as at_before) as figures",
                value(&expression, "gap"),
                literal(LIVE),
                literal(ENTRY),
                literal(BEFORE)
            );
            let answer = session.simple(&query).await;
            match (&engine, answer) {
                (Ok(known), Ok(outcome)) => {
                    let json: serde_json::Value =
                        serde_json::from_str(outcome.rows[0][0].as_deref().unwrap()).unwrap();
                    assert_eq!(&Value::from_json(&json), known, "{text}");
                }
                (Err(ExpressionError::NotANumber(_)), Ok(outcome)) => {
                    assert_eq!(outcome.rows[0][0], None, "{text}");
                }
                (Err(ExpressionError::Overflow(_)), Err(error)) => {
                    assert_eq!(error.sqlstate(), Some("22003"), "{text}");
                }
                (engine, answer) => panic!("{text}: {engine:?}, but the server: {answer:?}"),
            }
            let Ok(required) = engine else { continue };
            for seen in seen() {
                let query = format!(
                    "select {} from (select {}::jsonb as seen, {}::jsonb as required) as two",
                    holds(&expression),
                    literal(&serde_json::to_string(&seen).unwrap()),
                    literal(&serde_json::to_string(&required).unwrap())
                );
                let outcome = session.simple(&query).await.unwrap();
                let said = if expression.holds(&seen, &required) {
                    "t"
                } else {
                    "f"
                };
                assert_eq!(
                    outcome.rows[0][0].as_deref(),
                    Some(said),
                    "{seen:?} against {text} ({required:?})"
                );
            }
        }
        session.close().await;
    }

    #[test]
    fn what_names_the_entry_probe() {
        for (text, names) in [
            ("entry", true),
            ("1 + 2 * (3 - entry.gap)", true),
            ("before + gap", false),
            ("'entry'", false),
        ] {
            assert_eq!(
                names_entry(&Expression::parse(text).unwrap()),
                names,
                "{text}"
            );
        }
    }

    #[test]
    fn messages_become_texts_of_sql() {
        for (template, sql) in [
            ("", "''"),
            ("it's", "'it''s'"),
            ("gap={gap}", "'gap=' || coalesce(live ->> 'gap', '-')"),
            (
                "{entry.gap} {before.gap}: {value} {",
                "coalesce(at_entry ->> 'gap', '-') || ' ' || coalesce(at_before ->> 'gap', '-') || ': ' || coalesce(seen #>> '{}', '-') || ' {'",
            ),
            (
                "{required}{detail}",
                "coalesce(required #>> '{}', '-') || coalesce(detail, '-')",
            ),
        ] {
            assert_eq!(message(template), sql, "{template}");
        }
    }
}
