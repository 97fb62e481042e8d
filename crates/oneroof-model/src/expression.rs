//! Small expressions over metrics, such as `inventory * scopes`: what a package requires and expects.
//!
//! The grammar is in `docs/reference/release-toml.md`. Parsing and evaluation are pure; whoever
//! evaluates brings the values as a [`Scope`].

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Value;

/// The values that an expression may name.
pub trait Scope {
    /// The value of a metric now; `None` where no metric of that name exists.
    fn live(&self, metric: &str) -> Option<Value>;
    /// Its value at the entry probe.
    fn entry(&self, metric: &str) -> Option<Value>;
    /// Its value right before the tier.
    fn before(&self, metric: &str) -> Option<Value>;
}

/// Why a text is no expression, or has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// The text does not parse.
    #[error("parse expression `{text}`: {reason} at character {position}")]
    Syntax {
        /// The whole text.
        text: String,
        /// What was expected.
        reason: String,
        /// 1-based.
        position: usize,
    },
    /// A name stands for no metric.
    #[error("find metric `{0}`")]
    UnknownMetric(String),
    /// Arithmetic on something that is no whole number.
    #[error("calculate with {0}, which is no whole number")]
    NotANumber(String),
    /// The result does not fit into 64 bits.
    #[error("calculate `{0}`: the result is too large")]
    Overflow(String),
}

/// A part of an expression, for whoever writes it in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A value.
    Constant(Value),
    /// A metric now.
    Live(String),
    /// A metric at the entry probe; `None` names the metric that the expression belongs to.
    Entry(Option<String>),
    /// A metric right before the tier; `None` as above.
    Before(Option<String>),
    /// `+`, `-` or `*` of two whole numbers.
    Binary(Box<Term>, char, Box<Term>),
}

/// How the seen value must relate to the expression's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`, the default.
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A parsed requirement: an optional comparison and an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    text: String,
    comparison: Comparison,
    term: Term,
}

