//! The index of the hub, in memory: words by their stems, and what links to what. When documents change, only those
//! are read again.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Serialize;
use tantivy::collector::TopDocs;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, FuzzyTermQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query, TermQuery,
};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::TokenStream as _;
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

use crate::error::EngineError;

use super::document::{self, Backlink, DocumentSeen};
use super::folder::{self, Stamp};

/// Most hits of a search.
pub const HITS_MAX: usize = 100;
/// The least that the writer takes.
const WRITER_BYTES: usize = 15_000_000;
/// Characters around a find.
const EXCERPT_CHARACTERS: usize = 220;
/// An excerpt is looked for in so many bytes at a time: most documents speak of their subject early.
const EXCERPT_LOOK_BYTES: usize = 8 * 1024;
/// A query has no more words; the rest is not looked at.
const WORDS_MAX: usize = 24;
const STEMS: &str = "en_stem";
const NUMBER: &str = "number";
/// A find in the title counts so much more.
const TITLE_BOOST: f32 = 3.0;
/// A word that only begins so counts less.
const PREFIX_BOOST: f32 = 0.4;

/// A document that a search found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Hit {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentSeen,
    /// How well it fits.
    pub score: f32,
    /// Where it fits, in its own words.
    pub excerpt: String,
}

/// Which of the hits: so many, after so many.
#[derive(Debug, Clone, Copy)]
pub struct HitRange {
    /// Hits that are passed over.
    pub skip: usize,
    /// Hits at most; never more than [`HITS_MAX`].
    pub take: usize,
}

/// The index, as it is at one moment.
pub(super) struct HubIndex {
    documents: Vec<DocumentSeen>,
    /// The places in `documents` of those that link to a path.
    backlinks: BTreeMap<String, Vec<usize>>,
    /// The place in `documents` of what the words know by a number.
    places: HashMap<u64, usize>,
    known: BTreeMap<String, Known>,
    stamp: Stamp,
    next_number: u64,
    words: Words,
    searcher: Searcher,
}

/// What is kept of a document.
#[derive(Debug, Clone)]
struct Known {
    number: u64,
    seen: DocumentSeen,
    links: Vec<String>,
}

/// The words of all documents; shared by an index and the one that follows it.
#[derive(Clone)]
struct Words {
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
    /// An index of nothing.
    pub(super) fn empty() -> Result<HubIndex, EngineError> {
        let (schema, fields) = schema();
        let index = Index::create_in_ram(schema);
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(failed)?;
        let words = Words {
            index,
            reader,
            fields,
        };
        Ok(HubIndex {
            documents: Vec::new(),
            backlinks: BTreeMap::new(),
            places: HashMap::new(),
            known: BTreeMap::new(),
            stamp: Stamp::new(),
            next_number: 0,
            searcher: words.reader.searcher(),
            words,
        })
    }

    /// The index of the folder as this stamp says that it is; what did not change since is not read.
    pub(super) fn followed_by(&self, folder: &Path, stamp: Stamp) -> Result<HubIndex, EngineError> {
        let words = self.words.clone();
        let mut known = self.known.clone();
        let mut next_number = self.next_number;
        let mut writer = words
            .index
            .writer_with_num_threads::<TantivyDocument>(1, WRITER_BYTES)
            .map_err(failed)?;
        let is_same = |path: &String| stamp.get(path) == self.stamp.get(path);
        let gone = self.stamp.keys().filter(|path| !is_same(path));
        for one in gone.filter_map(|path| known.remove(path)) {
            let number = Term::from_field_u64(words.fields.number, one.number);
            let _ = writer.delete_term(number);
        }
        for path in stamp.keys().filter(|path| !is_same(path)) {
            // One that went away meanwhile, or is too large to be one, is left out.
            let Ok(text) = folder::text(folder, path) else {
                continue;
            };
            let read = document::read(path, text);
            let seen = document::seen(path, &read, folder::card(folder, path));
            let mut one = TantivyDocument::default();
            one.add_u64(words.fields.number, next_number);
            one.add_text(words.fields.title, &seen.title);
            one.add_text(words.fields.body, &read.plain);
            writer.add_document(one).map_err(failed)?;
            let _ = known.insert(
                path.clone(),
                Known {
                    number: next_number,
                    seen,
                    links: read.links,
                },
            );
            next_number += 1;
        }
        writer.commit().map_err(failed)?;
        writer.wait_merging_threads().map_err(failed)?;
        words.reader.reload().map_err(failed)?;
        let mut backlinks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut places = HashMap::with_capacity(known.len());
        for (place, one) in known.values().enumerate() {
            let _ = places.insert(one.number, place);
            for path in &one.links {
                backlinks.entry(path.clone()).or_default().push(place);
            }
        }
        Ok(HubIndex {
            documents: known.values().map(|one| one.seen.clone()).collect(),
            backlinks,
            places,
            known,
            stamp,
            next_number,
            searcher: words.reader.searcher(),
            words,
        })
    }

