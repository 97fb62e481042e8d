//! `[targets.T.mask]`: what columns become in every clone of a target.

use std::collections::BTreeMap;
use std::ops::Range;

use oneroof_engine::clone_create::{ColumnMask, MaskRule};
use serde::Deserialize;
use toml::Spanned;

/// The section as it is written: column = rule.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct MaskSection(BTreeMap<String, Spanned<WrittenRule>>);

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenRule {
    Word(String),
    Fixed { fixed: String },
    Expression { expression: String },
}

impl MaskSection {
    /// What it means, or which rule is none.
    pub(crate) fn check(&self) -> Result<Vec<ColumnMask>, (String, Range<usize>)> {
        let mask = |(column, written): (&String, &Spanned<WrittenRule>)| {
            let rule = match written.get_ref() {
                WrittenRule::Fixed { fixed } => MaskRule::Fixed(fixed.clone()),
                WrittenRule::Expression { expression } => MaskRule::Expression(expression.clone()),
                WrittenRule::Word(word) => match word.as_str() {
                    "null" => MaskRule::Null,
                    "hash" => MaskRule::Hash,
                    "digits" => MaskRule::Digits,
                    "email" => MaskRule::Email,
                    _ => {
                        let message = format!("`{word}` is no way to mask `{column}`");
                        return Err((message, written.span()));
                    }
                },
            };
            Ok(ColumnMask {
                column: column.clone(),
                rule,
            })
        };
        self.0.iter().map(mask).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_words_or_say_with_what() {
        let section: MaskSection = toml::from_str(
            "'a.b.c' = 'hash'\n'a.b.d' = { fixed = 'x' }\n'a.b.e' = { expression = 'upper(e)' }\n'a.b.f' = 'null'",
        )
        .unwrap();
        let rules: Vec<MaskRule> = section
            .check()
            .unwrap()
            .into_iter()
            .map(|mask| mask.rule)
            .collect();
        assert_eq!(
            rules,
            [
                MaskRule::Hash,
                MaskRule::Fixed("x".to_owned()),
                MaskRule::Expression("upper(e)".to_owned()),
                MaskRule::Null
            ]
        );
        let section: MaskSection = toml::from_str("'a.b.c' = 'blur'").unwrap();
        assert!(section.check().unwrap_err().0.contains("`blur`"));
    }
}
