//! Publishing: write, read back, find it in the list and by search. Only then is a document published.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::clock;
use crate::context::Context;
use crate::error::EngineError;
use crate::evidence;
use crate::evidence_files;
use crate::store::package_files::OpenPackage;

use super::document::{self, Card};
use super::{HitRange, Hub, ListOptions, folder, markdown};

/// Where the documents of packages are.
const ARCHITECTURE: &str = "knowledge/dev/reports/architecture";
/// The tag of everything that oneroof publishes of itself.
const PROGRAM: &str = "oneroof";

/// What is going to be published.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Its path: the key.
    pub path: String,
    /// Its title; the first heading if `None`.
    pub title: Option<String>,
    /// Its tags; `None` keeps those that it has.
    pub tags: Option<Vec<String>>,
    /// Its text.
    pub text: String,
}

/// What became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Published {
    /// Its display id.
    pub id: String,
    /// Its path.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Its revision.
    pub revision: u32,
    /// Is it what was there already?
    pub unchanged: bool,
}

impl Hub {
    /// Publishes documents: done when the list has each, `get` gives its bytes, and a search finds it.
    ///
    /// # Errors
    /// A path that no document may have; a text that is too long; a document that was written and is not found.
    pub fn publish(&self, publications: &[Publication]) -> Result<Vec<Published>, EngineError> {
        let mut published = Vec::with_capacity(publications.len());
        for publication in publications {
            published.push(self.write(publication)?);
        }
        // One look for all of them.
        self.look_again();
        for (publication, published) in publications.iter().zip(&published) {
            self.proven(published, &publication.text)?;
        }
        Ok(published)
    }

    /// Writes a document, unless nothing changed.
    fn write(&self, publication: &Publication) -> Result<Published, EngineError> {
        let path = publication.path.as_str();
        if !folder::is_document(path) {
            return Err(EngineError::input(
                format!("publish at `{path}`"),
                "a path has parts of letters, digits and the like between slashes, none of them hidden, and ends in .md, .sql or .txt"
                    .to_owned(),
            ));
        }
        if publication.text.len() as u64 > folder::DOCUMENT_BYTES_MAX {
            return Err(EngineError::input(
                format!("publish `{path}`: it is too long"),
                format!(
                    "a document has at most {} bytes",
                    folder::DOCUMENT_BYTES_MAX
                ),
            ));
        }
        let before = folder::card(&self.folder, path);
        let there = self.folder.join(path).is_file();
        let heading = || match document::is_markdown(path) {
            true => markdown::title(&publication.text),
            false => None,
        };
        let name = || path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut card = Card {
            format: 1,
            title: publication
                .title
                .clone()
                .or_else(heading)
                .unwrap_or_else(name),
            revision: 1,
            tags: publication.tags.clone().unwrap_or_else(|| {
                before
                    .as_ref()
                    .map(|card| card.tags.clone())
                    .unwrap_or_default()
            }),
            published_at: clock::now(),
            published_by: self.operator.clone(),
        };
        let same_text = there && folder::text(&self.folder, path)? == publication.text;
        let mut unchanged = false;
        if let Some(before) = &before {
            unchanged = same_text
                && before.title == card.title
                && lasting(&before.tags).eq(lasting(&card.tags));
            card.revision = before.revision + u32::from(!unchanged);
        }
        if !unchanged {
            folder::write(&self.folder, path, &publication.text, &card)?;
        }
        Ok(Published {
            id: document::id(path),
            path: path.to_owned(),
            title: card.title,
            revision: card.revision,
            unchanged,
        })
    }

