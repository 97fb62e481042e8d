//! A connection to a server whose received bytes are counted, and that breaks when there are too many: a
//! value of one gigabyte never gets into our memory. [`crate::connect`] is its only user.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::conninfo::{HostName, HostPlace, Keepalives};

/// Counts what one connection receives, against a limit that is set for one answer at a time.
#[derive(Debug)]
pub(crate) struct ByteMeter {
    received: AtomicU64,
    limit: AtomicU64,
}

impl Default for ByteMeter {
    fn default() -> Self {
        Self {
            received: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
        }
    }
}

impl ByteMeter {
    /// Begins to count at 0; more than `limit` bytes break the connection.
    pub(crate) fn arm(&self, limit: u64) {
        self.received.store(0, Ordering::Relaxed);
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// No limit any more.
    pub(crate) fn disarm(&self) {
        self.limit.store(u64::MAX, Ordering::Relaxed);
    }

    /// Bytes since [`ByteMeter::arm`].
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Did they break the connection?
    pub(crate) fn is_over(&self) -> bool {
        self.received() > self.limit.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        self.received
            .fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
        if self.is_over() {
            return Err(io::Error::other("the answer is larger than its limit"));
        }
        Ok(())
    }
}

/// The way to a server: needed once for the connection, and again for each request to cancel.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    place: HostPlace,
    keepalives: Keepalives,
}

impl Way {
    /// The way to this place.
    pub(crate) fn new(place: &HostPlace, keepalives: Keepalives) -> Self {
        Self {
            place: place.clone(),
            keepalives,
        }
    }

    /// The name that a certificate must bear.
    pub(crate) fn name(&self) -> &str {
        match &self.place.host {
            HostName::Tcp(name) => name,
            HostName::Socket(_) => "",
        }
    }

    /// Goes it.
    pub(crate) async fn go(&self, meter: Arc<ByteMeter>) -> io::Result<Metered> {
        let port = self.place.port;
        let stream = match (&self.place.host, self.place.address) {
            (HostName::Socket(folder), _) => {
                let path = folder.join(format!(".s.PGSQL.{port}"));
                Stream::Unix(UnixStream::connect(path).await?)
            }
            (HostName::Tcp(_), Some(address)) => {
                self.tuned(TcpStream::connect((address, port)).await?)?
            }
            (HostName::Tcp(name), None) => {
                self.tuned(TcpStream::connect((name.as_str(), port)).await?)?
            }
        };
        Ok(Metered { stream, meter })
    }

    fn tuned(&self, stream: TcpStream) -> io::Result<Stream> {
        use rustix::net::sockopt;
        stream.set_nodelay(true)?;
        let Keepalives {
            on,
            idle,
            interval,
            count,
            user_timeout,
        } = self.keepalives;
        if on {
            sockopt::set_socket_keepalive(&stream, true)?;
            sockopt::set_tcp_keepidle(&stream, idle)?;
            sockopt::set_tcp_keepintvl(&stream, interval)?;
            sockopt::set_tcp_keepcnt(&stream, count)?;
        }
        if let Some(limit) = user_timeout {
            let limit = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
            sockopt::set_tcp_user_timeout(&stream, limit)?;
        }
        Ok(Stream::Tcp(stream))
    }
}

/// The counted connection.
#[derive(Debug)]
pub(crate) struct Metered {
    stream: Stream,
    meter: Arc<ByteMeter>,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        match outcome {
            Poll::Ready(Ok(())) => Poll::Ready(
                self.meter
                    .count(buffer.filled().len().saturating_sub(before)),
            ),
            other => other,
        }
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_breaks_behind_the_limit_and_not_before() {
        let meter = ByteMeter::default();
        meter.count(1 << 40).unwrap();
        meter.arm(10);
        meter.count(10).unwrap();
        assert!(!meter.is_over());
        assert!(meter.count(1).is_err() && meter.is_over());
        meter.disarm();
        assert_eq!((meter.received(), meter.is_over()), (11, false));
    }
}
