//! Remarks as SARIF 2.1.0, which code scanning reads.

use std::collections::BTreeSet;

use oneroof_model::{Diagnostic, DiagnosticSeverity};
use serde_json::{Value, json};

/// The whole log; each remark with the path of its file as it lies in the repository.
pub(crate) fn log(remarks: &[(String, &Diagnostic)]) -> Value {
    let rules: BTreeSet<&str> = remarks
        .iter()
        .map(|(_, remark)| remark.rule.as_str())
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| json!({ "id": rule, "help": { "text": format!("oneroof explain {rule}") } }))
        .collect();
    let results: Vec<Value> = remarks
        .iter()
        .map(|(path, remark)| result(path, remark))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "oneroof",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": results,
        }],
    })
}

fn result(path: &str, remark: &Diagnostic) -> Value {
    let level = match remark.severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Info => "note",
    };
    let text = match &remark.hint {
        Some(hint) => format!("{}. {hint}", remark.message),
        None => remark.message.clone(),
    };
    let mut place = json!({ "artifactLocation": { "uri": path } });
    if let Some(line) = remark.line {
        place["region"] = json!({ "startLine": line, "startColumn": remark.column.unwrap_or(1) });
    }
    json!({
        "ruleId": remark.rule,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": place }],
    })
}
