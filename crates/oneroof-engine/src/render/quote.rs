//! Texts of a package as SQL literals, names and comments, and the templates beside this file.
//!
//! Scripts run with `standard_conforming_strings = on` (params.sql sets it), so a quote is the only
//! character of a literal that has to be doubled.

use std::fmt::Write as _;

/// `'text'`
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `"name"`
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `array['a', 'b']::text[]`
pub(super) fn array<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(literal).collect();
    if texts.is_empty() {
        "'{}'::text[]".to_owned()
    } else {
        format!("array[{}]::text[]", texts.join(", "))
    }
}

/// `$tag$text$tag$`, with a number behind `tag` where the text itself has it.
pub(super) fn dollar(tag: &str, text: &str) -> String {
    let mut quote = format!("${tag}$");
    let mut number = 1_u32;
    while text.contains(&quote) {
        quote = format!("${tag}_{number}$");
        number += 1;
    }
    format!("{quote}{text}{quote}")
}

/// A text that may stand behind `--`: one line without control characters.
pub(super) fn comment(text: &str) -> String {
    text.split(char::is_control)
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

/// A word of psql's `\echo`: quoted, and without line ends, which would end the command.
pub(super) fn echo(text: &str) -> String {
    let mut line = String::from("\\echo '");
    for character in comment(text).chars() {
        match character {
            '\'' => line.push_str("''"),
            '\\' => line.push_str("\\\\"),
            other => line.push(other),
        }
    }
    line.push('\'');
    line
}

/// Puts values in the place of `{{name}}`, in one pass: what is put in is not looked at again.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}") else {
            break;
        };
        filled.push_str(&rest[..open]);
        let name = &rest[open + 2..open + close];
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => {
                debug_assert!(false, "{{{{{name}}}}} of a template has no value");
            }
        }
        rest = &rest[open + close + 2..];
    }
    filled.push_str(rest);
    filled
}

/// Each line behind as many blanks.
pub(super) fn indent(text: &str, blanks: usize) -> String {
    let mut indented = String::with_capacity(text.len());
    for line in text.lines() {
        if line.is_empty() {
            indented.push('\n');
        } else {
            let _ = writeln!(indented, "{:blanks$}{line}", "");
        }
    }
    indented
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        assert_eq!(literal("it's \\ :x"), "'it''s \\ :x'");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(array([]), "'{}'::text[]");
        assert_eq!(array(["a", "b'"]), "array['a', 'b''']::text[]");
        assert_eq!(dollar("q", "select 1"), "$q$select 1$q$");
        assert_eq!(dollar("q", "$q$ $q_1$"), "$q_2$$q$ $q_1$$q_2$");
        assert_eq!(comment("a\nb\\! ls"), "a b\\! ls");
        assert_eq!(echo("it's\n\\! ls"), "\\echo 'it''s \\\\! ls'");
    }

    #[test]
    fn templates_are_filled_in_one_pass() {
        let values = [("a", "{{b}}"), ("b", "B")];
        assert_eq!(fill("{{a}} {{b}} {{", &values), "{{b}} B {{");
        assert_eq!(indent("a\n\nb", 2), "  a\n\n  b\n");
    }
}
