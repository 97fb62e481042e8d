//! The release packages compiled into the binary: `one-roof-base` and `one-roof`.

use std::collections::BTreeMap;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../packages"]
struct Bundled;

/// Names of the bundled packages.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = Bundled::iter()
        .filter_map(|path| path.strip_suffix("/release.toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The files of a bundled package; empty if there is none of that name.
pub(crate) fn files(name: &str) -> BTreeMap<String, Vec<u8>> {
    Bundled::iter()
        .filter_map(|path| {
            let inner = path.strip_prefix(name)?.strip_prefix('/')?.to_owned();
            Some((inner, Bundled::get(&path)?.data.into_owned()))
        })
        .collect()
}
