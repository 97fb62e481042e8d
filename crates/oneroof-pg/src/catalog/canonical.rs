//! One text per meaning where PostgreSQL prints two.
//!
//! A cast over an array constructor, `(ARRAY['a'::character varying])::text[]`, is what a fresh
//! `check (x in ('a'))` on a varchar column prints as. After a dump and a restore the cast has moved
//! to the elements: `ARRAY[('a'::character varying)::text]`. The second form is stable, so both are
//! compared in it. (Observed on 15; without this no clone of such a production would be faithful.)

/// The stable form of a definition that PostgreSQL printed.
pub(super) fn canonical(definition: String) -> String {
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
    fn everything_else_stays() {
        for text in [
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
