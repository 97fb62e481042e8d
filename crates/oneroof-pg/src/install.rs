//! Installs and upgrades what lies in `/sql/ledger`: a DBA's act, shown as one SQL script first.
//!
//! Tables move by numbered migrations, functions, triggers and views are replaced whole, grants are
//! made for the roles that are named. The script is one transaction and may be run again.

use oneroof_model::TargetClass;
use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// The migrations, oldest first: number, name, text. Never edited after release.
const MIGRATIONS: &[(u32, &str, &str)] = &[
    (
        1,
        "ledger",
        include_str!("../../../sql/ledger/migrations/0001_ledger.sql"),
    ),
    (
        2,
        "statement_marks",
        include_str!("../../../sql/ledger/migrations/0002_statement_marks.sql"),
    ),
];

/// What is replaced at each adopt, in order.
const CODE: &[&str] = &[
    include_str!("../../../sql/ledger/code/10_guards.sql"),
    include_str!("../../../sql/ledger/code/20_append.sql"),
    include_str!("../../../sql/ledger/code/30_verify.sql"),
    include_str!("../../../sql/ledger/code/40_views.sql"),
];

/// How a database is adopted.
#[derive(Debug, Clone, PartialEq)]
pub struct AdoptOptions {
    /// What the database is; a second adopt must name the same class.
    pub class: TargetClass,
    /// Role that may read our records.
    pub read_role: Option<String>,
    /// Role that may read them and append to the ledger.
    pub apply_role: Option<String>,
    /// Who may open the gate: a JSON object. `class` is added. `None` installs no policy and keeps
    /// the one that holds; without any, the gate stays BLOCKED.
    pub policy: Option<serde_json::Value>,
}

impl AdoptOptions {
    /// As a production, without roles and policy.
    pub fn production() -> Self {
        Self {
            class: TargetClass::Production,
            read_role: None,
            apply_role: None,
            policy: None,
        }
    }
}

/// What an adopt did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdoptOutcome {
    /// In one word.
    pub status: AdoptStatus,
    /// Version of schema `oneroof` now: its highest migration.
    pub version: u32,
    /// Genesis hash of the ledger.
    pub genesis: String,
    /// Version and digest of the policy that holds, if there is one.
    pub policy: Option<(u32, String)>,
}

/// Whether an adopt had something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AdoptStatus {
    /// The database was adopted now.
    Installed,
    /// It had been adopted before; migrations were added.
    Upgraded,
    /// It had been adopted before; code and grants were made anew.
    Already,
}

/// The version that an adopt installs.
pub fn newest_version() -> u32 {
    MIGRATIONS.last().map_or(0, |(version, _, _)| *version)
}

/// The whole SQL of an adopt, for review or for `psql --file`.
pub fn adopt_script(options: &AdoptOptions) -> String {
    format!(
        "-- oneroof {}: adopts a database. One transaction; may be run again.\n\
         -- Run it as a superuser, or as a role that may create roles and has create on the database.\n\
         begin;\n\n{}\n{}\ncommit;\n",
        env!("CARGO_PKG_VERSION"),
        installing(options),
        leaving(),
    )
}

/// Runs the adopt over a DBA's session, in a transaction of its own.
///
/// # Errors
/// What the server says; nothing is changed then. OR002 if the database has another class, 42704 if
/// a role does not exist, 42501 without the rights of a DBA.
pub async fn adopt(session: &Session, options: &AdoptOptions) -> Result<AdoptOutcome, PgError> {
    session.simple("begin").await?;
    let result = run(session, options).await;
    if result.is_err() {
        // The first failure is what the caller hears about.
        let _ = session.simple("rollback").await;
    }
    result
}

async fn run(session: &Session, options: &AdoptOptions) -> Result<AdoptOutcome, PgError> {
    session.simple(&installing(options)).await?;
    let rows = session
        .query(include_str!("../../../sql/ledger/status.sql"), &[])
        .await?;
    let row = rows.first().ok_or_else(|| PgError::Client {
        detail: "`oneroof.target` is empty after the adopt".to_owned(),
    })?;
    let fresh: bool = row.try_get("fresh")?;
    let migrations: i64 = row.try_get("migrations")?;
    let policy_version: Option<i32> = row.try_get("policy_version")?;
    let outcome = AdoptOutcome {
        status: match (fresh, migrations) {
            (true, _) => AdoptStatus::Installed,
            (false, 0) => AdoptStatus::Already,
            (false, _) => AdoptStatus::Upgraded,
        },
        version: row.try_get::<_, i32>("version")?.unsigned_abs(),
        genesis: row.try_get("genesis")?,
        policy: policy_version
            .map(i32::unsigned_abs)
            .zip(row.try_get("policy_digest")?),
    };
    session.simple(leaving()).await?;
    session.simple("commit").await?;
    Ok(outcome)
}

/// Everything up to the grants; ends as role `oneroof_ledger`.
fn installing(options: &AdoptOptions) -> String {
    let empty = String::new();
    let policy = options.policy.as_ref().map(serde_json::Value::to_string);
    let settings = [
        ("adopt_class", &options.class.to_string()),
        (
            "adopt_read_role",
            options.read_role.as_ref().unwrap_or(&empty),
        ),
        (
            "adopt_apply_role",
            options.apply_role.as_ref().unwrap_or(&empty),
        ),
        ("adopt_policy", policy.as_ref().unwrap_or(&empty)),
        (
            "adopt_engine_version",
            &env!("CARGO_PKG_VERSION").to_owned(),
        ),
    ];

    let mut sql = "set local standard_conforming_strings = on;\n\
         set local search_path = pg_catalog, pg_temp;\n\
         set local client_min_messages = warning;\n\
         set local lock_timeout = '10s';\n\
         select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('oneroof.adopt', 0));\n\n\
         -- What is adopted how.\n"
        .to_owned();
    for (name, value) in settings {
        sql.push_str(&format!("set local oneroof.{name} = {};\n", literal(value)));
    }
    sql.push('\n');
    sql.push_str(include_str!("../../../sql/ledger/owner.sql"));
    sql.push_str("\nset local role oneroof_ledger;\n\n");
    for (version, name, text) in MIGRATIONS {
        sql.push_str(&migration(*version, name, text));
    }
    for text in CODE {
        sql.push_str(text);
        sql.push('\n');
    }
    sql.push_str(include_str!("../../../sql/ledger/adopt.sql"));
    sql.push('\n');
    sql.push_str(include_str!("../../../sql/ledger/grants.sql"));
    sql
}

/// Back to the DBA's own role.
fn leaving() -> &'static str {
    concat!(
        "set local role none;\n\n",
        include_str!("../../../sql/ledger/release_owner.sql")
    )
}

/// A migration that runs only where it has not run yet.
fn migration(version: u32, name: &str, text: &str) -> String {
    format!(
        "do $oneroof_migration$\n\
         begin\n\
         if pg_catalog.to_regclass('oneroof.schema_version') is not null then\n\
         \x20   if exists (select from oneroof.schema_version where version = {version}) then\n\
         \x20       return;\n\
         \x20   end if;\n\
         end if;\n\n\
         {text}\n\
         insert into oneroof.schema_version (version, name, engine_version)\n\
         values ({version}, {name}, pg_catalog.current_setting('oneroof.adopt_engine_version'));\n\
         end\n\
         $oneroof_migration$;\n\n",
        name = literal(name),
    )
}

/// A literal under `standard_conforming_strings = on`, which the script sets first.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