impl Expression {
    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
        let mut parser = Parser {
            text,
            characters: text.chars().collect(),
            position: 0,
        };
        let comparison = parser.comparison();
        let term = parser.sum(0)?;
        parser.skip_blanks();
        if parser.position < parser.characters.len() {
            return Err(parser.error("an operator or the end was expected"));
        }
        Ok(Expression {
            text: text.to_owned(),
            comparison,
            term,
        })
    }

    /// A constant.
    pub fn constant(value: Value) -> Expression {
        Expression {
            text: match &value {
                Value::Text(text) => format!("'{text}'"),
                other => other.to_string(),
            },
            comparison: Comparison::Equal,
            term: Term::Constant(value),
        }
    }

    /// Evaluates for `metric`; `entry` and `before` without a name mean that metric's.
    pub fn evaluate(&self, metric: &str, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        evaluate(&self.term, metric, scope)
    }

    /// Does `seen` fulfil the requirement whose right side has the value `required`?
    pub fn holds(&self, seen: &Value, required: &Value) -> bool {
        let order = seen.compare(required);
        match self.comparison {
            Comparison::Equal => seen == required,
            Comparison::NotEqual => seen != required,
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => {
                matches!(order, Some(Ordering::Greater | Ordering::Equal))
            }
        }
    }

    /// Every metric that it names, itself excluded.
    pub fn metrics(&self) -> Vec<&str> {
        fn collect<'a>(term: &'a Term, names: &mut Vec<&'a str>) {
            match term {
                Term::Live(name) | Term::Entry(Some(name)) | Term::Before(Some(name)) => {
                    names.push(name)
                }
                Term::Binary(left, _, right) => {
                    collect(left, names);
                    collect(right, names);
                }
                _ => {}
            }
        }
        let mut names = Vec::new();
        collect(&self.term, &mut names);
        names
    }

    /// The right side.
    pub fn term(&self) -> &Term {
        &self.term
    }

    /// How the seen value must relate to it.
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Expression;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number, a boolean, or an expression in a text")
            }
            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Expression, E> {
                Ok(Expression::constant(Value::Bool(flag)))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Expression, E> {
                Ok(Expression::constant(Value::Integer(number)))
            }
            /// JSON has its whole numbers without a sign.
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Expression, E> {
                i64::try_from(number)
                    .map(|number| Expression::constant(Value::Integer(number)))
                    .map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Expression, E> {
                Expression::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn evaluate(term: &Term, metric: &str, scope: &dyn Scope) -> Result<Value, ExpressionError> {
    match term {
        Term::Constant(value) => Ok(value.clone()),
        Term::Live(name) => scope
            .live(name)
            .ok_or_else(|| ExpressionError::UnknownMetric(name.clone())),
        Term::Entry(name) => Ok(scope
            .entry(name.as_deref().unwrap_or(metric))
            .unwrap_or(Value::Null)),
        Term::Before(name) => Ok(scope
            .before(name.as_deref().unwrap_or(metric))
            .unwrap_or(Value::Null)),
        Term::Binary(left, operator, right) => {
            let left = number(left, metric, scope)?;
            let right = number(right, metric, scope)?;
            match operator {
                '+' => left.checked_add(right),
                '-' => left.checked_sub(right),
                _ => left.checked_mul(right),
            }
            .map(Value::Integer)
            .ok_or_else(|| ExpressionError::Overflow(format!("{left} {operator} {right}")))
        }
    }
}

/// In arithmetic, the past of a metric that did not exist then counts as 0.
fn number(term: &Term, metric: &str, scope: &dyn Scope) -> Result<i64, ExpressionError> {
    match (term, evaluate(term, metric, scope)?) {
        (_, Value::Integer(number)) => Ok(number),
        (Term::Entry(_) | Term::Before(_), Value::Null) => Ok(0),
        (Term::Live(name), value) => {
            Err(ExpressionError::NotANumber(format!("`{name}` = {value}")))
        }
        (_, value) => Err(ExpressionError::NotANumber(value.to_string())),
    }
}

struct Parser<'a> {
    text: &'a str,
    characters: Vec<char>,
    position: usize,
}

/// Deeper nesting than this is refused: no honest requirement needs it.
const NESTING_MAX: usize = 32;

impl Parser<'_> {
    fn error(&self, reason: &str) -> ExpressionError {
        ExpressionError::Syntax {
            text: self.text.to_owned(),
            reason: reason.to_owned(),
            position: self.position + 1,
        }
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.characters[self.position..]
            .iter()
            .take(word.chars().count())
            .copied()
            .eq(word.chars());
        if found {
            self.position += word.chars().count();
        }
        found
    }

    fn comparison(&mut self) -> Comparison {
        self.skip_blanks();
        for (word, comparison) in [
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Equal),
        ] {
            if self.take(word) {
                return comparison;
            }
        }
        Comparison::Equal
    }

    fn sum(&mut self, depth: usize) -> Result<Term, ExpressionError> {
        if depth > NESTING_MAX {
            return Err(self.error("parentheses are nested too deeply"));
        }
        let mut left = self.product(depth)?;
        loop {
            self.skip_blanks();
            let Some(operator @ ('+' | '-')) = self.peek() else {
                return Ok(left);
            };
            self.position += 1;
            let right = self.product(depth)?;
            left = Term::Binary(Box::new(left), operator, Box::new(right));
        }
    }

    fn product(&mut self, depth: usize) -> Result<Term, ExpressionError> {
        let mut left = self.atom(depth)?;
        loop {
            self.skip_blanks();
            if self.peek() != Some('*') {
                return Ok(left);
            }
            self.position += 1;
            let right = self.atom(depth)?;
            left = Term::Binary(Box::new(left), '*', Box::new(right));
        }
    }

    fn atom(&mut self, depth: usize) -> Result<Term, ExpressionError> {
        self.skip_blanks();
        match self.peek() {
            Some('(') => {
                self.position += 1;
                let inner = self.sum(depth + 1)?;
                self.skip_blanks();
                if self.peek() != Some(')') {
                    return Err(self.error("`)` was expected"));
                }
                self.position += 1;
                Ok(inner)
            }
            Some('\'') => {
                self.position += 1;
                let start = self.position;
                while self.peek().is_some_and(|character| character != '\'') {
                    self.position += 1;
                }
                if self.peek().is_none() {
                    return Err(self.error("the text does not end"));
                }
                let text = self.characters[start..self.position].iter().collect();
                self.position += 1;
                Ok(Term::Constant(Value::Text(text)))
            }
            Some(digit) if digit.is_ascii_digit() => {
                let digits = self.word(|character| character.is_ascii_digit());
                digits
                    .parse()
                    .map(|number| Term::Constant(Value::Integer(number)))
                    .map_err(|_| self.error("the number is too large"))
            }
            Some(letter) if letter.is_ascii_lowercase() => {
                let name = self.word(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                let of = if (name == "entry" || name == "before") && self.peek() == Some('.') {
                    self.position += 1;
                    Some(self.word(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
                } else {
                    None
                };
                Ok(match name.as_str() {
                    "entry" => Term::Entry(of),
                    "before" => Term::Before(of),
                    "true" => Term::Constant(Value::Bool(true)),
                    "false" => Term::Constant(Value::Bool(false)),
                    "null" => Term::Constant(Value::Null),
                    _ => Term::Live(name),
                })
            }
            _ => Err(self.error("a number, a 'text', a metric or `(` was expected")),
        }
    }

    fn word(&mut self, part: impl Fn(char) -> bool) -> String {
        let start = self.position;
        while self.peek().is_some_and(&part) {
            self.position += 1;
        }
        self.characters[start..self.position].iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Scope for Fixed {
        fn live(&self, metric: &str) -> Option<Value> {
            match metric {
                "inventory" => Some(Value::Integer(35)),
                "scopes" => Some(Value::Integer(6)),
                "state" => Some(Value::Text("absent".into())),
                "gone" => Some(Value::Null),
                _ => None,
            }
        }
        fn entry(&self, metric: &str) -> Option<Value> {
            (metric == "gap").then_some(Value::Integer(210))
        }
        fn before(&self, _: &str) -> Option<Value> {
            None
        }
    }

    fn check(text: &str, expected: Result<Value, ExpressionError>) {
        let found = Expression::parse(text).and_then(|parsed| parsed.evaluate("gap", &Fixed));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values() {
        check("inventory * scopes", Ok(Value::Integer(210)));
        check("entry", Ok(Value::Integer(210)));
        check("entry.gap - 10 * (1 + 2)", Ok(Value::Integer(180)));
        check("before + 8", Ok(Value::Integer(8)));
        check("'absent'", Ok(Value::Text("absent".into())));
        check(">= 1", Ok(Value::Integer(1)));
        check(
            "nothing",
            Err(ExpressionError::UnknownMetric("nothing".into())),
        );
        check(
            "gone + 1",
            Err(ExpressionError::NotANumber("`gone` = -".into())),
        );
        check(
            "9223372036854775807 * 2",
            Err(ExpressionError::Overflow("9223372036854775807 * 2".into())),
        );
    }

    #[test]
    fn what_is_no_expression_says_where() {
        for (text, position) in [
            ("", 1),
            ("inventory *", 12),
            ("(1", 3),
            ("1 2", 3),
            ("'x", 3),
            ("Inventory", 1),
        ] {
            match Expression::parse(text) {
                Err(ExpressionError::Syntax {
                    position: found, ..
                }) => assert_eq!(found, position, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(Expression::parse(&"(".repeat(10_000)).is_err());
    }

    #[test]
    fn comparisons_hold_or_not() {
        let at_least = Expression::parse(">= 1").unwrap();
        assert!(at_least.holds(&Value::Integer(1), &Value::Integer(1)));
        assert!(!at_least.holds(&Value::Integer(0), &Value::Integer(1)));
        assert!(!at_least.holds(&Value::Null, &Value::Integer(1)));
        assert!(
            Expression::parse("<> 0")
                .unwrap()
                .holds(&Value::Integer(3), &Value::Integer(0))
        );
    }
}
