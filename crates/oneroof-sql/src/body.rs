//! What stands inside a PL/pgSQL body: the SQL statements and expressions, cut out with their places.
//!
//! libpg_query's own PL/pgSQL reader needs the catalog for types and gives no positions. Cutting at statement
//! boundaries with the lexer and giving each [`Piece`] to the real parser is enough to learn which relations a body
//! touches; a piece that does not parse teaches nothing and is no error.

use crate::lexer::{Token, TokenKind, tokens};

/// One statement or expression of a body, ready for the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// SQL; expressions have become `select …`.
    pub(crate) text: String,
    /// What to add to an offset in `text` to get the offset in the body.
    pub(crate) shift: isize,
    /// Text of an `execute`; every place in it is the place of the string.
    pub(crate) dynamic: bool,
}

/// What a body holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) pieces: Vec<Piece>,
    /// It builds statements whose text cannot be known.
    pub(crate) unknown_dynamic: bool,
    /// It has branches or handlers, so that not every statement runs.
    pub(crate) conditional: bool,
}

/// Words that begin a SQL statement inside a body.
const SQL_WORDS: &[&str] = &[
    "insert",
    "update",
    "delete",
    "select",
    "with",
    "merge",
    "create",
    "alter",
    "drop",
    "truncate",
    "lock",
    "grant",
    "revoke",
    "comment",
    "refresh",
    "set",
    "reset",
    "commit",
    "rollback",
    "copy",
    "call",
    "do",
    "vacuum",
    "analyze",
    "notify",
    "listen",
    "unlisten",
    "discard",
    "reindex",
    "cluster",
    "values",
    "security",
    "savepoint",
    "import",
];

/// What stands for a name in dynamic SQL that is known only at run time.
pub(crate) const PLACEHOLDER: &str = "placeholder__";

/// Cuts the body of a PL/pgSQL function or `do` block.
pub(crate) fn plpgsql(text: &str) -> Body {
    let list = tokens(text);
    let mut body = Body::default();
    let mut at = 0;
    while at < list.len() {
        at = statement(text, &list, at, &mut body);
    }
    body
}

/// Index of the first token at parenthesis depth 0 that `stops`, from `at` on; the end of the list if none.
fn find(text: &str, list: &[Token], at: usize, stops: impl Fn(&Token) -> bool) -> usize {
    let mut depth = 0_usize;
    let mut cases = 0_usize;
    for (index, token) in list.iter().enumerate().skip(at) {
        if token.is_mark(text, ";") {
            return index;
        }
        if depth == 0 && cases == 0 && index > at && stops(token) {
            return index;
        }
        if token.is_mark(text, "(") || token.is_mark(text, "[") {
            depth += 1;
        } else if token.is_mark(text, ")") || token.is_mark(text, "]") {
            depth = depth.saturating_sub(1);
        } else if token.is_word(text, "case") && index > at {
            cases += 1;
        } else if token.is_word(text, "end") && cases > 0 {
            cases -= 1;
        }
    }
    list.len()
}

/// Reads one statement from token `at`; returns the token after it.
fn statement(text: &str, list: &[Token], at: usize, body: &mut Body) -> usize {
    let first = &list[at];
    let word = match first.kind {
        TokenKind::Word => first.of(text).to_ascii_lowercase(),
        _ => String::new(),
    };
    match word.as_str() {
        "begin" | "declare" | "loop" | "else" | "then" => at + 1,
        "exception" => {
            body.conditional = true;
            at + 1
        }
        "if" | "elsif" | "elseif" | "when" => {
            body.conditional = true;
            let end = find(text, list, at, |token| token.is_word(text, "then"));
            if !(word == "when" && looks_like_condition_names(text, list, at + 1, end)) {
                expression(text, list, at + 1, end, body);
            }
            end + 1
        }
        "case" => {
            body.conditional = true;
            let end = find(text, list, at, |token| token.is_word(text, "when"));
            expression(text, list, at + 1, end, body);
            end
        }
        "while" => {
            let end = find(text, list, at, |token| token.is_word(text, "loop"));
            expression(text, list, at + 1, end, body);
            end + 1
        }
        "for" | "foreach" => {
            let end = find(text, list, at, |token| token.is_word(text, "loop"));
            let inside = find(text, list, at, |token| token.is_word(text, "in"));
            if inside < end {
                query_or_expression(text, list, inside + 1, end, body);
            }
            end + 1
        }
        _ => {
            let end = find(text, list, at, |_| false);
            plain(text, list, at, end, &word, body);
            end + 1
        }
    }
}

