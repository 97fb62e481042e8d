//! How many streams of events are open: each holds a connection for minutes and looks at a journal again and again, so
//! nobody may open as many as they like.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::layout::{self, Frame};
use crate::problem::Problem;

/// For one address; several people may share one.
const OF_ONE_MAX: usize = 16;
/// For all together.
const OF_ALL_MAX: usize = 128;
/// When to ask again, seconds.
const RETRY_AFTER: u16 = 30;

/// Where a request comes from, as the door knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client(pub(crate) IpAddr);

/// The open streams by address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One open stream; closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    streams: Streams,
    address: IpAddr,
}

impl Streams {
    /// Opens one; `None` if there are too many.
    pub(crate) fn open(&self, address: IpAddr) -> Option<Open> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all: usize = all.values().sum();
        let here = all.entry(address).or_default();
        if *here >= OF_ONE_MAX || of_all >= OF_ALL_MAX {
            if *here == 0 {
                let _ = all.remove(&address);
            }
            return None;
        }
        *here += 1;
        Some(Open {
            streams: self.clone(),
            address,
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut all = self
            .streams
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = all.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                let _ = all.remove(&self.address);
            }
        }
    }
}

/// Said when there are too many.
pub(crate) fn too_many() -> Response {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "refused",
        "too many pages follow what goes on",
    )
    .hint("close some of them, or look again by hand: the page is whole without it");
    let mut response = layout::problem(&Frame::nowhere(), &problem);
    let _ = response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_sixteen_all_have_128_and_what_is_closed_is_free() {
        let streams = Streams::default();
        let ip = |last: u8| IpAddr::from([192, 0, 2, last]);
        let mut of_one: Vec<Open> = (0..16).map(|_| streams.open(ip(1)).unwrap()).collect();
        assert!(streams.open(ip(1)).is_none());
        drop(of_one.pop());
        of_one.push(streams.open(ip(1)).unwrap());
        let others: Vec<Open> = (0..112)
            .map(|n| streams.open(ip(2 + n / 16)).unwrap())
            .collect();
        assert!(streams.open(ip(200)).is_none(), "all together");
        drop(others);
        assert!(streams.open(ip(200)).is_some());
        drop(of_one);
        assert!(streams.0.lock().unwrap().is_empty());
    }
}
