//! The two ways to write connection settings: `key=value` words and a URL. Pure.
//!
//! Both follow libpq (`fe-connect.c`): the same quoting, the same quirks. Error texts never
//! repeat what was written, because a piece of it may be a password.

use super::ConnInfoError;
use super::keys;

/// Settings in the order in which they were written; a later one wins.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads either form.
pub(super) fn parse(text: &str) -> Result<Pairs, ConnInfoError> {
    for prefix in ["postgresql://", "postgres://"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return url(rest);
        }
    }
    words(text)
}

fn syntax(detail: impl Into<String>) -> ConnInfoError {
    ConnInfoError::Syntax {
        detail: detail.into(),
    }
}

fn words(text: &str) -> Result<Pairs, ConnInfoError> {
    let mut pairs = Pairs::new();
    let mut unquoted_password = false;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let name_end = rest
            .find(|c: char| c == '=' || c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let name = &rest[..name_end];
        rest = rest[name_end..].trim_start();
        let at = text.len() - rest.len();
        rest = rest.strip_prefix('=').ok_or_else(|| {
            let advice = if unquoted_password {
                "a password with spaces must be written in single quotes"
            } else if pairs.is_empty() {
                "a database alone is written `dbname=NAME`"
            } else {
                "a value with spaces must be written in single quotes"
            };
            syntax(format!(
                "`=` is missing after the word that ends at byte {at}; {advice}"
            ))
        })?;
        let (value, quoted, after) = word_value(rest.trim_start())?;
        if !keys::is_known(name) && unquoted_password {
            return Err(syntax(
                "the word after `password` is no setting; a password with spaces must be written in single quotes",
            ));
        }
        keys::check_known(name)?;
        unquoted_password = name == "password" && !quoted;
        pairs.push((name.to_owned(), value));
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// One value; answers it, whether it was quoted, and the text behind it.
fn word_value(text: &str) -> Result<(String, bool, &str), ConnInfoError> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, true, &text[at + 1..])),
            c if c.is_ascii_whitespace() && !quoted => return Ok((value, false, &text[at..])),
            c => value.push(c),
        }
    }
    if quoted {
        return Err(syntax("a closing single quote is missing"));
    }
    Ok((value, false, ""))
}

fn url(text: &str) -> Result<Pairs, ConnInfoError> {
    let mut pairs = Pairs::new();
    let mut put = |key: &str, value: &str| -> Result<(), ConnInfoError> {
        if !value.is_empty() {
            pairs.push((key.to_owned(), decode(value)?));
        }
        Ok(())
    };
    let authority_end = text.find(['/', '?']).unwrap_or(text.len());
    let mut rest = text;
    if let Some(at) = text[..authority_end].find('@') {
        let (user, password) = match text[..at].split_once(':') {
            Some((user, password)) => (user, password),
            None => (&text[..at], ""),
        };
        put("user", user)?;
        put("password", password)?;
        rest = &text[at + 1..];
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    loop {
        let host;
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside
                .find(']')
                .ok_or_else(|| syntax("the `]` of an IPv6 address is missing"))?;
            host = &inside[..end];
            rest = &inside[end + 1..];
            if host.is_empty() || !(rest.is_empty() || rest.starts_with([':', '/', '?', ','])) {
                return Err(syntax(
                    "an IPv6 address is written `[ADDRESS]` or `[ADDRESS]:PORT`",
                ));
            }
        } else {
            let end = rest.find([':', '/', '?', ',']).unwrap_or(rest.len());
            host = &rest[..end];
            rest = &rest[end..];
        }
        hosts.push(host);
        let mut port = "";
        if let Some(after) = rest.strip_prefix(':') {
            let end = after.find(['/', '?', ',']).unwrap_or(after.len());
            port = &after[..end];
            rest = &after[end..];
        }
        ports.push(port);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => break,
        }
    }
    for (key, list) in [("host", hosts), ("port", ports)] {
        if list.iter().any(|entry| !entry.is_empty()) {
            put(key, &list.join(","))?;
        }
    }
    if let Some(after) = rest.strip_prefix('/') {
        let end = after.find('?').unwrap_or(after.len());
        put("dbname", &after[..end])?;
        rest = &after[end..];
    }
    let Some(parameters) = rest.strip_prefix('?') else {
        return Ok(pairs);
    };
    for parameter in parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
    {
        let (key, value) = parameter
            .split_once('=')
            .ok_or_else(|| syntax("`=` is missing in a parameter of the URL"))?;
        if value.contains('=') {
            return Err(syntax(
                "a second `=` in a parameter of the URL must be written `%3D`",
            ));
        }
        let (key, value) = (decode(key)?, decode(value)?);
        if key == "ssl" && value == "true" {
            pairs.push(("sslmode".to_owned(), "require".to_owned())); // as JDBC writes it
            continue;
        }
        keys::check_known(&key)?;
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn decode(text: &str) -> Result<String, ConnInfoError> {
    let wrong = || {
        syntax(
            "`%` in a URL must be followed by two hexadecimal digits, and not by `00` (a `%` itself is `%25`)",
        )
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else {
            return Err(wrong());
        };
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or_else(wrong);
        let byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).map_err(|_| wrong())?;
        if byte == 0 {
            return Err(wrong());
        }
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| syntax("the URL is not UTF-8 after decoding"))
}
