//! The rehearsals of a package, as the gate sees them.

use std::path::Path;

use chrono::DateTime;
use oneroof_model::Digest;
use oneroof_model::gate::{EvidenceFacts, SignedFile};

use crate::context::Context;
use crate::signature;
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
    let left_out = report["clone"]["left_out"]
        .as_array()
        .is_none_or(Vec::is_empty);
    let masked = report["clone"]["masked"]
        .as_array()
        .is_none_or(Vec::is_empty);
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
        is_whole: left_out && masked,
        proposer: Some(kept.text("proposer").to_owned()).filter(|name| !name.is_empty()),
        name,
    }
}

/// SHA256SUMS and its signature. Every file that it names must be there as it says.
fn signed(folder: &Path, name: &str) -> SignedFile {
    let sums = std::fs::read(folder.join("SHA256SUMS")).unwrap_or_default();
    let armored = std::fs::read_to_string(folder.join("SHA256SUMS.sig"));
    let signed_by = match armored {
        Err(_) => Err("it is not signed".to_owned()),
        Ok(armored) => signature::verify(&armored, signature::EVIDENCE, &sums)
            .map(|by| by.public_key)
            .map_err(|fault| format!("its signature {fault}")),
    };
    SignedFile {
        file: format!("evidence/{name}/SHA256SUMS"),
        digest: Digest::of(&sums).to_string(),
        signed_by: signed_by.and_then(|key| match first_changed(folder, &sums) {
            None => Ok(key),
            Some(file) => Err(format!("`{file}` is not what SHA256SUMS says")),
        }),
    }
}

fn first_changed(folder: &Path, sums: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(sums).into_owned();
    text.lines()
        .map(|line| line.split_once("  ").unwrap_or((line, "")))
        .find(|(sum, file)| {
            let bytes = std::fs::read(folder.join(file)).ok();
            bytes.is_none_or(|bytes| Digest::of(&bytes).to_string() != *sum)
        })
        .map(|(_, file)| file.to_owned())
}
