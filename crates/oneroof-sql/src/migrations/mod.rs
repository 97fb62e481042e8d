//! Migrations of other tools: files in, scripts that can be run out.
//!
//! A reader per tool says which file is which migration, in which order and in which direction; [`script`] makes the
//! text that runs from it. Nothing is rewritten: what is not for that direction, and a script's own `begin` and
//! `commit`, is blanked out, so that every line and column stays what it is in the file. (Only where the tool runs
//! psql, its variables and includes are put in.)

mod atlas;
mod dbmate;
mod detect;
mod diesel;
mod flyway;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod history;
mod order;
mod psql;
mod refinery;
mod script;
mod sqitch;
mod sqitch_plan;
mod sqlx;
mod tern;
mod text;

use oneroof_model::{Diagnostic, DiagnosticSeverity, MigrationTool, TableName};
use serde::Serialize;

pub use detect::{Detected, detect};
pub use history::{Creation, History, Rows, Standing, default_table};
pub use order::is_up_to;
pub use sqitch_plan::{SqitchDependency, SqitchRecord, SqitchTag};

/// One file of the folder, as it is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFile {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// Its text, byte order mark included.
    pub text: String,
}

/// Which part of a file that holds both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// There.
    Up,
    /// And back.
    Down,
}

/// One way of a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Script {
    /// Path of the file.
    pub file: String,
    /// Its part, where one file holds both ways.
    pub section: Option<Section>,
    /// What runs: as long as the file, with the same lines.
    pub text: String,
    /// In one transaction?
    pub transaction: bool,
}

impl Script {
    /// The name in `release.toml`: `path`, `path#up` or `path#down`.
    #[must_use]
    pub fn place(&self) -> String {
        match self.section {
            None => self.file.clone(),
            Some(Section::Up) => format!("{}#up", self.file),
            Some(Section::Down) => format!("{}#down", self.file),
        }
    }
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Migration {
    /// As the tool writes it into its history.
    pub version: String,
    /// The rest of its name.
    pub name: String,
    /// There.
    pub up: Script,
    /// And back, if it has that.
    pub down: Option<Script>,
    /// Raises if it did not do what it should (Sqitch).
    pub verify: Option<Script>,
    /// Runs again whenever it changes (Flyway `R`).
    pub repeatable: bool,
    /// Its checksum, as the tool would keep it.
    pub checksum: Option<String>,
    /// Its checksum where the tool was built for wider versions (refinery).
    pub wide_checksum: Option<String>,
    /// The checksum of the one before it, as its file says (graphile-migrate).
    pub previous: Option<String>,
    /// What the tool would record beside that (Sqitch).
    pub sqitch: Option<Box<SqitchRecord>>,
    /// The name of the file, as the tool would keep it.
    pub file_name: String,
}

impl Migration {
    /// `0003 add_email`
    #[must_use]
    pub fn title(&self) -> String {
        match (self.name.is_empty(), self.repeatable) {
            (true, _) => self.version.clone(),
            (false, true) => format!("R {}", self.name),
            (false, false) if self.version == self.name => self.name.clone(),
            (false, false) => format!("{} {}", self.version, self.name),
        }
    }
}

/// All migrations of a folder, in the order in which the tool applies them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationSet {
    /// Who they were written for.
    pub tool: MigrationTool,
    /// In order.
    pub migrations: Vec<Migration>,
    /// What is wrong or odd about the files.
    pub remarks: Vec<Diagnostic>,
    /// Files that are no migrations and say something about them: plans, sums, settings.
    pub others: Vec<String>,
    /// Where the tool keeps its records, by its own settings in the folder.
    pub history: Option<TableName>,
    /// Why what the tool would record cannot be worked out.
    pub no_record: Option<String>,
}

impl MigrationSet {
    /// Remarks that stop everything.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.remarks
            .iter()
            .filter(|remark| remark.severity == DiagnosticSeverity::Error)
    }

    /// The script of that name in `release.toml`, and its migration.
    #[must_use]
    pub fn script(&self, place: &str) -> Option<(&Migration, &Script)> {
        self.migrations.iter().find_map(|migration| {
            let scripts = [
                Some(&migration.up),
                migration.down.as_ref(),
                migration.verify.as_ref(),
            ];
            let mut scripts = scripts.into_iter().flatten();
            scripts
                .find(|script| script.place() == place)
                .map(|script| (migration, script))
        })
    }
}

/// What a reader found, before the texts are made ready.
struct Found {
    version: String,
    name: String,
    up: Piece,
    down: Option<Piece>,
    verify: Option<Piece>,
    repeatable: bool,
    checksum: Option<String>,
    wide_checksum: Option<String>,
    previous: Option<String>,
    sqitch: Option<Box<SqitchRecord>>,
}

impl Found {
    fn new(version: &str, name: &str, up: Piece) -> Found {
        Found {
            version: version.to_owned(),
            name: name.to_owned(),
            up,
            down: None,
            verify: None,
            repeatable: false,
            checksum: None,
            wide_checksum: None,
            previous: None,
            sqitch: None,
        }
    }
}

