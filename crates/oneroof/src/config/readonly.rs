//! `[targets.T.readonly]`: the channel for foreign text on a target. There is no write mode to switch on.

use std::collections::BTreeMap;
use std::ops::Range;

use oneroof_engine::guard::ReadonlyPolicy;
use oneroof_model::posture::ItemName;
use oneroof_model::readonly::Policy;
use serde::Deserialize;
use toml::Spanned;

/// The section as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadonlySection {
    #[serde(default)]
    functions: Vec<Spanned<String>>,
    #[serde(default)]
    extensions: Vec<Spanned<String>>,
    #[serde(default)]
    accept: Vec<Spanned<String>>,
}

/// What is wrong in it, and where.
pub(crate) struct ReadonlyFault {
    /// A fragment.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) hint: String,
    /// Bytes of the file.
    pub(crate) place: Range<usize>,
}

impl ReadonlySection {
    /// What it means, and where each entry stands in `text`.
    pub(crate) fn check(&self, file: &str, text: &str) -> Result<ReadonlyPolicy, ReadonlyFault> {
        let mut places = BTreeMap::new();
        let mut entries = |key: &str, list: &[Spanned<String>]| -> Vec<String> {
            for entry in list {
                let before = text.get(..entry.span().start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                places.insert(
                    (key.to_owned(), entry.get_ref().clone()),
                    format!("{file}:{line}"),
                );
            }
            list.iter().map(|entry| entry.get_ref().clone()).collect()
        };
        let policy = Policy {
            functions: entries("functions", &self.functions),
            extensions: entries("extensions", &self.extensions),
        };
        let accept = self.accept.iter().map(|name| {
            ItemName::parse(name.get_ref()).map_err(|(message, hint)| ReadonlyFault {
                message,
                hint,
                place: name.span(),
            })
        });
        Ok(ReadonlyPolicy {
            policy,
            places,
            accept: accept.collect::<Result<_, _>>()?,
        })
    }
}
