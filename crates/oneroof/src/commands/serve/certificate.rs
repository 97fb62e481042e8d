//! The certificate of `oneroof serve`, read again when its files change.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use oneroof_web::{TlsFiles, TlsSource};

use crate::ui::error::InputError;
use crate::ui::printer::Printer;

/// What tells one writing of a file from the next.
type State = Option<(u64, i64, i64, u64)>;

struct Certificate {
    certificates: PathBuf,
    key: PathBuf,
    seen: [State; 2],
}

/// Reads both files, and watches them from now on.
///
/// # Errors
/// One of them cannot be read.
pub(super) fn watched(
    certificates: &Path,
    key: &Path,
    printer: &Printer,
) -> Result<TlsSource, InputError> {
    let mut certificate = Certificate {
        certificates: certificates.to_owned(),
        key: key.to_owned(),
        seen: [None; 2],
    };
    certificate.seen = certificate.state();
    let files = certificate
        .read()
        .map_err(|why| InputError::new(why, "name a PEM file"))?;
    let printer = printer.clone();
    Ok(TlsSource {
        files,
        renewed: Box::new(move || certificate.renewed()),
        told: Box::new(move |text| printer.say(text)),
    })
}

impl Certificate {
    fn state(&self) -> [State; 2] {
        [&self.certificates, &self.key].map(|file| {
            let facts = std::fs::metadata(file).ok()?;
            Some((facts.ino(), facts.mtime(), facts.mtime_nsec(), facts.len()))
        })
    }

    fn read(&self) -> Result<TlsFiles, String> {
        let bytes = |file: &Path| {
            std::fs::read(file).map_err(|error| format!("read `{}`: {error}", file.display()))
        };
        Ok(TlsFiles {
            certificates: bytes(&self.certificates)?,
            key: bytes(&self.key)?,
        })
    }

    /// New files, if they were written since the last look; what is wrong with them is told once.
    fn renewed(&mut self) -> Option<Result<TlsFiles, String>> {
        let now = self.state();
        if now == self.seen {
            return None;
        }
        self.seen = now;
        Some(self.read())
    }
}
