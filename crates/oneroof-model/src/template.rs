//! Messages and marker lines with `{metric}` in them.

use crate::Value;
use crate::expression::Scope;

/// What only one message knows: the value seen, what was required, and the detail of its query.
#[derive(Debug, Clone, Default)]
pub struct MessageFacts {
    /// For `{value}`.
    pub value: Option<Value>,
    /// For `{required}`.
    pub required: Option<Value>,
    /// For `{detail}`.
    pub detail: Option<String>,
}

/// Fills `{value}`, `{required}`, `{detail}`, `{METRIC}`, `{entry.METRIC}` and `{before.METRIC}`.
///
/// What does not exist prints `-`; a brace that closes nothing stands for itself.
pub fn fill(template: &str, facts: &MessageFacts, scope: &dyn Scope) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        filled.push_str(&rest[..open]);
        let name = &rest[open + 1..open + close];
        let value = match name {
            "value" => facts.value.clone(),
            "required" => facts.required.clone(),
            "detail" => facts.detail.clone().map(Value::Text),
            _ => match name.split_once('.') {
                Some(("entry", metric)) => scope.entry(metric),
                Some(("before", metric)) => scope.before(metric),
                _ => scope.live(name),
            },
        };
        filled.push_str(&value.unwrap_or(Value::Null).to_string());
        rest = &rest[open + close + 1..];
    }
    filled.push_str(rest);
    filled
}

/// The names between braces that stand for a metric, without `entry.` and `before.`.
pub fn metrics_named(template: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let name = &rest[open + 1..open + close];
        let name = name
            .strip_prefix("entry.")
            .or_else(|| name.strip_prefix("before."))
            .unwrap_or(name);
        if !matches!(name, "value" | "required" | "detail") {
            names.push(name.to_owned());
        }
        rest = &rest[open + close + 1..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Scope for Fixed {
        fn live(&self, metric: &str) -> Option<Value> {
            (metric == "gap").then_some(Value::Integer(0))
        }
        fn entry(&self, metric: &str) -> Option<Value> {
            (metric == "gap").then_some(Value::Integer(210))
        }
        fn before(&self, _: &str) -> Option<Value> {
            None
        }
    }

    #[test]
    fn fills_what_exists_and_marks_what_does_not() {
        let facts = MessageFacts {
            detail: Some("a, b".into()),
            ..MessageFacts::default()
        };
        assert_eq!(
            fill(
                "gap={gap} was={entry.gap} ospa={ospa}: {detail} {",
                &facts,
                &Fixed
            ),
            "gap=0 was=210 ospa=-: a, b {"
        );
        assert_eq!(metrics_named("{gap} {entry.x} {value}"), ["gap", "x"]);
    }
}
