//! Letting passkeys in: somebody wishes it (a file of `enrolments/`), an approver of the policy signs the wish, and a
//! DBA installs the policy that knows the passkey. Nobody lets themselves in, and a DBA alone adds what was signed.

use std::path::Path;

use chrono::SecondsFormat;
use oneroof_model::gate::{Enrolment, Level, Passkey, Policy, Target};
use oneroof_model::{Digest, Refusal, RefusalCode};
use serde::Serialize;
use serde_json::json;

use crate::context::Context;
use crate::error::EngineError;
use crate::moment::Moment;
use crate::passkey::{self, NewPasskey};
use crate::store::enrolments::{self, EnrolmentFile};
use crate::{clock, ledger, policy, signature};

const NAME_CHARACTERS_MAX: usize = 64;

/// The passkeys of a target's policy, and the wishes for more.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PasskeysReport {
    /// The target's name.
    pub target: String,
    /// Version of its policy.
    pub policy_version: u32,
    /// Those that count.
    pub passkeys: Vec<PasskeySeen>,
    /// Wishes of this project that are about this database.
    pub wishes: Vec<WishSeen>,
    /// Files of `enrolments/` that cannot be read, with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PasskeySeen {
    /// Whose it is.
    pub person: String,
    /// Their level.
    pub level: Level,
    /// What they call it.
    pub name: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it: what people compare.
    pub fingerprint: String,
    /// Its public key in OpenSSH's words.
    pub key: String,
    /// Its id, base64url.
    pub credential: String,
    /// Where it signs.
    pub origin: String,
    /// The name of the site.
    pub rp_id: String,
}

/// A wish.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WishSeen {
    /// Its name, as the pages call it.
    pub name: String,
    /// Its file, relative to the project.
    pub file: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// The passkey.
    pub passkey: PasskeySeen,
    /// UTC.
    pub created_at: String,
    /// Who said yes.
    pub signed_by: Option<String>,
    /// Why it cannot be let in, or why its signature is not enough; empty if it only waits.
    pub why_not: Vec<String>,
    /// Who could sign it.
    pub open_to: Vec<String>,
}

/// What a DBA installs.
#[derive(Debug)]
pub struct Admitted {
    /// The policy with the passkey in it.
    pub policy: serde_json::Value,
    /// The passkey.
    pub passkey: PasskeySeen,
    /// Who said yes.
    pub signed_by: String,
    /// The same for the policy's file.
    pub toml: String,
}

/// A passkey for people and programs.
pub fn seen(person: &str, level: Level, one: &Passkey) -> PasskeySeen {
    let key = one.key.as_str();
    PasskeySeen {
        person: person.to_owned(),
        level,
        name: one.name.clone(),
        fingerprint: signature::public_key(key)
            .map_or_else(|fault| format!("it {fault}"), |key| key.fingerprint),
        key: key.to_owned(),
        credential: one.credential.clone(),
        origin: one.origin.clone(),
        rp_id: passkey::rp_id(key).unwrap_or_default(),
    }
}

/// The passkeys of a target's policy, and the wishes.
///
/// # Errors
/// As [`policy::show`]; a folder that cannot be read.
pub async fn passkeys(context: &Context, target: &str) -> Result<PasskeysReport, EngineError> {
    let (moment, policy_version, policy) = open(context, target).await?;
    let here = here(&moment, target);
    moment.close().await?;
    let found = enrolments::read(&context.root)?;
    let about_here = found.files.iter().filter(|file| file.wish.target.is(&here));
    let known = policy.approvers.iter().flat_map(|approver| {
        let own = approver.passkeys.iter();
        own.map(|one| seen(&approver.name, approver.level, one))
    });
    Ok(PasskeysReport {
        target: target.to_owned(),
        policy_version,
        passkeys: known.collect(),
        wishes: about_here
            .map(|file| wish_seen(&policy, &here, file))
            .collect(),
        unreadable: found.unreadable,
    })
}

