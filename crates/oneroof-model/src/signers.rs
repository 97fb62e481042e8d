//! OpenSSH's list of allowed signers (`man ssh-keygen`, ALLOWED SIGNERS): who may sign what, until when.

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigner {
    /// Who signs with the key; patterns with `*` and `?` are kept as they are.
    pub principals: Vec<String>,
    /// Kind and base64 of the key, without comment.
    pub public_key: String,
    /// Namespaces that it counts for; empty for all.
    pub namespaces: Vec<String>,
    /// `YYYYMMDDHHMMSS`, UTC.
    pub valid_after: Option<String>,
    /// `YYYYMMDDHHMMSS`, UTC.
    pub valid_before: Option<String>,
    /// 1-based line in the file.
    pub line: usize,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct SignersFault {
    /// 1-based.
    pub line: usize,
    /// In words.
    pub what: String,
}

impl AllowedSigner {
    /// Does the key count for this namespace at this moment (`YYYYMMDDHHMMSS`, UTC)?
    pub fn covers(&self, namespace: &str, now: &str) -> bool {
        let named = self.namespaces.is_empty()
            || self
                .namespaces
                .iter()
                .any(|pattern| matches(pattern, namespace));
        let begun = self.valid_after.as_deref().is_none_or(|after| after <= now);
        let open = self
            .valid_before
            .as_deref()
            .is_none_or(|before| now < before);
        named && begun && open
    }

    /// The line as OpenSSH reads it.
    pub fn to_line(&self) -> String {
        let mut options = Vec::new();
        if !self.namespaces.is_empty() {
            options.push(format!("namespaces=\"{}\"", self.namespaces.join(",")));
        }
        if let Some(after) = &self.valid_after {
            options.push(format!("valid-after=\"{after}Z\""));
        }
        if let Some(before) = &self.valid_before {
            options.push(format!("valid-before=\"{before}Z\""));
        }
        let parts = [
            self.principals.join(","),
            options.join(","),
            self.public_key.clone(),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

/// Reads a whole list. Empty lines and `#` lines are left out.
///
/// # Errors
/// The first line that cannot be read. Certificate authorities and local times (without `Z`) are not supported.
pub fn read(text: &str) -> Result<Vec<AllowedSigner>, SignersFault> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(number, line)| signer(line.trim(), number + 1))
        .collect()
}

fn signer(text: &str, line: usize) -> Result<AllowedSigner, SignersFault> {
    let fault = |what: &str| SignersFault {
        line,
        what: what.to_owned(),
    };
    let words = words(text).ok_or_else(|| fault("a quote is not closed"))?;
    let mut words = words.into_iter();
    let principals = words.next().ok_or_else(|| fault("is empty"))?;
    let mut signer = AllowedSigner {
        principals: unquoted(&principals)
            .split(',')
            .map(str::to_owned)
            .collect(),
        public_key: String::new(),
        namespaces: Vec::new(),
        valid_after: None,
        valid_before: None,
        line,
    };
    let mut kind = words.next().ok_or_else(|| fault("has no key"))?;
    if !is_kind(&kind) {
        options(&kind, &mut signer, line)?;
        kind = words.next().ok_or_else(|| fault("has no key"))?;
    }
    let key = words.next().ok_or_else(|| fault("has no key"))?;
    if !is_kind(&kind) || !key.starts_with("AAAA") {
        return Err(fault(
            "has no key: kind and base64 were expected after the names",
        ));
    }
    signer.public_key = format!("{kind} {key}");
    Ok(signer)
}

fn options(text: &str, signer: &mut AllowedSigner, line: usize) -> Result<(), SignersFault> {
    let fault = |what: String| SignersFault { line, what };
    for option in outside_quotes(text, ',') {
        let (name, value) = option.split_once('=').unwrap_or((option.as_str(), ""));
        let value = unquoted(value);
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => signer.namespaces = value.split(',').map(str::to_owned).collect(),
            "valid-after" => signer.valid_after = Some(moment(value, line)?),
            "valid-before" => signer.valid_before = Some(moment(value, line)?),
            "cert-authority" => {
                return Err(fault(
                    "certificate authorities are not supported: list the keys".into(),
                ));
            }
            _ => return Err(fault(format!("option `{name}` is not known"))),
        }
    }
    Ok(())
}

/// `YYYYMMDDZ` or `YYYYMMDDHHMM[SS]Z` with all digits down to the second.
fn moment(text: &str, line: usize) -> Result<String, SignersFault> {
    let fault = |what: String| SignersFault { line, what };
    let Some(digits) = text.strip_suffix('Z') else {
        return Err(fault(format!(
            "`{text}` is in local time: write it in UTC, with Z at its end"
        )));
    };
    if ![8, 12, 14].contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault(format!(
            "`{text}` is no time: YYYYMMDDZ or YYYYMMDDHHMMSSZ"
        )));
    }
    Ok(format!("{digits:0<14}"))
}

