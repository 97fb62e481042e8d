//! The rehearsals of a package, as the gate sees them.

use std::path::Path;

use chrono::DateTime;
use oneroof_model::gate::{EvidenceFacts, SignedFile, Signer};

use crate::context::Context;
use crate::evidence::{self, VerifyOptions};
use crate::store::kept_rehearsal::KeptRehearsal;

/// Those in `evidence/` that are about the package, newest first. What cannot be read is left out: it proves nothing.
pub(super) fn of_package(context: &Context, package: &str) -> Vec<EvidenceFacts> {
    let mut found: Vec<EvidenceFacts> = KeptRehearsal::all(context)
        .iter()
        .filter(|kept| kept.text("package").split('@').next() == Some(package))
        .map(facts)
        .collect();
    found.sort_by_key(|evidence| std::cmp::Reverse(evidence.started_at));
    found
}

fn facts(kept: &KeptRehearsal) -> EvidenceFacts {
    let name = kept
        .folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let report = &kept.report;
    let source = &report["source"];
    let major = source["server_version"].as_str().and_then(|version| {
        version
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    });
    let steps = report["steps"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let not_passed = steps.iter().filter(|step| step["outcome"] != "passed");
    let number = |step: &serde_json::Value| u32::try_from(step["step"].as_u64()?).ok();
    let tiers = report["tiers"].as_array().into_iter().flatten();
    // A masked column is not the one that production has.
    let masked = report["clone"]["masked"].as_array();
    let left_out = report["clone"]["left_out"].as_array();
    let is_empty = |list: Option<&Vec<serde_json::Value>>| list.is_none_or(Vec::is_empty);
    // The rows of a golden clone are older than the rehearsal.
    let rows_at = report["clone"]["golden"]["data_at"].as_str();
    EvidenceFacts {
        signed: signed(&kept.folder, &name),
        verdict: kept.text("verdict").to_owned(),
        package_digest: kept.text("package_digest").to_owned(),
        params_digest: kept.text("params_digest").to_owned(),
        started_at: DateTime::parse_from_rfc3339(kept.text("started_at"))
            .map_or(0, |at| at.timestamp()),
        engine_version: kept.text("engine_version").to_owned(),
        server_major: major.unwrap_or(0),
        system_identifier: source["system_identifier"].as_str().map(str::to_owned),
        database_oid: source["database_oid"]
            .as_u64()
            .and_then(|oid| u32::try_from(oid).ok())
            .unwrap_or(0),
        definition_digest: source["definition_digest"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        steps_not_passed: not_passed.filter_map(number).collect(),
        tiers: tiers
            .filter_map(|tier| tier["tier"].as_str().map(str::to_owned))
            .collect(),
        rows_at: rows_at
            .and_then(|at| DateTime::parse_from_rfc3339(at).ok())
            .map(|at| at.timestamp()),
        is_whole: is_empty(masked) && is_empty(left_out),
        proposer: Some(kept.text("proposer").to_owned()).filter(|name| !name.is_empty()),
        name,
    }
}

/// SHA256SUMS and its signature. Every file that it names must be there as it says.
fn signed(folder: &Path, name: &str) -> SignedFile {
    let found = evidence::verify(folder, &VerifyOptions::default());
    let (digest, signed_by) = match found {
        Err(error) => (String::new(), Err(error.to_string())),
        Ok(found) => {
            let digest = found.evidence_digest.map(|digest| digest.to_string());
            let signed_by = match (found.faults.first(), found.signature.public_key) {
                (Some(fault), _) => Err(format!("{}: {}", fault.place(), fault.message)),
                (None, Some(key)) if found.signature.holds => Ok(Signer { key, origin: None }),
                (None, _) => Err("it is not signed: oneroof evidence sign".to_owned()),
            };
            (digest.unwrap_or_default(), signed_by)
        }
    };
    SignedFile {
        file: format!("evidence/{name}/SHA256SUMS"),
        digest,
        signed_by,
    }
}
