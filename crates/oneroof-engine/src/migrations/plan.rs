//! `release.toml` of migrations: tiers that point at the files where they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use oneroof_model::TableName;
use oneroof_sql::migrations::{History, Migration, MigrationSet, Rows, Script, Standing};

use crate::error::EngineError;

/// The tier that makes the tool's own records, and its files.
pub(super) const HISTORY_TIER: &str = "history";
const HISTORY_FILE: &str = "tiers/00_history.sql";
const HISTORY_ROLLBACK: &str = "rollback/00_history.sql";

/// What may be said beside the migrations.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// Why nothing undoes those that have no way back and get none from the ledger.
    pub irreversible: Option<String>,
    /// The tool's own records are written too.
    pub record_history: bool,
    /// Where the tool keeps them, if not where it does by default or by its settings in the folder.
    pub history_table: Option<TableName>,
    /// What the target has of them already: nothing makes that.
    pub records: Standing,
}

impl PlanOptions {
    /// Refuses records that nobody but the tool itself can write.
    pub(super) fn require_possible(&self, set: &MigrationSet) -> Result<(), EngineError> {
        let history = History::of(set, self.history_table.as_ref());
        match history.cannot().filter(|_| self.record_history) {
            None => Ok(()),
            Some(why) => Err(EngineError::input(
                format!("write the records of {}: {why}", set.tool),
                "leave --record-history out, and tell the tool itself that they were applied"
                    .to_owned(),
            )),
        }
    }
}

/// `release.toml` and what else the package has of its own, by path.
pub(super) fn plan_text(
    set: &MigrationSet,
    wanted: &[Migration],
    name: &str,
    folder: &str,
    options: &PlanOptions,
) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut text = String::new();
    let summary = format!(
        "{} of {}{}",
        crate::check::counted(wanted.len(), "migration"),
        set.tool,
        match (wanted.first(), wanted.last()) {
            (Some(first), Some(last)) if first != last =>
                format!(": {} to {}", first.title(), last.title()),
            (Some(only), _) => format!(": {}", only.title()),
            _ => String::new(),
        }
    );
    let _ = writeln!(
        text,
        "# Migrations of {}, read where they lie: a tier is a file, or its `#up` or `#down` part.\nformat = 1\n\n[package]\nname    = {}\nversion = \"1.0.0\"\nsummary = {}\n\n[migrations]\nfrom   = \"{}\"\nfolder = {}",
        set.tool,
        quoted(name),
        quoted(&summary),
        set.tool,
        quoted(folder),
    );
    let history = History::of(set, options.history_table.as_ref());
    if options.record_history {
        text.push_str("record_history = true\n");
    }
    // What the tool's own settings say is written down too: they are not part of the package.
    if let Some(table) = options.history_table.as_ref().or(set.history.as_ref()) {
        let _ = writeln!(text, "history_table = {}", quoted(&table.to_string()));
    }
    let mount = folder
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(folder);
    let creation = history.creation(options.records);
    if let Some(creation) = creation.filter(|_| options.record_history) {
        let _ = write!(
            text,
            "\n[[tier]]\nid       = \"{HISTORY_TIER}\"\nsummary  = \"the records that {} keeps\"\nfile     = \"{HISTORY_FILE}\"\nrollback = \"{HISTORY_ROLLBACK}\"\n{}",
            set.tool,
            row_lines(creation.rows)
        );
        files.insert(HISTORY_FILE.to_owned(), creation.sql);
        files.insert(HISTORY_ROLLBACK.to_owned(), creation.rollback);
    }
    let mut ids = BTreeSet::from([HISTORY_TIER.to_owned()]);
    let mut checks = String::new();
    for migration in wanted {
        let id = id_of(migration, &mut ids);
        let file = |script: &Script| quoted(&format!("{mount}/{}", script.place()));
        let _ = write!(
            text,
            "\n[[tier]]\nid       = \"{id}\"\nsummary  = {}\n",
            quoted(&migration.title())
        );
        let _ = writeln!(text, "file     = {}", file(&migration.up));
        match &migration.down {
            Some(down) => {
                let _ = writeln!(text, "rollback = {}", file(down));
            }
            None => {
                if let Some(why) = &options.irreversible
                    && has_no_way_back(&migration.up)
                {
                    let _ = writeln!(text, "irreversible = {}", quoted(why));
                }
            }
        }
        if !migration.up.transaction {
            text.push_str("transaction = \"none\"\n");
        }
        if options.record_history && migration.up.transaction {
            text.push_str(&declared_rows(&history, migration));
        } else if options.record_history {
            text.push_str(&record_apart(&history, migration, &id, &mut files));
        }
        if let Some(verify) = &migration.verify {
            checks.push_str(&verified(verify, &id, &file(verify)));
        }
    }
    text.push_str(&checks);
    let times = history.times();
    if options.record_history && !times.is_empty() {
        let times: Vec<String> = times.iter().map(|column| quoted(column)).collect();
        let _ = write!(
            text,
            "\n# When something was recorded differs from run to run.\n[effects]\nvolatile_columns = [{}]\n",
            times.join(", ")
        );
    }
    files.insert("release.toml".to_owned(), text);
    files
}

