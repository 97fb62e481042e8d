//! One answer from another thread: a channel for a single message, without a lock that both sides want at once.
//!
//! A channel of the standard library wakes the receiver while it holds a lock that the receiver takes next. For a short
//! statement that is a notable part of the whole verdict.

use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long the side that waits stays awake.
pub(crate) const AWAKE: Duration = Duration::from_micros(50);

/// The side that answers. Dropped without an answer, it is one: none.
pub(crate) struct Reply<T> {
    slot: Option<Arc<Mutex<Option<T>>>>,
    caller: Thread,
}

/// The side that waits; it stays on the thread that made it.
pub(crate) struct Answer<T>(Arc<Mutex<Option<T>>>);

/// Both sides; the caller of this function is the one that waits.
pub(crate) fn reply<T>() -> (Reply<T>, Answer<T>) {
    let slot = Arc::new(Mutex::new(None));
    let reply = Reply {
        slot: Some(Arc::clone(&slot)),
        caller: thread::current(),
    };
    (reply, Answer(slot))
}

impl<T> Reply<T> {
    /// Gives the answer.
    pub(crate) fn send(self, value: T) {
        if let Some(Ok(mut slot)) = self.slot.as_deref().map(Mutex::lock) {
            *slot = Some(value);
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        // In this order: the caller looks whether it is the only owner.
        drop(self.slot.take());
        self.caller.unpark();
    }
}

impl<T> Answer<T> {
    /// Waits until there is an answer, or nobody left to give one. At first awake, for as long as a short statement
    /// takes: on a machine at rest, waking up takes longer than that. To yield instead would cost milliseconds on a busy
    /// one.
    pub(crate) fn wait(self) -> Option<T> {
        let mut slot = self.0;
        let began = Instant::now();
        while Arc::strong_count(&slot) > 1 && began.elapsed() < AWAKE {
            std::hint::spin_loop();
        }
        loop {
            match Arc::try_unwrap(slot) {
                Ok(mutex) => return mutex.into_inner().ok().flatten(),
                Err(shared) => slot = shared,
            }
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_arrives_and_a_missing_one_is_noticed() {
        let (sender, answer) = reply();
        let other = thread::spawn(move || sender.send(7));
        assert_eq!(answer.wait(), Some(7));
        other.join().unwrap();

        let (sender, answer) = reply::<u8>();
        let other = thread::spawn(move || drop(sender));
        assert_eq!(answer.wait(), None);
        other.join().unwrap();

        let (sender, answer) = reply();
        sender.send(8);
        assert_eq!(answer.wait(), Some(8));
    }
}
