//! One text per meaning where PostgreSQL prints two.
//!
//! A cast over an array constructor, `(ARRAY['a'::character varying])::text[]`, is what a fresh
//! `check (x in ('a'))` on a varchar column prints as. After a dump and a restore the cast has moved
//! to the elements: `ARRAY[('a'::character varying)::text]`. The second form is stable, so both are
//! compared in it. (Observed on 15; without this no clone of such a production would be faithful.)
//!
//! A column without a name in an inner query, `SELECT 'x'::text`, has got one after a dump and a
//! restore: `SELECT 'x'::text AS text`, because the parser names a cast after its type. Such names are
//! left out.

/// The stable form of a definition that PostgreSQL printed.
pub(super) fn canonical(definition: String) -> String {
    without_names_of_casts(with_moved_casts(definition))
}

fn with_moved_casts(definition: String) -> String {
    let mut text = definition;
    let mut from = 0;
    while let Some(found) = text[from..].find("(ARRAY[") {
        let start = from + found;
        match moved_cast(&text[start..]) {
            Some((length, replacement)) => {
                text.replace_range(start..start + length, &replacement);
                // The elements may hold such casts themselves.
                from = start + "ARRAY[".len();
            }
            None => from = start + "(ARRAY[".len(),
        }
    }
    text
}

/// `(ARRAY[e, …])::T[]` at the beginning of the text: its length and what to write instead.
fn moved_cast(text: &str) -> Option<(usize, String)> {
    let open = "(ARRAY[".len();
    let (elements, close) = elements(&text[open..])?;
    let rest = text[open + close..].strip_prefix("])::")?;
    let type_name = array_type(rest)?;
    let moved: Vec<String> = elements
        .iter()
        .map(|element| format!("({element})::{type_name}"))
        .collect();
    let length = open + close + "])::".len() + type_name.len() + "[]".len();
    Some((length, format!("ARRAY[{}]", moved.join(", "))))
}

/// The elements up to the bracket that closes the list, and where that bracket is.
fn elements(text: &str) -> Option<(Vec<&str>, usize)> {
    let mut elements = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut quote = None;
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[') => depth += 1,
            (None, ']') if depth == 0 => {
                elements.push(text[start..place].trim_start());
                return Some((elements, place));
            }
            (None, ')' | ']') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => {
                elements.push(text[start..place].trim_start());
                start = place + 1;
            }
            (None, _) => {}
        }
    }
    None
}

/// The type name in front of `[]`, for example `text`, `character varying(5)`, `app."Odd type"`.
fn array_type(text: &str) -> Option<&str> {
    let mut quoted = false;
    for (place, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '[' if !quoted => {
                return text[place..].starts_with("[]").then(|| &text[..place]);
            }
            _ if quoted || letter.is_alphanumeric() || "_.$ (),".contains(letter) => {}
            _ => return None,
        }
    }
    None
}

/// Leaves out ` AS name` behind a cast to the type of that name.
fn without_names_of_casts(text: String) -> String {
    if !text.contains(" AS ") {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut copied = 0;
    let mut quote = None;
    let mut letters = text.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, ':') if place >= copied && text[place..].starts_with("::") => {
                letters.next();
                if let Some((from, to)) = name_of_cast(&text, place + 2) {
                    kept.push_str(&text[copied..from]);
                    copied = to;
                }
            }
            (None, _) => {}
        }
    }
    kept.push_str(&text[copied..]);
    kept
}

/// Where ` AS name` begins and ends, if a type is at `start` and the name is the type's own.
fn name_of_cast(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = &text[start..];
    let end = rest.find(" AS ")?;
    let type_name = &rest[..end];
    if type_name.len() > 200 || type_name.contains("::") {
        return None;
    }
    let behind = &rest[end + " AS ".len()..];
    let (name, length) = match behind.strip_prefix('"') {
        Some(quoted) => {
            let close = quoted.find('"')?;
            (&quoted[..close], close + 2)
        }
        None => {
            let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            let close = behind
                .find(|letter| !is_word(letter))
                .unwrap_or(behind.len());
            (&behind[..close], close)
        }
    };
    let named = parser_name(type_name)?;
    (named == name).then_some((start + end, start + end + " AS ".len() + length))
}

/// How the parser names a column that is a cast to this type: by the last part of its inner name.
fn parser_name(type_name: &str) -> Option<String> {
    let mut plain = String::new();
    let mut depth = 0_u32;
    for letter in type_name.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            _ if letter.is_alphanumeric() || "_.$ \"".contains(letter) => plain.push(letter),
            _ => return None,
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let name = match words.as_slice() {
        ["integer"] => "int4",
        ["bigint"] => "int8",
        ["smallint"] => "int2",
        ["boolean"] => "bool",
        ["real"] => "float4",
        ["double", "precision"] => "float8",
        ["character", "varying"] => "varchar",
        ["character"] => "bpchar",
        ["bit", "varying"] => "varbit",
        ["timestamp", "with", ..] => "timestamptz",
        ["time", "with", ..] => "timetz",
        ["timestamp", "without", ..] => "timestamp",
        ["time", "without", ..] => "time",
        ["interval", ..] => "interval",
        [_] => words[0].rsplit('.').next().unwrap_or_default(),
        _ => return None,
    };
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::canonical;

    fn check(printed: &str, expected: &str) {
        assert_eq!(canonical(printed.to_owned()), expected);
        assert_eq!(canonical(expected.to_owned()), expected, "not stable");
    }

    #[test]
    fn the_cast_moves_to_the_elements() {
        check(
            "CHECK (((s)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])))",
            "CHECK (((s)::text = ANY (ARRAY[('new'::character varying)::text, ('old'::character varying)::text])))",
        );
        check(
            "x = ANY ((ARRAY['a''],(b'::varchar, f(1, 2), c[1]])::app.\"T []\"[]) AND y",
            "x = ANY (ARRAY[('a''],(b'::varchar)::app.\"T []\", (f(1, 2))::app.\"T []\", (c[1])::app.\"T []\"]) AND y",
        );
        check(
            "(ARRAY[(ARRAY['a'::varchar])::text[]])::citext[]",
            "ARRAY[(ARRAY[('a'::varchar)::text])::citext]",
        );
    }

    #[test]
    fn a_cast_is_not_named_after_its_type() {
        check(
            "SELECT 'd'::text AS text, NULL::integer AS int4, x AS y",
            "SELECT 'd'::text, NULL::integer, x AS y",
        );
        check(
            "( SELECT 'a'::text AS text UNION SELECT (1)::numeric(10,2) AS \"numeric\"), 'ok'::app.mood AS mood, '{}'::character varying(5)[] AS \"varchar\"",
            "( SELECT 'a'::text UNION SELECT (1)::numeric(10,2)), 'ok'::app.mood, '{}'::character varying(5)[]",
        );
        check(
            "now()::timestamp(3) with time zone AS timestamptz",
            "now()::timestamp(3) with time zone",
        );
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "'x'::text AS name, 'a'::text, b AS text, 'c'::text AS text_2",
            "' x::text AS text ' || \"y::text AS text\"",
            "f('x'::text) AS text",
            "ARRAY['a'::text, 'b'::text]",
            "(ARRAY['a'::text])[1]",
            "f((ARRAY[1, 2]))",
            "(ARRAY['never closed",
            "(ARRAY[1])::integer",
            "no array at all",
        ] {
            check(text, text);
        }
    }
}
