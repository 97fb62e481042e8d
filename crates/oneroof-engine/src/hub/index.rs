//! The index of the hub, in memory: words by their stems, and what links to what.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tantivy::collector::TopDocs;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, FuzzyTermQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query, TermQuery,
};
use tantivy::schema::{
    Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::TokenStream as _;
use tantivy::{Index, IndexReader, TantivyDocument, TantivyError, Term};

use crate::error::EngineError;

use super::document::{self, Backlink, DocumentSeen};
use super::folder::{self, Stamp};
use super::markdown;

/// Most hits of a search.
pub const HITS_MAX: usize = 100;
/// The least that the writer takes.
const WRITER_BYTES: usize = 15_000_000;
/// Characters around a find.
const EXCERPT_CHARACTERS: usize = 220;
/// A query has no more words; the rest is not looked at.
const WORDS_MAX: usize = 24;
const STEMS: &str = "en_stem";
/// A find in the title counts so much more.
const TITLE_BOOST: f32 = 3.0;
/// A word that only begins so counts less.
const PREFIX_BOOST: f32 = 0.4;

/// A document that a search found.
#[derive(Debug, Clone, Serialize)]
pub struct Hit {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentSeen,
    /// How well it fits.
    pub score: f32,
    /// Where it fits, in its own words.
    pub excerpt: String,
}

/// The index.
pub(super) struct HubIndex {
    documents: Vec<DocumentSeen>,
    backlinks: BTreeMap<String, Vec<usize>>,
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    number: Field,
    title: Field,
    body: Field,
}

fn failed(error: TantivyError) -> EngineError {
    EngineError::other(format!("index the documents of the hub: {error}"))
}

impl HubIndex {
    /// Reads every document once.
    pub(super) fn build(folder: &Path, stamp: &Stamp) -> Result<HubIndex, EngineError> {
        let (schema, fields) = schema();
        let index = Index::create_in_ram(schema);
        let mut writer = index
            .writer_with_num_threads::<TantivyDocument>(1, WRITER_BYTES)
            .map_err(failed)?;
        let mut documents = Vec::with_capacity(stamp.len());
        let mut links: Vec<Vec<String>> = Vec::with_capacity(stamp.len());
        for path in stamp.keys() {
            // One that went away meanwhile, or is too large to be one, is left out.
            let Ok(text) = folder::text(folder, path) else {
                continue;
            };
            let seen = document::seen(path, &text, folder::card(folder, path));
            let (body, to) = match document::is_markdown(path) {
                true => (markdown::plain(&text), markdown::links(&text, path)),
                false => (text, Vec::new()),
            };
            let mut one = TantivyDocument::default();
            one.add_u64(fields.number, documents.len() as u64);
            one.add_text(fields.title, &seen.title);
            one.add_text(fields.body, &body);
            writer.add_document(one).map_err(failed)?;
            documents.push(seen);
            links.push(to);
        }
        writer.commit().map_err(failed)?;
        let mut backlinks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (from, to) in links.into_iter().enumerate() {
            for path in to {
                backlinks.entry(path).or_default().push(from);
            }
        }
        let reader = index.reader().map_err(failed)?;
        Ok(HubIndex {
            documents,
            backlinks,
            index,
            reader,
            fields,
        })
    }

    /// All documents, by their paths.
    pub(super) fn documents(&self) -> &[DocumentSeen] {
        &self.documents
    }

    /// What links to a document.
    pub(super) fn backlinks(&self, path: &str) -> Vec<Backlink> {
        let from = self.backlinks.get(path).map_or(&[][..], Vec::as_slice);
        from.iter()
            .filter_map(|number| self.documents.get(*number))
            .filter(|document| document.path != path)
            .map(|document| Backlink {
                path: document.path.clone(),
                title: document.title.clone(),
            })
            .collect()
    }

    /// The documents that fit, the best first; `text` reads one of them.
    pub(super) fn search(
        &self,
        query: &str,
        hits_max: usize,
        text: impl Fn(&str) -> String,
    ) -> Result<Vec<Hit>, EngineError> {
        let asked = Asked::parse(query);
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.query(&asked)?;
        let searcher = self.reader.searcher();
        // What the tags, ids and paths leave out is left out afterwards: so all are asked for.
        let limit = match asked.filters.is_empty() {
            true => hits_max.clamp(1, HITS_MAX),
            false => self.documents.len().max(1),
        };
        let found = searcher
            .search(&query, &TopDocs::with_limit(limit).order_by_score())
            .map_err(failed)?;
        let mut snippets =
            SnippetGenerator::create(&searcher, &*query, self.fields.body).map_err(failed)?;
        snippets.set_max_num_chars(EXCERPT_CHARACTERS);
        let mut hits = Vec::new();
        for (score, address) in found {
            let one: TantivyDocument = searcher.doc(address).map_err(failed)?;
            let number = one.get_first(self.fields.number).and_then(|n| n.as_u64());
            let number = number.and_then(|number| usize::try_from(number).ok());
            let Some(document) = number.and_then(|number| self.documents.get(number)) else {
                continue;
            };
            if !asked.filters.iter().all(|filter| filter.admits(document)) {
                continue;
            }
            let words = match document::is_markdown(&document.path) {
                true => markdown::plain(&text(&document.path)),
                false => text(&document.path),
            };
            let snippet = snippets.snippet(&words).fragment().trim().to_owned();
            hits.push(Hit {
                excerpt: match snippet.is_empty() {
                    true => words.chars().take(EXCERPT_CHARACTERS).collect(),
                    false => snippet,
                },
                document: document.clone(),
                score,
            });
            if hits.len() >= hits_max.min(HITS_MAX) {
                break;
            }
        }
        Ok(hits)
    }

    /// Every word and every phrase must be there, in the title or in the body.
    fn query(&self, asked: &Asked) -> Result<Box<dyn Query>, EngineError> {
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for part in &asked.parts {
            let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::new();
            for (field, boost) in [(self.fields.title, TITLE_BOOST), (self.fields.body, 1.0)] {
                let terms = self.terms(field, part.text())?;
                let query: Box<dyn Query> = match (terms.as_slice(), part) {
                    ([], _) => continue,
                    ([term], _) => Box::new(TermQuery::new(
                        term.clone(),
                        IndexRecordOption::WithFreqsAndPositions,
                    )),
                    (several, Part::Phrase(_)) => Box::new(PhraseQuery::new(several.to_vec())),
                    // One word of ours is several of the index: `axis_reg`.
                    (several, Part::Word(_)) => Box::new(PhrasePrefixQuery::new(several.to_vec())),
                };
                any.push((Occur::Should, Box::new(BoostQuery::new(query, boost))));
                // `rehear` finds what begins so.
                if let ([term], Part::Word(word)) = (terms.as_slice(), part) {
                    let word = Term::from_field_text(field, &word.to_lowercase());
                    for term in [term.clone(), word] {
                        let prefix = FuzzyTermQuery::new_prefix(term, 0, false);
                        let prefix = BoostQuery::new(Box::new(prefix), boost * PREFIX_BOOST);
                        any.push((Occur::Should, Box::new(prefix)));
                    }
                }
            }
            if !any.is_empty() {
                all.push((Occur::Must, Box::new(BooleanQuery::new(any))));
            }
        }
        Ok(match all.is_empty() {
            true => Box::new(AllQuery),
            false => Box::new(BooleanQuery::new(all)),
        })
    }

    fn terms(&self, field: Field, words: &str) -> Result<Vec<Term>, EngineError> {
        let mut stems = self.index.tokenizer_for_field(field).map_err(failed)?;
        let mut stream = stems.token_stream(words);
        let mut terms = Vec::new();
        while stream.advance() {
            terms.push(Term::from_field_text(field, &stream.token().text));
        }
        Ok(terms)
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = || {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(STEMS)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        )
    };
    let fields = Fields {
        number: schema.add_u64_field("number", INDEXED | STORED),
        title: schema.add_text_field("title", words()),
        body: schema.add_text_field("body", words()),
    };
    (schema.build(), fields)
}

/// A query, taken apart.
#[derive(Debug, PartialEq)]
struct Asked {
    parts: Vec<Part>,
    filters: Vec<Filter>,
}

#[derive(Debug, PartialEq)]
enum Part {
    /// May be a beginning.
    Word(String),
    /// As it stands.
    Phrase(String),
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Part::Word(text) | Part::Phrase(text) => text,
        }
    }
}

