//! The release package: its plan (`release.toml`), its parameters and its manifest.

mod manifest;
mod parameters;
mod plan;
mod validate;

pub use manifest::{MANIFEST_FILE, Manifest, ManifestError};
pub use parameters::{ParameterError, ResolvedParameters};
pub use plan::{
    Condition, Drill, Duration, Effects, Expectation, ExpectedResult, Export, Input, InputKind,
    Invariant, Markers, Metric, Negative, NegativeKind, PackageSection, Parameter, ParameterType,
    Precondition, Preflight, ReleasePlan, Repeat, Rollback, RowTolerance, SchemaSource, Simulate,
    Tier, TierRows, Transaction, Verify,
};
