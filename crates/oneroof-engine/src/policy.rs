//! The policy of a target: read from its file for the adopt, and shown as it lies in the target.

use std::path::Path;

use oneroof_model::gate::{Passkey, Policy};
use oneroof_model::signers::AllowedSigner;
use oneroof_model::{Refusal, RefusalCode, TomlError};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::moment::Moment;
use crate::{ledger, passkey, signature};

/// A policy is a page or two.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The policy that a target has.
#[derive(Debug, Serialize)]
pub struct PolicyReport {
    /// The target's name.
    pub target: String,
    /// 1, 2, 3 and so on.
    pub version: u32,
    /// SHA-256; every approval names it.
    pub digest: String,
    /// Who installed it, and when, UTC.
    pub installed_by: String,
    /// UTC, RFC 3339.
    pub installed_at: String,
    /// As it is in the target.
    pub policy: serde_json::Value,
    /// The same people and runners in OpenSSH's format, for `ssh-keygen -Y verify`.
    pub allowed_signers: String,
}

/// Reads and checks a policy's file. Gives what is installed: the file as JSON.
///
/// # Errors
/// With file, line and column where the fault has a place.
pub fn read_file(path: &Path) -> Result<serde_json::Value, EngineError> {
    let shown = path.display().to_string();
    let reading = || EngineError::file(format!("read policy `{shown}`"));
    let size = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(EngineError::input(
                format!("find policy `{shown}`"),
                "docs/reference/policy-toml.md has one to begin with".to_owned(),
            ));
        }
        facts => facts.map_err(reading())?.len(),
    };
    if size > FILE_BYTES_MAX {
        return Err(EngineError::input(
            format!("read policy `{shown}`: it has {size} bytes, which no policy has"),
            None,
        ));
    }
    let text = std::fs::read_to_string(path).map_err(reading())?;
    let policy = Policy::read(&shown, &text)?;
    let keys = policy.approvers.iter().flat_map(|approver| &approver.keys);
    for key in keys.chain(policy.runners.iter().map(|runner| &runner.key)) {
        if let Err(fault) = signature::public_key(key.as_str()) {
            let base64 = key.as_str().split(' ').nth(1).unwrap_or_default();
            let place = text.find(base64).map(|start| start..start + base64.len());
            let message = format!("this public key {fault}");
            return Err(TomlError::new(&shown, &text, &message, place).into());
        }
    }
    let passkeys = policy
        .approvers
        .iter()
        .flat_map(|approver| &approver.passkeys);
    for one in passkeys {
        if let Err(fault) = passkey_fits(one) {
            let place = text.find(&one.credential);
            let place = place.map(|start| start..start + one.credential.len());
            return Err(TomlError::new(&shown, &text, &fault, place).into());
        }
    }
    toml::from_str(&text)
        .map_err(|error| EngineError::other(format!("read policy `{shown}`: {error}")))
}

/// Is a passkey of the policy one that could ever sign?
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn passkey_fits(one: &Passkey) -> Result<(), String> {
    let of_passkey = |fault| format!("this passkey {fault}");
    let rp_id = passkey::rp_id(one.key.as_str()).map_err(|fault| of_passkey(fault.to_string()))?;
    let _ =
        passkey::from_base64url(&one.credential).map_err(|fault| of_passkey(fault.to_string()))?;
    match passkey::is_site_of(&rp_id, &one.origin) {
        true => Ok(()),
        false => Err(of_passkey(format!(
            "is of site `{rp_id}` (rp id), which cannot be at `{}`: an origin is https://NAME, or http://localhost, with its port",
            one.origin
        ))),
    }
}

/// The policy that a target has.
///
/// # Errors
/// Refuses (`policy-missing`) a target without one; what the server says.
pub async fn show(context: &Context, target: &str) -> Result<PolicyReport, EngineError> {
    let moment = ledger::open(context, target).await?;
    let (installed, _) = read(&moment, target).await?;
    moment.close().await?;
    Ok(installed)
}

/// The policy of a target that is open, as report and as value.
pub(crate) async fn read(
    moment: &Moment,
    target: &str,
) -> Result<(PolicyReport, Policy), EngineError> {
    let installed = oneroof_pg::policy::policy(&moment.session)
        .await
        .map_err(moment.error(
            "read the policy of HERE",
            "grant select on oneroof.policy to ROLE;",
        ))?;
    let Some(installed) = installed else {
        return Err(Refusal::new(
            RefusalCode::PolicyMissing,
            format!("target `{target}` has no policy, so its gate cannot be opened"),
        )
        .hint(format!(
            "a DBA installs one: oneroof adopt {target} --policy FILE"
        ))
        .into());
    };
    let policy: Policy = serde_json::from_value(installed.body.clone()).map_err(|error| {
        EngineError::input(
            format!("read policy {} of target `{target}`: {error}", installed.version),
            "it is of another version of oneroof, or somebody wrote it by hand: adopt a policy that this one reads".to_owned(),
        )
    })?;
    let report = PolicyReport {
        target: target.to_owned(),
        version: installed.version,
        digest: installed.digest,
        installed_by: installed.installed_by,
        installed_at: installed.installed_at,
        policy: installed.body,
        allowed_signers: allowed_signers(&policy),
    };
    Ok((report, policy))
}

/// Everybody of a policy with what they may sign.
fn allowed_signers(policy: &Policy) -> String {
    let signer = |name: &str, key: &str, namespace: &str| AllowedSigner {
        // A list separates names by commas and words by blanks.
        principals: vec![name.replace([' ', ',', '"'], "_")],
        public_key: key.to_owned(),
        namespaces: vec![namespace.to_owned()],
        valid_after: None,
        valid_before: None,
        line: 0,
    };
    let mut lines = Vec::new();
    for approver in &policy.approvers {
        let passkeys = approver.passkeys.iter().map(|passkey| &passkey.key);
        for key in approver.keys.iter().chain(passkeys) {
            lines.push(signer(&approver.name, key.as_str(), signature::APPROVAL).to_line());
        }
    }
    for runner in &policy.runners {
        lines.push(signer(&runner.name, runner.key.as_str(), signature::EVIDENCE).to_line());
    }
    lines.join("\n") + "\n"
}
