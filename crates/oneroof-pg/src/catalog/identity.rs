//! Which database a session is connected to: what approvals and marks are bound to.

use oneroof_model::{Digest, TargetClass, canonical_json};
use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// The identity of a database.
///
/// Bound (see [`TargetIdentity::digest`]) are system identifier, database OID, name and genesis;
/// the rest is shown. What could not be read is `None`, and [`TargetIdentity::unknown`] says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetIdentity {
    /// Number of the cluster, from `pg_control_system()`; decimal digits. A physical copy has the
    /// same one. `None` if the right to ask was revoked.
    pub system_identifier: Option<String>,
    /// OID of the database.
    pub database_oid: u32,
    /// Its name.
    pub database_name: String,
    /// For example `150018`.
    pub server_version_num: u32,
    /// For example `15.18 (Debian 15.18-0+deb12u1)`.
    pub server_version: String,
    /// For example `15`.
    pub major: u32,
    /// For example `UTF8`.
    pub encoding: String,
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// `c` libc, `i` ICU, `b` builtin.
    pub locale_provider: String,
    /// Locale of ICU or of the builtin provider.
    pub locale: Option<String>,
    /// Address of the server's end, `[local]` for a socket. Shown, not bound.
    pub host: String,
    /// Port of the server. Shown, not bound.
    pub port: u16,
    /// Name of the role with OID 10, the one that initdb made.
    pub bootstrap_superuser: String,
    /// Is there a schema `oneroof` with our records?
    pub adopted: bool,
    /// Genesis hash of the ledger, if adopted and readable.
    pub genesis: Option<String>,
    /// Class that the database was adopted with, if adopted and readable.
    pub adopted_class: Option<TargetClass>,
    /// What could not be read, with the SQL that would allow it.
    pub unknown: Vec<String>,
}

impl TargetIdentity {
    /// The bound part as JSON: an approval holds it, `None` members are null.
    pub fn bound(&self) -> serde_json::Value {
        serde_json::json!({
            "system_identifier": self.system_identifier,
            "database_oid": self.database_oid,
            "database_name": self.database_name,
            "genesis": self.genesis,
        })
    }

    /// SHA-256 of the canonical JSON of [`TargetIdentity::bound`].
    pub fn digest(&self) -> Digest {
        Digest::of(canonical_json(&self.bound()).as_bytes())
    }
}

/// Reads the identity of the session's database.
///
/// # Errors
/// What the server says. Missing rights are no errors: see [`TargetIdentity::unknown`].
pub async fn identity(session: &Session) -> Result<TargetIdentity, PgError> {
    let rows = session.query(include_str!("identity.sql"), &[]).await?;
    let row = rows.first().ok_or_else(|| PgError::Client {
        detail: "the server does not list the current database".to_owned(),
    })?;
    let mut unknown = Vec::new();

    let mut system_identifier = None;
    if row.try_get("system_identifier_allowed")? {
        let rows = session
            .query(include_str!("system_identifier.sql"), &[])
            .await?;
        if let Some(row) = rows.first() {
            system_identifier = Some(row.try_get("system_identifier")?);
        }
    } else {
        unknown.push(
            "system identifier: `grant execute on function pg_catalog.pg_control_system() to <role>`"
                .to_owned(),
        );
    }

    let adopted: bool = row.try_get("adopted")?;
    let mut genesis = None;
    let mut adopted_class = None;
    if row.try_get("genesis_allowed")? {
        let rows = session.query(include_str!("genesis.sql"), &[]).await?;
        if let Some(row) = rows.first() {
            genesis = Some(row.try_get("genesis")?);
            adopted_class = class_of(row.try_get("class")?);
        }
    } else if adopted {
        unknown.push(
            "genesis: `grant usage on schema oneroof to <role>; grant select on oneroof.target to <role>`"
                .to_owned(),
        );
    }

    let server_version_num: i32 = row.try_get("server_version_num")?;
    let server_version_num = server_version_num.unsigned_abs();
    Ok(TargetIdentity {
        system_identifier,
        database_oid: narrow(row.try_get("database_oid")?)?,
        database_name: row.try_get("database_name")?,
        server_version_num,
        server_version: row.try_get("server_version")?,
        major: server_version_num / 10_000,
        encoding: row.try_get("encoding")?,
        collate: row.try_get("collate")?,
        ctype: row.try_get("ctype")?,
        locale_provider: row.try_get("locale_provider")?,
        locale: row.try_get("locale")?,
        host: row.try_get("host")?,
        port: narrow(row.try_get::<_, i32>("port")?.into())?,
        bootstrap_superuser: row.try_get("bootstrap_superuser")?,
        adopted,
        genesis,
        adopted_class,
        unknown,
    })
}

fn class_of(text: &str) -> Option<TargetClass> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

fn narrow<T: TryFrom<i64>>(number: i64) -> Result<T, PgError> {
    T::try_from(number).map_err(|_| PgError::Client {
        detail: format!("{number} is out of range"),
    })
}
