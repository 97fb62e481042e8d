//! All file work of the engine: packages, evidence, runs.

pub mod evidence;
pub mod package_files;
pub(crate) mod rendered_folder;
