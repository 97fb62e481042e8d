//! The bundled packages are compiled in: a file that comes or goes there must rebuild this crate.

use std::path::Path;

fn main() {
    watch(Path::new("../../packages"));
}

/// Names every folder and file below `path` to Cargo.
fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        watch(&entry.path());
    }
}
