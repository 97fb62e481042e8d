//! `package render`: the same release as plain psql scripts, which a DBA can read and run without oneroof.
//!
//! The scripts do in SQL what the engine does: the same transactions, the same metrics, the same
//! checks with the same messages, and the files of the package byte for byte. What they cannot have
//! is in the README.txt that is written beside them.

mod block;
mod expression;
mod params;
mod quote;
mod readme;
mod rollback;
mod script;
mod scripts;
mod standing;

use std::path::{Path, PathBuf};

use oneroof_model::package::{Precondition, ResolvedParameters, Tier, Transaction};
use oneroof_model::{Digest, Refusal, RefusalCode};
use serde::Serialize;

use crate::context::Context;
use crate::error::EngineError;
use crate::execute::forward::units;
use crate::rehearse::report::SourceReport;
use crate::source::Source;
use crate::store::package_files::OpenPackage;
use crate::store::rendered_folder;
use crate::{check, open, parameters, postgres_range, run_id};
use block::Blocks;

/// What to do where the entry probe is missing.
const ENTRY_HINT: &str = "run 99_run_all.sql, which reads it in 00_preflight.sql; or give psql the scripts one after the other in one session: psql -X -f 00_preflight.sql -f …";
/// Names of scripts that are not a tier's.
const OWN_FILES: [&str; 9] = [
    "params.sql",
    "00_preflight.sql",
    "90_verify.sql",
    "98_rollback.sql",
    "99_run_all.sql",
    "baseline_probe.sql",
    "per_tier_rollback.sql",
    "revalidate.sql",
    "ui_read_contract.sql",
];

/// What `package render` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// The folder that gets the scripts.
    pub out: PathBuf,
    /// `--params` files.
    pub params: Vec<PathBuf>,
    /// Whose parameters, name and identity the scripts get.
    pub target: Option<String>,
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct RenderReport {
    /// `name@version`
    pub package: String,
    /// Digest of the package.
    pub package_digest: Digest,
    /// Digest of the parameters.
    pub params_digest: Digest,
    /// Where the scripts are.
    pub folder: String,
    /// The database that they run on; none = it has to be filled in.
    pub database: Option<String>,
    /// Does params.sql want a line changed before the gate is open?
    pub gate_is_noted: bool,
    /// The files, in the order in which they are meant to be read.
    pub files: Vec<String>,
}

/// A release with its values, about to be written.
struct Release<'a> {
    package: &'a OpenPackage,
    parameters: &'a ResolvedParameters,
    /// The tiers that run with these values.
    tiers: Vec<&'a Tier>,
    database: Option<Database>,
}

/// The database that the scripts are for.
struct Database {
    name: String,
    /// Its OID and target, where a target was asked.
    seen: Option<(u32, String)>,
}

/// A script: its name and its text.
type File = (String, String);

/// Writes the scripts. `context` is only needed for a target.
pub async fn render(
    context: Option<&Context>,
    package: &OpenPackage,
    options: &RenderOptions,
) -> Result<RenderReport, EngineError> {
    check::require_fit(package)?;
    outside_of_the_package(package, &options.out)?;
    let (parameters, database) = match &options.target {
        Some(name) => of_target(context, package, name, &options.params).await?,
        None => {
            let named = package.plan.package.database.clone();
            (
                parameters::resolve_layers(package, &[], None, &options.params)?,
                named.map(|name| Database { name, seen: None }),
            )
        }
    };
    let tiers: Vec<&Tier> = package
        .plan
        .tiers
        .iter()
        .filter(|tier| parameters.fulfil(&tier.when))
        .collect();
    let release = Release {
        package,
        parameters: &parameters,
        tiers,
        database,
    };
    release.refuse_what_scripts_cannot_do()?;
    let gate_is_noted = release.gate().is_none();
    let files = release.files()?;
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let written = rendered_folder::write(&options.out, readme::FIRST_WORDS, &files)?;
    Ok(RenderReport {
        package: package.plan.release_tag(),
        package_digest: package.digest,
        params_digest: parameters.digest(),
        folder: written.display().to_string(),
        database: release.database.map(|database| database.name),
        gate_is_noted,
        files: names,
    })
}

