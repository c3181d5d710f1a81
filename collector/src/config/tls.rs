//! `[tls]`: the public listener's own certificate, for a collector without a web server in front.

use std::path::{Path, PathBuf};

use graadmeter_base::serve::{Certificate, Chain, Key, TlsError};
use graadmeter_base::settings::Section;

use crate::place::country::{Edition, edition};

/// A certificate that is known to be right, and where to look for the next one.
#[derive(Debug)]
pub struct Tls {
    /// Where it was read from.
    pub files: TlsFiles,
    /// Which editions of the files were read.
    pub editions: (Edition, Edition),
    /// The certificate with its key.
    pub certificate: Certificate,
}

/// The files of a certificate.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// `certificate`: the certificate and those that vouch for it.
    pub certificate: PathBuf,
    /// `key`
    pub key: PathBuf,
}

impl TlsFiles {
    /// The editions of both that are there now.
    #[must_use]
    pub fn editions(&self) -> (Edition, Edition) {
        (edition(&self.certificate), edition(&self.key))
    }

    /// Reads both.
    ///
    /// # Errors
    ///
    /// When one of them is broken or they don't belong together.
    pub fn load(&self) -> Result<Certificate, TlsError> {
        Certificate::new(Chain::read(&self.certificate)?, Key::read(&self.key)?)
    }
}

pub(super) fn read(section: &mut Section<'_, '_>, folder: &Path) -> Option<Tls> {
    section.require("certificate", "\"fullchain.pem\"");
    section.require("key", "\"privkey.pem\"");
    // An edition is asked for first: a file that changes while it is read is another one afterwards.
    let chain = section.take_with("certificate", |path: String| {
        let path = folder.join(path);
        let edition = edition(&path);
        Chain::read(&path).map(|chain| (path, edition, chain))
    });
    let pair = section.take_with("key", |path: String| {
        let path = folder.join(path);
        let edition = edition(&path);
        let key = Key::read(&path)?;
        // With a broken chain, that has been told already.
        let Some((file, of_file, chain)) = chain else { return Ok(None) };
        Ok::<_, TlsError>(Some((file, of_file, path, edition, Certificate::new(chain, key)?)))
    });
    let (certificate, of_certificate, key, of_key, loaded) = pair.flatten()?;
    let editions = (of_certificate, of_key);
    Some(Tls { files: TlsFiles { certificate, key }, editions, certificate: loaded })
}
