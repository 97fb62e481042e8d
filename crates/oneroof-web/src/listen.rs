//! Listens, and serves until the future is dropped.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::access::Names;
use crate::routes;
use crate::site::Site;

/// How to listen.
#[derive(Debug, Clone)]
pub struct ListenOptions {
    /// Address and port; port 0 for any that is free.
    pub address: SocketAddr,
    /// Names by which browsers reach it, besides loopback names.
    pub hosts: Vec<String>,
}

/// Why the dashboard is not served any more.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Whoever reaches the address could look.
    #[error("listen on {0}, which is no loopback, without sign-in")]
    NoSignIn(SocketAddr),
    /// The address cannot be had.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// It ended.
    #[error("serve HTTP")]
    Serve(#[source] std::io::Error),
}

/// Serves until the future is dropped; `ready` hears the URL.
///
/// # Errors
/// See [`ListenError`].
pub async fn serve(
    site: Arc<Site>,
    options: &ListenOptions,
    ready: impl FnOnce(&str),
) -> Result<(), ListenError> {
    let address = options.address;
    if !address.ip().is_loopback() {
        return Err(ListenError::NoSignIn(address));
    }
    let listening = |source| ListenError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let router = routes::router(site, &Names::new(&options.hosts));
    ready(&format!("http://{address}/"));
    axum::serve(listener, router)
        .await
        .map_err(ListenError::Serve)
}
