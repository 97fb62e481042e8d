//! How often somebody may try to sign in: a token cannot be guessed, but nobody should be kept busy by trying.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures are counted for so long.
const WINDOW: Duration = Duration::from_secs(60);
/// From one address.
const FAILURES_MAX: usize = 5;
/// From all together.
const FAILURES_MAX_OF_ALL: usize = 100;

/// The failures of the last minute.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, Vec<Instant>>>);

impl Attempts {
    /// May somebody at this address try now? Else how many seconds they wait.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<(), u64> {
        self.admit_at(address, Instant::now())
    }

    fn admit_at(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, failures| {
            failures.retain(|at| now.duration_since(*at) < WINDOW);
            !failures.is_empty()
        });
        let of_all: usize = all.values().map(Vec::len).sum();
        let here = all.get(&address).map_or(0, Vec::len);
        if here < FAILURES_MAX && of_all < FAILURES_MAX_OF_ALL {
            return Ok(());
        }
        let oldest = match here < FAILURES_MAX {
            true => all.values().flatten().min(),
            false => all.get(&address).and_then(|failures| failures.first()),
        };
        let waited = oldest.map_or(Duration::ZERO, |at| now.duration_since(*at));
        Err(WINDOW.saturating_sub(waited).as_secs() + 1)
    }

    /// A try that failed.
    pub(crate) fn failed(&self, address: IpAddr) {
        self.failed_at(address, Instant::now());
    }

    fn failed_at(&self, address: IpAddr, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(address).or_default().push(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_a_minute_and_no_more() {
        let attempts = Attempts::default();
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let ip = |last: u8| IpAddr::from([192, 0, 2, last]);
        for second in 0..5 {
            assert_eq!(attempts.admit_at(ip(1), at(second)), Ok(()));
            attempts.failed_at(ip(1), at(second));
        }
        assert_eq!(attempts.admit_at(ip(1), at(10)), Err(51));
        assert_eq!(attempts.admit_at(ip(2), at(10)), Ok(()), "somebody else");
        assert_eq!(
            attempts.admit_at(ip(1), at(60)),
            Ok(()),
            "the first is a minute old"
        );
        for address in 0..100 {
            attempts.failed_at(ip(address), at(100));
        }
        assert_eq!(attempts.admit_at(ip(200), at(110)), Err(51), "all together");
        assert_eq!(attempts.admit_at(ip(200), at(160)), Ok(()));
        assert!(attempts.0.lock().unwrap().is_empty());
    }
}
