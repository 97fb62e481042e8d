//! Every environment variable that oneroof reads, and the only place that reads them.
//!
//! Besides those below: libpq's own (`PGHOST`, `PGPASSFILE`, `PGSERVICE`, …, see [`libpq`]),
//! `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`, which the terminal crates read.

use oneroof_engine::SearchPlaces;
use oneroof_engine::conninfo::{ConnInfo, LibpqEnvironment};

/// The project folder, as `--project` (which wins).
pub(crate) const PROJECT: &str = "ONEROOF_PROJECT";

/// In which folder private servers are made where `oneroof.toml` does not say it.
pub(crate) const SERVER_FOLDER: &str = "ONEROOF_SERVER_FOLDER";

/// What libpq would find around it: the `PG*` variables and `HOME`.
pub(crate) fn libpq() -> LibpqEnvironment {
    let variables = std::env::vars_os();
    LibpqEnvironment::from_vars(variables.filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_ours = name == "HOME" || name.starts_with("PG");
        Some((name, value.into_string().ok().filter(|_| is_ours)?))
    }))
}

/// The user's own folder.
pub(crate) fn home() -> Option<std::path::PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the environment"
    )]
    let home = std::env::var_os("HOME");
    home.map(Into::into)
}

/// The folder of [`SERVER_FOLDER`], absolute; an empty one is none.
pub(crate) fn server_folder() -> Option<std::path::PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the environment"
    )]
    let folder = std::env::var_os(SERVER_FOLDER).filter(|folder| !folder.is_empty())?;
    Some(std::path::absolute(&folder).unwrap_or_else(|_| folder.into()))
}

/// Who runs us: the login name of the operating system.
pub(crate) fn operator() -> String {
    let nothing = LibpqEnvironment::from_vars([]);
    ConnInfo::parse("", &nothing)
        .map_or_else(|_| "unknown".to_owned(), |login| login.user().to_owned())
}

/// Where server binaries are looked for: the folders of `PATH` and the usual places.
pub(crate) fn search_places() -> SearchPlaces {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the environment"
    )]
    let path = std::env::var("PATH");
    SearchPlaces::usual(path.ok().as_deref())
}