fn is_kind(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|start| word.starts_with(start))
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

/// Words between blanks that are not in quotes; `None` if a quote stays open.
fn words(text: &str) -> Option<Vec<String>> {
    if text.matches('"').count() % 2 == 1 {
        return None;
    }
    let text = text.replace('\t', " ");
    Some(
        outside_quotes(&text, ' ')
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect(),
    )
}

fn outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut in_quotes = false;
    for character in text.chars() {
        in_quotes ^= character == '"';
        match parts.last_mut() {
            Some(last) if character != separator || in_quotes => last.push(character),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// `*` stands for any text, `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest, &text[at..]))
        }
        _ => text.chars().next().is_some_and(|next| {
            (first == '?' || first == next) && matches(rest, &text[next.len_utf8()..])
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKq";

    #[test]
    fn lines_of_every_form_are_read() {
        let text = format!(
            "# who may approve\n\nada {KEY} a comment\n\
             \"bob,carol\" namespaces=\"oneroof-approval,git\",valid-before=\"20270101Z\" {KEY}\n"
        );
        let signers = read(&text).unwrap();
        assert_eq!(signers.len(), 2);
        assert_eq!(signers[0].public_key, KEY);
        assert_eq!(signers[1].principals, ["bob", "carol"]);
        assert_eq!(signers[1].line, 4);
        assert!(signers[1].covers("git", "20261231235959"));
        assert!(!signers[1].covers("git", "20270101000000"));
        assert!(!signers[1].covers("oneroof-evidence", "20261231235959"));
        assert!(signers[0].covers("anything", "20260101000000"));
        let again = read(&signers[1].to_line()).unwrap();
        assert_eq!(again[0].namespaces, signers[1].namespaces);
        assert_eq!(again[0].valid_before, signers[1].valid_before);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        for (text, what) in [
            ("ada", "no key"),
            ("ada namespaces=\"x\"", "no key"),
            (
                "ada zertifikat=\"x\" ssh-ed25519 AAAA",
                "`zertifikat` is not known",
            ),
            ("ada cert-authority ssh-ed25519 AAAA", "not supported"),
            (
                "ada valid-before=\"20270101\" ssh-ed25519 AAAA",
                "local time",
            ),
            ("ada valid-before=\"soonZ\" ssh-ed25519 AAAA", "no time"),
            ("ada namespaces=\"x ssh-ed25519 AAAA", "not closed"),
            ("ada ssh-ed25519 not-a-key", "no key"),
        ] {
            let fault = read(&format!("# first\n{text}\n")).unwrap_err();
            assert_eq!(fault.line, 2, "{text}");
            assert!(fault.what.contains(what), "{text}: {fault}");
        }
    }

    #[test]
    fn patterns_match_as_in_openssh() {
        for (pattern, text, holds) in [
            ("*", "", true),
            ("oneroof-*", "oneroof-approval", true),
            ("?it", "git", true),
            ("?it", "it", false),
            ("git", "gitt", false),
        ] {
            assert_eq!(matches(pattern, text), holds, "{pattern} {text}");
        }
    }
}
