//! The two files of libpq: service definitions and passwords.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::text::Pairs;
use super::{ConnInfoError, LibpqEnvironment, Password, keys};

/// Reads the settings of one service.
///
/// The file is `servicefile`, else `PGSERVICEFILE`, else `~/.pg_service.conf`; a service that is
/// not there is looked for in `pg_service.conf` of the folder `PGSYSCONFDIR`.
pub(super) fn service(
    name: &str,
    explicit: Option<&str>,
    environment: &LibpqEnvironment,
) -> Result<Pairs, ConnInfoError> {
    let mut searched = Vec::new();
    let own = explicit
        .map(PathBuf::from)
        .or_else(|| environment.in_home(".pg_service.conf"));
    let system = environment
        .variable("PGSYSCONFDIR")
        .map(|folder| Path::new(folder).join("pg_service.conf"));
    for (path, must_exist) in own
        .map(|path| (path, explicit.is_some()))
        .into_iter()
        .chain(system.map(|path| (path, false)))
    {
        match fs::read_to_string(&path) {
            Ok(content) => {
                if let Some(pairs) = service_in(&content, name, &path)? {
                    return Ok(pairs);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {}
            Err(source) => return Err(ConnInfoError::File { path, source }),
        }
        searched.push(path.display().to_string());
    }
    Err(ConnInfoError::ServiceMissing {
        name: name.to_owned(),
        searched,
    })
}

fn service_in(content: &str, name: &str, path: &Path) -> Result<Option<Pairs>, ConnInfoError> {
    let wrong = |line: usize, detail: &str| ConnInfoError::ServiceFile {
        path: path.to_owned(),
        line,
        detail: detail.to_owned(),
    };
    let mut found: Option<Pairs> = None;
    for (index, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if header.strip_suffix(']') == Some(name) {
                found = Some(Pairs::new());
            }
            continue;
        }
        let Some(pairs) = &mut found else { continue };
        let (key, value) = line.split_once('=').ok_or_else(|| {
            wrong(
                index + 1,
                "it is not `key=value` (an LDAP look-up is not supported)",
            )
        })?;
        let (key, value) = (key.trim_end(), value.trim_start());
        if key == "service" || key == "servicefile" {
            return Err(wrong(index + 1, "a service cannot name another service"));
        }
        keys::check_known(key).map_err(|error| wrong(index + 1, &error.to_string()))?;
        pairs.push((key.to_owned(), value.to_owned()));
    }
    Ok(found)
}

/// One line of a password file: four fields to match, `None` for `*`.
#[derive(Clone, Debug)]
pub(super) struct PassEntry {
    fields: [Option<String>; 4],
    password: Password,
}

/// Reads a password file. A file that is not there gives no entry; one that others may read is
/// ignored with a warning, as libpq does.
pub(super) fn passfile(path: &Path, warnings: &mut Vec<String>) -> Vec<PassEntry> {
    let Ok(facts) = fs::metadata(path) else {
        return Vec::new();
    };
    if !facts.is_file() {
        warnings.push(format!(
            "password file `{}` is not a plain file",
            path.display()
        ));
        return Vec::new();
    }
    if facts.permissions().mode() & 0o077 != 0 {
        warnings.push(format!(
            "password file `{}` is ignored: group or others have access to it; its mode must be 0600 or less",
            path.display()
        ));
        return Vec::new();
    }
    match fs::read_to_string(path) {
        Ok(content) => content.lines().filter_map(pass_entry).collect(),
        Err(error) => {
            warnings.push(format!(
                "password file `{}` cannot be read: {error}",
                path.display()
            ));
            Vec::new()
        }
    }
}

/// `host:port:database:user:password`; a backslash takes `:` and `\` literally.
fn pass_entry(line: &str) -> Option<PassEntry> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut fields: Vec<(String, bool)> = Vec::new();
    let mut field = String::new();
    let mut escaped_any = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                escaped_any = true;
                field.push(chars.next().unwrap_or('\\'));
            }
            ':' => fields.push((std::mem::take(&mut field), std::mem::take(&mut escaped_any))),
            c => field.push(c),
        }
        if fields.len() == 5 {
            break; // what follows the password's own colon is not part of it
        }
    }
    if fields.len() == 4 {
        fields.push((field, false));
    }
    let mut fields = fields.into_iter();
    let mut matched = || {
        fields
            .next()
            .map(|(text, escaped)| (text != "*" || escaped).then_some(text))
    };
    let wanted = [matched()?, matched()?, matched()?, matched()?];
    let password = fields.next()?.0;
    Some(PassEntry {
        fields: wanted,
        password: Password::new(password),
    })
}

/// The password of the first line that fits.
pub(super) fn password_for(entries: &[PassEntry], wanted: [&str; 4]) -> Option<Password> {
    entries
        .iter()
        .find(|entry| {
            entry
                .fields
                .iter()
                .zip(wanted)
                .all(|(field, value)| field.as_deref().is_none_or(|field| field == value))
        })
        .map(|entry| entry.password.clone())
}
