//! Certificates made for one test, and a client that tells which one it was shown.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The name that all certificates are for.
pub const NAME: &str = "rum.shop.example";

/// A certificate that vouches for itself, and its key.
#[derive(Debug)]
pub struct Certificate {
    /// What a client is shown.
    pub der: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl Certificate {
    /// A new one, until the first day of a year.
    #[must_use]
    pub fn until(year: i32) -> Self {
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
        (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(year, 1, 1));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { der: certificate.der().clone(), pem: certificate.pem(), key: key.serialize_pem() }
    }

    /// Writes the certificate's file.
    pub fn write_certificate(&self, folder: &Path) {
        std::fs::write(folder.join("fullchain.pem"), &self.pem).expect("a temporary file");
    }

    /// Writes the key's file.
    pub fn write_key(&self, folder: &Path) {
        std::fs::write(folder.join("privkey.pem"), &self.key).expect("a temporary file");
    }

    /// Writes both.
    pub fn write(&self, folder: &Path) {
        self.write_certificate(folder);
        self.write_key(folder);
    }

    /// Connects, trusting nobody else, with the newest version of TLS, offering these protocols.
    ///
    /// # Errors
    ///
    /// When another certificate is shown, or none.
    pub async fn connect(
        &self,
        to: SocketAddr,
        protocols: &[&str],
        newest: bool,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("a certificate");
        let versions = if newest { [&TLS13] } else { [&TLS12] };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&versions);
        let mut config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(to).await?;
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from(NAME).expect("a name"), stream)
            .await
    }
}