#[derive(Debug, PartialEq)]
enum Filter {
    Tag(String),
    Id(String),
    Path(String),
}

impl Filter {
    fn admits(&self, document: &DocumentSeen) -> bool {
        match self {
            Filter::Tag(tag) => document.tags.iter().any(|one| one == tag),
            Filter::Id(id) => document.id.eq_ignore_ascii_case(id),
            Filter::Path(path) => document.path.contains(path.as_str()),
        }
    }
}

impl Asked {
    fn parse(query: &str) -> Asked {
        let mut asked = Asked {
            parts: Vec::new(),
            filters: Vec::new(),
        };
        // What stands between quotation marks is every second piece.
        for (place, piece) in query.split('"').enumerate() {
            if place % 2 == 1 {
                if !piece.trim().is_empty() {
                    asked.parts.push(Part::Phrase(piece.trim().to_owned()));
                }
                continue;
            }
            for word in piece.split_whitespace() {
                match word.split_once(':') {
                    Some(("tag", tag)) => asked.filters.push(Filter::Tag(tag.to_owned())),
                    Some(("id", id)) => asked.filters.push(Filter::Id(id.to_owned())),
                    Some(("path", path)) => asked.filters.push(Filter::Path(path.to_owned())),
                    _ if is_id(word) => asked.filters.push(Filter::Id(word.to_owned())),
                    _ => asked.parts.push(Part::Word(word.to_owned())),
                }
            }
        }
        asked.parts.truncate(WORDS_MAX);
        asked
    }

    fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.filters.is_empty()
    }
}

/// `KB-1A2B`
fn is_id(word: &str) -> bool {
    let digits = word.strip_prefix("KB-").or(word.strip_prefix("kb-"));
    digits.is_some_and(|digits| {
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_taken_apart() {
        let asked = Asked::parse(r#"gate "second apply" tag:one-roof KB-1A2b path:sql/ """#);
        assert_eq!(
            asked.parts,
            [
                Part::Word("gate".into()),
                Part::Phrase("second apply".into())
            ]
        );
        assert_eq!(
            asked.filters,
            [
                Filter::Tag("one-roof".into()),
                Filter::Id("KB-1A2b".into()),
                Filter::Path("sql/".into())
            ]
        );
        assert!(Asked::parse("  \" \" ").is_empty());
    }

    #[test]
    fn words_stems_phrases_and_beginnings_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write(
            "a/gate.md",
            "# The gate\n\nA release is *rehearsed* first. See [b](b.md).",
        );
        write(
            "a/b.md",
            "# Other\n\nThe second apply is refused; the gate is mentioned.",
        );
        write("sql/t1.sql", "create table axis_registry ();");
        write("a/page.html", "<p>gate</p>");
        let stamp = folder::stamp(folder.path()).unwrap();
        let index = HubIndex::build(folder.path(), &stamp).unwrap();
        assert_eq!(index.documents().len(), 3);
        let found = |query: &str| -> Vec<String> {
            let text = |path: &str| folder::text(folder.path(), path).unwrap();
            let hits = index.search(query, 10, text).unwrap();
            hits.into_iter().map(|hit| hit.document.path).collect()
        };
        // The title counts more.
        assert_eq!(found("gate"), ["a/gate.md", "a/b.md"]);
        assert_eq!(found("rehearsals"), ["a/gate.md"]);
        assert_eq!(found("rehe"), ["a/gate.md"]);
        assert_eq!(found("\"second apply\""), ["a/b.md"]);
        assert!(found("\"apply second\"").is_empty());
        assert_eq!(found("gate refused"), ["a/b.md"]);
        assert_eq!(found("axis_reg"), ["sql/t1.sql"]);
        assert_eq!(found("path:sql/"), ["sql/t1.sql"]);
        assert_eq!(found(&document::id("a/b.md")), ["a/b.md"]);
        assert!(found("").is_empty() && found("nothing-of-it").is_empty());
        assert_eq!(index.backlinks("a/b.md")[0].path, "a/gate.md");
        // Whatever is typed is a query.
        for strange in ["(", "AND OR", "title:*", "\\", "a:b:c", "\"\"", "*"] {
            let _ = found(strange);
        }
    }
}
