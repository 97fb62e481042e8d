//! `doctor`: are the roles of a target as weak as their work allows, and which SQL makes right ones.

use oneroof_model::posture::{Item, ItemName, Level, RoleKind, Verdict, judge, login_item};
use oneroof_model::{Refusal, RefusalCode};
use oneroof_pg::PgError;
use oneroof_pg::connect::{Session, SessionOptions, connect};
use oneroof_pg::conninfo::ConnInfo;
use oneroof_pg::error::ConnectFailure;
use oneroof_pg::posture::{self, Pooling};
use serde::Serialize;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::source::role_missing;
use crate::{open, run_id};

/// What `doctor` saw.
#[derive(Debug, Serialize)]
pub struct DoctorReport {
    /// The target's name.
    pub target: String,
    /// The worst of all roles; what is accepted counts as a warning.
    pub verdict: Verdict,
    /// Each configured connection that was looked at.
    pub roles: Vec<RolePosture>,
    /// Connections that the target does not have.
    pub not_configured: Vec<RoleKind>,
}

/// One role of the target.
#[derive(Debug, Serialize)]
pub struct RolePosture {
    /// The connection.
    pub role: RoleKind,
    /// The role that stands behind it.
    pub user: String,
    /// Where it was looked at: database, role and host.
    pub server: String,
    /// The worst of its items; what is accepted counts as a warning.
    pub verdict: Verdict,
    /// What to know before mending.
    pub notes: Vec<String>,
    /// Everything that was looked at.
    pub items: Vec<Item>,
}

/// The SQL that makes a right role.
#[derive(Debug, Serialize)]
pub struct RoleScript {
    /// The target's name.
    pub target: String,
    /// The connection.
    pub role: RoleKind,
    /// The role that stands behind it.
    pub user: String,
    /// What a DBA runs in the target's database.
    pub sql: String,
}

/// Looks at these roles of a target, or at all that it has.
pub async fn doctor(
    context: &Context,
    target: &str,
    kinds: &[RoleKind],
) -> Result<DoctorReport, EngineError> {
    let target = &open::target(context, target)?;
    let mut report = DoctorReport {
        target: target.name.clone(),
        verdict: Verdict::Ok,
        roles: Vec::new(),
        not_configured: Vec::new(),
    };
    for kind in RoleKind::ALL {
        match connection(target, kind) {
            _ if !kinds.is_empty() && !kinds.contains(&kind) => {}
            None => report.not_configured.push(kind),
            Some(conninfo) => report.roles.push(look(target, kind, conninfo).await?),
        }
    }
    if report.roles.is_empty() {
        let kind = report.not_configured.first().copied();
        return Err(role_missing(
            target,
            kind.unwrap_or(RoleKind::Read).as_str(),
        ));
    }
    let verdicts = report.roles.iter().map(|role| role.verdict);
    report.verdict = verdicts.max().unwrap_or(Verdict::Ok);
    Ok(report)
}

/// The posture of one role of a target. What stops the channel for foreign text is where
/// [`Item::stops`] says so.
pub async fn posture(
    context: &Context,
    target: &str,
    kind: RoleKind,
) -> Result<Vec<Item>, EngineError> {
    let target = &open::target(context, target)?;
    let conninfo = connection(target, kind).ok_or_else(|| role_missing(target, kind.as_str()))?;
    Ok(look(target, kind, conninfo).await?.items)
}

/// Refuses a target whose `read` role may do what the channel for foreign text must not: such a role is lent to
/// nobody who is not its owner.
///
/// # Errors
/// The refusal (`role-dangerous`); a target that cannot be asked.
pub async fn require_harmless_reader(context: &Context, target: &str) -> Result<(), EngineError> {
    let items = posture(context, target, RoleKind::Read).await?;
    let reasons: Vec<String> = items
        .iter()
        .filter(|item| item.stops())
        .map(|item| format!("{}: {}", item.name.as_str(), item.why))
        .collect();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::RoleDangerous,
        format!("the `read` role of target `{target}` may do what a read-only channel must not"),
    )
    .reasons(reasons)
    .hint(format!(
        "`oneroof doctor {target} --role read` has the SQL that mends it; or accept an item by name: [targets.{target}.readonly] accept = [\"…\"]"
    ))
    .into())
}

