//! Everything that prints. Data goes to stdout, talk goes to stderr.

pub(crate) mod coverage;
pub(crate) mod error;
pub(crate) mod printer;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod rows;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod xml;
