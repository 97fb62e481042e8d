//! The governance schema from the shell: what the packages `one-roof-base` and `one-roof` put into a target.
//!
//! Everything is read through the door `source`, at one moment, in the packages' schema.

pub mod change;
pub mod coverage;
pub mod drift;
pub mod drift_trend;
pub mod event;
mod operator;
pub mod owner;
pub mod prune;
pub mod queue;
pub mod reconcile;
pub mod scan;
pub mod sync;
pub mod topic;

use oneroof_model::package::ResolvedParameters;
use oneroof_model::{Refusal, RefusalCode, nearest};
use oneroof_pg::PgError;
use oneroof_pg::connect::Session;
use oneroof_pg::governance::installed::installed;
use oneroof_pg::governance::names::{NameKind, names};
use oneroof_pg::governance::plan_settings;
use oneroof_pg::run::RunSettings;

use crate::context::{Context, TargetDatabase};
use crate::error::EngineError;
use crate::source::{Source, read_role};
use crate::store::package_files::OpenPackage;
use crate::{open, parameters, run_id};

/// The package that every verb here needs.
const BASE: &str = "one-roof-base";
/// Schema of both packages where nobody says another.
const DEFAULT_SCHEMA: &str = "public";
/// SQLSTATE of a missing right.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Which of the two packages a verb reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Inventory and owners.
    Base,
    /// Axes, topics, findings too.
    OneRoof,
}

impl Needs {
    fn package(self) -> &'static str {
        match self {
            Needs::Base => BASE,
            Needs::OneRoof => "one-roof",
        }
    }

    /// Relations that stand for the whole package, the most telling first.
    pub(crate) fn relations(self) -> &'static [&'static str] {
        match self {
            Needs::Base => &["v_object_owner_gap", "governance_object_ownership"],
            Needs::OneRoof => &["v_ui_detector_findings", "governance_scan_run"],
        }
    }
}

/// The governance schema of a target, open for reading.
pub(crate) struct Roof {
    /// The target.
    pub(crate) target: TargetDatabase,
    /// The schema of both packages.
    pub(crate) schema: String,
    /// The package `one-roof-base`, for its checks.
    pub(crate) base: OpenPackage,
    settings: RunSettings,
    source: Source,
}

impl Roof {
    /// Opens the door `source` on a target.
    pub(crate) async fn open(
        context: &Context,
        target: &str,
        verb: &str,
    ) -> Result<Roof, EngineError> {
        let target = open::target(context, target)?;
        read_role(&target)?;
        let base = base_package(context)?;
        let parameters = parameters::resolve(&base, &target, &[])?;
        let schema = schema(&base, &parameters);
        let run_id = run_id::new();
        let settings = open::reading_settings(&base, &parameters, &target, &run_id)?;
        let source = Source::open(&target, verb, &run_id).await?;
        Ok(Roof {
            target,
            schema,
            base,
            settings,
            source,
        })
    }

    /// Reads something at one moment; refuses where the package is not there.
    pub(crate) async fn read<T>(
        &mut self,
        needs: Needs,
        work: impl AsyncFnOnce(&Session) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let (target, schema) = (&self.target, &self.schema);
        self.source
            .read(&self.settings, async |session| {
                require(session, target, schema, needs).await?;
                plan_settings(session)
                    .await
                    .map_err(reading("the settings of the transaction"))?;
                work(session)
                    .await
                    .map_err(|error| right_missing(error, target, schema))
            })
            .await
    }

    /// Closes the door.
    pub(crate) async fn close(self) {
        self.source.close().await;
    }
}

/// The package `one-roof-base`: the project's own, else the bundled one.
pub(crate) fn base_package(context: &Context) -> Result<OpenPackage, EngineError> {
    OpenPackage::open(Some(&context.root.join("packages")), BASE)
}

/// The schema of both packages on a target.
pub(crate) fn schema(base: &OpenPackage, parameters: &ResolvedParameters) -> String {
    parameters
        .schema(&base.plan)
        .unwrap_or_else(|| DEFAULT_SCHEMA.to_owned())
}

/// Opens a target, reads something at one moment, and closes it.
pub(crate) async fn read<T>(
    context: &Context,
    target: &str,
    verb: &str,
    needs: Needs,
    work: impl AsyncFnOnce(&Session) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let mut roof = Roof::open(context, target, verb).await?;
    let outcome = roof.read(needs, work).await;
    roof.close().await;
    outcome
}