/// Nothing can be generated that undoes it.
fn has_no_way_back(script: &Script) -> bool {
    !script.transaction || !matches!(oneroof_sql::without_way_back(&script.text), Ok(None))
}

/// Sqitch's verify script: an act that must succeed after its change, and if it only selects, for ever.
fn verified(verify: &Script, id: &str, file: &str) -> String {
    let mut text =
        format!("\n[[drill]]\nname  = \"verify_{id}\"\nafter = \"{id}\"\nfile  = {file}\n");
    let statements = oneroof_sql::split(&verify.text).unwrap_or_default();
    let selects =
        |statement: &oneroof_sql::Statement| statement.kind == oneroof_sql::StatementKind::Select;
    if !statements.iter().all(selects) {
        return text;
    }
    for (number, statement) in statements.iter().enumerate() {
        // The whole row is counted, so that every expression of it is worked out.
        let query = format!(
            "select count(verified) >= 0 from (\n{}\n) as verified",
            statement.text
        );
        let _ = write!(
            text,
            "\n[[invariant]]\nname     = \"verify_{id}_{}\"\nquery    = {}\nrequired = true\nmessage  = {}\n",
            number + 1,
            quoted(&query),
            quoted(&format!("{}:{} does not hold", verify.file, statement.line)),
        );
    }
    text
}

/// A tier outside a transaction writes no rows: its record is a tier of its own.
fn record_apart(
    history: &History<'_>,
    migration: &Migration,
    id: &str,
    files: &mut BTreeMap<String, String>,
) -> String {
    let (file, rollback) = (
        format!("tiers/{id}_record.sql"),
        format!("rollback/{id}_record.sql"),
    );
    let text = format!(
        "\n[[tier]]\nid       = \"{id}_record\"\nsummary  = \"the record of the tier before\"\nfile     = \"{file}\"\nrollback = \"{rollback}\"\n{}",
        declared_rows(history, migration)
    );
    files.insert(file, history.record(migration));
    files.insert(rollback, history.forget(migration));
    text
}

/// The rows that the tool's record is.
fn declared_rows(history: &History<'_>, migration: &Migration) -> String {
    row_lines(history.rows(migration))
}

fn row_lines(rows: Vec<Rows>) -> String {
    let rows = rows.into_iter().map(|rows| {
        format!(
            "  [[tier.rows]]\n  table = {}\n  where = {}\n",
            quoted(&rows.table),
            quoted(&rows.predicate)
        )
    });
    rows.collect()
}

/// The tiers of all migrations of a folder, by the names that they have in any package of it.
pub(super) fn tier_ids(set: &MigrationSet) -> Vec<String> {
    let mut ids = BTreeSet::from([HISTORY_TIER.to_owned()]);
    let all = set.migrations.iter();
    all.map(|migration| id_of(migration, &mut ids)).collect()
}

