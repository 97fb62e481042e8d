//! The rules of the repository itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oneroof_model::RefusalCode;
use oneroof_model::readonly::GuardRule;
use serde_json::Value;

/// The picture in ARCHITECTURE.md: who may depend on whom.
const ARROWS: [(&str, &[&str]); 7] = [
    (
        "oneroof",
        &[
            "oneroof-engine",
            "oneroof-mcp",
            "oneroof-model",
            "oneroof-web",
        ],
    ),
    (
        "oneroof-engine",
        &["oneroof-model", "oneroof-pg", "oneroof-sql"],
    ),
    ("oneroof-mcp", &["oneroof-engine", "oneroof-model"]),
    ("oneroof-model", &[]),
    ("oneroof-pg", &["oneroof-model"]),
    ("oneroof-sql", &["oneroof-model"]),
    ("oneroof-web", &["oneroof-engine", "oneroof-model"]),
];

/// Heavy or dangerous crates, and the only ones of ours that may list them.
const ONLY_IN: [(&str, &[&str]); 19] = [
    ("anstream", &["oneroof"]),
    ("anyhow", &["oneroof"]),
    ("axum", &["oneroof-mcp", "oneroof-web"]),
    ("clap", &["oneroof"]),
    ("comfy-table", &["oneroof"]),
    ("indicatif", &["oneroof"]),
    ("maud", &["oneroof-engine", "oneroof-web"]),
    ("pg_query", &["oneroof-sql"]),
    ("mermaid-rs-renderer", &["oneroof-engine"]),
    ("pulldown-cmark", &["oneroof-engine"]),
    ("rmcp", &["oneroof-mcp"]),
    ("rustls", &["oneroof-pg", "oneroof-web"]),
    ("ssh-key", &["oneroof-engine"]),
    ("tantivy", &["oneroof-engine"]),
    ("tokio-rustls", &["oneroof-web"]),
    (
        "tokio",
        &[
            "oneroof",
            "oneroof-engine",
            "oneroof-mcp",
            "oneroof-pg",
            "oneroof-web",
        ],
    ),
    ("tokio-postgres", &["oneroof-pg"]),
    ("tokio-postgres-rustls", &["oneroof-pg"]),
    // Below the pages only as an option, for the shapes of answers.
    (
        "utoipa",
        &[
            "oneroof-engine",
            "oneroof-model",
            "oneroof-pg",
            "oneroof-web",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below `folder` whose name ends in `ending`; what was built or fetched is left out.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", ".git", ".oneroof"].contains(&name.as_str()) {
                found.extend(files(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Our crates with their dependencies: name, and whether it is for tests only.
fn crates() -> BTreeMap<String, Vec<(String, bool)>> {
    let output = assert_cmd::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let dependencies = dependencies
                .iter()
                .map(|other| (text(&other["name"]), text(&other["kind"]) == "dev"));
            (text(&package["name"]), dependencies.collect())
        })
        .collect()
}

#[test]
fn dependencies_point_down_only() {
    let crates = crates();
    let ours: BTreeSet<&String> = crates.keys().collect();
    let drawn: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ours, drawn.iter().collect(), "crates and the picture");
    for (name, allowed) in ARROWS {
        for (other, is_for_tests) in &crates[name] {
            let is_drawn = !ours.contains(other) || allowed.contains(&other.as_str());
            // A test may use the `testing` feature of a crate below.
            let is_upward = ["oneroof", "oneroof-engine"].contains(&other.as_str());
            assert!(
                is_drawn || (*is_for_tests && !is_upward),
                "{name} -> {other} is not in the picture"
            );
        }
    }
}

#[test]
fn heavy_crates_stay_behind_one_of_ours() {
    for (name, dependencies) in crates() {
        for (other, is_for_tests) in dependencies {
            if let Some((_, allowed)) = ONLY_IN.iter().find(|(heavy, _)| *heavy == other) {
                assert!(
                    is_for_tests || allowed.contains(&name.as_str()),
                    "{name} lists {other}"
                );
            }
        }
    }
}

#[test]
fn the_architecture_names_every_crate_and_none_that_is_gone() {
    let text = read("ARCHITECTURE.md");
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let named: BTreeSet<&str> = text
        .split(|c: char| !is_part(c))
        .filter(|word| word.starts_with("oneroof-"))
        .collect();
    let crates = crates();
    for name in crates.keys() {
        assert!(
            text.contains(&format!("`crates/{name}`")),
            "{name} is not in the code map"
        );
    }
    for name in named {
        assert!(
            crates.contains_key(name),
            "{name} is named and does not exist"
        );
    }
}

#[test]
fn errors_have_pages_and_pages_have_errors() {
    let codes: BTreeSet<String> = RefusalCode::ALL.iter().map(ToString::to_string).collect();
    let pages: BTreeSet<String> = files(&root().join("docs/errors"), ".md")
        .iter()
        .map(|page| page.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(codes, pages);
}

#[test]
fn guard_rules_have_pages_and_pages_have_rules() {
    let rules: BTreeSet<String> = GuardRule::ALL.iter().map(ToString::to_string).collect();
    let mut pages = BTreeSet::new();
    for page in files(&root().join("docs/guard-rules"), ".md") {
        let name = page.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.starts_with(&format!("# {name}\n")), "{name}");
        for part in ["## Why\n", "## What to do instead\n"] {
            assert!(text.contains(part), "{name} has no {part}");
        }
        pages.insert(name);
    }
    assert_eq!(rules, pages);
}

/// `Admitted` is a proof: only the crate that proves may make one.
#[test]
fn only_the_guard_makes_an_admitted_statement() {
    let constructor = "proven_by_guard";
    for path in files(&root().join("crates"), ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(root()).unwrap().display().to_string();
        let may = place.starts_with("crates/oneroof-sql/src/guard/")
            || place == "crates/oneroof-model/src/readonly/admitted.rs"
            // Says it of anything, to see that the server side holds on its own.
            || place == "crates/oneroof-pg/tests/it/readonly.rs"
            || place == "crates/oneroof/tests/it/tidy.rs";
        assert!(may || !text.contains(constructor), "{place} makes one");
    }
    // The model has one way to make it, no `Default`, and nothing that reads it from outside.
    let model = read("crates/oneroof-model/src/readonly/admitted.rs");
    assert!(!model.contains("Deserialize") && !model.contains("Default"));
    assert_eq!(model.matches("-> Self").count(), 1);
}

#[test]
fn every_test_file_is_run() {
    for main in files(&root().join("crates"), "main.rs")
        .iter()
        .filter(|path| path.ends_with("tests/it/main.rs"))
    {
        let text = fs::read_to_string(main).unwrap();
        let folder = main.parent().unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_module = path.extension().is_some_and(|extension| extension == "rs")
                || path.join("mod.rs").exists();
            if is_module && name != "main" {
                let declared = text
                    .lines()
                    .any(|line| line.trim_start_matches("pub(crate) ") == format!("mod {name};"));
                assert!(declared, "{} is not in {}", path.display(), main.display());
            }
        }
    }
}

#[test]
fn no_test_is_switched_off() {
    let attribute = concat!("#[ign", "ore");
    for path in files(&root().join("crates"), ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(attribute), "{}", path.display());
    }
}

/// A page that nobody gets to is not there.
#[test]
fn every_guide_is_linked_from_the_readme() {
    let readme = read("README.md");
    for page in files(&root().join("docs/guides"), ".md") {
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.starts_with("# "), "{} has no title", page.display());
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let link = format!("](docs/guides/{name})");
        assert!(readme.contains(&link), "{name} is not in README.md");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for page in files(&root(), ".md") {
        let text = fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let aim = page.parent().unwrap().join(path);
            assert!(aim.exists(), "{} links to {link}", page.display());
        }
    }
}

#[test]
fn scripts_can_be_run() {
    for script in ["scripts/setup", "scripts/demo", "scripts/test", ".ci/run"] {
        let mode = fs::metadata(root().join(script))
            .unwrap()
            .permissions()
            .mode();
        assert!(mode & 0o111 == 0o111, "{script} is not executable");
        assert!(
            read(script).starts_with("#!/usr/bin/env bash\n"),
            "{script}"
        );
    }
}
