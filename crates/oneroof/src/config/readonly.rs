//! `[targets.T.readonly]`: the channel for foreign text on a target.

use std::ops::Range;

use oneroof_engine::context::ReadonlySettings;
use oneroof_model::posture::ItemName;
use serde::Deserialize;
use toml::Spanned;

/// The section as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadonlySection {
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
    /// What it means.
    pub(crate) fn check(&self) -> Result<ReadonlySettings, ReadonlyFault> {
        let accept = self.accept.iter().map(|name| {
            ItemName::parse(name.get_ref()).map_err(|(message, hint)| ReadonlyFault {
                message,
                hint,
                place: name.span(),
            })
        });
        Ok(ReadonlySettings {
            accept: accept.collect::<Result<_, _>>()?,
        })
    }
}