/// The scripts that only look, for the evidence: what was asked of the source can be asked again with psql.
pub(crate) fn checks(
    package: &OpenPackage,
    parameters: &ResolvedParameters,
    source: &SourceReport,
) -> Result<Vec<(String, String)>, EngineError> {
    let database = (!source.database.is_empty()).then(|| Database {
        name: source.database.clone(),
        seen: Some((source.database_oid, source.target.clone())),
    });
    let release = Release {
        package,
        parameters,
        tiers: Vec::new(),
        database,
    };
    let mut files = vec![
        ("params.sql".to_owned(), release.params()),
        ("90_verify.sql".to_owned(), release.verify()?),
        ("baseline_probe.sql".to_owned(), release.baseline_probe()?),
    ];
    if let Some(text) = release.ui_read_contract()? {
        files.push(("ui_read_contract.sql".to_owned(), text));
    }
    Ok(files)
}

/// Scripts in the package's own folder would be files of the package, and break its seal.
fn outside_of_the_package(package: &OpenPackage, out: &Path) -> Result<(), EngineError> {
    let finding = |path: &Path| EngineError::file(format!("find folder `{}`", path.display()));
    // The folder need not exist; what of its path does is where it will be.
    let there = std::path::absolute(out).map_err(finding(out))?;
    let there = match there.ancestors().find(|part| part.exists()) {
        Some(part) => part.canonicalize().map_err(finding(out))?,
        None => there,
    };
    let own = match &package.folder {
        Some(folder) => Some(folder.canonicalize().map_err(finding(folder))?),
        None => None,
    };
    match own {
        Some(own) if there.starts_with(&own) => Err(EngineError::input(
            format!(
                "render into `{}`: it is inside the package, whose files are sealed",
                out.display()
            ),
            "give a folder elsewhere with --out; nothing was written".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Parameters and identity of a target of oneroof.toml; its database is only looked at.
async fn of_target(
    context: Option<&Context>,
    package: &OpenPackage,
    name: &str,
    params: &[PathBuf],
) -> Result<(ResolvedParameters, Option<Database>), EngineError> {
    let context = context.ok_or_else(|| {
        EngineError::input(
            format!("find target `{name}`: there is no project here"),
            "targets are in oneroof.toml; `oneroof init` makes one".to_owned(),
        )
    })?;
    let target = open::target(context, name)?;
    let parameters = parameters::resolve(package, &target, params)?;
    let run_id = run_id::new();
    let mut source = Source::open(&target, "render", &run_id).await?;
    let settings = open::reading_settings(package, &parameters, &target, &run_id)?;
    let identity = source
        .read(&settings, async |session| {
            oneroof_pg::catalog::identity(session)
                .await
                .map_err(EngineError::database("read the target's identity"))
        })
        .await?;
    source.close().await;
    postgres_range::check(package, identity.major)?;
    open::right_database(package, &target, &identity)?;
    let database = Database {
        name: identity.database_name.clone(),
        seen: Some((identity.database_oid, target.name)),
    };
    Ok((parameters, Some(database)))
}

impl<'a> Release<'a> {
    fn blocks(&self) -> Blocks<'a> {
        Blocks {
            package: self.package,
            parameters: self.parameters,
        }
    }

    /// The checks that are asked with these parameters.
    fn wanted<'c>(
        &self,
        checks: &'c [Precondition],
    ) -> impl Iterator<Item = &'c Precondition> + use<'c, 'a> {
        let parameters = self.parameters;
        checks
            .iter()
            .filter(move |check| parameters.fulfil(&check.when))
    }

    /// The package's own gate, if these parameters have one.
    fn gate(&self) -> Option<&'a Precondition> {
        self.wanted(&self.package.plan.preconditions)
            .find(|check| check.gate)
    }

    /// Every script, in the order in which they are meant to be read.
    fn files(&self) -> Result<Vec<File>, EngineError> {
        let tiers = self.tier_scripts()?;
        let standing = standing::of(self.package, &self.tiers)?;
        let mut files = vec![("params.sql".to_owned(), self.params())];
        files.push(("00_preflight.sql".to_owned(), self.preflight()?));
        let tier_names: Vec<String> = tiers.iter().map(|(name, _)| name.clone()).collect();
        files.extend(tiers);
        files.push(("90_verify.sql".to_owned(), self.verify()?));
        files.push(("99_run_all.sql".to_owned(), self.run_all(&tier_names)));
        files.push(("98_rollback.sql".to_owned(), self.rollback(&standing)?));
        files.push((
            "per_tier_rollback.sql".to_owned(),
            self.per_tier_rollback(&standing)?,
        ));
        if let Some(text) = self.exports()? {
            files.push(("97_export.sql".to_owned(), text));
        }
        files.push(("baseline_probe.sql".to_owned(), self.baseline_probe()?));
        if let Some(text) = self.ui_read_contract()? {
            files.push(("ui_read_contract.sql".to_owned(), text));
        }
        files.push(("revalidate.sql".to_owned(), self.revalidate(&standing)?));
        let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
        files.insert(
            0,
            (
                "README.txt".to_owned(),
                self.readme(&names, &tier_names, standing::is_known(&standing)),
            ),
        );
        Ok(files)
    }

    /// One script per tier, or per group of tiers, named like the (first) tier's file.
    fn tier_scripts(&self) -> Result<Vec<File>, EngineError> {
        let mut before = "00_preflight.sql".to_owned();
        let mut files = Vec::new();
        for unit in units(&self.tiers) {
            let name = unit.first().map_or("", |tier| file_name(&tier.file));
            files.push((name.to_owned(), self.unit(name, &before, &unit)?));
            name.clone_into(&mut before);
        }
        Ok(files)
    }

    fn refuse_what_scripts_cannot_do(&self) -> Result<(), EngineError> {
        let name = &self.package.plan.package.name;
        let refuse = |why: String, hint: &str| -> Result<(), EngineError> {
            Err(Refusal::new(
                RefusalCode::NotRenderable,
                format!("package `{name}` cannot be rendered: {why}"),
            )
            .hint(hint.to_owned())
            .into())
        };
        let mut seen: Vec<String> = OWN_FILES.iter().map(|name| (*name).to_owned()).collect();
        seen.push("97_export.sql".to_owned());
        for tier in &self.tiers {
            let kind = match tier.transaction {
                Transaction::Single => {
                    let file = file_name(&tier.file).to_owned();
                    let names_psql = file.contains(['\'', '\\', ':', '`', '"']);
                    if seen.contains(&file) || names_psql {
                        return refuse(
                            format!(
                                "the script of tier {} would be `{file}`, which {}",
                                tier.title(),
                                if names_psql {
                                    "psql does not read as a name"
                                } else {
                                    "is the name of another script"
                                }
                            ),
                            "give the tier's file another name, and seal the package again",
                        );
                    }
                    seen.push(file);
                    continue;
                }
                Transaction::None => "none",
                Transaction::Batched => "batched",
            };
            return refuse(
                format!(
                    "tier {} has transaction = \"{kind}\", which needs the ledger to be taken up again after a crash",
                    tier.title()
                ),
                "apply this release with oneroof",
            );
        }
        Ok(())
    }
}

