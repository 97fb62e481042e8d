//! One value of a metric, as PostgreSQL gave it.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

/// The value of a metric or of an expression over metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Value {
    /// SQL `NULL`, or a metric that does not exist at this moment.
    Null,
    /// `boolean`.
    Bool(bool),
    /// `smallint`, `integer`, `bigint`, and whole `numeric`.
    Integer(i64),
    /// Everything else, in PostgreSQL's own text form.
    Text(String),
}

impl Value {
    /// Reads PostgreSQL's text form of a column of type `type_name` (the name of `pg_type`).
    ///
    /// Whole numbers of the number types become [`Value::Integer`]; a `numeric` with a fraction stays text.
    pub fn from_text(type_name: &str, text: Option<&str>) -> Value {
        let Some(text) = text else { return Value::Null };
        match type_name {
            "bool" => Value::Bool(text == "t" || text == "true"),
            "int2" | "int4" | "int8" | "oid" | "numeric" => text
                .parse()
                .map_or_else(|_| Value::Text(text.to_owned()), Value::Integer),
            _ => Value::Text(text.to_owned()),
        }
    }

    /// Reads what [`Value`] was written as in JSON.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map_or_else(|| Value::Text(number.to_string()), Value::Integer),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            other => Value::Text(other.to_string()),
        }
    }

    /// The whole number in it, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// Orders two values of the same kind; `None` where an order has no meaning.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
            (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
            (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => formatter.write_str("-"),
            Value::Bool(flag) => write!(formatter, "{flag}"),
            Value::Integer(number) => write!(formatter, "{number}"),
            Value::Text(text) => formatter.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_postgresql_becomes_a_value_of_its_type() {
        assert_eq!(Value::from_text("int8", Some("35")), Value::Integer(35));
        assert_eq!(
            Value::from_text("numeric", Some("0.5")),
            Value::Text("0.5".into())
        );
        assert_eq!(Value::from_text("bool", Some("t")), Value::Bool(true));
        assert_eq!(
            Value::from_text("text", Some("35")),
            Value::Text("35".into())
        );
        assert_eq!(Value::from_text("int4", None), Value::Null);
    }
}
