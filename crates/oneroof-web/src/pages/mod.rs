//! The pages: one file each, with its twin.

pub(crate) mod approve;
pub(crate) mod axes;
pub(crate) mod console;
pub(crate) mod coverage;
mod deciding;
pub(crate) mod drift;
pub(crate) mod evidence;
pub(crate) mod gate;
pub(crate) mod hub;
pub(crate) mod passkeys;
pub(crate) mod queue;
pub(crate) mod reconcile;
pub(crate) mod releases;
pub(crate) mod status;
pub(crate) mod take_back;
pub(crate) mod targets;

use serde::Deserialize;
use utoipa::IntoParams;

/// A page that asks for nothing.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Nothing {}

/// A page about a target.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct OfTarget {
    /// The target; may be left out where there is only one.
    pub(crate) target: Option<String>,
}
