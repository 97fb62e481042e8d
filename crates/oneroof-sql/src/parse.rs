//! The one door to the parser: [`with_parsed`].
//!
//! Three traps shape this module.
//! - A tree is as deep as the text is nested, so decoding, walking and dropping it happen on a large stack; trees never
//!   leave it, only what the visitor made of them.
//! - While it parses, libpg_query points file descriptor 2 of the whole process into a pipe of its own. Two parsers
//!   at a time would leave it closed, so one single thread ever enters the C code.
//! - The C code makes a thread key for each thread that comes in and never gives it back, and a process has 1,024 of
//!   them: one more reason for a single long-lived thread.

use std::borrow::Cow;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use prost::Message;
use serde::Serialize;
use thiserror::Error;

use crate::lexer::{TokenKind, tokens};
use crate::position::{Raw, Tree, parse_raw};
use crate::reply::{AWAKE, Reply, reply};
use crate::tree::{Arena, Record};
use crate::wire;

/// Longest text that is parsed. A tree needs about a hundred times the memory of its text.
pub const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Stack of whoever touches a tree. Untouched pages cost nothing.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Longest message of the parser that is kept.
const MESSAGE_CHARACTERS_MAX: usize = 200;

/// What kind of refusal a [`ParseError`] is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseErrorKind {
    /// PostgreSQL's grammar refuses it.
    Syntax,
    /// A psql command such as `\i`; the text is its name with the backslash.
    PsqlCommand(String),
    /// A psql variable such as `:name`; the text is what stands there.
    PsqlVariable(String),
    /// `copy … from stdin` followed by data.
    CopyData,
    /// Nested deeper than the parser's limit.
    TooDeep,
    /// Longer than [`TEXT_BYTES_MAX`].
    TooLong,
    /// Holds a NUL byte.
    NulByte,
    /// A query or a predicate that parses, and is not what is allowed at its place.
    NotAllowed,
    /// A fault of ours.
    Internal,
}

/// Why a text was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[error("{message} (line {line}, column {column})")]
pub struct ParseError {
    /// What is wrong, in PostgreSQL's words where they are PostgreSQL's.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
    /// What kind of refusal it is.
    pub kind: ParseErrorKind,
}

impl ParseError {
    /// An error at byte `offset` of `text`.
    pub(crate) fn at(text: &str, offset: usize, kind: ParseErrorKind, message: String) -> Self {
        let (line, column) = locate(text, offset);
        Self {
            message,
            offset,
            line,
            column,
            kind,
        }
    }
}

/// Line and column (1-based, columns in characters) of byte `offset` of `text`.
///
/// An offset inside a character counts as that character, one past the end as the end. A byte order mark has no width.
#[must_use]
pub fn locate(text: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[line_start..]
        .chars()
        .enumerate()
        .filter(|(index, character)| !(line_start == 0 && *index == 0 && *character == '\u{feff}'))
        .count()
        + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

/// [`locate()`] for offsets that mostly grow: a file of many statements is read once and not once for each of them.
pub(crate) struct Places<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    /// Line and column of byte `offset`.
    pub(crate) fn locate(&mut self, offset: usize) -> (u32, u32) {
        let Some(between) = self.text.get(self.offset..offset) else {
            return locate(self.text, offset);
        };
        for (index, character) in between.char_indices() {
            match character {
                '\n' => {
                    self.line += 1;
                    self.column = 1;
                }
                '\u{feff}' if self.offset + index == 0 => {}
                _ => self.column += 1,
            }
        }
        self.offset = offset;
        (self.line, self.column)
    }
}

/// Parses `text` and hands the tree to `visit`, on a stack that is large enough for both.
///
/// All locations in the tree are byte offsets into `text`.
pub(crate) fn with_parsed<R, F>(text: &str, visit: F) -> Result<R, ParseError>
where
    F: FnOnce(&Tree) -> R,
{
    let bytes = parse_bytes(text)?;
    let internal = |what: &str| ParseError::at(text, 0, ParseErrorKind::Internal, what.to_owned());
    // Dropping the tree wants the large stack too.
    let outcome = stacker::grow(STACK_BYTES, move || {
        catch_unwind(AssertUnwindSafe(move || {
            let tree = Tree::decode(bytes.as_slice()).map_err(|error| error.to_string())?;
            drop(bytes);
            Ok::<R, String>(visit(&tree))
        }))
    });
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(decode)) => Err(internal(&format!("parse tree cannot be decoded: {decode}"))),
        Err(_panic) => Err(internal("the visitor of the parse tree panicked")),
    }
}

