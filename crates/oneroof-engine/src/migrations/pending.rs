//! Which migrations a target has not had yet, by the tool's own records there.

use oneroof_model::{AppliedMigration, MigrationTool, Refusal, RefusalCode};
use oneroof_pg::migrations::applied;
use oneroof_sql::migrations::{Migration, MigrationSet, history_table};

use super::opened::OpenedMigrations;
use super::plan::PlanOptions;
use crate::context::Context;
use crate::error::EngineError;
use crate::source::Source;
use crate::store::package_files::OpenPackage;
use crate::{open, run_id};

/// What is to be done on a target.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Migrations that its records do not have, in order.
    pub migrations: Vec<Migration>,
    /// How many they have.
    pub applied: usize,
    /// Where they are kept, if they are.
    pub table: Option<&'static str>,
}

/// Reads the tool's records on target `from` and compares them with the folder.
///
/// # Errors
/// A migration that was edited after it was applied, one that failed half-way, one that is not in the folder any more;
/// a target that cannot be read.
pub async fn pending(
    context: &Context,
    opened: &OpenedMigrations,
    from: &str,
) -> Result<Pending, EngineError> {
    opened.require_sound()?;
    let target = open::target(context, from)?;
    let mut source = Source::open(&target, "migrations", &run_id::new()).await?;
    let tool = opened.set.tool;
    let table = history_table(tool).name;
    let found = source
        .read(&Default::default(), async |session| {
            applied(session, tool, table)
                .await
                .map_err(EngineError::database(format!(
                    "read the records of {tool} (`{table}`) on `{from}`"
                )))
        })
        .await;
    source.close().await;
    let Some(records) = found? else {
        return Ok(Pending {
            migrations: opened.set.migrations.clone(),
            applied: 0,
            table: None,
        });
    };
    let (migrations, count) = compare(&opened.set, &records).map_err(|reasons| {
        Refusal::new(
            RefusalCode::PackageInvalid,
            format!("the records of {tool} on `{from}` and the folder do not fit together"),
        )
        .reasons(reasons)
        .hint(format!(
            "what was applied is not edited: write another migration; `{table}` holds the records"
        ))
    })?;
    Ok(Pending {
        migrations,
        applied: count,
        table: Some(table),
    })
}

/// The package of what `from` has not had yet, of a bare folder; any other package as it is.
///
/// # Errors
/// As [`pending`]; nothing is pending.
pub async fn for_target(
    context: &Context,
    package: OpenPackage,
    from: &str,
    tool: Option<MigrationTool>,
    options: &PlanOptions,
) -> Result<(OpenPackage, Option<String>), EngineError> {
    let Some(opened) = &package.bare else {
        return Ok((package, None));
    };
    let opened = match tool {
        Some(tool) => OpenedMigrations::open(&opened.folder, Some(tool))?,
        None => (**opened).clone(),
    };
    let pending = pending(context, &opened, from).await?;
    let said = format!("{}; {}", opened.sentence(), pending.sentence(from));
    if pending.migrations.is_empty() {
        return Err(EngineError::input(
            format!("find something to do for `{from}`: {said}"),
            None,
        ));
    }
    let package = opened.package_of(&pending.migrations, options)?;
    Ok((package, Some(said)))
}

impl Pending {
    /// `12 were applied on `production` (by `schema_migrations`), 3 are pending`
    fn sentence(&self, from: &str) -> String {
        match self.table {
            None => format!("`{from}` has no records of it: all are pending"),
            Some(table) => format!(
                "{} applied on `{from}` by its records in `{table}`, {} pending",
                self.applied,
                self.migrations.len()
            ),
        }
    }
}

