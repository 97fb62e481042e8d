//! Settings, read once and passed down: where the project is ([`project`]), what its
//! `oneroof.toml` says ([`file`]). `default.toml` is the documentation.

mod checks;
pub(crate) mod file;
pub(crate) mod limits;
pub(crate) mod mask;
pub(crate) mod password;
pub(crate) mod project;
pub(crate) mod readonly;
pub(crate) mod wire;

/// The commented file that `oneroof init` writes.
pub(crate) const DEFAULT: &str = include_str!("default.toml");

/// The name of the file.
pub(crate) const FILE_NAME: &str = "oneroof.toml";
