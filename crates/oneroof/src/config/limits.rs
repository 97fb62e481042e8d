//! `[targets.T.clone_limits]`: when a copy of a target is given up for its sake.

use std::time::Duration;

use oneroof_engine::clone_create::CloneLimits;
use serde::Deserialize;

use crate::quantity;

/// The section as it is written; ages as on the command line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsSection {
    max_lag: Option<WrittenAge>,
    max_snapshot_age: Option<WrittenAge>,
    max_transaction_age: Option<WrittenAge>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct WrittenAge(Duration);

impl TryFrom<String> for WrittenAge {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        quantity::duration(&text).map(WrittenAge)
    }
}

impl LimitsSection {
    /// What it means.
    pub(crate) fn limits(&self) -> CloneLimits {
        let age = |age: &Option<WrittenAge>| age.as_ref().map(|age| age.0);
        CloneLimits {
            replication_lag: age(&self.max_lag),
            snapshot_age: age(&self.max_snapshot_age),
            transaction_age: age(&self.max_transaction_age),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_those_of_the_command_line() {
        let section: LimitsSection =
            toml::from_str("max_lag = '30s'\nmax_transaction_age = '10min'").unwrap();
        let limits = section.limits();
        assert_eq!(limits.replication_lag, Some(Duration::from_secs(30)));
        assert_eq!(limits.snapshot_age, None);
        assert_eq!(limits.transaction_age, Some(Duration::from_secs(600)));
        let error = toml::from_str::<LimitsSection>("max_lag = 'long'").err();
        assert!(error.is_some_and(|error| error.to_string().contains("7d")));
    }
}
