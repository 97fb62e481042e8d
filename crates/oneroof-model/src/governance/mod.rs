//! What people want to be governed ([`Desired`]), what a target holds ([`Actual`]), and the change that
//! leads from one to the other ([`difference()`]).

mod actual;
mod desired;
mod difference;
mod orders;

pub use actual::{
    Actual, ActualAgency, ActualContainer, ActualScope, ActualValue, Assignment, AxisOwner, MapRow,
    Member, OwnerRow, RelationRow,
};
pub use desired::{
    Agency, Container, Desired, DesiredError, MatrixEntry, Relation, Scope, TopicSeed,
};
pub use difference::{Difference, SyncArea, container_changes, difference};
pub use orders::{Orders, RenameOrder, RetireOrder};
