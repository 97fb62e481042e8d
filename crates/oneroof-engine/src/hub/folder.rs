//! The folder of the hub: documents, and beside each one its card, `<document>.card.json`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use crate::error::EngineError;

use super::document::Card;

/// A document is never larger.
pub(super) const DOCUMENT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What documents end in.
const ENDINGS: [&str; 3] = [".md", ".sql", ".txt"];
const CARD: &str = ".card.json";

/// The documents of the folder, each with the times and sizes of its files: when it changes, something changed.
pub(super) type Stamp = BTreeMap<String, Files>;

/// The time and the size of a document and of its card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files {
    document: Option<(SystemTime, u64)>,
    card: Option<(SystemTime, u64)>,
}

/// Looks at the folder; a project without one has no documents.
pub(super) fn stamp(folder: &Path) -> Result<Stamp, EngineError> {
    let mut stamp = Stamp::new();
    if folder.is_dir() {
        look(folder, "", &mut stamp)?;
    }
    // A card without its document says nothing.
    stamp.retain(|_, files| files.document.is_some());
    Ok(stamp)
}

fn look(folder: &Path, prefix: &str, stamp: &mut Stamp) -> Result<(), EngineError> {
    let reading = || EngineError::file(format!("read `{}`", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        // Links are not followed: what they lead to is not of the hub.
        let kind = entry.file_type().map_err(reading())?;
        if kind.is_dir() {
            look(&entry.path(), &format!("{path}/"), stamp)?;
            continue;
        }
        let document = path.strip_suffix(CARD).unwrap_or(&path);
        if kind.is_file() && is_document(document) {
            let facts = entry.metadata().map_err(reading())?;
            let file = Some((facts.modified().map_err(reading())?, facts.len()));
            let files = stamp.entry(document.to_owned()).or_default();
            match document == path {
                true => files.document = file,
                false => files.card = file,
            }
        }
    }
    Ok(())
}

/// May a document have this path?
pub(super) fn is_document(path: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.');
    path.len() <= 512
        && path.split('/').all(is_part)
        && !path.contains(['\\', '\0', '\n', '%', '?', '#'])
        && ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// The text of a document.
pub(super) fn text(folder: &Path, path: &str) -> Result<String, EngineError> {
    let file = folder.join(path);
    let reading = || EngineError::file(format!("read document `{path}`"));
    if std::fs::metadata(&file).map_err(reading())?.len() > DOCUMENT_BYTES_MAX {
        return Err(EngineError::other(format!(
            "read document `{path}`: it has more than {DOCUMENT_BYTES_MAX} bytes"
        )));
    }
    let bytes = std::fs::read(&file).map_err(reading())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The card of a document; `None` for one that was put there by hand.
pub(super) fn card(folder: &Path, path: &str) -> Option<Card> {
    let bytes = std::fs::read(folder.join(format!("{path}{CARD}"))).ok()?;
    let card: Card = serde_json::from_slice(&bytes).ok()?;
    (card.format == 1).then_some(card)
}

/// Writes a document and its card, the document first: a card never promises what is not there.
pub(super) fn write(folder: &Path, path: &str, text: &str, card: &Card) -> Result<(), EngineError> {
    let file = folder.join(path);
    let writing = || EngineError::file(format!("write document `{path}`"));
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent).map_err(writing())?;
    }
    let card = serde_json::to_string_pretty(card)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    replace(&file, text.as_bytes()).map_err(writing())?;
    replace(
        &folder.join(format!("{path}{CARD}")),
        (card + "\n").as_bytes(),
    )
    .map_err(writing())
}

/// Whoever reads meanwhile sees the old or the new file, never half of one.
fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, file)
}

#[cfg(test)]
mod tests {
    use super::is_document;

    #[test]
    fn paths_stay_in_the_hub() {
        assert!(is_document("knowledge/dev/a-b_1.md") && is_document("x.sql"));
        for path in [
            "../a.md",
            "/a.md",
            "a//b.md",
            ".hidden.md",
            "a/.b/c.md",
            "a.html",
            "a.md/",
            "a%2f.md",
            "",
        ] {
            assert!(!is_document(path), "{path}");
        }
    }
}