/// What no parser should see.
fn check_bytes(text: &str) -> Option<ParseError> {
    if text.len() > TEXT_BYTES_MAX {
        return Some(ParseError::at(
            text,
            TEXT_BYTES_MAX,
            ParseErrorKind::TooLong,
            format!(
                "text of {} bytes is longer than the limit of {TEXT_BYTES_MAX}",
                text.len()
            ),
        ));
    }
    if let Some(offset) = text.find('\0') {
        return Some(ParseError::at(
            text,
            offset,
            ParseErrorKind::NulByte,
            String::from("NUL byte in SQL text"),
        ));
    }
    None
}

/// The encoded tree of `text`, made by the parser thread.
fn parse_bytes(text: &str) -> Result<Vec<u8>, ParseError> {
    if let Some(error) = check_bytes(text) {
        return Err(error);
    }
    // psql skips a byte order mark and the server refuses it: three blanks keep every offset.
    let readable: Cow<'_, str> = match text.strip_prefix('\u{feff}') {
        Some(rest) => Cow::Owned(format!("   {rest}")),
        None => Cow::Borrowed(text),
    };
    let internal = |what: String| ParseError::at(text, 0, ParseErrorKind::Internal, what);
    let owned = CString::new(readable.as_bytes()).map_err(|error| internal(error.to_string()))?;
    match ask_parser_thread(owned).map_err(internal)? {
        Raw::Tree(bytes) => Ok(bytes),
        Raw::Refused { message, cursor } => Err(explain(text, &readable, message, cursor)),
    }
}

/// A parse, or a visit that stays on the parser thread.
enum Job {
    Parse(CString, Reply<Raw<Vec<u8>>>),
    Visit(Box<dyn FnOnce() + Send>),
}

/// Parses `text` and lets `visit` look at the tree, both on the parser thread itself: no second thread is started,
/// which costs more than a short statement's parse. For visitors that are quick and own what they need.
pub(crate) fn on_parser_thread<R, F>(text: &str, visit: F) -> Result<R, ParseError>
where
    R: Send + 'static,
    F: FnOnce(&str, &Record) -> R + Send + 'static,
{
    if let Some(error) = check_bytes(text) {
        return Err(error);
    }
    let internal = |what: String| ParseError::at(text, 0, ParseErrorKind::Internal, what);
    let input = CString::new(text).map_err(|error| internal(error.to_string()))?;
    let (reply, answer) = reply();
    let job = Job::Visit(Box::new(move || {
        // A panic drops the reply, which is an answer too.
        let _ = catch_unwind(AssertUnwindSafe(move || {
            let mut reply = Some(reply);
            let mut answer = |value| {
                if let Some(reply) = reply.take() {
                    reply.send(value);
                }
            };
            let raw = parse_raw(&input, |bytes| {
                let arena = Arena::new();
                // The caller has its answer before the tree is dropped.
                answer(match (input.to_str(), wire::read(&arena, bytes)) {
                    (Ok(text), Ok(tree)) => Ok(Ok(visit(text, &tree))),
                    (Err(error), _) => Err(error.to_string()),
                    (_, Err(error)) => Err(error.to_string()),
                });
            });
            if let Raw::Refused { message, cursor } = raw {
                answer(Ok(Err((message, cursor))));
            }
        }));
    }));
    send_to_parser_thread(job).map_err(internal)?;
    match answer.wait() {
        Some(Ok(Ok(value))) => Ok(value),
        Some(Ok(Err((message, cursor)))) => Err(explain(text, text, message, cursor)),
        Some(Err(what)) => Err(internal(what)),
        None => Err(internal(String::from(
            "the visitor of the parse tree panicked",
        ))),
    }
}