    fn proven(&self, published: &Published, text: &str) -> Result<(), EngineError> {
        let path = published.path.as_str();
        let not_found = |how: &str| {
            EngineError::other(format!(
                "publish `{path}`: it was written, and {how} does not find it"
            ))
        };
        let listed = self.list(&ListOptions {
            prefix: Some(path.to_owned()),
            tag: None,
        })?;
        if !listed.iter().any(|one| one.path == path) {
            return Err(not_found("the list"));
        }
        let read = self.get(path)?;
        if read.text != text || read.seen.revision != published.revision {
            return Err(not_found("reading back"));
        }
        // By a word of its title, if it has one, and by its path.
        let query = format!("path:{path} {}", first_word(&published.title));
        let found = self.search(&query, HitRange { skip: 0, take: 10 })?;
        match found.hits.iter().any(|hit| hit.document.path == path) {
            true => Ok(()),
            false => Err(not_found("the search")),
        }
    }
}

/// Tags without days: the same document of another day is no other document.
fn lasting(tags: &[String]) -> impl Iterator<Item = &String> {
    let is_day = |tag: &str| {
        tag.len() == 10
            && tag
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    tags.iter().filter(move |tag| !is_day(tag))
}

/// A word that the index is sure to have.
fn first_word(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| (3..=40).contains(&word.len()))
        .map(str::to_owned)
        .next()
        .unwrap_or_default()
}

/// A file as a document; at `path`, else below `knowledge/` under its own name.
///
/// # Errors
/// A file that cannot be read, or is no text.
pub fn of_file(file: &Path, path: Option<&str>) -> Result<Publication, EngineError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        EngineError::input(
            format!("read `{}`: {error}", file.display()),
            "name a text file".to_owned(),
        )
    })?;
    let name = file.file_name().map(|name| name.to_string_lossy());
    Ok(Publication {
        path: match path {
            Some(path) => path.to_owned(),
            None => format!("knowledge/{}", name.unwrap_or_default()),
        },
        title: None,
        tags: None,
        text,
    })
}

/// The report and the runbooks of an evidence, under its package.
///
/// # Errors
/// No such evidence, or files that were changed since they were written.
pub fn of_evidence(context: &Context, name: &str) -> Result<Vec<Publication>, EngineError> {
    let record = evidence::show(context, name)?;
    let package = record["package"].as_str().unwrap_or("unknown");
    let package = package.split('@').next().unwrap_or(package);
    let day = day(&record);
    let files = evidence_files::files(context, name)?;
    let mut documents: Vec<&str> = files
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| path.ends_with(".md") && !path.contains('/'))
        .collect();
    documents.sort_by_key(|path| (*path != "report.md", *path));
    documents
        .into_iter()
        .enumerate()
        .map(|(place, file)| {
            let bytes = evidence_files::file(context, name, file)?;
            let topic = file.trim_end_matches(".md");
            Ok(Publication {
                path: format!(
                    "{ARCHITECTURE}/{package}/{name}/{:02}-{topic}.md",
                    place + 1
                ),
                title: None,
                tags: Some(vec![
                    PROGRAM.to_owned(),
                    package.to_owned(),
                    topic.to_owned(),
                    day.clone(),
                ]),
                text: String::from_utf8_lossy(&bytes).into_owned(),
            })
        })
        .collect()
}

/// The day of a rehearsal.
fn day(record: &Value) -> String {
    let started = record["started_at"].as_str().unwrap_or_default();
    started.get(..10).unwrap_or_default().to_owned()
}

/// The SQL files of a package, below `<package>/sql/`.
///
/// # Errors
/// No such package.
pub fn of_package(context: &Context, word: &str) -> Result<Vec<Publication>, EngineError> {
    let package = OpenPackage::open(Some(&context.root.join("packages")), word)?;
    let name = package.plan.package.name.clone();
    let files = package.files().keys();
    files
        .filter(|path| path.ends_with(".sql"))
        .map(|file| {
            Ok(Publication {
                path: format!("{ARCHITECTURE}/{name}/sql/{file}"),
                title: Some(format!("{name}: {file}")),
                tags: Some(vec![
                    PROGRAM.to_owned(),
                    name.clone(),
                    "sql".to_owned(),
                    clock::today(),
                ]),
                text: package.text(file)?.to_owned(),
            })
        })
        .collect()
}
