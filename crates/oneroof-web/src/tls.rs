//! Connections over TLS. A handshake is done aside, so that one that dawdles keeps nobody waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A handshake that takes longer is given up.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How often the files of the certificate are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// At one time.
const HANDSHAKES_MAX: usize = 256;
/// After a failure to accept, such as too many open files.
const REST: Duration = Duration::from_millis(200);

/// A certificate and its key, PEM.
#[derive(Clone)]
pub struct TlsFiles {
    /// The certificate, and those that lead to a known authority.
    pub certificates: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

/// A certificate that may be renewed while it is used.
pub struct TlsSource {
    /// What is used to begin with.
    pub files: TlsFiles,
    /// Asked now and then: the files, if they changed, or why they cannot be read.
    pub renewed: Box<dyn FnMut() -> Option<Result<TlsFiles, String>> + Send>,
    /// Hears what became of a renewal.
    pub told: Box<dyn Fn(&str) + Send + Sync>,
}

/// Why they cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate.
    #[error("find a certificate in the file of certificates")]
    NoCertificate,
    /// Not PEM.
    #[error("read the certificate or the key as PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// They do not fit, or are of a kind that is not known.
    #[error("use the certificate and its key")]
    Unfit(#[source] rustls::Error),
}

/// Makes connections of what comes in on a socket.
pub(crate) struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

/// How connections are made.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(&files.certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(TlsError::Pem)?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(TlsError::Pem)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            config
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        })
        .map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl TlsListener {
    /// Listens on a socket.
    pub(crate) fn new(
        listener: TcpListener,
        acceptor: TlsAcceptor,
        source: TlsSource,
    ) -> io::Result<TlsListener> {
        let address = listener.local_addr()?;
        let (renewed, acceptor) = watch::channel(acceptor);
        // Ends when nobody accepts any more.
        drop(tokio::spawn(renew(source, renewed)));
        let (sender, ready) = mpsc::channel(HANDSHAKES_MAX);
        // Ends when nobody receives any more.
        drop(tokio::spawn(accept_all(listener, acceptor, sender)));
        Ok(TlsListener { address, ready })
    }
}

/// Uses a new certificate for new connections. One that cannot be used changes nothing.
async fn renew(mut source: TlsSource, acceptor: watch::Sender<TlsAcceptor>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = acceptor.closed() => return,
        }
        let Some(read) = (source.renewed)() else {
            continue;
        };
        let made = read.and_then(|files| {
            self::acceptor(&files).map_err(|error| match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            })
        });
        match made {
            Ok(fresh) => {
                let _ = acceptor.send_replace(fresh);
                (source.told)("the certificate was renewed");
            }
            Err(why) => {
                (source.told)(&format!(
                    "the certificate changed and cannot be used, the old one stays: {why}"
                ));
            }
        }
    }
}

async fn accept_all(
    listener: TcpListener,
    acceptor: watch::Receiver<TlsAcceptor>,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let (acceptor, sender) = (acceptor.borrow().clone(), sender.clone());
        drop(tokio::spawn(async move {
            let handshake = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await;
            if let Ok(Ok(stream)) = handshake {
                let _ = sender.send((stream, peer)).await;
            }
            drop(place);
        }));
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // The task that sends only ends with us.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_told() {
        let files = |certificates: &[u8]| TlsFiles {
            certificates: certificates.to_vec(),
            key: b"nothing".to_vec(),
        };
        let of = |text: &[u8]| acceptor(&files(text)).err().unwrap();
        assert!(matches!(of(b""), TlsError::NoCertificate));
        assert!(matches!(
            of(b"-----BEGIN CERTIFICATE-----\n!\n"),
            TlsError::Pem(_)
        ));
    }
}