/// The SQL that makes the role of this connection right, quoted by the server: over the DBA's connection if
/// there is one, else over the first connection of the target that can be opened.
pub async fn role_script(
    context: &Context,
    target: &str,
    kind: RoleKind,
    dba: Option<&ConnInfo>,
) -> Result<RoleScript, EngineError> {
    let target = &open::target(context, target)?;
    let own = connection(target, kind).ok_or_else(|| role_missing(target, kind.as_str()))?;
    let session = any_session(target, own, dba).await?;
    let made = posture::make_role(&session, kind, own.user()).await;
    session.close().await;
    let made = made.map_err(EngineError::database("make the SQL of a right role"))?;
    // A role that cannot sign in yet has nothing that must go.
    let items = match look(target, kind, own).await {
        Ok(seen) => seen.items,
        Err(EngineError::Database { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(RoleScript {
        target: target.name.clone(),
        role: kind,
        user: own.user().to_owned(),
        sql: script(target, kind, own, &made, &items),
    })
}

fn connection(target: &TargetDatabase, kind: RoleKind) -> Option<&ConnInfo> {
    match kind {
        RoleKind::Read => target.read.as_ref(),
        RoleKind::Clone => target.clone.as_ref(),
        RoleKind::Apply => target.apply.as_ref(),
    }
}

fn session_options() -> SessionOptions {
    SessionOptions::read_only(format!("oneroof/doctor/{}", run_id::new()))
}

async fn look(
    target: &TargetDatabase,
    kind: RoleKind,
    conninfo: &ConnInfo,
) -> Result<RolePosture, EngineError> {
    let accepted: &[ItemName] = match kind {
        RoleKind::Read => &target.readonly.accept,
        RoleKind::Clone | RoleKind::Apply => &[],
    };
    let mut posture = RolePosture {
        role: kind,
        user: conninfo.user().to_owned(),
        server: conninfo.describe(),
        verdict: Verdict::Dangerous,
        notes: Vec::new(),
        items: Vec::new(),
    };
    let options = session_options();
    let session = match connect(conninfo, &options).await {
        Ok(session) => session,
        Err(PgError::Connect { reason, .. }) if is_about_sign_in(&reason) => {
            let instead = format!(
                "`oneroof doctor {} --sql {kind}` prints the SQL of a right role; the password is set apart from it",
                target.name
            );
            let item = login_item(kind, reason.to_string(), instead);
            posture.items.push(item);
            return Ok(posture);
        }
        Err(error) => {
            return Err(EngineError::database(format!(
                "open target `{}` as its {kind} role",
                target.name
            ))(error));
        }
    };
    let read = async {
        let pooling = posture::pooling(&session, conninfo, &options).await?;
        if pooling == Pooling::Transactions {
            return Ok((pooling, None));
        }
        let facts = posture::facts(&session, kind).await?;
        Ok((pooling, Some(facts)))
    };
    let read = read.await;
    session.close().await;
    let (pooling, facts) = read.map_err(EngineError::database(format!(
        "read the rights of the {kind} role of target `{}`",
        target.name
    )))?;
    let facts = facts.unwrap_or_default();
    posture.items = judge(kind, &facts, accepted);
    match pooling {
        Pooling::None => {}
        Pooling::Unknown(why) => posture.notes.push(format!(
            "whether a proxy pools transactions was not seen: no second connection, {why}"
        )),
        Pooling::Transactions => {
            // What else is true of the role cannot be asked over such a connection.
            posture
                .items
                .retain(|item| item.name == ItemName::TransactionPooling);
            for item in &mut posture.items {
                item.verdict = Verdict::Dangerous;
                item.accepted = accepted.contains(&item.name);
                item.wrong = vec!["a proxy in between pools transactions".to_owned()];
            }
        }
    }
    if facts.in_recovery {
        posture
            .notes
            .push("this server is a standby: a DBA mends it on its primary".to_owned());
    }
    posture.verdict = posture
        .items
        .iter()
        .map(counted)
        .max()
        .unwrap_or(Verdict::Ok);
    Ok(posture)
}

/// What is accepted by name stays to be seen, and stops nothing.
fn counted(item: &Item) -> Verdict {
    if item.accepted {
        Verdict::Warning
    } else {
        item.verdict
    }
}

fn is_about_sign_in(reason: &ConnectFailure) -> bool {
    matches!(
        reason,
        ConnectFailure::RoleMissing(_)
            | ConnectFailure::PasswordMissing
            | ConnectFailure::PasswordWrong
            | ConnectFailure::NotPermitted
    )
}

async fn any_session(
    target: &TargetDatabase,
    own: &ConnInfo,
    dba: Option<&ConnInfo>,
) -> Result<Session, EngineError> {
    let known = [&target.read, &target.clone, &target.apply, &target.operator];
    let places: Vec<&ConnInfo> = match dba {
        Some(dba) => vec![dba],
        None => [own]
            .into_iter()
            .chain(known.into_iter().flatten())
            .collect(),
    };
    let mut first = None;
    for conninfo in places {
        match connect(conninfo, &session_options()).await {
            Ok(session) => return Ok(session),
            Err(error) => first = first.or(Some(error)),
        }
    }
    let doing = format!("open target `{}` to quote its names", target.name);
    Err(match first {
        Some(error) => EngineError::Database {
            doing,
            source: Box::new(error),
            hint: Some("no connection of the target can be opened yet: add --dba \"service=… user=…\" (no password in it); nothing is changed over it".to_owned()),
        },
        None => EngineError::other(doing),
    })
}

/// The whole script: what makes the role, then what it has and must not have. Advice is commented out.
fn script(
    target: &TargetDatabase,
    kind: RoleKind,
    own: &ConnInfo,
    made: &[String],
    items: &[Item],
) -> String {
    let mut lines = vec![
        format!(
            "-- A right {kind} role of target {}: a DBA runs this in database {}.",
            target.name,
            own.dbname()
        ),
        "-- Its password is set apart from this, with \\password of psql for example.".to_owned(),
    ];
    lines.extend_from_slice(made);
    let new = |item: &&Item| item.mend.iter().any(|mend| !made.contains(mend));
    let (must, may): (Vec<&Item>, Vec<&Item>) = items
        .iter()
        .filter(|item| item.verdict != Verdict::Ok)
        .filter(new)
        .partition(|item| item.level == Level::Required && item.verdict == Verdict::Dangerous);
    let parts = [
        ("What it has and must not have:", "", must),
        (
            "Advice, each to be weighed, because it may concern other roles too:",
            "-- ",
            may,
        ),
    ];
    for (title, sign, items) in parts {
        if !items.is_empty() {
            lines.push(format!("\n-- {title}"));
        }
        for item in items {
            lines.push(format!("-- {}: {}", item.name, item.why));
            let mends = item.mend.iter().filter(|mend| !made.contains(mend));
            lines.extend(mends.map(|mend| format!("{sign}{mend}")));
        }
    }
    lines.join("\n")
}
