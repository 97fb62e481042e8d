//! Collects the pages that `oneroof explain` prints, so that a page is one file and nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells build scripts their folders that way"
)]
fn main() -> io::Result<()> {
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let crate_folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut pages = Vec::new();
    for folder in ["errors", "rules", "plan-rules", "guard-rules"] {
        let folder = crate_folder.join("../../docs").join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        if let Ok(entries) = fs::read_dir(&folder) {
            for entry in entries {
                pages.push(entry?.path());
            }
        }
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort_by_key(|page| code(page));
    let mut table = String::from("&[\n");
    for page in &pages {
        let _ = writeln!(
            table,
            "    ({:?}, include_str!({:?})),",
            code(page),
            page.canonicalize()?
        );
    }
    table.push_str("]\n");
    fs::write(output.join("pages.rs"), table)
}

fn code(page: &Path) -> String {
    page.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
