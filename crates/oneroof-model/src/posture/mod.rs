//! What the roles of a target may do, and whether that is right. [`Facts`] come from the database,
//! [`judge`] decides; nothing here asks anybody.

mod facts;
mod item;
mod judge;

pub use facts::{Facts, Finding, Membership, Setting};
pub use item::{ItemName, RoleKind};
pub use judge::{Item, Level, Verdict, judge, login_item};
