//! `check` over the shipped packages: an error there is a bug of a rule or of the package.

use std::fs;
use std::path::{Path, PathBuf};

use oneroof_model::DiagnosticSeverity;
use oneroof_sql::{PackageSource, TierSource, TierTransaction, check};
use toml::{Table, Value};

fn packages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect()
        })
        .unwrap_or_default();
    found.retain(|path| path.join("release.toml").is_file());
    found.sort();
    found
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

/// Collects every `query`, `file` and `where` of the plan outside of tiers, negatives and drills.
fn queries(value: &Value, folder: &Path, source: &mut PackageSource) {
    match value {
        Value::Table(table) => {
            if let Some(query) = text(table, "query") {
                source
                    .queries
                    .push((String::from("release.toml"), query.to_owned()));
            }
            if let Some(file) = text(table, "file") {
                let content = fs::read_to_string(folder.join(file)).unwrap();
                source.checks.push((file.to_owned(), content));
            }
            for (_, value) in table {
                queries(value, folder, source);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| queries(value, folder, source)),
        _ => {}
    }
}

fn read(folder: &Path) -> PackageSource {
    let plan: Table = fs::read_to_string(folder.join("release.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let mut source = PackageSource::default();
    for (key, value) in &plan {
        match key.as_str() {
            "tier" => {
                for tier in value.as_array().unwrap() {
                    let tier = tier.as_table().unwrap();
                    let file = text(tier, "file").unwrap();
                    let content = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
                    source.tiers.push(TierSource {
                        id: text(tier, "id").unwrap().to_owned(),
                        file: file.to_owned(),
                        text: content(file),
                        transaction: match text(tier, "transaction") {
                            Some("none") => TierTransaction::None,
                            Some("batched") => TierTransaction::Batched,
                            _ => TierTransaction::Single,
                        },
                        rollback: text(tier, "rollback")
                            .map(|file| (file.to_owned(), content(file))),
                        irreversible: tier.contains_key("irreversible"),
                        when: tier
                            .get("when")
                            .and_then(Value::as_table)
                            .into_iter()
                            .flatten()
                            .map(|(key, value)| {
                                (
                                    key.clone(),
                                    value.as_str().map_or(value.to_string(), str::to_owned),
                                )
                            })
                            .collect(),
                    });
                    for rows in tier
                        .get("rows")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                    {
                        let condition = rows.get("where").and_then(Value::as_str).unwrap_or("true");
                        source.predicates.push((
                            String::from("release.toml: tier.rows"),
                            condition.to_owned(),
                        ));
                    }
                    for (_, value) in tier.iter().filter(|(key, _)| *key != "file") {
                        queries(value, folder, &mut source);
                    }
                }
            }
            "negative" | "drill" | "simulate" => {
                let list = match value {
                    Value::Array(list) => list.clone(),
                    other => vec![other.clone()],
                };
                for script in list.iter().filter_map(Value::as_table) {
                    for key in ["sql", "setup", "second"] {
                        if let Some(sql) = text(script, key) {
                            source
                                .scripts
                                .push((format!("release.toml: {key}"), sql.to_owned()));
                        }
                    }
                    for key in ["file", "undo"] {
                        if let Some(file) = text(script, key) {
                            let content = fs::read_to_string(folder.join(file)).unwrap();
                            source.scripts.push((file.to_owned(), content));
                        }
                    }
                }
            }
            _ => queries(value, folder, &mut source),
        }
    }
    source
}

#[test]
fn the_shipped_packages_have_no_errors() {
    let mut errors = Vec::new();
    for folder in packages() {
        for found in check(&read(&folder)) {
            let line = format!(
                "{:?} {} {}/{}:{}:{} {}",
                found.severity,
                found.rule,
                folder.file_name().unwrap().to_string_lossy(),
                found.file,
                found.line.unwrap_or(0),
                found.column.unwrap_or(0),
                found.message
            );
            println!("{line}");
            if found.severity == DiagnosticSeverity::Error {
                errors.push(line);
            }
        }
    }
    assert!(errors.is_empty(), "{errors:#?}");
}