/// The last part of a path.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tiers: &str, expected: Result<&str, &str>) {
        let folder = tempfile::tempdir().unwrap();
        let head = "format = 1\n[package]\nname = 'p'\nversion = '1'\n";
        std::fs::write(folder.path().join("release.toml"), format!("{head}{tiers}")).unwrap();
        for part in ["tiers", "more"] {
            std::fs::create_dir(folder.path().join(part)).unwrap();
            for file in ["a", "b", "00_preflight"] {
                let path = folder.path().join(part).join(format!("{file}.sql"));
                std::fs::write(path, "select 1;").unwrap();
            }
        }
        let package = OpenPackage::read_folder(folder.path()).unwrap();
        let parameters = parameters::resolve_layers(&package, &[], None, &[]).unwrap();
        let release = Release {
            package: &package,
            parameters: &parameters,
            tiers: package.plan.tiers.iter().collect(),
            database: None,
        };
        let found = release.refuse_what_scripts_cannot_do();
        let found = found.map(|()| {
            let files = release.tier_scripts().unwrap();
            let names: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
            names.join(" ")
        });
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{tiers}"),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{tiers}: {error}");
            }
            (found, expected) => panic!("{tiers}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn one_script_for_each_transaction() {
        let tier = |id: &str, file: &str, more: &str| {
            format!("[[tier]]\nid = '{id}'\nfile = '{file}'\n{more}\n")
        };
        let two = |more: &str| tier("a", "tiers/a.sql", more) + &tier("b", "tiers/b.sql", more);
        check(&two(""), Ok("a.sql b.sql"));
        check(&two("group = 'g'"), Ok("a.sql"));
        check(
            &two("transaction = 'none'"),
            Err("tier a has transaction = \"none\""),
        );
        check(
            &tier("b", "tiers/b.sql", "label = 'T2'\ntransaction = 'batched'"),
            Err("tier T2 b has transaction = \"batched\""),
        );
        check(
            &(two("") + &tier("c", "more/a.sql", "")),
            Err("the script of tier c would be `a.sql`"),
        );
        check(
            &tier("c", "tiers/00_preflight.sql", ""),
            Err("is the name of another script"),
        );
    }
}