/// Wraps what the server said while we read `what`.
pub(crate) fn reading(what: &str) -> impl FnOnce(PgError) -> EngineError {
    EngineError::database(format!("read {what}"))
}

/// A name that the target does not know is an error that names the nearest one it knows.
pub(crate) async fn known(
    session: &Session,
    kind: NameKind,
    name: Option<&str>,
) -> Result<(), EngineError> {
    let Some(name) = name else { return Ok(()) };
    let all = names(session, kind)
        .await
        .map_err(reading("the names that the target knows"))?;
    // An object may be written with its type.
    let bare = match kind {
        NameKind::Object => name.split_once(':').map_or(name, |(_, rest)| rest),
        _ => name,
    };
    if all.iter().any(|known| known == name || known == bare) {
        return Ok(());
    }
    let kind = kind.as_str();
    let hint = match nearest(bare, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => format!("the target has no {kind} yet"),
        None if all.len() <= 12 => format!("known: {}", all.join(", ")),
        None => format!("the target has {} names of that kind", all.len()),
    };
    Err(EngineError::input(format!("find {kind} `{name}`"), hint))
}

/// A word that must be one of a few.
pub(crate) fn one_of(what: &str, word: Option<&str>, words: &[&str]) -> Result<(), EngineError> {
    match word {
        Some(word) if !words.contains(&word) => {
            let hint = match nearest(word, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", words.join(", ")),
            };
            Err(EngineError::input(format!("find {what} `{word}`"), hint))
        }
        _ => Ok(()),
    }
}

/// Refuses where the package is not in the schema, or the role may not enter it.
async fn require(
    session: &Session,
    target: &TargetDatabase,
    schema: &str,
    needs: Needs,
) -> Result<(), EngineError> {
    let packages: &[Needs] = match needs {
        Needs::Base => &[Needs::Base],
        Needs::OneRoof => &[Needs::Base, Needs::OneRoof],
    };
    for needs in packages {
        let found = installed(session, schema, needs.relations())
            .await
            .map_err(reading("which packages the target has"))?;
        if !found.missing.is_empty() {
            return Err(not_installed(target, schema, *needs, &found.elsewhere).into());
        }
        if !found.usable {
            return Err(reader_missing(target, schema, "it may not use the schema").into());
        }
    }
    Ok(())
}

fn not_installed(
    target: &TargetDatabase,
    schema: &str,
    needs: Needs,
    elsewhere: &[String],
) -> Refusal {
    let (name, package) = (&target.name, needs.package());
    let hint = match (elsewhere.first(), needs) {
        (Some(other), _) => format!(
            "schema `{other}` has it: set schema = \"{other}\" under [targets.{name}.packages.{BASE}] in oneroof.toml"
        ),
        (None, Needs::Base) => format!(
            "`oneroof init --governance` writes its parameters, `oneroof rehearse {BASE} --from {name}` tries it on a clone"
        ),
        (None, Needs::OneRoof) => format!(
            "`oneroof rehearse {package} --from {name}` tries it on a clone; `oneroof coverage` works with {BASE} alone"
        ),
    };
    Refusal::new(
        RefusalCode::RequirementMissing,
        format!("package `{package}` is not in schema `{schema}` of target `{name}`"),
    )
    .hint(hint)
}

/// A missing right is a refusal with the grant that mends it.
fn right_missing(error: EngineError, target: &TargetDatabase, schema: &str) -> EngineError {
    match &error {
        EngineError::Database { source, .. }
            if source.sqlstate() == Some(INSUFFICIENT_PRIVILEGE) =>
        {
            reader_missing(target, schema, &source.to_string()).into()
        }
        _ => error,
    }
}

fn reader_missing(target: &TargetDatabase, schema: &str, why: &str) -> Refusal {
    let user = target.read.as_ref().map_or("…", |read| read.user());
    Refusal::new(
        RefusalCode::RightMissing,
        format!(
            "read role `{user}` of target `{}` may not read schema `{schema}`: {why}",
            target.name
        ),
    )
    .hint(format!("a DBA runs: grant one_roof_reader to {user};"))
}