/// Those that are not in the records, and how many are; or what does not fit.
fn compare(
    set: &MigrationSet,
    records: &[AppliedMigration],
) -> Result<(Vec<Migration>, usize), Vec<String>> {
    let newest_only = matches!(set.tool, MigrationTool::GolangMigrate | MigrationTool::Tern);
    let mut reasons = Vec::new();
    for record in records.iter().filter(|record| !record.finished) {
        reasons.push(format!(
            "version {} failed half-way and was never repaired",
            record.version
        ));
    }
    let mut newest = 0;
    for record in records {
        match set
            .migrations
            .iter()
            .position(|migration| is_of(set.tool, migration, record))
        {
            Some(place) => newest = newest.max(place + 1),
            None => reasons.push(format!(
                "version {} was applied, and the folder does not have it",
                record.version
            )),
        }
    }
    let mut pending = Vec::new();
    for (place, migration) in set.migrations.iter().enumerate() {
        if newest_only {
            if place >= newest {
                pending.push(migration.clone());
            }
            continue;
        }
        let record = records
            .iter()
            .rev()
            .find(|record| is_of(set.tool, migration, record));
        match record {
            None => pending.push(migration.clone()),
            Some(record) => {
                let edited = record.checksum.is_some()
                    && migration.checksum.is_some()
                    && record.checksum != migration.checksum
                    && set.tool != MigrationTool::Sqitch;
                if edited && migration.repeatable {
                    pending.push(migration.clone());
                } else if edited {
                    reasons.push(format!(
                        "`{}` was edited after it was applied: its checksum was {}, and is {}",
                        migration.up.file,
                        short(record.checksum.as_deref()),
                        short(migration.checksum.as_deref())
                    ));
                }
            }
        }
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let applied = set.migrations.len() - pending.len();
    Ok((pending, applied))
}

fn short(checksum: Option<&str>) -> &str {
    let checksum = checksum.unwrap_or("-");
    checksum.get(..16).unwrap_or(checksum)
}

/// Does the record speak of this migration?
fn is_of(tool: MigrationTool, migration: &Migration, record: &AppliedMigration) -> bool {
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    match tool {
        MigrationTool::Flyway if migration.repeatable => {
            record.version.strip_prefix("R:") == Some(migration.name.as_str())
        }
        MigrationTool::GraphileMigrate => record.version == migration.file_name,
        MigrationTool::Sqitch => {
            record.version == migration.version.split('@').next().unwrap_or_default()
        }
        MigrationTool::Diesel | MigrationTool::Dbmate | MigrationTool::Atlas => {
            record.version == migration.version
        }
        _ => !migration.repeatable && number(&record.version) == number(&migration.version),
    }
}

#[cfg(test)]
mod tests {
    use oneroof_sql::migrations::{MigrationFile, read};

    use super::*;

    fn set(tool: MigrationTool, files: &[(&str, &str)]) -> MigrationSet {
        let file = |(path, text): &(&str, &str)| MigrationFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        read(tool, &files.iter().map(file).collect::<Vec<_>>())
    }

    fn record(version: &str, checksum: Option<&str>) -> AppliedMigration {
        AppliedMigration {
            version: version.to_owned(),
            checksum: checksum.map(str::to_owned),
            finished: true,
        }
    }

    fn versions(set: &MigrationSet, records: &[AppliedMigration]) -> Vec<String> {
        let (pending, _) = compare(set, records).unwrap();
        pending.iter().map(|one| one.version.clone()).collect()
    }

    #[test]
    fn what_is_recorded_is_not_pending() {
        let pairs = set(
            MigrationTool::GolangMigrate,
            &[
                ("001_a.up.sql", ""),
                ("002_b.up.sql", ""),
                ("003_c.up.sql", ""),
            ],
        );
        assert_eq!(versions(&pairs, &[record("2", None)]), ["003"]);
        assert_eq!(versions(&pairs, &[]).len(), 3);
        let simple = set(
            MigrationTool::Sqlx,
            &[("1_a.sql", ""), ("2_b.sql", ""), ("3_c.sql", "")],
        );
        // One that was merged late is pending too.
        assert_eq!(
            versions(&simple, &[record("1", None), record("3", None)]),
            ["2"]
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let simple = set(
            MigrationTool::Sqlx,
            &[("1_a.sql", "select 1"), ("2_b.sql", "")],
        );
        let edited = compare(&simple, &[record("1", Some("00"))]).unwrap_err();
        assert!(
            edited[0].contains("`1_a.sql` was edited after it was applied"),
            "{edited:?}"
        );
        let lost = compare(&simple, &[record("7", None)]).unwrap_err();
        assert!(lost[0].contains("version 7 was applied, and the folder does not have it"));
        let mut dirty = record("1", None);
        dirty.finished = false;
        assert!(compare(&simple, &[dirty]).unwrap_err()[0].contains("failed half-way"));
    }

    #[test]
    fn a_repeatable_one_runs_again_when_it_changed() {
        let views = set(
            MigrationTool::Flyway,
            &[("V1__a.sql", "select 1"), ("R__v.sql", "select 2")],
        );
        let checksum = |place: usize| views.migrations[place].checksum.clone();
        let first = record("1", checksum(0).as_deref());
        let same = record("R:v", checksum(1).as_deref());
        assert_eq!(
            versions(&views, &[first.clone(), same]),
            Vec::<String>::new()
        );
        assert_eq!(versions(&views, &[first, record("R:v", Some("1"))]), [""]);
    }
}