/// `when others then`, `when unique_violation or sqlstate '…' then`: names, no expression.
fn looks_like_condition_names(text: &str, list: &[Token], from: usize, to: usize) -> bool {
    list[from.min(list.len())..to.min(list.len())]
        .iter()
        .all(|token| matches!(token.kind, TokenKind::Word | TokenKind::Text(_)))
        && list
            .get(from)
            .is_some_and(|token| !token.is_word(text, "not"))
}

/// A statement that ends at its semicolon.
fn plain(text: &str, list: &[Token], at: usize, end: usize, word: &str, body: &mut Body) {
    match word {
        "end" | "null" | "exit" | "continue" | "get" | "close" | "fetch" | "move" => {}
        "execute" => dynamic(text, list, at + 1, end, body),
        "perform" => expression(text, list, at + 1, end, body),
        "return" => match list.get(at + 1) {
            Some(next) if next.is_word(text, "query") => {
                query_or_expression(text, list, at + 2, end, body);
            }
            Some(next) if next.is_word(text, "next") => {
                expression(text, list, at + 2, end, body);
            }
            _ => expression(text, list, at + 1, end, body),
        },
        "assert" => expression(text, list, at + 1, end, body),
        "raise" => {
            let level = list
                .get(at + 1)
                .is_some_and(|token| token.kind == TokenKind::Word);
            expression(text, list, at + 1 + usize::from(level), end, body);
        }
        "open" => {
            let inside = find(text, list, at, |token| token.is_word(text, "for"));
            if inside < end {
                query_or_expression(text, list, inside + 1, end, body);
            }
        }
        word if SQL_WORDS.contains(&word) => sql(text, list, at, end, body),
        _ => assignment(text, list, at, end, body),
    }
}

/// `x := …`, `x = …`, `x type default …`, `c cursor for select …`.
fn assignment(text: &str, list: &[Token], at: usize, end: usize, body: &mut Body) {
    let mut depth = 0_usize;
    for index in at..end.min(list.len()) {
        let token = &list[index];
        if token.is_mark(text, "(") || token.is_mark(text, "[") {
            depth += 1;
        } else if token.is_mark(text, ")") || token.is_mark(text, "]") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && index > at {
            if token.is_mark(text, "=") || token.is_word(text, "default") {
                return expression(text, list, index + 1, end, body);
            }
            if token.is_word(text, "for") || token.is_word(text, "is") {
                return query_or_expression(text, list, index + 1, end, body);
            }
        }
    }
}

fn query_or_expression(text: &str, list: &[Token], from: usize, to: usize, body: &mut Body) {
    let Some(first) = list.get(from).filter(|_| from < to) else {
        return;
    };
    if first.is_word(text, "execute") {
        dynamic(text, list, from + 1, to, body);
    } else if first.kind == TokenKind::Word
        && SQL_WORDS.contains(&first.of(text).to_ascii_lowercase().as_str())
    {
        sql(text, list, from, to, body);
    } else {
        expression(text, list, from, to, body);
    }
}

fn span<'a>(text: &'a str, list: &[Token], from: usize, to: usize) -> Option<(usize, &'a str)> {
    let to = to.min(list.len());
    if from >= to {
        return None;
    }
    let start = list[from].start;
    Some((start, text.get(start..list[to - 1].end)?))
}