/// Keeps a wish: this person, of this level, wants to sign with this passkey.
///
/// # Errors
/// What can never be let in; a name that is none.
pub async fn wish(
    context: &Context,
    target: &str,
    (person, level): (&str, &str),
    (name, made, origin): (&str, &NewPasskey, &str),
) -> Result<WishSeen, EngineError> {
    for (what, word) in [("a person", person), ("a passkey", name)] {
        let is_name = !word.is_empty()
            && word.chars().count() <= NAME_CHARACTERS_MAX
            && !word.chars().any(char::is_control);
        if !is_name {
            return Err(EngineError::input(
                format!("call {what} `{}`", word.escape_debug()),
                format!("a name has 1 to {NAME_CHARACTERS_MAX} characters"),
            ));
        }
    }
    let unreadable = |why: String| EngineError::input(why, None);
    let passkey = Passkey {
        name: name.to_owned(),
        key: made.key.clone().try_into().map_err(unreadable)?,
        credential: made.credential.clone(),
        origin: origin.to_owned(),
    };
    policy::passkey_fits(&passkey).map_err(unreadable)?;
    let (moment, _, policy) = open(context, target).await?;
    let here = here(&moment, target);
    moment.close().await?;
    let now = clock::instant();
    let wish = Enrolment {
        format: 1,
        id: uuid::Uuid::now_v7().to_string(),
        target: here.clone(),
        person: person.to_owned(),
        level: Level::parse(level).map_err(unreadable)?,
        passkey,
        created_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
    };
    let why = policy.not_enrollable(&wish, &here, 0);
    if !why.is_empty() {
        return Err(EngineError::input(
            format!("wish to let a passkey of `{person}` in: {}", why.join("; ")),
            "`oneroof policy show` prints who is who".to_owned(),
        ));
    }
    let text = serde_json::to_string_pretty(&wish)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?
        + "\n";
    let plain: String = person
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let short = wish.id.rsplit('-').next().unwrap_or_default();
    let name = format!("{}-{plain}-{short}", clock::folder_stamp());
    let file = enrolments::write(&context.root, &name, &text)?;
    let kept = enrolments::open(&context.root.join(file))?;
    Ok(wish_seen(&policy, &here, &kept))
}

/// The text of a wish, as it is signed.
///
/// # Errors
/// No such wish.
pub fn text(context: &Context, name: &str) -> Result<String, EngineError> {
    enrolments::text(&context.root, name)
}

/// Puts a signature beside a wish. Whether it is enough is for the policy to say, when a DBA comes.
///
/// # Errors
/// No such wish, or a signature that does not fit it.
pub fn accept(context: &Context, name: &str, armored: &str) -> Result<String, EngineError> {
    let text = enrolments::text(&context.root, name)?;
    let _ = signature::verify(armored, signature::ENROLMENT, text.as_bytes()).map_err(|fault| {
        EngineError::input(
            format!("check the signature: it {fault}"),
            format!(
                "sign the file as it is: ssh-keygen -Y sign -n {} -f KEY FILE",
                signature::ENROLMENT
            ),
        )
    })?;
    enrolments::sign(&context.root, name, armored)
}

/// The policy that a DBA may install for a signed wish.
///
/// # Errors
/// Refuses (`not-an-approver`) a wish that nobody signed who may, or that is about something else.
pub async fn admit(context: &Context, target: &str, file: &Path) -> Result<Admitted, EngineError> {
    let file = enrolments::open(file)?;
    let moment = ledger::open(context, target).await?;
    let (report, policy) = policy::read(&moment, target).await?;
    let here = here(&moment, target);
    moment.close().await?;
    let wish = &file.wish;
    let mut why = standing(&policy, &here, &file);
    if let Err(fault) = policy::passkey_fits(&wish.passkey) {
        why.push(fault);
    }
    let signer = file.signed.signed_by.clone();
    let signed_by = signer.and_then(|signer| policy.enrolled_by(wish, &signer).map(str::to_owned));
    let signed_by = match signed_by {
        Ok(name) if why.is_empty() => name,
        other => {
            why.extend(other.err());
            return Err(Refusal::new(
                RefusalCode::NotAnApprover,
                format!("the passkey of {} cannot be let in", wish.person),
            )
            .reasons(why)
            .hint(format!(
                "{} may sign the wish: ssh-keygen -Y sign -n {} -f KEY {}, or with a passkey on the page /passkeys",
                match policy.may_enrol(wish) {
                    names if names.is_empty() => "nobody of the policy".to_owned(),
                    names => names.join(", "),
                },
                signature::ENROLMENT,
                file.signed.file
            ))
            .into());
        }
    };
    Ok(Admitted {
        policy: with_passkey(report.policy, wish),
        passkey: seen(&wish.person, wish.level, &wish.passkey),
        signed_by,
        toml: toml_of(&policy, wish),
    })
}

