//! TLS of a listener: a certificate and its key, which can be replaced while connections are served.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

/// HTTP/2 in the application-layer protocol negotiation.
const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Why a certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no certificate, or a broken one.
    #[error("{}: no chain of certificates in PEM, such as fullchain.pem", .0.display())]
    NoCertificate(PathBuf),
    /// A file holds no private key, or a broken one.
    #[error("{}: no private key in PEM, such as privkey.pem", .0.display())]
    NoKey(PathBuf),
    /// Each is right, but not for the other.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// The library does not take them.
    #[error("can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A certificate, those that vouch for it, and until when it holds.
#[derive(Debug)]
pub struct Chain {
    certificates: Vec<CertificateDer<'static>>,
    /// When the first of them runs out.
    pub not_after: SystemTime,
}

impl Chain {
    /// Reads a chain from a PEM file.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn read(path: &Path) -> Result<Self, TlsError> {
        let wrong = || TlsError::NoCertificate(path.to_owned());
        let text = read(path)?;
        let certificates: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
        let certificates = certificates.map_err(|_| wrong())?;
        let (_, leaf) =
            X509Certificate::from_der(certificates.first().ok_or_else(wrong)?).map_err(|_| wrong())?;
        let seconds = u64::try_from(leaf.validity().not_after.timestamp()).unwrap_or_default();
        let not_after = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Ok(Self { certificates, not_after })
    }
}

/// A certificate's private key; it never shows in logs.
#[derive(Debug)]
pub struct Key(PrivateKeyDer<'static>);

impl Key {
    /// Reads a key from a PEM file.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn read(path: &Path) -> Result<Self, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(&read(path)?);
        key.map(Self).map_err(|_| TlsError::NoKey(path.to_owned()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

/// What a listener shows to its clients.
#[derive(Debug)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    /// When it runs out.
    pub not_after: SystemTime,
}

impl Certificate {
    /// A chain with its key.
    ///
    /// # Errors
    ///
    /// When they don't belong together.
    pub fn new(chain: Chain, key: Key) -> Result<Self, TlsError> {
        let certified = CertifiedKey::from_der(chain.certificates, key.0, &ring::default_provider());
        match certified {
            Ok(key) => Ok(Self { key: Arc::new(key), not_after: chain.not_after }),
            Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Mismatch),
            Err(error) => Err(error.into()),
        }
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // One listener has one name or a certificate for all of its names.
        Some(self.0.load_full())
    }
}

/// TLS 1.2 and 1.3 of one listener, for HTTP/2 and HTTP/1.1.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
}

impl Tls {
    /// TLS with this certificate.
    ///
    /// # Errors
    ///
    /// When the library can't be set up.
    pub fn new(certificate: Certificate) -> Result<Self, TlsError> {
        let current = Arc::new(Current(ArcSwap::new(certificate.key)));
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        // A visitor comes back with each page: tickets spare both sides the handshake's signature, without a
        // table that all cores share.
        config.ticketer = ring::Ticketer::new()?;
        config.send_tls13_tickets = 1;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current })
    }

    /// Shows another certificate from the next connection on.
    pub fn replace(&self, certificate: Certificate) {
        self.current.0.store(certificate.key);
    }

    /// Agrees on keys; says whether the client then speaks HTTP/2.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, bool)> {
        let stream = self.acceptor.accept(stream).await?;
        let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok((stream, speaks_http2))
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
