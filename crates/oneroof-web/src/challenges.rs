//! What a passkey signs to sign in: bytes of ours, fresh, and taken once. Nothing is kept of those that nobody used, so
//! that whoever asks for many does not fill our memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oneroof_engine::error::EngineError;
use oneroof_engine::sign_in::secret;
use oneroof_model::Digest;

/// How long somebody may take.
const LASTS: Duration = Duration::from_secs(300);
const NONCE_BYTES: usize = 64;
const TIME_BYTES: usize = 8;

/// What we gave out and took back.
pub(crate) struct Challenges {
    /// Only we know it, so only we can have made a challenge.
    secret: String,
    /// Those that were used, until they are over.
    used: Mutex<HashMap<Vec<u8>, u64>>,
}

impl Challenges {
    pub(crate) fn new() -> Result<Challenges, EngineError> {
        Ok(Challenges {
            secret: secret()?,
            used: Mutex::default(),
        })
    }

    /// A fresh one.
    pub(crate) fn fresh(&self) -> Result<Vec<u8>, EngineError> {
        Ok(self.made(&secret()?, now() + LASTS.as_secs()))
    }

    /// A challenge is a nonce, the time of its end, and a digest of both and the secret; all of a fixed length.
    fn made(&self, nonce: &str, end: u64) -> Vec<u8> {
        let mut bytes = nonce.as_bytes().to_vec();
        bytes.extend(end.to_be_bytes());
        let sealed = [self.secret.as_bytes(), &bytes].concat();
        bytes.extend(Digest::of(&sealed).bytes());
        bytes
    }

    /// Is it one of ours, in time, and was it never used? Then it is used now.
    pub(crate) fn take(&self, challenge: &[u8]) -> bool {
        self.take_at(challenge, now())
    }

    fn take_at(&self, challenge: &[u8], now: u64) -> bool {
        let Some((nonce, rest)) = challenge.split_at_checked(NONCE_BYTES) else {
            return false;
        };
        let Some((end, _)) = rest.split_first_chunk::<TIME_BYTES>() else {
            return false;
        };
        let (Ok(nonce), end) = (std::str::from_utf8(nonce), u64::from_be_bytes(*end)) else {
            return false;
        };
        if self.made(nonce, end) != challenge || end <= now {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, end| *end > now);
        used.insert(challenge.to_vec(), end).is_none()
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_ours_in_time_and_taken_once() {
        let ours = Challenges::new().unwrap();
        let one = ours.fresh().unwrap();
        for place in 0..one.len() {
            let mut changed = one.clone();
            changed[place] ^= 1;
            assert!(!ours.take(&changed), "byte {place}");
            assert!(!ours.take(&one[..place]), "cut at {place}");
        }
        assert!(!Challenges::new().unwrap().take(&one), "of another process");
        assert!(!ours.take_at(&one, now() + 301), "too late");
        assert!(ours.take(&one));
        assert!(!ours.take(&one), "a second time");
        assert!(ours.take(&ours.fresh().unwrap()));
    }
}
