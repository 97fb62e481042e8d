//! Any bytes: a verdict, never a panic, never an end of the process.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oneroof_model::readonly::TrustedNames;

fuzz_target!(|bytes: &[u8]| {
    if let Err(refusal) = oneroof_sql::guard::admit_bytes(bytes, &TrustedNames::default()) {
        assert_ne!(refusal.rule.as_str(), "internal-error", "{refusal}");
    }
});
