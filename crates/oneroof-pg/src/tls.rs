//! TLS towards the server: what each `sslmode` checks, done with rustls.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, version,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::conninfo::{RootCertificates, SslMode, TlsSettings};
use crate::error::with_sources;

/// Makes the connector for these settings; reads the certificate files that they name.
///
/// # Errors
/// A sentence fragment: a file that cannot be read, or that holds no certificate or key.
pub(crate) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions: &[_] = if settings.only_tls13 {
        &[&version::TLS13]
    } else {
        &[&version::TLS13, &version::TLS12]
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?;
    let checks = match settings.mode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => Checks::Nothing,
        SslMode::VerifyCa => Checks::Chain,
        SslMode::Require | SslMode::VerifyFull => Checks::ChainAndName,
    };
    let verifier = Verifier::new(checks, &settings.roots, provider)?;
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &settings.client_certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| {
                format!("read the key `{}`: {}", key.display(), with_sources(&error))
            })?;
            builder
                .with_client_auth_cert(certificates(certificate)?, key_der)
                .map_err(|error| {
                    format!("use the certificate `{}`: {error}", certificate.display())
                })?
        }
    };
    config.enable_sni = settings.send_server_name;
    if settings.direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |error: rustls::pki_types::pem::Error| {
        format!(
            "read certificates from `{}`: {}",
            path.display(),
            with_sources(&error)
        )
    };
    let list = CertificateDer::pem_file_iter(path)
        .map_err(wrong)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong)?;
    if list.is_empty() {
        return Err(format!("`{}` holds no certificate", path.display()));
    }
    Ok(list)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checks {
    Nothing,
    Chain,
    ChainAndName,
}

/// Checks the server's certificate as far as the mode asks.
#[derive(Debug)]
struct Verifier {
    checks: Checks,
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates of the user's own file: a server may present exactly one of them. That is
    /// how self-signed servers are trusted with libpq; webpki alone refuses an authority's
    /// certificate as a server's.
    pinned: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        checks: Checks,
        roots: &RootCertificates,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        if checks == Checks::Nothing {
            return Ok(Self {
                checks,
                chain: None,
                pinned: Vec::new(),
                provider,
            });
        }
        let mut store = RootCertStore::empty();
        let mut pinned = Vec::new();
        match roots {
            RootCertificates::File(path) => {
                pinned = certificates(path)?;
                store.add_parsable_certificates(pinned.iter().cloned());
            }
            RootCertificates::System => {
                let found = rustls_native_certs::load_native_certs();
                store.add_parsable_certificates(found.certs);
                if store.is_empty() {
                    return Err("the system has no list of certificate authorities (Debian: package `ca-certificates`); `sslrootcert` can name one".to_owned());
                }
            }
        }
        let chain =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider))
                .build()
                .map_err(|error| error.to_string())?;
        Ok(Self {
            checks,
            chain: Some(chain),
            pinned,
            provider,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        if self
            .pinned
            .iter()
            .any(|pinned| pinned.as_ref() == end_entity.as_ref())
        {
            if self.checks == Checks::ChainAndName {
                let parsed = ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&parsed, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let verdict =
            chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // The name is checked last, after the chain and the dates.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.checks == Checks::Chain => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
