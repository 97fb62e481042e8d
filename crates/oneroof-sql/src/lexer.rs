//! A coarse lexer for what the parser cannot tell us.
//!
//! libpg_query knows nothing about text that does not parse (psql commands, COPY data) and nothing about the inside
//! of a function body. This lexer knows where strings, quoted names, dollar quotes and comments begin and end, and
//! gives words and single characters for the rest. It never fails: an unterminated string runs to the end.

use std::ops::Range;

/// What a [`Token`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or keyword, not quoted.
    Word,
    /// `"name"`.
    QuotedName,
    /// A string constant or dollar quote; the range is what stands between the quotes.
    Text(Range<usize>),
    /// A number or `$1`.
    Number,
    /// Any other single character.
    Mark,
}

/// One token with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// The bytes of the token in `text`.
    pub(crate) fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Whether this is the keyword `word` (given in lower case).
    pub(crate) fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.of(text).eq_ignore_ascii_case(word)
    }

    /// Whether this is the single character `mark`.
    pub(crate) fn is_mark(&self, text: &str, mark: &str) -> bool {
        self.kind == TokenKind::Mark && self.of(text) == mark
    }

    /// The name that a word or a quoted name stands for.
    pub(crate) fn name(&self, text: &str) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.of(text).to_lowercase()),
            TokenKind::QuotedName => {
                let raw = self.of(text);
                let inner = raw.strip_prefix('"').unwrap_or(raw);
                let inner = inner.strip_suffix('"').unwrap_or(inner);
                Some(inner.replace("\"\"", "\""))
            }
            _ => None,
        }
    }

    /// The value of a string constant (doubled quotes undone, escapes left alone).
    pub(crate) fn value(&self, text: &str) -> Option<String> {
        match &self.kind {
            TokenKind::Text(inner) => {
                let value = text.get(inner.clone()).unwrap_or("");
                if self.of(text).starts_with('$') {
                    Some(value.to_owned())
                } else {
                    Some(value.replace("''", "'"))
                }
            }
            _ => None,
        }
    }
}

/// All tokens of `text`, comments and white space left out.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut list = Vec::new();
    let mut at = 0;
    while let Some(token) = next_token(text, at) {
        at = token.end;
        list.push(token);
    }
    list
}

/// Where the first token at or after `at` begins: white space, comments and a byte order mark are skipped.
pub(crate) fn skip_blank(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => at += 1,
            Some(0xef) if at == 0 && text.starts_with('\u{feff}') => at = 3,
            Some(b'-') if bytes.get(at + 1) == Some(&b'-') => {
                while let Some(byte) = bytes.get(at) {
                    if matches!(byte, b'\n' | b'\r') {
                        break;
                    }
                    at += 1;
                }
            }
            Some(b'/') if bytes.get(at + 1) == Some(&b'*') => {
                let mut depth = 0_usize;
                loop {
                    match (bytes.get(at), bytes.get(at + 1)) {
                        (Some(b'/'), Some(b'*')) => {
                            depth += 1;
                            at += 2;
                        }
                        (Some(b'*'), Some(b'/')) => {
                            depth -= 1;
                            at += 2;
                            if depth == 0 {
                                break;
                            }
                        }
                        (Some(_), _) => at += 1,
                        (None, _) => break,
                    }
                }
            }
            _ => return at,
        }
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// End of a quoted run that begins after its opening quote; also where its content ends.
fn quoted_end(bytes: &[u8], mut at: usize, quote: u8, escapes: bool) -> (usize, usize) {
    while let Some(&byte) = bytes.get(at) {
        if escapes && byte == b'\\' {
            at += 2;
        } else if byte == quote {
            if bytes.get(at + 1) == Some(&quote) {
                at += 2;
            } else {
                return (at, at + 1);
            }
        } else {
            at += 1;
        }
    }
    (bytes.len(), bytes.len())
}