    /// What it is an index of.
    pub(super) fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// All documents, by their paths.
    pub(super) fn documents(&self) -> &[DocumentSeen] {
        &self.documents
    }

    /// What links to a document.
    pub(super) fn backlinks(&self, path: &str) -> Vec<Backlink> {
        let from = self.backlinks.get(path).map_or(&[][..], Vec::as_slice);
        from.iter()
            .filter_map(|place| self.documents.get(*place))
            .filter(|document| document.path != path)
            .map(|document| Backlink {
                path: document.path.clone(),
                title: document.title.clone(),
            })
            .collect()
    }

    /// How many documents fit, and those of the range, the best first; `plain` gives the words of one of them.
    pub(super) fn search(
        &self,
        query: &str,
        range: HitRange,
        plain: impl Fn(&str) -> String,
    ) -> Result<(usize, Vec<Hit>), EngineError> {
        let asked = Asked::parse(query);
        if asked.is_empty() {
            return Ok((0, Vec::new()));
        }
        let query = self.query(&asked)?;
        let found = self.fitting(&*query, &asked.filters)?;
        let mut snippets =
            SnippetGenerator::create(&self.searcher, &*query, self.words.fields.body)
                .map_err(failed)?;
        snippets.set_max_num_chars(EXCERPT_CHARACTERS);
        let shown = found.iter().skip(range.skip);
        let hits = shown
            .take(range.take.min(HITS_MAX))
            .map(|(score, document)| Hit {
                excerpt: excerpt(&snippets, &plain(&document.path)),
                document: (*document).clone(),
                score: *score,
            });
        Ok((found.len(), hits.collect()))
    }

    /// All documents that fit, the best first.
    fn fitting(
        &self,
        query: &dyn Query,
        filters: &[Filter],
    ) -> Result<Vec<(f32, &DocumentSeen)>, EngineError> {
        let all = TopDocs::with_limit(self.documents.len().max(1)).order_by_score();
        let found = self.searcher.search(query, &all).map_err(failed)?;
        let numbers = self
            .searcher
            .segment_readers()
            .iter()
            .map(|segment| segment.fast_fields().u64(NUMBER))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let documents = found.into_iter().filter_map(|(score, address)| {
            let segment = numbers.get(address.segment_ord as usize)?;
            let number = segment.first(address.doc_id)?;
            Some((score, self.documents.get(*self.places.get(&number)?)?))
        });
        Ok(documents
            .filter(|(_, document)| filters.iter().all(|filter| filter.admits(document)))
            .collect())
    }

