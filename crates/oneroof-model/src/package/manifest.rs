//! `manifest-sha256.txt`: the exact bytes that a digest, an approval and a run stand for.

use std::collections::BTreeMap;

use crate::Digest;

/// The name of the manifest in a package folder.
pub const MANIFEST_FILE: &str = "manifest-sha256.txt";

/// The files of a package and their digests, in the form that `sha256sum -c` checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Path relative to the package folder -> digest of the file's bytes.
    pub files: BTreeMap<String, Digest>,
}

/// Why a manifest cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A line is not `<64 digits>  <path>`.
    #[error(
        "read `manifest-sha256.txt` line {line}: expected 64 hexadecimal digits, two blanks and a path"
    )]
    Line {
        /// 1-based.
        line: usize,
    },
    /// The files are named, but not in the bytes that stand for them.
    #[error(
        "read `manifest-sha256.txt` line {line}: expected what `oneroof package seal` writes: lower-case digits, \
         sorted by path, each path once, one line feed after each"
    )]
    Form {
        /// 1-based; the first line that differs.
        line: usize,
    },
    /// The folder does not hold what was sealed.
    #[error("match the package with its manifest: {}", differences.join("; "))]
    Differs {
        /// Each file that was changed, removed or added since.
        differences: Vec<String>,
    },
}

impl Manifest {
    /// The manifest of these files (path -> bytes); the manifest itself is left out.
    pub fn of(files: &BTreeMap<String, Vec<u8>>) -> Manifest {
        Manifest {
            files: files
                .iter()
                .filter(|(path, _)| *path != MANIFEST_FILE)
                .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
                .collect(),
        }
    }

    /// Reads the text form, byte for byte: the SHA-256 of the file is the digest of the package.
    pub fn parse(text: &str) -> Result<Manifest, ManifestError> {
        let mut files = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let error = || ManifestError::Line { line: index + 1 };
            let (digest, path) = line.split_once("  ").ok_or_else(error)?;
            let digest = Digest::parse(digest).ok_or_else(error)?;
            if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..")
            {
                return Err(error());
            }
            files.insert(path.to_owned(), digest);
        }
        let manifest = Manifest { files };
        let written = manifest.text();
        if written == text {
            return Ok(manifest);
        }
        let same = written
            .split_inclusive('\n')
            .zip(text.split_inclusive('\n'))
            .take_while(|(written, found)| written == found)
            .count();
        Err(ManifestError::Form { line: same + 1 })
    }

    /// The text form, sorted by path.
    pub fn text(&self) -> String {
        self.files
            .iter()
            .map(|(path, digest)| format!("{digest}  {path}\n"))
            .collect()
    }

    /// The digest of the package: SHA-256 of the text form.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Compares what was sealed (`self`) with what is there.
    pub fn verify(&self, present: &Manifest) -> Result<(), ManifestError> {
        let mut differences = Vec::new();
        for (path, digest) in &self.files {
            match present.files.get(path) {
                None => differences.push(format!("`{path}` is missing")),
                Some(found) if found != digest => {
                    differences.push(format!("`{path}` was changed after sealing"))
                }
                Some(_) => {}
            }
        }
        differences.extend(
            present
                .files
                .keys()
                .filter(|path| !self.files.contains_key(*path))
                .map(|path| format!("`{path}` is not in the manifest")),
        );
        if differences.is_empty() {
            Ok(())
        } else {
            Err(ManifestError::Differs { differences })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        entries
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn changed_missing_and_new_files_are_named() {
        let sealed = Manifest::of(&files(&[
            ("a.sql", "1"),
            ("b.sql", "2"),
            (MANIFEST_FILE, "x"),
        ]));
        assert_eq!(Manifest::parse(&sealed.text()), Ok(sealed.clone()));
        assert_eq!(sealed.verify(&sealed.clone()), Ok(()));
        let present = Manifest::of(&files(&[("a.sql", "changed"), ("c.sql", "3")]));
        assert_eq!(
            sealed.verify(&present),
            Err(ManifestError::Differs {
                differences: vec![
                    "`a.sql` was changed after sealing".into(),
                    "`b.sql` is missing".into(),
                    "`c.sql` is not in the manifest".into(),
                ]
            })
        );
    }

    #[test]
    fn a_manifest_in_other_bytes_is_refused() {
        let sealed = Manifest::of(&files(&[("a.sql", "1"), ("b.sql", "2")])).text();
        let (first, second) = sealed.split_at(sealed.find('\n').unwrap() + 1);
        for (text, line) in [
            (sealed.trim_end().to_owned(), 2),
            (sealed.replace('\n', "\r\n"), 1),
            (format!("{second}{first}"), 1),
            (format!("{first}{first}{second}"), 2),
            (
                sealed
                    .to_uppercase()
                    .replace(".SQL", ".sql")
                    .replace("  A", "  a"),
                1,
            ),
        ] {
            assert_eq!(
                Manifest::parse(&text),
                Err(ManifestError::Form { line }),
                "{text}"
            );
        }
    }

    #[test]
    fn malformed_lines_and_paths_that_leave_the_folder_are_refused() {
        let digest = Digest::of(b"");
        for text in [
            "nonsense",
            &format!("{digest}  ../a"),
            &format!("{digest}  /etc/passwd"),
            &format!("{digest} a"),
        ] {
            assert_eq!(
                Manifest::parse(text),
                Err(ManifestError::Line { line: 1 }),
                "{text}"
            );
        }
    }
}
