//! `clone create --into TARGET`: clones in the server of another target, whose `maintenance` connection leads there.
//! They are registered as others are, and removed over the same connection.

use oneroof_model::{Refusal, RefusalCode};
use oneroof_pg::clone::{CloneEntry, HostServer, remove_hosted_clone};

use crate::clone_create::{CreateOptions, WantedStrategy};
use crate::context::Context;
use crate::error::EngineError;
use crate::{kept, open};

/// Why the rows are copied, if nobody asked for it.
pub(crate) const WHY_LOGICAL: &str =
    "the server of another target takes rows; files belong to a whole server";

/// The server of a target that takes clones.
pub(crate) fn host(context: &Context, name: &str) -> Result<HostServer, EngineError> {
    let target = open::target(context, name)?;
    let maintenance = target.maintenance.ok_or_else(|| {
        Refusal::new(
            RefusalCode::RoleMissing,
            format!("target `{name}` has no `maintenance` connection"),
        )
        .hint(format!(
            "[targets.{name}] maintenance = \"host=… user=… dbname=postgres\": a superuser of a server that is there for clones"
        ))
    })?;
    Ok(HostServer {
        name: target.name,
        maintenance,
    })
}

/// Refuses what a clone in another target's server cannot be.
pub(crate) fn check(options: &CreateOptions) -> Result<(), EngineError> {
    let what = match options.copy.strategy {
        WantedStrategy::Auto | WantedStrategy::Logical => None,
        _ => Some("by another strategy than `logical`"),
    };
    let what = what.or_else(|| options.golden.then_some("golden"));
    let what = what.or_else(|| options.scope.is_some().then_some("with --scope"));
    match what {
        None => Ok(()),
        Some(what) => Err(EngineError::input(
            format!("make a clone {what} in the server of another target"),
            "leave out --into: such a clone lives in a private server of its own".to_owned(),
        )),
    }
}

/// Removes a clone, wherever it lives.
pub(crate) async fn remove(context: &Context, id: &str) -> Result<(), EngineError> {
    let clones = open::clones(&context.root);
    let host_of = |entry: CloneEntry| entry.host;
    let removed = match clones.find(id).ok().and_then(host_of) {
        Some(name) => {
            let maintenance = host(context, &name)?.maintenance;
            remove_hosted_clone(id, &clones, &maintenance).await
        }
        None => oneroof_pg::clone::remove_clone(id, &clones, &open::servers(&context.root)).await,
    };
    removed.map_err(|error| {
        EngineError::input(
            format!("drop clone `{id}`: {}", with_causes(&error)),
            "`oneroof clone list` shows the clones of this project".to_owned(),
        )
    })
}

/// Removes what killed runs left in the servers of other targets. One that does not answer is asked the next time.
pub(crate) async fn sweep(context: &Context) -> Result<(), EngineError> {
    for entry in kept::entries(context)? {
        if entry.host.is_some() && entry.is_left_over() {
            let _ = remove(context, &entry.id).await;
        }
    }
    Ok(())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
