//! The hub: evidence reports, runbooks and Markdown documents of a project, to list, read and search. The documents
//! are files below `hub/`, made for Git; the index is in memory, and needs no database.

mod diagram;
mod document;
mod folder;
mod index;
mod markdown;
mod publish;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oneroof_model::nearest;
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;

use self::index::HubIndex;

pub use self::document::{Backlink, Document, DocumentSeen};
pub use self::index::{HITS_MAX, Hit, HitRange};
pub use self::publish::{Publication, Published, of_evidence, of_file, of_package};

/// The folder is looked at for changes so often at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The hub of a project.
pub struct Hub {
    folder: PathBuf,
    operator: String,
    kept: Mutex<Option<Kept>>,
}

/// The index, and when the folder was looked at.
struct Kept {
    index: Arc<HubIndex>,
    /// `None`: the next look is a new one.
    looked: Option<Instant>,
}

/// Which documents are listed.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Only those whose path begins so.
    pub prefix: Option<String>,
    /// Only those with this tag.
    pub tag: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchReport {
    /// What was asked for.
    pub query: String,
    /// Documents that were looked through.
    pub documents: usize,
    /// Documents that fit.
    pub hits_in_all: usize,
    /// Those that were asked for, the best first.
    pub hits: Vec<Hit>,
}

impl Hub {
    /// The hub of a project; nothing is read yet.
    pub fn of(context: &Context) -> Hub {
        Hub {
            folder: context.root.join("hub"),
            operator: context.operator.clone(),
            kept: Mutex::new(None),
        }
    }

    /// The documents, by their paths.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn list(&self, options: &ListOptions) -> Result<Vec<DocumentSeen>, EngineError> {
        let prefix = options.prefix.as_deref().unwrap_or_default();
        let has_tag = |document: &&DocumentSeen| {
            let tag = options.tag.as_ref();
            tag.is_none_or(|tag| document.tags.contains(tag))
        };
        Ok(self
            .index()?
            .documents()
            .iter()
            .filter(|document| document.path.starts_with(prefix))
            .filter(has_tag)
            .cloned()
            .collect())
    }

    /// One document, by its path or its display id.
    ///
    /// # Errors
    /// No such document; an id that several documents have.
    pub fn get(&self, word: &str) -> Result<Document, EngineError> {
        let index = self.index()?;
        let by_id: Vec<&DocumentSeen> = index
            .documents()
            .iter()
            .filter(|document| document.id.eq_ignore_ascii_case(word))
            .collect();
        let by_path = index.documents().iter().find(|one| one.path == word);
        let seen = match (by_path, by_id.as_slice()) {
            (Some(seen), _) => seen,
            (None, [only]) => only,
            (None, []) => {
                let paths = index.documents().iter().map(|one| one.path.as_str());
                return Err(EngineError::input(
                    format!("find document `{word}`"),
                    match nearest(word, paths) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "`oneroof hub list` shows the documents".to_owned(),
                    },
                ));
            }
            (None, several) => {
                let paths: Vec<&str> = several.iter().map(|one| one.path.as_str()).collect();
                return Err(EngineError::input(
                    format!("find document `{word}`: several have that id"),
                    format!("name it by its path: {}", paths.join(", ")),
                ));
            }
        };
        let text = folder::text(&self.folder, &seen.path)?;
        Ok(document::shown(seen, text, index.backlinks(&seen.path)))
    }

    /// Finds documents: words (the last may be a beginning), "phrases", `tag:`, `id:` and `path:`.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn search(&self, query: &str, range: HitRange) -> Result<SearchReport, EngineError> {
        let index = self.index()?;
        let plain = |path: &str| {
            let text = folder::text(&self.folder, path).unwrap_or_default();
            document::read(path, text).plain
        };
        let (hits_in_all, hits) = index.search(query, range, plain)?;
        Ok(SearchReport {
            query: query.to_owned(),
            documents: index.documents().len(),
            hits_in_all,
            hits,
        })
    }

    /// Makes the index ready, so that the first question does not wait for it; how many documents there are.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn prepare(&self) -> Result<usize, EngineError> {
        Ok(self.index()?.documents().len())
    }

    /// The index of the folder as it is now, or was a moment ago.
    fn index(&self) -> Result<Arc<HubIndex>, EngineError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |looked: &Instant| looked.elapsed() < LOOK_EVERY;
        let before = match kept.as_ref() {
            Some(kept) if kept.looked.as_ref().is_some_and(is_recent) => {
                return Ok(Arc::clone(&kept.index));
            }
            Some(kept) => Arc::clone(&kept.index),
            None => Arc::new(HubIndex::empty()?),
        };
        let looked = Some(Instant::now());
        let stamp = folder::stamp(&self.folder)?;
        let index = match stamp == *before.stamp() {
            true => before,
            false => Arc::new(before.followed_by(&self.folder, stamp)?),
        };
        *kept = Some(Kept {
            index: Arc::clone(&index),
            looked,
        });
        Ok(index)
    }

    /// The next look at the folder is a new one.
    fn look_again(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_mut() {
            kept.looked = None;
        }
    }
}
