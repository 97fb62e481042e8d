//! Rehearsals that begin from a golden clone: a copy of it inside its server instead of one of the source. The source is
//! probed all the same, and what the golden clone is behind it is asked before it is used: mark, origin, roles, then the
//! definitions (step 3, which must be equal), then the figures, which are shown.

use std::collections::BTreeMap;

use chrono::Utc;
use oneroof_model::Value;
use oneroof_model::package::Metric;
use oneroof_pg::catalog;
use oneroof_pg::clone::{CopiedRows, RolesOfServer, TemplateCopy, role_differences};
use serde::Serialize;

use super::clone::clone_error;
use super::run::Rehearsal;
use crate::clone_create::{WantedStrategy, reader};
use crate::clones::age_seconds;
use crate::context::Context;
use crate::error::{EngineError, Failure};
use crate::kept::{self, KeptClone};
use crate::open;
use crate::source::Source;

/// From where a rehearsal begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartingPoint {
    /// The target that is rehearsed for.
    pub target: String,
    /// The golden clone that is copied instead of it.
    pub golden: Option<String>,
}

/// What is known about the golden clone that a rehearsal began from.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GoldenStart {
    /// Its id.
    pub id: String,
    /// Of which moment its rows are, UTC.
    pub data_at: String,
    /// How old they were when it was copied, in seconds.
    pub age_seconds: Option<u64>,
    /// What was asked before it was used, and holds.
    pub revalidated: Vec<String>,
    /// Figures that the source has otherwise by now, those apart that move by themselves.
    pub figures_behind: Vec<String>,
}

impl GoldenStart {
    /// How old its rows are, in words.
    pub(super) fn age(&self) -> String {
        let seconds = self.age_seconds.unwrap_or_default();
        match seconds {
            0..120 => format!("{seconds} s"),
            120..7200 => format!("{} min", seconds / 60),
            7200..172_800 => format!("{} h", seconds / 3600),
            _ => format!("{} days", seconds / 86_400),
        }
    }
}

/// What a person means by `--from`: a target, or a golden clone of one (`golden`, `golden:ID`).
///
/// # Errors
/// There is no such clone, or it is not the only one.
pub fn starting_point(
    context: &Context,
    from: &str,
    strategy: WantedStrategy,
) -> Result<StartingPoint, EngineError> {
    let entry = if context.targets.contains_key(from) {
        match strategy {
            WantedStrategy::Template => Some(kept::golden_of(context, from)?),
            _ => None,
        }
    } else if from == "golden" || from.starts_with("golden:") {
        Some(kept::find(context, from)?.entry)
    } else {
        None
    };
    let Some(entry) = entry else {
        return Ok(StartingPoint {
            target: from.to_owned(),
            golden: None,
        });
    };
    if !matches!(strategy, WantedStrategy::Auto | WantedStrategy::Template) {
        return Err(EngineError::input(
            format!(
                "begin from golden clone `{}` by another strategy than `template`",
                entry.id
            ),
            format!("copy its source by that strategy: --from {}", entry.source),
        ));
    }
    if !context.targets.contains_key(&entry.source) {
        return Err(EngineError::input(
            format!(
                "rehearse from golden clone `{}`: oneroof.toml has no target `{}`, which it was made from",
                entry.id, entry.source
            ),
            "what a release changes is probed and compared at its source".to_owned(),
        ));
    }
    Ok(StartingPoint {
        target: entry.source.clone(),
        golden: Some(format!("golden:{}", entry.id)),
    })
}

/// A copy of the golden clone, what was asked before, and the rows that it must have.
pub(super) async fn copy(
    rehearsal: &Rehearsal<'_>,
    source: &mut Source,
    word: &str,
) -> Result<(TemplateCopy, GoldenStart, Option<CopiedRows>), EngineError> {
    let Rehearsal {
        context, run_id, ..
    } = rehearsal;
    let kept = kept::find(context, word)?;
    let revalidated = revalidate(rehearsal, source, &kept).await?;
    let rows = open::clones(&context.root)
        .kept_rows(&kept.entry.id)
        .map_err(|error| EngineError::other(error.to_string()))?;
    let copy = kept
        .beside(context, "rehearse", run_id, RolesOfServer::GoWithCopy)
        .await?;
    Ok((
        copy,
        GoldenStart {
            id: kept.entry.id.clone(),
            data_at: kept.entry.data_at().to_owned(),
            age_seconds: age_seconds(kept.entry.data_at(), Utc::now()),
            revalidated,
            figures_behind: Vec::new(),
        },
        rows,
    ))
}

/// Is it still the golden clone of this source? Gives what holds.
async fn revalidate(
    rehearsal: &Rehearsal<'_>,
    source: &mut Source,
    kept: &KeptClone,
) -> Result<Vec<String>, EngineError> {
    let run_id = rehearsal.run_id;
    let seen = kept.look("rehearse", run_id).await?;
    let marked = kept.require_mark(&seen.state);
    seen.admin.close().await;
    marked?;
    let refresh = format!("oneroof clone refresh golden:{}", kept.entry.id);
    if seen.state.accepts_connections {
        return Err(Failure {
            message: format!(
                "golden clone `{}` admits connections: somebody may have changed it",
                kept.entry.id
            ),
            expected: Some("a database that nobody can connect to".into()),
            detail: Some(format!("make it anew: {refresh}")),
            ..Failure::default()
        }
        .into());
    }
    let identity = source
        .read(&Default::default(), async |session| {
            catalog::identity(session)
                .await
                .map_err(EngineError::database("read the source's identity"))
        })
        .await?;
    if identity.digest().to_string() != kept.entry.source_identity {
        return Err(Failure {
            message: format!(
                "golden clone `{}` was made from another database than target `{}` is now",
                kept.entry.id, rehearsal.target.name
            ),
            detail: Some(format!("make it anew: {refresh}")),
            ..Failure::default()
        }
        .into());
    }
    let differences = role_differences(
        reader(rehearsal.target)?,
        &kept.server.conninfo("postgres", &kept.server.superuser),
        &format!("oneroof/rehearse/{run_id}"),
    )
    .await
    .map_err(clone_error)?;
    if !differences.is_empty() {
        return Err(Failure {
            message: format!(
                "the roles in the server of golden clone `{}` are not the source's: {} differ",
                kept.entry.id,
                differences.len()
            ),
            detail: Some(format!(
                "{}; make it anew: {refresh}",
                differences.join("; ")
            )),
            ..Failure::default()
        }
        .into());
    }
    Ok(vec![
        "its mark is the one that this project gave it".to_owned(),
        "it admits nobody".to_owned(),
        "it was made from the database that is the source now".to_owned(),
        "roles and memberships are those of the source now".to_owned(),
    ])
}

/// Metrics that the source has otherwise than the copy, in words.
pub(super) fn figures_behind(
    metrics: &[Metric],
    there: &BTreeMap<String, Value>,
    here: &BTreeMap<String, Value>,
) -> Vec<String> {
    let named = metrics.iter().filter(|metric| !metric.volatile);
    named
        .filter_map(|metric| {
            let (source, copy) = (there.get(&metric.name)?, here.get(&metric.name)?);
            (source != copy)
                .then(|| format!("{}: {source} in the source, {copy} here", metric.name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_the_unit_that_fits() {
        for (seconds, expected) in [
            (119, "119 s"),
            (120, "2 min"),
            (7199, "119 min"),
            (7200, "2 h"),
            (172_800, "2 days"),
        ] {
            let start = GoldenStart {
                age_seconds: Some(seconds),
                ..GoldenStart::default()
            };
            assert_eq!(start.age(), expected);
        }
    }
}
