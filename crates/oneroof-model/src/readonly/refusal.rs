//! Why a statement was refused: a stable rule, the place, the reason, and what to do instead.

use std::fmt;

use serde::Serialize;

/// Where in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// Byte offset.
    pub offset: usize,
}

/// Stable name of a rule; each has a page in `docs/guard-rules/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardRule {
    NotUtf8,
    NulByte,
    TextTooLong,
    SyntaxError,
    NestedTooDeep,
    OneStatement,
    StatementKind,
    SelectInto,
    RowLock,
    DataChange,
    NodeNotAllowed,
    ExplainOption,
    Parameter,
    FunctionNotAllowed,
    OperatorNotAllowed,
    TypeNotAllowed,
    RelationNotAllowed,
    SamplingMethod,
    SizeLimit,
    SearchText,
    DottedCall,
    RelationUnknown,
    TypeUnknown,
    ForeignTable,
    AccessMethod,
    StoredQuery,
    DomainCheck,
    UserCast,
    TypeNotTrusted,
    NameConflict,
    PlannedExpression,
    ServerRefused,
    InputLine,
    InternalError,
}

impl GuardRule {
    /// Every rule, for documentation and its test.
    pub const ALL: [GuardRule; 34] = [
        GuardRule::NotUtf8,
        GuardRule::NulByte,
        GuardRule::TextTooLong,
        GuardRule::SyntaxError,
        GuardRule::NestedTooDeep,
        GuardRule::OneStatement,
        GuardRule::StatementKind,
        GuardRule::SelectInto,
        GuardRule::RowLock,
        GuardRule::DataChange,
        GuardRule::NodeNotAllowed,
        GuardRule::ExplainOption,
        GuardRule::Parameter,
        GuardRule::FunctionNotAllowed,
        GuardRule::OperatorNotAllowed,
        GuardRule::TypeNotAllowed,
        GuardRule::RelationNotAllowed,
        GuardRule::SamplingMethod,
        GuardRule::SizeLimit,
        GuardRule::SearchText,
        GuardRule::DottedCall,
        GuardRule::RelationUnknown,
        GuardRule::TypeUnknown,
        GuardRule::ForeignTable,
        GuardRule::AccessMethod,
        GuardRule::StoredQuery,
        GuardRule::DomainCheck,
        GuardRule::UserCast,
        GuardRule::TypeNotTrusted,
        GuardRule::NameConflict,
        GuardRule::PlannedExpression,
        GuardRule::ServerRefused,
        GuardRule::InputLine,
        GuardRule::InternalError,
    ];

    /// As printed, for example `function-not-allowed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            GuardRule::NotUtf8 => "not-utf8",
            GuardRule::NulByte => "nul-byte",
            GuardRule::TextTooLong => "text-too-long",
            GuardRule::SyntaxError => "sql-syntax",
            GuardRule::NestedTooDeep => "nested-too-deep",
            GuardRule::OneStatement => "one-statement",
            GuardRule::StatementKind => "statement-kind",
            GuardRule::SelectInto => "select-into",
            GuardRule::RowLock => "row-lock",
            GuardRule::DataChange => "data-change",
            GuardRule::NodeNotAllowed => "node-not-allowed",
            GuardRule::ExplainOption => "explain-option",
            GuardRule::Parameter => "parameter",
            GuardRule::FunctionNotAllowed => "function-not-allowed",
            GuardRule::OperatorNotAllowed => "operator-not-allowed",
            GuardRule::TypeNotAllowed => "type-not-allowed",
            GuardRule::RelationNotAllowed => "relation-not-allowed",
            GuardRule::SamplingMethod => "sampling-method",
            GuardRule::SizeLimit => "size-limit",
            GuardRule::SearchText => "search-text",
            GuardRule::DottedCall => "dotted-call",
            GuardRule::RelationUnknown => "relation-unknown",
            GuardRule::TypeUnknown => "type-unknown",
            GuardRule::ForeignTable => "foreign-table",
            GuardRule::AccessMethod => "access-method",
            GuardRule::StoredQuery => "stored-query",
            GuardRule::DomainCheck => "domain-check",
            GuardRule::UserCast => "user-cast",
            GuardRule::TypeNotTrusted => "type-not-trusted",
            GuardRule::NameConflict => "name-conflict",
            GuardRule::PlannedExpression => "planned-expression",
            GuardRule::ServerRefused => "server-refused",
            GuardRule::InputLine => "input-line",
            GuardRule::InternalError => "internal-error",
        }
    }
}

impl fmt::Display for GuardRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A refusal. Nothing was executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardRefusal {
    /// The rule.
    #[serde(serialize_with = "as_text")]
    pub rule: GuardRule,
    /// The node, function, operator, type or relation that is refused, if it has a name.
    pub object: Option<String>,
    /// Where, in the text that was given.
    pub place: Option<Place>,
    /// Why, in one sentence, lower case, without a full stop.
    pub reason: String,
    /// What to do instead.
    pub instead: String,
    /// Through which stored text the statement leads there, outermost first: ``view `v_logged` ``.
    pub through: Vec<String>,
}

fn as_text<S: serde::Serializer>(rule: &GuardRule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.as_str())
}

impl GuardRefusal {
    /// A refusal without object, place or detour.
    pub fn new(rule: GuardRule, reason: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            rule,
            object: None,
            place: None,
            reason: reason.into(),
            instead: instead.into(),
            through: Vec::new(),
        }
    }

    /// Names the object.
    #[must_use]
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// Names the place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }
}

impl fmt::Display for GuardRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)?;
        for stored in &self.through {
            write!(formatter, ", in {stored}")?;
        }
        if let Some(place) = self.place {
            write!(formatter, " (line {}, column {})", place.line, place.column)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_listed_once_and_has_its_own_word() {
        let words: std::collections::BTreeSet<&str> =
            GuardRule::ALL.iter().map(|rule| rule.as_str()).collect();
        assert_eq!(words.len(), GuardRule::ALL.len());
        assert!(words.iter().all(|word| {
            word.chars().all(|character| {
                character.is_ascii_lowercase() || character == '-' || character == '8'
            })
        }));
    }
}
