//! The protocol over streamable HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::access::{Access, check};
use crate::server::Server;

/// Where the protocol is spoken.
const PATH: &str = "/mcp";
/// A request is never longer: the guard refuses statements of more than 64 KiB.
const REQUEST_BYTES_MAX: usize = 512 * 1024;

/// How to listen.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Address and port; port 0 for any that is free.
    pub address: SocketAddr,
    /// The bearer token that every request must have. Required unless the address is a loopback.
    pub token: Option<String>,
    /// Names by which clients reach the server, besides loopback names: what `Host` may say.
    pub hosts: Vec<String>,
    /// Pages that may ask: what `Origin` may say, with scheme and port. Nobody else's page may.
    pub origins: Vec<String>,
}

/// Why the server does not listen any more.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Whoever reaches the address could ask.
    #[error("listen on {0}, which is no loopback, without a token")]
    NoToken(SocketAddr),
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

/// Listens until the future is dropped; `ready` hears the URL.
///
/// # Errors
/// See [`HttpError`].
pub async fn serve_http(
    server: Server,
    options: &HttpOptions,
    ready: impl FnOnce(&str),
) -> Result<(), HttpError> {
    let address = options.address;
    if options.token.is_none() && !address.ip().is_loopback() {
        return Err(HttpError::NoToken(address));
    }
    let listening = |source| HttpError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let stop = CancellationToken::new();
    let _stopped_with_us = stop.clone().drop_guard();
    let hosts = ["localhost", "127.0.0.1", "[::1]", "::1"].map(str::to_owned);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts.into_iter().chain(options.hosts.iter().cloned()))
        .with_allowed_origins(options.origins.iter().cloned())
        .enforce_origin_validation()
        .with_max_request_body_bytes(REQUEST_BYTES_MAX)
        .with_cancellation_token(stop);
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let access = Access::new(options.token.as_deref());
    let router = Router::new()
        .nest_service(PATH, service)
        .layer(from_fn_with_state(access, check));
    ready(&format!("http://{address}{PATH}"));
    axum::serve(listener, router)
        .await
        .map_err(HttpError::Serve)
}
