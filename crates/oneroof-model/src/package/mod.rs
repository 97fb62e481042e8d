//! The release package: its plan (`release.toml`), its parameters and its manifest.

mod claims;
mod manifest;
mod parameters;
mod plan;
mod tier;
mod validate;
mod validate_attempts;

pub use claims::{Capability, DeclaredGap, Need, Objective};
pub use manifest::{MANIFEST_FILE, Manifest, ManifestError};
pub use parameters::{ParameterError, ResolvedParameters};
pub use plan::{
    Condition, Drill, Effects, ExpectedResult, Export, Input, InputKind, Invariant, Markers,
    Metric, Migrations, Negative, NegativeKind, NegativeVerb, PackageSection, Parameter,
    ParameterType, Precondition, Preflight, ReleasePlan, Repeat, Rollback, RowTolerance,
    SchemaSource, SetupRole, Simulate, Verify,
};
pub use tier::{BatchesMax, Duration, Expectation, LockBudget, Tier, TierRows, Transaction};
