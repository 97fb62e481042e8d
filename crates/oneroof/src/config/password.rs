//! Finds a password that was written into a connection string. Files are read by many and command
//! lines by everybody on the machine, so neither may hold one.

/// The ways that are left.
pub(crate) const WAYS: &str = "give the password as psql takes it: ~/.pgpass or PGPASSFILE \
     (mode 0600), a service file (PGSERVICEFILE), or PGPASSWORD";

/// Does this text give a password? Right for every text that libpq takes; others fail later.
pub(crate) fn is_in(connection: &str) -> bool {
    match ["postgresql://", "postgres://"]
        .iter()
        .find_map(|prefix| connection.strip_prefix(prefix))
    {
        Some(url) => is_in_url(url),
        None => is_in_words(connection),
    }
}

fn is_in_url(url: &str) -> bool {
    let (authority, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
    let sign_in = authority.split_once('@').map_or("", |(sign_in, _)| sign_in);
    let parameters = rest
        .split_once('?')
        .map_or("", |(_, parameters)| parameters);
    sign_in
        .split_once(':')
        .is_some_and(|(_, password)| !password.is_empty())
        || parameters
            .split('&')
            .filter_map(|parameter| parameter.split_once('='))
            .any(|(name, value)| is_secret(name) && !value.is_empty())
}

fn is_in_words(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let (is_empty, behind) = skip_value(after.trim_start());
        if is_secret(name.trim()) && !is_empty {
            return true;
        }
        rest = behind.trim_start();
    }
    false
}

/// Answers whether the value at the beginning of `text` is empty, and the text behind it.
fn skip_value(text: &str) -> (bool, &str) {
    let quoted = text.starts_with('\'');
    let mut chars = text.char_indices().skip(usize::from(quoted)).peekable();
    let is_empty = chars.peek().is_none_or(|(_, c)| {
        if quoted {
            *c == '\''
        } else {
            c.is_whitespace()
        }
    });
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\'' if quoted => return (is_empty, &text[at + 1..]),
            c if c.is_whitespace() && !quoted => return (is_empty, &text[at..]),
            _ => {}
        }
    }
    (is_empty, "")
}

/// Parameter names of a URL may be percent-encoded: `p%61ssword`.
fn is_secret(name: &str) -> bool {
    matches!(percent_decoded(name).as_str(), "password" | "sslpassword")
}

fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let byte = piece
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                decoded.push(char::from(byte));
                decoded.push_str(&piece[2..]);
            }
            None => decoded.push_str(piece),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn passwords_are_found_in_both_forms() {
        let with = [
            "password=x",
            "host=db password = 'a b' user=me",
            "user='o\\'x' password=secret",
            "user='a password=b' sslpassword=c",
            "password= user=me", // libpq skips blanks behind the sign: the password is `user=me`
            "postgresql://me:secret@db/shop",
            "postgres://me:s@a,b:5433/shop",
            "postgresql:///shop?host=/run&password=x",
            "postgresql:///shop?p%61ssword=x",
            "postgresql://me:secret@?sslmode=require",
        ];
        for text in with {
            assert!(is_in(text), "{text}");
        }
        let without = [
            "",
            "service=shop",
            "host=db user=me passfile=/home/me/.pgpass",
            "user='a password=b' host=db",
            "password='' user=me",
            "postgresql://me@db:5433/shop",
            "postgresql://db:5433/shop",
            "postgresql:///shop?passfile=/x",
            "postgresql://me:@db",
            "host",
        ];
        for text in without {
            assert!(!is_in(text), "{text}");
        }
    }
}