fn expression(text: &str, list: &[Token], from: usize, to: usize, body: &mut Body) {
    const HEAD: &str = "select ";
    if let Some((start, inner)) = span(text, list, from, to) {
        body.pieces.push(Piece {
            text: format!("{HEAD}{inner}"),
            shift: isize::try_from(start).unwrap_or(0) - 7,
            dynamic: false,
        });
    }
}

/// A SQL statement, with PL/pgSQL's `into targets` blanked out.
fn sql(text: &str, list: &[Token], from: usize, to: usize, body: &mut Body) {
    let Some((start, inner)) = span(text, list, from, to) else {
        return;
    };
    let mut bytes = inner.as_bytes().to_vec();
    let first = &list[from];
    let can_have_targets = [
        "select", "with", "insert", "update", "delete", "merge", "values",
    ]
    .iter()
    .any(|word| first.is_word(text, word));
    if can_have_targets {
        let mut depth = 0_usize;
        for index in from..to.min(list.len()) {
            let token = &list[index];
            if token.is_mark(text, "(") {
                depth += 1;
            } else if token.is_mark(text, ")") {
                depth = depth.saturating_sub(1);
            }
            let after_verb = index > from
                && ["insert", "merge"]
                    .iter()
                    .any(|word| list[index - 1].is_word(text, word));
            if depth == 0 && token.is_word(text, "into") && !after_verb {
                let last = targets_end(text, list, index + 1, to);
                bytes[token.start - start..list[last].end - start].fill(b' ');
            }
        }
    }
    if let Ok(text) = String::from_utf8(bytes) {
        body.pieces.push(Piece {
            text,
            shift: isize::try_from(start).unwrap_or(0),
            dynamic: false,
        });
    }
}

/// Index of the last token of `[strict] a, b.c, d[1]`.
fn targets_end(text: &str, list: &[Token], from: usize, to: usize) -> usize {
    let mut last = from - 1;
    let mut index = from;
    if list
        .get(index)
        .is_some_and(|token| token.is_word(text, "strict"))
    {
        last = index;
        index += 1;
    }
    while index < to.min(list.len()) {
        match list[index].kind {
            TokenKind::Word | TokenKind::QuotedName => last = index,
            _ => break,
        }
        index += 1;
        if list.get(index).is_some_and(|token| {
            index < to && (token.is_mark(text, ",") || token.is_mark(text, "."))
        }) {
            index += 1;
        } else if list
            .get(index)
            .is_some_and(|token| index < to && token.is_mark(text, "["))
        {
            while index < to.min(list.len()) && !list[index].is_mark(text, "]") {
                index += 1;
            }
            last = index.min(list.len() - 1);
            index += 1;
            if list
                .get(index)
                .is_some_and(|token| index < to && token.is_mark(text, ","))
            {
                index += 1;
            } else {
                break;
            }
        } else {
            break;
        }
    }
    last
}

/// `execute 'text'`, `execute format('text', …)`: the text if it can be known.
fn dynamic(text: &str, list: &[Token], from: usize, to: usize, body: &mut Body) {
    let to = to.min(list.len());
    let Some(first) = list.get(from).filter(|_| from < to) else {
        return;
    };
    let (literal, after, formatted) = if matches!(first.kind, TokenKind::Text(_)) {
        (Some(first), from + 1, false)
    } else if first.is_word(text, "format")
        && list
            .get(from + 1)
            .is_some_and(|token| token.is_mark(text, "("))
    {
        let literal = list
            .get(from + 2)
            .filter(|token| matches!(token.kind, TokenKind::Text(_)));
        (literal, from + 3, true)
    } else {
        (None, from, false)
    };
    let value = literal.and_then(|token| Some((token.start, token.value(text)?)));
    let Some((start, value)) = value else {
        body.unknown_dynamic = true;
        return expression(text, list, from, to, body);
    };
    // `'a' || b` and `format('a') || b` go on where we cannot follow.
    let rest = &list[after.min(to)..to];
    let goes_on = rest.windows(2).any(|pair| {
        pair[0].is_mark(text, "|") && pair[1].is_mark(text, "|") && pair[0].end == pair[1].start
    });
    let (value, has_holes) = if formatted {
        fill_format(&value)
    } else {
        (value, false)
    };
    if goes_on && !formatted {
        body.unknown_dynamic = true;
        return;
    }
    body.unknown_dynamic |= has_holes;
    body.pieces.push(Piece {
        text: value,
        shift: isize::try_from(start).unwrap_or(0),
        dynamic: true,
    });
}

