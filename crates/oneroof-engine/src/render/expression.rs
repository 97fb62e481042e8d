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
    let figure = |figures: &str, name: &str| format!("coalesce({figures} -> {}, 'null')", literal(name));
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
            format!("(case jsonb_typeof(live -> {name}) when 'number' then (live ->> {name})::bigint end)")
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
