//! What is served: the project, its targets, and the channels of the console.

use std::collections::BTreeMap;
use std::sync::Arc;

use oneroof_engine::clones;
use oneroof_engine::context::Context;
use oneroof_engine::doctor;
use oneroof_engine::error::EngineError;
use oneroof_engine::hub::Hub;
use oneroof_engine::readonly::{Answer, Channel, ChannelOptions, Limits, Question};
use oneroof_model::TargetClass;
use tokio::sync::OnceCell;

use crate::problem::Problem;
use crate::recent::Recent;
use crate::streams::Streams;

/// How a site is made.
#[derive(Debug, Clone)]
pub struct SiteOptions {
    /// The targets that it shows; empty: all of oneroof.toml that have a `read` connection, and the kept clones.
    pub targets: Vec<String>,
    /// Statements of the console at one time on each target.
    pub slots: usize,
}

/// A channel, and whether the role behind it was looked at.
struct Console {
    channel: Channel,
    harmless: OnceCell<()>,
}

/// What is served; one for all requests.
pub struct Site {
    pub(crate) context: Context,
    pub(crate) recent: Recent,
    pub(crate) streams: Streams,
    hub: Arc<Hub>,
    targets: Vec<String>,
    with_clones: bool,
    consoles: BTreeMap<String, Console>,
}

impl Site {
    /// Opens the channels of the console, after a look at the role behind each of them. A target that cannot be
    /// asked now is looked at when it is first asked for rows: a dashboard is there above all when something is
    /// down.
    ///
    /// # Errors
    /// No target, an unknown one, or one whose role may do what it must not (`role-dangerous`).
    pub async fn open(context: Context, options: &SiteOptions) -> Result<Arc<Site>, EngineError> {
        let (targets, with_clones) = targets(&context, &options.targets)?;
        let mut consoles = BTreeMap::new();
        for target in targets.iter().filter(|name| !is_clone(name)) {
            let channel = Channel::open(
                &context,
                target,
                ChannelOptions {
                    verb: "serve",
                    slots: options.slots,
                    limits: Limits::default(),
                },
            )?;
            let harmless = OnceCell::new();
            match doctor::require_harmless_reader(&context, target).await {
                Ok(()) => {
                    let _ = harmless.set(());
                }
                Err(EngineError::Database { .. }) => {}
                Err(error) => return Err(error),
            }
            let _ = consoles.insert(target.clone(), Console { channel, harmless });
        }
        let hub = Arc::new(Hub::of(&context));
        // Aside: whoever asks first finds the index ready, and nobody waits for it to start. A folder that cannot be
        // read is told to whoever asks for it.
        let early = Arc::clone(&hub);
        drop(tokio::task::spawn_blocking(move || early.prepare()));
        Ok(Arc::new(Site {
            hub,
            context,
            recent: Recent::default(),
            streams: Streams::default(),
            targets,
            with_clones,
            consoles,
        }))
    }

    /// The targets that it shows now; kept clones come and go.
    pub fn targets(&self) -> Vec<String> {
        let mut all = self.targets.clone();
        if self.with_clones {
            all.extend(running_clones(&self.context));
        }
        all
    }

    /// The target that a page is asked about: the only one, if none is named.
    pub(crate) fn target(&self, named: Option<&str>) -> Result<String, Problem> {
        let all = self.targets();
        match (named, all.as_slice()) {
            (Some(name), all) if all.iter().any(|known| known == name) => Ok(name.to_owned()),
            (Some(name), all) => Err(Problem::missing(format!(
                "this dashboard does not show target `{name}`"
            ))
            .hint(format!("it shows: {}", all.join(", ")))),
            (None, [only]) => Ok(only.clone()),
            (None, all) => Err(Problem::input("name a target")
                .hint(format!("?target=…, one of: {}", all.join(", ")))),
        }
    }

    /// Asks the hub; its work is with files, so it is done aside.
    pub(crate) async fn hub<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hub) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, Problem> {
        let hub = Arc::clone(&self.hub);
        let done = tokio::task::spawn_blocking(move || work(&hub)).await;
        let done = done.map_err(|error| Problem::internal(error.to_string()))?;
        Ok(done?)
    }

    /// Targets that the console can ask: those of oneroof.toml, never clones.
    pub(crate) fn asked_by_console(&self) -> Vec<String> {
        self.consoles.keys().cloned().collect()
    }

    /// Asks a target over the read-only channel.
    pub(crate) async fn ask(
        &self,
        target: &str,
        question: &Question<'_>,
    ) -> Result<Answer, Problem> {
        let console = self.consoles.get(target).ok_or_else(|| {
            Problem::missing(format!("the console does not ask target `{target}`")).hint(format!(
                "clones are not on its list; it asks: {}",
                self.asked_by_console().join(", ")
            ))
        })?;
        console
            .harmless
            .get_or_try_init(|| doctor::require_harmless_reader(&self.context, target))
            .await?;
        Ok(console.channel.query(question).await?)
    }
}

fn is_clone(name: &str) -> bool {
    name.starts_with("clone:")
}

/// The names of clones that can be looked into.
fn running_clones(context: &Context) -> Vec<String> {
    let all = clones::seen(context).unwrap_or_default();
    all.into_iter()
        .filter(|clone| clone.running && clone.class != TargetClass::Golden)
        .map(|clone| format!("clone:{}", clone.id))
        .collect()
}

fn targets(context: &Context, wanted: &[String]) -> Result<(Vec<String>, bool), EngineError> {
    if !wanted.is_empty() {
        return Ok((wanted.to_vec(), false));
    }
    let all = context.targets.values();
    let readable: Vec<String> = all
        .filter(|target| target.read.is_some())
        .map(|target| target.name.clone())
        .collect();
    if readable.is_empty() {
        return Err(EngineError::Input {
            message: "find a target to show: none of oneroof.toml has a `read` connection".into(),
            hint: Some(
                "add one: [targets.NAME] read = \"…\"; `oneroof doctor NAME --sql read` prints the SQL of its role"
                    .into(),
            ),
        });
    }
    Ok((readable, true))
}
