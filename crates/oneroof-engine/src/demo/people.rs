//! The people of a demo that is kept: a policy with two approvers and a runner, whose keys lie in the demo's folder.
//! One of the two has said yes, so there is a gate to look at that waits for somebody.

use std::path::Path;

use oneroof_model::gate::Decision;
use oneroof_pg::conninfo::ConnInfo;

use crate::adopt::{self, AdoptOptions};
use crate::approve::{self, ApproveOptions};
use crate::context::Context;
use crate::error::EngineError;
use crate::store::package_files::OpenPackage;
use crate::{programs, signature};

/// Who has a key, with their level; the last one signs evidence.
const PEOPLE: [&str; 3] = ["ada", "bob", "runner"];

/// Makes the keys and has the policy adopted. Gives the context whose rehearsals are signed, or the one that it was
/// given where `ssh-keygen` is not installed: a demo shows what it can.
pub(super) async fn settle(context: Context, dba: &ConnInfo) -> Result<Context, EngineError> {
    let keys = context.root.join("keys");
    std::fs::create_dir_all(&keys)
        .map_err(EngineError::file(format!("make `{}`", keys.display())))?;
    for name in PEOPLE {
        let made = programs::ssh_make_key(&keys.join(name), name);
        if !made.is_ok_and(|answer| answer.status.success()) {
            return Ok(context);
        }
    }
    let policy = context.root.join("policy.toml");
    std::fs::write(&policy, policy_text(&keys)?)
        .map_err(EngineError::file(format!("write `{}`", policy.display())))?;
    let options = AdoptOptions {
        execute: true,
        dba: Some(dba.clone()),
        policy: Some(policy),
        enrol: None,
    };
    let _ = adopt::adopt(&context, "production", &options).await?;
    Ok(Context {
        runner_key: Some(keys.join("runner")),
        ..context
    })
}

/// The first of the two says yes.
pub(super) async fn say_yes(context: &Context, package: &OpenPackage) -> Result<(), EngineError> {
    if context.runner_key.is_none() {
        return Ok(());
    }
    let screen =
        approve::screen(context, package, "production", &ApproveOptions::default()).await?;
    let key = context.root.join("keys").join(PEOPLE[0]);
    let _ = approve::sign(
        context,
        &screen,
        Decision::Approve,
        "seen in the demo",
        &key,
    )?;
    Ok(())
}

fn policy_text(keys: &Path) -> Result<String, EngineError> {
    let mut text = "# The policy of the demo's production. The private keys lie in keys/: it is a demo.\nformat = 1\n\n\
                    [[rule]]\npackages = [\"one-roof*\"]\nquorum = { L4 = 1, L2 = 1 }\n"
        .to_owned();
    for (name, level) in [("ada", "L4"), ("bob", "L2")] {
        let key = signature::public_half(&keys.join(name))?.public_key;
        text += &format!(
            "\n[[approver]]\nname = \"{name}\"\nlevel = \"{level}\"\nkeys = [\"{key}\"]\n"
        );
    }
    let key = signature::public_half(&keys.join("runner"))?.public_key;
    Ok(text + &format!("\n[[runner]]\nname = \"runner\"\nkey = \"{key}\"\n"))
}
