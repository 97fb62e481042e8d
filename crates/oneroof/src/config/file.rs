//! `oneroof.toml`, format 1, as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oneroof_engine::check::CheckLevel;
use oneroof_engine::conninfo::{ConnInfo, ConnInfoError, LibpqEnvironment};
use oneroof_engine::context::TargetDatabase;
use oneroof_model::TomlError;
use oneroof_model::gate::Stricter;
use serde::Deserialize;
use toml::Spanned;

use crate::config::limits::LimitsSection;
use crate::config::mask::MaskSection;
use crate::config::readonly::ReadonlySection;
use crate::config::{checks, password};
use crate::ui::error::InputError;

/// What the file says, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// A configured folder of server binaries.
    pub(crate) server_binaries: Option<PathBuf>,
    /// Folder for the data of private servers.
    pub(crate) server_folder: Option<PathBuf>,
    /// The SSH key that signs evidence.
    pub(crate) runner_key: Option<PathBuf>,
    /// All targets by name.
    pub(crate) targets: BTreeMap<String, TargetDatabase>,
    /// What the project makes of the rules of `package check`.
    pub(crate) checks: BTreeMap<String, CheckLevel>,
    /// What is strange and no error, for example a password file that others may read.
    pub(crate) warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Spanned<i64>,
    #[serde(default)]
    postgres: PostgresSection,
    #[serde(default)]
    runner: RunnerSection,
    #[serde(default)]
    checks: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    targets: BTreeMap<Spanned<String>, TargetSection>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostgresSection {
    binaries: Option<PathBuf>,
    folder: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunnerSection {
    key: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetSection {
    read: Option<Spanned<String>>,
    clone: Option<Spanned<String>>,
    apply: Option<Spanned<String>>,
    maintenance: Option<Spanned<String>>,
    operator: Option<Spanned<String>>,
    #[serde(default)]
    params: Vec<PathBuf>,
    #[serde(default)]
    packages: BTreeMap<String, toml::Table>,
    #[serde(default)]
    gate: Stricter,
    #[serde(default)]
    mask: MaskSection,
    #[serde(default)]
    clone_limits: LimitsSection,
    #[serde(default)]
    readonly: ReadonlySection,
}

impl Config {
    /// Reads the text of `file`, which lies in the folder `root`.
    pub(crate) fn parse(
        file: &str,
        text: &str,
        root: &Path,
        environment: &LibpqEnvironment,
    ) -> Result<Config, TomlError> {
        let parsed: File = TomlError::parse(file, text)?;
        let wrong = |message: &str, hint: String, place| TomlError {
            hint: Some(hint),
            ..TomlError::new(file, text, message, Some(place))
        };
        if *parsed.format.get_ref() != 1 {
            let message = format!("format {} is not known here", parsed.format.get_ref());
            let hint = "this version of oneroof reads format = 1".to_owned();
            return Err(wrong(&message, hint, parsed.format.span()));
        }
        let mut checks = BTreeMap::new();
        for (rule, level) in parsed.checks {
            let level = checks::level(rule.get_ref(), level.get_ref()).map_err(|fault| {
                let place = if fault.in_rule {
                    rule.span()
                } else {
                    level.span()
                };
                wrong(&fault.message, fault.hint, place)
            })?;
            checks.insert(rule.into_inner(), level);
        }
        let mut warnings = Vec::new();
        let mut connection = |written: Option<Spanned<String>>| {
            let Some(written) = written else {
                return Ok(None);
            };
            if password::is_in(written.get_ref()) {
                let message = "a password in a connection string";
                return Err(wrong(message, password::WAYS.to_owned(), written.span()));
            }
            let info = ConnInfo::parse(written.get_ref(), environment).map_err(|error| {
                wrong(
                    &connection_message(&error),
                    connection_hint(&error),
                    written.span(),
                )
            })?;
            warnings.extend(info.warnings().iter().cloned());
            Ok(Some(info))
        };
        let mut targets = BTreeMap::new();
        for (name, section) in parsed.targets {
            if !is_target_name(name.get_ref()) {
                let message = format!("`{}` cannot be the name of a target", name.get_ref());
                let hint =
                    "names are letters, digits, `-` and `_`; `clone:…` names belong to clones";
                return Err(wrong(&message, hint.to_owned(), name.span()));
            }
            let name = name.into_inner();
            let target = TargetDatabase {
                name: name.clone(),
                read: connection(section.read)?,
                clone: connection(section.clone)?,
                apply: connection(section.apply)?,
                maintenance: connection(section.maintenance)?,
                params: section.params.iter().map(|file| root.join(file)).collect(),
                operator: connection(section.operator)?,
                masks: section.mask.check().map_err(|(message, place)| {
                    let ways =
                        "null, hash, digits, email, { fixed = \"…\" } or { expression = \"…\" }";
                    wrong(&message, ways.to_owned(), place)
                })?,
                clone_limits: section.clone_limits.limits(),
                packages: section.packages,
                gate: section.gate,
                readonly: section
                    .readonly
                    .check(file, text)
                    .map_err(|fault| wrong(&fault.message, fault.hint, fault.place))?,
            };
            targets.insert(name, target);
        }
        warnings.sort();
        warnings.dedup();
        Ok(Config {
            checks,
            server_binaries: parsed.postgres.binaries.map(|path| root.join(path)),
            server_folder: parsed.postgres.folder.map(|path| root.join(path)),
            runner_key: parsed.runner.key.map(|path| root.join(path)),
            targets,
            warnings,
        })
    }
}

/// Reads a connection that was given on the command line with `flag`.
pub(crate) fn connection_of_flag(
    flag: &str,
    text: &str,
    environment: &LibpqEnvironment,
) -> Result<ConnInfo, InputError> {
    if password::is_in(text) {
        let message = format!(
            "accept `{flag}`: everybody on this machine can read a password on a command line"
        );
        return Err(InputError::new(message, password::WAYS));
    }
    ConnInfo::parse(text, environment).map_err(|error| {
        let message = format!("use `{flag}`: {}", connection_message(&error));
        InputError::new(message, connection_hint(&error))
    })
}

/// The error and what the system said, on one line: here it has a place, not a chain.
fn connection_message(error: &ConnInfoError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn connection_hint(error: &ConnInfoError) -> String {
    match error {
        ConnInfoError::UnknownKey { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
        ConnInfoError::ServiceMissing { .. } | ConnInfoError::ServiceFile { .. } => {
            "services are sections of ~/.pg_service.conf, or of the file that PGSERVICEFILE names".to_owned()
        }
        _ => "write a URL (postgresql://USER@HOST/DATABASE) or words (host=… dbname=… user=…), as for psql".to_owned(),
    }
}

fn is_target_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, TomlError> {
        let environment = LibpqEnvironment::empty().with_login_name(Some("me".to_owned()));
        Config::parse("oneroof.toml", text, Path::new("/project"), &environment)
    }

    #[test]
    fn the_default_file_is_valid_and_says_nothing() {
        let config = parse(crate::config::DEFAULT).unwrap();
        assert!(config.targets.is_empty() && config.server_binaries.is_none());
    }

    /// Everything that is commented out there is valid too, once the comment signs of the settings
    /// are gone (a comment in prose has no `=` or `[` behind its first word).
    #[test]
    fn the_settings_in_the_default_file_are_valid() {
        let is_setting = |line: &str| {
            line.starts_with('[')
                || line.split_once('=').is_some_and(|(key, _)| {
                    let key = key.trim_end();
                    !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                })
        };
        let text: Vec<&str> = crate::config::DEFAULT
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|line| is_setting(line))
                    .unwrap_or(line)
            })
            .map(|line| if line.contains("service=") { "" } else { line })
            .collect();
        let config = parse(&text.join("\n")).unwrap();
        assert_eq!(config.server_folder.as_deref(), Some(Path::new("/var/tmp")));
        let production = &config.targets["production"];
        assert_eq!(production.packages["one-roof"].len(), 2);
    }

    #[test]
    fn a_target_has_its_connections_and_parameters() {
        let config = parse(
            "format = 1\n[postgres]\nbinaries = \"pg/bin\"\n[targets.production]\nread = \"host=db dbname=shop user=reader\"\n[targets.production.packages.p]\nmode = \"fast\"\n",
        )
        .unwrap();
        assert_eq!(
            config.server_binaries.as_deref(),
            Some(Path::new("/project/pg/bin"))
        );
        let production = &config.targets["production"];
        assert_eq!(
            production.read.as_ref().unwrap().describe(),
            "database `shop` as `reader` on db:5432"
        );
        assert!(production.apply.is_none());
        assert_eq!(production.packages["p"]["mode"].as_str(), Some("fast"));
    }

    #[test]
    fn rules_have_the_level_that_is_chosen() {
        let config =
            parse("format = 1\n[checks]\nrename = \"off\"\ndrops-data = \"error\"\n").unwrap();
        assert_eq!(config.checks["rename"], CheckLevel::Off);
        check_error(
            "format = 1\n[checks]\nrenames = \"off\"\n",
            (3, 1),
            "`renames` is no rule",
            "did you mean `rename`?",
        );
        check_error(
            "format = 1\n[checks]\nrename = \"loud\"\n",
            (3, 10),
            "`loud` is no level",
            "off, info, warning or error",
        );
        check_error(
            "format = 1\n[checks]\nsyntax-error = \"off\"\n",
            (3, 1),
            "`syntax-error` cannot be chosen",
            "cannot run",
        );
    }

    #[track_caller]
    fn check_error(text: &str, place: (u32, u32), message: &str, hint: &str) {
        let error = parse(text).unwrap_err();
        assert_eq!(
            (error.line.unwrap(), error.column.unwrap()),
            place,
            "{error}"
        );
        assert!(error.message.contains(message), "{error}");
        assert!(
            error.hint.as_deref().unwrap_or_default().contains(hint),
            "{:?}",
            error.hint
        );
    }

    #[test]
    fn errors_name_their_place_and_what_was_meant() {
        check_error("format = 2\n", (1, 10), "format 2", "format = 1");
        check_error(
            "format = 1\n[postgres]\nbinary = 'x'\n",
            (3, 1),
            "unknown field `binary`",
            "`binaries`",
        );
        check_error(
            "format = 1\n[target.a]\n",
            (2, 2),
            "unknown field `target`",
            "`targets`",
        );
        check_error(
            "format = 1\n[targets.a]\nraed = ''\n",
            (3, 1),
            "unknown field `raed`",
            "`read`",
        );
        check_error(
            "format = 1\n[targets.\"a b\"]\n",
            (2, 10),
            "`a b` cannot be",
            "letters",
        );
        check_error(
            "format = 1\n[targets.a]\nread = \"postgresql://u:secret@h/d\"\n",
            (3, 8),
            "a password",
            "PGPASSFILE",
        );
        check_error(
            "format = 1\n[targets.a]\napply = 'hots=x'\n",
            (3, 9),
            "unknown setting `hots`",
            "`host`",
        );
        check_error(
            "format = 1\n[targets.a]\napply = 'service=gone'\n",
            (3, 9),
            "`gone`",
            "PGSERVICEFILE",
        );
    }

    #[test]
    fn a_password_is_never_repeated() {
        let error = parse("format = 1\n[targets.a]\nread = \"password=hunter2 x\"\n").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