async fn open(context: &Context, target: &str) -> Result<(Moment, u32, Policy), EngineError> {
    let moment = ledger::open(context, target).await?;
    let (report, policy) = policy::read(&moment, target).await?;
    Ok((moment, report.version, policy))
}

fn here(moment: &Moment, target: &str) -> Target {
    let identity = &moment.identity;
    Target {
        name: target.to_owned(),
        database_name: identity.database_name.clone(),
        database_oid: identity.database_oid,
        system_identifier: identity.system_identifier.clone(),
        genesis: identity.genesis.clone(),
        shown: oneroof_model::gate::ShownAt {
            host: identity.host.clone(),
            port: identity.port,
        },
    }
}

fn standing(policy: &Policy, here: &Target, file: &EnrolmentFile) -> Vec<String> {
    let age = clock::instant().timestamp() - file.created_at;
    policy.not_enrollable(&file.wish, here, age)
}

fn wish_seen(policy: &Policy, here: &Target, file: &EnrolmentFile) -> WishSeen {
    let wish = &file.wish;
    let mut why_not = standing(policy, here, file);
    let signer = file.signed.signed_by.clone();
    let signed_by = signer.and_then(|signer| policy.enrolled_by(wish, &signer).map(str::to_owned));
    if let (Err(fault), true) = (&signed_by, file.has_signature) {
        why_not.push(fault.clone());
    }
    let path = Path::new(&file.signed.file);
    WishSeen {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        file: format!(
            "enrolments/{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        ),
        digest: Digest::parse(&file.signed.digest)
            .map_or_else(String::new, |digest| digest.to_string()),
        passkey: seen(&wish.person, wish.level, &wish.passkey),
        created_at: wish.created_at.clone(),
        signed_by: signed_by.ok(),
        why_not,
        open_to: policy.may_enrol(wish),
    }
}

/// The policy as it lies in the target, and the passkey in it.
fn with_passkey(mut policy: serde_json::Value, wish: &Enrolment) -> serde_json::Value {
    let passkey = json!(wish.passkey);
    let approvers = policy["approver"].as_array_mut();
    let known = approvers.and_then(|all| all.iter_mut().find(|one| one["name"] == *wish.person));
    match known {
        Some(known) => match known["passkey"].as_array_mut() {
            Some(own) => own.push(passkey),
            None => known["passkey"] = json!([passkey]),
        },
        None => {
            let fresh = json!({ "name": wish.person, "level": wish.level, "passkey": [passkey] });
            match policy["approver"].as_array_mut() {
                Some(all) => all.push(fresh),
                None => policy["approver"] = json!([fresh]),
            }
        }
    }
    policy
}

/// The lines that belong into the policy's file, which is the DBA's.
fn toml_of(policy: &Policy, wish: &Enrolment) -> String {
    let text = |word: &str| toml::Value::String(word.to_owned()).to_string();
    let is_known = policy.approvers.iter().any(|one| one.name == wish.person);
    let head = match is_known {
        true => String::new(),
        false => format!(
            "[[approver]]\nname = {}\nlevel = \"{}\"\n\n",
            text(&wish.person),
            wish.level
        ),
    };
    let one = &wish.passkey;
    format!(
        "{head}[[approver.passkey]]\nname = {}\nkey = {}\ncredential = {}\norigin = {}\n",
        text(&one.name),
        text(one.key.as_str()),
        text(&one.credential),
        text(&one.origin)
    )
}
