//! The release package: its plan (`release.toml`), its parameters and its manifest.

mod manifest;
mod parameters;
mod plan;
mod validate;
mod validate_attempts;

pub use manifest::{MANIFEST_FILE, Manifest, ManifestError};
pub use parameters::{ParameterError, ResolvedParameters};
pub use plan::{
    Condition, Drill, Duration, Effects, Expectation, ExpectedResult, Export, Input, InputKind,
    Invariant, LockBudget, Markers, Metric, Negative, NegativeKind, NegativeVerb, PackageSection,
    Parameter, ParameterType, Precondition, Preflight, ReleasePlan, Repeat, Rollback, RowTolerance,
    SchemaSource, SetupRole, Simulate, Tier, TierRows, Transaction, Verify,
};