pub(crate) fn next_token(text: &str, at: usize) -> Option<Token> {
    let bytes = text.as_bytes();
    let start = skip_blank(text, at);
    let first = *bytes.get(start)?;
    let string_at = |quote_at: usize, escapes: bool| {
        let (inner_end, end) = quoted_end(bytes, quote_at + 1, b'\'', escapes);
        let inner_end = inner_end.max(quote_at + 1).min(bytes.len());
        Token {
            kind: TokenKind::Text(quote_at + 1..inner_end),
            start,
            end: end.min(bytes.len()),
        }
    };
    let quoted_name_at = |quote_at: usize| {
        let (_, end) = quoted_end(bytes, quote_at + 1, b'"', false);
        Token {
            kind: TokenKind::QuotedName,
            start,
            end,
        }
    };
    let second = bytes.get(start + 1).copied();
    let third = bytes.get(start + 2).copied();
    match first {
        b'\'' => return Some(string_at(start, false)),
        b'"' => return Some(quoted_name_at(start)),
        b'e' | b'E' if second == Some(b'\'') => return Some(string_at(start + 1, true)),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if second == Some(b'\'') => {
            return Some(string_at(start + 1, false));
        }
        b'u' | b'U' if second == Some(b'&') && third == Some(b'\'') => {
            return Some(string_at(start + 2, false));
        }
        b'u' | b'U' if second == Some(b'&') && third == Some(b'"') => {
            return Some(quoted_name_at(start + 2));
        }
        b'$' => {
            if let Some(token) = dollar_quote(text, start) {
                return Some(token);
            }
        }
        _ => {}
    }
    let run = |from: usize, part: fn(u8) -> bool| {
        let mut end = from;
        while bytes.get(end).copied().is_some_and(part) {
            end += 1;
        }
        end
    };
    let (kind, end) = if is_word_start(first) {
        (TokenKind::Word, run(start, is_word_part))
    } else if first.is_ascii_digit()
        || (first == b'$' && second.is_some_and(|byte| byte.is_ascii_digit()))
    {
        let mut end = run(start + 1, |byte| {
            byte.is_ascii_alphanumeric() || byte == b'_'
        });
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = run(end + 1, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
        }
        (TokenKind::Number, end)
    } else {
        (TokenKind::Mark, start + 1)
    };
    Some(Token { kind, start, end })
}

fn dollar_quote(text: &str, start: usize) -> Option<Token> {
    let bytes = text.as_bytes();
    let mut tag_end = start + 1;
    while let Some(&byte) = bytes.get(tag_end) {
        if byte == b'$' {
            break;
        }
        let allowed = if tag_end == start + 1 {
            is_word_start(byte)
        } else {
            is_word_part(byte)
        };
        if !allowed {
            return None;
        }
        tag_end += 1;
    }
    if bytes.get(tag_end) != Some(&b'$') {
        return None;
    }
    let tag = text.get(start..=tag_end)?;
    let inner = tag_end + 1;
    let rest = text.get(inner..)?;
    let (inner_end, end) = match rest.find(tag) {
        Some(found) => (inner + found, inner + found + tag.len()),
        None => (text.len(), text.len()),
    };
    Some(Token {
        kind: TokenKind::Text(inner..inner_end),
        start,
        end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = tokens(text).iter().map(|token| token.of(text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn strings_names_and_comments() {
        check(
            "select 'a''b', \"c\"\"d\" -- x\n;",
            &["select", "'a''b'", ",", "\"c\"\"d\"", ";"],
        );
        check("E'a\\'b' x", &["E'a\\'b'", "x"]);
        check(
            "U&'x' U&\"y\" b'1' n'2'",
            &["U&'x'", "U&\"y\"", "b'1'", "n'2'"],
        );
        check("/* a /* b */ ; */ x", &["x"]);
        check(
            "$$a;b$$ $t$ $$ $t$ a$1 $1",
            &["$$a;b$$", "$t$ $$ $t$", "a$1", "$1"],
        );
        check("1..10 1.5e3", &["1", ".", ".", "10", "1.5e3"]);
        check("\u{feff}größe", &["größe"]);
    }

    #[test]
    fn unterminated_text_runs_to_the_end() {
        for text in [
            "'abc", "\"abc", "$$abc", "/* abc", "E'abc\\", "E'ä\\", "$a", "u&'", "'",
        ] {
            let list = tokens(text);
            assert!(list.iter().all(|token| token.end <= text.len()));
            for token in &list {
                let _ = (token.value(text), token.name(text), token.of(text));
            }
        }
    }
}