/// A file, or the part of one.
struct Piece {
    file: String,
    section: Option<Section>,
    text: String,
    /// The tool's own mark says so.
    no_transaction: bool,
}

impl Piece {
    fn of(file: &MigrationFile) -> Piece {
        Piece {
            file: file.path.clone(),
            section: None,
            text: text::without_mark(&file.text),
            no_transaction: false,
        }
    }
}

/// What a reader gives back.
#[derive(Default)]
struct Reading {
    found: Vec<Found>,
    remarks: Vec<Diagnostic>,
    others: Vec<String>,
    history: Option<TableName>,
    no_record: Option<String>,
}

impl Reading {
    fn error(&mut self, file: &str, line: Option<u32>, message: String, hint: &str) {
        self.remark(DiagnosticSeverity::Error, file, line, message, hint);
    }

    fn warn(&mut self, file: &str, line: Option<u32>, message: String, hint: &str) {
        self.remark(DiagnosticSeverity::Warning, file, line, message, hint);
    }

    fn remark(
        &mut self,
        severity: DiagnosticSeverity,
        file: &str,
        line: Option<u32>,
        message: String,
        hint: &str,
    ) {
        self.remarks.push(Diagnostic {
            rule: RULE.to_owned(),
            severity,
            file: file.to_owned(),
            line,
            column: line.map(|_| 1),
            message,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        });
    }
}

/// A script as psql would read it: its variables put in, its own commands done or left out.
///
/// # Errors
/// A command that cannot be done, with file and line.
pub fn as_psql(file: &str, text: &str) -> Result<String, String> {
    let text = text::without_mark(text);
    psql::run(file, &text, &[])
        .map_err(|fault| format!("read {}:{}: {}", fault.file, fault.line, fault.message))
}

/// The rule that remarks about the files themselves belong to; its page is `docs/plan-rules/migration-files.md`.
pub const RULE: &str = "migration-files";

/// Reads the migrations of `tool` from the files of its folder.
#[must_use]
pub fn read(tool: MigrationTool, files: &[MigrationFile]) -> MigrationSet {
    let mut reading = match tool {
        MigrationTool::GolangMigrate => golang_migrate::read(files),
        MigrationTool::Sqlx => sqlx::read(files),
        MigrationTool::Diesel => diesel::read(files),
        MigrationTool::Sqitch => sqitch::read(files),
        MigrationTool::Flyway => flyway::read(files),
        MigrationTool::Goose => goose::read(files),
        MigrationTool::Dbmate => dbmate::read(files),
        MigrationTool::Tern => tern::read(files),
        MigrationTool::Atlas => atlas::read(files),
        MigrationTool::Refinery => refinery::read(files),
        MigrationTool::GraphileMigrate => graphile_migrate::read(files),
    };
    order::check(tool, &mut reading);
    let found = std::mem::take(&mut reading.found);
    let mut migrations = Vec::with_capacity(found.len());
    for found in found {
        let file_name = found.up.file.rsplit('/').next().unwrap_or("").to_owned();
        let mut ready = |piece: Piece, way| script::ready(tool, files, piece, way, &mut reading);
        migrations.push(Migration {
            up: ready(found.up, script::Way::Up),
            down: found.down.map(|piece| ready(piece, script::Way::Down)),
            verify: found.verify.map(|piece| ready(piece, script::Way::Verify)),
            version: found.version,
            name: found.name,
            repeatable: found.repeatable,
            checksum: found.checksum,
            wide_checksum: found.wide_checksum,
            previous: found.previous,
            sqitch: found.sqitch,
            file_name,
        });
    }
    if migrations.is_empty() && reading.remarks.is_empty() {
        let message = format!("there is no migration of {tool} here");
        reading.error("", None, message, &format!("{tool} has {}", tool.layout()));
    }
    MigrationSet {
        tool,
        migrations,
        remarks: reading.remarks,
        others: reading.others,
        history: reading.history,
        no_record: reading.no_record,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Files by path and text.
    pub(crate) fn files(list: &[(&str, &str)]) -> Vec<MigrationFile> {
        let file = |(path, text): &(&str, &str)| MigrationFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        list.iter().map(file).collect()
    }

    /// `version name up-place down-place`, `!` for one without transaction.
    pub(crate) fn told(set: &MigrationSet) -> Vec<String> {
        let place = |script: &Script| {
            let mark = if script.transaction { "" } else { "!" };
            format!("{mark}{}", script.place())
        };
        let line = |migration: &Migration| {
            let down = migration.down.as_ref().map_or("-".to_owned(), place);
            format!(
                "{} {} {} {down}",
                migration.version,
                migration.name,
                place(&migration.up)
            )
        };
        set.migrations.iter().map(line).collect()
    }

    /// The remarks as `file:line message`.
    pub(crate) fn remarks(set: &MigrationSet) -> Vec<String> {
        let line = |remark: &Diagnostic| {
            format!(
                "{}:{} {}",
                remark.file,
                remark.line.unwrap_or(0),
                remark.message
            )
        };
        set.remarks.iter().map(line).collect()
    }
}