/// Sends one text to the only thread that enters the C code, and waits.
fn ask_parser_thread(text: CString) -> Result<Raw<Vec<u8>>, String> {
    let (reply, answer) = reply();
    send_to_parser_thread(Job::Parse(text, reply))?;
    answer
        .wait()
        .ok_or_else(|| String::from("the parser thread is gone"))
}

/// Gives a job to the only thread that enters the C code, which is started by the first one.
fn send_to_parser_thread(job: Job) -> Result<(), String> {
    static PARSER: OnceLock<Result<mpsc::Sender<Job>, String>> = OnceLock::new();
    let parser = PARSER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name(String::from("oneroof-sql-parser"))
            .stack_size(STACK_BYTES)
            .spawn(move || {
                while let Some(job) = next_job(&receiver) {
                    match job {
                        Job::Parse(text, reply) => {
                            reply.send(parse_raw(&text, <[u8]>::to_vec));
                        }
                        Job::Visit(visit) => visit(),
                    }
                }
            })
            .map(|_| sender)
            .map_err(|error| format!("no thread for the parser: {error}"))
    });
    match parser {
        Ok(sender) => sender
            .send(job)
            .map_err(|_| String::from("the parser thread is gone")),
        Err(error) => Err(error.clone()),
    }
}

/// The next job; `None` when nobody can send one any more. Awake for a moment first, as whoever waits for an answer is.
fn next_job(receiver: &mpsc::Receiver<Job>) -> Option<Job> {
    let began = Instant::now();
    while began.elapsed() < AWAKE {
        match receiver.try_recv() {
            Ok(job) => return Some(job),
            Err(mpsc::TryRecvError::Empty) => std::hint::spin_loop(),
            Err(mpsc::TryRecvError::Disconnected) => return None,
        }
    }
    receiver.recv().ok()
}

