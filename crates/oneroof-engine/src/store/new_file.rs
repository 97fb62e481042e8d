//! Writes a file that a user named; what is there already is never overwritten.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::error::EngineError;

/// Writes a new file, to the disk.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    let doing = || EngineError::file(format!("write `{}`", path.display()));
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(EngineError::input(
                format!("write `{}`: it is there already", path.display()),
                "name a new file; what is there is not overwritten".to_owned(),
            ));
        }
        opened => opened.map_err(doing())?,
    };
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(doing())
}