/// `m0001_add_email`, and another one if that is taken.
fn id_of(migration: &Migration, taken: &mut BTreeSet<String>) -> String {
    let words = format!("m{}_{}", migration.version, migration.name);
    let words = if migration.version == migration.name {
        format!("m_{}", migration.name)
    } else {
        words
    };
    let mut id = slug(&words, '_');
    id.truncate(60);
    let id = id.trim_end_matches('_').to_owned();
    let mut unique = id.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{id}_{number}");
        number += 1;
    }
    unique
}

/// `migrations-0012`: each set of pending migrations is a release of its own.
pub(super) fn package_name(folder: &str, wanted: &[Migration]) -> String {
    let last = wanted.iter().rev().find(|migration| !migration.repeatable);
    let name = slug(folder, '-');
    let name = if name.starts_with(|first: char| first.is_ascii_lowercase()) {
        name
    } else {
        format!("m-{name}")
    };
    match last {
        None => name,
        Some(last) => format!("{name}-{}", slug(&last.version, '-')),
    }
}

/// Lower-case letters and digits, everything else a `between`.
fn slug(text: &str, between: char) -> String {
    let mut slug = String::new();
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with(between) {
            slug.push(between);
        }
    }
    slug.trim_end_matches(between).to_owned()
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use oneroof_model::{MigrationTool, ReleasePlan};
    use oneroof_sql::migrations::{MigrationFile, read};

    use super::*;

    fn set(tool: MigrationTool, files: &[(&str, &str)]) -> MigrationSet {
        let file = |(path, text): &(&str, &str)| MigrationFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        read(tool, &files.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn the_plan_of_every_tool_is_read_again() {
        let sets = [
            set(
                MigrationTool::GolangMigrate,
                &[
                    ("1_a.up.sql", "create table a ()"),
                    ("1_a.down.sql", "drop table a"),
                ],
            ),
            set(
                MigrationTool::Goose,
                &[(
                    "1_it's \"a\".sql",
                    "-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n",
                )],
            ),
            set(
                MigrationTool::Flyway,
                &[("V1__a.sql", "drop table a"), ("R__v.sql", "select 1")],
            ),
            set(
                MigrationTool::Sqitch,
                &[
                    ("sqitch.plan", "a/b 2024\na-b 2024\n"),
                    ("deploy/a/b.sql", "select 1"),
                    ("deploy/a-b.sql", "select 1"),
                    ("verify/a-b.sql", "select 1/count(*) from t; select 2"),
                ],
            ),
        ];
        for set in sets {
            let options = PlanOptions {
                irreversible: Some("we only go \"forward\"".to_owned()),
                record_history: set.tool != MigrationTool::Sqitch,
                history_table: TableName::parse("ops.\"the records\"").ok(),
                records: Standing::Nothing,
            };
            let name = package_name("My Migrations", &set.migrations);
            let files = plan_text(&set, &set.migrations, &name, "../../db/sql", &options);
            let plan = ReleasePlan::parse("release.toml", &files["release.toml"]);
            let plan = plan.unwrap_or_else(|error| panic!("{error}\n{}", files["release.toml"]));
            assert!(plan.tiers.len() >= set.migrations.len());
            assert_eq!(
                plan.migrations.as_ref().map(|section| section.mount()),
                Some("sql")
            );
            assert!(plan.package.name.starts_with("my-migrations"));
        }
    }

    #[test]
    fn what_selects_stays_an_invariant() {
        let set = set(
            MigrationTool::Sqitch,
            &[
                ("sqitch.plan", "a 2024\nb 2024\n"),
                ("deploy/a.sql", "select 1"),
                ("verify/a.sql", "select 1"),
                ("deploy/b.sql", "select 1"),
                ("verify/b.sql", "do $$ begin end $$"),
            ],
        );
        let files = plan_text(
            &set,
            &set.migrations,
            "x",
            "sqitch",
            &PlanOptions::default(),
        );
        let plan = ReleasePlan::parse("release.toml", &files["release.toml"]).unwrap();
        assert_eq!((plan.drills.len(), plan.invariants.len()), (2, 1));
    }
}
