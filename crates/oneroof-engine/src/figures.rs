//! The metrics of a package at the moments that expressions may name: entry, before, now.

use std::collections::BTreeMap;

use oneroof_model::Value;
use oneroof_model::expression::Scope;

/// All metrics read at one moment. A metric that does not exist then is not in it.
pub type Probe = BTreeMap<String, Value>;

/// What expressions and messages can name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    /// Now.
    pub(crate) live: Probe,
    /// At the entry probe.
    pub(crate) entry: Probe,
    /// Right before the tier.
    pub(crate) before: Probe,
}

impl Scope for Figures {
    /// A metric that the package has but that does not exist now is null, so that a message prints `-`.
    fn live(&self, metric: &str) -> Option<Value> {
        Some(self.live.get(metric).cloned().unwrap_or(Value::Null))
    }

    fn entry(&self, metric: &str) -> Option<Value> {
        self.entry.get(metric).cloned()
    }

    fn before(&self, metric: &str) -> Option<Value> {
        self.before.get(metric).cloned()
    }
}