/// Turns the parser's refusal into ours: looks for what a person would call the cause.
fn explain(text: &str, readable: &str, mut message: String, cursor: usize) -> ParseError {
    // `at or near "…"` may repeat the whole rest of the text.
    if let Some((cut, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX) {
        message.truncate(cut);
        message.push('…');
    }
    if message.contains("stack depth limit") || message.contains("too deep") {
        let message = String::from("nested too deeply for the parser");
        return ParseError::at(text, 0, ParseErrorKind::TooDeep, message);
    }
    let offset = match cursor {
        0 => 0,
        _ => readable
            .char_indices()
            .nth(cursor - 1)
            .map_or(text.len(), |(offset, _)| offset),
    };
    if let Some(error) = copy_data(text, offset) {
        return error;
    }
    if let Some(error) = psql_command(text) {
        return error;
    }
    if let Some(error) = psql_variable(text, offset) {
        return error;
    }
    ParseError::at(text, offset, ParseErrorKind::Syntax, message)
}

/// A backslash outside of strings, names and comments is never SQL.
fn psql_command(text: &str) -> Option<ParseError> {
    let token = tokens(text)
        .into_iter()
        .find(|token| token.is_mark(text, "\\"))?;
    let rest = &text[token.end..];
    let name_end = rest
        .find(|character: char| !(character.is_alphanumeric() || "_!?+".contains(character)))
        .unwrap_or(rest.len());
    let name = format!("\\{}", &rest[..name_end]);
    Some(ParseError::at(
        text,
        token.start,
        ParseErrorKind::PsqlCommand(name.clone()),
        format!("psql command `{name}` is not SQL"),
    ))
}

/// `:name`, `:'name'`, `:"name"` right where the parser stopped.
fn psql_variable(text: &str, offset: usize) -> Option<ParseError> {
    let rest = text.get(offset..)?.strip_prefix(':')?;
    let list = tokens(rest);
    let first = list.first().filter(|token| token.start == 0)?;
    if !matches!(
        first.kind,
        TokenKind::Word | TokenKind::QuotedName | TokenKind::Text(_)
    ) {
        return None;
    }
    let name = format!(":{}", first.of(rest));
    Some(ParseError::at(
        text,
        offset,
        ParseErrorKind::PsqlVariable(name.clone()),
        format!("psql variable `{name}` is not SQL"),
    ))
}

/// The statement before the error is `copy … from stdin`: what follows is data.
fn copy_data(text: &str, offset: usize) -> Option<ParseError> {
    let mut start = None;
    let mut words: Vec<String> = Vec::new();
    for token in tokens(text) {
        if token.start > offset {
            break;
        }
        if token.is_mark(text, ";") {
            let is_copy = words.first().is_some_and(|word| word == "copy")
                && words
                    .windows(2)
                    .any(|pair| pair[0] == "from" && pair[1] == "stdin");
            if is_copy {
                return Some(ParseError::at(
                    text,
                    start.unwrap_or(0),
                    ParseErrorKind::CopyData,
                    String::from("`copy … from stdin` with its data is a psql script, not SQL"),
                ));
            }
            words.clear();
            start = None;
            continue;
        }
        start.get_or_insert(token.start);
        words.push(token.of(text).to_lowercase());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> ParseError {
        with_parsed(text, |_| ()).unwrap_err()
    }

    fn place(text: &str) -> (u32, u32) {
        let error = refused(text);
        (error.line, error.column)
    }

    #[test]
    fn counts_statements() {
        for (text, expected) in [
            ("", 0),
            ("  -- nothing\n", 0),
            (";;", 0),
            ("select 1", 1),
            ("select 1;\r\nselect 2;\r\n", 2),
            ("\u{feff}select 1", 1),
            ("\u{feff}", 0),
        ] {
            assert_eq!(
                with_parsed(text, |tree| tree.stmts.len()),
                Ok(expected),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_place_of_an_error_counts_characters() {
        assert_eq!(place("select 1;\nselect größe, frm t t t"), (2, 21));
        assert_eq!(place("select 'äöü' 'x"), (1, 14));
        assert_eq!(place("\u{feff}selec 1"), (1, 1));
        assert_eq!(place("select 1;\r\n  selec 2"), (2, 3));
        assert_eq!(place("select ("), (1, 9));
        let error = refused("create tabl x ()");
        assert_eq!(error.message, "syntax error at or near \"tabl\"");
        assert_eq!(error.offset, 7);
    }

    #[test]
    fn psql_commands_are_named() {
        for (text, command, line) in [
            ("select 1;\n\\i other.sql\n", "\\i", 2),
            ("\\set x 1\nselect :x", "\\set", 1),
            ("select 1 \\gset\n", "\\gset", 1),
            ("\\! rm -rf\n", "\\!", 1),
        ] {
            let error = refused(text);
            assert_eq!(
                error.kind,
                ParseErrorKind::PsqlCommand(command.to_owned()),
                "{text}"
            );
            assert_eq!(error.line, line, "{text}");
            assert!(error.message.contains(command));
        }
        let error = refused("select * from t where a = :'tag';");
        assert_eq!(
            error.kind,
            ParseErrorKind::PsqlVariable(String::from(":'tag'"))
        );
        assert_eq!(error.column, 27);
        // Backslashes in strings, names and comments are no commands.
        assert!(with_parsed("select '\\i', E'\\n', \"\\i\", $$\\i$$ -- \\i\n", |_| ()).is_ok());
        assert_eq!(refused("select '\\i' frm t t").kind, ParseErrorKind::Syntax);
    }

    #[test]
    fn copy_data_is_named() {
        let error = refused("select 1;\ncopy t (a, b) from stdin;\n1\tit's\n\\.\n");
        assert_eq!(error.kind, ParseErrorKind::CopyData);
        assert_eq!((error.line, error.column), (2, 1));
        assert!(with_parsed("copy t from stdin", |_| ()).is_ok());
    }

    #[test]
    fn limits() {
        assert_eq!(refused("select 1\0").kind, ParseErrorKind::NulByte);
        assert_eq!(
            refused(&" ".repeat(TEXT_BYTES_MAX + 1)).kind,
            ParseErrorKind::TooLong
        );
    }

    /// Every kind of nesting that the grammar has, up to 64 KiB of it, parses or is refused: no abort, no panic.
    #[test]
    fn deep_nesting_never_aborts() {
        let kinds: &[(&str, &str, &str)] = &[
            ("select ", "(", ")"),
            ("select ", "(select ", ")"),
            ("select ", "case when true then ", " end"),
            ("select ", "not ", ""),
            ("select ", "- ", ""),
            ("select 1", "+1", ""),
            ("select true", " and true", ""),
            ("select 1", "::int", ""),
            ("select 1", " union select 1", ""),
            ("select ", "array[", "]"),
            ("select ", "row(", ")"),
            ("select ", "f(", ")"),
            ("select ", "coalesce(", ")"),
            ("select a", "[1]", ""),
            ("select * from ", "(select * from ", ") a"),
            ("select * from t", " join t on true", ""),
            ("select * from ", "(t join ", " t on true)"),
            ("select ", "exists (select ", ")"),
            ("", "with a as (", "select 1) select 1"),
            ("", "explain ", "select 1"),
            ("select 'a'", " || 'a'", ""),
            ("create schema s ", "create table t(a int) ", ""),
            ("/*", "/*", "*/"),
            ("", ";", ""),
            ("select ", "xmlelement(name a, ", ")"),
            ("", "create rule r as on insert to t do also (", ")"),
            (
                "create function f() returns int begin atomic ",
                "select 1; ",
                "end",
            ),
            ("select ", "json_object('a': ", ")"),
        ];
        for (head, open, close) in kinds {
            for size in [64, 1024, 8 * 1024, 64 * 1024] {
                // The C scanner takes quadratic time for nested comments.
                let depth = if *open == "/*" { size.min(8192) } else { size } / open.len();
                for middle in ["1", "select 1", ""] {
                    let text = format!(
                        "{head}{}{middle}{}",
                        open.repeat(depth),
                        close.repeat(depth)
                    );
                    let _ = with_parsed(&text, |tree| {
                        let arena = crate::tree::Arena::new();
                        crate::tree::Item::of(&arena, tree) == crate::tree::Item::Nothing
                    });
                }
            }
        }
    }

    #[test]
    fn a_visitor_that_panics_is_an_error() {
        let error = with_parsed("select 1", |_| panic!("on purpose")).map(|(): ()| ());
        assert_eq!(error.unwrap_err().kind, ParseErrorKind::Internal);
    }

    #[test]
    fn many_threads_at_once() {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        assert_eq!(
                            with_parsed("select 1; select 2", |tree| tree.stmts.len()),
                            Ok(2)
                        );
                        assert!(with_parsed("selec", |_| ()).is_err());
                    }
                });
            }
        });
    }

    /// Two parsers at a time would leave file descriptor 2 pointing into a closed pipe.
    #[cfg(target_os = "linux")]
    #[test]
    fn standard_error_survives() {
        let target = || std::fs::read_link("/proc/self/fd/2").unwrap();
        let before = target();
        many_threads_at_once();
        assert_eq!(target(), before);
    }

    #[test]
    fn token_soup_never_aborts() {
        let words = [
            "select",
            "from",
            "where",
            "(",
            ")",
            ",",
            "'x'",
            "1",
            "a",
            ".",
            "::",
            "create",
            "table",
            "view",
            "as",
            "$$b$$",
            "with",
            "insert",
            "into",
            "values",
            "on",
            "conflict",
            "do",
            ";",
            "alter",
            "add",
            "column",
            "default",
            "check",
            "references",
            "function",
            "returns",
            "\\",
            "\"",
            "'",
            "E'",
            "$",
            "--",
            "/*",
            "*/",
            "ä",
            "\u{feff}",
            "\r\n",
            "partition",
            "by",
            "for",
            "update",
            "of",
            "null",
            "interval",
            "[",
            "]",
            ":",
            "grant",
            "to",
            "current_user",
        ];
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % below as u64).unwrap()
        };
        for _ in 0..3000 {
            let count = random(14) + 1;
            let text: Vec<&str> = (0..count).map(|_| words[random(words.len())]).collect();
            let text = text.join(" ");
            if let Err(error) = with_parsed(&text, |_| ()) {
                assert!(error.offset <= text.len(), "{text:?}");
            }
        }
    }
}
