//! Every setting that libpq 18 knows, and the environment variable that stands for it. Pure.

use super::ConnInfoError;

/// How oneroof treats a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Support {
    /// It does what libpq does.
    Honoured,
    /// It has no meaning here, and ignoring it weakens nothing.
    Ignored,
    /// It would change what is checked or how one signs in: refused unless it has one of these
    /// values, which ask for nothing.
    RefusedUnless(&'static [&'static str]),
}
use Support::{Honoured, Ignored, RefusedUnless};

/// Name, environment variable (or empty), treatment.
#[rustfmt::skip]
const KEYS: &[(&str, &str, Support)] = &[
    ("application_name",          "PGAPPNAME",               Ignored), // ours says who holds a lock
    ("channel_binding",           "PGCHANNELBINDING",        Honoured),
    ("client_encoding",           "PGCLIENTENCODING",        Ignored), // always UTF8
    ("connect_timeout",           "PGCONNECT_TIMEOUT",       Honoured),
    ("dbname",                    "PGDATABASE",              Honoured),
    ("fallback_application_name", "",                        Ignored),
    ("gssdelegation",             "PGGSSDELEGATION",         RefusedUnless(&["", "0"])),
    ("gssencmode",                "PGGSSENCMODE",            RefusedUnless(&["", "disable", "prefer"])),
    ("gsslib",                    "PGGSSLIB",                Ignored),
    ("host",                      "PGHOST",                  Honoured),
    ("hostaddr",                  "PGHOSTADDR",              Honoured),
    ("keepalives",                "",                        Honoured),
    ("keepalives_count",          "",                        Honoured),
    ("keepalives_idle",           "",                        Honoured),
    ("keepalives_interval",       "",                        Honoured),
    ("krbsrvname",                "PGKRBSRVNAME",            Ignored),
    ("load_balance_hosts",        "PGLOADBALANCEHOSTS",      Honoured),
    ("max_protocol_version",      "PGMAXPROTOCOLVERSION",    Ignored),
    ("min_protocol_version",      "PGMINPROTOCOLVERSION",    RefusedUnless(&["", "3.0"])),
    ("oauth_client_id",           "",                        RefusedUnless(&[""])),
    ("oauth_client_secret",       "",                        RefusedUnless(&[""])),
    ("oauth_issuer",              "",                        RefusedUnless(&[""])),
    ("oauth_scope",               "",                        RefusedUnless(&[""])),
    ("options",                   "PGOPTIONS",               Honoured),
    ("passfile",                  "PGPASSFILE",              Honoured),
    ("password",                  "PGPASSWORD",              Honoured),
    ("port",                      "PGPORT",                  Honoured),
    ("replication",               "",                        RefusedUnless(&["", "false", "off", "no", "0"])),
    ("require_auth",              "PGREQUIREAUTH",           RefusedUnless(&[""])),
    ("requirepeer",               "PGREQUIREPEER",           RefusedUnless(&[""])),
    ("requiressl",                "PGREQUIRESSL",            Honoured),
    ("scram_client_key",          "",                        RefusedUnless(&[""])),
    ("scram_server_key",          "",                        RefusedUnless(&[""])),
    ("service",                   "PGSERVICE",               Honoured),
    ("servicefile",               "PGSERVICEFILE",           Honoured),
    ("ssl_max_protocol_version",  "PGSSLMAXPROTOCOLVERSION", RefusedUnless(&["", "TLSv1.3"])),
    ("ssl_min_protocol_version",  "PGSSLMINPROTOCOLVERSION", Honoured),
    ("sslcert",                   "PGSSLCERT",               Honoured),
    ("sslcertmode",               "PGSSLCERTMODE",           RefusedUnless(&["", "allow", "disable"])),
    ("sslcompression",            "PGSSLCOMPRESSION",        Ignored), // rustls never compresses
    ("sslcrl",                    "PGSSLCRL",                RefusedUnless(&[""])),
    ("sslcrldir",                 "PGSSLCRLDIR",             RefusedUnless(&[""])),
    ("sslkey",                    "PGSSLKEY",                Honoured),
    ("sslkeylogfile",             "",                        RefusedUnless(&[""])),
    ("sslmode",                   "PGSSLMODE",               Honoured),
    ("sslnegotiation",            "PGSSLNEGOTIATION",        Honoured),
    ("sslpassword",               "",                        RefusedUnless(&[""])),
    ("sslrootcert",               "PGSSLROOTCERT",           Honoured),
    ("sslsni",                    "PGSSLSNI",                Honoured),
    ("target_session_attrs",      "PGTARGETSESSIONATTRS",    Honoured),
    ("tcp_user_timeout",          "",                        Honoured),
    ("user",                      "PGUSER",                  Honoured),
];

/// Is it a setting of libpq?
pub(super) fn is_known(key: &str) -> bool {
    KEYS.iter().any(|(name, _, _)| *name == key)
}

/// Refuses a key that libpq does not know, with the nearest one.
pub(super) fn check_known(key: &str) -> Result<(), ConnInfoError> {
    if is_known(key) {
        return Ok(());
    }
    let nearest = KEYS
        .iter()
        .map(|(name, _, _)| (edit_distance(key, name), *name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .map(|(_, name)| name.to_owned());
    Err(ConnInfoError::UnknownKey {
        key: key.to_owned(),
        nearest,
    })
}

/// Refuses a setting that oneroof cannot honour and that must not be ignored.
pub(super) fn check_supported(key: &str, value: &str) -> Result<(), ConnInfoError> {
    let refused = KEYS.iter().any(|(name, _, support)| {
        *name == key && matches!(support, RefusedUnless(harmless) if !harmless.contains(&value))
    });
    if refused {
        return Err(ConnInfoError::Unsupported {
            key: key.to_owned(),
        });
    }
    Ok(())
}

/// Pairs of a setting and its environment variable.
pub(super) fn variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter()
        .map(|(name, variable, _)| (*name, *variable))
        .filter(|(_, variable)| !variable.is_empty())
}

/// Insertions, deletions and replacements between two short words.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
