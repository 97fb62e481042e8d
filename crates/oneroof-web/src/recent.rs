//! What was read a moment ago is not read again: requests for the same thing share one reading, so that a thousand
//! people who look at one page are one reader to the database.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::problem::Problem;

/// A reading is shown for so long.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// With more readings than this the old ones are thrown away.
const ENTRIES_MAX: usize = 256;

type Outcome = Result<Arc<dyn Any + Send + Sync>, Problem>;
type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Outcome)>>>;

/// The readings of the last moment.
#[derive(Default)]
pub(crate) struct Recent {
    slots: Mutex<HashMap<String, Slot>>,
}

impl Recent {
    /// The reading of that name, if it is fresh, else a new one. Who asks meanwhile waits for it. A failure is as
    /// fresh as a value: a database that is down is not asked by everybody.
    pub(crate) async fn read<T: Send + Sync + 'static>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<Arc<T>, Problem> {
        let slot = self.slot(name);
        let mut held = slot.lock().await;
        let fresh = held
            .as_ref()
            .filter(|(at, _)| at.elapsed() < FRESH_FOR)
            .map(|(_, outcome)| outcome.clone());
        let outcome = match fresh {
            Some(outcome) => outcome,
            None => {
                let outcome: Outcome = match work.await {
                    Ok(value) => Ok(Arc::new(value)),
                    Err(problem) => Err(problem),
                };
                *held = Some((Instant::now(), outcome.clone()));
                outcome
            }
        };
        drop(held);
        outcome?
            .downcast()
            .map_err(|_| Problem::internal("two readings have the same name"))
    }

    /// What was read of a page is old: something was just done there.
    pub(crate) fn forget(&self, path: &str) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|name, _| name.split(' ').next() != Some(path));
    }

    fn slot(&self, name: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= ENTRIES_MAX && !slots.contains_key(name) {
            // One that is being read is locked, and stays.
            slots.retain(|_, slot| match slot.try_lock() {
                Ok(held) => held
                    .as_ref()
                    .is_some_and(|(at, _)| at.elapsed() < FRESH_FOR),
                Err(_) => true,
            });
        }
        Arc::clone(slots.entry(name.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn requests_for_the_same_share_one_reading() {
        let recent = Arc::new(Recent::default());
        let readings = Arc::new(AtomicUsize::new(0));
        let all = (0..50).map(|_| {
            let (recent, readings) = (Arc::clone(&recent), Arc::clone(&readings));
            tokio::spawn(async move {
                let read = async {
                    readings.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok(7_u64)
                };
                *recent.read("a", read).await.unwrap()
            })
        });
        for one in all.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), 7);
        }
        assert_eq!(readings.load(Ordering::SeqCst), 1);
        let other = recent.read("b", async { Ok(8_u64) }).await.unwrap();
        assert_eq!(*other, 8);
    }

    #[tokio::test]
    async fn a_failure_is_shared_and_names_do_not_pile_up() {
        let recent = Recent::default();
        let failed: Result<Arc<u64>, Problem> = recent
            .read("down", async { Err(Problem::internal("no server")) })
            .await;
        assert!(failed.is_err());
        let again = recent.read("down", async { Ok(1_u64) }).await;
        assert!(again.is_err(), "the failure is still fresh");
        for number in 0..ENTRIES_MAX + 10 {
            let name = number.to_string();
            recent.read(&name, async { Ok(number) }).await.unwrap();
        }
        tokio::time::sleep(FRESH_FOR).await;
        recent.read("last", async { Ok(0_u64) }).await.unwrap();
        assert!(recent.slots.lock().unwrap().len() < 10);
    }
}
