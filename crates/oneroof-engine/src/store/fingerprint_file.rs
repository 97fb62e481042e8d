//! Fingerprints that were written to a file: what `fingerprint --out` writes and `diff` reads.

use std::path::Path;

use oneroof_model::Digest;

use crate::error::EngineError;
use crate::fingerprint::Fingerprint;

/// Writes a new file.
pub(crate) fn write(path: &Path, fingerprint: &Fingerprint) -> Result<(), EngineError> {
    let text = serde_json::to_string_pretty(fingerprint)
        .map_err(|error| EngineError::other(format!("write JSON: {error}")))?;
    super::new_file::write(path, &(text + "\n"))
}

/// Reads a file, which must be a fingerprint of a format that we know, and whole.
pub(crate) fn read(path: &Path) -> Result<Fingerprint, EngineError> {
    let text = std::fs::read_to_string(path)
        .map_err(EngineError::file(format!("read `{}`", path.display())))?;
    parse(&text).map_err(|why| {
        EngineError::input(
            format!("read `{}` as a fingerprint: {why}", path.display()),
            "`oneroof fingerprint TARGET --out FILE` writes one".to_owned(),
        )
    })
}

fn parse(text: &str) -> Result<Fingerprint, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if value["what"] != "fingerprint" {
        return Err("it has no `\"what\": \"fingerprint\"`".to_owned());
    }
    if value["format"] != 1 {
        return Err(format!("its format is {}, not 1", value["format"]));
    }
    let print: Fingerprint = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let facts = print.definition.objects.iter();
    for fact in facts.chain(&print.definition.beside) {
        if Digest::parse(&fact.digest).is_none() {
            return Err(format!(
                "the digest of {} {} is none",
                fact.kind, fact.identity
            ));
        }
    }
    match &print.data {
        Some(data) if data.tables().digest().to_string() != data.digest => {
            Err("its tables do not have its data digest".to_owned())
        }
        _ => Ok(print),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    const FILE: &str = r#"{
        "format": 1, "what": "fingerprint", "target": "t", "database": "d", "class": "clone",
        "server_version": "15.18", "system_identifier": null, "database_oid": 5, "taken_at": "", "engine_version": "0",
        "schemas": [],
        "definition": {"digest": "", "kinds": {}, "beside": [], "objects": [{"kind": "table", "identity": "a.b",
            "digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]},
        "data": {"digest": "0ab1e14c1ddd3e97e3a3e4e80de7ea1bd4cfe0b2b1ee6c7d4a0ce8bd6f6b9ec5", "rows": 1,
            "tables": [{"table": "a.b", "rows": 1, "hash": "7"}]}
    }"#;

    #[test]
    fn what_is_no_whole_fingerprint_is_not_read() {
        let digest = "0ab1e14c1ddd3e97e3a3e4e80de7ea1bd4cfe0b2b1ee6c7d4a0ce8bd6f6b9ec5";
        let right = oneroof_model::Digest::of(b"[\"a.b\",1,\"7\"]\n").to_string();
        let file = FILE.replace(digest, &right);
        assert_eq!(parse(&file).map(|print| print.target), Ok("t".to_owned()));
        for (what, by, why) in [
            ("\"format\": 1", "\"format\": 2", "its format is 2, not 1"),
            ("\"fingerprint\"", "\"evidence\"", "it has no `\"what\""),
            ("\"e3b0", "\"x", "the digest of table a.b is none"),
            (
                "\"rows\": 1, \"hash\"",
                "\"rows\": 2, \"hash\"",
                "its tables do not have",
            ),
            ("\"schemas\": [],", "", "missing field `schemas`"),
        ] {
            let error = parse(&file.replace(what, by)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