    /// Every word and every phrase must be there, in the title or in the body.
    fn query(&self, asked: &Asked) -> Result<Box<dyn Query>, EngineError> {
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (place, part) in asked.parts.iter().enumerate() {
            let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::new();
            for (field, boost) in [
                (self.words.fields.title, TITLE_BOOST),
                (self.words.fields.body, 1.0),
            ] {
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
                // `rehear` finds what begins so. Every word of the index that does is looked up, so only the last
                // word of ours may be a beginning, and no single letter is one.
                if let ([term], Part::Word(word)) = (terms.as_slice(), part)
                    && place + 1 == asked.parts.len()
                    && word.chars().count() > 1
                {
                    let word = Term::from_field_text(field, &word.to_lowercase());
                    let mut begins = vec![term.clone(), word];
                    // A word that is its own stem is looked up once.
                    begins.dedup();
                    for term in begins {
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
        let mut stems = self
            .words
            .index
            .tokenizer_for_field(field)
            .map_err(failed)?;
        let mut stream = stems.token_stream(words);
        let mut terms = Vec::new();
        while stream.advance() {
            terms.push(Term::from_field_text(field, &stream.token().text));
        }
        Ok(terms)
    }
}

/// The words around a find; the beginning, if only the title has it.
fn excerpt(snippets: &SnippetGenerator, words: &str) -> String {
    let mut rest = words;
    while !rest.is_empty() {
        let mut end = rest.len().min(EXCERPT_LOOK_BYTES);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        // A word is not cut in two.
        let end = rest[end..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |more| end + more);
        let (piece, after) = rest.split_at(end);
        let snippet = snippets.snippet(piece).fragment().trim().to_owned();
        if !snippet.is_empty() {
            return snippet;
        }
        rest = after;
    }
    words.chars().take(EXCERPT_CHARACTERS).collect()
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
        number: schema.add_u64_field(NUMBER, INDEXED | FAST),
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
        let empty = HubIndex::empty().unwrap();
        let index = empty.followed_by(folder.path(), stamp).unwrap();
        assert_eq!(index.documents().len(), 3);
        let found = |query: &str| paths_of(&index, folder.path(), query);
        // The title counts more.
        assert_eq!(found("gate"), ["a/gate.md", "a/b.md"]);
        assert_eq!(found("rehearsals"), ["a/gate.md"]);
        assert_eq!(found("rehe"), ["a/gate.md"]);
        assert_eq!(found("release rehe"), ["a/gate.md"]);
        assert!(found("rehe release").is_empty() && found("r").is_empty());
        assert_eq!(found("\"second apply\""), ["a/b.md"]);
        assert!(found("\"apply second\"").is_empty());
        assert_eq!(found("gate refused"), ["a/b.md"]);
        assert_eq!(found("axis_reg"), ["sql/t1.sql"]);
        assert_eq!(found("path:sql/"), ["sql/t1.sql"]);
        assert_eq!(found(&document::id("a/b.md")), ["a/b.md"]);
        assert!(found("").is_empty() && found("nothing-of-it").is_empty());
        assert_eq!(index.backlinks("a/b.md")[0].path, "a/gate.md");
        // A page of them.
        let range = HitRange { skip: 1, take: 1 };
        let (in_all, hits) = index.search("gate", range, |_| String::new()).unwrap();
        assert_eq!((in_all, hits[0].document.path.as_str()), (2, "a/b.md"));
        // Whatever is typed is a query.
        for strange in ["(", "AND OR", "title:*", "\\", "a:b:c", "\"\"", "*"] {
            let _ = found(strange);
        }
    }

    fn paths_of(index: &HubIndex, folder: &Path, query: &str) -> Vec<String> {
        let plain = |path: &str| document::read(path, folder::text(folder, path).unwrap()).plain;
        let range = HitRange { skip: 0, take: 10 };
        let (_, hits) = index.search(query, range, plain).unwrap();
        hits.into_iter().map(|hit| hit.document.path).collect()
    }

    #[test]
    fn only_what_changed_is_read_again_and_what_is_gone_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let write = |name: &str, text: &str| std::fs::write(path.join(name), text).unwrap();
        for number in 0..20 {
            write(
                &format!("{number:02}.md"),
                &format!("# Walrus {number}\n\n[next](05.md)"),
            );
        }
        let first = HubIndex::empty()
            .unwrap()
            .followed_by(path, folder::stamp(path).unwrap())
            .unwrap();
        assert_eq!(first.next_number, 20);
        write("03.md", "# Narwhal, and no other animal");
        write("20.md", "# Narwhal again");
        std::fs::remove_file(path.join("04.md")).unwrap();
        let second = first
            .followed_by(path, folder::stamp(path).unwrap())
            .unwrap();
        assert_eq!(second.next_number, 22, "two were read");
        assert_eq!(second.documents().len(), 20);
        let mut found = paths_of(&second, path, "narwhal");
        found.sort();
        assert_eq!(found, ["03.md", "20.md"]);
        let all = HitRange {
            skip: 0,
            take: HITS_MAX,
        };
        let (walruses, _) = second.search("walrus", all, |_| String::new()).unwrap();
        assert_eq!((walruses, second.backlinks("05.md").len()), (18, 17));
        // Whoever still has the first one reads on in it.
        let (walruses, _) = first.search("walrus", all, |_| String::new()).unwrap();
        assert_eq!((walruses, first.backlinks("05.md").len()), (20, 19));
        // Many small changes do not pile up.
        let mut index = second;
        for number in 0..30 {
            write("20.md", &"word ".repeat(number + 10));
            index = index
                .followed_by(path, folder::stamp(path).unwrap())
                .unwrap();
        }
        assert!(index.searcher.segment_readers().len() < 20);
    }

    #[test]
    fn an_excerpt_is_around_the_find_wherever_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!(
            "# Long\n\n{} walrus at last",
            "é filler word ".repeat(4_000)
        );
        std::fs::write(folder.path().join("long.md"), long).unwrap();
        let index = HubIndex::empty()
            .unwrap()
            .followed_by(folder.path(), folder::stamp(folder.path()).unwrap())
            .unwrap();
        let plain =
            |path: &str| document::read(path, folder::text(folder.path(), path).unwrap()).plain;
        let range = HitRange { skip: 0, take: 1 };
        let (_, hits) = index.search("walrus", range, plain).unwrap();
        assert!(
            hits[0].excerpt.contains("walrus at last"),
            "{}",
            hits[0].excerpt
        );
        let (_, hits) = index.search("long", range, plain).unwrap();
        assert!(hits[0].excerpt.starts_with("Long"), "{}", hits[0].excerpt);
    }
}
