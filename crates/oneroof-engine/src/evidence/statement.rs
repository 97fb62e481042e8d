//! `statement.json`: an in-toto Statement (v1) about a rehearsal, so that other tools can read what was proven about
//! which bytes. It says nothing that `rehearsal.json` does not say, and is made from it alone.

use oneroof_model::Digest;
use serde_json::{Value, json};

use crate::store::evidence::RECORD_FILE;

/// The type of the predicate; `docs/reference/evidence.md` describes it.
pub const REHEARSAL_PREDICATE: &str = "urn:oneroof:predicate:rehearsal:1";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The statement about a record, given as JSON and as the digest of its bytes.
pub(crate) fn of(record: &Value, record_digest: &Digest) -> Value {
    let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let package = name(&record["package"]);
    let source = &record["source"];
    let subject =
        |name: String, digest: &Value| json!({"name": name, "digest": {"sha256": digest}});
    let mut subjects = vec![
        subject(package.clone(), &record["package_digest"]),
        subject(format!("parameters of {package}"), &record["params_digest"]),
        subject(RECORD_FILE.to_owned(), &json!(record_digest)),
    ];
    if source["identity_digest"].is_string() {
        subjects.push(subject(
            format!("identity of target {}", name(&source["target"])),
            &source["identity_digest"],
        ));
    }
    let members = |list: &Value, names: &[&str]| -> Value {
        let items = list.as_array().into_iter().flatten();
        items
            .map(|item| {
                let members = names
                    .iter()
                    .map(|name| ((*name).to_owned(), item[*name].clone()));
                Value::Object(members.collect())
            })
            .collect()
    };
    json!({
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": REHEARSAL_PREDICATE,
        "predicate": {
            "verdict": record["verdict"],
            "run_id": record["run_id"],
            "started_at": record["started_at"],
            "duration_ms": record["duration_ms"],
            "operator": record["operator"],
            "engine_version": record["engine_version"],
            "runner": record["runner"],
            "source": {
                "target": source["target"],
                "database": source["database"],
                "database_oid": source["database_oid"],
                "system_identifier": source["system_identifier"],
                "server_version": source["server_version"],
                "genesis": source["genesis"],
                "definition_digest": source["definition_digest"],
                "ledger_head": source["ledger_head"],
            },
            "clone": {
                "strategy": record["clone"]["strategy"],
                "deltas": record["clone_deltas"],
                "unfaithful": record["clone_unfaithful"],
            },
            "tiers": members(&record["tiers"], &["tier"]),
            "steps": members(&record["steps"], &["step", "outcome"]),
            "baseline": {
                "definition_before": record["baseline"]["definition_before"],
                "definition_after": record["baseline"]["definition_after"],
                "data_before": record["baseline"]["data_before"],
                "data_after": record["baseline"]["data_after"],
            },
            "gaps": members(&record["gaps"], &["gap", "why", "mitigation"]),
        },
    })
}

/// Where two documents differ first, as a path into them; none if they are equal.
pub(crate) fn first_difference(expected: &Value, seen: &Value) -> Option<String> {
    match (expected, seen) {
        _ if expected == seen => None,
        (Value::Object(there), Value::Object(here)) => {
            let names = there.keys().chain(here.keys());
            names
                .filter_map(|name| {
                    let below = first_difference(
                        there.get(name).unwrap_or(&Value::Null),
                        here.get(name).unwrap_or(&Value::Null),
                    )?;
                    Some(format!("/{name}{below}"))
                })
                .next()
                .or(Some(String::new()))
        }
        (Value::Array(there), Value::Array(here)) => {
            let longest = there.len().max(here.len());
            (0..longest).find_map(|number| {
                let below = first_difference(
                    there.get(number).unwrap_or(&Value::Null),
                    here.get(number).unwrap_or(&Value::Null),
                )?;
                Some(format!("/{number}{below}"))
            })
        }
        _ => Some(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_its_subjects() {
        let record = json!({
            "package": "p@1", "package_digest": "aa", "params_digest": "bb", "verdict": "passed",
            "source": {"target": "production", "identity_digest": "cc"},
            "steps": [{"step": 1, "outcome": "passed", "detail": "left out"}],
        });
        let statement = of(&record, &Digest::of(b"record"));
        assert_eq!(statement["_type"], STATEMENT_TYPE);
        let names: Vec<&str> = statement["subject"]
            .as_array()
            .unwrap()
            .iter()
            .map(|subject| subject["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "p@1",
                "parameters of p@1",
                "rehearsal.json",
                "identity of target production"
            ]
        );
        assert_eq!(
            statement["predicate"]["steps"],
            json!([{"step": 1, "outcome": "passed"}])
        );
    }

    #[test]
    fn the_first_difference_has_a_path() {
        let path = |there: Value, here: Value| first_difference(&there, &here);
        assert_eq!(path(json!({"a": [1, 2]}), json!({"a": [1, 2]})), None);
        assert_eq!(
            path(json!({"a": [1, 2]}), json!({"a": [1, 3]})),
            Some("/a/1".into())
        );
        assert_eq!(path(json!({"a": 1}), json!({})), Some("/a".into()));
        assert_eq!(path(json!([1]), json!([1, 2])), Some("/1".into()));
        assert_eq!(path(json!(1), json!("1")), Some(String::new()));
    }
}
