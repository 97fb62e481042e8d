//! A document of the hub, and what is known of it without reading it.

use oneroof_model::Digest;
use serde::{Deserialize, Serialize};

use super::markdown::{self, Read};

/// Rendered characters that are read in a minute.
const CHARACTERS_A_MINUTE: usize = 900;

/// What lies beside a document: format 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) format: u32,
    pub(super) title: String,
    pub(super) revision: u32,
    pub(super) tags: Vec<String>,
    /// UTC.
    pub(super) published_at: String,
    pub(super) published_by: String,
}

/// A document as the list has it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DocumentSeen {
    /// `KB-` and four hex digits, from the path: for people to say; two documents may share it.
    pub id: String,
    /// The key.
    pub path: String,
    /// Its title.
    pub title: String,
    /// 1 for the first; one more for each that changed something.
    pub revision: u32,
    /// Its tags.
    pub tags: Vec<String>,
    /// How long it takes to read.
    pub reading_minutes: usize,
    /// When this revision was published, UTC; `None` for a file that was put there by hand.
    pub published_at: Option<String>,
    /// Who published it.
    pub published_by: Option<String>,
}

/// A document with its text.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Document {
    /// What the list says of it.
    #[serde(flatten)]
    pub seen: DocumentSeen,
    /// SHA-256 of its text.
    pub digest: String,
    /// The text as it was published.
    pub text: String,
    /// The text as HTML: no markup of its own survives, and links lead to documents or to http.
    pub html: String,
    /// Documents that link here.
    pub backlinks: Vec<Backlink>,
}

/// A document that links to another.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Backlink {
    /// Its path.
    pub path: String,
    /// Its title.
    pub title: String,
}

/// The display id of a path: it stays over revisions.
pub(super) fn id(path: &str) -> String {
    let digest = Digest::of(path.as_bytes()).to_string();
    format!("KB-{}", digest.get(..4).unwrap_or_default().to_uppercase())
}

/// What the index wants to know of a document: its words, its first heading, and where it links to.
pub(super) fn read(path: &str, text: String) -> Read {
    match is_markdown(path) {
        true => markdown::read(&text, path),
        false => Read {
            plain: text,
            title: None,
            links: Vec::new(),
        },
    }
}

/// What the list says of a document.
pub(super) fn seen(path: &str, read: &Read, card: Option<Card>) -> DocumentSeen {
    let characters = read.plain.chars().count();
    let title = || {
        let name = path.rsplit('/').next().unwrap_or(path);
        read.title.clone().unwrap_or_else(|| name.to_owned())
    };
    DocumentSeen {
        id: id(path),
        title: card.as_ref().map_or_else(title, |card| card.title.clone()),
        revision: card.as_ref().map_or(1, |card| card.revision),
        tags: card
            .as_ref()
            .map(|card| card.tags.clone())
            .unwrap_or_default(),
        reading_minutes: characters.div_ceil(CHARACTERS_A_MINUTE).max(1),
        published_at: card.as_ref().map(|card| card.published_at.clone()),
        published_by: card.map(|card| card.published_by),
        path: path.to_owned(),
    }
}

/// A document with its text.
pub(super) fn shown(seen: &DocumentSeen, text: String, backlinks: Vec<Backlink>) -> Document {
    Document {
        digest: Digest::of(text.as_bytes()).to_string(),
        html: match is_markdown(&seen.path) {
            true => markdown::html(&text, &seen.path),
            false => markdown::code(&text),
        },
        seen: seen.clone(),
        text,
        backlinks,
    }
}

/// Is it Markdown? Everything else is shown as it is.
pub(super) fn is_markdown(path: &str) -> bool {
    path.ends_with(".md")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_of(path: &str, text: String) -> DocumentSeen {
        seen(path, &read(path, text), None)
    }

    #[test]
    fn a_document_without_a_card_is_known_by_its_heading() {
        let text = format!("# A title\n\n{}", "word ".repeat(400));
        let one = seen_of("knowledge/a.md", text);
        assert_eq!((one.title.as_str(), one.revision), ("A title", 1));
        assert_eq!(one.reading_minutes, 3);
        assert!(one.id.starts_with("KB-") && one.id.len() == 7);
        assert_eq!(one.id, id("knowledge/a.md"));
        let sql = seen_of("knowledge/sql/a.sql", "# no heading".to_owned());
        assert_eq!(sql.title, "a.sql");
    }
}
