//! All file work of the engine: packages, evidence, runs.

pub mod evidence;
pub(crate) mod kept_rehearsal;
pub(crate) mod new_file;
pub mod package_files;
pub(crate) mod rendered_folder;
