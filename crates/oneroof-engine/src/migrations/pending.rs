//! Which migrations a target has not had yet: by the tool's own records there, and by our ledger.

use oneroof_model::{
    AppliedMigration, LedgerEntry, MigrationTool, Refusal, RefusalCode, TableName,
};
use oneroof_pg::ledger;
use oneroof_pg::migrations::{applied, sqitch_project};
use oneroof_sql::migrations::{History, Migration, MigrationSet, Standing, is_up_to};

use super::bare::standing;
use super::opened::OpenedMigrations;
use crate::context::Context;
use crate::error::EngineError;
use crate::execute::release;
use crate::source::Source;
use crate::{open, run_id};

/// What is to be done on a target.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Migrations that its records do not have, in order.
    pub migrations: Vec<Migration>,
    /// How many they have.
    pub applied: usize,
    /// Of these, how many only our ledger knows of.
    pub by_ledger: usize,
    /// Where the tool keeps its records.
    pub table: TableName,
    /// Does it, on this target?
    pub records: Standing,
    /// Our ledger there.
    pub(super) ledger: Vec<LedgerEntry>,
}

/// Reads the tool's records on target `from`, in `table` if that is said, and compares them with the folder.
///
/// # Errors
/// A migration that was edited after it was applied, one that failed half-way, one that is not in the folder any more;
/// a target that cannot be read.
pub async fn pending(
    context: &Context,
    opened: &OpenedMigrations,
    from: &str,
    table: Option<&TableName>,
) -> Result<Pending, EngineError> {
    opened.require_sound()?;
    let target = open::target(context, from)?;
    let mut source = Source::open(&target, "migrations", &run_id::new()).await?;
    let tool = opened.set.tool;
    let history = History::of(&opened.set, table);
    let (table, project) = (history.table().clone(), history.project());
    let found = source
        .read(&Default::default(), async |session| {
            let adopted = ledger::exists(session)
                .await
                .map_err(EngineError::database("look for the ledger"))?;
            let ledger = match adopted {
                true => release::entries(session).await?,
                false => Vec::new(),
            };
            let reading = || {
                EngineError::database(format!(
                    "read the records of {tool} (`{table}`) on `{from}`"
                ))
            };
            let records = applied(session, tool, &table, project)
                .await
                .map_err(reading())?;
            let standing = match (&records, project) {
                (None, _) => Standing::Nothing,
                (Some(_), Some(project)) => {
                    let known = sqitch_project(session, &table, project).await;
                    match known.map_err(reading())? {
                        true => Standing::All,
                        false => Standing::Tables,
                    }
                }
                (Some(_), None) => Standing::All,
            };
            Ok((records, standing, ledger))
        })
        .await;
    source.close().await;
    let (records, standing_records, ledger) = found?;
    let (mut migrations, _) =
        compare(&opened.set, &records.unwrap_or_default()).map_err(|reasons| {
            Refusal::new(
            RefusalCode::PackageInvalid,
            format!("the records of {tool} on `{from}` and the folder do not fit together"),
        )
        .reasons(reasons)
        .hint(format!(
            "what was applied is not edited: write another migration; `{table}` holds the records"
        ))
        })?;
    let ours = standing(&opened.set, &opened.folder_name()?, &ledger);
    let not_recorded = migrations.len();
    migrations.retain(|migration| migration.repeatable || !ours.contains(migration));
    Ok(Pending {
        applied: opened.set.migrations.len() - migrations.len(),
        by_ledger: not_recorded - migrations.len(),
        migrations,
        table,
        records: standing_records,
        ledger,
    })
}

impl Pending {
    /// `12 applied on `production` by its records in `schema_migrations`, 3 pending`
    pub(super) fn sentence(&self, from: &str) -> String {
        let by_ledger = match self.by_ledger {
            0 => String::new(),
            count => format!(" and {count} by our ledger"),
        };
        match (self.records, self.by_ledger) {
            (Standing::Nothing, 0) => format!("`{from}` has no records of it: all are pending"),
            (Standing::Nothing, count) => format!(
                "{count} applied on `{from}` by our ledger, {} pending",
                self.migrations.len()
            ),
            (Standing::Tables | Standing::All, _) => format!(
                "{} applied on `{from}` by its records in `{}`{by_ledger}, {} pending",
                self.applied - self.by_ledger,
                self.table,
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
            None if record.baseline => {}
            None => reasons.push(format!(
                "version {} was applied, and the folder does not have it",
                named(record)
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
        let before_all = records.iter().any(|record| {
            record.baseline
                && !migration.repeatable
                && is_up_to(&migration.version, &record.version)
        });
        match record {
            None if before_all => {}
            None => pending.push(migration.clone()),
            Some(record) => {
                let known = [&migration.checksum, &migration.wide_checksum];
                let edited = record.checksum.is_some()
                    && !record.baseline
                    && known.iter().any(|checksum| checksum.is_some())
                    && !known.contains(&&record.checksum);
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

/// A version, with the id where the tool goes by that.
fn named(record: &AppliedMigration) -> String {
    match &record.id {
        None => record.version.clone(),
        Some(id) => format!("{} ({})", record.version, short(Some(id))),
    }
}

/// Does the record speak of this migration?
fn is_of(tool: MigrationTool, migration: &Migration, record: &AppliedMigration) -> bool {
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    match tool {
        MigrationTool::Flyway if migration.repeatable => {
            record.version.strip_prefix("R:") == Some(migration.name.as_str())
        }
        // The message in the name of the file is not part of it.
        MigrationTool::GraphileMigrate => {
            record.version.strip_suffix(".sql") == Some(migration.version.as_str())
        }
        MigrationTool::Sqitch => match (&migration.sqitch, &record.id) {
            (Some(own), Some(id)) => own.change_id == *id,
            _ => record.version == migration.version.split('@').next().unwrap_or_default(),
        },
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
            id: None,
            checksum: checksum.map(str::to_owned),
            finished: true,
            baseline: false,
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
    fn what_a_baseline_covers_is_not_pending() {
        let files = [("V1__a.sql", ""), ("V1.5__b.sql", ""), ("V3__c.sql", "")];
        let set = set(MigrationTool::Flyway, &files);
        let mut record = record("2", None);
        record.baseline = true;
        assert_eq!(versions(&set, &[record]), ["3"]);
    }

    #[test]
    fn reworked_changes_are_told_apart_by_their_ids() {
        let plan = "%project=p\n\na 2024-01-01T00:00:00Z A <a@b.c>\n@v1 2024-01-01T00:00:00Z A <a@b.c>\na 2024-01-02T00:00:00Z A <a@b.c>\n";
        let files = [
            ("sqitch.plan", plan),
            ("deploy/a@v1.sql", ""),
            ("deploy/a.sql", ""),
        ];
        let set = set(MigrationTool::Sqitch, &files);
        let mut first = record("a", None);
        first.id = set.migrations[0]
            .sqitch
            .as_ref()
            .map(|own| own.change_id.clone());
        assert_eq!(versions(&set, std::slice::from_ref(&first)), ["a"]);
        first.checksum = Some("edited".to_owned());
        let edited = compare(&set, &[first]).unwrap_err();
        assert!(
            edited[0].contains("`deploy/a@v1.sql` was edited"),
            "{edited:?}"
        );
        let mut other = record("a", None);
        other.id = Some("77".to_owned());
        let lost = compare(&set, &[other]).unwrap_err();
        assert!(lost[0].contains("version a (77) was applied"), "{lost:?}");
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
