//! TLS of a check: whose certificates are believed, and until when the shown ones hold.
//!
//! The expiry is noted before a certificate is judged, so it is known of those that aren't believed, too.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, InvalidMessage, ProtocolVersion,
    RootCertStore, SignatureScheme, WantsVerifier,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Why no TLS connection came about.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Nobody is believed, so no certificate can be.
    #[error(
        "no root certificates found; install `ca-certificates`, or name a file by `SSL_CERT_FILE` or `ca_file`"
    )]
    NoRoots,
    /// The host's name can't stand in a certificate.
    #[error("certificates can't name this host")]
    BadName,
    /// Nobody who is believed vouches for it.
    #[error(
        "its certificate isn't signed by a trusted authority; trust your own by `SSL_CERT_FILE` or `ca_file`"
    )]
    UnknownIssuer,
    /// It is too late.
    #[error("its certificate has expired on {}", humantime::format_rfc3339_seconds(*expiry))]
    Expired {
        /// When it ended.
        expiry: SystemTime,
    },
    /// It is too early.
    #[error("its certificate holds only from {}", humantime::format_rfc3339_seconds(*from))]
    NotYetValid {
        /// When it begins.
        from: SystemTime,
    },
    /// It is another's.
    #[error("its certificate is for other names: {}", names.join(", "))]
    WrongName {
        /// Whose.
        names: Vec<String>,
    },
    /// Another protocol, plain HTTP perhaps.
    #[error("what answers on this port doesn't speak TLS")]
    NotTls,
    /// Anything else, in rustls' words.
    #[error(transparent)]
    Protocol(#[from] rustls::Error),
    /// The connection broke.
    #[error("the connection broke during the handshake: {0}")]
    Io(io::Error),
    /// The TLS library can't be set up.
    #[error("TLS can't be set up: {0}")]
    Setup(rustls::Error),
}

/// Whose certificates are believed.
#[derive(Clone)]
pub struct Trust {
    provider: Arc<CryptoProvider>,
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

impl Trust {
    /// Believes what `roots` vouch for. Those that can't be read are left out, as systems ship odd ones.
    pub fn new(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        // Fails when there is no root at all: an error of each check that needs one, not of the others.
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider)).build();
        Self { provider, verifier: verifier.ok() }
    }

    /// Whether any certificate can be believed at all.
    #[must_use]
    pub fn has_roots(&self) -> bool {
        self.verifier.is_some()
    }

    /// A client's TLS for reports. Without roots it believes no certificate, which plain HTTP doesn't need.
    ///
    /// # Errors
    ///
    /// When TLS can't be set up.
    pub fn client(&self) -> Result<ClientConfig, TlsError> {
        let builder = self.builder()?;
        Ok(match self.verifier.clone() {
            Some(verifier) => {
                builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
            None => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
        })
    }

    fn builder(&self) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
        ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("has_roots", &self.has_roots()).finish_non_exhaustive()
    }
}

/// The earliest end of the certificates that one server showed, once it has.
#[derive(Debug, Clone, Default)]
pub(super) struct ShownExpiry(Arc<OnceLock<SystemTime>>);

impl ShownExpiry {
    pub(super) fn get(&self) -> Option<SystemTime> {
        self.0.get().copied()
    }
}

/// Speaks TLS over `tcp`; what the server shows is noted in `expiry`, also on failure.
pub(super) async fn handshake(
    trust: &Trust,
    host: &str,
    tcp: TcpStream,
    expiry: &ShownExpiry,
) -> Result<TlsStream<TcpStream>, TlsError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::BadName)?;
    let webpki = trust.verifier.clone().ok_or(TlsError::NoRoots)?;
    let noting = Arc::new(Noting { webpki, expiry: expiry.clone() });
    // `dangerous` is rustls' word for a verifier of one's own; ours asks webpki's.
    let mut client =
        trust.builder()?.dangerous().with_custom_certificate_verifier(noting).with_no_client_auth();
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A first-time visitor has no session to resume; a resumed one would also hide the certificate.
    client.resumption = Resumption::disabled();
    TlsConnector::from(Arc::new(client)).connect(name, tcp).await.map_err(explain)
}

/// The version that was agreed on, in `blackbox_exporter`'s words.
pub(super) fn version(stream: &TlsStream<TcpStream>) -> Option<&'static str> {
    match stream.get_ref().1.protocol_version()? {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// Gives the usual troubles words that say what to do.
fn explain(error: io::Error) -> TlsError {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) else {
        return TlsError::Io(error);
    };
    let certificate = match cause {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => return TlsError::NotTls,
        _ => return TlsError::Protocol(cause.clone()),
    };
    match certificate {
        CertificateError::UnknownIssuer => TlsError::UnknownIssuer,
        CertificateError::ExpiredContext { not_after, .. } => TlsError::Expired { expiry: time(*not_after) },
        CertificateError::NotValidYetContext { not_before, .. } => {
            TlsError::NotYetValid { from: time(*not_before) }
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsError::WrongName { names: presented.iter().map(|name| bare(name)).collect() }
        }
        _ => TlsError::Protocol(cause.clone()),
    }
}

/// rustls tells names as `DnsName("www.shop.example")`.
fn bare(name: &str) -> String {
    let bare = name.strip_prefix("DnsName(\"").and_then(|rest| rest.strip_suffix("\")"));
    bare.unwrap_or(name).to_owned()
}

fn time(unix: UnixTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(unix.as_secs())
}

/// webpki's verifier, which first notes the earliest expiry of what is shown.
#[derive(Debug)]
struct Noting {
    webpki: Arc<WebPkiServerVerifier>,
    expiry: ShownExpiry,
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = std::iter::once(end_entity).chain(intermediates);
        if let Some(expiry) = shown.filter_map(ends).min() {
            self.expiry.0.get_or_init(|| expiry);
        }
        self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// When a certificate ends; nothing if it can't be read, or ended before 1970.
fn ends(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let seconds = u64::try_from(parsed.validity().not_after.timestamp()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
