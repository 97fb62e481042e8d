//! `adopt`: puts schema `oneroof` (ledger, class, genesis, policy) into a database; a DBA's act.

use std::path::PathBuf;

use oneroof_model::{Refusal, RefusalCode, TargetClass};
use oneroof_pg::connect::{SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::install::{self, AdoptStatus};
use serde::Serialize;

use crate::context::{Context, TargetDatabase};
use crate::enrolment::{self, PasskeySeen};
use crate::error::EngineError;
use crate::{open, policy, run_id};

/// What `adopt` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct AdoptOptions {
    /// Run the SQL; without it, it is only printed.
    pub execute: bool,
    /// The DBA's connection; needed to execute.
    pub dba: Option<ConnInfo>,
    /// File of the policy to install; without it the one that holds is kept.
    pub policy: Option<PathBuf>,
    /// File of a signed wish: the policy that holds is installed again, with the passkey in it.
    pub enrol: Option<PathBuf>,
}

/// What `adopt` did or would do.
#[derive(Debug, Serialize)]
pub struct AdoptReport {
    /// The target's name.
    pub target: String,
    /// The whole SQL, for review.
    pub sql: String,
    /// `installed`, `upgraded`, `already`; `None` if it was only printed.
    pub status: Option<&'static str>,
    /// Version of schema `oneroof`.
    pub version: Option<u32>,
    /// Genesis hash of the ledger.
    pub genesis: Option<String>,
    /// Version and digest of the policy that holds now.
    pub policy: Option<(u32, String)>,
    /// The passkey that the policy knows from now on.
    pub enrolled: Option<Enrolled>,
}

/// A passkey that was let in.
#[derive(Debug, Serialize)]
pub struct Enrolled {
    /// The passkey.
    #[serde(flatten)]
    pub passkey: PasskeySeen,
    /// The approver who said yes.
    pub signed_by: String,
    /// Lines for the policy's own file, so that the next policy knows it too.
    pub toml: String,
}

/// Prints or runs the SQL that adopts the target.
pub async fn adopt(
    context: &Context,
    target: &str,
    options: &AdoptOptions,
) -> Result<AdoptReport, EngineError> {
    let target = &open::target(context, target)?;
    let mut install = install_options(target);
    install.policy = options
        .policy
        .as_deref()
        .map(policy::read_file)
        .transpose()?;
    let mut enrolled = None;
    if let Some(file) = &options.enrol {
        let admitted = enrolment::admit(context, &target.name, file).await?;
        install.policy = Some(admitted.policy);
        enrolled = Some(Enrolled {
            passkey: admitted.passkey,
            signed_by: admitted.signed_by,
            toml: admitted.toml,
        });
    }
    let sql = install::adopt_script(&install);
    let mut report = AdoptReport {
        target: target.name.clone(),
        sql,
        status: None,
        version: None,
        genesis: None,
        policy: None,
        enrolled,
    };
    if !options.execute {
        return Ok(report);
    }
    let dba = options.dba.as_ref().ok_or_else(|| {
        Refusal::new(
            RefusalCode::RoleMissing,
            "adopt needs a DBA's connection to execute",
        )
        .hint(
            "add --dba \"service=… user=…\" (no password in it), or give the printed SQL to a DBA",
        )
    })?;
    let session = connect(
        dba,
        &SessionOptions::read_write(format!("oneroof/adopt/{}", run_id::new())),
    )
    .await
    .map_err(EngineError::database("open the DBA's connection"))?;
    same_database(target, dba)?;
    let outcome = install::adopt(&session, &install).await.map_err(|error| {
        let hint = match error.sqlstate() {
            Some("42501") => {
                Some("adopt needs a role that may create roles and schemas".to_owned())
            }
            Some("42704") => {
                Some("make the roles of oneroof.toml first: docs/reference/roles.md".to_owned())
            }
            _ => None,
        };
        EngineError::Database {
            doing: format!("adopt target `{}`", target.name),
            source: Box::new(error),
            hint,
        }
    })?;
    session.close().await;
    report.status = Some(match outcome.status {
        AdoptStatus::Installed => "installed",
        AdoptStatus::Upgraded => "upgraded",
        AdoptStatus::Already => "already",
    });
    report.version = Some(outcome.version);
    report.genesis = Some(outcome.genesis);
    report.policy = outcome.policy;
    Ok(report)
}

/// The DBA's connection must lead to the target's database, not to a neighbour.
fn same_database(target: &TargetDatabase, dba: &ConnInfo) -> Result<(), EngineError> {
    let Some(known) = [&target.apply, &target.read, &target.clone]
        .into_iter()
        .flatten()
        .next()
    else {
        return Ok(());
    };
    if known.dbname() == dba.dbname() {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::WrongDatabase,
        format!(
            "the DBA's connection leads to database `{}`, but target `{}` is `{}`",
            dba.dbname(),
            target.name,
            known.dbname()
        ),
    )
    .into())
}

/// The roles of the target get what they need on schema `oneroof`, and nothing more.
pub(crate) fn install_options(target: &TargetDatabase) -> install::AdoptOptions {
    install::AdoptOptions {
        class: TargetClass::Production,
        read_role: target.read.as_ref().map(|read| read.user().to_owned()),
        apply_role: target.apply.as_ref().map(|apply| apply.user().to_owned()),
        policy: None,
    }
}
