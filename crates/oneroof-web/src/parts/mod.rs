//! The parts that pages are made of.

pub(crate) mod badge;
pub(crate) mod chart;
pub(crate) mod figure;
pub(crate) mod passkey;
pub(crate) mod signing;
pub(crate) mod table;
pub(crate) mod text;
