//! Listens, and serves until the future is dropped.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use oneroof_engine::error::EngineError;
use tokio::net::TcpListener;

use crate::access::Names;
use crate::door::{Door, DoorOptions};
use crate::origin::Origin;
use crate::routes;
use crate::site::Site;
use crate::tls::{self, TlsError, TlsListener, TlsSource};

/// How to listen.
pub struct ListenOptions {
    /// Address and port; port 0 for any that is free.
    pub address: SocketAddr,
    /// Names by which browsers reach it, besides loopback names.
    pub hosts: Vec<String>,
    /// The certificate; `None`: plain HTTP.
    pub tls: Option<TlsSource>,
    /// How people come in.
    pub door: DoorOptions,
}

/// Why the dashboard is not served any more.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Whoever reaches the address could look.
    #[error("listen on {0}, which is no loopback, without sign-in")]
    NoSignIn(SocketAddr),
    /// Whoever is on the way could read along.
    #[error("listen on {0}, which is no loopback, without TLS")]
    NoTls(SocketAddr),
    /// The certificate.
    #[error("serve TLS")]
    Tls(#[from] TlsError),
    /// The door cannot be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
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
    options: ListenOptions,
    ready: impl FnOnce(&str),
) -> Result<(), ListenError> {
    let address = options.address;
    let is_ours_alone = address.ip().is_loopback() && !options.door.behind_proxy;
    if !is_ours_alone && options.door.keyring.is_none() {
        return Err(ListenError::NoSignIn(address));
    }
    if !address.ip().is_loopback() && !options.door.secure {
        return Err(ListenError::NoTls(address));
    }
    let acceptor = match options.tls {
        Some(source) => Some((tls::acceptor(&source.files)?, source)),
        None => None,
    };
    let listening = |source| ListenError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let mut hosts = options.hosts;
    let origins = match options.door.behind_proxy {
        true => Origin::all("https", &hosts, None),
        false => {
            let scheme = if acceptor.is_some() { "https" } else { "http" };
            let mut names = hosts.clone();
            names.push("localhost".to_owned());
            Origin::all(scheme, &names, Some(address.port()))
        }
    };
    if !address.ip().is_unspecified() {
        hosts.push(host_name(address));
    }
    let names = Names::new(&hosts, options.door.secure).with_origins(origins);
    let door = Arc::new(Door::new(options.door)?);
    let router = routes::router(site, &names, door);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = match acceptor {
        None => {
            ready(&format!("http://{address}/"));
            axum::serve(listener.tap_io(|_| {}), service).await
        }
        Some((acceptor, source)) => {
            let listener = TlsListener::new(listener, acceptor, source).map_err(listening)?;
            ready(&format!("https://{address}/"));
            axum::serve(listener.tap_io(|_| {}), service).await
        }
    };
    served.map_err(ListenError::Serve)
}

/// How a browser writes the address, without the port.
fn host_name(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}
