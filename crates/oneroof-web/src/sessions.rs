//! Who is signed in, in memory: a restart signs everybody out. Of a session only the digest of its secret is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oneroof_model::Digest;

use crate::visitor::Visitor;

/// A session ends after so long, whatever is done in it.
const LASTS: Duration = Duration::from_secs(12 * 3_600);
/// It ends when nothing is asked for so long.
const IDLE_MAX: Duration = Duration::from_secs(3_600);
/// With more than this the one that was idle longest ends.
const SESSIONS_MAX: usize = 1_000;

/// The sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Digest, Session>>);

struct Session {
    /// The token that it began with.
    token: Digest,
    csrf: String,
    begun: Instant,
    asked: Instant,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.begun) >= LASTS || now.duration_since(self.asked) >= IDLE_MAX
    }
}

impl Sessions {
    /// Begins a session under this secret.
    pub(crate) fn begin(&self, secret: &str, token: Digest, csrf: String) {
        self.begin_at(secret, token, csrf, Instant::now());
    }

    fn begin_at(&self, secret: &str, token: Digest, csrf: String, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, session| !session.is_over(now));
        if all.len() >= SESSIONS_MAX {
            let idle = all.iter().min_by_key(|(_, session)| session.asked);
            if let Some(digest) = idle.map(|(digest, _)| *digest) {
                let _ = all.remove(&digest);
            }
        }
        let session = Session {
            token,
            csrf,
            begun: now,
            asked: now,
        };
        let _ = all.insert(Digest::of(secret.as_bytes()), session);
    }

    /// Who has this secret; `who` says whose token it was, if it still is anybody's.
    pub(crate) fn find(
        &self,
        secret: &str,
        who: impl Fn(&Digest) -> Option<(String, oneroof_model::DashboardRole)>,
    ) -> Option<Arc<Visitor>> {
        self.find_at(secret, who, Instant::now())
    }

    fn find_at(
        &self,
        secret: &str,
        who: impl Fn(&Digest) -> Option<(String, oneroof_model::DashboardRole)>,
        now: Instant,
    ) -> Option<Arc<Visitor>> {
        let digest = Digest::of(secret.as_bytes());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = all.get_mut(&digest)?;
        let signed_in = who(&session.token).filter(|_| !session.is_over(now));
        if signed_in.is_none() {
            let _ = all.remove(&digest);
            return None;
        }
        session.asked = now;
        Some(Arc::new(Visitor {
            signed_in,
            csrf: session.csrf.clone(),
        }))
    }

    /// Ends every session that began with this token or passkey.
    pub(crate) fn end_of(&self, token: &Digest) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, session| session.token != *token);
    }

    /// Ends a session.
    pub(crate) fn end(&self, secret: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = all.remove(&Digest::of(secret.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use oneroof_model::DashboardRole;

    use super::*;

    #[test]
    fn a_session_ends_by_time_by_idleness_and_with_its_token() {
        let sessions = Sessions::default();
        let token = || Digest::of(b"token");
        let ada = |_: &Digest| Some(("ada".to_owned(), DashboardRole::Viewer));
        let begun = Instant::now();
        let begin = |secret: &str| sessions.begin_at(secret, token(), "sign".to_owned(), begun);
        let at = |secret: &str, seconds: u64| {
            sessions
                .find_at(secret, ada, begun + Duration::from_secs(seconds))
                .is_some()
        };
        begin("a");
        assert!(at("a", 1) && !at("b", 1));
        // Who keeps asking stays, until the end of the day.
        for minute in 1..720 {
            assert!(at("a", minute * 60), "{minute}");
        }
        assert!(!at("a", 720 * 60));
        begin("b");
        assert!(!at("b", 3_600) && !at("b", 1), "over is over");
        begin("c");
        let nobody = |_: &Digest| None;
        assert_eq!(sessions.find_at("c", nobody, begun), None);
        assert!(!at("c", 0), "its token was revoked");
        begin("d");
        sessions.end("d");
        assert!(!at("d", 0));
        begin("e");
        sessions.begin_at("f", Digest::of(b"other"), "sign".to_owned(), begun);
        sessions.end_of(&token());
        assert!(!at("e", 0) && at("f", 0), "those of one passkey end");
        for number in 0..SESSIONS_MAX + 10 {
            begin(&number.to_string());
        }
        assert_eq!(sessions.0.lock().unwrap().len(), SESSIONS_MAX);
    }
}