/// Puts placeholders where `format` puts values; says whether a name or text was filled in.
fn fill_format(value: &str) -> (String, bool) {
    let mut filled = String::with_capacity(value.len());
    let mut holes = false;
    let mut rest = value.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '%' {
            filled.push(character);
            continue;
        }
        while rest
            .peek()
            .is_some_and(|next| next.is_ascii_digit() || matches!(next, '$' | '-' | '*'))
        {
            rest.next();
        }
        match rest.next() {
            Some('%') => filled.push('%'),
            Some('L') => filled.push_str("'placeholder__'"),
            Some('I' | 's') => {
                holes = true;
                filled.push_str(PLACEHOLDER);
            }
            _ => {}
        }
    }
    (filled, holes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let body = plpgsql(text);
        let found: Vec<&str> = body
            .pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(found, expected, "{text}");
        for piece in body.pieces.iter().filter(|piece| !piece.dynamic) {
            let start = usize::try_from(piece.shift + 7).unwrap();
            let tail = piece.text.strip_prefix("select ").unwrap_or("");
            assert!(tail.is_empty() || text[start..].starts_with(&tail[..1]) || piece.shift >= 0);
        }
    }

    #[test]
    fn statements_and_expressions_are_cut_out() {
        check(
            "declare n int := (select count(*) from a); begin \
             if exists (select 1 from b) then insert into c values (1); else delete from d; end if; \
             select case when x then y else z end into strict n, m from e; \
             perform f(1); return query select * from g; \
             for r in select * from h loop update i set a = 1 returning a into n; end loop; \
             exception when others then raise notice '% %', n, 2; end",
            &[
                "select (select count(*) from a)",
                "select exists (select 1 from b)",
                "insert into c values (1)",
                "delete from d",
                "select case when x then y else z end                  from e",
                "select f(1)",
                "select * from g",
                "select * from h",
                "update i set a = 1 returning a       ",
                "select '% %', n, 2",
            ],
        );
    }

    #[test]
    fn dynamic_text_is_read_where_it_is_known() {
        let body = plpgsql(
            "begin execute 'drop view v'; execute format('create view %I as select %L', n, 1); \
             execute 'drop table ' || t; execute q; end",
        );
        let texts: Vec<_> = body
            .pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "drop view v",
                "create view placeholder__ as select 'placeholder__'",
                "select q"
            ]
        );
        assert!(body.unknown_dynamic);
        assert!(!plpgsql("begin execute 'drop view v'; end").unknown_dynamic);
    }

    #[test]
    fn any_text_is_survived() {
        let words = [
            "if",
            "then",
            "loop",
            "for",
            "in",
            "select",
            "into",
            "strict",
            "[",
            "]",
            "(",
            ")",
            ";",
            "x",
            "case",
            "when",
            "end",
            "execute",
            "format",
            "'a%I'",
            "||",
            ",",
            ".",
            "return",
            "query",
            "raise",
            ":=",
            "perform",
            "ä",
            "open",
            "begin",
            "exception",
            "$$",
        ];
        let mut seed = 7_u64;
        for _ in 0..5000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(words[usize::try_from(seed >> 33).unwrap() % words.len()]);
                text.push(' ');
            }
            let _ = plpgsql(&text);
        }
    }
}
