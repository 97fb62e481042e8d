//! One table, or a part of one, from session to session: what the source writes goes to the copy as it comes, in chunks
//! of 64 KiB. Nothing is parsed and nothing is kept: one chunk waits for the copy, and then the source waits.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::Instant;

use super::tally::StreamTally;
use crate::connect::Session;
use crate::error::PgError;

/// A chunk. The server sends a row at a time, and each message has its price.
const CHUNK_BYTES: usize = 64 * 1024;

/// What all streams of a copy have in common: bytes so far, and how fast they may be.
#[derive(Debug)]
pub(super) struct Flow {
    bytes: AtomicU64,
    started: Instant,
    bytes_per_second_max: Option<u64>,
}

/// Which side failed.
pub(super) enum StreamError {
    Source(PgError),
    Target(PgError),
}

impl Flow {
    pub(super) fn new(bytes_per_second_max: Option<u64>) -> Self {
        Self {
            bytes: AtomicU64::new(0),
            started: Instant::now(),
            bytes_per_second_max,
        }
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Counts, and waits as long as the limit of the rate asks for.
    async fn pass(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let total = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(due) = self
            .bytes_per_second_max
            .and_then(|rate| due_after(total, rate))
        {
            tokio::time::sleep_until(self.started + due).await;
        }
    }
}

/// When this many bytes may have gone, at a rate of so many a second.
fn due_after(bytes: u64, bytes_per_second: u64) -> Option<Duration> {
    let milliseconds = u128::from(bytes) * 1_000 / u128::from(bytes_per_second.max(1));
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// Runs both copies, each in the transaction that its session is in, and tallies the rows if that is asked for. Gives
/// their number.
pub(super) async fn pour(
    source: &Session,
    target: &Session,
    out_statement: &str,
    in_statement: &str,
    flow: &Flow,
    mut tally: Option<&mut StreamTally>,
) -> Result<u64, StreamError> {
    let mut from = pin!(
        source
            .copy_out(out_statement)
            .await
            .map_err(StreamError::Source)?
    );
    let reading = source.cancel_on_drop();
    let mut into = pin!(
        target
            .copy_in(in_statement)
            .await
            .map_err(StreamError::Target)?
    );
    let mut waiting = BytesMut::with_capacity(2 * CHUNK_BYTES);
    loop {
        let row = match from.next().await {
            None => break reading.done(),
            Some(Ok(row)) => row,
            Some(Err(error)) => return Err(StreamError::Source(source.explain(error).await)),
        };
        if let Some(tally) = &mut tally {
            tally.message(&row);
        }
        let chunk: Bytes = if waiting.is_empty() && row.len() >= CHUNK_BYTES {
            row
        } else {
            waiting.extend_from_slice(&row);
            if waiting.len() < CHUNK_BYTES {
                continue;
            }
            waiting.split().freeze()
        };
        flow.pass(chunk.len()).await;
        if let Err(error) = into.send(chunk).await {
            return Err(StreamError::Target(target.explain(error).await));
        }
    }
    let last = waiting.split().freeze();
    flow.pass(last.len()).await;
    let sent = match into.send(last).await {
        Ok(()) => into.as_mut().finish().await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(rows) => Ok(rows),
        Err(error) => Err(StreamError::Target(target.explain(error).await)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_limited_flow_takes_its_time() {
        let flow = Flow::new(Some(10_000_000));
        for _ in 0..10 {
            flow.pass(200_000).await;
        }
        assert_eq!(flow.bytes(), 2_000_000);
        assert!(flow.started.elapsed() >= Duration::from_millis(200));
    }

    #[test]
    fn no_rate_is_a_division_by_zero() {
        assert_eq!(due_after(7, 0), Some(Duration::from_secs(7)));
        assert_eq!(due_after(u64::MAX, u64::MAX), Some(Duration::from_secs(1)));
    }
}
