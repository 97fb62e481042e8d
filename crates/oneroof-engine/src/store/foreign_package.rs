//! A package that somebody else wrote or changed: whatever its bytes are, it is read or refused, and a sealed one
//! with any byte changed is not sealed.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use oneroof_model::package::MANIFEST_FILE;

use super::package_files::{OpenPackage, Seal};

fn files(folder: &Path, below: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(folder, &path, found);
        } else {
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
}

#[test]
fn any_byte_that_differs_breaks_the_seal_or_the_plan() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/add-column-backfill");
    let mut whole = BTreeMap::new();
    files(&example, &example, &mut whole);
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in &whole {
        let path = copy.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    assert!(matches!(
        OpenPackage::read_folder(copy.path()).unwrap().seal(),
        Seal::Sealed
    ));
    let names: Vec<&str> = whole.keys().map(String::as_str).collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let changes = (
        0..names.len(),
        any::<prop::sample::Index>(),
        any::<u8>(),
        0_u8..3,
        0_u8..4,
    );
    runner
        .run(&changes, |(file, place, byte, kind, which)| {
            // One in four changes the manifest itself.
            let name = match which {
                0 => MANIFEST_FILE,
                _ => names[file],
            };
            let bytes = &whole[name];
            let place = place.index(bytes.len().max(1));
            let mut changed = bytes.clone();
            match kind {
                0 if !changed.is_empty() => changed[place] = byte,
                1 => changed.truncate(place),
                _ => changed.insert(place.min(changed.len()), byte),
            }
            std::fs::write(copy.path().join(name), &changed).unwrap();
            let read = OpenPackage::read_folder(copy.path());
            std::fs::write(copy.path().join(name), bytes).unwrap();
            if let Ok(package) = read {
                let is_sealed = matches!(package.seal(), Seal::Sealed);
                prop_assert!(!is_sealed || changed == *bytes, "{} is still sealed", name);
            }
            Ok(())
        })
        .unwrap();
}
